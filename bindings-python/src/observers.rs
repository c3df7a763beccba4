//! Who watches the calls of a client: a function that is told of each attempt, and traces.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::UNIX_EPOCH;

use blynk_webhooks::{Attempt, ClientBuilder};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

use crate::errors::config;
use crate::events::{self, CallEvents, Event};
use crate::json::{refusal, type_name};

/// Who watches the calls of a client.
#[derive(Clone)]
pub(crate) struct Observers {
    on_attempt: Option<Arc<OnAttempt>>,
    /// Whether calls make spans of OpenTelemetry.
    pub(crate) open_telemetry: bool,
}

impl Default for Observers {
    fn default() -> Self {
        Self { on_attempt: None, open_telemetry: true }
    }
}

impl Observers {
    /// True where somebody wants to hear of attempts.
    pub(crate) fn watch_attempts(&self) -> bool {
        self.on_attempt.is_some()
    }

    /// Takes the setting `on_attempt`.
    pub(crate) fn set_on_attempt(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        if value.is_none() {
            return Ok(());
        }
        if !value.is_callable() {
            let message = format!("on_attempt: must be a function of an Attempt, is {}", type_name(value));
            return Err(config(py, message));
        }
        if is_coroutine_function(value)? {
            return Err(config(py, "on_attempt: must be a plain function, is a coroutine function"));
        }
        self.on_attempt = Some(Arc::new(OnAttempt { callable: value.clone().unbind(), failed: Failed::default() }));
        Ok(())
    }

    /// Has the core tell of attempts.
    pub(crate) fn watch(&self, builder: ClientBuilder) -> ClientBuilder {
        let Some(on_attempt) = self.on_attempt.clone() else { return builder };
        builder.on_attempt(move |attempt| {
            let (on_attempt, attempt) = (Arc::clone(&on_attempt), attempt.clone());
            let tell = move |py: Python<'_>| {
                let told = to_py(py, &attempt).and_then(|attempt| on_attempt.callable.call1(py, (attempt,)));
                on_attempt.failed.report_once(py, "on_attempt", told)
            };
            events::push(CallEvents::current().as_ref(), Event::Call(Box::new(tell)));
        })
    }
}

/// True for a function that gives a coroutine.
pub(crate) fn is_coroutine_function(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    static ASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let ask = ASK.import(value.py(), "inspect", "iscoroutinefunction")?;
    if ask.call1((value,))?.is_truthy()? {
        return Ok(true);
    }
    // An object may be called like a function.
    let call = value.getattr("__call__")?;
    ask.call1((call,))?.is_truthy()
}

/// A function that is told of attempts.
struct OnAttempt {
    callable: Py<PyAny>,
    failed: Failed,
}

/// Whether an observer has failed.
#[derive(Default)]
pub(crate) struct Failed(AtomicBool);

impl Failed {
    /// What an observer raised breaks nothing and is reported once, unless it is no `Exception`.
    pub(crate) fn report_once<T>(&self, py: Python<'_>, name: &str, told: PyResult<T>) -> PyResult<()> {
        static REPORT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let Err(raised) = told else { return Ok(()) };
        let raised = refusal(py, raised)?;
        if self.0.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let report = REPORT.import(py, "blynk_webhooks._logs", "report_observer")?;
        report.call1((name, raised.value(py))).map(drop)
    }
}

/// An attempt as a Python value.
fn to_py<'py>(py: Python<'py>, attempt: &Attempt) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let started = attempt.started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let fields = PyDict::new(py);
    fields.set_item("operation", attempt.operation)?;
    fields.set_item("method", &attempt.method)?;
    fields.set_item("url", &attempt.url)?;
    fields.set_item("number", attempt.number)?;
    fields.set_item("status", attempt.status)?;
    fields.set_item("error", attempt.error.as_deref())?;
    fields.set_item("started", crate::datetime::from_seconds(py, started)?)?;
    fields.set_item("elapsed", attempt.elapsed.as_secs_f64())?;
    fields.set_item("request_id", attempt.request_id.as_deref())?;
    fields.set_item("pause", attempt.pause.map(|pause| pause.as_secs_f64()))?;
    CLASS.import(py, "blynk_webhooks._response", "Attempt")?.call((), Some(&fields))
}
