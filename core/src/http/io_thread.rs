//! A thread with a runtime of one thread, and the one of it on which calls from multi-threaded runtimes do their input and
//! output.
//!
//! The HTTP client hands a connection back to its pool in a task of its own. On one thread that task runs before the
//! next call looks for a connection; on several it may not, and the call would open one socket too many.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle, RuntimeFlavor};
use tokio::task::{JoinError, JoinHandle};

/// The thread's runtime and the process it was started in: a forked child has none.
static RUNNING: Mutex<Option<(u32, Handle)>> = Mutex::new(None);

/// True where the current runtime may do its own input and output.
pub(crate) fn is_unneeded() -> bool {
    Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread
}

/// Runs a future on the thread; dropping the returned one ends it.
pub(crate) fn spawn<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> std::io::Result<Spawned<T>> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let handle = match &*running {
        Some((process, handle)) if *process == std::process::id() => handle.clone(),
        _ => {
            let (handle, _) = start_runtime_thread("blynk-webhooks", std::future::pending())?;
            *running = Some((std::process::id(), handle.clone()));
            handle
        }
    };
    Ok(Spawned(handle.spawn(future)))
}

/// Starts a thread with a current-thread runtime that runs until a future ends; [`std::future::pending`] keeps it for
/// ever. Sockets and timers of what is spawned on the handle live on that thread.
///
/// # Errors
/// Where the system gives no thread or no event queue.
pub fn start_runtime_thread(
    name: &str,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<(Handle, std::thread::JoinHandle<()>)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let thread = std::thread::Builder::new().name(name.into()).spawn(move || runtime.block_on(until))?;
    Ok((handle, thread))
}

/// A task that ends when its value is no longer wanted.
#[derive(Debug)]
pub(crate) struct Spawned<T>(JoinHandle<T>);

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
