//! The enums of the wire as Python's, made of the core's tables; a value newer than this version is a plain string.

use blynk_webhooks::{ENUMS, EnumInfo};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple};

use crate::docs::doc;

/// A wire name and the member of it.
type Member = (&'static str, Py<PyAny>);
/// The members of an enum.
pub(crate) type Members = [Member];

/// The members of each enum, in the order of the core's tables.
static MEMBERS: PyOnceLock<Vec<Vec<Member>>> = PyOnceLock::new();

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
        members.push(of.names().map(|name| Ok((name, class.getattr(name)?.unbind()))).collect::<PyResult<_>>()?);
        module.add(of.name, class)?;
    }
    let _ = MEMBERS.set(py, members);
    Ok(())
}

/// The members of one of the core's enums; none before the enums are made.
pub(crate) fn members(py: Python<'_>, of: &EnumInfo) -> &'static Members {
    let of_all = MEMBERS.get(py).into_iter().flatten();
    ENUMS.iter().zip(of_all).find(|(known, _)| known.name == of.name).map_or(&[], |(_, members)| members)
}

/// The member of a wire name, or the name as a plain string.
pub(crate) fn member<'py>(py: Python<'py>, members: &Members, name: &str) -> Bound<'py, PyAny> {
    match members.iter().find(|(known, _)| *known == name) {
        Some((_, member)) => member.bind(py).clone(),
        None => PyString::new(py, name).into_any(),
    }
}
