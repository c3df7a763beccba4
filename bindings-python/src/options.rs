//! Arguments that calls share: ids, organization, time, repeats, headers.

use std::time::Duration;

use blynk_webhooks::{CallOptions, Code, Violation, field, int32};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyMapping, PyString};

use crate::errors::{invalid, to_py};
use crate::fields::unknown_keyword;

const TIMEOUT: &str = "timeout";
const MAX_RETRIES: &str = "max_retries";
const HEADERS: &str = "headers";
const ORG_ID: &str = "org_id";
const RECONCILE: &str = "reconcile";

/// Options of `list`.
pub(crate) const OF_LIST: &[&str] = &[ORG_ID, TIMEOUT, MAX_RETRIES, HEADERS];
/// Options of `create`.
pub(crate) const OF_CREATE: &[&str] = &[ORG_ID, TIMEOUT, MAX_RETRIES, HEADERS, RECONCILE];
/// Options of the calls about one webhook.
pub(crate) const OF_ONE: &[&str] = &[TIMEOUT, MAX_RETRIES, HEADERS];

/// The finding about an argument of the wrong type.
pub(crate) fn wrong_type(path: &str, expected: &str, value: &Bound<'_, PyAny>) -> Violation {
    let found = value.get_type().name().map_or_else(|_| "something else".into(), |name| name.to_string());
    Violation::error(path, Code::WrongType, format!("must be {expected}, is {found}"))
}

fn out_of_range(path: &str, allowed: &str, value: &Bound<'_, PyAny>) -> Violation {
    let shown: String = value.to_string().chars().take(40).collect();
    Violation::error(path, Code::OutOfRange, format!("must be {allowed}, is {shown}"))
}

/// An integer, where neither a bool nor a string is meant; of what has `__index__`, e.g. NumPy's.
pub(crate) fn integer(path: &str, value: &Bound<'_, PyAny>) -> Result<i64, Violation> {
    if value.is_instance_of::<PyBool>()
        || !(value.is_instance_of::<PyInt>() || value.hasattr("__index__").unwrap_or(false))
    {
        return Err(wrong_type(path, "an integer", value));
    }
    value.extract().map_err(|_| out_of_range(path, "an integer of 64 bits", value))
}

/// An id of the contract.
pub(crate) fn id(path: &str, value: &Bound<'_, PyAny>) -> PyResult<i32> {
    let number = integer(path, value).map_err(|fault| invalid(value.py(), vec![fault]))?;
    int32(path, number).map_err(|error| to_py(value.py(), &error))
}

/// An organization of the contract.
pub(crate) fn org_id(value: &Bound<'_, PyAny>) -> Result<i32, Violation> {
    let number = integer(field::ORG_ID, value)?;
    i32::try_from(number).map_err(|_| out_of_range(field::ORG_ID, "an int32", value))
}

/// Seconds above 0; `None` is no time limit.
pub(crate) fn seconds(path: &str, value: &Bound<'_, PyAny>) -> Result<Option<Duration>, Violation> {
    if value.is_none() {
        return Ok(None);
    }
    let number = value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>();
    let seconds = value.extract::<f64>().ok().filter(|_| number && !value.is_instance_of::<PyBool>());
    let seconds = seconds.ok_or_else(|| wrong_type(path, "seconds (int or float) or None", value))?;
    let duration = Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero());
    duration.map(Some).ok_or_else(|| out_of_range(path, "more than 0 seconds", value))
}

/// Repeats after the first attempt.
pub(crate) fn repeats(path: &str, value: &Bound<'_, PyAny>) -> Result<u32, Violation> {
    let number = integer(path, value)?;
    u32::try_from(number).map_err(|_| out_of_range(path, "0 or more", value))
}

/// A bool.
pub(crate) fn truth(path: &str, value: &Bound<'_, PyAny>) -> Result<bool, Violation> {
    value.cast::<PyBool>().map(|truth| truth.is_true()).map_err(|_| wrong_type(path, "a bool", value))
}

/// A string.
pub(crate) fn string(path: &str, value: &Bound<'_, PyAny>) -> Result<String, Violation> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(path, "a string", value))?;
    text.extract().map_err(|_| Violation::error(path, Code::WrongType, "holds half of a surrogate pair"))
}

/// Headers by name.
pub(crate) fn headers(path: &str, value: &Bound<'_, PyAny>) -> Result<Vec<(String, String)>, Violation> {
    let wrong = || wrong_type(path, "a mapping of strings to strings", value);
    let items = value.cast::<PyMapping>().map_err(|_| wrong())?.items().map_err(|_| wrong())?;
    items.iter().map(|item| item.extract().map_err(|_| wrong())).collect()
}

/// Reads the options that a call takes; one that is `None` (but for `timeout`) counts as not passed.
pub(crate) fn read(options: Option<&Bound<'_, PyDict>>, allowed: &[&str]) -> PyResult<CallOptions> {
    let mut read = CallOptions::default();
    let Some(options) = options else { return Ok(read) };
    let mut faults = Vec::new();
    for (name, value) in options {
        let name = name.to_string();
        let outcome = match name.as_str() {
            name if !allowed.contains(&name) => Err(unknown_keyword(name, allowed.iter().copied())),
            TIMEOUT => seconds(TIMEOUT, &value).map(|timeout| read.timeout = Some(timeout)),
            _ if value.is_none() => Ok(()),
            MAX_RETRIES => repeats(MAX_RETRIES, &value).map(|repeats| read.max_retries = Some(repeats)),
            HEADERS => headers(HEADERS, &value).map(|headers| read.headers = headers),
            ORG_ID => org_id(&value).map(|org_id| read.org_id = Some(org_id)),
            _ => truth(RECONCILE, &value).map(|reconcile| read.reconcile = reconcile),
        };
        faults.extend(outcome.err());
    }
    if faults.is_empty() { Ok(read) } else { Err(invalid(options.py(), faults)) }
}
