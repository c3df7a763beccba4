//! Attempts as others see them: who watches, and what is told.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use crate::futures::{Panicked, caught};

/// One attempt of a request, told after its end: see [`ClientBuilder::on_attempt`](crate::ClientBuilder::on_attempt).
///
/// It holds no secret. Requests for a token are told too, as the operation `token`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Name of the operation, e.g. `patch`, which makes more than one request; `token` for a request for a token.
    pub operation: &'static str,
    /// HTTP method.
    pub method: String,
    /// URL without secrets.
    pub url: String,
    /// Number of the attempt, from 1.
    pub number: u32,
    /// HTTP status, if there was a response.
    pub status: Option<u16>,
    /// Why there was no response.
    pub error: Option<String>,
    /// A word for it, one of few: `setup`, `connect`, `connection_lost`, `response` or `cut_off`.
    pub error_type: Option<&'static str>,
    /// When it began.
    pub started: SystemTime,
    /// Time until its end.
    pub elapsed: Duration,
    /// Request ID of the response (header `X-Request-Id`; assumed).
    pub request_id: Option<String>,
    /// Pause before the next attempt; none if this was the last.
    pub pause: Option<Duration>,
}

/// An attempt that is about to be made.
#[doc(hidden)]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AttemptStart {
    /// As [`Attempt::operation`].
    pub operation: &'static str,
    /// HTTP method.
    pub method: String,
    /// URL without secrets.
    pub url: String,
    /// Number of the attempt, from 1.
    pub number: u32,
}

/// Headers of a trace, e.g. `traceparent` and its value.
pub(crate) type TraceHeaders = Vec<(String, String)>;

/// Headers of a trace that come later.
#[doc(hidden)]
pub type TraceHeadersFuture = Pin<Box<dyn Future<Output = Vec<(String, String)>> + Send>>;

type OnAttempt = Arc<dyn Fn(&Attempt) + Send + Sync>;

/// Follows the attempts of one call; for traces that are kept outside of this crate.
#[doc(hidden)]
pub trait AttemptHooks: Send + Sync {
    /// Called before an attempt, which waits for the headers to send with it.
    fn before(&self, start: AttemptStart) -> TraceHeadersFuture;

    /// Called after an attempt. Must not block.
    fn after(&self, attempt: &Attempt);
}

/// Who watches the attempts of a client.
#[derive(Clone, Default)]
pub(crate) struct Watchers {
    pub(crate) on_attempt: Option<OnAttempt>,
    pub(crate) trace_headers: Option<Arc<dyn Fn() -> TraceHeaders + Send + Sync>>,
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchers")
            .field("on_attempt", &self.on_attempt.is_some())
            .field("trace_headers", &self.trace_headers.is_some())
            .finish()
    }
}

/// Those who watch the attempts of one request.
#[derive(Clone, Copy)]
pub(crate) struct Observer<'a> {
    pub(crate) operation: &'static str,
    pub(crate) watchers: &'a Watchers,
    pub(crate) hooks: Option<&'a dyn AttemptHooks>,
    /// Set once a watcher has panicked.
    pub(crate) has_failed: &'a AtomicBool,
}

impl Observer<'_> {
    /// True where somebody wants to know of an attempt's end.
    pub(crate) fn watches(&self) -> bool {
        self.watchers.on_attempt.is_some() || self.hooks.is_some()
    }

    /// Tells of an attempt.
    pub(crate) fn tell(&self, attempt: &Attempt) {
        if let Some(on_attempt) = &self.watchers.on_attempt {
            self.guard("on_attempt", || on_attempt(attempt));
        }
        if let Some(hooks) = self.hooks {
            self.guard("an observer of attempts", || hooks.after(attempt));
        }
    }

    /// The headers of the trace that the attempt belongs to.
    pub(crate) async fn trace_headers(&self, start: impl FnOnce() -> AttemptStart) -> TraceHeaders {
        let mut headers = Vec::new();
        if let Some(trace_headers) = &self.watchers.trace_headers {
            headers.extend(self.guard("trace_headers", || trace_headers()).unwrap_or_default());
        }
        if let Some(hooks) = self.hooks
            && let Some(before) = self.guard("an observer of attempts", || hooks.before(start()))
        {
            match caught(before).await {
                Ok(added) => headers.extend(added),
                Err(Panicked) => self.report("an observer of attempts"),
            }
        }
        headers
    }

    /// What a watcher says, unless it panics: that breaks no call, and is reported once.
    fn guard<T>(&self, name: &str, watcher: impl FnOnce() -> T) -> Option<T> {
        let outcome = catch_unwind(AssertUnwindSafe(watcher)).ok();
        if outcome.is_none() {
            self.report(name);
        }
        outcome
    }

    fn report(&self, name: &str) {
        if !self.has_failed.swap(true, Ordering::Relaxed) {
            tracing::warn!("{name} has panicked, which breaks no call; this is reported once");
        }
    }
}
