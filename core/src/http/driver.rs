//! Which thread runs a call: the library's, or one that waits for nothing else.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::http::caller_connection;
use crate::http::caller_runtime::{self, CallerRuntime, Stop};
use crate::http::transport::Transport;

/// The threads and the connections of a client.
pub(crate) struct Driver {
    pub(crate) transport: Arc<Transport>,
    caller_runtime: CallerRuntime,
    max_connections: usize,
}

impl Driver {
    pub(crate) fn new(transport: Arc<Transport>, max_connections: usize) -> Self {
        Self { transport, caller_runtime: CallerRuntime::default(), max_connections }
    }

    /// Closes idle connections. Calls that were started end as they would.
    pub(crate) fn close(&self) {
        self.transport.close();
        self.caller_runtime.close();
    }

    /// The runtime of the library's thread.
    pub(crate) fn io_thread(&self) -> std::io::Result<&Handle> {
        self.transport.io_thread()
    }

    /// True on a thread that drives calls of this client while it waits for them.
    pub(crate) fn is_driven_here(&self) -> bool {
        caller_connection::current(self.transport.id()).is_some()
    }

    /// See [`Client::wait_for`](crate::Client::wait_for).
    pub(crate) fn wait_for<F, E>(
        &self,
        future: F,
        tick: Option<Duration>,
        mut check: impl FnMut() -> Result<(), Stop<E>>,
    ) -> Result<Option<F::Output>, E>
    where
        F: Future<Output: Send> + Send + Unpin + 'static,
    {
        match self.caller_runtime.drive(&self.transport, self.max_connections, future, tick, &mut check) {
            Ok(ended) => ended,
            Err(future) => caller_runtime::wait_for_thread(self.io_thread().ok(), future, tick, check),
        }
    }
}
