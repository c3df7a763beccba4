//! One request with its attempts and pauses, under the deadline of its call. Decides by `backoff`, sends by `transport`.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{HeaderName, HeaderValue};
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::attempt::{Attempt, AttemptStart, Observer};
use crate::error::{ApiError, Error, Failure, Result, error_message};
use crate::http::backoff::{self, AttemptFailure};
use crate::http::failure::SendError;
use crate::http::lock;
use crate::http::transport::{Added, HttpRequest, HttpResponse, Step, Transport};
use crate::message::{Message, message};
use crate::options::RESERVED_HEADERS;
use crate::surface::Setting;

/// Longest part of an error response that an error keeps.
const MAX_ERROR_BODY: usize = 16 * 1024;

/// What one call may spend.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) deadline: Option<Instant>,
    /// Repeats of each request.
    pub(crate) max_retries: u32,
}

impl Budget {
    /// Whether a request is repeated after `repeats` repeats and a pause.
    pub(crate) fn allows(&self, repeats: u32, pause: Duration) -> bool {
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        repeats < self.max_retries && backoff::is_in_time(pause, left)
    }
}

/// Sends the requests of one call.
pub(crate) struct RetryExecutor<'a> {
    pub(crate) transport: &'a Transport,
    pub(crate) budget: Budget,
    pub(crate) progress: &'a Progress,
    pub(crate) observer: Observer<'a>,
}

/// How far a call has come, for the error of a call that is cut off.
#[derive(Default)]
pub(crate) struct Progress {
    request: Mutex<Option<Arc<HttpRequest>>>,
    attempts: AtomicU32,
    stage: AtomicU8,
    /// A request that changes something each time it runs has been sent, and nobody knows that it did not run.
    may_have_run: AtomicBool,
}

/// What a call waits for.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Stage {
    Token,
    Connection,
    Response,
}

impl Progress {
    /// Notes the request that is under way from now on.
    pub(crate) fn begin(&self, request: &Arc<HttpRequest>) {
        self.attempts.store(0, Relaxed);
        self.enter(Stage::Connection);
        *lock(&self.request) = Some(Arc::clone(request));
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Relaxed);
    }

    fn advance(&self, request: &HttpRequest, step: Step) {
        match step {
            Step::Begun => {
                self.attempts.fetch_add(1, Relaxed);
                self.enter(Stage::Response);
            }
            Step::Sent | Step::Unsent if !request.idempotent => self.may_have_run.store(step == Step::Sent, Relaxed),
            Step::Sent | Step::Unsent => {}
        }
    }

    /// How many times the request was sent or tried.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }

    /// True where nobody knows whether a request has run that changes something each time it does.
    pub(crate) fn outcome_unknown(&self) -> bool {
        self.may_have_run.load(Relaxed)
    }

    /// What a call that is cut off fails with.
    pub(crate) fn failure(&self, message: impl Into<Message>) -> Box<Failure> {
        let request = lock(&self.request).take();
        let (method, url) =
            request.map(|request| (request.method.to_string(), request.shown().to_owned())).unwrap_or_default();
        let (attempts, outcome_unknown) = (self.attempts(), self.outcome_unknown());
        let message = message.into();
        Box::new(Failure { message, method, url, attempts, outcome_unknown, request_id: None, cause_code: None })
    }

    /// The error of a call whose time is up.
    pub(crate) fn timed_out(&self, timeout: Duration) -> Error {
        let stage = match self.stage.load(Relaxed) {
            stage if stage == Stage::Token as u8 => "waiting for a token",
            stage if stage == Stage::Connection as u8 => "waiting for a free connection",
            _ => "waiting for the response",
        };
        Error::Timeout(self.failure(message![
            format!("no response within {timeout:?} (while {stage}); raise "),
            Setting::Timeout,
            " if the server needs longer"
        ]))
    }
}

impl RetryExecutor<'_> {
    /// Sends a request, and again where that is safe and time is left. `renews`: one that is refused for its token is sent
    /// with another token afterwards.
    pub(crate) async fn send(
        &self,
        request: &Arc<HttpRequest>,
        authorization: &HeaderValue,
        renews: bool,
    ) -> Result<HttpResponse> {
        let mut repeats = 0;
        let mut may_have_run = false;
        loop {
            self.progress.enter(Stage::Connection);
            let on_step = |step| self.progress.advance(request, step);
            let number = self.progress.attempts() + 1;
            let attempt =
                AttemptOf { transport: self.transport, request, authorization, number, observer: self.observer };
            let (outcome, times) = attempt.make(on_step).await;
            let failed = match &outcome {
                // The attempt whose response was lost has deleted it.
                Ok(response) if response.status == 404 && request.method == http::Method::DELETE && may_have_run => {
                    None
                }
                outcome => attempt_failure(outcome),
            };
            if !request.idempotent {
                let is_known = failed.is_some_and(|(failed, _)| !backoff::may_have_run(failed));
                self.progress.may_have_run.store(!is_known, Relaxed);
            }
            let Some((failed, retry_after)) = failed else {
                attempt.tell(&outcome, times, None);
                return outcome.map_err(|failed| send_error(request, failed, self.progress.attempts(), false));
            };
            may_have_run |= backoff::may_have_run(failed);
            let pause = backoff::pause(repeats, retry_after, fastrand::f64());
            if !backoff::may_repeat(request.idempotent, failed) || !self.budget.allows(repeats, pause) {
                let is_renewed = renews && failed == AttemptFailure::Status(401);
                attempt.tell(&outcome, times, is_renewed.then_some(Duration::ZERO));
                let outcome_unknown = !request.idempotent && backoff::may_have_run(failed);
                return Err(match outcome {
                    Ok(response) => api_error(request, &response, outcome_unknown),
                    Err(failed) => send_error(request, failed, self.progress.attempts(), outcome_unknown),
                });
            }
            repeats += 1;
            attempt.tell(&outcome, times, Some(pause));
            log_repeat(request, &outcome, repeats, pause);
            tokio::time::sleep(pause).await;
        }
    }
}

/// One attempt, watched.
#[derive(Clone, Copy)]
pub(crate) struct AttemptOf<'a> {
    pub(crate) transport: &'a Transport,
    pub(crate) request: &'a HttpRequest,
    pub(crate) authorization: &'a HeaderValue,
    pub(crate) number: u32,
    pub(crate) observer: Observer<'a>,
}

/// When an attempt began, and how long it took.
#[derive(Clone, Copy)]
pub(crate) struct Times(SystemTime, Duration);

impl AttemptOf<'_> {
    /// Makes the attempt, in a span that follows OpenTelemetry's conventions for HTTP clients.
    pub(crate) async fn make(&self, on_step: impl Fn(Step)) -> (std::result::Result<HttpResponse, SendError>, Times) {
        let (request, url) = (self.request, &self.request.url);
        let span = tracing::info_span!(
            "attempt",
            number = self.number,
            otel.name = request.method.as_str(),
            otel.kind = "client",
            http.request.method = request.method.as_str(),
            url.full = request.shown(),
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.request.resend_count = (self.number > 1).then(|| self.number - 1),
            http.response.status_code = tracing::field::Empty,
            error.type = tracing::field::Empty,
        );
        let outcome = async {
            let start = || AttemptStart {
                operation: self.observer.operation,
                method: request.method.to_string(),
                url: request.shown().to_owned(),
                number: self.number,
            };
            let trace = self.observer.trace_headers(start).await;
            let added = Added { authorization: self.authorization, trace: trace_headers(trace) };
            let unfinished = Unfinished { attempt: self, started: SystemTime::now(), clock: Instant::now() };
            let outcome = self.transport.send(request, &added, on_step).await;
            let times = unfinished.finish();
            self.log(&outcome, times.1);
            (outcome, times)
        };
        let (outcome, times) = outcome.instrument(span.clone()).await;
        match &outcome {
            Ok(response) => {
                span.record("http.response.status_code", response.status);
                if response.status >= 400 {
                    span.record("error.type", tracing::field::display(response.status));
                }
            }
            Err(failed) => {
                span.record("error.type", failed.kind());
            }
        }
        (outcome, times)
    }

    /// Tells those who watch how the attempt ended, and how long the pause is before another one.
    pub(crate) fn tell(
        &self,
        outcome: &std::result::Result<HttpResponse, SendError>,
        Times(started, elapsed): Times,
        pause: Option<Duration>,
    ) {
        if !self.observer.watches() {
            return;
        }
        let response = outcome.as_ref().ok();
        self.observer.tell(&Attempt {
            status: response.map(|response| response.status),
            error: outcome.as_ref().err().map(|failed| hide(failed.message().to_string(), self.authorization)),
            error_type: outcome.as_ref().err().map(SendError::kind),
            request_id: self.request_id(response),
            pause,
            ..self.described(started, elapsed)
        });
    }

    /// What is known of the attempt without its outcome.
    fn described(&self, started: SystemTime, elapsed: Duration) -> Attempt {
        Attempt {
            operation: self.observer.operation,
            method: self.request.method.to_string(),
            url: self.request.shown().to_owned(),
            number: self.number,
            status: None,
            error: None,
            error_type: None,
            started,
            elapsed,
            request_id: None,
            pause: None,
        }
    }

    fn request_id(&self, response: Option<&HttpResponse>) -> Option<String> {
        response.and_then(HttpResponse::request_id).map(|request_id| hide(request_id, self.authorization))
    }

    fn log(&self, outcome: &std::result::Result<HttpResponse, SendError>, took: Duration) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let (method, url, took_ms) = (self.request.method.as_str(), self.request.shown(), took.as_millis() as u64);
        match outcome {
            Ok(response) => {
                let request_id = self.request_id(Some(response)).unwrap_or_default();
                tracing::debug!(method, url, status = response.status, took_ms, request_id, "attempt answered");
            }
            Err(failed) => tracing::debug!(method, url, took_ms, ?failed, "attempt failed"),
        }
    }
}

/// An attempt under way. One that is dropped before its end is told too.
struct Unfinished<'a> {
    attempt: &'a AttemptOf<'a>,
    started: SystemTime,
    clock: Instant,
}

impl Unfinished<'_> {
    fn finish(self) -> Times {
        let times = Times(self.started, self.clock.elapsed());
        std::mem::forget(self);
        times
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if self.attempt.observer.watches() {
            let error = Some("cut off: the time of the call was over, or it was cancelled".into());
            let error_type = Some("cut_off");
            let attempt = Attempt { error, error_type, ..self.attempt.described(self.started, self.clock.elapsed()) };
            self.attempt.observer.tell(&attempt);
        }
    }
}

/// A text of the server's without the token or the credentials that it was sent, which it may have echoed.
pub(crate) fn hide(text: String, authorization: &HeaderValue) -> String {
    let sent = authorization.to_str().unwrap_or_default().split_once(' ').map(|(_, secret)| secret);
    match sent.filter(|secret| !secret.is_empty() && text.contains(secret)) {
        Some(secret) => text.replace(secret, crate::redact::HIDDEN),
        None => text,
    }
}

/// Headers that a trace adds; those that the client itself sets stay as they are.
fn trace_headers(headers: Vec<(String, String)>) -> Vec<(HeaderName, HeaderValue)> {
    let headers = headers.into_iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        (!RESERVED_HEADERS.contains(&name.as_str())).then_some((name, HeaderValue::from_str(&value).ok()?))
    });
    headers.collect()
}

/// How an attempt failed, and how long the server asks to wait; `None` where it did not fail.
pub(crate) fn attempt_failure(
    outcome: &std::result::Result<HttpResponse, SendError>,
) -> Option<(AttemptFailure, Option<Duration>)> {
    match outcome {
        Ok(response) if response.is_success() => None,
        Ok(response) => Some((AttemptFailure::Status(response.status), response.retry_after())),
        Err(SendError::Connect(..)) => Some((AttemptFailure::Connect, None)),
        Err(SendError::Lost(_)) => Some((AttemptFailure::SendError, None)),
        Err(SendError::Setup(_)) => Some((AttemptFailure::Unsent, None)),
        Err(SendError::Response(_)) => Some((AttemptFailure::Final, None)),
    }
}

/// The error of a request that brought no response.
pub(crate) fn send_error(request: &HttpRequest, failed: SendError, attempts: u32, outcome_unknown: bool) -> Error {
    let failure = |message, cause_code| {
        Box::new(Failure {
            message,
            method: request.method.to_string(),
            url: request.shown().to_owned(),
            attempts,
            outcome_unknown,
            request_id: None,
            cause_code,
        })
    };
    match failed {
        SendError::Setup(message) => Error::Config(message),
        SendError::Connect(message, code) => Error::Connect(failure(message, code)),
        SendError::Lost(message) => Error::Transport(failure(message, None)),
        SendError::Response(message) => Error::Response(failure(message, None)),
    }
}

/// The error of a response that is no success.
pub(crate) fn api_error(request: &HttpRequest, response: &HttpResponse, outcome_unknown: bool) -> Error {
    let body = String::from_utf8_lossy(&response.body[..response.body.len().min(MAX_ERROR_BODY)]).into_owned();
    Error::Api(Box::new(ApiError {
        status: response.status,
        message: error_message(&body),
        method: request.method.to_string(),
        url: request.shown().to_owned(),
        request_id: response.request_id(),
        retry_after: response.retry_after(),
        body,
        outcome_unknown,
        location: response.location().map(crate::redact::url),
    }))
}

/// Tells of a repeat, with its reason and the pause before it.
pub(crate) fn log_repeat(
    request: &HttpRequest,
    outcome: &std::result::Result<HttpResponse, SendError>,
    number: u32,
    pause: Duration,
) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let reason = match outcome {
        Ok(response) => format!("status {}", response.status),
        Err(failed) => failed.message().to_string(),
    };
    let (method, url, pause_ms) = (request.method.as_str(), request.shown(), pause.as_millis() as u64);
    tracing::info!(method, url, reason, pause_ms, retry = number, "retrying after a pause");
}
