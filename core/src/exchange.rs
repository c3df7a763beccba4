//! One call under one deadline: token, attempts, pauses. Decides by `retry`, sends by `transport`.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::time::Instant;

use crate::auth::Auth;
use crate::error::{ApiError, Error, Failure, Result, message_in};
use crate::retry::{self, Failed};
use crate::transport::{Answer, Broken, Request, Transport};

/// Longest part of an error answer that an error keeps.
const KEPT_BODY: usize = 16 * 1024;

/// What one call may spend, and what it has done so far.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) transport: &'a Arc<Transport>,
    pub(crate) auth: &'a Auth,
    pub(crate) deadline: Option<Instant>,
    pub(crate) max_retries: u32,
    pub(crate) progress: &'a Arc<Progress>,
}

/// How far a call has come, for the error of a call that is cut off.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    request: Mutex<Option<(reqwest::Method, String)>>,
    attempts: AtomicU32,
    connected: AtomicBool,
    /// A request that changes something each time it runs is under way.
    exposed: AtomicBool,
}

impl Progress {
    /// Notes the request that is under way from now on.
    pub(crate) fn about(&self, request: &Request) {
        *self.request.lock().unwrap_or_else(PoisonError::into_inner) = Some((request.method.clone(), shown(request)));
    }

    /// The error of a call whose time is up.
    pub(crate) fn timed_out(&self, timeout: Duration) -> Error {
        let request = self.request.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (method, url) = request.unwrap_or_default();
        let attempts = self.attempts.load(Relaxed);
        let stage = if !self.connected.load(Relaxed) {
            "waiting for a free connection or a token"
        } else {
            "waiting for the answer"
        };
        Error::Timeout(Box::new(Failure {
            message: format!("no answer within {timeout:?} (while {stage}); raise timeout if the server needs longer"),
            method: method.to_string(),
            url,
            attempts,
            outcome_unknown: self.exposed.load(Relaxed),
            request_id: None,
        }))
    }
}

impl Exchange<'_> {
    /// Sends a request of the API with a token, replayed once with a new one where the server refuses the first.
    pub(crate) async fn call(&self, request: &Request) -> Result<Answer> {
        let token = self.auth.token(self, None).await?;
        let outcome = self.repeat(request, &token.header).await;
        match outcome {
            Err(Error::Api(error)) if error.status == 401 && token.is_renewable() => {
                let token = self.auth.token(self, Some(&token)).await?;
                self.repeat(request, &token.header).await.map_err(|error| self.auth.redact(error, &token))
            }
            outcome => outcome.map_err(|error| self.auth.redact(error, &token)),
        }
    }

    /// Sends a request, and again where that is safe and time is left.
    pub(crate) async fn repeat(&self, request: &Request, authorization: &HeaderValue) -> Result<Answer> {
        let idempotent = request.method != reqwest::Method::POST || is_token_request(request);
        let mut repeats = 0;
        loop {
            let started = std::time::Instant::now();
            self.progress.connected.store(false, Relaxed);
            let progress = Arc::clone(self.progress);
            let sent = move || {
                progress.attempts.fetch_add(1, Relaxed);
                progress.connected.store(true, Relaxed);
                progress.exposed.store(!idempotent, Relaxed);
            };
            let outcome = self.transport.send(request, authorization, sent).await;
            self.progress.exposed.store(false, Relaxed);
            log_attempt(request, &outcome, started.elapsed());
            let (failed, retry_after) = match &outcome {
                Ok(answer) if answer.is_success() || (gone(answer, request) && repeats > 0) => {
                    return outcome.map_err(|broken| self.broken(request, broken, idempotent));
                }
                Ok(answer) => (Failed::Status(answer.status), answer.retry_after()),
                Err(Broken::Connect(_)) => (Failed::Connect, None),
                Err(Broken::Lost(_)) => (Failed::Broken, None),
                Err(Broken::Setup(_) | Broken::Answer(_)) => (Failed::Status(0), None),
            };
            let pause = retry::pause(repeats, retry_after, fastrand::f64());
            let in_time = self.deadline.is_none_or(|deadline| Instant::now() + pause < deadline);
            if repeats >= self.max_retries || !in_time || !retry::may_repeat(idempotent, failed) {
                return Err(match outcome {
                    Ok(answer) => api_error(request, &answer, retry::outcome_unknown(idempotent, failed)),
                    Err(broken) => self.broken(request, broken, idempotent),
                });
            }
            repeats += 1;
            tokio::time::sleep(pause).await;
        }
    }

    fn broken(&self, request: &Request, broken: Broken, idempotent: bool) -> Error {
        let failure = |message, outcome_unknown| {
            Box::new(Failure {
                message,
                method: request.method.to_string(),
                url: shown(request),
                attempts: self.progress.attempts.load(Relaxed),
                outcome_unknown,
                request_id: None,
            })
        };
        match broken {
            Broken::Setup(message) => Error::Config(message),
            Broken::Connect(message) => Error::Connect(failure(message, false)),
            Broken::Lost(message) => Error::Transport(failure(message, !idempotent)),
            Broken::Answer(message) => Error::Response(failure(message, !idempotent)),
        }
    }
}

/// True where a repeated DELETE finds nothing: the attempt whose answer was lost has deleted it.
fn gone(answer: &Answer, request: &Request) -> bool {
    answer.status == 404 && request.method == reqwest::Method::DELETE
}

fn is_token_request(request: &Request) -> bool {
    request.url.path().ends_with(crate::model::contract::path::TOKEN)
}

/// The URL as errors and logs show it; a token request's query may hold a refresh token.
pub(crate) fn shown(request: &Request) -> String {
    let mut url = request.url.clone();
    if is_token_request(request) {
        url.set_query(None);
    }
    url.into()
}

pub(crate) fn api_error(request: &Request, answer: &Answer, outcome_unknown: bool) -> Error {
    let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(KEPT_BODY)]).into_owned();
    Error::Api(Box::new(ApiError {
        status: answer.status,
        message: message_in(&body),
        method: request.method.to_string(),
        url: shown(request),
        request_id: answer.request_id(),
        retry_after: answer.retry_after(),
        body,
        outcome_unknown,
        location: answer.location().map(crate::template::without_credentials),
    }))
}

fn log_attempt(request: &Request, outcome: &std::result::Result<Answer, Broken>, took: Duration) {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    let (method, url, took_ms) = (request.method.as_str(), shown(request), took.as_millis() as u64);
    match outcome {
        Ok(answer) => {
            let request_id = answer.request_id().unwrap_or_default();
            tracing::debug!(method, url, status = answer.status, took_ms, request_id, "attempt answered");
        }
        Err(broken) => tracing::debug!(method, url, took_ms, ?broken, "attempt failed"),
    }
}
