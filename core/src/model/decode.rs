//! Reads webhooks from an answer: checks every value, and keeps where it stands.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::contract::field;
use super::json::{Integer, check_depth};
use super::webhook::{Slice, Source, Webhook, WebhookList};

/// Longest text that is read: places in it, and beyond it in the decoded strings, have 32 bits.
const MAX_BYTES: usize = (u32::MAX / 2) as usize;
/// Most webhooks of a list: short ones take many times the memory of their text.
const MAX_WEBHOOKS: usize = 1_000_000;
/// Length of a webhook's JSON, rather less than the usual.
const TYPICAL_BYTES: usize = 400;

impl Webhook {
    /// Reads one webhook from JSON.
    ///
    /// # Errors
    /// Where the text is not JSON, `id` is absent, or a known field has another type than the contract says.
    pub fn from_json(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        Self::read(&Source::new(text.into()))
    }

    pub(crate) fn read(source: &Arc<Source>) -> Result<Self, serde_json::Error> {
        let mut webhook = Self::empty(source);
        read_all(source, |reader, context| {
            WebhookDecoder { webhook: &mut webhook, context, has_id: false }.deserialize(reader)
        })?;
        Ok(webhook)
    }
}

impl WebhookList {
    /// Reads a JSON array of webhooks.
    ///
    /// # Errors
    /// Where the text is not an array of objects that [`Webhook::from_json`] would take.
    pub fn from_json(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        Self::read(&Source::new(text.into()))
    }

    pub(crate) fn read(source: &Arc<Source>) -> Result<Self, serde_json::Error> {
        let items = read_all(source, |reader, context| reader.deserialize_seq(ListVisitor(context)))?;
        Ok(Self { source: Arc::clone(source), items })
    }
}

type Reader<'de> = serde_json::Deserializer<serde_json::de::StrRead<'de>>;

/// Reads a source to its end.
fn read_all<T>(
    source: &Arc<Source>,
    read: impl FnOnce(&mut Reader<'_>, &DecodeContext<'_>) -> Result<T, serde_json::Error>,
) -> Result<T, serde_json::Error> {
    if source.json.len() > MAX_BYTES {
        return Err(serde_json::Error::custom("the text is longer than 2 GiB"));
    }
    let mut reader = serde_json::Deserializer::from_str(&source.json);
    let context = DecodeContext { source, decoded: RefCell::default() };
    let value = read(&mut reader, &context)?;
    reader.end()?;
    // A source is read once.
    let _ = source.decoded.set(context.decoded.into_inner());
    Ok(value)
}

/// A source that is being read, and the strings in it that had escapes.
struct DecodeContext<'a> {
    source: &'a Arc<Source>,
    decoded: RefCell<String>,
}

impl DecodeContext<'_> {
    /// Where a part of the source stands in it.
    fn place<E: serde::de::Error>(&self, part: &str) -> Result<Slice, E> {
        let start = (part.as_ptr() as usize).checked_sub(self.source.json.as_ptr() as usize);
        let start = start.filter(|start| *start < self.source.json.len());
        start
            .map(|start| Slice::new(start, start + part.len()))
            .ok_or_else(|| E::custom("a part of the text stands outside of it"))
    }

    /// Where a string without its escapes stands: beyond the end of the source.
    fn keep_decoded(&self, text: &str) -> Slice {
        let mut decoded = self.decoded.borrow_mut();
        decoded.push_str(text);
        let end = self.source.json.len() + decoded.len();
        Slice::new(end - text.len(), end)
    }

    fn text<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Option<Slice>, A::Error> {
        map.next_value_seed(TextVisitor(self))
    }

    fn any<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Slice, A::Error> {
        let raw = map.next_value::<&'de RawValue>()?.get();
        check_depth(raw).map_err(|_| A::Error::custom("the value is nested too deeply"))?;
        self.place(raw)
    }

    fn object<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Option<Slice>, A::Error> {
        let slice = self.any(map)?;
        match slice.of(&self.source.json) {
            "null" => Ok(None),
            text if text.starts_with('{') => Ok(Some(slice)),
            _ => Err(A::Error::custom("must be an object")),
        }
    }

    fn integers<'de, A: MapAccess<'de>>(&self, map: &mut A) -> Result<Option<Slice>, A::Error> {
        let raw = map.next_value::<&'de RawValue>()?.get();
        match serde_json::from_str(raw) {
            Ok(Some(Integers)) => self.place(raw).map(Some),
            Ok(None) => Ok(None),
            Err(_) => Err(A::Error::custom("must be an array of integers")),
        }
    }
}

/// Reads a webhook into its place: moving one takes as long as context two of its fields.
struct WebhookDecoder<'a> {
    webhook: &'a mut Webhook,
    context: &'a DecodeContext<'a>,
    has_id: bool,
}

impl<'de> DeserializeSeed<'de> for WebhookDecoder<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for WebhookDecoder<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a webhook (a JSON object)")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            self.read_field(&key, &mut map).map_err(|error| within(&key, &error))?;
        }
        if self.has_id { Ok(()) } else { Err(A::Error::missing_field(field::ID)) }
    }
}

impl WebhookDecoder<'_> {
    #[inline(always)]
    fn read_field<'de, A: MapAccess<'de>>(&mut self, key: &Cow<'de, str>, map: &mut A) -> Result<(), A::Error> {
        let Self { webhook, context, has_id } = self;
        match &**key {
            field::ID => {
                webhook.id = map.next_value::<Integer<i32>>()?.0;
                *has_id = true;
            }
            field::NAME => webhook.name = context.text(map)?,
            field::TRIGGER => webhook.trigger = context.text(map)?,
            field::DATA_TRIGGER => webhook.data_trigger = context.object(map)?,
            field::URL => webhook.url = context.text(map)?,
            field::METHOD => webhook.method = context.text(map)?,
            field::CONTENT_TYPE => webhook.content_type = context.text(map)?,
            field::AUTH_TYPE => webhook.auth_type = context.text(map)?,
            field::BODY => webhook.body = context.text(map)?,
            field::OAUTH2_REQUEST => webhook.oauth2_request = context.object(map)?,
            field::FAILURE_RECEIVERS => webhook.failure_receivers = context.integers(map)?,
            field::STATUS => webhook.status = context.text(map)?,
            field::ATTEMPT_COUNT => webhook.attempt_count = integer(map)?,
            field::CREATED_AT => webhook.created_at = integer(map)?,
            field::LAST_MODIFIED => webhook.last_modified_at = integer(map)?,
            field::LAST_TRIGGERED => webhook.last_triggered_at = integer(map)?,
            field::FAILURE_LIMIT => webhook.failure_limit = integer(map)?,
            _ => {
                let value = context.any(map)?;
                let name = match key {
                    Cow::Borrowed(key) => context.place(key)?,
                    Cow::Owned(key) => context.keep_decoded(key),
                };
                webhook.extra.push((name, value));
            }
        }
        Ok(())
    }
}

fn integer<'de, A: MapAccess<'de>, T: TryFrom<i64>>(map: &mut A) -> Result<Option<T>, A::Error> {
    Ok(map.next_value::<Option<Integer<T>>>()?.map(|integer| integer.0))
}

/// An error with what it is about before it; serde_json keeps the line and column at its end.
#[cold]
fn within<E: serde::de::Error>(place: &str, error: &E) -> E {
    E::custom(format_args!("{place:.64}: {error}"))
}

struct ListVisitor<'a>(&'a DecodeContext<'a>);

impl<'de> Visitor<'de> for ListVisitor<'_> {
    type Value = Vec<Webhook>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of webhooks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        // Taken at once: growing would move all that was read again and again.
        let mut items = Vec::with_capacity(self.0.source.json.len() / TYPICAL_BYTES);
        loop {
            let last = items.len();
            if last == MAX_WEBHOOKS {
                return Err(A::Error::custom(format_args!("there are more than {MAX_WEBHOOKS} webhooks")));
            }
            items.push(Webhook::empty(self.0.source));
            let read =
                seq.next_element_seed(WebhookDecoder { webhook: &mut items[last], context: self.0, has_id: false });
            if read.map_err(|error| within(&format!("[{last}]"), &error))?.is_none() {
                items.truncate(last);
                return Ok(items);
            }
        }
    }
}

/// Reads a string, or null.
struct TextVisitor<'a>(&'a DecodeContext<'a>);

impl<'de> DeserializeSeed<'de> for TextVisitor<'_> {
    type Value = Option<Slice>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for TextVisitor<'_> {
    type Value = Option<Slice>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        self.0.place(text).map(Some)
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(self.0.keep_decoded(text)))
    }
}

/// The name of a field, borrowed where it holds no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.into())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// An array of integers, checked and let go.
struct Integers;

impl<'de> serde::Deserialize<'de> for Integers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntegersVisitor;
        impl<'de> Visitor<'de> for IntegersVisitor {
            type Value = Integers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of integers")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Integers, A::Error> {
                while seq.next_element::<Integer<i64>>()?.is_some() {}
                Ok(Integers)
            }
        }
        deserializer.deserialize_seq(IntegersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_which_field_of_which_webhook_and_where() {
        let wrong = |text: &str| WebhookList::from_json(text).unwrap_err().to_string();
        assert_eq!(
            wrong(r#"[{"id":1,"name":"a"},{"id":2,"url":false}]"#),
            "[1]: url: invalid type: boolean `false`, expected a string at line 1 column 40"
        );
        assert_eq!(wrong(r#"[{"id":1},{"name":"x"}]"#), "[1]: missing field `id` at line 1 column 22");
        assert!(wrong(r#"[{"id":1,"failureReceivers":[1,2.5]}]"#).contains("failureReceivers: must be an array of"));
        assert!(wrong(&format!(r#"[{{"id":1,"{}":tru}}]"#, "x".repeat(1000))).len() < 200);
    }

    #[test]
    fn escapes_are_decoded_in_names_and_values() {
        let webhook = Webhook::from_json(
            r#"{"\u0069d":1,"n\u0061me":"\"\ud83d\ude00","st\u0061tus":"EN\u0041BLED","\u0078":"\n","body":""}"#,
        )
        .unwrap();
        assert_eq!((webhook.id(), webhook.name(), webhook.body()), (1, Some("\"\u{1f600}"), Some("")));
        assert_eq!(webhook.status(), Some(crate::model::Status::Enabled));
        assert_eq!(webhook.extra(), [("x", r#""\n""#)]);
    }
}
