//! HTTP: one request and one response, attempts and pauses, tokens, and the thread that owns the sockets.

pub(crate) mod backoff;
pub(crate) mod caller_runtime;
pub(crate) mod config;
mod connect;
mod connection;
mod decompress;
pub(crate) mod driver;
mod failure;
pub(crate) mod io_thread;
pub(crate) mod proxy;
pub(crate) mod retry;
pub(crate) mod tls;
pub(crate) mod token;
pub(crate) mod transport;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a mutex holds; a panic elsewhere leaves nothing half changed here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
