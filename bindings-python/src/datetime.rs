//! Times of the wire as aware datetimes.

use std::ffi::{c_int, c_void};
use std::ops::RangeInclusive;
use std::ptr::NonNull;

use blynk_webhooks::{Code, Field, Violation};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCapsule, PyCapsuleMethods};
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
    let Some(parts) = parts(millis) else {
        let message = format!("{millis} ms is outside the range of datetime; to_dict() has the number");
        return Err(invalid(py, vec![Violation::error(field.wire(), Code::OutOfRange, message)]));
    };
    match Api::of_this_python(py) {
        Some(api) => api.datetime(py, parts),
        None => by_class(py, parts),
    }
}

/// Year, month, day, hour, minute, second and microsecond.
type Parts = (i32, i32, i32, i32, i32, i32, i32);

/// `None` outside the years 1 to 9999.
fn parts(millis: i64) -> Option<Parts> {
    let moment = UtcDateTime::from_unix_timestamp(millis.div_euclid(1000)).ok()?;
    let (year, month, day) = moment.to_calendar_date();
    let (hour, minute, second) = moment.as_hms();
    let micros = millis.rem_euclid(1000) as i32 * 1000;
    let is_in_range = (1..=9999).contains(&year);
    is_in_range.then_some((year, u8::from(month).into(), day.into(), hour.into(), minute.into(), second.into(), micros))
}

/// A datetime by a call of its class.
pub(crate) fn by_class(py: Python<'_>, parts: Parts) -> PyResult<Bound<'_, PyAny>> {
    let (year, month, day, hour, minute, second, micros) = parts;
    let arguments = (year, month, day, hour, minute, second, micros, utc(py)?);
    DATETIME.import(py, "datetime", "datetime")?.call1(arguments)
}

/// What `datetime` offers to code in C, which takes a third of the time of a call of the class. It is no part of the stable
/// interface, but the same since Python 3.7: it is used in the versions that this package names.
struct Api {
    /// Owns what follows.
    _capsule: Py<PyCapsule>,
    table: NonNull<Table>,
}

/// The head of the structure `PyDateTime_CAPI`.
#[repr(C)]
struct Table {
    _date: *mut ffi::PyTypeObject,
    datetime: *mut ffi::PyTypeObject,
    _time_delta_tzinfo: [*mut ffi::PyTypeObject; 3],
    utc: *mut ffi::PyObject,
    _date_from_date: *mut c_void,
    datetime_from_date_and_time: unsafe extern "C" fn(
        year: c_int,
        month: c_int,
        day: c_int,
        hour: c_int,
        minute: c_int,
        second: c_int,
        microsecond: c_int,
        tzinfo: *mut ffi::PyObject,
        class: *mut ffi::PyTypeObject,
    ) -> *mut ffi::PyObject,
}

// SAFETY: nobody writes to the table, and what it points to are objects of Python that are used while attached only.
unsafe impl Send for Api {}
// SAFETY: as above.
unsafe impl Sync for Api {}

impl Api {
    /// `None` where it is not known.
    fn of_this_python(py: Python<'_>) -> Option<&'static Self> {
        static API: PyOnceLock<Option<Api>> = PyOnceLock::new();
        const KNOWN: RangeInclusive<(u8, u8)> = (3, 10)..=(3, 14);
        let find = || {
            let version = py.version_info();
            let capsule = py.import("datetime").ok()?.getattr("datetime_CAPI").ok()?.cast_into::<PyCapsule>().ok()?;
            let table = capsule.pointer_checked(Some(c"datetime.datetime_CAPI")).ok()?.cast();
            let is_known = KNOWN.contains(&(version.major, version.minor));
            is_known.then(|| Self { _capsule: capsule.unbind(), table })
        };
        API.get_or_init(py, find).as_ref()
    }

    fn datetime<'py>(&self, py: Python<'py>, parts: Parts) -> PyResult<Bound<'py, PyAny>> {
        let (year, month, day, hour, minute, second, micros) = parts;
        // SAFETY: the table lives as long as its capsule, has this head in the versions that are known, and its function is
        // called on a thread that is attached (`py`), with the types that it wants. It checks the values, and gives a new
        // reference or sets an exception.
        unsafe {
            let Table { datetime_from_date_and_time: make, utc, datetime: class, .. } = *self.table.as_ref();
            Bound::from_owned_ptr_or_err(py, make(year, month, day, hour, minute, second, micros, utc, class))
        }
    }
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
