//! Tells a forked process from its parent without a system call: Python calls a hook in each child.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between the process that loaded this library and this one. What belongs to one process keeps the
/// generation it was made in, and is made anew where that is another.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

#[pyfunction]
fn forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// Asks Python to call [`forked`] in each forked child, before any other code of the child that uses this library.
pub(crate) fn register(py: Python<'_>) -> PyResult<()> {
    let os = py.import("os")?;
    // Systems without fork have no such function.
    let Ok(register) = os.getattr("register_at_fork") else { return Ok(()) };
    let hooks = PyDict::new(py);
    hooks.set_item("after_in_child", wrap_pyfunction!(forked, py)?)?;
    register.call((), Some(&hooks)).map(drop)
}

/// A value that each process has for itself. What the parent had stays as it is, and is never dropped: its locks may be
/// locked, and its threads are not there.
///
/// A chain of cells rather than a lock, because a fork may find a lock locked.
pub(crate) struct PerProcess<T>(OnceLock<Box<Link<T>>>);

struct Link<T> {
    generation: u32,
    value: T,
    of_child: PerProcess<T>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// This process's value, if there is one.
    pub(crate) fn get(&self) -> Option<&T> {
        let mut link = self.0.get()?;
        while link.generation != generation() {
            link = link.of_child.0.get()?;
        }
        Some(&link.value)
    }

    /// This process's value, made now if there is none.
    pub(crate) fn get_or_try_init<E>(&self, make: impl Fn() -> Result<T, E>) -> Result<&T, E> {
        let mut cell = self;
        loop {
            match cell.0.get() {
                Some(link) if link.generation == generation() => return Ok(&link.value),
                Some(link) => cell = &link.of_child,
                None => {
                    let link = Link { generation: generation(), value: make()?, of_child: Self::new() };
                    // Where another thread was faster, its value counts.
                    let _ = cell.0.set(Box::new(link));
                }
            }
        }
    }
}
