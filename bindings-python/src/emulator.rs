//! The emulator: started and stopped from Python.

use blynk_webhooks_emulator::Emulator;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

use crate::errors::config;

/// A running emulator; it stops when this object goes, at the latest.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct EmulatorServer(Emulator);

#[pymethods]
impl EmulatorServer {
    #[new]
    #[pyo3(signature = (port, /))]
    fn new(py: Python<'_>, port: &Bound<'_, PyAny>) -> PyResult<Self> {
        let number = crate::options::integer("port", port).ok().and_then(|port| u16::try_from(port).ok());
        let number = number.ok_or_else(|| config(py, "port must be an integer from 0 (any free one) to 65535"))?;
        let started = py.detach(|| Emulator::builder().port(number).start());
        started.map(Self).map_err(|problem| PyOSError::new_err(problem.to_string()))
    }

    #[getter]
    fn url(&self) -> &str {
        self.0.url()
    }

    #[getter]
    fn client_id(&self) -> &str {
        self.0.client_id()
    }

    #[getter]
    fn client_secret(&self) -> &str {
        self.0.client_secret()
    }

    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.0.stop());
    }
}
