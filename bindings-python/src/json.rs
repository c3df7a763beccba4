//! Python values as JSON text and back: large integers survive, NaN does not pass.

use blynk_webhooks::{Code, Violation};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyMapping, PySequence, PyString};

/// Members of a JSON object: name and JSON text.
pub(crate) type Members = Vec<(String, String)>;

/// What a value of a caller raised, where that says that the value is none of ours. Anything else, e.g. a
/// `KeyboardInterrupt`, goes on to the caller.
pub(crate) fn refusal(py: Python<'_>, raised: PyErr) -> PyResult<PyErr> {
    if raised.is_instance_of::<PyException>(py) { Ok(raised) } else { Err(raised) }
}

/// A Python value as JSON text. A value that JSON cannot carry is noted, and `None`.
pub(crate) fn text(path: &str, value: &Bound<'_, PyAny>, faults: &mut Vec<Violation>) -> PyResult<Option<String>> {
    let py = value.py();
    let text = if value.is_none() {
        Ok("null".into())
    } else if let Ok(text) = value.cast::<PyString>() {
        text.to_str().map(|text| serde_json::Value::from(text).to_string())
    } else if let Ok(truth) = value.cast::<PyBool>() {
        Ok(truth.is_true().to_string())
    } else if value.cast_exact::<PyInt>().is_ok() {
        value.str().map(|digits| digits.to_string_lossy().into_owned())
    } else {
        dumps(value)
    };
    match text {
        Ok(text) => Ok(Some(text)),
        Err(raised) => {
            let problem = refusal(py, raised)?.value(py).to_string();
            faults.push(Violation::error(
                path,
                Code::WrongType,
                format!("contains a value that JSON cannot represent: {problem}"),
            ));
            Ok(None)
        }
    }
}

fn dumps(value: &Bound<'_, PyAny>) -> PyResult<String> {
    static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    let options = PyDict::new(py);
    options.set_item(intern!(py, "allow_nan"), false)?;
    options.set_item(intern!(py, "ensure_ascii"), false)?;
    options.set_item(intern!(py, "separators"), (",", ":"))?;
    options.set_item(intern!(py, "default"), wrap_pyfunction!(plain, py)?)?;
    DUMPS.import(py, "json", "dumps")?.call((value,), Some(&options))?.extract()
}

/// What ``json`` does not know by itself: mappings, sequences and integers of other classes.
#[pyfunction]
#[pyo3(signature = (value, /))]
fn plain<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    if value.cast::<PyMapping>().is_ok() {
        py.get_type::<PyDict>().call1((value,))
    } else if value.hasattr(intern!(py, "__index__"))? {
        value.call_method0(intern!(py, "__index__"))
    } else if value.cast::<PySequence>().is_ok() && value.cast::<PyBytes>().is_err() {
        py.get_type::<PyList>().call1((value,))
    } else {
        Err(PyTypeError::new_err(format!("Object of type {} is not JSON serializable", type_name(value))))
    }
}

/// JSON text as a Python value.
pub(crate) fn parse<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    // What `json.loads` does around it takes twice as long.
    static RAW_DECODE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let decode = RAW_DECODE.get_or_try_init(py, || {
        py.import("json")?.getattr("JSONDecoder")?.call0()?.getattr("raw_decode").map(Bound::unbind)
    })?;
    decode.bind(py).call1((text.trim_ascii_start(),))?.get_item(0)
}

/// Members as the text of a JSON object.
pub(crate) fn object(members: &Members) -> String {
    let member = |(name, value): &(String, String)| format!("{}:{value}", serde_json::Value::from(name.as_str()));
    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

/// The members of a mapping; faults name the member they are about.
pub(crate) fn members(path: &str, mapping: &Bound<'_, PyAny>, faults: &mut Vec<Violation>) -> PyResult<Members> {
    let py = mapping.py();
    let mut members = Members::new();
    let Ok(mapping) = mapping.cast::<PyMapping>() else {
        let message = format!("must be a mapping, is {}", type_name(mapping));
        faults.push(Violation::error(path, Code::WrongType, message));
        return Ok(members);
    };
    let items = match mapping.items() {
        Ok(items) => items,
        Err(raised) => {
            let problem = refusal(py, raised)?.value(py).to_string();
            faults.push(Violation::error(path, Code::WrongType, format!("cannot be read: {problem}")));
            return Ok(members);
        }
    };
    for item in items {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        match name.extract::<String>() {
            Ok(name) => members.extend(text(&name, &value, faults)?.map(|value| (name, value))),
            Err(_) => faults.push(Violation::error(path, Code::WrongType, "every name must be a string")),
        }
    }
    Ok(members)
}

/// The name of a value's type.
pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "something else".into(), |name| name.to_string())
}
