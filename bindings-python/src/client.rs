//! The native half of the two clients: the same operations, waited for in two ways.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::bridge::{self, Awaitable};
use crate::calls::{self, Arguments};
use crate::logs;
use crate::process_client::Connection;
use crate::signals;

/// The operations, waited for by the calling thread.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct BlockingCalls(Connection);

/// The operations, each as an awaitable of the running event loop.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct AsyncCalls(Connection);

#[pymethods]
impl BlockingCalls {
    #[new]
    #[pyo3(signature = (settings, /))]
    fn new(settings: &Bound<'_, PyDict>) -> PyResult<Self> {
        Connection::new(settings).map(Self)
    }

    #[pyo3(signature = (operation, given, options, unknown, /))]
    fn run(
        &self,
        py: Python<'_>,
        operation: &str,
        given: &Bound<'_, PyTuple>,
        options: &Bound<'_, PyTuple>,
        unknown: &Bound<'_, PyDict>,
    ) -> PyResult<Py<PyAny>> {
        let process_client = self.0.process_client(py)?;
        let request = Arguments { operation, given, options, unknown }.request(py, &process_client.client)?;
        let log = request.log();
        let ended = signals::wait(py, Some(&process_client.client), request);
        logs::flush(py, log.as_ref());
        calls::to_py(py, ended?)
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.0.close(py)
    }

    #[getter]
    fn base_url(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.process_client(py)?.client.base_url().into())
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

#[pymethods]
impl AsyncCalls {
    #[new]
    #[pyo3(signature = (settings, /))]
    fn new(settings: &Bound<'_, PyDict>) -> PyResult<Self> {
        Connection::new(settings).map(Self)
    }

    #[pyo3(signature = (operation, given, options, unknown, /))]
    fn run(
        &self,
        py: Python<'_>,
        operation: &str,
        given: &Bound<'_, PyTuple>,
        options: &Bound<'_, PyTuple>,
        unknown: &Bound<'_, PyDict>,
    ) -> PyResult<Awaitable> {
        let process_client = self.0.process_client(py)?;
        bridge::start(py, Arguments { operation, given, options, unknown }.request(py, &process_client.client)?)
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.0.close(py)
    }

    #[getter]
    fn base_url(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.process_client(py)?.client.base_url().into())
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}
