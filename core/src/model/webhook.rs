//! What the server holds: read once, kept as the answer's own text, converted where it is asked for.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use serde::ser::SerializeMap;

use super::contract::field;
use super::enums::{AuthType, ContentType, Method, Status, Trigger};
use super::json::Json;
use super::spec::WebhookSpec;

/// A webhook as the server holds it. Cheap to clone; keeps the answer it came with alive.
///
/// Every field but [`id`](Self::id) is optional in the contract. Fields this version does not know are in
/// [`extra`](Self::extra), unknown enum values are `Unknown` members.
///
/// ```
/// use blynk_webhooks::{Trigger, Webhook};
/// let webhook = Webhook::from_json(r#"{"id": 1, "name": "n", "trigger": "DEVICE_ADDED", "new": [1]}"#)?;
/// assert_eq!(webhook.name(), Some("n"));
/// assert_eq!(webhook.trigger(), Some(&Trigger::DeviceAdded));
/// assert_eq!(webhook.extra()[0].0, "new");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Webhook {
    pub(super) source: Arc<String>,
    pub(super) id: i32,
    pub(super) name: Option<Text>,
    pub(super) trigger: Option<Trigger>,
    pub(super) data_trigger: Option<Slice>,
    pub(super) url: Option<Text>,
    pub(super) method: Option<Method>,
    pub(super) content_type: Option<ContentType>,
    pub(super) auth_type: Option<AuthType>,
    pub(super) body: Option<Text>,
    pub(super) oauth2_request: Option<Slice>,
    pub(super) failure_receivers: Option<Box<[i64]>>,
    pub(super) status: Option<Status>,
    pub(super) attempt_count: Option<i32>,
    pub(super) created_at: Option<i64>,
    pub(super) last_modified_at: Option<i64>,
    pub(super) last_triggered_at: Option<i64>,
    pub(super) failure_limit: Option<i32>,
    pub(super) extra: Vec<(Text, Slice)>,
}

/// A part of the source text; answers are bounded far below 4 GiB.
#[derive(Clone, Copy)]
pub(super) struct Slice {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A string: a part of the source where it stands there without escapes, else decoded.
#[derive(Clone)]
pub(super) enum Text {
    Slice(Slice),
    Owned(Box<str>),
}

impl Webhook {
    /// The webhook as JSON with the wire's names; a field the server sent as null is absent. Holds whatever secrets
    /// the webhook holds.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serializing into a string fails only where a `Serialize` fails by itself; none here does.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Webhook ID.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.id
    }

    /// Name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text(&self.name)
    }

    /// The event that runs it.
    #[must_use]
    pub fn trigger(&self) -> Option<&Trigger> {
        self.trigger.as_ref()
    }

    /// Data trigger, as JSON text.
    #[must_use]
    pub fn data_trigger(&self) -> Option<&str> {
        self.data_trigger.map(|slice| self.slice(slice))
    }

    /// URL template.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.text(&self.url)
    }

    /// HTTP method.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        self.method.as_ref()
    }

    /// How the body is written.
    #[must_use]
    pub fn content_type(&self) -> Option<&ContentType> {
        self.content_type.as_ref()
    }

    /// How the webhook authenticates to its target.
    #[must_use]
    pub fn auth_type(&self) -> Option<&AuthType> {
        self.auth_type.as_ref()
    }

    /// Body template.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.text(&self.body)
    }

    /// OAuth2 configuration, as JSON text. Holds a secret.
    #[must_use]
    pub fn oauth2_request(&self) -> Option<&str> {
        self.oauth2_request.map(|slice| self.slice(slice))
    }

    /// User IDs to notify of failures.
    #[must_use]
    pub fn failure_receivers(&self) -> Option<&[i64]> {
        self.failure_receivers.as_deref()
    }

    /// Consecutive failures before the platform disables the webhook.
    #[must_use]
    pub fn failure_limit(&self) -> Option<i32> {
        self.failure_limit
    }

    /// Whether it runs.
    #[must_use]
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    /// Attempts so far.
    #[must_use]
    pub fn attempt_count(&self) -> Option<i32> {
        self.attempt_count
    }

    /// Creation time, milliseconds since 1970 (UTC).
    #[must_use]
    pub fn created_at(&self) -> Option<i64> {
        self.created_at
    }

    /// Time of the last change, milliseconds since 1970 (UTC).
    #[must_use]
    pub fn last_modified_at(&self) -> Option<i64> {
        self.last_modified_at
    }

    /// Time of the last attempt, milliseconds since 1970 (UTC).
    #[must_use]
    pub fn last_triggered_at(&self) -> Option<i64> {
        self.last_triggered_at
    }

    /// Fields this version does not know: name and JSON text, in the server's order.
    #[must_use]
    pub fn extra(&self) -> Vec<(&str, &str)> {
        self.extra.iter().map(|(name, value)| (self.string(name), self.slice(*value))).collect()
    }

    /// What a person decides of it, ready to change and send back.
    #[must_use]
    pub fn spec(&self) -> WebhookSpec {
        // Both were checked when the webhook was read.
        let json = |slice: Slice| Json::parse(self.slice(slice)).ok();
        let mut spec = WebhookSpec {
            name: self.name().map(Into::into),
            trigger: self.trigger.clone(),
            data_trigger: self.data_trigger.and_then(json),
            url: self.url().map(Into::into),
            method: self.method.clone(),
            content_type: self.content_type.clone(),
            auth_type: self.auth_type.clone(),
            body: self.body().map(Into::into),
            oauth2_request: self.oauth2_request.and_then(json),
            failure_receivers: self.failure_receivers().map(Into::into),
            failure_limit: self.failure_limit,
            status: self.status.clone(),
            extra: self
                .extra
                .iter()
                .filter_map(|(name, value)| Some((self.string(name).into(), json(*value)?)))
                .collect(),
            ..WebhookSpec::default()
        };
        spec.trust_unknown_values();
        spec
    }

    /// False where a field that creation requires is missing: such an answer is not taken for the created webhook.
    pub(crate) fn is_whole(&self) -> bool {
        self.name.is_some() && self.trigger.is_some() && self.url.is_some()
    }

    fn slice(&self, slice: Slice) -> &str {
        &self.source[slice.start as usize..slice.end as usize]
    }

    fn string<'a>(&'a self, text: &'a Text) -> &'a str {
        match text {
            Text::Slice(slice) => self.slice(*slice),
            Text::Owned(owned) => owned,
        }
    }

    fn text<'a>(&'a self, text: &'a Option<Text>) -> Option<&'a str> {
        text.as_ref().map(|text| self.string(text))
    }

    fn numbers(&self) -> (i32, Option<i32>, [Option<i64>; 3]) {
        (self.id, self.attempt_count, [self.created_at, self.last_modified_at, self.last_triggered_at])
    }
}

impl PartialEq for Webhook {
    fn eq(&self, other: &Self) -> bool {
        self.numbers() == other.numbers() && self.spec() == other.spec()
    }
}

impl Eq for Webhook {}

impl Hash for Webhook {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.numbers().hash(state);
        self.name().hash(state);
    }
}

impl serde::Serialize for Webhook {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(field::ID, &self.id)?;
        self.spec().serialize_fields(&mut map)?;
        let times = [
            (field::ATTEMPT_COUNT, self.attempt_count.map(i64::from)),
            (field::CREATED_AT, self.created_at),
            (field::LAST_MODIFIED, self.last_modified_at),
            (field::LAST_TRIGGERED, self.last_triggered_at),
        ];
        for (name, value) in times {
            if let Some(value) = value {
                map.serialize_entry(name, &value)?;
            }
        }
        map.end()
    }
}

impl fmt::Debug for Webhook {
    /// Shows no secret, by the rules of [`WebhookSpec`]'s `Debug`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("spec", &self.spec())
            .field("attempt_count", &self.attempt_count)
            .field("created_at", &self.created_at)
            .field("last_modified_at", &self.last_modified_at)
            .field("last_triggered_at", &self.last_triggered_at)
            .finish()
    }
}

/// The webhooks of an organization, in the server's order: a slice of [`Webhook`] and the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookList {
    pub(super) source: Arc<String>,
    pub(super) items: Vec<Webhook>,
}

impl WebhookList {
    /// The list as JSON, exactly as the server wrote it.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.source
    }

    /// The webhooks, without the list.
    #[must_use]
    pub fn into_vec(self) -> Vec<Webhook> {
        self.items
    }
}

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
    }
}
