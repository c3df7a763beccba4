//! Waiting on a thread that has nothing else to do: it drives its own call, which saves two thread switches.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tracing::instrument::WithSubscriber as _;

use crate::http::caller_connection::{CallerConnection, Driving};
use crate::http::io_thread::{self, Spawned};
use crate::http::lock;
use crate::http::transport::Transport;

/// Clients with fewer connections drive none on the caller's thread: the connection that it keeps would be missed.
const MIN_CONNECTIONS: usize = 16;

/// Why a wait ends before its call.
#[doc(hidden)]
#[derive(Debug)]
pub enum Stop<E> {
    /// The call is not wanted any more.
    Cancel(E),
    /// This process is a fork of the one that makes the call, whose runtime and connections are not to be touched.
    Abandon(E),
}

/// A runtime that one thread at a time drives, with one connection of its own. Other threads' calls run on the library's
/// thread meanwhile.
#[derive(Default)]
pub(crate) struct CallerRuntime(Mutex<Option<Arc<Running>>>);

struct Running {
    runtime: Runtime,
    connection: Arc<CallerConnection>,
}

impl CallerRuntime {
    /// Waits for a future on this thread, or gives it back where this thread cannot drive it. Where it takes longer than a
    /// `tick`, another thread drives it on, and this one calls `check` at every tick: what that does holds up no call.
    pub(crate) fn drive<F, E>(
        &self,
        transport: &Transport,
        max_connections: usize,
        mut future: F,
        tick: Option<Duration>,
        check: impl FnMut() -> Result<(), Stop<E>>,
    ) -> Result<Result<Option<F::Output>, E>, F>
    where
        F: Future<Output: Send> + Send + Unpin + 'static,
    {
        if max_connections < MIN_CONNECTIONS || Handle::try_current().is_ok() {
            return Err(future);
        }
        let Some(mut slot) = self.try_lock() else { return Err(future) };
        if slot.is_none() {
            *slot = Running::new(transport).map(Arc::new);
        }
        let Some(running) = slot.as_ref().map(Arc::clone) else { return Err(future) };
        let ended = match running.block_on(&mut future, tick) {
            Some(output) => {
                running.drop_inside(future);
                Ok(Some(output))
            }
            None => hand_over(&running, future, tick.unwrap_or_default(), check),
        };
        if matches!(ended, Err(Stop::Abandon(_))) {
            mem::forget((slot, running));
        } else {
            let is_cut_off = running.connection.is_cut_off();
            drop(running);
            // HTTP/2 tells the server of a dropped request in a task of this runtime, which stands still now.
            if is_cut_off && let Some(running) = slot.take() {
                end(running);
            }
            drop(slot);
            if transport.is_closed() {
                self.close();
            }
        }
        Ok(ended.map_err(|(Stop::Cancel(error) | Stop::Abandon(error))| error))
    }

    /// Closes the connection, unless a call is under way: then that call does it when it ends.
    pub(crate) fn close(&self) {
        let running = self.try_lock().and_then(|mut slot| slot.take());
        running.map(end).unwrap_or_default();
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Option<Arc<Running>>>> {
        match self.0.try_lock() {
            Ok(slot) => Some(slot),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
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

    /// The output of a future, if it comes before the end of the tick.
    fn block_on<F: Future + Unpin>(&self, future: &mut F, tick: Option<Duration>) -> Option<F::Output> {
        let _driving = Driving::begin(&self.connection);
        match tick {
            Some(tick) => self.runtime.block_on(async { tokio::time::timeout(tick, future).await.ok() }),
            None => Some(self.runtime.block_on(future)),
        }
    }

    /// What a call leaves behind may belong to the runtime.
    fn drop_inside<F>(&self, future: F) {
        let _inside = self.runtime.enter();
        drop(future);
    }
}

/// Ends every task, which closes the connection. Does not wait for a name that is being looked up.
fn end(running: Arc<Running>) {
    if let Some(running) = Arc::into_inner(running) {
        running.runtime.shutdown_background();
    }
}

/// Has another thread drive a future on. `None`: it has ended without an output.
fn hand_over<F, E>(
    running: &Arc<Running>,
    future: F,
    tick: Duration,
    mut check: impl FnMut() -> Result<(), Stop<E>>,
) -> Result<Option<F::Output>, Stop<E>>
where
    F: Future<Output: Send> + Send + Unpin + 'static,
{
    let (sender, outputs) = mpsc::sync_channel(1);
    let (cancel, cancelled) = oneshot::channel::<()>();
    // Where no thread can be had, this one needs the future again.
    let future = Arc::new(Mutex::new(Some(future)));
    let (driven, taken) = (Arc::clone(running), Arc::clone(&future));
    let drive = move || {
        let taken = lock(&taken).take();
        let Some(mut future) = taken else { return };
        let output = {
            let _driving = Driving::begin(&driven.connection);
            driven.runtime.block_on(async {
                tokio::select! {
                    output = &mut future => Some(output),
                    _ = cancelled => None,
                }
            })
        };
        driven.drop_inside(future);
        // The thread that waits may end the runtime now.
        drop(driven);
        if let Some(output) = output {
            let _ = sender.send(output);
        }
    };
    if std::thread::Builder::new().name("blynk-webhooks-call".into()).spawn(drive).is_err() {
        let taken = lock(&future).take();
        return Ok(taken.and_then(|mut future| {
            let output = running.block_on(&mut future, None);
            running.drop_inside(future);
            output
        }));
    }
    match receive(&outputs, Some(tick), &mut check) {
        Err(Stop::Cancel(error)) => {
            let _ = cancel.send(());
            // Comes as soon as the request has been dropped.
            let _ = outputs.recv();
            Err(Stop::Cancel(error))
        }
        Err(Stop::Abandon(error)) => {
            mem::forget((outputs, cancel));
            Err(Stop::Abandon(error))
        }
        Ok(output) => Ok(output),
    }
}

/// Waits for a future that the library's thread runs, as [`crate::Client::wait_for`] does.
///
/// # Errors
/// Those of the check.
#[cfg(feature = "bindings")]
pub fn wait_on_io_thread<F, E>(
    future: F,
    tick: Option<Duration>,
    check: impl FnMut() -> Result<(), Stop<E>>,
) -> Result<Option<F::Output>, E>
where
    F: Future<Output: Send> + Send + Unpin + 'static,
{
    wait_for_thread(io_thread::handle().as_ref().ok(), future, tick, check)
}

pub(crate) fn wait_for_thread<F, E>(
    io_thread: Option<&Handle>,
    mut future: F,
    tick: Option<Duration>,
    check: impl FnMut() -> Result<(), Stop<E>>,
) -> Result<Option<F::Output>, E>
where
    F: Future<Output: Send> + Send + Unpin + 'static,
{
    if io_thread::is_current() {
        // It would wait for itself.
        return Ok(None);
    }
    let Some(io_thread) = io_thread else {
        // A call tells why there is none.
        return Ok(match Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        });
    };
    let (sender, outputs) = mpsc::sync_channel(1);
    let task = Spawned::on(io_thread, async move { drop(sender.send(future.await)) }.with_current_subscriber());
    match receive(&outputs, tick, check) {
        Ok(output) => Ok(output),
        Err(Stop::Cancel(error)) => Err(error),
        Err(Stop::Abandon(error)) => {
            mem::forget((task, outputs));
            Err(error)
        }
    }
}

/// Waits for what another thread sends; `None` where it ends without.
fn receive<T, E>(
    outputs: &Receiver<T>,
    tick: Option<Duration>,
    mut check: impl FnMut() -> Result<(), Stop<E>>,
) -> Result<Option<T>, Stop<E>> {
    let Some(tick) = tick else { return Ok(outputs.recv().ok()) };
    loop {
        match outputs.recv_timeout(tick) {
            Ok(output) => return Ok(Some(output)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => check()?,
        }
    }
}
