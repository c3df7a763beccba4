//! The one thread of a process that owns the sockets of every client.
//!
//! All connections of a client live on one runtime, so one bound holds for them, a request goes on while the runtime of its
//! caller stands still, and the order in which connections and requests run is that of one queue. Only
//! [`super::caller_runtime`] keeps a connection elsewhere.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

/// The runtime of one process. A forked child has none of its parent's threads: it starts its own and leaves the parent's
/// alone. A chain of cells rather than a lock, because a lock that another thread holds stays locked in the child.
struct ProcessRuntime {
    process: u32,
    handle: Handle,
    child: OnceLock<Box<ProcessRuntime>>,
    /// Ends the thread when it is dropped, which happens only to a runtime that lost the race to be the first.
    _alive: oneshot::Sender<()>,
}

static RUNTIME: OnceLock<Box<ProcessRuntime>> = OnceLock::new();

thread_local!(static IS_IO_THREAD: Cell<bool> = const { Cell::new(false) });

/// The runtime of this process's thread, which starts when it is first asked for.
///
/// # Errors
/// Where the system has no descriptor or no thread left.
pub fn handle() -> io::Result<Handle> {
    let process = std::process::id();
    let mut cell = &RUNTIME;
    loop {
        match cell.get() {
            Some(runtime) if runtime.process == process => return Ok(runtime.handle.clone()),
            Some(runtime) => cell = &runtime.child,
            None => drop(cell.set(Box::new(start(process)?))),
        }
    }
}

/// True on the thread itself.
pub(crate) fn is_current() -> bool {
    IS_IO_THREAD.get()
}

fn start(process: u32) -> io::Result<ProcessRuntime> {
    let (alive, ended) = oneshot::channel();
    let run = async {
        IS_IO_THREAD.set(true);
        let _ = ended.await;
    };
    let (handle, _) = start_runtime_thread("blynk-webhooks", run)?;
    Ok(ProcessRuntime { process, handle, child: OnceLock::new(), _alive: alive })
}

/// Starts a thread with a current-thread runtime that runs until a future ends; [`std::future::pending`] keeps it for
/// ever. Sockets and timers of what is spawned on the handle live on that thread.
///
/// # Errors
/// Where the system gives no thread or no event queue.
pub fn start_runtime_thread(
    name: &str,
    until: impl Future<Output = ()> + Send + 'static,
) -> io::Result<(Handle, std::thread::JoinHandle<()>)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let thread = std::thread::Builder::new().name(name.into()).spawn(move || runtime.block_on(until))?;
    Ok((handle, thread))
}

/// A task that ends when its value is no longer wanted.
#[derive(Debug)]
pub(crate) struct Spawned<T>(JoinHandle<T>);

impl<T: Send + 'static> Spawned<T> {
    pub(crate) fn on(runtime: &Handle, future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(runtime.spawn(future))
    }
}

impl<T> Future for Spawned<T> {
    type Output = Result<T, JoinError>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T> Drop for Spawned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
