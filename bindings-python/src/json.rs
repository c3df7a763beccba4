//! Python values as JSON text and back: large integers survive, NaN does not pass.

use blynk_webhooks::{Code, Violation};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyInt, PyMapping, PyString};

/// Members of a JSON object: name and JSON text.
pub(crate) type Members = Vec<(String, String)>;

/// A Python value as JSON text.
pub(crate) fn text(path: &str, value: &Bound<'_, PyAny>) -> Result<String, Violation> {
    let wrong = |problem: PyErr| {
        let problem = problem.value(value.py()).to_string();
        Violation::error(path, Code::WrongType, format!("holds what JSON cannot carry: {problem}"))
    };
    if value.is_none() {
        Ok("null".into())
    } else if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_cow().map_err(wrong)?;
        serde_json::to_string(&*text).map_err(|problem| Violation::error(path, Code::WrongType, problem.to_string()))
    } else if let Ok(truth) = value.cast::<PyBool>() {
        Ok(truth.is_true().to_string())
    } else if value.cast_exact::<PyInt>().is_ok() {
        value.str().map(|digits| digits.to_string_lossy().into_owned()).map_err(wrong)
    } else {
        dumps(value).map_err(wrong)
    }
}

fn dumps(value: &Bound<'_, PyAny>) -> PyResult<String> {
    static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item(intern!(py, "allow_nan"), false)?;
    options.set_item(intern!(py, "ensure_ascii"), false)?;
    options.set_item(intern!(py, "separators"), (",", ":"))?;
    DUMPS.import(py, "json", "dumps")?.call((value,), Some(&options))?.extract()
}

/// JSON text as a Python value.
pub(crate) fn parse<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    LOADS.import(py, "json", "loads")?.call1((text,))
}

/// Members as the text of a JSON object.
pub(crate) fn object(members: &Members) -> String {
    let member = |(name, value): &(String, String)| format!("{}:{value}", serde_json::Value::from(name.as_str()));
    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

/// The members of a mapping; faults name the member they are about.
pub(crate) fn members(path: &str, mapping: &Bound<'_, PyAny>, faults: &mut Vec<Violation>) -> Members {
    let mut members = Members::new();
    let items = mapping.cast::<PyMapping>().ok().and_then(|mapping| mapping.items().ok());
    let Some(items) = items else {
        let found = mapping.get_type().name().map_or_else(|_| "something else".into(), |name| name.to_string());
        faults.push(Violation::error(path, Code::WrongType, format!("must be a mapping, is {found}")));
        return members;
    };
    for item in items {
        let Ok((name, value)) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>() else { continue };
        match name.extract::<String>() {
            Ok(name) => match text(&name, &value) {
                Ok(value) => members.push((name, value)),
                Err(fault) => faults.push(fault),
            },
            Err(_) => faults.push(Violation::error(path, Code::WrongType, "every name must be a string")),
        }
    }
    members
}
