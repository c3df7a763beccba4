//! What the server holds: read once, kept as the response's own text, converted where it is asked for.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::ser::{Error as _, SerializeMap};
use serde_json::value::RawValue;

use super::json::{Json, last_wins, parse_integer};
use super::spec::{ObjectWriter, WebhookSpec, redacted};
use super::value::FieldValue;
use crate::surface::enums::*;
use crate::surface::{Field, FieldKind};

/// A webhook as the server holds it. Cheap to clone; keeps the response it came with alive.
///
/// Every field but [`id`](Self::id) is optional in the contract. Fields this version does not know are in
/// [`extra`](Self::extra), unknown enum values are `Unknown` members.
///
/// ```
/// use blynk_webhooks::{Trigger, Webhook};
/// let webhook = Webhook::from_json(r#"{"id": 1, "name": "n", "trigger": "DEVICE_ADDED", "new": [1]}"#)?;
/// assert_eq!(webhook.name(), Some("n"));
/// assert_eq!(webhook.trigger(), Some(Trigger::DeviceAdded));
/// assert_eq!(webhook.extra()[0].0, "new");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Webhook {
    pub(super) source: Arc<Source>,
    pub(super) slots: Slots,
    /// Unknown fields: the JSON of the name and of the value.
    pub(super) extra: Vec<(Slice, Slice)>,
}

/// The known fields of a webhook, by identity: the place of the field's JSON in the source, or the integer itself.
#[derive(Clone)]
pub(super) struct Slots {
    values: [u64; Field::COUNT],
    /// A bit for each field that has a value.
    present: u32,
}

// One bit for each field.
const _: () = assert!(Field::COUNT <= 32);

impl Slots {
    pub(super) const EMPTY: Self = Self { values: [0; Field::COUNT], present: 0 };

    pub(super) fn set(&mut self, field: Field, value: Option<u64>) {
        let bit = 1 << field as u32;
        match value {
            Some(value) => {
                self.values[field as usize] = value;
                self.present |= bit;
            }
            None => self.present &= !bit,
        }
    }

    pub(super) fn get(&self, field: Field) -> Option<u64> {
        (self.present & (1 << field as u32) != 0).then(|| self.values[field as usize])
    }
}

/// The text that webhooks were read from. They hold places in it: most fields of most webhooks are never looked at.
pub(crate) struct Source {
    pub(crate) json: String,
    /// The strings that stand in the text with escapes; set when all is read.
    pub(super) decoded: OnceLock<Decoded>,
}

/// Strings without their escapes.
#[derive(Default)]
pub(super) struct Decoded {
    text: String,
    /// Start of each string in the source and its end in the text, in the order of both.
    ends: Vec<(u32, u32)>,
}

impl Decoded {
    /// Adds the string that begins at this place of the source, after those that begin before it.
    pub(super) fn push(&mut self, start: usize, string: &str) {
        self.text.push_str(string);
        // The reader has refused texts that are too long for this, and no string grows when it is decoded.
        self.ends.push((start as u32, self.text.len() as u32));
    }

    fn get(&self, start: u32) -> Option<&str> {
        let place = self.ends.binary_search_by_key(&start, |(start, _)| *start).ok()?;
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before].1);
        self.text.get(begin as usize..self.ends[place].1 as usize)
    }
}

/// The place of a part of the source. No text is so long that the highest bit of a place is set: that of the end says whether
/// the part is a string with escapes, so that the others are not looked up among the decoded ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    start: u32,
    end: u32,
}

const HAS_ESCAPES: u32 = 1 << 31;

impl Slice {
    /// The reader has refused texts that are too long for this.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The same place, of a string that has escapes.
    pub(super) fn with_escapes(self) -> Self {
        Self { end: self.end | HAS_ESCAPES, ..self }
    }

    fn has_escapes(self) -> bool {
        self.end & HAS_ESCAPES != 0
    }

    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    pub(super) fn end(self) -> usize {
        (self.end & !HAS_ESCAPES) as usize
    }

    pub(super) fn to_bits(self) -> u64 {
        u64::from(self.start) << 32 | u64::from(self.end)
    }

    fn from_bits(bits: u64) -> Self {
        Self { start: (bits >> 32) as u32, end: bits as u32 }
    }
}

impl Source {
    pub(crate) fn new(mut json: String) -> Arc<Self> {
        // It lives as long as any webhook that was read from it.
        json.shrink_to_fit();
        Arc::new(Self { json, decoded: OnceLock::new() })
    }

    /// JSON of a part.
    fn raw(&self, slice: Slice) -> &str {
        self.json.get(slice.start()..slice.end()).unwrap_or_default()
    }

    /// The text of a JSON string.
    fn text(&self, slice: Slice) -> &str {
        if slice.has_escapes() {
            return self.decoded.get().and_then(|decoded| decoded.get(slice.start)).unwrap_or_default();
        }
        // Without escapes it stands between its quotes.
        self.json.get(slice.start() + 1..slice.end().saturating_sub(1)).unwrap_or_default()
    }
}

/// Declares the getter of a field, by its kind.
macro_rules! getter {
    ($field:ident, $snake:ident, Text, $doc:expr) => {
        #[doc = $doc]
        #[must_use]
        pub fn $snake(&self) -> Option<&str> {
            self.text(Field::$field)
        }
    };
    ($field:ident, $snake:ident, Enum($enum:ident), $doc:expr) => {
        #[doc = $doc]
        #[must_use]
        pub fn $snake(&self) -> Option<$enum> {
            self.text(Field::$field).map($enum::from)
        }
    };
    ($field:ident, $snake:ident, Object, $doc:expr) => {
        #[doc = $doc]
        ///
        /// As JSON text.
        #[must_use]
        pub fn $snake(&self) -> Option<&str> {
            self.raw(Field::$field)
        }
    };
    ($field:ident, $snake:ident, Integers, $doc:expr) => {
        #[doc = $doc]
        #[must_use]
        pub fn $snake(&self) -> Option<Vec<i64>> {
            self.integers(Field::$field)
        }
    };
    ($field:ident, $snake:ident, Int32, $doc:expr) => {
        #[doc = $doc]
        #[must_use]
        pub fn $snake(&self) -> Option<i32> {
            self.integer(Field::$field).map(|integer| integer as i32)
        }
    };
    ($field:ident, $snake:ident, Timestamp, $doc:expr) => {
        #[doc = $doc]
        #[must_use]
        pub fn $snake(&self) -> Option<i64> {
            self.integer(Field::$field)
        }
    };
}

macro_rules! getters {
    (id { $($id:tt)+ } settable { $($settable:tt)+ } read_only { $($read_only:tt)+ }) => {
        getters! { @rows $($settable)+ $($read_only)+ }
    };
    (@rows $(
        $(#[doc = $doc:literal])+
        $field:ident: $snake:ident = $wire:literal, $kind:ident $(($enum:ident))?, $access:ident
        $(, $mark:ident($($value:expr)?))*;
    )+) => {
        impl Webhook {
            $( getter! { $field, $snake, $kind $(($enum))?, concat!($($doc, "\n"),+) } )+
        }
    };
}
crate::for_each_field!(getters);

impl Webhook {
    /// A webhook with this ID and specification, e.g. for a test. [`Webhook::from_json`] takes what only the server sets, too.
    ///
    /// ```
    /// use blynk_webhooks::{Webhook, WebhookSpec};
    /// let webhook = Webhook::new(7, &WebhookSpec::new("Doors", "DEVICE_ADDED", "https://example.com"))?;
    /// assert_eq!(webhook.id(), 7);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the data trigger or the OAuth2 configuration is not an object.
    pub fn new(id: i32, spec: &WebhookSpec) -> Result<Self, serde_json::Error> {
        let spec = spec.to_json();
        let rest = spec.strip_prefix('{').unwrap_or_default();
        let comma = if rest == "}" { "" } else { "," };
        Self::from_json(format!("{{\"{}\":{id}{comma}{rest}", Field::Id.wire()))
    }

    /// A webhook that has not been read yet.
    pub(super) fn empty(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), slots: Slots::EMPTY, extra: Vec::new() }
    }

    /// Webhook ID.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.integer(Field::Id).unwrap_or_default() as i32
    }

    /// The value of a field; `None` if the server sent none, or null.
    ///
    /// ```
    /// use blynk_webhooks::{Field, FieldValue, Webhook};
    /// let webhook = Webhook::from_json(r#"{"id": 1, "createdAt": 1707244800000}"#)?;
    /// for field in Field::ALL {
    ///     println!("{}: {:?}", field.wire(), webhook.get(*field));
    /// }
    /// assert_eq!(webhook.get(Field::CreatedAt), Some(FieldValue::Integer(1_707_244_800_000)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn get(&self, field: Field) -> Option<FieldValue<'_>> {
        match field.info().kind {
            FieldKind::Text => self.text(field).map(FieldValue::Text),
            FieldKind::Enum(_) => self.text(field).map(FieldValue::Enum),
            FieldKind::Object => self.raw(field).map(FieldValue::Object),
            FieldKind::Integers => self.integers(field).map(|integers| FieldValue::Integers(Cow::Owned(integers))),
            FieldKind::Int32 | FieldKind::Timestamp => self.integer(field).map(FieldValue::Integer),
        }
    }

    /// Fields this version does not know: name and JSON text, in the server's order.
    #[must_use]
    pub fn extra(&self) -> Vec<(&str, &str)> {
        self.extra_members().into_iter().map(|(name, (_, value))| (name, self.source.raw(value))).collect()
    }

    /// Name of each unknown field, with the places of its name and its value; of a name that stands twice the last.
    fn extra_members(&self) -> Vec<(&str, (Slice, Slice))> {
        let members = self.extra.iter().map(|(name, value)| (self.source.text(*name), (*name, *value)));
        let mut members = members.collect();
        last_wins(&mut members);
        members
    }

    /// The webhook as JSON with the wire's names; a field the server sent as null is absent. Every value is written as
    /// the server wrote it. Contains the secrets of the webhook.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut writer = ObjectWriter::new();
        for field in Field::ALL {
            match field.info().kind {
                FieldKind::Int32 | FieldKind::Timestamp => {
                    if let Some(integer) = self.integer(*field) {
                        writer.field(*field, format_args!("{integer}"));
                    }
                }
                _ => {
                    if let Some(raw) = self.raw(*field) {
                        writer.field(*field, raw);
                    }
                }
            }
        }
        for (_, (name, value)) in self.extra_members() {
            writer.member(self.source.raw(name), self.source.raw(value));
        }
        writer.end()
    }

    /// The text that the server sent, where it sent this webhook alone. Unlike [`Self::to_json`] it may hold nulls.
    #[must_use]
    pub fn response_json(&self) -> Option<&str> {
        let text = self.source.json.trim();
        text.starts_with('{').then_some(text)
    }

    /// The webhook as JSON with the wire's names and without secrets, to be shown: see [`WebhookSpec::redacted_json`].
    #[must_use]
    pub fn redacted_json(&self) -> String {
        let fields = Field::ALL.iter().filter_map(|field| Some((*field, self.get(*field)?)));
        redacted(fields, self.extra_members().into_iter().map(|(name, _)| name))
    }

    /// The specification of this webhook, ready to change and send back.
    #[must_use]
    pub fn spec(&self) -> WebhookSpec {
        let mut spec = WebhookSpec::default();
        for field in Field::SETTABLE {
            if let Some(value) = self.get(*field) {
                spec.assign(*field, value, self.raw(*field).unwrap_or_default());
            }
        }
        for (name, (literal, value)) in self.extra_members() {
            spec.keep_name_literal(name, self.source.raw(literal));
            if let Ok(value) = Json::parse(self.source.raw(value)) {
                spec.extra.push((name.into(), value));
            }
        }
        spec.trust_unknown_values();
        spec
    }

    /// False if a field that creation requires is missing: such a response is not taken for the created webhook.
    pub(crate) fn is_complete(&self) -> bool {
        [Field::Name, Field::Trigger, Field::Url].iter().all(|field| self.slots.get(*field).is_some())
    }

    fn slice(&self, field: Field) -> Option<Slice> {
        self.slots.get(field).map(Slice::from_bits)
    }

    fn text(&self, field: Field) -> Option<&str> {
        self.slice(field).map(|slice| self.source.text(slice))
    }

    /// JSON of a field that is no integer.
    fn raw(&self, field: Field) -> Option<&str> {
        self.slice(field).map(|slice| self.source.raw(slice))
    }

    fn integer(&self, field: Field) -> Option<i64> {
        self.slots.get(field).map(u64::cast_signed)
    }

    fn integers(&self, field: Field) -> Option<Vec<i64>> {
        let text = self.raw(field)?;
        let items = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or_default();
        if let Ok(integers) = items.split(',').map(|item| item.trim_ascii().parse()).collect() {
            return Some(integers);
        }
        // None at all, or an integer that is written as `1.0`. Checked when the webhook was read.
        let integers: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
        Some(integers.into_iter().filter_map(|integer| parse_integer(integer.get())).collect())
    }
}

impl PartialEq for Webhook {
    fn eq(&self, other: &Self) -> bool {
        Field::READ_ONLY.iter().all(|field| self.get(*field) == other.get(*field)) && self.spec() == other.spec()
    }
}

impl Eq for Webhook {}

impl Hash for Webhook {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Field::READ_ONLY.iter().for_each(|field| self.get(*field).hash(state));
        self.name().hash(state);
    }
}

impl serde::Serialize for Webhook {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in Field::ALL {
            if let Some(value) = self.get(*field) {
                map.serialize_entry(field.wire(), &value)?;
            }
        }
        for (name, value) in self.extra() {
            map.serialize_entry(name, serde_json::from_str::<&RawValue>(value).map_err(S::Error::custom)?)?;
        }
        map.end()
    }
}

impl fmt::Debug for Webhook {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook {}", self.redacted_json())
    }
}

/// The webhooks of an organization, in the server's order: a slice of [`Webhook`] and the text it was read from.
#[derive(Clone)]
pub struct WebhookList {
    pub(super) source: Arc<Source>,
    pub(super) items: Vec<Webhook>,
}

impl WebhookList {
    /// The list as JSON, exactly as the server wrote it.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.source.json
    }

    /// The webhooks, without the list.
    #[must_use]
    pub fn into_vec(self) -> Vec<Webhook> {
        self.items
    }
}

impl fmt::Debug for WebhookList {
    /// Shows no secret, as [`Webhook`]'s.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.items).finish()
    }
}

impl PartialEq for WebhookList {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl Eq for WebhookList {}

impl Deref for WebhookList {
    type Target = [Webhook];
    fn deref(&self) -> &Self::Target {
        &self.items
    }
}

impl IntoIterator for WebhookList {
    type Item = Webhook;
    type IntoIter = std::vec::IntoIter<Webhook>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a> IntoIterator for &'a WebhookList {
    type Item = &'a Webhook;
    type IntoIter = std::slice::Iter<'a, Webhook>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_it_does_not_know() {
        let text =
            r#"{"id":1,"trigger":"BRAND_NEW","formBody":{"a":18446744073709551617},"body":"\"x\"","n\u0061me2":null}"#;
        let webhook = Webhook::from_json(text).unwrap();
        assert_eq!(webhook.trigger().unwrap().as_str(), "BRAND_NEW");
        assert_eq!(webhook.body(), Some("\"x\""));
        assert_eq!(webhook.extra(), [("formBody", r#"{"a":18446744073709551617}"#), ("name2", "null")]);
        assert_eq!(Webhook::from_json(webhook.to_json()).unwrap(), webhook);
        assert!(webhook.spec().trusts_unknown_values());
    }

    #[test]
    fn refuses_wrong_types_and_a_missing_id() {
        for text in [
            "[]",
            "{}",
            r#"{"id":"1"}"#,
            r#"{"id":2147483648}"#,
            r#"{"id":1,"name":5}"#,
            r#"{"id":1}x"#,
            r#"{"id":1,"dataTrigger":[]}"#,
        ] {
            assert!(Webhook::from_json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nulls_are_absent() {
        let webhook =
            Webhook::from_json(r#"{"id":1,"name":null,"dataTrigger":null,"failureReceivers":null,"status":null}"#)
                .unwrap();
        assert_eq!(webhook.to_json(), r#"{"id":1}"#);
    }

    #[test]
    fn the_text_of_a_response_is_that_of_a_webhook_alone() {
        let text = r#"{"name":"a", "id":1.0}"#;
        assert_eq!(Webhook::from_json(format!(" {text}\n")).unwrap().response_json(), Some(text));
        assert_eq!(WebhookList::from_json(format!("[{text}]")).unwrap()[0].response_json(), None);
    }

    #[test]
    fn a_list_shares_its_text() {
        let list = WebhookList::from_json(r#" [{"id":1,"name":"a"},{"id":2,"name":"b\n"}] "#).unwrap();
        assert_eq!(list.iter().map(|webhook| webhook.name().unwrap()).collect::<Vec<_>>(), ["a", "b\n"]);
        assert!(Arc::ptr_eq(&list[0].source, &list[1].source));
    }

    #[test]
    fn debug_shows_no_secret() {
        let webhook = Webhook::from_json(
            r#"{"id":1,"url":"https://me:hunter2@example.com/","oAuth2Request":{"clientSecret":"hunter2"},"basicAuth":"hunter2"}"#,
        )
        .unwrap();
        assert!(!format!("{webhook:?}").contains("hunter2"));
        let list = WebhookList::from_json(format!("[{}]", webhook.to_json())).unwrap();
        assert!(!format!("{list:?}").contains("hunter2"));
    }
}
