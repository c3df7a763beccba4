//! Options of calls: values of Python as the core's, which checks them by its tables.

use std::path::PathBuf;
use std::time::Duration;

use blynk_webhooks::bindings::{config_error, int32};
use blynk_webhooks::{CallOption, CallOptions, Code, Naming, Operation, OptionValue, Violation};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyMapping, PyString, PyTuple};

use crate::errors::{invalid, to_py};
use crate::json::{refusal, type_name};

/// What stands in signatures for an option that was not passed, where `None` means something.
pub(crate) fn unset(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static UNSET: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    UNSET.import(py, "blynk_webhooks._unset", "UNSET")
}

/// A value of Python as the core reads it.
pub(crate) fn option_value(value: &Bound<'_, PyAny>) -> PyResult<OptionValue> {
    static TIMEDELTA: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static PATH_LIKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    if value.is_none() {
        Ok(OptionValue::Null)
    } else if let Ok(truth) = value.cast::<PyBool>() {
        Ok(truth.is_true().into())
    } else if let Ok(text) = value.cast::<PyString>() {
        // Half of a surrogate pair becomes a character that no setting takes.
        Ok(text.to_string_lossy().into_owned().into())
    } else if value.is_instance_of::<PyInt>() {
        integer(value)
    } else if let Ok(float) = value.cast::<PyFloat>() {
        Ok(float.value().into())
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned().into())
    } else if let Ok(mapping) = value.cast::<PyMapping>() {
        let mut headers = Vec::new();
        for item in mapping.items()? {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            headers.push((name.str()?.to_string_lossy().into_owned(), option_value(&value)?));
        }
        Ok(OptionValue::Headers(headers))
    } else if value.is_instance(PATH_LIKE.import(py, "os", "PathLike")?)? {
        Ok(value.extract::<PathBuf>()?.into())
    } else if value.is_instance(TIMEDELTA.import(py, "datetime", "timedelta")?)? {
        let seconds: f64 = value.call_method0("total_seconds")?.extract()?;
        // One that is no duration is a number that the core refuses.
        Ok(Duration::try_from_secs_f64(seconds).map_or(OptionValue::Float(seconds), OptionValue::Duration))
    } else if value.hasattr("__index__")? {
        integer(&value.call_method0("__index__")?)
    } else {
        Ok(OptionValue::Other(type_name(value)))
    }
}

fn integer(value: &Bound<'_, PyAny>) -> PyResult<OptionValue> {
    match value.extract::<i64>() {
        Ok(integer) => Ok(integer.into()),
        Err(_) => Ok(OptionValue::LargeInteger(value.str()?.to_string_lossy().into_owned())),
    }
}

/// What was wrong with a value that raised while it was read.
pub(crate) fn unreadable(name: &str, raised: PyErr, py: Python<'_>) -> PyResult<Violation> {
    let problem = refusal(py, raised)?.value(py).to_string();
    Ok(Violation::error(name, Code::WrongType, format!("cannot be read: {problem}")))
}

/// The finding about an argument of the wrong type.
pub(crate) fn wrong_type(path: &str, expected: &str, value: &Bound<'_, PyAny>) -> Violation {
    Violation::error(path, Code::WrongType, format!("must be {expected}, is {}", type_name(value)))
}

/// An ID of the contract.
pub(crate) fn id(name: &'static str, value: &Bound<'_, PyAny>) -> PyResult<i32> {
    let py = value.py();
    let is_integer = !value.is_instance_of::<PyBool>() && !value.is_instance_of::<PyFloat>();
    let found = match option_value(value) {
        Ok(OptionValue::Integer(number)) if is_integer => {
            return int32(name, number).map_err(|error| to_py(py, &error));
        }
        Ok(OptionValue::LargeInteger(digits)) => {
            Violation::error(name, Code::OutOfRange, format!("{digits:.40} does not fit int32"))
        }
        Ok(_) => wrong_type(name, "an integer", value),
        Err(raised) => unreadable(name, raised, py)?,
    };
    Err(invalid(py, vec![found]))
}

/// The options of a client whose calls have them where they say nothing themselves.
pub(crate) fn of_client(options: &Bound<'_, PyDict>) -> PyResult<CallOptions> {
    let py = options.py();
    let unset = unset(py)?;
    let mut read = CallOptions::default();
    let mut faults = Vec::new();
    for (name, value) in options {
        let name = name.to_string();
        if value.is(unset) || value.is_none() && name != CallOption::Timeout.name(Naming::Python) {
            continue;
        }
        let value =
            option_value(&value).map_or_else(|raised| unreadable(&name, raised, py).map(Err), |value| Ok(Ok(value)))?;
        let set = value.and_then(|value| match CallOption::from_name(&name, Naming::Python) {
            Some(option) => read.set(option, value, Naming::Python),
            // Any operation knows what it does not take.
            None => read.set_named(Operation::Create, &name, value, Naming::Python),
        });
        faults.extend(set.err());
    }
    if faults.is_empty() { Ok(read) } else { Err(to_py(py, &config_error(&faults, Naming::Python))) }
}

/// The options of a call: values in the order of the operation's options, and misspelt keywords.
pub(crate) fn of_call(
    operation: Operation,
    values: &Bound<'_, PyTuple>,
    unknown: &Bound<'_, PyDict>,
    faults: &mut Vec<Violation>,
) -> PyResult<CallOptions> {
    let py = values.py();
    let mut options = CallOptions::default();
    let unset = unset(py)?;
    for (option, value) in operation.options().zip(values) {
        if value.is(unset) || value.is_none() && option != CallOption::Timeout {
            continue;
        }
        let set = match option_value(&value) {
            Ok(value) => options.set(option, value, Naming::Python),
            Err(raised) => Err(unreadable(&option.name(Naming::Python), raised, py)?),
        };
        faults.extend(set.err());
    }
    for (name, _) in unknown {
        faults.extend(options.set_named(operation, &name.to_string(), OptionValue::Null, Naming::Python).err());
    }
    Ok(options)
}
