//! Waiting for a call on a thread that has nothing else to do: it drives its own request, which saves two thread switches.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Result};
use crate::http::transport::{CallerConnection, Home, Transport};

/// Clients with fewer connections drive none on the caller's thread: the connection that it keeps would be missed.
const MIN_CONNECTIONS: usize = 16;

/// A runtime that one thread at a time drives, with one connection of its own. Calls of other threads run on the library's
/// thread meanwhile.
#[derive(Default)]
pub(crate) struct CallerRuntime(Mutex<Option<Running>>);

struct Running {
    runtime: Runtime,
    connection: Arc<CallerConnection>,
}

impl CallerRuntime {
    /// Runs a call on this thread, or gives back what makes it where this thread cannot drive it. Calls `check` every `tick`,
    /// if any, outside the runtime, so that it may make calls of its own; where it fails, the call is dropped.
    pub(crate) fn drive<T, E, F>(
        &self,
        transport: &Transport,
        max_connections: usize,
        make: F,
        tick: Option<Duration>,
        check: impl FnMut() -> std::result::Result<(), E>,
    ) -> std::result::Result<std::result::Result<Result<T>, E>, F>
    where
        F: FnOnce(Home) -> Pin<Box<dyn Future<Output = Result<T>> + Send>>,
    {
        if max_connections < MIN_CONNECTIONS || Handle::try_current().is_ok() {
            return Err(make);
        }
        let mut slot = match self.0.try_lock() {
            Ok(slot) => slot,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(make),
        };
        let running = match slot.take().or_else(|| Running::new(transport)) {
            Some(running) => slot.insert(running),
            None => return Err(make),
        };
        let call = make(Home::Caller(Arc::clone(&running.connection)));
        let ended = block_on(&running.runtime, call, tick, check);
        // A request that was dropped is still on its connection, which only a running runtime would close.
        let is_cut_off = matches!(ended, Err(_) | Ok(Err(Error::Timeout(_) | Error::Transport(_))));
        if is_cut_off && let Some(running) = slot.take() {
            running.end();
        }
        drop(slot);
        if transport.is_closed() {
            self.close();
        }
        Ok(ended)
    }

    /// Closes the connection, unless a call is under way: then that call does it when it ends.
    pub(crate) fn close(&self) {
        let slot = match self.0.try_lock() {
            Ok(mut slot) => slot.take(),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
            Err(TryLockError::WouldBlock) => None,
        };
        slot.map(Running::end).unwrap_or_default();
    }
}

impl Drop for CallerRuntime {
    fn drop(&mut self) {
        self.close();
    }
}

impl Running {
    /// `None` where the system gives no runtime or the client has no connection left: the library's thread may have one.
    fn new(transport: &Transport) -> Option<Self> {
        let connection = transport.caller_connection()?;
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        Some(Self { runtime, connection })
    }

    /// Ends every task, which closes the connection. Does not wait for a name that is being looked up.
    fn end(self) {
        self.runtime.shutdown_background();
    }
}

fn block_on<T, E>(
    runtime: &Runtime,
    mut call: Pin<Box<dyn Future<Output = Result<T>> + Send>>,
    tick: Option<Duration>,
    mut check: impl FnMut() -> std::result::Result<(), E>,
) -> std::result::Result<Result<T>, E> {
    let ended = loop {
        let Some(tick) = tick else { break Ok(runtime.block_on(&mut call)) };
        if let Ok(outcome) = runtime.block_on(async { tokio::time::timeout(tick, &mut call).await }) {
            break Ok(outcome);
        }
        if let Err(interrupted) = check() {
            break Err(interrupted);
        }
    };
    let _inside = runtime.enter();
    drop(call);
    ended
}
