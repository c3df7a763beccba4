//! A call under way: on the library's thread, or on a thread that waits for nothing else.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tracing::instrument::WithSubscriber as _;

use crate::error::{Error, Result};
use crate::futures::{BoxFuture, Panicked, defect};
use crate::http::driver::Driver;
use crate::http::io_thread::{self, Spawned};
use crate::http::token::no_thread;

/// A call under way. It is sent when it is first polled; dropping it ends its request on the wire.
///
/// Any executor can poll it: input, output and timers are those of a thread of the library's own.
#[must_use = "a call does nothing until it is awaited"]
pub struct CallFuture<T>(State<T>);

enum State<T> {
    /// What it does, and the threads of its client.
    Unsent(Arc<Driver>, BoxFuture<Result<Received<T>>>),
    /// On this thread, which is the library's or drives its own calls.
    Here(BoxFuture<Result<Received<T>>>),
    OnIoThread(Spawned<Result<Received<T>>>),
    Ended(Option<Error>),
}

impl<T> std::fmt::Debug for CallFuture<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}

impl<T> CallFuture<T> {
    /// A call that runs on the library's thread.
    pub(crate) fn new(driver: Arc<Driver>, run: BoxFuture<Result<Received<T>>>) -> Self {
        Self(State::Unsent(driver, run))
    }

    /// A call that has failed before it was sent.
    pub(crate) fn failed(error: Error) -> Self {
        Self(State::Ended(Some(error)))
    }
}

impl<T: Send + 'static> CallFuture<T> {
    fn poll_received(&mut self, context: &mut Context<'_>) -> Poll<Result<Received<T>>> {
        if let State::Unsent(..) = self.0
            && let State::Unsent(driver, run) = std::mem::replace(&mut self.0, State::Ended(None))
        {
            self.0 = if io_thread::is_current() || driver.is_driven_here() {
                State::Here(run)
            } else {
                match driver.io_thread() {
                    Ok(runtime) => State::OnIoThread(Spawned::on(runtime, run.with_current_subscriber())),
                    Err(problem) => State::Ended(Some(no_thread(problem))),
                }
            };
        }
        match &mut self.0 {
            State::Here(run) => run.as_mut().poll(context),
            State::OnIoThread(task) => Pin::new(task).poll(context).map(|ended| ended.unwrap_or_else(|_| Err(lost()))),
            State::Ended(error) => Poll::Ready(Err(error.take().unwrap_or_else(lost))),
            State::Unsent(..) => Poll::Ready(Err(lost())),
        }
    }

    /// The response as soon as it is there, to be read by a thread that waits for it.
    #[cfg(feature = "bindings")]
    #[doc(hidden)]
    pub async fn received(mut self) -> Result<Received<T>> {
        std::future::poll_fn(|context| self.poll_received(context)).await
    }
}

impl<T: Send + 'static> Future for CallFuture<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_received(context).map(|received| received.and_then(Received::read))
    }
}

/// What a call brings. A response is read by the thread that waits for it, not by the one that owns the sockets.
pub enum Received<T> {
    /// The value.
    Value(T),
    /// Reads the value out of the response.
    Unread(Box<dyn FnOnce() -> Result<T> + Send>),
}

impl<T> std::fmt::Debug for Received<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Received").finish_non_exhaustive()
    }
}

impl<T> From<T> for Received<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> Received<T> {
    /// The value.
    ///
    /// # Errors
    /// If the response is not what the contract says.
    pub fn read(self) -> Result<T> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Unread(read) => {
                catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(defect(Panicked::MESSAGE, false)))
            }
        }
    }
}

/// The error of a call whose outcome nobody can give.
pub(crate) fn lost() -> Error {
    defect("the call has ended without an outcome; please report this defect", true)
}
