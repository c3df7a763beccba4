//! The process-wide thread that carries the requests of event loops, and those that no calling thread drives. It never
//! touches the interpreter.

use std::mem;
use std::sync::{Mutex, PoisonError};

use blynk_webhooks::Error;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use tokio::runtime::Handle;

use crate::fork;

struct IoThread {
    generation: u32,
    runtime: Handle,
}

/// Locked while attached only, so that no fork finds it locked.
static IO_THREAD: Mutex<Option<IoThread>> = Mutex::new(None);

/// The runtime of this process's I/O thread; both are made when first asked for, anew after a fork.
pub(crate) fn runtime(py: Python<'_>) -> Result<Handle, Error> {
    let mut thread = IO_THREAD.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
    let generation = fork::generation();
    // Remembered, because the core tells a forked child from its parent by a system call.
    if let Some(running) = thread.as_ref().filter(|running| running.generation == generation) {
        return Ok(running.runtime.clone());
    }
    let failed = |problem| Error::Config(format!("cannot start the I/O thread: {problem}").into());
    let runtime = blynk_webhooks::io_thread().map_err(failed)?;
    // The parent's runtime, if there is one, is not this process's to take down.
    mem::forget(thread.replace(IoThread { generation, runtime: runtime.clone() }));
    Ok(runtime)
}
