//! Events: which webhooks they run, and what the runs change.

use std::sync::Arc;

use blynk_webhooks::{Code, Trigger, Violation, WebhookSpec, field, nearest};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::{AppState, EmulatorError, LiveState};
use crate::clock::Millis;
use crate::delivery::error::SendError;
use crate::delivery::log::{Delivery, FailureNotification, Outcome, SentRequest};
use crate::delivery::sender::{Conditions, SendResult, Source};
use crate::delivery::values::EventValues;
use crate::storage::record::Record;
use crate::storage::webhooks::{Consequence, RunResult};

/// The result of an event: its deliveries, and for each webhook of the organization whether it ran, and why not.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EventReport {
    /// The deliveries, in the order of their webhooks.
    pub deliveries: Vec<Arc<Delivery>>,
    /// Every webhook of the organization, oldest first.
    pub webhooks: Vec<WebhookMatch>,
    /// Warnings about the event's values, e.g. a name that no webhook uses.
    pub warnings: Vec<String>,
}

/// Whether an event runs a webhook, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WebhookMatch {
    /// The webhook.
    pub webhook_id: i32,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the event runs it.
    pub runs: bool,
    /// Why it does not run, or why it sends nothing although it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An event in an organization.
#[derive(Debug)]
pub(crate) struct Event {
    /// The organization; by default the first.
    pub(crate) org_id: Option<i32>,
    pub(crate) trigger: Trigger,
    pub(crate) values: Map<String, Value>,
}

/// A webhook that is about to run.
#[derive(Debug)]
struct Run {
    webhook_id: Option<i32>,
    trigger: Option<Trigger>,
    spec: WebhookSpec,
    values: Arc<EventValues>,
    warnings: Arc<[String]>,
    at: Millis,
    redelivery_of: Option<u64>,
    /// Whether it is a test, as the console's button makes it.
    test: bool,
    /// The generation of the state in which it began.
    generation: u64,
    /// Set if the run is refused before it begins.
    refused: Option<String>,
}

impl AppState {
    /// Runs every enabled webhook of the organization that this event matches; ends when all have run. Where it is `explained`,
    /// the report has every webhook of the organization, else none.
    ///
    /// # Errors
    /// If there is no such trigger or organization, the values are too large, or the emulator is stopped.
    pub(crate) async fn trigger(self: &Arc<Self>, event: Event, explained: bool) -> Result<EventReport, EmulatorError> {
        let Event { org_id, trigger, values } = event;
        check_trigger(&trigger)?;
        let values = Arc::new(EventValues::new(values, self.live().clock.now())?);
        let app = Arc::clone(self);
        self.on_server(async move {
            let (runs, webhooks, warnings) = {
                let mut live = app.live();
                let org_id = live.organization_or_first(org_id)?;
                let webhooks = if explained { live.explain(org_id, &trigger, &values) } else { Vec::new() };
                let used = || live.store.of_trigger(org_id, &trigger).map(Record::names_used);
                let warnings: Arc<[String]> = values.warnings(used).into();
                let ids = live
                    .store
                    .records(org_id)
                    .filter(|(_, record)| record.mismatch(&trigger, values.as_map()).is_none());
                let ids: Vec<i32> = ids.map(|(id, _)| id).collect();
                let run = |id| live.run_of(id, Some(trigger.clone()), Arc::clone(&values), Arc::clone(&warnings));
                (ids.into_iter().filter_map(run).collect(), webhooks, warnings)
            };
            for warning in &*warnings {
                // Under the library's name, which is what bindings forward.
                tracing::warn!(target: "blynk_webhooks::emulator", trigger = trigger.as_str(), "{warning}");
            }
            let deliveries = app.deliver_all(runs).await;
            Ok(EventReport { deliveries, webhooks, warnings: warnings.to_vec() })
        })
        .await?
    }

    /// Whether an event would run each webhook of the organization, and why not; nothing is sent.
    ///
    /// # Errors
    /// The same as [`Self::trigger`].
    pub(crate) fn explain(&self, event: Event) -> Result<Vec<WebhookMatch>, EmulatorError> {
        check_trigger(&event.trigger)?;
        let live = self.live();
        let values = EventValues::new(event.values, live.clock.now())?;
        let org_id = live.organization_or_first(event.org_id)?;
        Ok(live.explain(org_id, &event.trigger, &values))
    }

    async fn deliver_all(self: &Arc<Self>, runs: Vec<Run>) -> Vec<Arc<Delivery>> {
        let mut running = JoinSet::new();
        for (place, run) in runs.into_iter().enumerate() {
            let app = Arc::clone(self);
            running.spawn(async move { (place, app.deliver(run, None).await) });
        }
        let mut deliveries = Vec::with_capacity(running.len());
        while let Some(ended) = running.join_next().await {
            deliveries.extend(ended.ok());
        }
        deliveries.sort_by_key(|(place, _)| *place);
        deliveries.into_iter().map(|(_, delivery)| delivery).collect()
    }

    /// Runs the webhook of an earlier delivery once more, with the same request.
    ///
    /// # Errors
    /// If the log holds no such delivery of a webhook, the webhook is gone, or the emulator is stopped.
    pub(crate) async fn redeliver(self: &Arc<Self>, delivery_id: u64) -> Result<Arc<Delivery>, EmulatorError> {
        let app = Arc::clone(self);
        self.on_server(async move {
            let run = app.live().run_again(delivery_id);
            let (run, request) = run.ok_or(EmulatorError::NoDelivery(delivery_id))?;
            Ok(app.deliver(run, request).await)
        })
        .await?
    }

    /// Runs a spec once, as the console's button does: no webhook is needed and no counter moves.
    ///
    /// # Errors
    /// If the spec breaks the contract, the values are too large, or the emulator is stopped.
    pub(crate) async fn test(
        self: &Arc<Self>,
        spec: WebhookSpec,
        values: Map<String, Value>,
    ) -> Result<Arc<Delivery>, EmulatorError> {
        let violations = spec.validate();
        if violations.iter().any(Violation::is_error) {
            return Err(violations.into());
        }
        let values = EventValues::new(values, self.live().clock.now())?;
        let app = Arc::clone(self);
        self.on_server(async move {
            let run = app.live().test_run(None, spec, values);
            Ok(app.deliver(run, None).await)
        })
        .await?
    }

    /// Runs a webhook once, as the console's button does, regardless of its status and its limit of runs.
    ///
    /// # Errors
    /// If there is no such webhook, the values are too large, or the emulator is stopped.
    pub(crate) async fn test_webhook(
        self: &Arc<Self>,
        id: i32,
        values: Map<String, Value>,
    ) -> Result<Arc<Delivery>, EmulatorError> {
        let values = EventValues::new(values, self.live().clock.now())?;
        let app = Arc::clone(self);
        self.on_server(async move {
            let run = {
                let live = app.live();
                let spec = live.store.record(id).ok_or_else(|| EmulatorError::no_webhook(id))?.spec.clone();
                live.test_run(Some(id), spec, values)
            };
            Ok(app.deliver(run, None).await)
        })
        .await?
    }

    /// Sends, counts and logs a run; `again` is the request of an earlier delivery that is to be sent once more.
    async fn deliver(self: &Arc<Self>, run: Run, again: Option<SentRequest>) -> Arc<Delivery> {
        let sent = match &run.refused {
            Some(reason) => SendResult::not_sent(reason.clone()),
            None => {
                let now = || self.live().clock.now();
                let conditions = {
                    let mut live = self.live();
                    Conditions {
                        timeout: live.limits.delivery_timeout(),
                        max_response_bytes: live.limits.response_bytes,
                        tokens: Arc::clone(&live.target_tokens),
                        fault: live.delivery_faults.take(|scope| scope.includes(run.webhook_id)),
                        now: &now,
                    }
                };
                let source = match again {
                    Some(request) => Source::Again(request),
                    None => Source::Values(run.values.for_spec(&run.spec)),
                };
                self.sender.send(&run.spec, source, &conditions).await
            }
        };
        let (outcome, reason) = match sent.error {
            None => (Outcome::Ok, None),
            Some(SendError::Failed(reason)) => (Outcome::Failed, Some(reason)),
            Some(SendError::NotSent(reason)) => (Outcome::NotSent, Some(reason)),
        };
        let values = sent.request.is_none().then_some(run.values);
        let (status_code, response_headers, body) = match sent.response {
            Some(response) => (Some(response.status_code), response.headers, response.body),
            None => (None, Vec::new(), None),
        };
        let delivery = Delivery {
            id: 0,
            webhook_id: run.webhook_id,
            trigger: run.trigger,
            at: run.at,
            request: sent.request,
            status_code,
            response_headers,
            response_body: body.map(|body| String::from_utf8_lossy(&body).into_owned()),
            outcome,
            reason,
            duration_ms: sent.duration.as_secs_f64() * 1_000.0,
            redelivery_of: run.redelivery_of,
            test: run.test,
            warnings: run.warnings,
            values,
        };
        let delivery = self.live().record_delivery(delivery, run.generation);
        self.delivered.notify_waiters();
        delivery
    }
}

impl LiveState {
    fn organization_or_first(&self, org_id: Option<i32>) -> Result<i32, EmulatorError> {
        let org_id = org_id.unwrap_or_else(|| self.first_organization());
        if self.has_organization(org_id) { Ok(org_id) } else { Err(EmulatorError::no_organization(org_id)) }
    }

    /// Whether an event runs each webhook of an organization, and why not.
    fn explain(&self, org_id: i32, trigger: &Trigger, values: &EventValues) -> Vec<WebhookMatch> {
        let now = self.clock.now();
        let limit = self.limits.runs_per_minute;
        let explained = self.store.records(org_id).map(|(id, record)| {
            let mismatch = record.mismatch(trigger, values.as_map());
            let runs = mismatch.is_none();
            let reason = mismatch.map(|mismatch| mismatch.to_string());
            let reason = reason.or_else(|| record.is_at_limit(now, limit).then(|| at_limit(limit)));
            WebhookMatch { webhook_id: id, name: record.spec.name.clone(), runs, reason }
        });
        explained.collect()
    }

    /// The run of a webhook, counted against its limit.
    fn run_of(
        &mut self,
        id: i32,
        trigger: Option<Trigger>,
        values: Arc<EventValues>,
        warnings: Arc<[String]>,
    ) -> Option<Run> {
        let (at, limit) = (self.clock.now(), self.limits.runs_per_minute);
        let spec = self.store.record(id)?.spec.clone();
        let refused = (!self.store.begin_run(id, at, limit)).then(|| at_limit(limit));
        let generation = self.generation;
        Some(Run {
            webhook_id: Some(id),
            trigger,
            spec,
            values,
            warnings,
            at,
            redelivery_of: None,
            test: false,
            generation,
            refused,
        })
    }

    /// The run that repeats an earlier delivery, and the request that was sent then. Where none was sent, the event's values make
    /// one of the webhook as it is now.
    fn run_again(&mut self, delivery_id: u64) -> Option<(Run, Option<SentRequest>)> {
        let earlier = self.log.get(delivery_id)?;
        let values = earlier.values.clone().unwrap_or_default();
        let warnings = Arc::clone(&earlier.warnings);
        let mut run = self.run_of(earlier.webhook_id?, earlier.trigger.clone(), values, warnings)?;
        run.redelivery_of = Some(delivery_id);
        Some((run, earlier.request.clone()))
    }

    /// A test of a webhook, or of a spec that is not stored.
    fn test_run(&self, webhook_id: Option<i32>, spec: WebhookSpec, values: EventValues) -> Run {
        let used = spec.placeholders();
        let warnings = values.warnings(|| std::iter::once(used.as_slice()));
        Run {
            webhook_id,
            trigger: spec.trigger.clone(),
            spec,
            values: Arc::new(values),
            warnings: warnings.into(),
            at: self.clock.now(),
            redelivery_of: None,
            test: true,
            generation: self.generation,
            refused: None,
        }
    }

    /// Counts and logs what a run brought, unless it began before a reset.
    fn record_delivery(&mut self, mut delivery: Delivery, generation: u64) -> Arc<Delivery> {
        if generation != self.generation {
            delivery.add_reason("not counted: the emulator was reset meanwhile".into());
            return Arc::new(delivery);
        }
        if let Some(id) = delivery.webhook_id.filter(|_| delivery.outcome != Outcome::NotSent) {
            let result = match (delivery.outcome, delivery.test) {
                (_, true) => RunResult::Tested,
                (Outcome::Ok, false) => RunResult::Succeeded,
                (_, false) => RunResult::Failed,
            };
            match self.store.end_run(id, result, delivery.at) {
                Ok(Consequence::None) => {}
                Ok(Consequence::Disabled { failures, receivers }) => {
                    let times =
                        if failures == 1 { "1 failure".into() } else { format!("{failures} failures in a row") };
                    delivery.add_reason(format!("the webhook is disabled after {times}"));
                    let at = self.clock.now();
                    let notifications =
                        receivers.into_iter().map(|user_id| FailureNotification { user_id, webhook_id: id, at });
                    self.log.add_notifications(notifications);
                }
                // It was sent all the same, so the log has it and says that it was not counted.
                Err(problem) => delivery.add_reason(format!("not counted: {problem}")),
            }
        }
        self.log.add(delivery)
    }
}

fn at_limit(runs_per_minute: u32) -> String {
    format!(
        "the webhook has run {runs_per_minute} times within a minute, which is its limit (limits.runsPerMinute in the state)"
    )
}

/// Says what is wrong with a trigger that the platform does not have: a misspelt one would run nothing and say nothing.
fn check_trigger(trigger: &Trigger) -> Result<(), Violation> {
    if trigger.is_known() {
        return Ok(());
    }
    let name = trigger.as_str();
    let meant = nearest(name, Trigger::NAMES.iter().copied()).map(|meant| format!("; did you mean {meant}?"));
    let message = format!("'{name}' is not one of {}{}", Trigger::NAMES.join(", "), meant.unwrap_or_default());
    Err(Violation::error(field::TRIGGER, Code::UnknownValue, message))
}
