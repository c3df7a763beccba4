//! The core's errors as Python's exceptions, by the core's own table.

use blynk_webhooks::{Error, ErrorKind, Failure, Violation};
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
pub(crate) fn config(py: Python<'_>, message: impl Into<String>) -> PyErr {
    to_py(py, &Error::Config(message.into()))
}

fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    let classes = CLASSES.get_or_try_init(py, || PyModule::import(py, "blynk_webhooks.errors").map(Bound::unbind))?;
    let exception = classes.bind(py).getattr(error.kind().class())?.call1((error.to_string(),))?;
    macro_rules! set {
        ($($name:literal: $value:expr),+ $(,)?) => {{ $( exception.setattr($name, $value)?; )+ }};
    }
    match error {
        Error::Config(_) => {}
        Error::Validation(violations) => {
            let violations =
                violations.iter().map(|violation| Py::new(py, crate::violation::Violation::from(violation)));
            set! { "violations": PyList::new(py, violations.collect::<PyResult<Vec<_>>>()?)? }
        }
        Error::Connect(failure) | Error::Timeout(failure) | Error::Transport(failure) | Error::Response(failure) => {
            let Failure { message, method, url, attempts, .. } = &**failure;
            set! { "message": message, "method": method, "url": url, "attempts": attempts }
        }
        Error::Auth(auth) => set! {
            "status": auth.status, "error": &auth.error, "error_description": auth.error_description.as_deref(),
            "url": &auth.url,
        },
        Error::Api(api) => set! {
            "status": api.status, "message": &api.message, "method": &api.method, "url": &api.url,
            "retry_after": api.retry_after.map(|pause| pause.as_secs_f64()), "body": &api.body,
            "location": api.location.as_deref(),
        },
        _ => {}
    }
    set! { "request_id": error.request_id(), "outcome_unknown": error.outcome_unknown() }
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
