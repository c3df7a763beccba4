//! What a user decides about a webhook.

use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::json::{self, Json};
use super::members::{Member, members};
use super::value::{FieldType, FieldValue};
use crate::redact::{self, Secrets};
use crate::surface::enums::*;
use crate::surface::{Field, FieldKind};
use crate::violation::{Code, Violation};

/// Wire name of the organization of a new webhook: a member of create's body, not a field of a webhook.
pub const ORG_ID: &str = "orgId";

/// The type that holds a value of a kind.
macro_rules! value_type {
    (Text) => { String };
    (Enum($enum:ident)) => { $enum };
    (Object) => { Json };
    (Integers) => { Vec<i64> };
    (Int32) => { i32 };
}

/// Declares the specification: what the table calls settable, each field with its setter.
macro_rules! declare {
    (
        id { $($id:tt)+ }
        settable { $(
            $(#[doc = $doc:literal])+
            $field:ident: $snake:ident = $wire:literal, $kind:ident $(($enum:ident))?, $access:ident
            $(, $mark:ident($($value:expr)?))*;
        )+ }
        read_only { $($read_only:tt)+ }
    ) => {
        /// A webhook as a user wants it. Every field is optional here; [`WebhookSpec::validate`] says what a call needs.
        ///
        /// `Debug` shows no secret.
        ///
        /// ```
        /// use blynk_webhooks::{AuthType, ContentType, Method, Trigger, WebhookSpec};
        ///
        /// let spec = WebhookSpec::new("Device Status Notification", Trigger::DeviceAdded, "https://example.com/{device_id}")
        ///     .method(Method::Post)
        ///     .content_type(ContentType::Json)
        ///     .auth_type(AuthType::None)
        ///     .body(r#"{"device_id": "{device_id}"}"#)
        ///     .failure_limit(10);
        /// assert!(spec.validate().is_empty());
        /// ```
        #[derive(Clone, Default)]
        #[non_exhaustive]
        pub struct WebhookSpec {
            $( $(#[doc = $doc])+ pub $snake: Option<value_type!($kind $(($enum))?)>, )+
            /// Fields this version does not know, by their wire names; sent as they are.
            pub extra: Vec<(String, Json)>,
            pub(crate) provenance: Provenance,
        }

        impl WebhookSpec {
            $(
                $(#[doc = $doc])+
                #[must_use]
                pub fn $snake(mut self, $snake: impl Into<value_type!($kind $(($enum))?)>) -> Self {
                    self.$snake = Some($snake.into());
                    self
                }
            )+

            /// The value of a field; `None` if it is not set, and for a field that only the server sets.
            ///
            /// ```
            /// use blynk_webhooks::{Field, FieldValue, WebhookSpec};
            /// let spec = WebhookSpec::new("Doors", "DEVICE_ADDED", "https://example.com");
            /// assert_eq!(spec.get(Field::Trigger), Some(FieldValue::Enum("DEVICE_ADDED")));
            /// assert_eq!(spec.get(Field::Body), None);
            /// ```
            #[must_use]
            pub fn get(&self, field: Field) -> Option<FieldValue<'_>> {
                match field {
                    $( Field::$field => self.$snake.as_ref().map(FieldType::value), )+
                    _ => None,
                }
            }

            /// Takes a value that is not null.
            fn put(&mut self, field: Field, value: Json, violations: &mut Vec<Violation>) {
                match field {
                    $( Field::$field => self.$snake = FieldType::from_json(field, value, violations), )+
                    _ => {}
                }
            }

            /// Takes the value of a webhook's field.
            pub(super) fn assign(&mut self, field: Field, value: FieldValue<'_>, json: &str) {
                if let FieldValue::Text(text) | FieldValue::Enum(text) = value
                    && text.contains(char::REPLACEMENT_CHARACTER)
                {
                    self.provenance.keep(Place::Value(field), json);
                }
                match field {
                    $( Field::$field => self.$snake = FieldType::from_value(value), )+
                    _ => {}
                }
            }

            fn clear(&mut self, field: Field) {
                match field {
                    $( Field::$field => self.$snake = None, )+
                    _ => {}
                }
            }
        }
    };
}
crate::for_each_field!(declare);

/// What a specification keeps of where it came from.
#[derive(Clone, Default)]
pub(crate) struct Provenance {
    /// Unknown enum values that came from the server.
    trusted: Vec<Box<str>>,
    /// Strings with half of a surrogate pair, as they were written.
    literals: Vec<(Place, Box<str>)>,
}

/// The place of a string in a specification.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    Value(Field),
    Name(String),
}

impl Provenance {
    pub(crate) fn trusts(&self, value: &str) -> bool {
        self.trusted.iter().any(|known| **known == *value)
    }

    fn keep(&mut self, place: Place, literal: &str) {
        self.literals.retain(|(known, _)| *known != place);
        if json::holds_half_a_pair(literal) {
            self.literals.push((place, literal.into()));
        }
    }

    /// The string as it was written, if it still says the same.
    fn literal(&self, place: &Place, text: &str) -> Option<&str> {
        let (_, literal) = self.literals.iter().find(|(known, _)| known == place)?;
        (json::decode_string(literal) == text).then_some(literal)
    }
}

/// By content: the order of unknown fields does not count, nor where an unknown value came from.
impl PartialEq for WebhookSpec {
    fn eq(&self, other: &Self) -> bool {
        Field::SETTABLE.iter().all(|field| self.get(*field) == other.get(*field))
            && self.provenance.literals == other.provenance.literals
            && self.extra.len() == other.extra.len()
            && self.extra.iter().all(|member| other.extra.contains(member))
    }
}

impl Eq for WebhookSpec {}

impl Hash for WebhookSpec {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Field::SETTABLE.iter().for_each(|field| self.get(*field).hash(state));
        self.extra.len().hash(state);
    }
}

impl WebhookSpec {
    /// A specification with its name, trigger and URL.
    #[must_use]
    pub fn new(name: impl Into<String>, trigger: impl Into<Trigger>, url: impl Into<String>) -> Self {
        Self::default().name(name).trigger(trigger).url(url)
    }

    /// Adds a field this version does not know, or replaces it; it is sent as it is.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        let name = name.into();
        self.extra.retain(|(known, _)| *known != name);
        self.extra.push((name, value.into()));
        self
    }

    /// Sets a field to a JSON value; null clears it.
    ///
    /// ```
    /// use blynk_webhooks::{Field, WebhookSpec};
    /// let mut spec = WebhookSpec::default();
    /// spec.set(Field::FailureLimit, 10).unwrap();
    /// assert!(spec.set(Field::FailureLimit, "ten").is_err());
    /// assert!(spec.set(Field::CreatedAt, 0).is_err());
    /// ```
    ///
    /// # Errors
    /// If the value has the wrong type, or only the server sets the field.
    pub fn set(&mut self, field: Field, value: impl Into<Json>) -> Result<(), Vec<Violation>> {
        let value = value.into();
        if !field.is_settable() {
            return Err(vec![not_settable(field)]);
        }
        if value.is_null() {
            self.clear(field);
            return Ok(());
        }
        let mut violations = Vec::new();
        let mut changed = self.clone();
        changed.take(field, value, &mut violations);
        if !violations.is_empty() {
            return Err(violations);
        }
        *self = changed;
        Ok(())
    }

    fn take(&mut self, field: Field, value: Json, violations: &mut Vec<Violation>) {
        if matches!(field.info().kind, FieldKind::Text | FieldKind::Enum(_)) {
            self.provenance.keep(Place::Value(field), value.as_str());
        }
        self.put(field, value, violations);
    }

    /// Reads a specification from a JSON object with the wire's names. Fields that only the server sets (`id`,
    /// `createdAt`, …) are left out, so that a whole webhook may be given; unknown ones go to `extra`; null means absent.
    ///
    /// # Errors
    /// Every value of the wrong type.
    pub fn from_json(text: &str) -> Result<Self, Vec<Violation>> {
        let (spec, violations) = Self::read_json(text)?;
        if violations.is_empty() { Ok(spec) } else { Err(violations) }
    }

    /// As [`Self::read`], of JSON text.
    ///
    /// # Errors
    /// If the text is not a JSON object.
    pub(crate) fn read_json(text: &str) -> Result<(Self, Vec<Violation>), Vec<Violation>> {
        members(text).map(Self::read)
    }

    /// Takes what has the right type, and says what has not.
    fn read(members: Vec<Member>) -> (Self, Vec<Violation>) {
        let mut spec = Self::default();
        let mut violations = Vec::new();
        for Member { name, literal, value } in members {
            match Field::from_wire(&name) {
                Some(field) if !field.is_settable() || value.is_null() => {}
                Some(field) => spec.take(field, value, &mut violations),
                None => {
                    spec.keep_name_literal(&name, &literal);
                    spec.extra.push((name, value));
                }
            }
        }
        (spec, violations)
    }

    /// Sets or, where the value is null, clears a field that a user sets, or an unknown one.
    pub(super) fn change(&mut self, name: &str, value: &Json, violations: &mut Vec<Violation>) {
        match (Field::from_wire(name), value.is_null()) {
            (Some(field), true) => self.clear(field),
            (Some(field), false) => self.take(field, value.clone(), violations),
            (None, true) => self.extra.retain(|(known, _)| known != name),
            (None, false) => match self.extra.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = value.clone(),
                None => self.extra.push((name.into(), value.clone())),
            },
        }
    }

    /// The specification as JSON with the wire's names, as it is sent. Contains its secrets.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_json_with_org(None)
    }

    /// The body of create, with `orgId`, and of update.
    pub(crate) fn to_json_with_org(&self, org_id: Option<i32>) -> String {
        let mut writer = ObjectWriter::new();
        if let Some(org_id) = org_id {
            writer.member(&json::encode_string(ORG_ID), &org_id.to_string());
        }
        for field in Field::SETTABLE {
            let Some(value) = self.get(*field) else { continue };
            let literal = match value {
                FieldValue::Text(text) | FieldValue::Enum(text) => self.provenance.literal(&Place::Value(*field), text),
                _ => None,
            };
            match literal {
                Some(literal) => writer.field(*field, literal),
                None => writer.field(*field, value.to_json()),
            }
        }
        for (name, value) in self.extra.iter().filter(|(name, _)| Field::from_wire(name).is_none()) {
            if org_id.is_none() || name != ORG_ID {
                let literal = self.provenance.literal(&Place::Name(name.clone()), name).map(ToOwned::to_owned);
                writer.member(&literal.unwrap_or_else(|| json::encode_string(name)), value.as_str());
            }
        }
        writer.end()
    }

    /// The specification as JSON with the wire's names and without secrets, to be shown.
    ///
    /// ```
    /// use blynk_webhooks::WebhookSpec;
    /// let spec = WebhookSpec::default().url("https://me:pass@example.com/?api_key=1").extra("basicAuth", "pass");
    /// assert_eq!(spec.redacted_json(), r#"{"url":"https://***@example.com/?api_key=***","basicAuth":"***"}"#);
    /// ```
    #[must_use]
    pub fn redacted_json(&self) -> String {
        let fields = Field::SETTABLE.iter().filter_map(|field| Some((*field, self.get(*field)?)));
        redacted(fields, self.extra.iter().map(|(name, _)| name.as_str()))
    }

    /// The members of the JSON object that is sent.
    pub(crate) fn to_members(&self) -> Vec<(String, Json)> {
        let members = members(&self.to_json()).unwrap_or_default();
        members.into_iter().map(|member| (member.name, member.value)).collect()
    }

    /// What must not be shown where a server repeats the specification: credentials in the URL, the OAuth2 configuration
    /// but for client ID and URL, and what unknown fields hold.
    pub(crate) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        if let Some(url) = &self.url {
            secrets.add_url(url);
        }
        let request = self.oauth2_request.iter().map(|request| (Some(Field::OAuth2Request), request));
        let unknown = self.extra.iter().map(|(_, value)| (None, value));
        for (field, value) in request.chain(unknown) {
            let mut name = String::new();
            for token in json::tokens(value.as_str()) {
                let first = token.text.as_bytes()[0];
                match first {
                    b'"' if token.is_name => name = json::decode_string(token.text),
                    b'"' => secrets.add_member(field, &name, &json::decode_string(token.text)),
                    b'-' | b'0'..=b'9' => secrets.add_member(field, &name, token.text),
                    _ => {}
                }
            }
        }
        secrets
    }

    /// Takes the unknown enum values in the specification as values of the server: validation then only warns of them.
    pub fn trust_unknown_values(&mut self) {
        let unknown: Vec<Box<str>> = self.unknown_values().map(|(_, value)| value.into()).collect();
        self.trust_values(unknown);
    }

    /// As [`Self::trust_unknown_values`], for the named values alone: any other unknown value is a user's, and an error.
    pub fn trust_values<Name: Into<Box<str>>>(&mut self, values: impl IntoIterator<Item = Name>) {
        self.provenance.trusted = values.into_iter().map(Into::into).collect();
    }

    /// The unknown enum values that validation only warns of.
    #[must_use]
    pub fn trusted_values(&self) -> Vec<&str> {
        self.provenance.trusted.iter().map(|value| &**value).collect()
    }

    /// True if [`Self::trust_unknown_values`] found a value to trust.
    #[must_use]
    pub fn trusts_unknown_values(&self) -> bool {
        !self.provenance.trusted.is_empty()
    }

    /// Enum values this version does not know, by field.
    pub(crate) fn unknown_values(&self) -> impl Iterator<Item = (Field, &str)> {
        Field::SETTABLE.iter().filter_map(|field| {
            let (FieldKind::Enum(info), Some(FieldValue::Enum(value))) = (field.info().kind, self.get(*field)) else {
                return None;
            };
            (!info.contains(value)).then_some((*field, value))
        })
    }

    pub(super) fn keep_name_literal(&mut self, name: &str, literal: &str) {
        self.provenance.keep(Place::Name(name.into()), literal);
    }
}

/// What a field that only the server sets gets from a user.
pub(super) fn not_settable(field: Field) -> Violation {
    Violation::error(field.wire(), Code::NotSettable, "is decided by the server; leave it out")
}

/// A JSON object of what may be shown of fields and of unknown fields.
pub(super) fn redacted<'a>(
    fields: impl Iterator<Item = (Field, FieldValue<'a>)>,
    extra: impl Iterator<Item = &'a str>,
) -> String {
    let mut writer = ObjectWriter::new();
    for (field, value) in fields {
        writer.field(field, redact::field(field, &value.to_json()));
    }
    for name in extra {
        writer.member(&json::encode_string(name), &json::encode_string(redact::HIDDEN));
    }
    writer.end()
}

/// Writes a JSON object of names and values that are JSON already.
pub(super) struct ObjectWriter(String);

impl ObjectWriter {
    pub(super) fn new() -> Self {
        /// Length of a webhook's JSON.
        const TYPICAL_BYTES: usize = 512;
        let mut text = String::with_capacity(TYPICAL_BYTES);
        text.push('{');
        Self(text)
    }

    /// A known field, whose name needs no escapes.
    pub(super) fn field(&mut self, field: Field, value: impl fmt::Display) {
        self.comma();
        // Writing to a string never fails.
        let _ = write!(self.0, "\"{}\":{value}", field.wire());
    }

    pub(super) fn member(&mut self, name: &str, value: &str) {
        self.comma();
        self.0.extend([name, ":", value]);
    }

    fn comma(&mut self) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

impl Serialize for WebhookSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in Field::SETTABLE {
            if let Some(value) = self.get(*field) {
                map.serialize_entry(field.wire(), &value)?;
            }
        }
        for (name, value) in self.extra.iter().filter(|(name, _)| Field::from_wire(name).is_none()) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl fmt::Debug for WebhookSpec {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSpec {}", self.redacted_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_by_content() {
        let of = |text: &str| WebhookSpec::from_json(text).unwrap();
        assert_eq!(of(r#"{"xa":1,"xb":2}"#), of(r#"{"xb":2,"xa":1}"#));
        assert_ne!(of(r#"{"xa":1}"#), of(r#"{"xa":2}"#));
        assert_ne!(of(r#"{"xa":1}"#), of(r#"{}"#));
    }

    #[test]
    fn what_is_no_object_is_not_shown() {
        let found = WebhookSpec::from_json(r#""{\"oAuth2Request\":{\"clientSecret\":\"hunter2\"}}""#).unwrap_err();
        assert_eq!(found[0].to_string(), "must be a JSON object, is a string [wrong_type]");
    }

    #[test]
    fn a_wrong_type_is_reported_by_itself() {
        let found = WebhookSpec::from_json(r#"{"name":5}"#).unwrap_err();
        assert_eq!(found.iter().map(|found| &*found.path).collect::<Vec<_>>(), ["name"]);
    }

    #[test]
    fn half_of_a_surrogate_pair_survives_until_its_field_is_set_anew() {
        let text = r#"{"name":"a\ud800","x":"\udfff"}"#;
        let mut spec = WebhookSpec::from_json(text).unwrap();
        assert_eq!(spec.to_json(), text);
        assert_eq!(spec.name.as_deref(), Some("a\u{fffd}"));
        spec.name = Some("b".into());
        assert_eq!(spec.to_json(), r#"{"name":"b","x":"\udfff"}"#);
    }

    #[test]
    fn an_integer_may_be_written_with_a_fraction_of_zero() {
        let spec = |limit: &str| {
            let text = format!(r#"{{"failureLimit":{limit},"failureReceivers":[{limit}]}}"#);
            WebhookSpec::from_json(&text).ok().map(|spec| (spec.failure_limit, spec.failure_receivers))
        };
        assert_eq!(spec("1e1"), Some((Some(10), Some(vec![10]))));
        assert_eq!(spec("-0.0"), Some((Some(0), Some(vec![0]))));
        for wrong in ["-9223372036854775809", "10.5", "1e10", "1e400"] {
            assert!(spec(wrong).is_none(), "{wrong}");
        }
    }
}
