//! Signals while a thread waits: only the main thread runs Python's handlers, so only it looks.

use std::cell::Cell;
use std::process;
use std::time::Duration;

use pyo3::prelude::*;

use crate::logs;

/// How often the main thread looks for signals while it waits.
pub(crate) const TICK: Duration = Duration::from_millis(25);

/// What a signal handler raised, e.g. `KeyboardInterrupt`.
pub(crate) struct Interrupted(pub(crate) PyErr);

/// Runs the handlers of signals that came in, and hands over what was logged so far.
pub(crate) fn check() -> Result<(), Interrupted> {
    Python::attach(|py| {
        logs::flush(py);
        py.check_signals().map_err(Interrupted)
    })
}

/// True on the thread that runs Python's signal handlers; remembered for each thread, anew after a fork.
pub(crate) fn is_main_thread() -> bool {
    thread_local!(static MAIN: Cell<Option<(u32, bool)>> = const { Cell::new(None) });
    let process = process::id();
    MAIN.with(|known| match known.get() {
        Some((remembered, main)) if remembered == process => main,
        _ => {
            // Where it cannot be told, looking too often does no harm.
            let main = Python::attach(ask).unwrap_or(true);
            known.set(Some((process, main)));
            main
        }
    })
}

fn ask(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    threading.call_method0("main_thread")?.getattr("ident")?.eq(threading.call_method0("get_ident")?)
}
