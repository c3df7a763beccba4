//! The core's errors as Python's exceptions, by the core's own table.

use blynk_webhooks::{AttributeValue, Error, ErrorKind, Message, Naming, Violation};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyModule};

static CLASSES: PyOnceLock<Py<PyModule>> = PyOnceLock::new();

/// The exception of an error, with all its attributes.
pub(crate) fn to_py(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|problem| problem, PyErr::from_value)
}

/// The exception of findings about arguments.
pub(crate) fn invalid(py: Python<'_>, violations: Vec<Violation>) -> PyErr {
    to_py(py, &Error::Validation(violations))
}

/// The exception of a setting that cannot work.
pub(crate) fn config(py: Python<'_>, message: impl Into<Message>) -> PyErr {
    to_py(py, &Error::Config(message.into()))
}

fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let classes = CLASSES.get_or_try_init(py, || PyModule::import(py, "blynk_webhooks.errors").map(Bound::unbind))?;
    let exception = classes.bind(py).getattr(error.kind().class())?.call1((error.render(Naming::Python),))?;
    for attribute in error.kind().attributes() {
        let name = attribute.snake();
        match error.attribute(attribute, Naming::Python) {
            None => exception.setattr(name, py.None())?,
            Some(AttributeValue::Text(text)) => exception.setattr(name, &*text)?,
            Some(AttributeValue::Integer(number)) => exception.setattr(name, number)?,
            Some(AttributeValue::Bool(truth)) => exception.setattr(name, truth)?,
            Some(AttributeValue::Seconds(duration)) => exception.setattr(name, duration.as_secs_f64())?,
            Some(AttributeValue::Violations(violations)) => {
                let violations = violations.iter().map(|found| Py::new(py, crate::violation::Violation::from(found)));
                exception.setattr(name, PyList::new(py, violations.collect::<PyResult<Vec<_>>>()?)?)?;
            }
            // The core may gain kinds of values; none of those is needed to build an exception.
            Some(_) => {}
        }
    }
    Ok(exception)
}

/// The core's error tree as data, `{class: (code, parent's class)}`: the exceptions are tested against it.
pub(crate) fn add_table(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let table = pyo3::types::PyDict::new(module.py());
    for kind in ErrorKind::ALL {
        table.set_item(kind.class(), (kind.code(), kind.parent().map(ErrorKind::class)))?;
    }
    module.add("ERROR_TREE", table)
}
