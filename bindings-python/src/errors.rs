//! The core's errors as Python's exceptions, by the core's own table.

use std::fmt;

use blynk_webhooks::{AttributeValue, Error, ErrorKind, Naming, Violation};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyModule};

use crate::webhook_class::{Kept, Webhook};

static CLASSES: PyOnceLock<Py<PyModule>> = PyOnceLock::new();

/// The exception of an error, with all its attributes.
pub(crate) fn to_py(py: Python<'_>, error: &Error) -> PyErr {
    // What a function of the program raised reaches the program as it is.
    raised(py, error).unwrap_or_else(|| exception(py, error).map_or_else(|problem| problem, PyErr::from_value))
}

/// What a function that provides tokens raised, on its way through the core.
#[derive(Debug)]
pub(crate) struct Raised(pub(crate) PyErr);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function that provides tokens raised")
    }
}

impl std::error::Error for Raised {}

/// The exception that a function of the program raised, itself.
fn raised(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let Error::TokenProvider(source) = error else { return None };
    source.downcast_ref::<Raised>().map(|raised| raised.0.clone_ref(py))
}

/// The exception of findings about arguments.
pub(crate) fn invalid(py: Python<'_>, violations: Vec<Violation>) -> PyErr {
    to_py(py, &Error::Validation(violations))
}

/// The exception of a setting that cannot work.
pub(crate) fn config(py: Python<'_>, message: impl Into<String>) -> PyErr {
    to_py(py, &Error::Config(message.into().into()))
}

fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let classes = CLASSES.get_or_try_init(py, || PyModule::import(py, "blynk_webhooks.errors").map(Bound::unbind))?;
    let kind = error.kind();
    let exception = classes.bind(py).getattr(kind.class())?.call1((error.render(Naming::Python),))?;
    for attribute in kind.attributes() {
        let name = attribute.snake();
        match error.attribute(attribute, Naming::Python) {
            // The class has the value that says that there is none.
            None => {}
            Some(AttributeValue::Text(text)) => exception.setattr(name, text)?,
            Some(AttributeValue::Integer(number)) => exception.setattr(name, number)?,
            Some(AttributeValue::Bool(truth)) => exception.setattr(name, truth)?,
            Some(AttributeValue::Seconds(time)) => exception.setattr(name, time.as_secs_f64())?,
            Some(AttributeValue::Violations(violations)) => exception.setattr(name, list(py, violations)?)?,
            Some(AttributeValue::Webhook(webhook)) => {
                exception.setattr(name, Webhook(Kept::One(Box::new(webhook.clone()))))?;
            }
            Some(other) => unreachable!("{other:?} has no form in Python"),
        }
    }
    Ok(exception)
}

/// Findings as a list.
pub(crate) fn list<'py>(py: Python<'py>, violations: &[Violation]) -> PyResult<Bound<'py, PyList>> {
    let violations = violations.iter().map(|violation| Py::new(py, crate::violation::Violation::from(violation)));
    PyList::new(py, violations.collect::<PyResult<Vec<_>>>()?)
}

/// The core's error tree as data, `{class: (code, parent's class)}`: the exceptions are tested against it.
pub(crate) fn add_table(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let table = PyDict::new(module.py());
    for kind in ErrorKind::ALL {
        table.set_item(kind.class(), (kind.code(), kind.parent().map(ErrorKind::class)))?;
    }
    module.add("ERROR_TREE", table)
}
