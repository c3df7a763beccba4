//! The control API: over HTTP, what the methods of [`crate::Emulator`] do, for any program and for the page.

pub(crate) mod origin;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State as FromApp};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use blynk_webhooks::{Status, Trigger, Violation, WebhookSpec, env, field};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::app::{AppState, RestoreError};
use crate::clock::{LATEST, Millis};
use crate::delivery::log::{DeliveryFilter, Outcome};
use crate::faults::{Fault, Operation, once};
use crate::http::{ErrorResponse, Query, json_body, json_response};
use crate::integral;
use crate::state::{State, StateError};

/// Paths of the control API.
pub(crate) mod control_path {
    pub(crate) const STATE: &str = "/_emulator/state";
    pub(crate) const ENVIRONMENT: &str = "/_emulator/environment";
    pub(crate) const RESET: &str = "/_emulator/reset";
    pub(crate) const WEBHOOKS: &str = "/_emulator/webhooks";
    pub(crate) const STATUS: &str = "/_emulator/webhooks/{webhookId}/status";
    pub(crate) const TRIGGER: &str = "/_emulator/trigger";
    pub(crate) const TEST: &str = "/_emulator/test";
    pub(crate) const DELIVERIES: &str = "/_emulator/deliveries";
    pub(crate) const WAIT: &str = "/_emulator/deliveries/wait";
    pub(crate) const REDELIVER: &str = "/_emulator/deliveries/{deliveryId}/redeliver";
    pub(crate) const NOTICES: &str = "/_emulator/notices";
    pub(crate) const FAULTS: &str = "/_emulator/faults";
    pub(crate) const CLOCK: &str = "/_emulator/clock";
    pub(crate) const ADVANCE: &str = "/_emulator/clock/advance";
}

/// Names of query parameters.
pub(crate) mod parameter {
    pub(crate) const OUTCOME: &str = "outcome";
    pub(crate) const AFTER: &str = "after";
    pub(crate) const LIMIT: &str = "limit";
    pub(crate) const TIMEOUT_MS: &str = "timeoutMs";
}

/// Longest wait for a delivery in one request, in milliseconds.
pub(crate) const LONGEST_WAIT_MS: u64 = 60_000;
/// Wait for a delivery where the request names none, in milliseconds.
pub(crate) const WAIT_MS: u64 = 5_000;
/// Largest state that can be put.
const MAX_STATE_BYTES: usize = 64 * 1024 * 1024;
/// Header of the log: the number of the last delivery, whatever the filter.
pub(crate) const LAST_DELIVERY: HeaderName = HeaderName::from_static("x-last-delivery");
/// Header of the log: which log it is. Another one once the log was forgotten, where numbers begin anew.
pub(crate) const LOG: HeaderName = HeaderName::from_static("x-log");

pub(crate) fn router() -> Router<Arc<AppState>> {
    Router::new()
        .route(control_path::STATE, get(snapshot).merge(put(restore).layer(DefaultBodyLimit::max(MAX_STATE_BYTES))))
        .route(control_path::ENVIRONMENT, get(shell_settings))
        .route(control_path::RESET, post(reset))
        .route(control_path::WEBHOOKS, get(webhooks))
        .route(control_path::STATUS, put(set_status))
        .route(control_path::TRIGGER, post(trigger))
        .route(control_path::TEST, post(test))
        .route(control_path::DELIVERIES, get(deliveries))
        .route(control_path::WAIT, get(wait))
        .route(control_path::REDELIVER, post(redeliver))
        .route(control_path::NOTICES, get(notices))
        .route(control_path::FAULTS, get(faults).post(add_fault).delete(clear_faults))
        .route(control_path::CLOCK, get(clock).put(set_clock))
        .route(control_path::ADVANCE, post(advance_clock))
}

impl From<RestoreError> for ErrorResponse {
    fn from(error: RestoreError) -> Self {
        let status = match &error {
            RestoreError::State(StateError::Invalid(_)) => StatusCode::BAD_REQUEST,
            RestoreError::State(StateError::Contradiction(_)) => StatusCode::CONFLICT,
            RestoreError::Persist(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}

type HandlerResult = Result<Response, ErrorResponse>;

async fn snapshot(FromApp(app): FromApp<Arc<AppState>>) -> Response {
    json_response(app.live().snapshot().to_json())
}

/// The settings of a client in the form a shell takes: `eval "$(curl -s …)"`.
async fn shell_settings(FromApp(app): FromApp<Arc<AppState>>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let client = app.live().oauth.clients.first().cloned();
    let (id, secret) = client.map(|client| (client.client_id, client.client_secret)).unwrap_or_default();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let settings = [(env::BASE_URL, format!("http://{host}")), (env::CLIENT_ID, id), (env::CLIENT_SECRET, secret)];
    let lines: String = settings.map(|(name, value)| format!("export {name}={}\n", quoted(&value))).concat();
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response()
}

async fn restore(FromApp(app): FromApp<Arc<AppState>>, request: Request) -> HandlerResult {
    let state: State = json_body(request).await?;
    app.live().restore(state)?;
    Ok(snapshot(FromApp(app)).await)
}

async fn reset(FromApp(app): FromApp<Arc<AppState>>) -> HandlerResult {
    app.live().reset()?;
    Ok(snapshot(FromApp(app)).await)
}

/// Webhooks of all organizations, as a state holds them.
async fn webhooks(FromApp(app): FromApp<Arc<AppState>>) -> Response {
    json_response(app.live().store.dump_json())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusInput {
    status: String,
}

/// What the console's switch does.
async fn set_status(FromApp(app): FromApp<Arc<AppState>>, Path(id): Path<String>, request: Request) -> HandlerResult {
    let id: i32 = path_number(field::WEBHOOK_ID, &id)?;
    let input: StatusInput = json_body(request).await?;
    let status = match Status::from(input.status) {
        status @ (Status::Enabled | Status::Disabled) => status,
        other => {
            let settable = [Status::Enabled, Status::Disabled].map(|status| status.to_string()).join(" or ");
            return Err(ErrorResponse::bad_request(format!("{}: must be {settable}, is '{other}'", field::STATUS)));
        }
    };
    let mut live = app.live();
    let now = live.clock.now();
    let changed = live.store.set_status(id, status, now)?;
    changed.map(json_response).ok_or_else(|| ErrorResponse::no_webhook(id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TriggerInput {
    trigger: String,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default, deserialize_with = "integral::optional")]
    org_id: Option<i32>,
}

async fn trigger(FromApp(app): FromApp<Arc<AppState>>, request: Request) -> HandlerResult {
    let TriggerInput { trigger, values, org_id } = json_body(request).await?;
    if let Some(id) = org_id.filter(|id| !app.live().has_organization(*id)) {
        return Err(ErrorResponse::new(StatusCode::NOT_FOUND, format!("there is no organization {id}")));
    }
    run_detached(async move { app.trigger(org_id, Trigger::from(trigger), values).await }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestInput {
    spec: Box<RawValue>,
    #[serde(default)]
    values: Map<String, Value>,
}

async fn test(FromApp(app): FromApp<Arc<AppState>>, request: Request) -> HandlerResult {
    let TestInput { spec, values } = json_body(request).await?;
    let spec = WebhookSpec::from_json(spec.get())?;
    run_detached(async move { app.test(spec, values).await }).await
}

fn filter_of(query: &mut Query) -> Result<DeliveryFilter, ErrorResponse> {
    let mut filter = DeliveryFilter::new();
    filter.webhook_id = query.take(field::WEBHOOK_ID, "an int32")?;
    filter.after = query.take(parameter::AFTER, "the number of a delivery")?;
    if let Some(outcome) = query.take::<String>(parameter::OUTCOME, "")? {
        let known = Outcome::ALL.into_iter().find(|known| known.as_str() == outcome);
        let names = Outcome::ALL.map(Outcome::as_str).join(", ");
        let unknown =
            || ErrorResponse::bad_request(format!("{}: '{outcome}' is not one of {names}", parameter::OUTCOME));
        filter.outcome = Some(known.ok_or_else(unknown)?);
    }
    Ok(filter)
}

async fn deliveries(FromApp(app): FromApp<Arc<AppState>>, uri: Uri) -> HandlerResult {
    let mut query = Query::of(&uri)?;
    let filter = filter_of(&mut query)?;
    let limit: Option<u32> = query.take(parameter::LIMIT, "a number of deliveries")?;
    query.end()?;
    let (mut found, last, log) = {
        let live = app.live();
        (live.log.find(&filter), live.log.last_id(), live.generation)
    };
    if let Some(limit) = limit.map(|limit| limit as usize) {
        // Who reads on after a number misses none; who names none wants to see the end.
        match filter.after {
            Some(_) => found.truncate(limit),
            None => drop(found.drain(..found.len().saturating_sub(limit))),
        }
    }
    Ok(([(LAST_DELIVERY, last.to_string()), (LOG, log.to_string())], json_response(json!(found).to_string()))
        .into_response())
}

async fn wait(FromApp(app): FromApp<Arc<AppState>>, uri: Uri) -> HandlerResult {
    let mut query = Query::of(&uri)?;
    let filter = filter_of(&mut query)?;
    let timeout = query.take(parameter::TIMEOUT_MS, "a number of milliseconds")?.unwrap_or(WAIT_MS);
    query.end()?;
    if timeout > LONGEST_WAIT_MS {
        let message = format!("{}: {timeout} is more than {LONGEST_WAIT_MS}", parameter::TIMEOUT_MS);
        return Err(ErrorResponse::bad_request(message));
    }
    let found = tokio::time::timeout(Duration::from_millis(timeout), app.first_delivery(&filter)).await;
    let none = |_| ErrorResponse::new(StatusCode::NOT_FOUND, format!("no such delivery ended within {timeout} ms"));
    found.map_err(none).map(|delivery| json_response(json!(delivery).to_string()))
}

async fn redeliver(FromApp(app): FromApp<Arc<AppState>>, Path(id): Path<String>) -> HandlerResult {
    let id: u64 = path_number("deliveryId", &id)?;
    let known = app.live().log.get(id).is_some_and(|delivery| delivery.webhook_id.is_some());
    if !known {
        let message = format!("there is no delivery {id} of a webhook");
        return Err(ErrorResponse::new(StatusCode::NOT_FOUND, message));
    }
    let repeated = tokio::spawn(async move { app.redeliver(id).await }).await.unwrap_or_default();
    let gone = || ErrorResponse::new(StatusCode::NOT_FOUND, format!("the webhook of delivery {id} is gone"));
    repeated.map(|delivery| json_response(json!(delivery).to_string())).ok_or_else(gone)
}

async fn notices(FromApp(app): FromApp<Arc<AppState>>) -> Response {
    json_response(json!(app.live().log.notifications).to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultInput {
    operation: Option<Operation>,
    fault: Fault,
    #[serde(default = "once", deserialize_with = "integral::number")]
    times: u32,
}

/// Faults that are still to come.
async fn faults(FromApp(app): FromApp<Arc<AppState>>) -> Response {
    json_response(json!(app.live().faults.scripted()).to_string())
}

async fn add_fault(FromApp(app): FromApp<Arc<AppState>>, request: Request) -> HandlerResult {
    let FaultInput { operation, fault, times } = json_body(request).await?;
    app.live().faults.add(operation, fault, times).map_err(|fault| vec![fault])?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn clear_faults(FromApp(app): FromApp<Arc<AppState>>) -> StatusCode {
    app.live().faults.clear();
    StatusCode::NO_CONTENT
}

async fn clock(FromApp(app): FromApp<Arc<AppState>>) -> Response {
    let live = app.live();
    json_response(json!({"now": live.clock.now(), "standing": live.clock.standing().is_some()}).to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockInput {
    /// None: the machine's time.
    #[serde(deserialize_with = "integral::optional")]
    now: Option<Millis>,
}

async fn set_clock(FromApp(app): FromApp<Arc<AppState>>, request: Request) -> HandlerResult {
    let ClockInput { now } = json_body(request).await?;
    if let Some(now) = now.filter(|now| !(0..=LATEST).contains(now)) {
        return Err(ErrorResponse::bad_request(format!("now: must be from 0 to {LATEST}, is {now}")));
    }
    app.live().clock.set(now);
    Ok(clock(FromApp(app)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AdvanceInput {
    #[serde(deserialize_with = "integral::number")]
    by_ms: u64,
}

async fn advance_clock(FromApp(app): FromApp<Arc<AppState>>, request: Request) -> HandlerResult {
    let AdvanceInput { by_ms } = json_body(request).await?;
    app.live().clock.advance(Duration::from_millis(by_ms));
    Ok(clock(FromApp(app)).await)
}

fn path_number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, ErrorResponse> {
    text.parse().map_err(|_| ErrorResponse::bad_request(format!("{name}: '{text}' is not such a number")))
}

/// Runs what must be counted to its end, even where the one who asked hangs up meanwhile.
async fn run_detached<T: Serialize + Send + 'static>(
    work: impl Future<Output = Result<T, Vec<Violation>>> + Send + 'static,
) -> HandlerResult {
    let ended = tokio::spawn(work).await;
    let stopped = |_| ErrorResponse::new(StatusCode::SERVICE_UNAVAILABLE, "the emulator is being stopped");
    Ok(json_response(json!(ended.map_err(stopped)??).to_string()))
}
