//! What only the tests of this package may do: choose how event loops are woken, and make a call panic. Not in a release.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

static FORCED: Mutex<Option<String>> = Mutex::new(None);
static PANIC: AtomicBool = AtomicBool::new(false);

/// True for a way of waking that may be tried.
pub(crate) fn is_allowed(way: &str) -> bool {
    FORCED.lock().unwrap_or_else(PoisonError::into_inner).as_deref().is_none_or(|forced| forced == way)
}

/// Panics in the next poll after [`panic_once`].
pub(crate) fn panic_if_asked() {
    if PANIC.swap(false, Ordering::Relaxed) {
        panic!("asked for by a test");
    }
}

/// Chooses how event loops are woken from now on: ``"eventfd"``, ``"sockets"``, ``"threadsafe"``; ``None``: the best way.
#[pyfunction]
#[pyo3(signature = (way, /))]
pub(crate) fn force_wakeup(way: Option<String>) {
    *FORCED.lock().unwrap_or_else(PoisonError::into_inner) = way;
}

/// Makes the next request that is polled panic.
#[pyfunction]
pub(crate) fn panic_once() {
    PANIC.store(true, Ordering::Relaxed);
}
