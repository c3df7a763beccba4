//! Spans of OpenTelemetry, where the program traces. `_telemetry.py` makes them; here is when.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use blynk_webhooks::{Attempt, AttemptHooks, AttemptStart, TraceHeadersFuture};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule};
use tokio::sync::oneshot;

use crate::events::{self, CallEvents, Event};
use crate::json::refusal;
use crate::worker;

/// The spans of one call: a `_telemetry.CallSpans`.
pub(crate) struct Trace(Py<PyAny>);

/// The spans of a call that begins; `None` where the program does not trace, which costs one look into `sys.modules`.
pub(crate) fn begin(py: Python<'_>, operation: &str) -> PyResult<Option<Arc<Trace>>> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    static BEGIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let modules = MODULES.get_or_try_init(py, || {
        Ok::<_, PyErr>(PyModule::import(py, "sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind())
    })?;
    if !modules.bind(py).contains(intern!(py, "opentelemetry.trace"))? {
        return Ok(None);
    }
    let spans = BEGIN.import(py, "blynk_webhooks._telemetry", "begin")?.call1((operation,))?;
    if spans.is_none() {
        return Ok(None);
    }
    worker::start(py)?;
    Ok(Some(Arc::new(Trace(spans.unbind()))))
}

impl Trace {
    /// Ends the span of an attempt.
    fn after(&self, py: Python<'_>, attempt: &Attempt) -> PyResult<()> {
        let end = attempt.started.duration_since(UNIX_EPOCH).unwrap_or_default() + attempt.elapsed;
        let end = u64::try_from(end.as_nanos()).unwrap_or_default();
        let arguments = (attempt.status, attempt.error_type, attempt.error.as_deref(), end);
        self.call(py, "after", arguments)
    }

    /// Ends the span of the call.
    pub(crate) fn end(&self, py: Python<'_>, raised: Option<&PyErr>) -> PyResult<()> {
        self.call(py, "end", (raised.map(|raised| raised.value(py)),))
    }

    /// Tracing breaks no call.
    fn call<'py>(&self, py: Python<'py>, name: &str, arguments: impl pyo3::call::PyCallArgs<'py>) -> PyResult<()> {
        if let Err(raised) = self.0.bind(py).call_method1(name, arguments) {
            refusal(py, raised)?.write_unraisable(py, None);
        }
        Ok(())
    }
}

/// Follows the attempts of a call. The thread of sockets does not wait for the interpreter: the worker makes the spans.
pub(crate) struct Hooks {
    pub(crate) trace: Arc<Trace>,
    pub(crate) events: CallEvents,
}

impl AttemptHooks for Hooks {
    fn before(&self, start: AttemptStart) -> TraceHeadersFuture {
        let (sender, headers) = oneshot::channel();
        let trace = Arc::clone(&self.trace);
        worker::submit(move |py| {
            let begun = trace.0.bind(py).call_method1("before", (start.method, start.url, start.number));
            match begun.and_then(|headers| headers.extract::<Vec<(String, String)>>()) {
                Ok(headers) => drop(sender.send(headers)),
                Err(raised) => raised.write_unraisable(py, None),
            }
        });
        Box::pin(async move { headers.await.unwrap_or_default() })
    }

    fn after(&self, attempt: &Attempt) {
        let (trace, attempt) = (Arc::clone(&self.trace), attempt.clone());
        events::push(Some(&self.events), Event::Call(Box::new(move |py| trace.after(py, &attempt))));
    }
}
