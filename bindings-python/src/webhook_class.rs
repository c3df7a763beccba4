//! `Webhook` without its methods: what calls bring and exceptions carry. Its methods are in `webhook.rs`, and raise exceptions.

use std::ops::Deref;
use std::sync::Arc;

use blynk_webhooks::{Webhook as Held, WebhookList};
use pyo3::ffi;
use pyo3::prelude::*;

/// A webhook as the server holds it: frozen; every field but ``id`` may be ``None``.
///
/// Fields this version does not know are in ``extra``. ``spec`` gives what a user decides of it, ready to change and
/// send back. The constructor is for tests of your own code.
///
/// Example::
///
///     webhook = client.get(7)
///     client.update(webhook.id, webhook.spec.replace(name="Doors"))
#[pyclass(frozen, eq, module = "blynk_webhooks")]
#[derive(PartialEq)]
pub(crate) struct Webhook(pub(crate) Kept);

/// A webhook by itself, or its place in the list it came with: thousands are not moved one by one.
pub(crate) enum Kept {
    One(Box<Held>),
    OfList(Arc<WebhookList>, u32),
}

impl Webhook {
    /// The object of a webhook that a call brings.
    pub(crate) fn object(py: Python<'_>, kept: Kept) -> PyResult<Py<Self>> {
        let object = Py::new(py, Self(kept))?;
        // The garbage collector looks for cycles, and a webhook refers to no object of Python: thousands need not be looked at.
        // SAFETY: this thread is attached (`py`), and the object is alive and tracked, as each object of such a class.
        unsafe { ffi::PyObject_GC_UnTrack(object.as_ptr().cast()) };
        Ok(object)
    }
}

impl Deref for Kept {
    type Target = Held;
    fn deref(&self) -> &Held {
        match self {
            Self::One(webhook) => webhook,
            Self::OfList(list, place) => &list[*place as usize],
        }
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
