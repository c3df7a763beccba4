//! What pydantic asks the values for.

use pyo3::prelude::*;
use pyo3::types::PyType;

/// How pydantic reads and writes values of a class; only pydantic itself asks.
pub(crate) fn schema_of<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    class.py().import("blynk_webhooks._pydantic")?.call_method1("core_schema_of", (class,))
}
