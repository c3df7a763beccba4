//! Tokens that a function of the program provides.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use blynk_webhooks::{ClientBuilder, OptionValue, ProvidedToken};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};
use tokio::sync::oneshot;

use crate::bridge::Bridge;
use crate::errors::{Raised, config};
use crate::json::type_name;
use crate::observers::is_coroutine_function;
use crate::options::option_value;
use crate::worker;

type Provided = Result<ProvidedToken, Raised>;

/// Has the core ask a function for tokens.
pub(crate) fn provided_by(
    builder: ClientBuilder,
    function: &Bound<'_, PyAny>,
    for_event_loops: bool,
) -> PyResult<ClientBuilder> {
    let py = function.py();
    if !for_event_loops && is_coroutine_function(function)? {
        return Err(config(py, "token: is a coroutine function, which only an AsyncWebhookClient can call"));
    }
    let function = Arc::new(function.clone().unbind());
    Ok(builder.token_provider(move || {
        let (sender, provided) = oneshot::channel();
        let function = Arc::clone(&function);
        // The function may take its time, so it gets a thread of its own; Python starts it, and ends it with itself.
        worker::submit(move |py| ask(py, &function, sender));
        async move { provided.await.unwrap_or_else(|_| Err(ended())) }
    }))
}

fn ended() -> Raised {
    Raised(PyRuntimeError::new_err("the interpreter ended before the function that provides tokens did"))
}

fn ask(py: Python<'_>, function: &Py<PyAny>, sender: oneshot::Sender<Provided>) {
    static START: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let report = Report { sender: Mutex::new(Some(sender)) };
    let started = Bound::new(py, report).and_then(|report| {
        let start = START.import(py, "blynk_webhooks._token", "start");
        start.and_then(|start| start.call1((function, Bridge::waiting_loop(py), &report))).map(drop)
    });
    if let Err(raised) = started {
        raised.write_unraisable(py, None);
    }
}

/// Takes what a function provided, or what it raised.
#[pyclass(frozen, module = "blynk_webhooks._native")]
struct Report {
    sender: Mutex<Option<oneshot::Sender<Provided>>>,
}

#[pymethods]
impl Report {
    fn provided(&self, token: &Bound<'_, PyAny>) {
        self.send(read(token).map_err(Raised));
    }

    fn raised(&self, raised: Bound<'_, PyAny>) {
        self.send(Err(Raised(PyErr::from_value(raised))));
    }
}

impl Report {
    fn send(&self, provided: Provided) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        sender.map(|sender| sender.send(provided));
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        self.send(Err(ended()));
    }
}

/// A token, or a token and the seconds that it lives.
fn read(provided: &Bound<'_, PyAny>) -> PyResult<ProvidedToken> {
    if let Ok(token) = provided.cast::<PyString>() {
        return Ok(token.to_str()?.into());
    }
    let wrong = || {
        let returned = match provided.cast::<PyTuple>() {
            Ok(parts) => format!("({})", parts.iter().map(|part| type_name(&part)).collect::<Vec<_>>().join(", ")),
            Err(_) => type_name(provided),
        };
        let message = "the function that provides tokens must return a string, or a string and seconds, returned ";
        PyTypeError::new_err(format!("{message}{returned}"))
    };
    let (token, lifetime) = provided.extract::<(String, Bound<'_, PyAny>)>().map_err(|_| wrong())?;
    let seconds = match option_value(&lifetime)? {
        OptionValue::Null => return Ok(token.into()),
        OptionValue::Integer(seconds) => seconds as f64,
        OptionValue::Float(seconds) => seconds,
        OptionValue::Duration(lifetime) => lifetime.as_secs_f64(),
        // Beyond 2^63 seconds.
        OptionValue::LargeInteger(_) => lifetime.extract::<f64>().unwrap_or(f64::INFINITY),
        _ => return Err(wrong()),
    };
    // NaN, too: the token is sent once. A lifetime that no duration can hold has no end.
    let expired = seconds.is_nan() || seconds <= 0.0;
    let lifetime = if expired { Some(Duration::ZERO) } else { Duration::try_from_secs_f64(seconds).ok() };
    Ok((token, lifetime).into())
}
