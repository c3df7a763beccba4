//! Findings.

use blynk_webhooks::Naming;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::pydantic;

/// One finding about a webhook specification or an argument.
///
/// Example::
///
///     for violation in WebhookSpec(name="Doors").validate():
///         print(violation.path, violation.code, violation.message)
#[pyclass(frozen, eq, hash, module = "blynk_webhooks")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Violation {
    /// Where: the wire name of a field, with an index inside lists, e.g. ``failureReceivers[3]``, or the name of an
    /// argument.
    #[pyo3(get)]
    path: String,
    /// What kind, a stable text, e.g. ``too_long``.
    #[pyo3(get)]
    code: String,
    /// What is wrong and what to do. Never holds a secret.
    #[pyo3(get)]
    message: String,
    /// ``"error"`` (stops a call) or ``"warning"`` (never does).
    #[pyo3(get)]
    severity: String,
}

impl From<&blynk_webhooks::Violation> for Violation {
    fn from(violation: &blynk_webhooks::Violation) -> Self {
        Self {
            path: violation.path_in(Naming::Python).into_owned(),
            code: violation.code.as_str().into(),
            message: violation.message.render(Naming::Python),
            severity: violation.severity.as_str().into(),
        }
    }
}

#[pymethods]
impl Violation {
    #[new]
    fn new(path: String, code: String, message: String, severity: String) -> Self {
        Self { path, code, message, severity }
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["path", "code", "message", "severity"])
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields =
            [("path", &self.path), ("code", &self.code), ("message", &self.message), ("severity", &self.severity)];
        let shown = fields.map(|(name, value)| Ok(format!("{name}={}", PyString::new(py, value).repr()?)));
        Ok(format!("Violation({})", shown.into_iter().collect::<PyResult<Vec<_>>>()?.join(", ")))
    }

    fn __str__(&self) -> String {
        let colon = if self.path.is_empty() { "" } else { ": " };
        format!("{}{colon}{} [{}]", self.path, self.message, self.code)
    }

    /// What ``vars()`` shows.
    #[getter(__dict__)]
    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = PyDict::new(py);
        let values =
            [("path", &self.path), ("code", &self.code), ("message", &self.message), ("severity", &self.severity)];
        values.into_iter().try_for_each(|(name, value)| fields.set_item(name, value))?;
        Ok(fields)
    }

    #[classmethod]
    #[pyo3(signature = (source, handler, /))]
    fn __get_pydantic_core_schema__<'py>(
        class: &Bound<'py, PyType>,
        source: &Bound<'py, PyAny>,
        handler: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _ = (source, handler);
        pydantic::schema_of(class)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyAny>, (String, String, String, String)) {
        let Self { path, code, message, severity } = slf.get().clone();
        (slf.get_type().into_any(), (path, code, message, severity))
    }
}
