//! The process-wide thread that carries requests which no calling thread drives. It never touches the interpreter.

use std::cell::RefCell;
use std::mem;
use std::process;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};

use blynk_webhooks::Error;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use tokio::runtime::{Builder, Handle};

use crate::calls::{Outcome, Request};
use crate::signals::{self, Interrupted, TICK};

struct Background {
    process: u32,
    runtime: Handle,
}

/// Locked while attached only, so that no fork finds it locked.
static BACKGROUND: Mutex<Option<Background>> = Mutex::new(None);

/// The runtime of this process's background thread; both are made when first asked for, anew after a fork.
pub(crate) fn runtime(py: Python<'_>) -> Result<Handle, Error> {
    let mut background = BACKGROUND.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
    if let Some(background) = &*background
        && background.process == process::id()
    {
        return Ok(background.runtime.clone());
    }
    let failed = |problem| Error::Config(format!("cannot start a background thread: {problem}").into());
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let run = move || runtime.block_on(std::future::pending::<()>());
    std::thread::Builder::new().name("blynk-webhooks".into()).spawn(run).map_err(failed)?;
    // The parent's runtime, if there is one, is not this process's to take down.
    mem::forget(background.replace(Background { process: process::id(), runtime: handle.clone() }));
    Ok(handle)
}

/// [`runtime`] for a thread that is detached: it attaches the first time only.
fn runtime_detached() -> Result<Handle, Error> {
    thread_local!(static KNOWN: RefCell<Option<(u32, Handle)>> = const { RefCell::new(None) });
    let known =
        KNOWN.with_borrow(|known| known.as_ref().filter(|known| known.0 == process::id()).map(|known| known.1.clone()));
    if let Some(runtime) = known {
        return Ok(runtime);
    }
    let runtime = Python::attach(runtime)?;
    mem::forget(KNOWN.replace(Some((process::id(), runtime.clone()))));
    Ok(runtime)
}

/// Waits for a request that the background carries, detached from the interpreter.
pub(crate) fn wait(request: Request, watching: bool) -> Result<Outcome, Interrupted> {
    let runtime = match runtime_detached() {
        Ok(runtime) => runtime,
        Err(error) => return Ok(Err(error)),
    };
    let (sender, receiver) = mpsc::sync_channel(1);
    let task = runtime.spawn(async move {
        let _ = sender.send(request.await);
    });
    let lost = || Ok(Err(Error::Config("the call ended without an outcome; this is a defect of the library".into())));
    if !watching {
        return receiver.recv().map_or_else(|_| lost(), Ok);
    }
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Disconnected) => return lost(),
            Err(RecvTimeoutError::Timeout) => {
                if let Err(interrupted) = signals::check() {
                    task.abort();
                    return Err(interrupted);
                }
            }
        }
    }
}
