//! `RenderedRequest`: the request a webhook sends.

use blynk_webhooks::bindings::without_credentials;
use blynk_webhooks::{Method, RenderedRequest as Rendered};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::enums;

/// The request that a webhook sends for given placeholder values.
///
/// Example::
///
///     request = spec.render({"device_id": 7})
///     print(request.method, request.url, request.headers, request.body)
#[pyclass(frozen, eq, module = "blynk_webhooks")]
#[derive(PartialEq)]
pub(crate) struct RenderedRequest(Rendered);

impl From<Rendered> for RenderedRequest {
    fn from(request: Rendered) -> Self {
        Self(request)
    }
}

#[pymethods]
impl RenderedRequest {
    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["method", "url", "headers", "body"])
    }

    /// HTTP method: a ``Method``, or a string newer than this version.
    #[getter]
    fn method<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        enums::member(py, enums::members(py, &Method::INFO), self.0.method.as_str())
    }

    /// URL with every placeholder replaced and percent-encoded.
    #[getter]
    fn url(&self) -> &str {
        &self.0.url
    }

    /// Headers by name; ``Content-Type`` where there is a body.
    #[getter]
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let headers = PyDict::new(py);
        for (name, value) in &self.0.headers {
            headers.set_item(name, value)?;
        }
        Ok(headers)
    }

    /// Body with every placeholder replaced and escaped for where it stands.
    #[getter]
    fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// Shows neither credentials in the URL nor the body.
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let url = PyString::new(py, &without_credentials(&self.0.url)).repr()?.to_string();
        let body =
            self.0.body.as_ref().map_or_else(|| "None".into(), |body| format!("<{} characters>", body.chars().count()));
        Ok(format!("RenderedRequest(method='{}', url={url}, body={body})", self.0.method))
    }

    /// What ``vars()`` shows.
    #[getter(__dict__)]
    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = PyDict::new(py);
        fields.set_item("method", self.0.method.as_str())?;
        fields.set_item("url", &self.0.url)?;
        fields.set_item("headers", self.headers(py)?)?;
        fields.set_item("body", self.0.body.as_deref())?;
        Ok(fields)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let restore = py.import("blynk_webhooks._native")?.getattr("restore_rendered")?;
        let fields = (self.0.method.as_str(), &self.0.url, &self.0.headers, self.0.body.as_deref());
        (restore, fields).into_pyobject(py)
    }
}

/// Rebuilds a pickled request.
#[pyfunction]
#[pyo3(signature = (method, url, headers, body, /))]
pub(crate) fn restore_rendered(
    method: &str,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
) -> RenderedRequest {
    RenderedRequest(blynk_webhooks::bindings::rendered(method.into(), url, headers, body))
}
