//! The signature of a class that takes fields as keywords: `inspect` and editors see each field, not `**fields`.

use blynk_webhooks::Field;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::fields::EXTRA;
use crate::properties::HasFields;

/// The attribute `__signature__` of a class. It makes the signature when it is asked for, because importing `inspect` takes
/// longer than importing this package.
#[pyclass(frozen, module = "blynk_webhooks")]
struct Signature {
    positional: &'static [Field],
    keywords: Vec<Field>,
}

#[pymethods]
impl Signature {
    fn __get__<'py>(
        &self,
        py: Python<'py>,
        _instance: &Bound<'py, PyAny>,
        _class: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let inspect = py.import("inspect")?;
        let parameter = inspect.getattr("Parameter")?;
        let parameters = PyList::empty(py);
        for field in self.positional {
            parameters.append(parameter.call1((field.snake(), parameter.getattr("POSITIONAL_OR_KEYWORD")?))?)?;
        }
        let optional = PyDict::new(py);
        optional.set_item("default", py.None())?;
        for name in self.keywords.iter().map(|field| field.snake()).chain([EXTRA]) {
            let arguments = (name, parameter.getattr("KEYWORD_ONLY")?);
            parameters.append(parameter.call(arguments, Some(&optional))?)?;
        }
        inspect.call_method1("Signature", (parameters,))
    }
}

/// Gives a class the signature of its fields.
pub(crate) fn add<T: HasFields>(py: Python<'_>, positional: &'static [Field], keywords: Vec<Field>) -> PyResult<()> {
    T::type_object(py).setattr("__signature__", Signature { positional, keywords })
}
