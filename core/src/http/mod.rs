//! HTTP: one request and one response, attempts and pauses, tokens, and the thread that owns the sockets.

pub(crate) mod backoff;
pub(crate) mod io_thread;
pub(crate) mod retry;
pub(crate) mod token;
pub(crate) mod transport;
