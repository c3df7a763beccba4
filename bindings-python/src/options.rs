//! Values of settings and options, and IDs: converted here, checked by the core.

use std::path::PathBuf;

use blynk_webhooks::bindings::int32;
use blynk_webhooks::{CallOptions, Code, Naming, Operation, OptionValue, Violation};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyMapping, PyString};

use crate::errors::{invalid, to_py};

/// A value for a setting or an option: what has `__index__`, e.g. NumPy's integers, counts as an integer.
pub(crate) fn value(value: &Bound<'_, PyAny>) -> OptionValue {
    if value.is_none() {
        OptionValue::Null
    } else if let Ok(truth) = value.cast::<PyBool>() {
        truth.is_true().into()
    } else if value.is_instance_of::<PyInt>() || value.hasattr("__index__").unwrap_or(false) {
        let index = value.call_method0("__index__");
        let number = index.as_ref().ok().and_then(|index| index.extract::<i64>().ok());
        number.map_or_else(
            || OptionValue::LargeInteger(index.map_or_else(|_| String::new(), |i| i.to_string())),
            Into::into,
        )
    } else if let Ok(number) = value.cast::<PyFloat>() {
        number.value().into()
    } else if let Ok(text) = value.cast::<PyString>() {
        text.extract::<String>().map_or_else(|_| OptionValue::Other("half of a surrogate pair".into()), Into::into)
    } else if let Ok(mapping) = value.cast::<PyMapping>() {
        let items = mapping.items().map(|items| items.extract::<Vec<(String, Bound<'_, PyAny>)>>());
        match items {
            Ok(Ok(items)) => {
                OptionValue::Headers(items.iter().map(|(name, item)| (name.clone(), self::value(item))).collect())
            }
            _ => type_name(value),
        }
    } else if let Ok(path) = value.extract::<PathBuf>() {
        path.into()
    } else {
        type_name(value)
    }
}

fn type_name(value: &Bound<'_, PyAny>) -> OptionValue {
    OptionValue::Other(value.get_type().name().map_or_else(|_| "something else".into(), |name| name.to_string()))
}

/// An ID of the contract; `name` is that of the argument.
pub(crate) fn id(name: &'static str, value: &Bound<'_, PyAny>) -> PyResult<i32> {
    let wrong = |code, message: String| invalid(value.py(), vec![Violation::error(name, code, message)]);
    match self::value(value) {
        OptionValue::Integer(number) => int32(name, number).map_err(|error| to_py(value.py(), &error)),
        OptionValue::LargeInteger(digits) => Err(wrong(Code::OutOfRange, format!("{digits:.40} does not fit int32"))),
        _ => {
            let found = value.get_type().name().map_or_else(|_| "something else".into(), |name| name.to_string());
            Err(wrong(Code::WrongType, format!("must be an integer, is {found}")))
        }
    }
}

/// Reads the options that an operation takes.
pub(crate) fn read(options: Option<&Bound<'_, PyDict>>, operation: Operation) -> PyResult<CallOptions> {
    let mut read = CallOptions::default();
    let Some(options) = options else { return Ok(read) };
    let mut found = Vec::new();
    for (name, value) in options {
        found.extend(read.set_named(operation, &name.to_string(), self::value(&value), Naming::Python).err());
    }
    if found.is_empty() { Ok(read) } else { Err(invalid(options.py(), found)) }
}
