//! Sync calls: the calling thread drives its own request, which saves two thread switches.

use std::mem;
use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use blynk_webhooks::Error;
use tokio::runtime::{Builder, Runtime};

use crate::background;
use crate::calls::{Outcome, Request};
use crate::signals::{self, Interrupted, TICK};

/// Turns of the runtime in which connections notice that their request is gone, and close.
const TURNS: usize = 64;

/// A runtime that one thread at a time drives; another thread's call meanwhile runs in the background.
pub(crate) struct CallerRuntime {
    enabled: bool,
    runtime: Mutex<Option<Runtime>>,
}

impl CallerRuntime {
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, runtime: Mutex::new(None) }
    }

    /// Waits for a request, detached from the interpreter. `Err`: a signal handler raised; the request is closed.
    pub(crate) fn wait(&self, request: Request) -> Result<Outcome, Interrupted> {
        let watching = signals::is_main_thread();
        let mut runtime = match self.runtime.try_lock() {
            Ok(runtime) if self.enabled => runtime,
            Err(TryLockError::Poisoned(poisoned)) if self.enabled => poisoned.into_inner(),
            _ => return background::wait(request, watching),
        };
        let runtime = match &mut *runtime {
            Some(runtime) => runtime,
            none => match Builder::new_current_thread().enable_all().build() {
                Ok(built) => none.insert(built),
                Err(problem) => {
                    return Ok(Err(Error::Config(format!("cannot create an event loop: {problem}").into())));
                }
            },
        };
        drive(runtime, request, watching)
    }

    /// Gives connections that nobody uses any more the chance to close now, not at the next call.
    pub(crate) fn settle(&self) {
        if let Ok(runtime) = self.runtime.try_lock()
            && let Some(runtime) = &*runtime
        {
            settle(runtime);
        }
    }

    /// Leaves the runtime as it is, for ever.
    pub(crate) fn forget(&mut self) {
        mem::forget(mem::take(&mut self.runtime));
    }
}

impl Drop for CallerRuntime {
    fn drop(&mut self) {
        let runtime = self.runtime.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(runtime) = runtime.take() {
            settle(&runtime);
            // A name lookup under way would be waited for by a plain drop.
            runtime.shutdown_background();
        }
    }
}

fn drive(runtime: &Runtime, mut request: Request, watching: bool) -> Result<Outcome, Interrupted> {
    let ended = if watching {
        loop {
            // Handlers run between two turns, outside the runtime: they may make calls of their own.
            match runtime.block_on(async { tokio::time::timeout(TICK, &mut request).await }) {
                Ok(outcome) => break Ok(outcome),
                Err(_) => {
                    if let Err(interrupted) = signals::check() {
                        break Err(interrupted);
                    }
                }
            }
        }
    } else {
        Ok(runtime.block_on(&mut request))
    };
    {
        let _inside = runtime.enter();
        drop(request);
    }
    if !matches!(ended, Ok(Ok(_))) {
        settle(runtime);
    }
    ended
}

fn settle(runtime: &Runtime) {
    runtime.block_on(async {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    });
}
