//! What a person decides about a webhook.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::contract::{field, oauth2};
use super::enums::{AuthType, ContentType, Method, Status, Trigger};
use super::json::Json;
use super::members::{integer, members, object, receivers, text};
use crate::rules::template;
use crate::rules::validation::{self, Purpose};
use crate::rules::violation::Violation;

/// A webhook as a person wants it. Every field is optional here; [`WebhookSpec::validate`] says what a call needs.
///
/// `Debug` shows no secret: the values of `oauth2_request` and `extra` and credentials in the URL are left out.
///
/// ```
/// use blynk_webhooks::{AuthType, ContentType, Method, Trigger, WebhookSpec};
///
/// let spec = WebhookSpec::new("Device Status Notification", Trigger::DeviceAdded, "https://example.com/webhook/{device_id}")
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
    /// Name, at most 100 code points. Required.
    pub name: Option<String>,
    /// The event that runs it. Required.
    pub trigger: Option<Trigger>,
    /// A JSON object; required for datastream and log-event triggers. Its inner names are not published.
    pub data_trigger: Option<Json>,
    /// Absolute http(s) URL, at most 512 code points, may hold placeholders. Required.
    pub url: Option<String>,
    /// HTTP method. Required.
    pub method: Option<Method>,
    /// How the body is written. Required.
    pub content_type: Option<ContentType>,
    /// How the webhook authenticates to its target. Required.
    pub auth_type: Option<AuthType>,
    /// Body template, at most 1,024 code points, may hold placeholders.
    pub body: Option<String>,
    /// A JSON object, needed where `auth_type` is `OAUTH2`. Holds a secret.
    pub oauth2_request: Option<Json>,
    /// User IDs to notify of failures, at most 10.
    pub failure_receivers: Option<Vec<i64>>,
    /// Consecutive failures before the platform disables the webhook.
    pub failure_limit: Option<i32>,
    /// Set by an update only.
    pub status: Option<Status>,
    /// Fields this version does not know, sent as they are.
    pub extra: Vec<(String, Json)>,
    pub(crate) provenance: Provenance,
}

/// Unknown enum values that came from the server.
#[derive(Clone, Default)]
pub(crate) struct Provenance(Vec<Box<str>>);

/// By content: the order of unknown fields does not count, nor where an unknown value came from.
impl PartialEq for WebhookSpec {
    fn eq(&self, other: &Self) -> bool {
        self.fields() == other.fields()
            && self.extra.len() == other.extra.len()
            && self.extra.iter().all(|member| other.extra.contains(member))
    }
}

impl Eq for WebhookSpec {}

impl Hash for WebhookSpec {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fields().hash(state);
        self.extra.len().hash(state);
    }
}

impl Provenance {
    pub(crate) fn trusts(&self, value: &str) -> bool {
        self.0.iter().any(|known| **known == *value)
    }
}

macro_rules! setters {
    ($( $(#[$meta:meta])* $field:ident: $type:ty, )+) => {
        $( $(#[$meta])* #[must_use] pub fn $field(mut self, $field: impl Into<$type>) -> Self {
            self.$field = Some($field.into());
            self
        } )+
    };
}

impl WebhookSpec {
    /// A spec with its name, trigger and URL.
    #[must_use]
    pub fn new(name: impl Into<String>, trigger: impl Into<Trigger>, url: impl Into<String>) -> Self {
        Self::default().name(name).trigger(trigger).url(url)
    }

    setters! {
        /// Sets the name.
        name: String,
        /// Sets the trigger.
        trigger: Trigger,
        /// Sets the data trigger, a JSON object.
        data_trigger: Json,
        /// Sets the URL template.
        url: String,
        /// Sets the HTTP method.
        method: Method,
        /// Sets the content type.
        content_type: ContentType,
        /// Sets the authentication type.
        auth_type: AuthType,
        /// Sets the body template.
        body: String,
        /// Sets the OAuth2 configuration, a JSON object.
        oauth2_request: Json,
        /// Sets the user IDs to notify of failures.
        failure_receivers: Vec<i64>,
        /// Sets the failure limit.
        failure_limit: i32,
        /// Sets the status, for an update.
        status: Status,
    }

    /// Adds a field this version does not know, or replaces it; it is sent as it is.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        let name = name.into();
        self.extra.retain(|(known, _)| *known != name);
        self.extra.push((name, value.into()));
        self
    }

    /// Reads a spec from a JSON object with the wire's names. Read-only fields (`id`, `createdAt`, …) are left out,
    /// so that a whole webhook may be given; unknown ones go to `extra`; null means absent.
    ///
    /// # Errors
    /// Every fault of type, together with whatever [`WebhookSpec::validate`] finds in the rest.
    pub fn from_json(text: &str) -> Result<Self, Vec<Violation>> {
        Self::from_members(members(text)?)
    }

    pub(crate) fn from_members(members: Vec<(String, Json)>) -> Result<Self, Vec<Violation>> {
        let (spec, mut violations) = Self::read(members);
        if violations.is_empty() {
            return Ok(spec);
        }
        let rest = validation::validate(&spec, Purpose::Either);
        let reported: Vec<String> = violations.iter().map(|violation| violation.path.clone()).collect();
        violations
            .extend(rest.into_iter().filter(|violation| violation.is_error() && !reported.contains(&violation.path)));
        Err(violations)
    }

    /// Takes what has the right type, and says what has not.
    pub(crate) fn read(members: Vec<(String, Json)>) -> (Self, Vec<Violation>) {
        let mut spec = Self::default();
        let mut faults = Vec::new();
        for (name, value) in members {
            let known = field::SETTABLE.contains(&name.as_str());
            if field::READ_ONLY.contains(&name.as_str()) || (known && value.is_null()) {
                continue;
            }
            match name.as_str() {
                field::NAME => spec.name = text(&name, &value, &mut faults),
                field::TRIGGER => spec.trigger = text(&name, &value, &mut faults).map(Trigger::from),
                field::DATA_TRIGGER => spec.data_trigger = object(&name, value, &mut faults),
                field::URL => spec.url = text(&name, &value, &mut faults),
                field::METHOD => spec.method = text(&name, &value, &mut faults).map(Method::from),
                field::CONTENT_TYPE => spec.content_type = text(&name, &value, &mut faults).map(ContentType::from),
                field::AUTH_TYPE => spec.auth_type = text(&name, &value, &mut faults).map(AuthType::from),
                field::BODY => spec.body = text(&name, &value, &mut faults),
                field::OAUTH2_REQUEST => spec.oauth2_request = object(&name, value, &mut faults),
                field::FAILURE_RECEIVERS => spec.failure_receivers = receivers(&value, &mut faults),
                field::FAILURE_LIMIT => spec.failure_limit = integer(&name, "int32", &value, &mut faults),
                field::STATUS => spec.status = text(&name, &value, &mut faults).map(Status::from),
                _ => spec.extra.push((name, value)),
            }
        }
        (spec, faults)
    }

    /// The spec as JSON with the wire's names, as it is sent. Holds whatever secrets the spec holds.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_json_with_org(None)
    }

    pub(crate) fn to_json_with_org(&self, org_id: Option<i32>) -> String {
        // Serializing into a string fails only where a `Serialize` fails by itself; none here does.
        serde_json::to_string(&Body { spec: self, org_id }).unwrap_or_default()
    }

    #[allow(clippy::type_complexity, reason = "every known field, once")]
    fn fields(&self) -> impl PartialEq + Hash {
        (
            &self.name,
            &self.trigger,
            &self.data_trigger,
            &self.url,
            &self.method,
            &self.content_type,
            &self.auth_type,
            &self.body,
            &self.oauth2_request,
            &self.failure_receivers,
            &self.failure_limit,
            &self.status,
        )
    }

    pub(crate) fn to_members(&self) -> Vec<(String, Json)> {
        members(&self.to_json()).unwrap_or_default()
    }

    /// What an echo of the spec must not show: the strings of `oauth2_request` that do not only name a client or a place.
    pub(crate) fn secrets(&self) -> Vec<String> {
        fn strings(value: serde_json::Value, found: &mut Vec<String>) {
            match value {
                serde_json::Value::String(text) => found.push(text),
                serde_json::Value::Array(items) => items.into_iter().for_each(|item| strings(item, found)),
                serde_json::Value::Object(members) => members
                    .into_iter()
                    .filter(|(name, _)| name != oauth2::CLIENT_ID && name != oauth2::TOKEN_URL)
                    .for_each(|(_, value)| strings(value, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        if let Some(request) = &self.oauth2_request {
            strings(request.to_value(), &mut found);
        }
        found
    }

    /// Every finding about this spec, errors first within each field. An empty list: nothing to say.
    #[must_use]
    pub fn validate(&self) -> Vec<Violation> {
        validation::validate(self, Purpose::Either)
    }

    /// Like [`Self::validate`], for one use: `status` may be set by an update only.
    #[must_use]
    pub fn validate_for(&self, purpose: Purpose) -> Vec<Violation> {
        validation::validate(self, purpose)
    }

    /// Names of the placeholders in the URL and the body, each once, in order of appearance.
    ///
    /// ```
    /// # use blynk_webhooks::WebhookSpec;
    /// let spec = WebhookSpec::new("n", "DEVICE_ADDED", "https://example.com/{device_id}").body("{user_name} {device_id}");
    /// assert_eq!(spec.placeholders(), ["device_id", "user_name"]);
    /// ```
    #[must_use]
    pub fn placeholders(&self) -> Vec<String> {
        template::placeholders_of(self)
    }

    /// The request this webhook would send for these placeholder values (a JSON object: name to value).
    ///
    /// # Errors
    /// A [`Violation`] for each missing value, or where the rendered URL is none.
    pub fn render(
        &self,
        values: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<template::RenderedRequest, Vec<Violation>> {
        template::render(self, values)
    }

    /// Takes the unknown enum values that stand in the spec now as come from the server: they pass validation with a warning.
    pub fn trust_unknown_values(&mut self) {
        let unknown: Vec<Box<str>> = self.unknown_values().map(|(_, value)| value.into()).collect();
        self.trust_values(unknown);
    }

    /// Like [`Self::trust_unknown_values`], for the values named alone: any other unknown value is a person's, and an error.
    pub fn trust_values<Name: Into<Box<str>>>(&mut self, values: impl IntoIterator<Item = Name>) {
        self.provenance = Provenance(values.into_iter().map(Into::into).collect());
    }

    /// True where [`Self::trust_unknown_values`] found something to trust.
    #[must_use]
    pub fn trusts_unknown_values(&self) -> bool {
        !self.provenance.0.is_empty()
    }

    /// Enum values this version does not know: the field's wire name and the value.
    pub(crate) fn unknown_values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            self.trigger.as_ref().filter(|value| !value.is_known()).map(|value| (field::TRIGGER, value.as_str())),
            self.method.as_ref().filter(|value| !value.is_known()).map(|value| (field::METHOD, value.as_str())),
            self.content_type
                .as_ref()
                .filter(|value| !value.is_known())
                .map(|value| (field::CONTENT_TYPE, value.as_str())),
            self.auth_type.as_ref().filter(|value| !value.is_known()).map(|value| (field::AUTH_TYPE, value.as_str())),
            self.status.as_ref().filter(|value| !value.is_known()).map(|value| (field::STATUS, value.as_str())),
        ]
        .into_iter()
        .flatten()
    }
}

/// The body of create (with `orgId`) and update.
struct Body<'a> {
    spec: &'a WebhookSpec,
    org_id: Option<i32>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        entry(&mut map, field::ORG_ID, &self.org_id)?;
        self.spec.serialize_fields_but(&mut map, self.org_id.and(Some(field::ORG_ID)))?;
        map.end()
    }
}

impl Serialize for WebhookSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Body { spec: self, org_id: None }.serialize(serializer)
    }
}

/// Writes a field that is set.
pub(super) fn entry<M: SerializeMap>(map: &mut M, name: &str, value: &Option<impl Serialize>) -> Result<(), M::Error> {
    value.as_ref().map_or(Ok(()), |value| map.serialize_entry(name, value))
}

impl WebhookSpec {
    /// Writes every field that is set, in the contract's order, then the unknown ones.
    fn serialize_fields_but<M: SerializeMap>(&self, map: &mut M, left_out: Option<&str>) -> Result<(), M::Error> {
        entry(map, field::NAME, &self.name)?;
        entry(map, field::TRIGGER, &self.trigger)?;
        entry(map, field::DATA_TRIGGER, &self.data_trigger)?;
        entry(map, field::URL, &self.url)?;
        entry(map, field::METHOD, &self.method)?;
        entry(map, field::CONTENT_TYPE, &self.content_type)?;
        entry(map, field::AUTH_TYPE, &self.auth_type)?;
        entry(map, field::BODY, &self.body)?;
        entry(map, field::OAUTH2_REQUEST, &self.oauth2_request)?;
        entry(map, field::FAILURE_RECEIVERS, &self.failure_receivers)?;
        entry(map, field::STATUS, &self.status)?;
        entry(map, field::FAILURE_LIMIT, &self.failure_limit)?;
        for (name, value) in &self.extra {
            let name = name.as_str();
            if !field::SETTABLE.contains(&name) && !field::READ_ONLY.contains(&name) && left_out != Some(name) {
                map.serialize_entry(name, value)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for WebhookSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("WebhookSpec");
        macro_rules! show {
            ($($name:ident: $value:expr),+ $(,)?) => { $( if let Some(value) = $value { out.field(stringify!($name), value); } )+ };
        }
        show! {
            name: &self.name, trigger: &self.trigger, data_trigger: &self.data_trigger,
            url: &self.url.as_deref().map(template::without_credentials),
            method: &self.method, content_type: &self.content_type, auth_type: &self.auth_type, body: &self.body,
            oauth2_request: &self.oauth2_request.as_ref().map(|_| format_args!("<redacted>")),
            failure_receivers: &self.failure_receivers, failure_limit: &self.failure_limit, status: &self.status,
        }
        if !self.extra.is_empty() {
            out.field("extra", &self.extra.iter().map(|(name, _)| (name, "<redacted>")).collect::<Vec<_>>());
        }
        out.finish()
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
        assert_eq!(found[0].message, "must be a JSON object, is a string");
    }

    #[test]
    fn an_integer_may_be_written_as_a_whole_float() {
        let spec = |limit: &str| {
            let text = format!(
                r#"{{"name":"n","trigger":"NEW_USER","url":"https://e.com","method":"GET","contentType":"JSON","authType":"NONE","failureLimit":{limit},"failureReceivers":[{limit}]}}"#
            );
            WebhookSpec::from_json(&text).ok().map(|spec| (spec.failure_limit, spec.failure_receivers))
        };
        assert_eq!(spec("1e1"), Some((Some(10), Some(vec![10]))));
        assert_eq!(spec("-0.0"), Some((Some(0), Some(vec![0]))));
        assert!(
            spec("-9223372036854775809").is_none()
                && spec("10.5").is_none()
                && spec("1e10").is_none()
                && spec("1e400").is_none()
        );
    }
}
