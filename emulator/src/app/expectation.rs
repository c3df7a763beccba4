//! Expectations: deliveries that must match in time, and the message if they do not.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::{AppState, EmulatorError, LiveState};
use crate::delivery::log::{Delivery, DeliveryFilter, Outcome};

/// Deliveries and webhooks that a message names.
const MAX_NAMED: usize = 5;

/// Deliveries that are expected.
#[derive(Clone, Debug)]
pub(crate) struct Expectation {
    pub(crate) filter: DeliveryFilter,
    /// At least so many; 0: none within the time.
    pub(crate) count: usize,
    pub(crate) timeout: Duration,
}

impl AppState {
    /// The deliveries that were expected, as soon as there are enough.
    ///
    /// # Errors
    /// If too few match in time, with the closest deliveries and how they differ; or if the emulator is stopped.
    pub(crate) async fn expect(
        self: &Arc<Self>,
        expectation: Expectation,
    ) -> Result<Vec<Arc<Delivery>>, EmulatorError> {
        let app = Arc::clone(self);
        self.on_server(async move {
            // Where none is expected, the first one ends the wait.
            let enough = expectation.count.max(1);
            let wait = app.deliveries_when(|live| {
                let found = live.find_deliveries(&expectation.filter).deliveries;
                (found.len() >= enough).then_some(found)
            });
            let came = tokio::time::timeout(expectation.timeout, wait).await.ok();
            match (came, expectation.count) {
                (None, 0) => Ok(Vec::new()),
                (Some(found), count) if count > 0 => Ok(found),
                _ => Err(EmulatorError::NotExpected(app.live().explain_deliveries(&expectation))),
            }
        })
        .await?
    }

    /// What a look at the state finds, as soon as it finds something; it looks again after each delivery.
    pub(super) async fn deliveries_when<T>(&self, look: impl Fn(&LiveState) -> Option<T>) -> T {
        let mut delivered = std::pin::pin!(self.delivered.notified());
        loop {
            // Listening begins before the look, so that nothing is missed in between.
            delivered.as_mut().enable();
            if let Some(found) = look(&self.live()) {
                return found;
            }
            delivered.as_mut().await;
            delivered.set(self.delivered.notified());
        }
    }
}

impl LiveState {
    /// What matched in place of what was expected, and what may be the cause.
    fn explain_deliveries(&self, expectation: &Expectation) -> String {
        let Expectation { filter, count, timeout } = expectation;
        let found = self.find_deliveries(filter).deliveries;
        let wanted = match count {
            0 => "no delivery".to_owned(),
            1 => "1 delivery".to_owned(),
            count => format!("{count} deliveries"),
        };
        let matched = match found.len() {
            0 => "none".to_owned(),
            count => count.to_string(),
        };
        let mut text = format!("expected {wanted}{} within {timeout:?}, but {matched} matched", conditions(filter));
        if *count == 0 {
            self.name_deliveries(&mut text, ": ", found.iter().map(|delivery| (&**delivery, Vec::new())).collect());
            return text;
        }
        let all = DeliveryFilter { after: filter.after, ..DeliveryFilter::default() };
        let all = self.find_deliveries(&all).deliveries;
        let mut others: Vec<(&Delivery, Vec<String>)> = all
            .iter()
            .map(|delivery| (&**delivery, filter.differences(delivery, &|id| self.store.name(id))))
            .filter(|(_, differences)| !differences.is_empty())
            .collect();
        if others.is_empty() {
            text += if all.is_empty() { "; there was no delivery" } else { "; there was no other delivery" };
            self.name_webhooks(&mut text);
        } else {
            // Of those that are equally close, the latest first.
            others.reverse();
            others.sort_by_key(|(_, differences)| differences.len());
            self.name_deliveries(&mut text, ". The closest: ", others);
        }
        text
    }

    /// Names the first ones of these deliveries, how each ended and how it differs.
    fn name_deliveries(&self, text: &mut String, before: &str, deliveries: Vec<(&Delivery, Vec<String>)>) {
        *text += before;
        let shown = deliveries.iter().take(MAX_NAMED).map(|(delivery, differences)| {
            let webhook = match delivery.webhook_id {
                Some(id) => format!("webhook {id}{}", quoted(self.store.name(id))),
                None => "a spec that was tested".into(),
            };
            let end = match (delivery.outcome, delivery.status_code, &delivery.reason) {
                (Outcome::Ok, Some(status), _) => format!("ok ({status})"),
                (Outcome::Ok, None, _) => "ok".into(),
                (outcome, _, Some(reason)) => format!("{} ({reason})", outcome.as_str().replace('_', " ")),
                (outcome, _, None) => outcome.as_str().replace('_', " "),
            };
            let differences = differences.iter().map(|difference| format!(", {difference}")).collect::<String>();
            format!("delivery {} of {webhook}: {end}{differences}", delivery.id)
        });
        *text += &shown.collect::<Vec<_>>().join("; ");
        if deliveries.len() > MAX_NAMED {
            // Writing to a string cannot fail.
            let _ = write!(text, "; and {} more", deliveries.len() - MAX_NAMED);
        }
    }

    /// Names the first webhooks, with what decides whether an event runs them.
    fn name_webhooks(&self, text: &mut String) {
        let all: Vec<_> = self.store.all().collect();
        if all.is_empty() {
            *text += ", and there is no webhook";
            return;
        }
        let shown = all.iter().take(MAX_NAMED).map(|(id, record)| {
            let word = |word: Option<&str>| word.unwrap_or("none").to_owned();
            let trigger = word(record.spec.trigger.as_ref().map(blynk_webhooks::Trigger::as_str));
            let status = word(record.spec.status.as_ref().map(blynk_webhooks::Status::as_str));
            format!("{id}{} runs on {trigger} and is {status}", quoted(record.spec.name.clone()))
        });
        let _ = write!(text, ". Webhooks: {}", shown.collect::<Vec<_>>().join("; "));
        if all.len() > MAX_NAMED {
            let _ = write!(text, "; and {} more", all.len() - MAX_NAMED);
        }
    }
}

fn quoted(name: Option<String>) -> String {
    name.map(|name| format!(" '{name}'")).unwrap_or_default()
}

/// The settings of a filter in words.
fn conditions(filter: &DeliveryFilter) -> String {
    let DeliveryFilter { webhook_id, outcome, trigger, status_code, search, after, before: _, limit: _ } = filter;
    let mut words = Vec::new();
    words.extend(webhook_id.map(|id| format!("webhook {id}")));
    words.extend(outcome.map(|outcome| format!("outcome {}", outcome.as_str())));
    words.extend(trigger.as_ref().map(|trigger| format!("trigger {trigger}")));
    words.extend(status_code.map(|status| format!("status {status}")));
    words.extend(search.as_ref().map(|text| format!("with '{text}'")));
    words.extend(after.map(|id| format!("after delivery {id}")));
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}
