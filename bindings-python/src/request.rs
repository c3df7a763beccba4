//! A call under way: the core's future, and who hears of it.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use blynk_webhooks::bindings::{lost, panicked};
use blynk_webhooks::{Error, Operation, Response, WebhookList};
use blynk_webhooks_plan::Plan;
use pyo3::prelude::*;

use crate::events::{self, CallEvents};
use crate::logs;
use crate::observers::Observers;
use crate::telemetry::{self, Trace};

/// What a call brings.
pub(crate) enum Answer {
    Webhook(Box<blynk_webhooks::Webhook>),
    List(WebhookList),
    /// JSON of the emulator, or a report.
    Json(String),
    Plan(Box<Plan>),
    Nothing,
    /// A value that is read by the thread that waits for it, not by the one that owns the sockets.
    Unread(Box<dyn FnOnce() -> Outcome + Send>),
    /// A value with the metadata of its response.
    WithResponse(Box<Response<Answer>>),
}

/// A call's end.
pub(crate) type Outcome = Result<Answer, Error>;

/// Who hears of a call.
#[derive(Clone, Default)]
pub(crate) struct Observation {
    pub(crate) events: Option<CallEvents>,
    pub(crate) trace: Option<Arc<Trace>>,
}

impl Observation {
    /// Of a call that begins.
    pub(crate) fn begin(py: Python<'_>, operation: Operation, observers: &Observers) -> PyResult<Self> {
        let trace = if observers.open_telemetry { telemetry::begin(py, operation.name())? } else { None };
        let mut observation = Self::of_events(py, observers, false)?;
        if trace.is_some() && observation.events.is_none() {
            observation.events = Some(CallEvents::new(false));
        }
        Ok(Self { trace, ..observation })
    }

    /// Of something that is no call of its own, e.g. the making of a plan. `live`: its events are wanted while it goes on.
    pub(crate) fn of_events(py: Python<'_>, observers: &Observers, live: bool) -> PyResult<Self> {
        let live = live || observers.watch_attempts();
        let is_wanted = logs::are_wanted(py)? || live;
        if is_wanted {
            events::prepare();
        }
        Ok(Self { events: is_wanted.then(|| CallEvents::new(live)), trace: None })
    }

    /// Tells the end of a call, by its own thread or task.
    pub(crate) fn end<T>(&self, py: Python<'_>, value: PyResult<T>) -> PyResult<T> {
        // What an observer raises on the way to the end takes the place of the value only where it is no `Exception`.
        let value = events::flush(py, self.events.as_ref()).and(value);
        if let Some(trace) = &self.trace {
            trace.end(py, value.as_ref().err())?;
        }
        value
    }
}

/// A call under way, or about to be. Dropping it closes its request on the wire; a panic inside is its error.
pub(crate) struct Request {
    /// Taken when it is dropped.
    future: Option<Pin<Box<dyn Future<Output = Outcome> + Send>>>,
    observation: Observation,
}

impl Request {
    pub(crate) fn new(future: impl Future<Output = Outcome> + Send + 'static, observation: Observation) -> Self {
        Self { future: Some(Box::pin(future)), observation }
    }

    pub(crate) fn observation(&self) -> Observation {
        self.observation.clone()
    }
}

impl Future for Request {
    type Output = Outcome;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let Self { future, observation } = &mut *self;
        let Some(future) = future else { return Poll::Ready(Err(lost())) };
        CallEvents::within(observation.events.as_ref(), || {
            // A future that has panicked is never polled again, so nobody sees it in a broken state.
            let poll = || {
                #[cfg(feature = "test-hooks")]
                crate::test_hooks::panic_if_asked();
                future.as_mut().poll(context)
            };
            catch_unwind(AssertUnwindSafe(poll)).unwrap_or_else(|_| Poll::Ready(Err(panicked())))
        })
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let future = self.future.take();
        // An attempt that is cut off tells of its end.
        CallEvents::within(self.observation.events.as_ref(), || drop(future));
    }
}
