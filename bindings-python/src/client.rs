//! The native half of the two clients: the same operations, waited for in two ways.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::bridge::{self, Awaitable};
use crate::calls::{self, Arguments};
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
        Connection::new(settings, false).map(Self)
    }

    #[pyo3(signature = (operation, given, options, unknown, with_response=false, /))]
    fn run(
        &self,
        py: Python<'_>,
        operation: &str,
        given: &Bound<'_, PyTuple>,
        options: &Bound<'_, PyTuple>,
        unknown: &Bound<'_, PyDict>,
        with_response: bool,
    ) -> PyResult<Py<PyAny>> {
        let client = self.0.client(py)?;
        let arguments = Arguments { operation, given, options, unknown, with_response };
        let request = arguments.request(py, &client, self.0.observers())?;
        let observation = request.observation();
        let ended = signals::wait(py, Some(&client), request);
        observation.end(py, ended.and_then(|outcome| calls::to_py(py, outcome)))
    }

    /// The same client, whose calls have these options where they say nothing else.
    #[pyo3(signature = (options, /))]
    fn with_options(&self, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        self.0.with_options(options).map(Self)
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.0.close(py)
    }

    #[getter]
    fn base_url(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.client(py)?.base_url().into())
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
        Connection::new(settings, true).map(Self)
    }

    #[pyo3(signature = (operation, given, options, unknown, with_response=false, /))]
    fn run(
        &self,
        py: Python<'_>,
        operation: &str,
        given: &Bound<'_, PyTuple>,
        options: &Bound<'_, PyTuple>,
        unknown: &Bound<'_, PyDict>,
        with_response: bool,
    ) -> PyResult<Awaitable> {
        let client = self.0.client(py)?;
        let arguments = Arguments { operation, given, options, unknown, with_response };
        bridge::start(py, arguments.request(py, &client, self.0.observers())?)
    }

    /// The same client, whose calls have these options where they say nothing else.
    #[pyo3(signature = (options, /))]
    fn with_options(&self, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        self.0.with_options(options).map(Self)
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.0.close(py)
    }

    #[getter]
    fn base_url(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.0.client(py)?.base_url().into())
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}
