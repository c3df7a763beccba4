//! Futures whose panics are errors.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use crate::error::{Error, Failure};

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The error of a request that the library itself has failed.
pub(crate) fn defect(message: &'static str, outcome_unknown: bool) -> Error {
    Error::Transport(Box::new(Failure {
        message: message.into(),
        method: String::new(),
        url: String::new(),
        attempts: 0,
        outcome_unknown,
        request_id: None,
        cause_code: None,
    }))
}

/// A future has panicked. The panic's message is not kept: it may quote what the library worked on.
#[derive(Debug)]
pub(crate) struct Panicked;

impl Panicked {
    pub(crate) const MESSAGE: &'static str =
        "a defect in the library (a panic; its message is on the standard error stream); please report it";
}

/// The outcome of a future, a panic included.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> std::result::Result<T, Panicked> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}
