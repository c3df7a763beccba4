//! The log of deliveries and failure notifications, and its filters.

use std::collections::VecDeque;
use std::sync::Arc;

use blynk_webhooks::Trigger;
use serde::{Deserialize, Serialize, Serializer};

use crate::clock::Millis;

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
    /// The target answered otherwise or not at all.
    Failed,
    /// Nothing was sent; `reason` says why.
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

/// A request as it was sent, but for the value of `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SentRequest {
    /// HTTP method.
    pub method: String,
    /// URL with every placeholder replaced, without user name, password and fragment: no request carries them.
    pub url: String,
    /// Header names and values; an object in JSON.
    #[serde(serialize_with = "as_object")]
    pub headers: Vec<(String, String)>,
    /// Body with every placeholder replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

fn as_object<S: Serializer>(headers: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().map(|(name, value)| (name, value)))
}

/// One run of a webhook. In JSON, what is absent is left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Delivery {
    /// Number of the delivery, from 1, in the order in which they ended; 0 where the emulator was reset before it ended, so that no
    /// log holds it.
    pub id: u64,
    /// The webhook; absent for a spec that was only tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<i32>,
    /// The event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// When it began, milliseconds since 1970 (UTC) on the emulator's clock.
    pub at: Millis,
    /// The request as sent; absent where nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<SentRequest>,
    /// Status code of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// The response, as far as it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_body: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed or was not sent, and what else came of it: it was not counted, or the webhook is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long it took, in milliseconds of the machine.
    pub duration_ms: f64,
    /// The delivery that this one repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redelivery_of: Option<u64>,
    /// The values it ran with, as JSON: what was not sent can be sent with them later.
    #[serde(skip)]
    pub(crate) values: Arc<str>,
}

impl Delivery {
    /// Says one thing more about how it ended.
    pub(crate) fn add_reason(&mut self, reason: String) {
        self.reason = Some(match self.reason.take() {
            Some(earlier) => format!("{earlier}; {reason}"),
            None => reason,
        });
    }

    /// What it takes of the log's memory, nearly.
    fn bytes(&self) -> usize {
        let request = self.request.as_ref().map_or(0, |request| {
            let headers: usize = request.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
            request.url.len() + headers + request.body.as_ref().map_or(0, String::len)
        });
        let texts: usize = [&self.response_body, &self.reason].into_iter().flatten().map(String::len).sum();
        size_of::<Self>() + request + texts + self.values.len()
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
    /// When, milliseconds since 1970 (UTC) on the emulator's clock.
    pub at: Millis,
}

/// Which deliveries are meant; absent settings do not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct DeliveryFilter {
    /// Of this webhook.
    pub webhook_id: Option<i32>,
    /// That ended this way.
    pub outcome: Option<Outcome>,
    /// With an id above this one.
    pub after: Option<u64>,
}

impl DeliveryFilter {
    /// Any delivery.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Of this webhook.
    #[must_use]
    pub fn webhook_id(mut self, webhook_id: i32) -> Self {
        self.webhook_id = Some(webhook_id);
        self
    }

    /// That ended this way.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// With an id above this one.
    #[must_use]
    pub fn after(mut self, delivery_id: u64) -> Self {
        self.after = Some(delivery_id);
        self
    }

    fn matches(&self, delivery: &Delivery) -> bool {
        self.webhook_id.is_none_or(|id| delivery.webhook_id == Some(id))
            && self.outcome.is_none_or(|outcome| delivery.outcome == outcome)
            && self.after.is_none_or(|after| delivery.id > after)
    }
}

#[derive(Debug, Default)]
pub(crate) struct DeliveryLog {
    deliveries: VecDeque<Delivery>,
    /// Of all that are kept.
    bytes: usize,
    last_id: u64,
    pub(crate) notifications: Vec<FailureNotification>,
}

impl DeliveryLog {
    /// Adds a delivery and gives it its number.
    pub(crate) fn add(&mut self, mut delivery: Delivery) -> Delivery {
        self.last_id += 1;
        delivery.id = self.last_id;
        self.bytes += delivery.bytes();
        while self.deliveries.len() >= MAX_DELIVERIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.deliveries.pop_front() else { break };
            self.bytes -= oldest.bytes();
        }
        self.deliveries.push_back(delivery.clone());
        delivery
    }

    /// Adds notifications; the oldest go where there are too many.
    pub(crate) fn add_notifications(&mut self, notifications: impl Iterator<Item = FailureNotification>) {
        self.notifications.extend(notifications);
        self.notifications.drain(..self.notifications.len().saturating_sub(MAX_NOTIFICATIONS));
    }

    /// The deliveries that are meant, oldest first.
    pub(crate) fn find(&self, filter: &DeliveryFilter) -> Vec<Delivery> {
        self.deliveries.iter().filter(|delivery| filter.matches(delivery)).cloned().collect()
    }

    pub(crate) fn first(&self, filter: &DeliveryFilter) -> Option<Delivery> {
        self.deliveries.iter().find(|delivery| filter.matches(delivery)).cloned()
    }

    /// The number of the last delivery; 0 where there was none.
    pub(crate) fn last_id(&self) -> u64 {
        self.last_id
    }

    pub(crate) fn get(&self, id: u64) -> Option<Delivery> {
        self.first(&DeliveryFilter::new().after(id.checked_sub(1)?)).filter(|delivery| delivery.id == id)
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
            response_body: Some("x".repeat(bytes)),
            outcome: Outcome::Ok,
            reason: None,
            duration_ms: 0.0,
            redelivery_of: None,
            values: "{}".into(),
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
