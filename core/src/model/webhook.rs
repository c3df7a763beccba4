//! What the server holds: read once, kept as the answer's own text, converted where it is asked for.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::ser::SerializeMap;
use serde_json::value::RawValue;

use super::contract::field;
use super::enums::{AuthType, ContentType, Method, Status, Trigger};
use super::json::{Integer, Json, last_wins};
use super::spec::{WebhookSpec, entry};

/// A webhook as the server holds it. Cheap to clone; keeps the answer it came with alive.
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
    pub(super) id: i32,
    pub(super) name: Option<Slice>,
    pub(super) trigger: Option<Slice>,
    pub(super) data_trigger: Option<Slice>,
    pub(super) url: Option<Slice>,
    pub(super) method: Option<Slice>,
    pub(super) content_type: Option<Slice>,
    pub(super) auth_type: Option<Slice>,
    pub(super) body: Option<Slice>,
    pub(super) oauth2_request: Option<Slice>,
    pub(super) failure_receivers: Option<Slice>,
    pub(super) status: Option<Slice>,
    pub(super) attempt_count: Option<i32>,
    pub(super) created_at: Option<i64>,
    pub(super) last_modified_at: Option<i64>,
    pub(super) last_triggered_at: Option<i64>,
    pub(super) failure_limit: Option<i32>,
    pub(super) extra: Vec<(Slice, Slice)>,
}

/// The text that webhooks were read from. They hold places in it: most fields of most webhooks are never looked at.
pub(crate) struct Source {
    pub(crate) json: String,
    /// The strings that stand in the text with escapes, without them; set when all is read.
    pub(super) decoded: OnceLock<String>,
}

/// Where a text stands: in the source, or beyond its end in the decoded strings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    start: u32,
    /// Never 0, so that an optional slice takes no more room.
    end: NonZeroU32,
}

impl Slice {
    /// The reader has refused texts that are too long for this; none of their parts ends at 0.
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: NonZeroU32::new(end as u32).unwrap_or(NonZeroU32::MAX) }
    }

    pub(super) fn start(self) -> usize {
        self.start as usize
    }

    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start()..self.end.get() as usize).unwrap_or_default()
    }
}

impl Source {
    pub(crate) fn new(mut json: String) -> Arc<Self> {
        // It lives as long as any webhook that was read from it.
        json.shrink_to_fit();
        Arc::new(Self { json, decoded: OnceLock::new() })
    }

    fn get(&self, slice: Slice) -> &str {
        if slice.start() < self.json.len() {
            return slice.of(&self.json);
        }
        let place = |place: usize| place - self.json.len();
        let decoded = self.decoded.get().map(String::as_str).unwrap_or_default();
        decoded.get(place(slice.start())..place(slice.end.get() as usize)).unwrap_or_default()
    }
}

impl Webhook {
    /// A webhook of which nothing has been read yet.
    pub(super) fn empty(source: &Arc<Source>) -> Self {
        Self {
            source: Arc::clone(source),
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
        }
    }

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
        self.get(self.name)
    }

    /// The event that runs it.
    #[must_use]
    pub fn trigger(&self) -> Option<Trigger> {
        self.get(self.trigger).map(Trigger::from)
    }

    /// Data trigger, as JSON text.
    #[must_use]
    pub fn data_trigger(&self) -> Option<&str> {
        self.get(self.data_trigger)
    }

    /// URL template.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.get(self.url)
    }

    /// HTTP method.
    #[must_use]
    pub fn method(&self) -> Option<Method> {
        self.get(self.method).map(Method::from)
    }

    /// How the body is written.
    #[must_use]
    pub fn content_type(&self) -> Option<ContentType> {
        self.get(self.content_type).map(ContentType::from)
    }

    /// How the webhook authenticates to its target.
    #[must_use]
    pub fn auth_type(&self) -> Option<AuthType> {
        self.get(self.auth_type).map(AuthType::from)
    }

    /// Body template.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.get(self.body)
    }

    /// OAuth2 configuration, as JSON text. Holds a secret.
    #[must_use]
    pub fn oauth2_request(&self) -> Option<&str> {
        self.get(self.oauth2_request)
    }

    /// User IDs to notify of failures.
    #[must_use]
    pub fn failure_receivers(&self) -> Option<Vec<i64>> {
        // Checked when the webhook was read.
        let json = self.get(self.failure_receivers)?;
        let ids: Vec<Integer<i64>> = serde_json::from_str(json).unwrap_or_default();
        Some(ids.into_iter().map(|id| id.0).collect())
    }

    /// Consecutive failures before the platform disables the webhook.
    #[must_use]
    pub fn failure_limit(&self) -> Option<i32> {
        self.failure_limit
    }

    /// Whether it runs.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.get(self.status).map(Status::from)
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
        let text = |slice: &Slice| self.source.get(*slice);
        let mut members = self.extra.iter().map(|(name, value)| (text(name), text(value))).collect();
        last_wins(&mut members);
        members
    }

    /// What a person decides of it, ready to change and send back.
    #[must_use]
    pub fn spec(&self) -> WebhookSpec {
        // All of it was checked when the webhook was read.
        let json = |text| Json::parse(text).ok();
        let mut spec = WebhookSpec {
            name: self.name().map(Into::into),
            trigger: self.trigger(),
            data_trigger: self.data_trigger().and_then(json),
            url: self.url().map(Into::into),
            method: self.method(),
            content_type: self.content_type(),
            auth_type: self.auth_type(),
            body: self.body().map(Into::into),
            oauth2_request: self.oauth2_request().and_then(json),
            failure_receivers: self.failure_receivers(),
            failure_limit: self.failure_limit,
            status: self.status(),
            extra: self.extra().into_iter().filter_map(|(name, value)| Some((name.into(), json(value)?))).collect(),
            ..WebhookSpec::default()
        };
        spec.trust_unknown_values();
        spec
    }

    /// False where a field that creation requires is missing: such an answer is not taken for the created webhook.
    pub(crate) fn is_complete(&self) -> bool {
        self.name.is_some() && self.trigger.is_some() && self.url.is_some()
    }

    fn get(&self, slice: Option<Slice>) -> Option<&str> {
        slice.map(|slice| self.source.get(slice))
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

/// A value as it was written; it was checked when the webhook was read.
fn raw(json: Option<&str>) -> Option<&RawValue> {
    json.and_then(|json| serde_json::from_str(json).ok())
}

impl serde::Serialize for Webhook {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(field::ID, &self.id)?;
        entry(&mut map, field::NAME, &self.name())?;
        entry(&mut map, field::TRIGGER, &self.get(self.trigger))?;
        entry(&mut map, field::DATA_TRIGGER, &raw(self.data_trigger()))?;
        entry(&mut map, field::URL, &self.url())?;
        entry(&mut map, field::METHOD, &self.get(self.method))?;
        entry(&mut map, field::CONTENT_TYPE, &self.get(self.content_type))?;
        entry(&mut map, field::AUTH_TYPE, &self.get(self.auth_type))?;
        entry(&mut map, field::BODY, &self.body())?;
        entry(&mut map, field::OAUTH2_REQUEST, &raw(self.oauth2_request()))?;
        entry(&mut map, field::FAILURE_RECEIVERS, &raw(self.get(self.failure_receivers)))?;
        entry(&mut map, field::STATUS, &self.get(self.status))?;
        entry(&mut map, field::FAILURE_LIMIT, &self.failure_limit)?;
        for (name, value) in self.extra() {
            entry(&mut map, name, &raw(Some(value)))?;
        }
        entry(&mut map, field::ATTEMPT_COUNT, &self.attempt_count)?;
        entry(&mut map, field::CREATED_AT, &self.created_at)?;
        entry(&mut map, field::LAST_MODIFIED, &self.last_modified_at)?;
        entry(&mut map, field::LAST_TRIGGERED, &self.last_triggered_at)?;
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
