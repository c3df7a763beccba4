//! Reads webhooks from an answer: strings without escapes become slices of its text.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::contract::field;
use super::json::check_depth;
use super::webhook::{Slice, Text, Webhook, WebhookList};

impl Webhook {
    /// Reads one webhook from JSON.
    ///
    /// # Errors
    /// Where the text is not JSON, `id` is absent, or a known field has another type than the contract says.
    pub fn from_json(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        Self::read(&Arc::new(text.into()))
    }

    pub(crate) fn read(source: &Arc<String>) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(source);
        let webhook = Seed { source }.deserialize(&mut reader)?;
        reader.end()?;
        Ok(webhook)
    }
}

impl WebhookList {
    /// Reads a JSON array of webhooks.
    ///
    /// # Errors
    /// Where the text is not an array of objects that [`Webhook::from_json`] would take.
    pub fn from_json(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        Self::read(&Arc::new(text.into()))
    }

    pub(crate) fn read(source: &Arc<String>) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(source);
        let items = reader.deserialize_seq(ListVisitor(Seed { source }))?;
        reader.end()?;
        Ok(Self { source: Arc::clone(source), items })
    }
}

/// Reads webhooks out of `source`, which the deserializer reads too: strings without escapes become slices of it.
#[derive(Clone, Copy)]
struct Seed<'a> {
    source: &'a Arc<String>,
}

impl Seed<'_> {
    fn slice(self, part: &str) -> Option<Slice> {
        let start = (part.as_ptr() as usize).checked_sub(self.source.as_ptr() as usize)?;
        let end = start.checked_add(part.len()).filter(|end| *end <= self.source.len())?;
        Some(Slice { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
    }

    fn raw<E: serde::de::Error>(self, raw: &RawValue) -> Result<Slice, E> {
        check_depth(raw.get()).map_err(E::custom)?;
        self.slice(raw.get()).ok_or_else(|| E::custom("the text is too long"))
    }

    fn keep(self, text: Cow<'_, str>) -> Text {
        if let Cow::Borrowed(part) = text
            && let Some(slice) = self.slice(part)
        {
            return Text::Slice(slice);
        }
        Text::Owned(text.into())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Webhook;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Webhook, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Webhook;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a webhook (a JSON object)")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Webhook, A::Error> {
        let mut id = None;
        let mut webhook = Webhook {
            source: Arc::clone(self.source),
            id: 0,
            name: None,
            trigger: None,
            data_trigger: None,
            url: None,
            method: None,
            content_type: None,
            auth_type: None,
            body: None,
            oauth2_request: None,
            failure_receivers: None,
            status: None,
            attempt_count: None,
            created_at: None,
            last_modified_at: None,
            last_triggered_at: None,
            failure_limit: None,
            extra: Vec::new(),
        };
        while let Some(Str(key)) = map.next_key()? {
            match &*key {
                field::ID => id = Some(map.next_value::<i32>()?),
                field::NAME => webhook.name = self.next_text(&mut map)?,
                field::TRIGGER => webhook.trigger = next_value(&mut map)?,
                field::DATA_TRIGGER => webhook.data_trigger = self.next_raw(&mut map)?,
                field::URL => webhook.url = self.next_text(&mut map)?,
                field::METHOD => webhook.method = next_value(&mut map)?,
                field::CONTENT_TYPE => webhook.content_type = next_value(&mut map)?,
                field::AUTH_TYPE => webhook.auth_type = next_value(&mut map)?,
                field::BODY => webhook.body = self.next_text(&mut map)?,
                field::OAUTH2_REQUEST => webhook.oauth2_request = self.next_raw(&mut map)?,
                field::FAILURE_RECEIVERS => {
                    webhook.failure_receivers = map.next_value::<Option<Vec<i64>>>()?.map(Vec::into_boxed_slice);
                }
                field::STATUS => webhook.status = next_value(&mut map)?,
                field::ATTEMPT_COUNT => webhook.attempt_count = map.next_value()?,
                field::CREATED_AT => webhook.created_at = map.next_value()?,
                field::LAST_MODIFIED => webhook.last_modified_at = map.next_value()?,
                field::LAST_TRIGGERED => webhook.last_triggered_at = map.next_value()?,
                field::FAILURE_LIMIT => webhook.failure_limit = map.next_value()?,
                _ => {
                    let raw = self.raw::<A::Error>(map.next_value()?)?;
                    let key = self.keep(key);
                    webhook.extra.push((key, raw));
                }
            }
        }
        webhook.id = id.ok_or_else(|| A::Error::missing_field(field::ID))?;
        Ok(webhook)
    }
}

impl<'de> Visitor<'de> for ListVisitor<'_> {
    type Value = Vec<Webhook>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of webhooks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        // Taken at once: growing would move all that was read again and again.
        let mut items = Vec::with_capacity(self.0.source.len() / USUAL_BYTES);
        while let Some(webhook) = seq.next_element_seed(self.0)? {
            items.push(webhook);
        }
        Ok(items)
    }
}

struct ListVisitor<'a>(Seed<'a>);

/// Length of a webhook's JSON, rather less than the usual.
const USUAL_BYTES: usize = 400;

impl Seed<'_> {
    fn next_text<'de, A: MapAccess<'de>>(self, map: &mut A) -> Result<Option<Text>, A::Error> {
        Ok(map.next_value::<Option<Str<'de>>>()?.map(|text| self.keep(text.0)))
    }

    fn next_raw<'de, A: MapAccess<'de>>(self, map: &mut A) -> Result<Option<Slice>, A::Error> {
        let Some(raw) = map.next_value::<Option<&'de RawValue>>()? else { return Ok(None) };
        if !raw.get().starts_with('{') {
            return Err(A::Error::custom("dataTrigger and oAuth2Request must be objects"));
        }
        self.raw(raw).map(Some)
    }
}

/// A string of the answer, borrowed where it holds no escapes.
struct Str<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Str<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StrVisitor;
        impl<'de> Visitor<'de> for StrVisitor {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(text.into())))
            }
        }
        deserializer.deserialize_str(StrVisitor)
    }
}

fn next_value<'de, A: MapAccess<'de>, T: for<'a> From<&'a str>>(map: &mut A) -> Result<Option<T>, A::Error> {
    Ok(map.next_value::<Option<Str<'de>>>()?.map(|text| T::from(&text.0)))
}
