//! What only the tests of this package may do: choose how event loops are woken, and make a call panic. Not in a release.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pyo3::prelude::*;

use crate::wakeup::WAYS;

static FORCED: AtomicUsize = AtomicUsize::new(usize::MAX);
static PANIC: AtomicBool = AtomicBool::new(false);

/// True for a way of waking that may be tried.
pub(crate) fn is_allowed(way: &str) -> bool {
    WAYS.get(FORCED.load(Ordering::Relaxed)).is_none_or(|(forced, _)| *forced == way)
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
pub(crate) fn force_wakeup(way: Option<&str>) {
    let place = way.map_or(usize::MAX, |way| WAYS.iter().position(|(name, _)| *name == way).unwrap_or(usize::MAX));
    FORCED.store(place, Ordering::Relaxed);
}

/// Makes the next request that is polled panic.
#[pyfunction]
pub(crate) fn panic_once() {
    PANIC.store(true, Ordering::Relaxed);
}
