//! Python values as JSON text and back: large integers survive, NaN does not pass.

use std::fmt;

use blynk_webhooks::{Code, Violation};
use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyMapping, PySequence, PyString};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

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

/// JSON text as a Python value, as ``json.loads`` makes it.
pub(crate) fn parse<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    // Common values are made here, in a quarter of the time.
    let mut reader = serde_json::Deserializer::from_str(text);
    if let Ok(value) = Value(py).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)) {
        return Ok(value);
    }
    // What `json.loads` does around it takes twice as long.
    static RAW_DECODE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let decode = RAW_DECODE.get_or_try_init(py, || {
        py.import("json")?.getattr("JSONDecoder")?.call0()?.getattr("raw_decode").map(Bound::unbind)
    })?;
    decode.bind(py).call1((text.trim_ascii_start(),))?.get_item(0)
}

/// Makes a Python value while JSON is read. Refuses what Rust's types cannot hold as Python's do: numbers that are no integers of
/// 64 bits, half of a surrogate pair, more than 127 levels.
struct Value<'py>(Python<'py>);

impl<'de, 'py> DeserializeSeed<'de> for Value<'py> {
    type Value = Bound<'py, PyAny>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de, 'py> Visitor<'de> for Value<'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a common JSON value")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.0.None().into_bound(self.0))
    }
    fn visit_bool<E>(self, truth: bool) -> Result<Self::Value, E> {
        Ok(PyBool::new(self.0, truth).to_owned().into_any())
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(PyInt::new(self.0, number).into_any())
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(PyInt::new(self.0, number).into_any())
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.0, text).into_any())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Value(self.0))? {
            list.push(item);
        }
        PyList::new(self.0, list).map(Bound::into_any).map_err(A::Error::custom)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let dict = PyDict::new(self.0);
        while let Some((name, value)) = members.next_entry_seed(Value(self.0), Value(self.0))? {
            dict.set_item(name, value).map_err(A::Error::custom)?;
        }
        Ok(dict.into_any())
    }
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
