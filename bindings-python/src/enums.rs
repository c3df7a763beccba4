//! The vocabularies as Python enums, made of the core's tables; a value newer than this version is a plain string.

use blynk_webhooks::{AuthType, ContentType, Method, Status, Trigger};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyModule, PyString, PyTuple};

/// The members of one vocabulary, in the order of the core's table.
pub(crate) struct Members(PyOnceLock<Vec<Py<PyAny>>>);

/// A vocabulary of the core.
pub(crate) trait Vocabulary {
    const CLASS: &'static str;
    const DOC: &'static str;
    const NAMES: &'static [&'static str];
    fn wire_name(&self) -> &str;
    fn position(&self) -> Option<usize>;
    fn members() -> &'static Members;
}

macro_rules! vocabularies {
    ($($name:ident: $doc:literal),+ $(,)?) => {
        $(
            impl Vocabulary for $name {
                const CLASS: &'static str = stringify!($name);
                const DOC: &'static str = concat!($doc, " A value newer than this version is a plain string.");
                const NAMES: &'static [&'static str] = <$name>::NAMES;
                fn wire_name(&self) -> &str {
                    self.as_str()
                }
                fn position(&self) -> Option<usize> {
                    self.index()
                }
                fn members() -> &'static Members {
                    static MEMBERS: Members = Members(PyOnceLock::new());
                    &MEMBERS
                }
            }
        )+

        /// Makes the enums and adds them to the module.
        pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
            let base = module.py().import("blynk_webhooks._wire_name")?.getattr("WireName")?;
            $( add_one::<$name>(module, &base)?; )+
            Ok(())
        }
    };
}

vocabularies! {
    Trigger: "The event that runs a webhook.",
    Method: "The HTTP method that a webhook uses.",
    ContentType: "How the body of a webhook's request is written.",
    AuthType: "How a webhook authenticates to its target.",
    Status: "Whether a webhook runs.",
}

fn add_one<T: Vocabulary>(module: &Bound<'_, PyModule>, base: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = module.py();
    let pairs: Vec<_> = T::NAMES.iter().map(|name| (*name, *name)).collect();
    let options = pyo3::types::PyDict::new(py);
    options.set_item("module", "blynk_webhooks")?;
    let class = base.call((T::CLASS, PyTuple::new(py, pairs)?), Some(&options))?;
    class.setattr("__doc__", T::DOC)?;
    let members = T::NAMES.iter().map(|name| class.getattr(*name).map(Bound::unbind)).collect::<PyResult<_>>()?;
    let _ = T::members().0.set(py, members);
    module.add(T::CLASS, class)
}

/// The member of a value, or its plain string.
pub(crate) fn to_py<T: Vocabulary>(py: Python<'_>, value: Option<&T>) -> Option<Py<PyAny>> {
    let value = value?;
    let member = value.position().and_then(|position| Some(T::members().0.get(py)?.get(position)?.clone_ref(py)));
    Some(member.unwrap_or_else(|| PyString::new(py, value.wire_name()).into_any().unbind()))
}
