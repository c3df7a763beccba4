//! The methods of `Webhook`: what the server holds, converted field by field when it is read.

use blynk_webhooks::{Code, Field, FieldValue, Violation, Webhook as Held};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::errors::invalid;
use crate::fields::{FieldArguments, settable};
use crate::json;
use crate::properties::HasFields;
use crate::pydantic;
use crate::spec::{WebhookSpec, hash_of, repr, shown};
use crate::webhook_class::{Kept, Webhook};

impl HasFields for Webhook {
    fn field(&self, field: Field) -> Option<FieldValue<'_>> {
        self.0.get(field)
    }
}

#[pymethods]
impl Webhook {
    #[new]
    #[pyo3(signature = (id, **fields))]
    fn new(id: &Bound<'_, PyAny>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let py = id.py();
        let mut given = FieldArguments::default();
        given.take(Field::Id, id)?;
        if let Some(fields) = fields {
            given.take_all(fields, Field::ALL)?;
        }
        read(py, &given.object(py)?)
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["id", "name", "trigger", "url", "status"])
    }

    /// Fields this version does not know, by their wire names.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let extra = PyDict::new(py);
        for (name, value) in self.0.extra() {
            extra.set_item(name, json::parse(py, value)?)?;
        }
        Ok(extra)
    }

    /// What a user decides of it: a ``WebhookSpec``, ready to change and send back.
    #[getter]
    fn spec(&self) -> WebhookSpec {
        WebhookSpec(self.0.spec())
    }

    /// The webhook as a dict with the wire's names, times in milliseconds since 1970. Holds its secrets.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::parse(py, &self.0.to_json())
    }

    /// A webhook of a mapping with the wire's names, e.g. one that was stored.
    ///
    /// Raises ``ValidationError`` if ``id`` is absent or a value has the wrong type.
    #[classmethod]
    #[pyo3(signature = (mapping, /))]
    fn from_dict(class: &Bound<'_, PyType>, mapping: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut faults = Vec::new();
        let members = json::members("webhook", mapping, &mut faults)?;
        if faults.is_empty() { read(class.py(), &json::object(&members)) } else { Err(invalid(class.py(), faults)) }
    }

    /// The webhook as JSON text with the wire's names: every value as the server wrote it. Holds its secrets.
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// A webhook of JSON text, as ``from_dict``, but nothing is lost, also of numbers that Python's floats cannot
    /// hold.
    #[classmethod]
    #[pyo3(signature = (text, /))]
    fn from_json(class: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        read(class.py(), text)
    }

    fn __hash__(&self) -> u64 {
        hash_of(&*self.0)
    }

    /// The fields that are set, without secrets.
    #[pyo3(name = "_shown")]
    fn shown<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let extra = self.0.extra();
        let extra: Vec<_> = extra.iter().map(|(name, _)| *name).collect();
        let fields: Vec<_> = [Field::Id].into_iter().chain(settable()).collect();
        shown(py, &fields, self, &extra)
    }

    /// A table for notebooks, without secrets.
    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        slf.py().import("blynk_webhooks._table")?.call_method1("html", ([slf],))?.extract()
    }

    /// Shows no secret.
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        repr("Webhook", &self.shown(py)?)
    }

    /// What ``vars()`` shows: the wire's names.
    #[getter(__dict__)]
    fn dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.to_dict(py)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("from_json")?, (slf.get().0.to_json(),)))
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
}

fn read(py: Python<'_>, text: &str) -> PyResult<Webhook> {
    Held::from_json(text).map(|held| Webhook(Kept::One(held.into()))).map_err(|problem| {
        invalid(py, vec![Violation::error("webhook", Code::WrongType, format!("is not a webhook: {problem}"))])
    })
}
