//! Signals while a thread waits: only the main thread runs Python's handlers, so only it looks for them.

use std::cell::Cell;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use blynk_webhooks::Error;
use pyo3::prelude::*;

use crate::calls::{Outcome, lost};
use crate::fork;
use crate::logs::{self, CallLog};

/// How often the main thread looks for signals while it waits.
pub(crate) const TICK: Duration = Duration::from_millis(25);

/// True on the thread that runs Python's signal handlers; remembered for each thread, anew after a fork.
pub(crate) fn is_main_thread(py: Python<'_>) -> bool {
    thread_local!(static MAIN: Cell<Option<(u32, bool)>> = const { Cell::new(None) });
    let generation = fork::generation();
    MAIN.with(|known| match known.get() {
        Some((remembered, main)) if remembered == generation => main,
        _ => {
            // Where it cannot be told, looking too often does no harm.
            let main = ask(py).unwrap_or(true);
            known.set(Some((generation, main)));
            main
        }
    })
}

fn ask(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    threading.call_method0("main_thread")?.getattr("ident")?.eq(threading.call_method0("get_ident")?)
}

/// Waits, detached, for an outcome that another thread brings, and runs the handlers of signals that come in meanwhile.
/// `Err`: a handler raised; `stop` is called then, to end the request.
pub(crate) fn wait(
    outcome: &Receiver<Outcome>,
    watching: bool,
    log: Option<&CallLog>,
    stop: impl FnOnce(),
) -> PyResult<Outcome> {
    if !watching {
        return Ok(outcome.recv().unwrap_or_else(|_| lost()));
    }
    let generation = fork::generation();
    loop {
        match outcome.recv_timeout(TICK) {
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Disconnected) => return Ok(lost()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let handled = Python::attach(|py| {
            logs::flush(py, log);
            py.check_signals()
        });
        if fork::generation() != generation {
            // A handler has forked, and this is the child: the call goes on in the parent alone.
            let message = "a signal handler forked this process during the call, which goes on in the parent process";
            return handled.map(|()| Err(Error::Config(message.into())));
        }
        if let Err(raised) = handled {
            stop();
            return Err(raised);
        }
    }
}
