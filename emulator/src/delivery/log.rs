//! The log of deliveries and failure notifications, and its filters.

use std::collections::VecDeque;
use std::sync::Arc;

use blynk_webhooks::Trigger;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::delivery::values::EventValues;

/// Deliveries that are kept; older ones are forgotten, so that memory stays bounded.
const MAX_DELIVERIES: usize = 20_000;
/// What the deliveries that are kept may hold, in bytes. The last one is kept however large it is.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Notices that are kept.
const MAX_NOTIFICATIONS: usize = 20_000;

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The target answered with a success (2xx).
    Ok,
    /// The target answered with another status, or not at all.
    Failed,
    /// Nothing was sent. `reason` says why.
    NotSent,
}

impl Outcome {
    pub(crate) const ALL: [Self; 3] = [Self::Ok, Self::Failed, Self::NotSent];

    /// `ok`, `failed` or `not_sent`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::NotSent => "not_sent",
        }
    }
}

/// A request as it was sent. The value of `Authorization` is hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SentRequest {
    /// HTTP method.
    pub method: String,
    /// URL with every placeholder replaced, without user name, password and fragment.
    pub url: String,
    /// Header names and values; an object in JSON.
    #[serde(serialize_with = "crate::json::as_object")]
    pub headers: Vec<(String, String)>,
    /// Body with every placeholder replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A response as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReceivedResponse {
    pub(crate) status_code: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// None if the connection broke before the first byte.
    pub(crate) body: Option<Vec<u8>>,
}

/// One run of a webhook. In JSON, what is absent is left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Delivery {
    /// Number of the delivery, from 1, in the order in which deliveries ended. 0 if the emulator was reset before the delivery
    /// ended; such a delivery is not in the log.
    pub id: u64,
    /// The webhook. Absent if a spec was tested without a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<i32>,
    /// The event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// When it began, in milliseconds since 1970 (UTC) on the emulator's clock.
    pub at: Millis,
    /// The request as it was sent. Absent if nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<SentRequest>,
    /// Status code of the response. Absent if there was no response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Headers of the response, with names in lower case; an object in JSON.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "crate::json::as_object")]
    pub response_headers: Vec<(String, String)>,
    /// The body of the response, as far as it was read: only a part if the connection broke or the time was up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_body: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed or was not sent, and further consequences, e.g. that the webhook was disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took, in milliseconds of real time, without the time it waited for other deliveries.
    pub duration_ms: f64,
    /// The delivery that this one repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redelivery_of: Option<u64>,
    /// Whether it was a test, like the console's Test button, and not an event.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// Warnings about the event's values, e.g. a name that no webhook uses.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub warnings: Arc<[String]>,
    /// The event's values, where nothing was sent: it can be sent with them later.
    #[serde(skip)]
    pub(crate) values: Option<Arc<EventValues>>,
}

impl Delivery {
    /// Says one thing more about how it ended.
    pub(crate) fn add_reason(&mut self, reason: String) {
        self.reason = Some(match self.reason.take() {
            Some(earlier) => format!("{earlier}; {reason}"),
            None => reason,
        });
    }

    /// Whether URL, body, response, reason or webhook name contains this text.
    fn contains(&self, text: &str, name_of: &impl Fn(i32) -> Option<String>) -> bool {
        let request = self.request.as_ref();
        let texts = [
            request.map(|request| request.url.as_str()),
            request.and_then(|request| request.body.as_deref()),
            self.response_body.as_deref(),
            self.reason.as_deref(),
        ];
        let name = self.webhook_id.and_then(name_of);
        texts.into_iter().flatten().chain(name.as_deref()).any(|found| contains(found, text))
    }

    /// What it takes of the log's memory, nearly.
    fn bytes(&self) -> usize {
        let request = self.request.as_ref().map_or(0, |request| {
            let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
            request.url.len() + headers + request.body.as_ref().map_or(0, String::len)
        });
        let texts: usize = [&self.response_body, &self.reason].into_iter().flatten().map(String::len).sum();
        let headers: usize = self.response_headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let warnings: usize = self.warnings.iter().map(String::len).sum();
        let values = self.values.as_ref().map_or(0, |values| values.bytes());
        size_of::<Self>() + request + texts + headers + warnings + values
    }
}

/// A mail that the platform would have sent to a failure receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FailureNotification {
    /// User ID of the receiver.
    pub user_id: i64,
    /// The webhook that was disabled.
    pub webhook_id: i32,
    /// When, in milliseconds since 1970 (UTC) on the emulator's clock.
    pub at: Millis,
}

/// Selects deliveries. Absent settings do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryFilter {
    /// Deliveries of this webhook.
    pub webhook_id: Option<i32>,
    /// Deliveries with this outcome.
    pub outcome: Option<Outcome>,
    /// Deliveries of this trigger.
    pub trigger: Option<Trigger>,
    /// Deliveries whose target answered with this status.
    pub status_code: Option<u16>,
    /// Deliveries whose URL, body, response, reason or webhook name contains this text. Ignores case in ASCII.
    pub search: Option<String>,
    /// Deliveries with a number greater than this one.
    pub after: Option<u64>,
    /// Deliveries with a number less than this one.
    pub before: Option<u64>,
    /// The maximum count: the first ones with [`Self::after`] and without [`Self::before`], otherwise the last ones.
    pub limit: Option<usize>,
}

impl DeliveryFilter {
    /// Any delivery.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Deliveries of this webhook.
    #[must_use]
    pub fn webhook_id(mut self, webhook_id: i32) -> Self {
        self.webhook_id = Some(webhook_id);
        self
    }

    /// Deliveries with this outcome.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Deliveries of this trigger.
    #[must_use]
    pub fn trigger(mut self, trigger: impl Into<Trigger>) -> Self {
        self.trigger = Some(trigger.into());
        self
    }

    /// Deliveries whose target answered with this status.
    #[must_use]
    pub fn status_code(mut self, status_code: u16) -> Self {
        self.status_code = Some(status_code);
        self
    }

    /// Deliveries whose URL, body, response, reason or webhook name contains this text.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }

    /// Deliveries with a number greater than this one.
    #[must_use]
    pub fn after(mut self, delivery_id: u64) -> Self {
        self.after = Some(delivery_id);
        self
    }

    /// Deliveries with a number less than this one.
    #[must_use]
    pub fn before(mut self, delivery_id: u64) -> Self {
        self.before = Some(delivery_id);
        self
    }

    /// The maximum count.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    fn matches(&self, delivery: &Delivery, name_of: &impl Fn(i32) -> Option<String>) -> bool {
        self.webhook_id.is_none_or(|id| delivery.webhook_id == Some(id))
            && self.outcome.is_none_or(|outcome| delivery.outcome == outcome)
            && self.trigger.as_ref().is_none_or(|trigger| delivery.trigger.as_ref() == Some(trigger))
            && self.status_code.is_none_or(|status| delivery.status_code == Some(status))
            && self.search.as_ref().is_none_or(|text| delivery.contains(text, name_of))
    }

    /// The settings that the delivery does not match, each in words: "its outcome is failed, not ok".
    pub(crate) fn differences(&self, delivery: &Delivery, name_of: &impl Fn(i32) -> Option<String>) -> Vec<String> {
        let differs = |what: &str, wanted: Option<String>, actual: Option<String>| {
            let wanted = wanted.filter(|wanted| actual.as_ref() != Some(wanted))?;
            Some(match actual {
                Some(actual) => format!("its {what} is {actual}, not {wanted}"),
                None => format!("it has no {what} instead of {wanted}"),
            })
        };
        let number = |id: Option<i32>| id.map(|id| id.to_string());
        let status = |status: Option<u16>| status.map(|status| status.to_string());
        let outcome = |outcome: Outcome| Some(outcome.as_str().to_owned());
        let trigger = |trigger: &Option<Trigger>| trigger.as_ref().map(|trigger| trigger.as_str().to_owned());
        let search = self.search.as_ref().filter(|text| !delivery.contains(text, name_of));
        let differences = [
            differs("webhook", number(self.webhook_id), number(delivery.webhook_id)),
            differs("trigger", trigger(&self.trigger), trigger(&delivery.trigger)),
            differs("outcome", self.outcome.and_then(outcome), outcome(delivery.outcome)),
            differs("status", status(self.status_code), status(delivery.status_code)),
            search.map(|text| format!("'{text}' is not in it")),
        ];
        differences.into_iter().flatten().collect()
    }
}

/// Whether a text holds another; letters of ASCII are the same in upper and lower case.
pub(crate) fn contains(text: &str, sought: &str) -> bool {
    let sought = sought.as_bytes();
    sought.is_empty() || text.as_bytes().windows(sought.len()).any(|part| part.eq_ignore_ascii_case(sought))
}

/// A part of the log.
#[derive(Debug)]
pub(crate) struct Page {
    /// Oldest first.
    pub(crate) deliveries: Vec<Arc<Delivery>>,
    /// How many match on all pages, regardless of `after`, `before` and `limit`.
    pub(crate) total: usize,
}

#[derive(Debug, Default)]
pub(crate) struct DeliveryLog {
    /// Their numbers follow each other without a gap.
    deliveries: VecDeque<Arc<Delivery>>,
    /// Of all that are kept.
    bytes: usize,
    last_id: u64,
    notifications: VecDeque<FailureNotification>,
    /// Of all times.
    notification_count: u64,
}

impl DeliveryLog {
    /// Adds a delivery and gives it its number.
    pub(crate) fn add(&mut self, mut delivery: Delivery) -> Arc<Delivery> {
        self.last_id += 1;
        delivery.id = self.last_id;
        self.bytes += delivery.bytes();
        while self.deliveries.len() >= MAX_DELIVERIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.deliveries.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
        let delivery = Arc::new(delivery);
        self.deliveries.push_back(Arc::clone(&delivery));
        delivery
    }

    /// Adds notifications; the oldest are dropped if there are too many.
    pub(crate) fn add_notifications(&mut self, notifications: impl Iterator<Item = FailureNotification>) {
        for notification in notifications {
            self.notifications.push_back(notification);
            self.notification_count += 1;
        }
        self.notifications.drain(..self.notifications.len().saturating_sub(MAX_NOTIFICATIONS));
    }

    /// Failure notifications, oldest first.
    pub(crate) fn notifications(&self) -> &VecDeque<FailureNotification> {
        &self.notifications
    }

    /// How many notifications there were, those that are forgotten too.
    pub(crate) fn notification_count(&self) -> u64 {
        self.notification_count
    }

    /// The deliveries that match.
    pub(crate) fn find(&self, filter: &DeliveryFilter, name_of: &impl Fn(i32) -> Option<String>) -> Page {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let matching = || self.deliveries.iter().filter(|delivery| filter.matches(delivery, name_of));
        let on_page = |delivery: &&Arc<Delivery>| {
            filter.after.is_none_or(|after| delivery.id > after)
                && filter.before.is_none_or(|before| delivery.id < before)
        };
        let mut total = 0;
        let mut deliveries = VecDeque::new();
        // Who reads on after a number misses none; others want to see the end.
        let from_the_first = filter.after.is_some() && filter.before.is_none();
        for delivery in matching() {
            total += 1;
            if !on_page(&delivery) || (from_the_first && deliveries.len() >= limit) {
                continue;
            }
            deliveries.push_back(Arc::clone(delivery));
            if deliveries.len() > limit {
                deliveries.pop_front();
            }
        }
        Page { deliveries: deliveries.into(), total }
    }

    /// The first delivery that matches.
    pub(crate) fn first(
        &self,
        filter: &DeliveryFilter,
        name_of: &impl Fn(i32) -> Option<String>,
    ) -> Option<Arc<Delivery>> {
        let place = filter.after.and_then(|after| self.place_of(after)).map_or(0, |place| place + 1);
        let mut later = self.deliveries.range(place.min(self.deliveries.len())..);
        later
            .find(|delivery| filter.after.is_none_or(|after| delivery.id > after) && filter.matches(delivery, name_of))
            .cloned()
    }

    /// The number of the last delivery; 0 if there was none.
    pub(crate) fn last_id(&self) -> u64 {
        self.last_id
    }

    pub(crate) fn get(&self, id: u64) -> Option<Arc<Delivery>> {
        self.deliveries.get(self.place_of(id)?).cloned()
    }

    fn place_of(&self, id: u64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.deliveries.front()?.id)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(bytes: usize) -> Delivery {
        Delivery {
            id: 0,
            webhook_id: None,
            trigger: None,
            at: 0,
            request: None,
            status_code: None,
            response_headers: Vec::new(),
            response_body: Some("x".repeat(bytes)),
            outcome: Outcome::Ok,
            reason: None,
            duration_ms: 0.0,
            redelivery_of: None,
            test: false,
            warnings: Arc::default(),
            values: None,
        }
    }

    fn ids(log: &DeliveryLog) -> Vec<u64> {
        log.deliveries.iter().map(|delivery| delivery.id).collect()
    }

    #[test]
    fn the_oldest_deliveries_make_room_for_large_ones() {
        let mut log = DeliveryLog::default();
        for _ in 0..4 {
            log.add(delivery(MAX_BYTES / 3));
        }
        assert_eq!(ids(&log), [3, 4]);
        log.add(delivery(MAX_BYTES + 1));
        assert_eq!(ids(&log), [5]);
        log.add(delivery(0));
        assert_eq!(ids(&log), [6]);
        assert_eq!(log.bytes, log.deliveries[0].bytes());
    }

    #[test]
    fn deliveries_and_notifications_are_forgotten_in_time() {
        let mut log = DeliveryLog::default();
        for user_id in 0..=20_000 {
            log.add(delivery(0));
            log.add_notifications(std::iter::once(FailureNotification { user_id, webhook_id: 1, at: 0 }));
        }
        assert_eq!((log.deliveries.len(), log.deliveries[0].id), (20_000, 2));
        assert_eq!((log.notifications.len(), log.notifications[0].user_id), (20_000, 1));
    }
}
