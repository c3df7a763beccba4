//! Events: which webhooks they run, and what the runs change.

use std::sync::Arc;
use std::time::Instant;

use blynk_webhooks::{Code, Trigger, Violation, WebhookSpec, field, nearest, sample_value};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::{AppState, EmulatorError, LiveState};
use crate::clock::{Millis, iso8601};
use crate::delivery::log::{Delivery, FailureNotification, Outcome, SentRequest};
use crate::delivery::sender::{SendError, SendResult};
use crate::storage::webhooks::{Consequence, RunResult};

/// A webhook that is about to run.
#[derive(Debug)]
struct Run {
    webhook_id: Option<i32>,
    trigger: Option<Trigger>,
    spec: WebhookSpec,
    values: Map<String, Value>,
    at: Millis,
    redelivery_of: Option<u64>,
    /// Whether it is a test, as the console's button makes it.
    test: bool,
    /// The generation of the state in which it began.
    generation: u64,
    /// Set where the run is refused before it begins.
    refused: Option<String>,
}

impl AppState {
    /// Runs every enabled webhook of the organization that this event matches; ends when all have run.
    ///
    /// # Errors
    /// Where there is no such trigger or organization, or the emulator is stopped.
    pub(crate) async fn trigger(
        self: &Arc<Self>,
        org_id: Option<i32>,
        trigger: Trigger,
        values: Map<String, Value>,
    ) -> Result<Vec<Arc<Delivery>>, EmulatorError> {
        check_trigger(&trigger)?;
        let app = Arc::clone(self);
        self.on_server(async move {
            let runs: Vec<Run> = {
                let mut live = app.live();
                let org_id = org_id.unwrap_or_else(|| live.first_organization());
                if !live.has_organization(org_id) {
                    return Err(EmulatorError::no_organization(org_id));
                }
                let ids = live.store.matching(org_id, &trigger, &values);
                ids.into_iter().filter_map(|id| live.run_of(id, Some(trigger.clone()), values.clone())).collect()
            };
            let mut running = JoinSet::new();
            let count = runs.len();
            for (place, run) in runs.into_iter().enumerate() {
                let app = Arc::clone(&app);
                running.spawn(async move { (place, app.deliver(run, None).await) });
            }
            let mut deliveries = Vec::with_capacity(count);
            while let Some(ended) = running.join_next().await {
                deliveries.extend(ended.ok());
            }
            deliveries.sort_by_key(|(place, _)| *place);
            Ok(deliveries.into_iter().map(|(_, delivery)| delivery).collect())
        })
        .await?
    }

    /// Runs the webhook of an earlier delivery once more, with the same request.
    ///
    /// # Errors
    /// Where the log holds no such delivery of a webhook, the webhook is gone, or the emulator is stopped.
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
    /// Where the spec breaks the contract, or the emulator is stopped.
    pub(crate) async fn test(
        self: &Arc<Self>,
        spec: WebhookSpec,
        mut values: Map<String, Value>,
    ) -> Result<Arc<Delivery>, EmulatorError> {
        let violations = spec.validate();
        if violations.iter().any(Violation::is_error) {
            return Err(violations.into());
        }
        let app = Arc::clone(self);
        self.on_server(async move {
            let (at, generation) = {
                let live = app.live();
                (live.clock.now(), live.generation)
            };
            complete(&mut values, &spec, at);
            let trigger = spec.trigger.clone();
            let run = Run {
                webhook_id: None,
                trigger,
                spec,
                values,
                at,
                redelivery_of: None,
                test: true,
                generation,
                refused: None,
            };
            Ok(app.deliver(run, None).await)
        })
        .await?
    }

    /// Runs a webhook once, as the console's button does: whatever its status and its limit of runs.
    ///
    /// # Errors
    /// Where there is no such webhook, or the emulator is stopped.
    pub(crate) async fn test_webhook(
        self: &Arc<Self>,
        id: i32,
        mut values: Map<String, Value>,
    ) -> Result<Arc<Delivery>, EmulatorError> {
        let app = Arc::clone(self);
        self.on_server(async move {
            let run = {
                let live = app.live();
                let spec = live.store.record(id).ok_or_else(|| EmulatorError::no_webhook(id))?.spec.clone();
                let at = live.clock.now();
                complete(&mut values, &spec, at);
                Run {
                    webhook_id: Some(id),
                    trigger: spec.trigger.clone(),
                    spec,
                    values,
                    at,
                    redelivery_of: None,
                    test: true,
                    generation: live.generation,
                    refused: None,
                }
            };
            Ok(app.deliver(run, None).await)
        })
        .await?
    }

    /// Sends, counts and notes a run; `again` is the request of an earlier delivery that is to be sent once more.
    async fn deliver(self: &Arc<Self>, run: Run, again: Option<SentRequest>) -> Arc<Delivery> {
        let started = Instant::now();
        let (timeout, max_bytes) = {
            let live = self.live();
            (live.limits.delivery_timeout(), live.limits.response_bytes)
        };
        let sent = match &run.refused {
            Some(reason) => SendResult::not_sent(reason.clone()),
            None => self.sender.send(&run.spec, &run.values, again, timeout, max_bytes).await,
        };
        let (outcome, reason) = match sent.problem {
            None => (Outcome::Ok, None),
            Some(SendError::Failed(reason)) => (Outcome::Failed, Some(reason)),
            Some(SendError::NotSent(reason)) => (Outcome::NotSent, Some(reason)),
        };
        let delivery = Delivery {
            id: 0,
            webhook_id: run.webhook_id,
            trigger: run.trigger,
            at: run.at,
            request: sent.request,
            status_code: sent.status_code,
            response_body: sent.response_body,
            outcome,
            reason,
            duration_ms: started.elapsed().as_secs_f64() * 1_000.0,
            redelivery_of: run.redelivery_of,
            test: run.test,
            values: Value::Object(run.values).to_string().into(),
        };
        let delivery = self.live().end(delivery, run.generation);
        self.delivered.notify_waiters();
        delivery
    }
}

impl LiveState {
    /// The run of a webhook, counted against its limit.
    fn run_of(&mut self, id: i32, trigger: Option<Trigger>, mut values: Map<String, Value>) -> Option<Run> {
        let now = self.clock.now();
        let limit = self.limits.runs_per_minute;
        let spec = self.store.record(id)?.spec.clone();
        let allowed = self.store.begin_run(id, now, limit);
        let refused =
            (!allowed).then(|| format!("the webhook has run {limit} times within a minute, which is its limit"));
        complete(&mut values, &spec, now);
        let generation = self.generation;
        Some(Run {
            webhook_id: Some(id),
            trigger,
            spec,
            values,
            at: now,
            redelivery_of: None,
            test: false,
            generation,
            refused,
        })
    }

    /// The run that repeats an earlier delivery, and the request that was sent then.
    fn run_again(&mut self, delivery_id: u64) -> Option<(Run, Option<SentRequest>)> {
        let earlier = self.log.get(delivery_id)?;
        // For a delivery that sent nothing: these make the request now.
        let values = serde_json::from_str(&earlier.values).unwrap_or_default();
        let mut run = self.run_of(earlier.webhook_id?, earlier.trigger.clone(), values)?;
        run.redelivery_of = Some(delivery_id);
        Some((run, earlier.request.clone()))
    }

    /// Counts and notes what a run brought, unless it began before a reset.
    fn end(&mut self, mut delivery: Delivery, generation: u64) -> Arc<Delivery> {
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

/// Fills in what the event leaves open: the time, a sample for every other placeholder of the platform, and an unknown one's own
/// text, since the platform leaves it as it is (assumed).
fn complete(values: &mut Map<String, Value>, spec: &WebhookSpec, now: Millis) {
    let mut open = spec.placeholders();
    // All are looked at before any is filled in: a sample without index would seem to be the event's array.
    open.retain(|name| {
        let base = name.split('[').next().unwrap_or_default();
        !values.contains_key(name) && !values.contains_key(base)
    });
    for name in open {
        let value = match name.as_str() {
            "timestamp_unix" => Value::from(now / 1_000),
            "timestamp_iso8601" => Value::from(iso8601(now)),
            _ => sample_value(&name).unwrap_or_else(|| format!("{{{name}}}").into()),
        };
        values.insert(name, value);
    }
}
