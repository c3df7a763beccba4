//! One request with its attempts and pauses, under the deadline of its call. Decides by `retry`, sends by `transport`.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::error::{ApiError, Error, Failure, Result, error_message};
use crate::http::backoff::{self, AttemptFailure};
use crate::http::transport::{HttpRequest, HttpResponse, SendError, Transport};
use crate::message::message;
use crate::surface::Setting;

/// Longest part of an error response that an error keeps.
const MAX_ERROR_BODY: usize = 16 * 1024;

/// What one call may spend, and what it has done so far.
pub(crate) struct RetryExecutor<'a> {
    pub(crate) transport: &'a Arc<Transport>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) max_retries: u32,
    pub(crate) progress: &'a Arc<Progress>,
}

/// How far a call has come, for the error of a call that is cut off.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    request: Mutex<Option<(reqwest::Method, Arc<str>)>>,
    attempts: AtomicU32,
    /// A request has a socket to itself; before that a call waits for one, or for a token.
    has_socket: AtomicBool,
    /// A request that changes something each time it runs has been sent, and nobody knows that it did not run.
    may_have_run: AtomicBool,
}

impl Progress {
    /// Notes the request that is under way from now on.
    pub(crate) fn about(&self, request: &HttpRequest) {
        self.attempts.store(0, Relaxed);
        self.has_socket.store(false, Relaxed);
        *self.request.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((request.method.clone(), Arc::clone(&request.shown)));
    }

    /// How many times the request was sent or tried.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }

    /// The error of a call whose time is up.
    pub(crate) fn timed_out(&self, timeout: Duration) -> Error {
        let request = self.request.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (method, url) = request.map(|(method, url)| (method.to_string(), url.to_string())).unwrap_or_default();
        let attempts = self.attempts();
        let stage = if !self.has_socket.load(Relaxed) {
            "waiting for a free connection or a token"
        } else {
            "waiting for the response"
        };
        Error::Timeout(Box::new(Failure {
            message: message![
                format!("no response within {timeout:?} (while {stage}); raise "),
                Setting::Timeout,
                " if the server needs longer"
            ],
            method,
            url,
            attempts,
            outcome_unknown: self.may_have_run.load(Relaxed),
            request_id: None,
        }))
    }
}

impl RetryExecutor<'_> {
    /// Sends a request, and again where that is safe and time is left.
    pub(crate) async fn send(&self, request: &HttpRequest, authorization: &HeaderValue) -> Result<HttpResponse> {
        self.progress.about(request);
        let mut repeats = 0;
        let mut may_have_run = false;
        loop {
            let span = tracing::debug_span!("attempt", number = repeats + 1);
            let outcome = self.attempt(request, authorization).instrument(span).await;
            let (failed, retry_after) = match &outcome {
                Ok(response) if response.is_success() => (None, None),
                // The attempt whose response was lost has deleted it.
                Ok(response) if response.status == 404 && request.method == reqwest::Method::DELETE && may_have_run => {
                    (None, None)
                }
                Ok(response) => (Some(AttemptFailure::Status(response.status)), response.retry_after()),
                Err(SendError::Connect(_)) => (Some(AttemptFailure::Connect), None),
                Err(SendError::Lost(_)) => (Some(AttemptFailure::SendError), None),
                Err(SendError::Setup(_) | SendError::Response(_)) => (Some(AttemptFailure::Final), None),
            };
            if !request.idempotent {
                self.progress.may_have_run.store(failed.is_none_or(backoff::may_have_run), Relaxed);
            }
            let Some(failed) = failed else {
                return outcome.map_err(|broken| self.broken(request, broken, false));
            };
            may_have_run |= backoff::may_have_run(failed);
            let pause = backoff::pause(repeats, retry_after, fastrand::f64());
            let left = self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let again = repeats < self.max_retries && backoff::may_repeat(request.idempotent, failed);
            if !again || !backoff::is_in_time(pause, left) {
                let outcome_unknown = !request.idempotent && backoff::may_have_run(failed);
                return Err(match outcome {
                    Ok(response) => api_error(request, &response, outcome_unknown),
                    Err(broken) => self.broken(request, broken, outcome_unknown),
                });
            }
            repeats += 1;
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(
        &self,
        request: &HttpRequest,
        authorization: &HeaderValue,
    ) -> std::result::Result<HttpResponse, SendError> {
        let started = std::time::Instant::now();
        self.progress.has_socket.store(false, Relaxed);
        let (progress, may_have_run) = (Arc::clone(self.progress), !request.idempotent);
        let sent = move || {
            progress.attempts.fetch_add(1, Relaxed);
            progress.has_socket.store(true, Relaxed);
            progress.may_have_run.fetch_or(may_have_run, Relaxed);
        };
        let outcome = self.transport.send(request, authorization, sent).await;
        log_attempt(request, &outcome, started.elapsed());
        outcome
    }

    fn broken(&self, request: &HttpRequest, broken: SendError, outcome_unknown: bool) -> Error {
        let failure = |message| {
            Box::new(Failure {
                message,
                method: request.method.to_string(),
                url: request.shown.to_string(),
                attempts: self.progress.attempts(),
                outcome_unknown,
                request_id: None,
            })
        };
        match broken {
            SendError::Setup(message) => Error::Config(message),
            SendError::Connect(message) => Error::Connect(failure(message)),
            SendError::Lost(message) => Error::Transport(failure(message)),
            SendError::Response(message) => Error::Response(failure(message)),
        }
    }
}

pub(crate) fn api_error(request: &HttpRequest, response: &HttpResponse, outcome_unknown: bool) -> Error {
    let body = String::from_utf8_lossy(&response.body[..response.body.len().min(MAX_ERROR_BODY)]).into_owned();
    Error::Api(Box::new(ApiError {
        status: response.status,
        message: error_message(&body),
        method: request.method.to_string(),
        url: request.shown.to_string(),
        request_id: response.request_id(),
        retry_after: response.retry_after(),
        body,
        outcome_unknown,
        location: response.location().map(crate::redact::url),
    }))
}

fn log_attempt(request: &HttpRequest, outcome: &std::result::Result<HttpResponse, SendError>, took: Duration) {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    let (method, url, took_ms) = (request.method.as_str(), &*request.shown, took.as_millis() as u64);
    match outcome {
        Ok(response) => {
            let request_id = response.request_id().unwrap_or_default();
            tracing::debug!(method, url, status = response.status, took_ms, request_id, "attempt answered");
        }
        Err(broken) => tracing::debug!(method, url, took_ms, ?broken, "attempt failed"),
    }
}
