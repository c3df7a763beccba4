//! The emulator: started, commanded and stopped from Python.

use std::sync::Arc;

use blynk_webhooks::OptionValue;
use blynk_webhooks_emulator::{Emulator, EmulatorBuilder, State};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::bridge::{self, Awaitable};
use crate::calls;
use crate::errors::{config, invalid};
use crate::fork;
use crate::json::{self, type_name};
use crate::options;
use crate::request::{Answer, Observation, Request};
use crate::signals;

/// A running emulator; it stops when this object goes, at the latest.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct EmulatorServer {
    emulator: Arc<Emulator>,
    generation: u32,
}

impl EmulatorServer {
    /// A command as a request: `parameters` go to the emulator as they are, named as on its JSON way in.
    fn request(&self, command: &str, parameters: &Bound<'_, PyAny>) -> PyResult<Request> {
        let py = parameters.py();
        if self.generation != fork::generation() {
            return Err(config(py, "the emulator runs in the process that made it; ask it there"));
        }
        let mut faults = Vec::new();
        let with = json::members(command, parameters, &mut faults)?;
        if !faults.is_empty() {
            return Err(invalid(py, faults));
        }
        let mut text = vec![("do".into(), serde_json::Value::from(command).to_string())];
        if !with.is_empty() {
            text.push(("with".into(), json::object(&with)));
        }
        let text = json::object(&text);
        let emulator = Arc::clone(&self.emulator);
        Ok(Request::new(async move { emulator.command(&text).await.map(Answer::Json) }, Observation::default()))
    }
}

#[pymethods]
impl EmulatorServer {
    /// `state`: a mapping, or JSON text.
    #[new]
    #[pyo3(signature = (port, state, allow_remote_targets, allow_targets, target_ca, /))]
    fn new(
        py: Python<'_>,
        port: &Bound<'_, PyAny>,
        state: Option<&Bound<'_, PyAny>>,
        allow_remote_targets: &Bound<'_, PyAny>,
        allow_targets: &Bound<'_, PyAny>,
        target_ca: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let number = match options::option_value(port)? {
            OptionValue::Integer(number) => u16::try_from(number).ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| config(py, "port must be an integer from 0 (any free one) to 65535"))?;
        let wrong = |name: &str, expected: &str, value: &Bound<'_, PyAny>| {
            config(py, format!("{name} must be {expected}, is {}", type_name(value)))
        };
        let allow_remote_targets = allow_remote_targets
            .extract::<bool>()
            .map_err(|_| wrong("allow_remote_targets", "a boolean", allow_remote_targets))?;
        let allow_targets = allow_targets
            .try_iter()
            .and_then(|hosts| hosts.map(|host| host?.extract::<String>()).collect::<PyResult<Vec<_>>>())
            .ok()
            .filter(|_| !allow_targets.is_instance_of::<PyString>())
            .ok_or_else(|| wrong("allow_targets", "a list of hosts", allow_targets))?;
        let mut builder = Emulator::builder().port(number).allow_remote_targets(allow_remote_targets);
        builder = allow_targets.into_iter().fold(builder, EmulatorBuilder::allow_target);
        match options::option_value(target_ca)? {
            OptionValue::Null => {}
            OptionValue::Text(pem) => builder = builder.target_ca_pem(pem),
            _ => return Err(wrong("target_ca", "PEM text or bytes", target_ca)),
        }
        if let Some(state) = state {
            let state = State::from_json(&json_text(state)?);
            builder = builder.state(state.map_err(|problem| config(py, format!("state cannot be read: {problem}")))?);
        }
        let started = py.detach(|| builder.start()).map_err(|problem| {
            match problem.is_about_state() || problem.is_about_settings() {
                true => config(py, problem.to_string()),
                false => PyOSError::new_err(problem.to_string()),
            }
        })?;
        Ok(Self { emulator: Arc::new(started), generation: fork::generation() })
    }

    #[getter]
    fn url(&self) -> &str {
        self.emulator.url()
    }

    #[getter]
    fn client_id(&self) -> &str {
        self.emulator.client_id()
    }

    #[getter]
    fn client_secret(&self) -> &str {
        self.emulator.client_secret()
    }

    #[pyo3(signature = (command, parameters, /))]
    fn command(&self, py: Python<'_>, command: &str, parameters: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let request = self.request(command, parameters)?;
        calls::to_py(py, signals::wait(py, None, request)?)
    }

    #[pyo3(signature = (command, parameters, /))]
    fn command_async(&self, py: Python<'_>, command: &str, parameters: &Bound<'_, PyAny>) -> PyResult<Awaitable> {
        bridge::start(py, self.request(command, parameters)?)
    }

    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.emulator.stop());
    }

    /// Refuses JSON text that is no state.
    #[staticmethod]
    #[pyo3(signature = (text, /))]
    fn check_state(py: Python<'_>, text: &str) -> PyResult<()> {
        State::from_json(text).map(drop).map_err(|problem| config(py, format!("state cannot be read: {problem}")))
    }

    /// The state as JSON text, every number as it is.
    fn snapshot_json(&self) -> String {
        self.emulator.snapshot().to_json()
    }
}

/// The text of a state: JSON text itself, or a mapping.
fn json_text(state: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = state.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    let mut faults = Vec::new();
    json::text("state", state, &mut faults)?.ok_or_else(|| invalid(state.py(), faults))
}
