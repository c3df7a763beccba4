//! Times of the wire as aware datetimes.

use blynk_webhooks::{Code, Field, Violation};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::errors::invalid;

static DELTA: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The beginning of 1970.
fn epoch(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static EPOCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let module = py.import("datetime")?;
        let utc = module.getattr("timezone")?.getattr("utc")?;
        module.getattr("datetime")?.call1((1970, 1, 1, 0, 0, 0, 0, utc)).map(Bound::unbind)
    })?;
    Ok(epoch.bind(py))
}

/// Milliseconds since 1970 as an aware datetime; integers all the way, so that no millisecond is rounded.
pub(crate) fn from_millis(py: Python<'_>, field: Field, millis: i64) -> PyResult<Bound<'_, PyAny>> {
    let delta = DELTA.import(py, "datetime", "timedelta")?;
    let moment = delta.call1((0, 0, 0, millis)).and_then(|delta| epoch(py)?.add(delta));
    moment.map_err(|_| {
        let message = format!("{millis} ms is no time that datetime can hold; to_dict() has the number");
        invalid(py, vec![Violation::error(field.wire(), Code::OutOfRange, message)])
    })
}

/// The milliseconds since 1970 of an aware datetime; `None` for what is no datetime.
pub(crate) fn to_millis(value: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    static DATETIME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = value.py();
    if !value.is_instance(DATETIME.import(py, "datetime", "datetime")?)? {
        return Ok(None);
    }
    if value.getattr("tzinfo")?.is_none() {
        let message = format!("must be an aware datetime, is {}", value.repr()?);
        return Err(invalid(py, vec![Violation::error("datetime", Code::WrongType, message)]));
    }
    let millisecond = DELTA.import(py, "datetime", "timedelta")?.call1((0, 0, 0, 1))?;
    value.sub(epoch(py)?)?.floor_div(millisecond)?.extract().map(Some)
}

/// Seconds since 1970 as an aware datetime, to the microsecond.
pub(crate) fn from_seconds(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    let module = py.import("datetime")?;
    let utc = module.getattr("timezone")?.getattr("utc")?;
    module.getattr("datetime")?.call_method1("fromtimestamp", (seconds, utc))
}
