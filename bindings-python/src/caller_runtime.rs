//! Sync calls: the calling thread drives its own request, which saves two thread switches.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, mpsc};

use blynk_webhooks::Error;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;

use crate::calls::{Outcome, Request, lost};
use crate::io_thread;
use crate::logs::CallLog;
use crate::signals::{self, TICK};

/// Turns of the runtime in which a connection notices that its request is gone, and closes.
const TURNS: usize = 8;

/// A runtime that one thread at a time drives; another thread's call meanwhile runs on the I/O thread.
pub(crate) struct CallerRuntime {
    enabled: bool,
    closed: AtomicBool,
    runtime: Mutex<Option<Arc<Runtime>>>,
}

impl CallerRuntime {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, closed: AtomicBool::new(false), runtime: Mutex::new(None) }
    }

    /// Waits for a request. `Err`: a signal handler raised; the request is closed.
    pub(crate) fn wait(&self, py: Python<'_>, request: Request) -> PyResult<Outcome> {
        let watching = signals::is_main_thread(py);
        let Some(mut guard) = self.try_lock().filter(|_| self.enabled) else {
            return wait_for_io_thread(py, request, watching);
        };
        let runtime = match &mut *guard {
            Some(runtime) => Arc::clone(runtime),
            none => match Builder::new_current_thread().enable_all().build() {
                Ok(built) => Arc::clone(none.insert(Arc::new(built))),
                Err(problem) => {
                    return Ok(Err(Error::Config(format!("cannot create an event loop: {problem}").into())));
                }
            },
        };
        let ended = py.detach(|| drive(&runtime, request, watching));
        drop((runtime, guard));
        if self.closed.load(Ordering::SeqCst) {
            self.close();
        }
        ended
    }

    /// Closes the connections, at once where no call is under way, else at its end.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        if let Some(mut guard) = self.try_lock() {
            shut_down(guard.take());
        }
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Option<Arc<Runtime>>>> {
        match self.runtime.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Leaves the runtime as it is, for ever.
    pub(crate) fn forget(&mut self) {
        mem::forget(mem::take(&mut self.runtime));
    }
}

impl Drop for CallerRuntime {
    fn drop(&mut self) {
        shut_down(self.runtime.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Drops what the runtime carries, connections too, without waiting for a name lookup under way.
fn shut_down(runtime: Option<Arc<Runtime>>) {
    if let Some(runtime) = runtime.and_then(Arc::into_inner) {
        runtime.shutdown_background();
    }
}

/// Drives a request on this thread; detached. The request is a task of its own, so that another thread can drive it on.
fn drive(runtime: &Arc<Runtime>, request: Request, watching: bool) -> PyResult<Outcome> {
    let log = request.log();
    let joined = runtime.block_on(async {
        let mut task = tokio::spawn(request);
        match watching {
            true => timeout(TICK, &mut task).await.map_err(|_| task),
            false => Ok(task.await),
        }
    });
    match joined {
        Ok(joined) => Ok(ended(runtime, joined)),
        Err(task) => hand_over(runtime, task, log.as_ref()),
    }
}

/// Has another thread drive the runtime on, so that this one can run signal handlers: they may make calls of their own
/// or take long, and neither this call nor one that waits for the same token stands still meanwhile.
fn hand_over(runtime: &Arc<Runtime>, task: JoinHandle<Outcome>, log: Option<&CallLog>) -> PyResult<Outcome> {
    let stop = task.abort_handle();
    let (sender, outcome) = mpsc::sync_channel(1);
    let task = Arc::new(Mutex::new(Some(task)));
    let (driven, taken) = (Arc::clone(runtime), Arc::clone(&task));
    let run = move || {
        if let Some(task) = take(&taken) {
            let _ = sender.send(ended(&driven, driven.block_on(task)));
        }
    };
    if std::thread::Builder::new().name("blynk-webhooks-call".into()).spawn(run).is_err() {
        // No thread can be had: signals wait until the call ends.
        return Ok(take(&task).map_or_else(lost, |task| ended(runtime, runtime.block_on(task))));
    }
    signals::wait(&outcome, true, log, || {
        stop.abort();
        // Comes at once, and then the request is closed on the wire.
        let _ = outcome.recv();
    })
}

fn take(task: &Mutex<Option<JoinHandle<Outcome>>>) -> Option<JoinHandle<Outcome>> {
    task.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The outcome of a task. Where its request was cut off, the connection gets the turns it needs to close now.
fn ended(runtime: &Runtime, joined: Result<Outcome, JoinError>) -> Outcome {
    if matches!(joined, Err(_) | Ok(Err(Error::Timeout(_)))) {
        runtime.block_on(async {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        });
    }
    joined.unwrap_or_else(|_| lost())
}

/// Waits for a request that the I/O thread carries.
pub(crate) fn wait_for_io_thread(py: Python<'_>, request: Request, watching: bool) -> PyResult<Outcome> {
    let runtime = match io_thread::runtime(py) {
        Ok(runtime) => runtime,
        Err(error) => return Ok(Err(error)),
    };
    let log = request.log();
    let (sender, outcome) = mpsc::sync_channel(1);
    py.detach(move || {
        let task = runtime.spawn(async move {
            let _ = sender.send(request.await);
        });
        signals::wait(&outcome, watching, log.as_ref(), || task.abort())
    })
}
