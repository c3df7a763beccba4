//! The native half of the two clients: the same operations, waited for in two ways.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::bridge::{self, Awaitable};
use crate::calls::{self, Arguments};
use crate::options;
use crate::plan::{self, NativePlan};
use crate::process_client::Connection;
use crate::request::Request;
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
        let arguments = Arguments { operation, given, options, unknown, with_response, reads_late: false };
        let request = arguments.request(py, &client, self.0.observers())?;
        let observation = request.observation();
        let ended = signals::wait(py, Some(&client), request);
        observation.end(py, ended.and_then(|outcome| calls::to_py(py, outcome)))
    }

    #[pyo3(signature = (desired, org_id, resend_secrets, /))]
    fn plan(
        &self,
        py: Python<'_>,
        desired: &Bound<'_, PyAny>,
        org_id: Option<&Bound<'_, PyAny>>,
        resend_secrets: bool,
    ) -> PyResult<Py<PyAny>> {
        let org_id = org_id.map(|org_id| options::id("org_id", org_id)).transpose()?;
        let request = plan::make(desired, self.0.client(py)?, org_id, resend_secrets, self.0.observers())?;
        wait_beside(py, request)
    }

    #[pyo3(signature = (plan, concurrency, digest, on_progress, /))]
    fn apply(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, NativePlan>,
        concurrency: usize,
        digest: Option<String>,
        on_progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let client = self.0.client(py)?;
        let request = plan::apply(plan, client, concurrency, digest, on_progress, self.0.observers())?;
        wait_beside(py, request)
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

/// Waits for what makes several requests at once, which one thread with a connection of its own could not.
fn wait_beside(py: Python<'_>, request: Request) -> PyResult<Py<PyAny>> {
    let observation = request.observation();
    let ended = signals::wait(py, None, request);
    observation.end(py, ended.and_then(|outcome| calls::to_py(py, outcome)))
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
        let arguments = Arguments { operation, given, options, unknown, with_response, reads_late: true };
        bridge::start(py, arguments.request(py, &client, self.0.observers())?)
    }

    #[pyo3(signature = (desired, org_id, resend_secrets, /))]
    fn plan(
        &self,
        py: Python<'_>,
        desired: &Bound<'_, PyAny>,
        org_id: Option<&Bound<'_, PyAny>>,
        resend_secrets: bool,
    ) -> PyResult<Awaitable> {
        let org_id = org_id.map(|org_id| options::id("org_id", org_id)).transpose()?;
        let request = plan::make(desired, self.0.client(py)?, org_id, resend_secrets, self.0.observers())?;
        bridge::start(py, request)
    }

    #[pyo3(signature = (plan, concurrency, digest, on_progress, /))]
    fn apply(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, NativePlan>,
        concurrency: usize,
        digest: Option<String>,
        on_progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Awaitable> {
        let client = self.0.client(py)?;
        let request = plan::apply(plan, client, concurrency, digest, on_progress, self.0.observers())?;
        bridge::start(py, request)
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
