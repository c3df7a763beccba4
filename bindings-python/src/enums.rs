//! The enums of the wire as Python's, made of the core's tables; a value newer than this version is a plain string.

use blynk_webhooks::{ENUMS, EnumInfo};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple};

use crate::docs::doc;

/// The members of each enum, in the order of the core's tables.
static MEMBERS: PyOnceLock<Vec<Vec<Py<PyAny>>>> = PyOnceLock::new();

/// Makes the enums and adds them to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let base = py.import("blynk_webhooks._wire_name")?.getattr("WireName")?;
    let options = PyDict::new(py);
    options.set_item("module", "blynk_webhooks")?;
    let mut members = Vec::with_capacity(ENUMS.len());
    for of in ENUMS {
        let pairs: Vec<_> = of.names().map(|name| (name, name)).collect();
        let class = base.call((of.name, PyTuple::new(py, pairs)?), Some(&options))?;
        class.setattr("__doc__", format!("{} A value newer than this version is a plain string.", doc(of.doc)))?;
        members.push(of.names().map(|name| class.getattr(name).map(Bound::unbind)).collect::<PyResult<_>>()?);
        module.add(of.name, class)?;
    }
    let _ = MEMBERS.set(py, members);
    Ok(())
}

/// The member of a wire name, or the name as a plain string.
pub(crate) fn member(py: Python<'_>, of: &EnumInfo, name: &str) -> Py<PyAny> {
    let place = || {
        let table = ENUMS.iter().position(|known| known.name == of.name)?;
        let place = of.names().position(|known| known == name)?;
        Some(MEMBERS.get(py)?.get(table)?.get(place)?.clone_ref(py))
    };
    place().unwrap_or_else(|| PyString::new(py, name).into_any().unbind())
}
