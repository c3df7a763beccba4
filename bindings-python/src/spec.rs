//! `WebhookSpec`: what a user decides about a webhook.

use std::hash::{DefaultHasher, Hash, Hasher};

use blynk_webhooks::bindings::{REDACTED, redacted};
use blynk_webhooks::{Code, Field, FieldValue, Purpose, Violation as Finding, WebhookSpec as Spec};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::errors::invalid;
use crate::fields::{self, EXTRA, FieldArguments, settable};
use crate::json;
use crate::properties::HasFields;
use crate::pydantic;
use crate::rendered::RenderedRequest;
use crate::violation::Violation;

/// What a user decides about a webhook: frozen, every field optional, checked by ``validate()``.
///
/// All fields are keywords. Strings are taken wherever enum members are; ``extra`` holds fields that
/// this version does not know, by their wire names, and sends them as they are.
///
/// Raises ``ValidationError`` if a value has the wrong type or a keyword is unknown.
///
/// Example::
///
///     spec = WebhookSpec(
///         name="Device Status Notification",
///         trigger="DEVICE_ADDED",
///         url="https://example.com/webhook/{device_id}",
///         method="POST",
///         content_type="JSON",
///         auth_type="NONE",
///         body='{"device_id": "{device_id}"}',
///     )
///     assert spec.validate() == []
#[pyclass(frozen, eq, module = "blynk_webhooks")]
#[derive(PartialEq)]
pub(crate) struct WebhookSpec(pub(crate) Spec);

impl HasFields for WebhookSpec {
    fn field(&self, field: Field) -> Option<FieldValue<'_>> {
        self.0.get(field)
    }
}

/// The hash of a value, as Python has it.
pub(crate) fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[pymethods]
impl WebhookSpec {
    #[new]
    #[pyo3(signature = (**fields))]
    fn new(fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let Some(fields) = fields else { return Ok(Self(Spec::default())) };
        FieldArguments::of_keywords(fields)?.spec(fields.py(), None).map(Self)
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, settable().into_iter().map(Field::snake).chain([EXTRA]).collect::<Vec<_>>())
    }

    /// Fields this version does not know, by their wire names; sent as they are.
    #[getter]
    fn extra<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let extra = PyDict::new(py);
        for (name, value) in &self.0.extra {
            extra.set_item(name, json::parse(py, value.as_str())?)?;
        }
        Ok(extra)
    }

    /// A copy with the named fields replaced; ``None`` takes a field away, ``extra`` is replaced as a whole.
    ///
    /// Raises ``ValidationError`` as the constructor does.
    ///
    /// Example::
    ///
    ///     renamed = spec.replace(name="Doors", body=None)
    #[pyo3(signature = (**changes))]
    fn replace(&self, changes: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let Some(changes) = changes else { return Ok(Self(self.0.clone())) };
        FieldArguments::of_keywords(changes)?.replaced(changes.py(), &self.0).map(Self)
    }

    /// What ``copy.replace`` of Python 3.13 calls.
    #[pyo3(signature = (**changes))]
    fn __replace__(&self, changes: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        self.replace(changes)
    }

    /// The spec as a dict with the wire's names; absent fields are left out. Holds the spec's secrets.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        json::parse(py, &self.0.to_json())
    }

    /// A spec of a mapping with the wire's names. Read-only fields are left out, so a whole webhook may be given;
    /// unknown ones go to ``extra``.
    ///
    /// Raises ``ValidationError`` if a value has the wrong type.
    ///
    /// Example::
    ///
    ///     spec = WebhookSpec.from_dict({"name": "Doors", "trigger": "DEVICE_ADDED", "contentType": "JSON"})
    #[classmethod]
    #[pyo3(signature = (mapping, /))]
    fn from_dict(_class: &Bound<'_, PyType>, mapping: &Bound<'_, PyAny>) -> PyResult<Self> {
        fields::spec_of_mapping(mapping, None).map(Self)
    }

    /// The spec as JSON text with the wire's names, as it is sent: every number as it was given.
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// A spec of JSON text: as ``from_dict``, but nothing is lost, also of numbers that Python's floats cannot hold.
    ///
    /// Example::
    ///
    ///     spec = WebhookSpec.from_json('{"name": "Doors", "formBody": {"limit": 1e400}}')
    #[classmethod]
    #[pyo3(signature = (text, /))]
    fn from_json(class: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        Spec::from_json(text).map(Self).map_err(|violations| invalid(class.py(), violations))
    }

    /// Every finding about this spec at once; an empty list: nothing to say. Nothing is raised and nothing is sent.
    ///
    /// ``purpose`` is ``"create"``, ``"update"`` or ``None`` (not decided): only an update may set ``status``.
    #[pyo3(signature = (purpose=None))]
    fn validate(&self, py: Python<'_>, purpose: Option<&str>) -> PyResult<Vec<Violation>> {
        let purpose = match purpose {
            None => Purpose::Either,
            Some("create") => Purpose::Create,
            Some("update") => Purpose::Update,
            Some(_) => {
                let message = "must be 'create', 'update' or None";
                return Err(invalid(py, vec![Finding::error("purpose", Code::UnknownValue, message)]));
            }
        };
        Ok(self.0.validate_for(purpose).iter().map(Violation::from).collect())
    }

    /// Names of the placeholders in the URL and the body, each once, in order of appearance.
    fn placeholders(&self) -> Vec<String> {
        self.0.placeholders()
    }

    /// The request that the webhook sends for these placeholder values; nothing is sent here.
    ///
    /// Raises ``ValidationError`` if a value is missing or the URL becomes invalid.
    ///
    /// Example::
    ///
    ///     spec.render({"device_id": 7}).url
    #[pyo3(signature = (values, /))]
    fn render(&self, values: &Bound<'_, PyAny>) -> PyResult<RenderedRequest> {
        let py = values.py();
        let mut faults = Vec::new();
        let members = json::members("values", values, &mut faults)?;
        if !faults.is_empty() {
            return Err(invalid(py, faults));
        }
        let values = serde_json::from_str(&json::object(&members)).map_err(|problem| {
            invalid(py, vec![Finding::error("values", Code::WrongType, format!("cannot be read: {problem}"))])
        })?;
        self.0.render(&values).map(RenderedRequest::from).map_err(|violations| invalid(py, violations))
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.0)
    }

    /// Shows no secret.
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let extra: Vec<_> = self.0.extra.iter().map(|(name, _)| name.as_str()).collect();
        repr("WebhookSpec", &shown(py, &settable(), self, &extra)?)
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

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let restore = py.import("blynk_webhooks._native")?.getattr("restore_spec")?;
        (restore, (self.0.to_json(), self.0.trusted_values())).into_pyobject(py)
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

/// Rebuilds a pickled spec, with the unknown values that it trusts; others stay a person's.
#[pyfunction]
#[pyo3(name = "restore_spec", signature = (text, trusted, /))]
pub(crate) fn restore_spec(py: Python<'_>, text: &str, trusted: Vec<String>) -> PyResult<WebhookSpec> {
    let mut spec = Spec::from_json(text).map_err(|violations| invalid(py, violations))?;
    spec.trust_values(trusted);
    Ok(WebhookSpec(spec))
}

/// The fields that are set, as the core says that they may be shown, by Python's names.
pub(crate) fn shown<'py>(
    py: Python<'py>,
    fields: &[Field],
    holder: &impl HasFields,
    extra: &[&str],
) -> PyResult<Bound<'py, PyDict>> {
    let shown = PyDict::new(py);
    for field in fields {
        if let Some(value) = holder.field(*field) {
            shown.set_item(field.snake(), json::parse(py, &redacted(*field, &value))?)?;
        }
    }
    if !extra.is_empty() {
        let hidden = PyDict::new(py);
        extra.iter().try_for_each(|name| hidden.set_item(name, REDACTED))?;
        shown.set_item(EXTRA, hidden)?;
    }
    Ok(shown)
}

/// What may be shown, in Python's notation.
pub(crate) fn repr(class: &str, shown: &Bound<'_, PyDict>) -> PyResult<String> {
    let fields: Vec<_> =
        shown.iter().map(|(name, value)| Ok(format!("{name}={}", value.repr()?))).collect::<PyResult<_>>()?;
    Ok(format!("{class}({})", fields.join(", ")))
}
