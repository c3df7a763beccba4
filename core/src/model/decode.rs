//! Reads webhooks from a response: checks every value, and keeps its place.
//!
//! There are two readers with the same outcome. The quick one takes what nearly every response consists of. Where it fails,
//! the careful one reads the text again: it also takes what Rust's types cannot hold, and its errors are told.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::value::RawValue;

use super::json::{Integer, decode_string, parse_integer, string_length};
use super::webhook::{Decoded, Slice, Source, Webhook, WebhookList};
use crate::surface::{Field, FieldKind};

/// Longest text that is read: a place in it has 31 bits, see [`Slice`].
const MAX_BYTES: usize = (u32::MAX / 2) as usize;
/// Most webhooks of a list: short ones take many times the memory of their text. An organization holds 100 (vendor).
const MAX_WEBHOOKS: usize = 100_000;
/// Length of a webhook's JSON, rather less than the usual.
const TYPICAL_BYTES: usize = 400;

impl Webhook {
    /// Reads one webhook from JSON.
    ///
    /// # Errors
    /// If the text is not JSON, `id` is absent, or a known field has another type than the contract says.
    pub fn from_json(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        Self::read(&Source::new(text.into()))
    }

    pub(crate) fn read(source: &Arc<Source>) -> Result<Self, serde_json::Error> {
        Self::read_by::<QUICK>(source).or_else(|_| Self::read_by::<CAREFUL>(source))
    }

    fn read_by<const READER: bool>(source: &Arc<Source>) -> Result<Self, serde_json::Error> {
        read_all(source, |reader, context| {
            let mut webhook = Self::empty(source);
            WebhookDecoder::<READER> { webhook: &mut webhook, context }.deserialize(reader)?;
            Ok(webhook)
        })
    }
}

impl WebhookList {
    /// Reads a JSON array of webhooks.
    ///
    /// # Errors
    /// If the text is not an array of objects that [`Webhook::from_json`] would take.
    pub fn from_json(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        Self::read(&Source::new(text.into()))
    }

    pub(crate) fn read(source: &Arc<Source>) -> Result<Self, serde_json::Error> {
        Self::read_by::<QUICK>(source).or_else(|_| Self::read_by::<CAREFUL>(source))
    }

    fn read_by<const READER: bool>(source: &Arc<Source>) -> Result<Self, serde_json::Error> {
        let items = read_all(source, |reader, context| reader.deserialize_seq(ListVisitor::<READER>(context)))?;
        Ok(Self { source: Arc::clone(source), items })
    }
}

/// The reader that takes what nearly every response consists of.
const QUICK: bool = true;
/// The reader that takes everything.
const CAREFUL: bool = false;

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
    decoded: RefCell<Decoded>,
}

impl DecodeContext<'_> {
    /// The place of a part of the source.
    fn place<E: serde::de::Error>(&self, part: &str) -> Result<Slice, E> {
        let start = (part.as_ptr() as usize).checked_sub(self.source.json.as_ptr() as usize);
        let start = start.filter(|start| *start < self.source.json.len());
        let start = start.ok_or_else(|| E::custom("a part of the text lies outside of it"))?;
        Ok(Slice::new(start, start + part.len()))
    }

    /// The place of a string without escapes, together with the quotes around it.
    fn in_quotes<E: serde::de::Error>(&self, text: &str) -> Result<Slice, E> {
        let slice = self.place::<E>(text)?;
        Ok(Slice::new(slice.start() - 1, slice.end() + 1))
    }

    /// The place of a JSON string, which is decoded where it holds escapes.
    fn string<E: serde::de::Error>(&self, raw: &str) -> Result<Slice, E> {
        let slice = self.place(raw)?;
        if !raw.contains('\\') {
            return Ok(slice);
        }
        self.decoded.borrow_mut().push(slice.start(), &decode_string(raw));
        Ok(slice.with_escapes())
    }

    /// The place of a value of a field, or the integer itself; none for null.
    fn value<E: serde::de::Error>(&self, kind: FieldKind, raw: &str) -> Result<Option<u64>, E> {
        let first = raw.as_bytes().first();
        let wrong = |expected: &'static str| Err(E::invalid_type(unexpected(raw), &expected));
        match (kind, first) {
            (_, Some(b'n')) => Ok(None),
            (FieldKind::Text | FieldKind::Enum(_), Some(b'"')) => self.string(raw).map(Slice::to_bits).map(Some),
            (FieldKind::Text | FieldKind::Enum(_), _) => wrong("a string"),
            (FieldKind::Object, Some(b'{')) => self.place(raw).map(Slice::to_bits).map(Some),
            (FieldKind::Object, _) => wrong("an object"),
            (FieldKind::Integers, Some(b'[')) if holds_short_integers(raw) => {
                self.place(raw).map(Slice::to_bits).map(Some)
            }
            (FieldKind::Integers, _) => match serde_json::from_str(raw) {
                Ok(Integers) => self.place(raw).map(Slice::to_bits).map(Some),
                Err(_) => Err(E::custom("must be an array of integers")),
            },
            (FieldKind::Int32, _) => integer::<i32, E>(raw).map(|integer| Some(i64::from(integer).cast_unsigned())),
            (FieldKind::Timestamp, _) => integer::<i64, E>(raw).map(|integer| Some(integer.cast_unsigned())),
        }
    }
}

/// True for an array, known to be JSON, that holds nothing but integers of so few digits that each has 64 bits.
fn holds_short_integers(array: &str) -> bool {
    const MAX_DIGITS: usize = 18;
    let items = array[1..].strip_suffix(']').unwrap_or_default();
    let is_short = |item: &str| item.len() <= MAX_DIGITS && item.bytes().all(|byte| byte.is_ascii_digit());
    items.split(',').all(|item| is_short(item.trim_matches([' ', '-'])))
}

fn integer<T: TryFrom<i64>, E: serde::de::Error>(raw: &str) -> Result<T, E> {
    match parse_integer(raw) {
        Some(integer) => Ok(integer),
        None if raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            Err(E::custom(format_args!("the number {raw:.40} is not an integer, or out of range")))
        }
        None => Err(E::invalid_type(unexpected(raw), &"an integer")),
    }
}

/// What a value is that has the wrong type; never the value itself, which may be a secret.
fn unexpected(raw: &str) -> Unexpected<'static> {
    match raw.as_bytes().first() {
        Some(b'{') => Unexpected::Map,
        Some(b'[') => Unexpected::Seq,
        Some(b'"') => Unexpected::Other("string"),
        Some(b't') => Unexpected::Bool(true),
        Some(b'f') => Unexpected::Bool(false),
        Some(b'n') => Unexpected::Unit,
        _ => Unexpected::Other("number"),
    }
}

/// Reads a webhook into its place: moving one takes as long as reading two of its fields.
struct WebhookDecoder<'a, const READER: bool> {
    webhook: &'a mut Webhook,
    context: &'a DecodeContext<'a>,
}

impl<'de, const READER: bool> DeserializeSeed<'de> for WebhookDecoder<'_, READER> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const READER: bool> Visitor<'de> for WebhookDecoder<'_, READER> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a webhook (a JSON object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        if READER == QUICK { self.read_quickly(map) } else { self.read_carefully(map) }
    }
}

impl<const READER: bool> WebhookDecoder<'_, READER> {
    fn read_quickly<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { webhook, context } = self;
        while let Some(Key(key)) = map.next_key()? {
            let Some(field) = Field::from_wire(key) else {
                let name = context.in_quotes(key)?;
                webhook.extra.push((name, context.place(map.next_value::<&'de RawValue>()?.get())?));
                continue;
            };
            let value = match field.info().kind {
                FieldKind::Text | FieldKind::Enum(_) => map.next_value_seed(TextSeed { context, key })?,
                FieldKind::Int32 => map.next_value::<Option<Integer<i32>>>()?.map(|integer| {
                    // All bits of the integer, as for the larger ones.
                    i64::from(integer.0).cast_unsigned()
                }),
                FieldKind::Timestamp => {
                    map.next_value::<Option<Integer<i64>>>()?.map(|integer| integer.0.cast_unsigned())
                }
                kind => context.value(kind, map.next_value::<&'de RawValue>()?.get())?,
            };
            webhook.slots.set(field, value);
        }
        webhook.slots.get(Field::Id).map(drop).ok_or_else(|| A::Error::missing_field(Field::Id.wire()))
    }

    fn read_carefully<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { webhook, context } = self;
        while let Some(key) = map.next_key::<&'de RawValue>()? {
            let key = key.get();
            let name = key_text(key);
            let value = map.next_value::<&'de RawValue>().map_err(|error| within(&name, &error))?.get();
            match Field::from_wire(&name) {
                Some(field) => {
                    let value = context.value(field.info().kind, value);
                    webhook.slots.set(field, value.map_err(|error| within(&name, &error))?);
                }
                None => webhook.extra.push((context.string(key)?, context.place(value)?)),
            }
        }
        match webhook.slots.get(Field::Id) {
            Some(_) => Ok(()),
            None => Err(A::Error::missing_field(Field::Id.wire())),
        }
    }
}

/// The name that a key holds.
fn key_text(key: &str) -> Cow<'_, str> {
    match key.get(1..).and_then(|rest| rest.strip_suffix('"')) {
        Some(name) if !name.contains('\\') => Cow::Borrowed(name),
        _ => Cow::Owned(decode_string(key)),
    }
}

/// An error with what it is about before it; serde_json keeps the line and column at its end.
#[cold]
fn within<E: serde::de::Error>(place: &str, error: &E) -> E {
    E::custom(format_args!("{place:.64}: {error}"))
}

/// A name without escapes.
struct Key<'de>(&'de str);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'de str>::deserialize(deserializer).map(Key)
    }
}

/// Reads a string or null; knows the place of a string by that of its key.
struct TextSeed<'a, 'de> {
    context: &'a DecodeContext<'a>,
    key: &'de str,
}

impl<'de> DeserializeSeed<'de> for TextSeed<'_, 'de> {
    type Value = Option<u64>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for TextSeed<'_, 'de> {
    type Value = Option<u64>;

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
        self.context.in_quotes(text).map(Slice::to_bits).map(Some)
    }
    /// A string with escapes, which are gone here.
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let json = &self.context.source.json;
        let key = self.context.in_quotes::<E>(self.key)?;
        let after = json.get(key.end()..).unwrap_or_default();
        let string = after.trim_start_matches([':', ' ', '\n', '\r', '\t']);
        let slice = self.context.place::<E>(string.get(..string_length(string)).unwrap_or_default())?;
        self.context.decoded.borrow_mut().push(slice.start(), text);
        Ok(Some(slice.with_escapes().to_bits()))
    }
}

struct ListVisitor<'a, const READER: bool>(&'a DecodeContext<'a>);

impl<'de, const READER: bool> Visitor<'de> for ListVisitor<'_, READER> {
    type Value = Vec<Webhook>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of webhooks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        // Reserved at once: growing would move all that was read again and again.
        let mut items = Vec::with_capacity((self.0.source.json.len() / TYPICAL_BYTES).min(MAX_WEBHOOKS + 1));
        loop {
            let last = items.len();
            items.push(Webhook::empty(self.0.source));
            let decoder = WebhookDecoder::<READER> { webhook: &mut items[last], context: self.0 };
            let read = seq.next_element_seed(decoder);
            if read.map_err(|error| within(&format!("[{last}]"), &error))?.is_none() {
                items.truncate(last);
                return Ok(items);
            }
            if last == MAX_WEBHOOKS {
                return Err(A::Error::custom(format_args!("there are more than {MAX_WEBHOOKS} webhooks")));
            }
        }
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
                while let Some(item) = seq.next_element::<&'de RawValue>()? {
                    if parse_integer::<i64>(item.get()).is_none() {
                        return Err(A::Error::custom("must be an integer"));
                    }
                }
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
    fn both_readers_have_the_same_outcome() {
        let webhooks = [
            r#"{"id":1}"#,
            r#" { "name" : "n" , "id" : -2147483648 , "url" : "" , "body" :  "\"a\"\ud83d\ude00" , "status":null } "#,
            r#"{"id":1e0,"failureReceivers":[1, 2.0],"oAuth2Request":{"a":[]},"dataTrigger":null,"createdAt":-5,"x":"\n","y":{}}"#,
            r#"{"id":1,"id":2,"name":"a","name":null,"body":"\n","body":"b","x":1,"x":2}"#,
        ];
        for text in webhooks {
            let source = Source::new(text.into());
            let quick = Webhook::read_by::<QUICK>(&source).unwrap();
            let careful = Webhook::read_by::<CAREFUL>(&Source::new(text.into())).unwrap();
            assert_eq!(quick.to_json(), careful.to_json());
            assert_eq!((quick.name(), quick.body(), quick.extra()), (careful.name(), careful.body(), careful.extra()));
            let list = format!("[{text},{text}]");
            let quick = WebhookList::read_by::<QUICK>(&Source::new(list.clone())).unwrap();
            assert_eq!(quick, WebhookList::read_by::<CAREFUL>(&Source::new(list)).unwrap());
            assert_eq!(quick[1].body(), careful.body());
        }
        for text in [r#"{"id":1,"a\u0062":1}"#, r#"{"id":1,"name":"\ud800"}"#] {
            assert!(Webhook::read_by::<QUICK>(&Source::new(text.into())).is_err(), "{text}");
            assert!(Webhook::from_json(text).is_ok(), "{text}");
        }
        for text in
            ["{}", "[]", r#"{"id":null}"#, r#"{"id":1}x"#, r#"{"id":1,"name":5}"#, r#"{"id":1,"dataTrigger":[]}"#]
        {
            assert!(Webhook::read_by::<QUICK>(&Source::new(text.into())).is_err(), "{text}");
            assert!(Webhook::read_by::<CAREFUL>(&Source::new(text.into())).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_says_which_field_of_which_webhook_and_where() {
        let wrong = |text: &str| WebhookList::from_json(text).unwrap_err().to_string();
        assert_eq!(
            wrong(r#"[{"id":1,"name":"a"},{"id":2,"url":false}]"#),
            "[1]: url: invalid type: boolean `false`, expected a string at line 1 column 41"
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
        assert_eq!(webhook.status(), Some(crate::surface::Status::Enabled));
        assert_eq!(webhook.extra(), [("x", r#""\n""#)]);
    }
}
