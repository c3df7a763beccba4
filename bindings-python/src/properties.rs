//! A property for each field of the core's table, on the classes that hold fields.

use std::ffi::{CString, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use blynk_webhooks::{Field, FieldKind, FieldValue};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::{PyInt, PyList, PyString};
use pyo3::{PyClass, ffi};

use crate::docs::property_doc;
use crate::{datetime, enums, json};

/// A class whose properties are fields.
pub(crate) trait HasFields: PyClass<Frozen = True> + Sync {
    fn field(&self, field: Field) -> Option<FieldValue<'_>>;
}

/// Adds a property for each of the fields to a class, with its documentation.
pub(crate) fn add<T: HasFields>(py: Python<'_>, fields: &[Field]) -> PyResult<()> {
    let class = T::type_object(py);
    for field in fields {
        let definition = ffi::PyGetSetDef {
            name: CString::new(field.snake())?.into_raw(),
            get: Some(get::<T>),
            set: None,
            doc: CString::new(property_doc(field.info()))?.into_raw(),
            closure: ptr::without_provenance_mut(*field as usize),
        };
        // SAFETY: this thread is attached (`py`); the definition and its texts live for ever, and `get::<T>` is a getter of
        // the very class that the descriptor is made for. The call gives a new reference or sets an exception.
        let descriptor = unsafe {
            let descriptor = ffi::PyDescr_NewGetSet(class.as_type_ptr(), Box::leak(Box::new(definition)));
            Bound::from_owned_ptr_or_err(py, descriptor)?
        };
        class.setattr(field.snake(), descriptor)?;
    }
    Ok(())
}

/// What Python calls for a property: `closure` is the field's place in the table.
unsafe extern "C" fn get<T: HasFields>(slf: *mut ffi::PyObject, closure: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: Python calls a getter on a thread that is attached.
    let py = unsafe { Python::assume_attached() };
    let value = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: Python passes a live object; the reference is borrowed for the time of the call.
        let slf = unsafe { Bound::from_borrowed_ptr(py, slf) };
        let field = Field::ALL.get(closure.addr()).copied();
        // The descriptor has checked the class, but a check costs next to nothing.
        let (slf, field) = (slf.cast::<T>()?, field.ok_or_else(|| PyRuntimeError::new_err("no such field"))?);
        value(py, field, slf.get().field(field))
    }));
    match value {
        Ok(Ok(value)) => value.into_ptr(),
        Ok(Err(raised)) => {
            raised.restore(py);
            ptr::null_mut()
        }
        Err(_) => {
            PyRuntimeError::new_err("reading a field panicked; this is a defect of the library").restore(py);
            ptr::null_mut()
        }
    }
}

/// The value of a field as a Python value.
pub(crate) fn value<'py>(py: Python<'py>, field: Field, value: Option<FieldValue<'_>>) -> PyResult<Bound<'py, PyAny>> {
    let Some(value) = value else { return Ok(py.None().into_bound(py)) };
    match (value, field.info().kind) {
        (FieldValue::Enum(name), FieldKind::Enum(of)) => Ok(enums::member(py, of, name).into_bound(py)),
        (FieldValue::Text(text) | FieldValue::Enum(text), _) => Ok(PyString::new(py, text).into_any()),
        (FieldValue::Object(text), _) => json::parse(py, text),
        (FieldValue::Integers(integers), _) => Ok(PyList::new(py, integers.iter())?.into_any()),
        (FieldValue::Integer(millis), FieldKind::Timestamp) => datetime::from_millis(py, field, millis),
        (FieldValue::Integer(integer), _) => Ok(PyInt::new(py, integer).into_any()),
        (other, _) => unreachable!("{other:?} has no form in Python"),
    }
}
