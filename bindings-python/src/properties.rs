//! A property for each field of the core's table, on the classes that hold fields.

use std::ffi::{CString, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use blynk_webhooks::{Field, FieldKind, FieldValue};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::{PyInt, PyList, PyString};
use pyo3::{Borrowed, PyClass, ffi};

use crate::docs::property_doc;
use crate::enums::{self, Members};
use crate::{datetime, json};

/// A class whose properties are fields.
pub(crate) trait HasFields: PyClass<Frozen = True> + Sync {
    fn field(&self, field: Field) -> Option<FieldValue<'_>>;
}

/// What a property knows: its field, and the members that its values may be.
struct Property {
    field: Field,
    members: &'static Members,
}

/// Adds a property for each of the fields to a class, with its documentation. The enums have been made.
pub(crate) fn add<T: HasFields>(py: Python<'_>, fields: &[Field]) -> PyResult<()> {
    let class = T::type_object(py);
    for field in fields {
        let members = match field.info().kind {
            FieldKind::Enum(of) => enums::members(py, of),
            _ => &[],
        };
        let definition = ffi::PyGetSetDef {
            name: CString::new(field.snake())?.into_raw(),
            get: Some(get::<T>),
            set: None,
            doc: CString::new(property_doc(field.info()))?.into_raw(),
            closure: ptr::from_ref(Box::leak(Box::new(Property { field: *field, members }))).cast_mut().cast(),
        };
        // SAFETY: this thread is attached (`py`); the definition, its texts and its property live for ever, and `get::<T>` is
        // a getter of the very class that the descriptor is made for. The call gives a new reference or sets an exception.
        let descriptor = unsafe {
            let descriptor = ffi::PyDescr_NewGetSet(class.as_type_ptr(), Box::leak(Box::new(definition)));
            Bound::from_owned_ptr_or_err(py, descriptor)?
        };
        class.setattr(field.snake(), descriptor)?;
    }
    Ok(())
}

/// What Python calls for a property.
unsafe extern "C" fn get<T: HasFields>(slf: *mut ffi::PyObject, closure: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: Python calls a getter on a thread that is attached.
    let py = unsafe { Python::assume_attached() };
    let value = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: Python passes a live object; the reference is borrowed for the time of the call.
        let slf = unsafe { Borrowed::from_ptr(py, slf) };
        // SAFETY: Python passes what the definition says: a property that lives for ever and that nobody changes.
        let property = unsafe { &*closure.cast_const().cast::<Property>() };
        // The descriptor has checked the class, but a check costs next to nothing.
        value(py, property, slf.cast::<T>()?.get().field(property.field))
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
fn value<'py>(py: Python<'py>, property: &Property, value: Option<FieldValue<'_>>) -> PyResult<Bound<'py, PyAny>> {
    let Some(value) = value else { return Ok(py.None().into_bound(py)) };
    match value {
        FieldValue::Enum(name) => Ok(enums::member(py, property.members, name)),
        FieldValue::Text(text) => Ok(PyString::new(py, text).into_any()),
        FieldValue::Object(text) => json::parse(py, text),
        FieldValue::Integers(integers) => Ok(PyList::new(py, integers.iter())?.into_any()),
        FieldValue::Integer(millis) if property.field.info().kind == FieldKind::Timestamp => {
            datetime::from_millis(py, property.field, millis)
        }
        FieldValue::Integer(integer) => Ok(PyInt::new(py, integer).into_any()),
        other => unreachable!("{other:?} has no form in Python"),
    }
}
