//! Times of the wire as aware datetimes.

use blynk_webhooks::{Code, Field, Violation};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;
use time::UtcDateTime;

use crate::errors::invalid;

static DATETIME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn utc(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static UTC: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let utc =
        UTC.get_or_try_init(py, || py.import("datetime")?.getattr("timezone")?.getattr("utc").map(Bound::unbind))?;
    Ok(utc.bind(py))
}

/// Milliseconds since 1970 as an aware datetime; integers all the way, so that no millisecond is rounded.
pub(crate) fn from_millis(py: Python<'_>, field: Field, millis: i64) -> PyResult<Bound<'_, PyAny>> {
    let Some(state) = pickled(millis) else {
        let message = format!("{millis} ms is outside the range of datetime; to_dict() has the number");
        return Err(invalid(py, vec![Violation::error(field.wire(), Code::OutOfRange, message)]));
    };
    // The call that unpickles a datetime takes a sixth of the time of adding a timedelta to 1970.
    DATETIME.import(py, "datetime", "datetime")?.call1((PyBytes::new(py, &state), utc(py)?))
}

/// The bytes that a pickled datetime consists of: year, month, day, hour, minute, second and microseconds, big-endian.
/// `None` outside the years 1 to 9999.
fn pickled(millis: i64) -> Option<[u8; 10]> {
    let moment = UtcDateTime::from_unix_timestamp(millis.div_euclid(1000)).ok()?;
    let year = u16::try_from(moment.year()).ok().filter(|year| (1..=9999).contains(year))?;
    let [year_high, year_low] = year.to_be_bytes();
    let [_, micros_high, micros_mid, micros_low] = (millis.rem_euclid(1000) as u32 * 1000).to_be_bytes();
    let (hour, minute, second) = moment.as_hms();
    let (month, day) = (u8::from(moment.month()), moment.day());
    Some([year_high, year_low, month, day, hour, minute, second, micros_high, micros_mid, micros_low])
}

/// The milliseconds since 1970 of an aware datetime; `None` for what is no datetime.
pub(crate) fn to_millis(field: Field, value: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    let py = value.py();
    let datetime = DATETIME.import(py, "datetime", "datetime")?;
    if !value.is_instance(datetime)? {
        return Ok(None);
    }
    if value.getattr("tzinfo")?.is_none() {
        let message = format!("must be an aware datetime, is {}", value.repr()?);
        return Err(invalid(py, vec![Violation::error(field.snake(), Code::WrongType, message)]));
    }
    let epoch = datetime.call1((1970, 1, 1, 0, 0, 0, 0, utc(py)?))?;
    let millisecond = py.import("datetime")?.getattr("timedelta")?.call1((0, 0, 0, 1))?;
    value.sub(epoch)?.floor_div(millisecond)?.extract().map(Some)
}

/// Seconds since 1970 as an aware datetime, to the microsecond.
pub(crate) fn from_seconds(py: Python<'_>, seconds: f64) -> PyResult<Bound<'_, PyAny>> {
    DATETIME.import(py, "datetime", "datetime")?.call_method1("fromtimestamp", (seconds, utc(py)?))
}
