//! `WebhookSpec`: what a person decides about a webhook.

use std::hash::{DefaultHasher, Hash, Hasher};

use blynk_webhooks::{Code, Json, Purpose, Violation as Finding, WebhookSpec as Spec};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use crate::enums;
use crate::errors::invalid;
use crate::fields::{self, EXTRA, FIELDS};
use crate::json;
use crate::rendered::RenderedRequest;
use crate::violation::Violation;

/// What a person decides about a webhook: frozen, every field optional, checked by ``validate()``.
///
/// All fields are keywords. Strings are taken wherever enum members are; ``extra`` holds fields that
/// this version does not know, by their wire names, and sends them as they are.
///
/// Raises ``ValidationError`` where a value has the wrong type or a keyword is unknown.
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

/// An optional JSON value as a Python value.
pub(crate) fn parsed<'py>(py: Python<'py>, text: Option<&str>) -> PyResult<Option<Bound<'py, PyAny>>> {
    text.map(|text| json::parse(py, text)).transpose()
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
    #[pyo3(signature = (**fields), text_signature = "(*, name=None, trigger=None, data_trigger=None, url=None, method=None, content_type=None, auth_type=None, body=None, oauth2_request=None, failure_receivers=None, failure_limit=None, status=None, extra=None)")]
    fn new(fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        fields.map_or_else(|| Ok(Self(Spec::default())), |fields| fields::spec(fields).map(Self))
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        let names: Vec<_> = FIELDS.iter().map(|(keyword, _)| *keyword).chain([EXTRA]).collect();
        PyTuple::new(py, names)
    }

    /// Name, at most 100 characters. Required by the API.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The event that runs the webhook: a ``Trigger``, or a string newer than this version. Required by the API.
    #[getter]
    fn trigger(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.trigger.as_ref())
    }

    /// A JSON object; the API requires it for datastream and log-event triggers.
    #[getter]
    fn data_trigger<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        parsed(py, self.0.data_trigger.as_ref().map(Json::as_str))
    }

    /// Absolute http(s) URL, at most 512 characters; may hold placeholders. Required by the API.
    #[getter]
    fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// HTTP method: a ``Method``, or a string newer than this version. Required by the API.
    #[getter]
    fn method(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.method.as_ref())
    }

    /// How the body is written: a ``ContentType``, or a string newer than this version. Required by the API.
    #[getter]
    fn content_type(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.content_type.as_ref())
    }

    /// How the webhook authenticates: an ``AuthType``, or a string newer than this version. Required by the API.
    #[getter]
    fn auth_type(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.auth_type.as_ref())
    }

    /// Body template, at most 1,024 characters; may hold placeholders.
    #[getter]
    fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// A JSON object, needed where ``auth_type`` is ``OAUTH2``. Holds a secret, which ``repr`` leaves out.
    #[getter]
    fn oauth2_request<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        parsed(py, self.0.oauth2_request.as_ref().map(Json::as_str))
    }

    /// IDs of the users to tell of failures, at most 10.
    #[getter]
    fn failure_receivers(&self) -> Option<Vec<i64>> {
        self.0.failure_receivers.clone()
    }

    /// Consecutive failures before the platform disables the webhook.
    #[getter]
    fn failure_limit(&self) -> Option<i32> {
        self.0.failure_limit
    }

    /// A ``Status``, or a string newer than this version. An update may set it, a create may not.
    #[getter]
    fn status(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.status.as_ref())
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
        changes.map_or_else(|| Ok(Self(self.0.clone())), |changes| fields::replace(&self.0, changes).map(Self))
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
    /// Raises ``ValidationError`` where a value has the wrong type.
    ///
    /// Example::
    ///
    ///     spec = WebhookSpec.from_dict({"name": "Doors", "trigger": "DEVICE_ADDED", "contentType": "JSON"})
    #[classmethod]
    #[pyo3(signature = (mapping, /))]
    fn from_dict(_class: &Bound<'_, PyType>, mapping: &Bound<'_, PyAny>) -> PyResult<Self> {
        fields::spec_of_mapping(mapping).map(Self)
    }

    /// The spec as JSON text with the wire's names, as it is sent.
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// A spec of JSON text: as ``from_dict``, large numbers untouched.
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
    /// Raises ``ValidationError`` where a value is missing or the URL becomes none.
    ///
    /// Example::
    ///
    ///     spec.render({"device_id": 7}).url
    #[pyo3(signature = (values, /))]
    fn render(&self, values: &Bound<'_, PyAny>) -> PyResult<RenderedRequest> {
        let py = values.py();
        let mut faults = Vec::new();
        let members = json::members("values", values, &mut faults);
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
        repr(py, &self.0).map(|fields| format!("WebhookSpec({fields})"))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let restore = py.import("blynk_webhooks._native")?.getattr("restore_spec")?;
        let text = self.0.to_json();
        let trusted = trusted(&self.0, &text);
        (restore, (text, trusted)).into_pyobject(py)
    }

    #[classmethod]
    #[pyo3(signature = (source, handler, /))]
    fn __get_pydantic_core_schema__<'py>(
        class: &Bound<'py, PyType>,
        source: &Bound<'py, PyAny>,
        handler: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _ = (source, handler);
        class.py().import("blynk_webhooks._pydantic")?.call_method1("core_schema_of", (class,))
    }
}

/// The unknown values that the spec trusts, because they came from the server: those which it only warns of.
fn trusted(spec: &Spec, text: &str) -> Vec<String> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let warned = |finding: &Finding| finding.code == Code::UnknownValue && !finding.is_error();
    let value = |finding: Finding| fields.get(&finding.path)?.as_str().map(String::from);
    spec.validate().into_iter().filter(warned).filter_map(value).collect()
}

/// Rebuilds a pickled spec, with the unknown values that it trusts; others stay a person's.
#[pyfunction]
#[pyo3(name = "restore_spec", signature = (text, trusted, /))]
pub(crate) fn restore_spec(py: Python<'_>, text: &str, trusted: Vec<String>) -> PyResult<WebhookSpec> {
    let mut spec = Spec::from_json(text).map_err(|violations| invalid(py, violations))?;
    spec.trust_values(trusted);
    Ok(WebhookSpec(spec))
}

/// The fields that are set, in Python's notation and without secrets, by the core's rules of what may be shown.
pub(crate) fn repr(py: Python<'_>, spec: &Spec) -> PyResult<String> {
    const HIDDEN: &str = "<redacted>";
    let mut shown = Vec::new();
    let show = |value: &str| pyo3::types::PyString::new(py, value).repr().map(|repr| repr.to_string());
    let url = spec.url.as_deref().map(blynk_webhooks::without_credentials);
    let texts = [
        ("name", spec.name.as_deref()),
        ("trigger", spec.trigger.as_ref().map(|value| value.as_str())),
        ("url", url.as_deref()),
        ("method", spec.method.as_ref().map(|value| value.as_str())),
        ("content_type", spec.content_type.as_ref().map(|value| value.as_str())),
        ("auth_type", spec.auth_type.as_ref().map(|value| value.as_str())),
        ("body", spec.body.as_deref()),
        ("status", spec.status.as_ref().map(|value| value.as_str())),
    ];
    for (keyword, value) in texts {
        if let Some(value) = value {
            shown.push(format!("{keyword}={}", show(value)?));
        }
    }
    if let Some(value) = &spec.data_trigger {
        shown.push(format!("data_trigger={}", json::parse(py, value.as_str())?.repr()?));
    }
    if spec.oauth2_request.is_some() {
        shown.push(format!("oauth2_request={HIDDEN}"));
    }
    if let Some(receivers) = &spec.failure_receivers {
        shown.push(format!("failure_receivers={}", PyList::new(py, receivers)?.repr()?));
    }
    if let Some(limit) = spec.failure_limit {
        shown.push(format!("failure_limit={limit}"));
    }
    if !spec.extra.is_empty() {
        let names = spec.extra.iter().map(|(name, _)| Ok(format!("{}: {HIDDEN}", show(name)?)));
        shown.push(format!("extra={{{}}}", names.collect::<PyResult<Vec<_>>>()?.join(", ")));
    }
    Ok(shown.join(", "))
}
