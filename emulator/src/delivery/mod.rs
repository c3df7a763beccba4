//! The running of webhooks: rendered by the core's templates and really sent.

pub(crate) mod log;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use blynk_webhooks::{
    AuthType, Code, RenderedRequest, Trigger, Violation, WebhookSpec, field, is_loopback, nearest, oauth2,
    sample_value, without_credentials,
};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::{Position, Url};

use crate::app::{AppState, LiveState};
use crate::clock::{Millis, iso8601};
use crate::delivery::log::{Delivery, FailureNotification, Outcome, SentRequest};
use crate::storage::webhooks::Consequence;

/// Deliveries under way at once.
const MAX_IN_FLIGHT: usize = 64;
/// Bytes of a token URL's answer that are read.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// Where a webhook keeps its Basic credentials (assumed; the console asks for them, their wire names are not published).
const BASIC_AUTH: &str = "basicAuth";

/// Sends requests of webhooks.
#[derive(Debug)]
pub(crate) struct Sender {
    http: reqwest::Client,
    /// Whether targets beyond loopback may be reached.
    allow_remote: bool,
    in_flight: Semaphore,
    /// Tokens of targets, by token URL and client id, with the time of their end.
    tokens: Mutex<HashMap<(String, String), (String, Instant)>>,
}

/// What one run brought.
#[derive(Debug, Default)]
struct SendResult {
    /// The peer that was contacted last, in the words of a reason.
    peer: String,
    request: Option<SentRequest>,
    status_code: Option<u16>,
    response_body: Option<String>,
    /// Why nothing was sent, or what failed.
    problem: Option<SendError>,
}

#[derive(Debug)]
enum SendError {
    NotSent(String),
    Failed(String),
}

/// A webhook that is about to run.
#[derive(Debug)]
struct Run {
    webhook_id: Option<i32>,
    trigger: Option<Trigger>,
    spec: WebhookSpec,
    values: Map<String, Value>,
    at: Millis,
    redelivery_of: Option<u64>,
    /// The generation of the state in which it began.
    generation: u64,
    /// Set where the run is refused before it begins.
    refused: Option<String>,
}

impl AppState {
    /// Runs every enabled webhook of the organization that this event matches; ends when all have run.
    pub(crate) async fn trigger(
        self: &Arc<Self>,
        org_id: Option<i32>,
        trigger: Trigger,
        values: Map<String, Value>,
    ) -> Result<Vec<Delivery>, Vec<Violation>> {
        check_trigger(&trigger).map_err(|fault| vec![fault])?;
        let runs: Vec<Run> = {
            let mut live = self.live();
            let org_id = org_id.unwrap_or_else(|| live.first_organization());
            let ids = live.store.matching(org_id, &trigger, &values);
            ids.into_iter().filter_map(|id| live.run_of(id, Some(trigger.clone()), values.clone())).collect()
        };
        let mut running = JoinSet::new();
        let count = runs.len();
        for (place, run) in runs.into_iter().enumerate() {
            let app = Arc::clone(self);
            running.spawn(async move { (place, app.deliver(run).await) });
        }
        let mut deliveries: Vec<(usize, Delivery)> = Vec::with_capacity(count);
        while let Some(ended) = running.join_next().await {
            deliveries.extend(ended.ok());
        }
        deliveries.sort_by_key(|(place, _)| *place);
        Ok(deliveries.into_iter().map(|(_, delivery)| delivery).collect())
    }

    /// Runs the webhook of an earlier delivery once more, with the same request; none where there is no such delivery.
    pub(crate) async fn redeliver(self: &Arc<Self>, delivery_id: u64) -> Option<Delivery> {
        let (earlier, run) = {
            let mut live = self.live();
            let earlier = live.log.get(delivery_id)?;
            let id = earlier.webhook_id?;
            // For a delivery that sent nothing: these make the request now.
            let values = serde_json::from_str(&earlier.values).unwrap_or_default();
            let mut run = live.run_of(id, earlier.trigger.clone(), values)?;
            run.redelivery_of = Some(delivery_id);
            (earlier, run)
        };
        let rendered = earlier.request;
        Some(self.finish(run, rendered).await)
    }

    /// Runs a spec once, as the console's button does: no webhook is needed and no counter moves.
    pub(crate) async fn test(
        self: &Arc<Self>,
        spec: WebhookSpec,
        mut values: Map<String, Value>,
    ) -> Result<Delivery, Vec<Violation>> {
        let violations = spec.validate();
        if violations.iter().any(Violation::is_error) {
            return Err(violations);
        }
        let (at, generation) = {
            let live = self.live();
            (live.clock.now(), live.generation)
        };
        complete(&mut values, &spec, at);
        let trigger = spec.trigger.clone();
        let run = Run { webhook_id: None, trigger, spec, values, at, redelivery_of: None, generation, refused: None };
        Ok(self.deliver(run).await)
    }

    async fn deliver(self: &Arc<Self>, run: Run) -> Delivery {
        self.finish(run, None).await
    }

    /// Sends, counts and notes a run; `again` is the request of an earlier delivery that is to be sent once more.
    async fn finish(self: &Arc<Self>, run: Run, again: Option<SentRequest>) -> Delivery {
        let started = Instant::now();
        let (timeout, max_bytes) = {
            let live = self.live();
            (live.limits.delivery_timeout(), live.limits.response_bytes)
        };
        let sent = match &run.refused {
            Some(reason) => SendResult { problem: Some(SendError::NotSent(reason.clone())), ..SendResult::default() },
            None => self.sender.send(&run, again, timeout, max_bytes).await,
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
        Some(Run { webhook_id: Some(id), trigger, spec, values, at: now, redelivery_of: None, generation, refused })
    }

    /// Counts and notes what a run brought, unless it began before a reset.
    fn end(&mut self, mut delivery: Delivery, generation: u64) -> Delivery {
        if generation != self.generation {
            delivery.add_reason("not counted: the emulator was reset meanwhile".into());
            return delivery;
        }
        if let Some(id) = delivery.webhook_id.filter(|_| delivery.outcome != Outcome::NotSent) {
            match self.store.end_run(id, delivery.outcome == Outcome::Ok, delivery.at) {
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

impl Sender {
    pub(crate) fn new(allow_remote: bool) -> Result<Self, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect or a proxy would lead beyond what was allowed.
        let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        if !allow_remote {
            // Reading the system's authorities takes milliseconds, and on loopback none of them vouches for anybody.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|problem| problem.to_string())?;
        Ok(Self { http, allow_remote, in_flight: Semaphore::new(MAX_IN_FLIGHT), tokens: Mutex::default() })
    }

    async fn send(&self, run: &Run, again: Option<SentRequest>, timeout: Duration, max_bytes: usize) -> SendResult {
        let mut sent = SendResult::default();
        // The target's time begins with the place: to wait for one is no failure of the target.
        let _permit = self.in_flight.acquire().await;
        let work = self.send_within(run, again, max_bytes, &mut sent);
        let problem = match tokio::time::timeout(timeout, work).await {
            Ok(outcome) => outcome.err(),
            Err(_) => Some(SendError::Failed(format!("no answer from {} within {timeout:?}", sent.peer))),
        };
        SendResult { problem, ..sent }
    }

    async fn send_within(
        &self,
        run: &Run,
        again: Option<SentRequest>,
        max_bytes: usize,
        sent: &mut SendResult,
    ) -> Result<(), SendError> {
        let mut log = match again {
            Some(request) => request,
            None => run.spec.render(&run.values).map(SentRequest::from).map_err(|findings| {
                SendError::NotSent(findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            })?,
        };
        let mut url = self.target(&log.url, field::URL)?;
        // No request carries these, so the log does not tell of them either. Setting them fails only where there is no host.
        url.set_fragment(None);
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        log.url = url.to_string();
        let method = reqwest::Method::from_bytes(log.method.as_bytes())
            .map_err(|_| SendError::NotSent(format!("'{}' is not an HTTP method", log.method)))?;

        // A request that is sent once more holds those of the first time.
        let own = own_headers(&url, log.body.as_deref());
        let is_own = |name: &str| own.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        log.headers.retain(|(name, _)| !is_own(name) && !name.eq_ignore_ascii_case("authorization"));
        let mut headers = HeaderMap::new();
        for (name, value) in &log.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        log.headers.extend(own);
        if let Some(authorization) = self.authorization(&run.spec, &mut sent.peer).await? {
            let scheme = authorization.to_str().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned();
            log.headers.push(("Authorization".into(), format!("{scheme} ***")));
            headers.insert(AUTHORIZATION, authorization);
        }
        let body = log.body.clone();
        sent.request = Some(log);
        sent.peer = "the target".into();

        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers;
        *request.body_mut() = body.map(Into::into);
        let mut response = self.http.execute(request).await.map_err(|error| failed(&error, &sent.peer))?;
        let status = response.status();
        sent.status_code = Some(status.as_u16());
        let body = read(&mut response, max_bytes).await.map_err(|error| failed(&error, &sent.peer))?;
        sent.response_body = Some(String::from_utf8_lossy(&body).into_owned());
        match status.is_success() {
            true => Ok(()),
            false => Err(SendError::Failed(format!("{} answered with {}", sent.peer, status.as_u16()))),
        }
    }

    /// The URL, if it may be called; `what` it is where it may not.
    fn target(&self, url: &str, what: &str) -> Result<Url, SendError> {
        let parsed = Url::parse(url).map_err(|problem| SendError::NotSent(format!("{what}: {problem}")))?;
        if is_loopback(&parsed) || self.allow_remote {
            return Ok(parsed);
        }
        let host = parsed.host_str().unwrap_or_default();
        Err(SendError::NotSent(format!(
            "{what}: {host} is not loopback, and deliveries leave this machine only where that is allowed"
        )))
    }

    async fn authorization(&self, spec: &WebhookSpec, peer: &mut String) -> Result<Option<HeaderValue>, SendError> {
        let text = match spec.auth_type {
            Some(AuthType::Basic) => {
                let basic = spec.extra.iter().find(|(name, _)| name == BASIC_AUTH).map(|(_, value)| value.to_value());
                let member = |name: &str| basic.as_ref()?.get(name)?.as_str();
                let (Some(username), Some(password)) = (member("username"), member("password")) else {
                    let reason =
                        format!("authType is BASIC and the webhook has no {BASIC_AUTH} with username and password");
                    return Err(SendError::NotSent(reason));
                };
                basic_header(username, password)
            }
            Some(AuthType::OAuth2) => format!("Bearer {}", self.token(spec, peer).await?),
            _ => return Ok(None),
        };
        let invalid = |_| SendError::NotSent("the credentials hold a character that no header can carry".into());
        HeaderValue::from_str(&text).map(Some).map_err(invalid)
    }

    /// A token from the webhook's own token URL, kept until it expires. `peer` is set before anything can fail.
    async fn token(&self, spec: &WebhookSpec, peer: &mut String) -> Result<String, SendError> {
        let request = spec.oauth2_request.as_ref().map(blynk_webhooks::Json::to_value).unwrap_or_default();
        let member = |name: &str| {
            let reason = || SendError::NotSent(format!("{} has no {name}", field::OAUTH2_REQUEST));
            request.get(name).and_then(Value::as_str).ok_or_else(reason)
        };
        let (id, secret, url) =
            (member(oauth2::CLIENT_ID)?, member(oauth2::CLIENT_SECRET)?, member(oauth2::TOKEN_URL)?);
        *peer = format!("the token URL {}", without_credentials(url));
        let key = (url.to_owned(), id.to_owned());
        let known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((token, _)) = known.filter(|(_, expires)| *expires > Instant::now()) {
            return Ok(token);
        }
        let mut request = reqwest::Request::new(reqwest::Method::POST, self.target(url, peer)?);
        let header = HeaderValue::from_str(&basic_header(id, secret));
        request.headers_mut().insert(AUTHORIZATION, header.map_err(|problem| SendError::NotSent(problem.to_string()))?);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(reqwest::header::CONTENT_TYPE, form);
        *request.body_mut() = Some("grant_type=client_credentials".into());
        let mut response = self.http.execute(request).await.map_err(|error| failed(&error, peer))?;
        let status = response.status();
        let body = read(&mut response, MAX_TOKEN_BYTES).await.map_err(|error| failed(&error, peer))?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let Some(token) = answer["access_token"].as_str().filter(|_| status.is_success()) else {
            return Err(SendError::Failed(format!(
                "{peer} answered with {} and no access_token within {MAX_TOKEN_BYTES} bytes",
                status.as_u16()
            )));
        };
        let life = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or_default().min(u64::from(u32::MAX)));
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(key, (token.to_owned(), Instant::now() + life));
        Ok(token.to_owned())
    }
}

impl From<RenderedRequest> for SentRequest {
    fn from(request: RenderedRequest) -> Self {
        Self { method: request.method.to_string(), url: request.url, headers: request.headers, body: request.body }
    }
}

/// The headers that the sending itself adds to a request, but for `Authorization`.
fn own_headers(url: &Url, body: Option<&str>) -> Vec<(String, String)> {
    let host = url[Position::BeforeHost..Position::AfterPort].to_owned();
    let length = body.filter(|body| !body.is_empty()).map(|body| ("Content-Length".to_owned(), body.len().to_string()));
    let fixed = [("Accept", "*/*".to_owned()), ("Accept-Encoding", "gzip".to_owned()), ("Host", host)];
    fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(length).collect()
}

/// The body, as far as it is wanted.
async fn read(response: &mut reqwest::Response, max_bytes: usize) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < max_bytes {
        let Some(chunk) = response.chunk().await? else { break };
        body.extend_from_slice(&chunk[..chunk.len().min(max_bytes - body.len())]);
    }
    Ok(body)
}

fn basic_header(username: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{username}:{password}")))
}

/// What broke between here and the peer: the cause alone, since the error itself names the URL, which may hold secrets.
fn failed(error: &reqwest::Error, peer: &str) -> SendError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    SendError::Failed(match error.is_connect() {
        true => format!("no connection to {peer}: {cause}"),
        false => format!("the connection to {peer} broke: {cause}"),
    })
}
