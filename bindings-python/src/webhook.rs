//! `Webhook`: what the server holds, converted field by field when it is read.

use std::ops::Deref;
use std::sync::Arc;

use blynk_webhooks::{Webhook as Held, WebhookList, field};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::enums;
use crate::errors::invalid;
use crate::json;
use crate::spec::{WebhookSpec, hash_of, parsed, repr};
use blynk_webhooks::{Code, Violation};

/// A webhook as the server holds it: frozen; every field but ``id`` may be ``None``.
///
/// Fields this version does not know are in ``extra``. ``spec`` gives what a person decides of it, ready to change and
/// send back.
///
/// Example::
///
///     webhook = client.get(7)
///     client.update(webhook.id, webhook.spec.replace(name="Doors"))
#[pyclass(frozen, eq, module = "blynk_webhooks")]
#[derive(PartialEq)]
pub(crate) struct Webhook(pub(crate) Kept);

/// A webhook by itself, or its place in the list it came with: thousands are not moved one by one.
pub(crate) enum Kept {
    One(Box<Held>),
    OfList(Arc<WebhookList>, u32),
}

impl Deref for Kept {
    type Target = Held;
    fn deref(&self) -> &Held {
        match self {
            Self::One(webhook) => webhook,
            Self::OfList(list, place) => &list[*place as usize],
        }
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[pymethods]
impl Webhook {
    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["id", "name", "trigger", "url", "status"])
    }

    /// Webhook ID.
    #[getter]
    fn id(&self) -> i32 {
        self.0.id()
    }

    /// Name.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// The event that runs it: a ``Trigger``, or a string newer than this version.
    #[getter]
    fn trigger(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.trigger().as_ref())
    }

    /// Data trigger, a JSON object.
    #[getter]
    fn data_trigger<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        parsed(py, self.0.data_trigger())
    }

    /// URL template.
    #[getter]
    fn url(&self) -> Option<&str> {
        self.0.url()
    }

    /// HTTP method: a ``Method``, or a string newer than this version.
    #[getter]
    fn method(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.method().as_ref())
    }

    /// How the body is written: a ``ContentType``, or a string newer than this version.
    #[getter]
    fn content_type(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.content_type().as_ref())
    }

    /// How it authenticates to its target: an ``AuthType``, or a string newer than this version.
    #[getter]
    fn auth_type(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.auth_type().as_ref())
    }

    /// Body template.
    #[getter]
    fn body(&self) -> Option<&str> {
        self.0.body()
    }

    /// OAuth2 configuration, a JSON object. Holds a secret, which ``repr`` leaves out.
    #[getter]
    fn oauth2_request<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        parsed(py, self.0.oauth2_request())
    }

    /// IDs of the users to tell of failures.
    #[getter]
    fn failure_receivers(&self) -> Option<Vec<i64>> {
        self.0.failure_receivers()
    }

    /// Consecutive failures before the platform disables it.
    #[getter]
    fn failure_limit(&self) -> Option<i32> {
        self.0.failure_limit()
    }

    /// Whether it runs: a ``Status``, or a string newer than this version.
    #[getter]
    fn status(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        enums::to_py(py, self.0.status().as_ref())
    }

    /// Attempts so far.
    #[getter]
    fn attempt_count(&self) -> Option<i32> {
        self.0.attempt_count()
    }

    /// Creation time, an aware ``datetime`` in UTC, to the millisecond.
    #[getter]
    fn created_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        datetime(py, field::CREATED_AT, self.0.created_at())
    }

    /// Time of the last change, an aware ``datetime`` in UTC, to the millisecond.
    #[getter]
    fn last_modified_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        datetime(py, field::LAST_MODIFIED, self.0.last_modified_at())
    }

    /// Time of the last attempt, an aware ``datetime`` in UTC, to the millisecond.
    #[getter]
    fn last_triggered_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        datetime(py, field::LAST_TRIGGERED, self.0.last_triggered_at())
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

    /// What a person decides of it: a ``WebhookSpec``, ready to change and send back.
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
    /// Raises ``ValidationError`` where ``id`` is absent or a value has the wrong type.
    #[classmethod]
    #[pyo3(signature = (mapping, /))]
    fn from_dict(class: &Bound<'_, PyType>, mapping: &Bound<'_, PyAny>) -> PyResult<Self> {
        let mut faults = Vec::new();
        let members = json::members("webhook", mapping, &mut faults);
        if faults.is_empty() { read(class.py(), &json::object(&members)) } else { Err(invalid(class.py(), faults)) }
    }

    /// The webhook as JSON text with the wire's names. Holds its secrets.
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// A webhook of JSON text, as ``from_dict``.
    #[classmethod]
    #[pyo3(signature = (text, /))]
    fn from_json(class: &Bound<'_, PyType>, text: &str) -> PyResult<Self> {
        read(class.py(), text)
    }

    fn __hash__(&self) -> u64 {
        hash_of(&*self.0)
    }

    /// Shows no secret.
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let fields = repr(py, &self.0.spec())?;
        Ok(format!("Webhook(id={}{}{fields})", self.0.id(), if fields.is_empty() { "" } else { ", " }))
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
        class.py().import("blynk_webhooks._pydantic")?.call_method1("core_schema_of", (class,))
    }
}

fn read(py: Python<'_>, text: &str) -> PyResult<Webhook> {
    Held::from_json(text).map(|held| Webhook(Kept::One(held.into()))).map_err(|problem| {
        invalid(py, vec![Violation::error("webhook", Code::WrongType, format!("is not a webhook: {problem}"))])
    })
}

/// Milliseconds since 1970 as an aware datetime; integers all the way, so that no millisecond is rounded.
fn datetime<'py>(py: Python<'py>, name: &str, millis: Option<i64>) -> PyResult<Option<Bound<'py, PyAny>>> {
    static EPOCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static DELTA: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let Some(millis) = millis else { return Ok(None) };
    let epoch = EPOCH.get_or_try_init(py, || {
        let module = py.import("datetime")?;
        let utc = module.getattr("timezone")?.getattr("utc")?;
        module.getattr("datetime")?.call1((1970, 1, 1, 0, 0, 0, 0, utc)).map(Bound::unbind)
    })?;
    let delta = DELTA.import(py, "datetime", "timedelta")?;
    let moment = delta.call1((0, 0, 0, millis)).and_then(|delta| epoch.bind(py).add(delta));
    moment.map(Some).map_err(|_| {
        let message = format!("{millis} ms is no time that datetime can hold; to_dict() has the number");
        invalid(py, vec![Violation::error(name, Code::OutOfRange, message)])
    })
}
