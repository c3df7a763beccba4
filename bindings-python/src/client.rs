//! The native half of the two clients: the same operations, waited for in two ways.

use std::sync::Arc;

use blynk_webhooks::ClientBuilder;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::bridge::{self, Awaitable};
use crate::calls::{self, Request};
use crate::errors::to_py;
use crate::logs;
use crate::process_client::{Connection, ProcessClient};
use crate::settings;
use crate::signals;

/// The operations, waited for by the calling thread.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct BlockingCalls(Connection);

/// The operations, each as an awaitable of the running event loop.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct AsyncCalls(Connection);

impl BlockingCalls {
    fn run(py: Python<'_>, process_client: &Arc<ProcessClient>, request: Request) -> PyResult<Py<PyAny>> {
        let log = request.log();
        let ended = signals::wait(py, Some(&process_client.client), request);
        logs::flush(py, log.as_ref());
        calls::to_py(py, ended?)
    }
}

impl AsyncCalls {
    fn run(py: Python<'_>, _engine: &Arc<ProcessClient>, request: Request) -> PyResult<Awaitable> {
        bridge::start(py, request)
    }
}

/// Each operation once, for both ways of waiting.
macro_rules! operations {
    ($class:ident -> $value:ty) => {
        #[pymethods]
        impl $class {
            #[new]
            #[pyo3(signature = (settings, /, *, from_env=false))]
            fn new(py: Python<'_>, settings: &Bound<'_, PyDict>, from_env: bool) -> PyResult<Self> {
                let builder = if from_env { ClientBuilder::from_env() } else { Ok(ClientBuilder::default()) };
                let builder = builder.map_err(|error| to_py(py, &error))?;
                Connection::new(py, settings::read(builder, settings)?).map(Self)
            }

            #[pyo3(signature = (options, /))]
            fn list(&self, py: Python<'_>, options: Option<&Bound<'_, PyDict>>) -> PyResult<$value> {
                let process_client = self.0.process_client(py)?;
                Self::run(py, &process_client, calls::list(py, &process_client.client, options)?)
            }

            #[pyo3(signature = (webhook_id, options, /))]
            fn get(
                &self,
                py: Python<'_>,
                webhook_id: &Bound<'_, PyAny>,
                options: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<$value> {
                let process_client = self.0.process_client(py)?;
                Self::run(py, &process_client, calls::get(&process_client.client, webhook_id, options)?)
            }

            #[pyo3(signature = (spec, keywords, /))]
            fn create(
                &self,
                py: Python<'_>,
                spec: Option<&Bound<'_, PyAny>>,
                keywords: &Bound<'_, PyDict>,
            ) -> PyResult<$value> {
                let process_client = self.0.process_client(py)?;
                Self::run(py, &process_client, calls::create(&process_client.client, spec, keywords)?)
            }

            #[pyo3(signature = (webhook_id, spec, options, /))]
            fn update(
                &self,
                py: Python<'_>,
                webhook_id: &Bound<'_, PyAny>,
                spec: &Bound<'_, PyAny>,
                options: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<$value> {
                let process_client = self.0.process_client(py)?;
                Self::run(py, &process_client, calls::update(&process_client.client, webhook_id, spec, options)?)
            }

            #[pyo3(signature = (webhook_id, keywords, /))]
            fn patch(
                &self,
                py: Python<'_>,
                webhook_id: &Bound<'_, PyAny>,
                keywords: &Bound<'_, PyDict>,
            ) -> PyResult<$value> {
                let process_client = self.0.process_client(py)?;
                Self::run(py, &process_client, calls::patch(&process_client.client, webhook_id, keywords)?)
            }

            #[pyo3(signature = (webhook_id, options, /))]
            fn delete(
                &self,
                py: Python<'_>,
                webhook_id: &Bound<'_, PyAny>,
                options: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<$value> {
                let process_client = self.0.process_client(py)?;
                Self::run(py, &process_client, calls::delete(&process_client.client, webhook_id, options)?)
            }

            #[pyo3(signature = (webhook_id, options, /))]
            fn enable(
                &self,
                py: Python<'_>,
                webhook_id: &Bound<'_, PyAny>,
                options: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<$value> {
                let process_client = self.0.process_client(py)?;
                Self::run(py, &process_client, calls::enable(&process_client.client, webhook_id, options)?)
            }

            #[pyo3(signature = (webhook_id, options, /))]
            fn disable(
                &self,
                py: Python<'_>,
                webhook_id: &Bound<'_, PyAny>,
                options: Option<&Bound<'_, PyDict>>,
            ) -> PyResult<$value> {
                let process_client = self.0.process_client(py)?;
                Self::run(py, &process_client, calls::disable(&process_client.client, webhook_id, options)?)
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
    };
}

operations!(BlockingCalls -> Py<PyAny>);
operations!(AsyncCalls -> Awaitable);
