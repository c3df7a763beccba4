//! Signals while a thread waits: only the main thread runs Python's handlers, so only it looks for them.

use std::cell::Cell;
use std::time::Duration;

use blynk_webhooks::bindings::lost;
use blynk_webhooks::{Client, Error, Stop, wait_on_io_thread};
use pyo3::prelude::*;

use crate::events::{self, CallEvents};
use crate::fork;
use crate::request::{Outcome, Request};

/// How often the main thread looks for signals while it waits.
const TICK: Duration = Duration::from_millis(25);

/// True on the thread that runs Python's signal handlers; remembered for each thread, anew after a fork.
fn is_main_thread(py: Python<'_>) -> bool {
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

/// Waits, detached, for a request: one of a client, which this thread drives where it can, or any other. The main thread
/// runs the handlers of signals that come in meanwhile. `Err`: a handler raised; the request is closed.
pub(crate) fn wait(py: Python<'_>, client: Option<&Client>, request: Request) -> PyResult<Outcome> {
    let (observation, generation) = (request.observation(), fork::generation());
    let is_live = observation.events.as_ref().is_some_and(CallEvents::is_live);
    let tick = (is_main_thread(py) || is_live).then_some(TICK);
    let check = || {
        let handled = Python::attach(|py| {
            events::flush(py, observation.events.as_ref())?;
            py.check_signals()
        });
        if fork::generation() != generation {
            // A handler has forked, and this is the child: the call goes on in the parent alone.
            let message = "a signal handler forked this process during the call, which goes on in the parent process";
            return Err(Stop::Abandon(handled.err().map_or_else(|| Ended::Lost(message), Ended::Raised)));
        }
        handled.map_err(|raised| Stop::Cancel(Ended::Raised(raised)))
    };
    let waited = py.detach(|| match client {
        Some(client) => client.wait_for(request, tick, check),
        None => wait_on_io_thread(request, tick, check),
    });
    match waited {
        Ok(outcome) => Ok(outcome.unwrap_or_else(|| Err(lost()))),
        Err(Ended::Raised(raised)) => Err(raised),
        Err(Ended::Lost(message)) => Ok(Err(Error::Config(message.into()))),
    }
}

/// How a wait ends before its request.
enum Ended {
    Raised(PyErr),
    Lost(&'static str),
}
