//! The connection of a thread that drives its own calls.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, MutexGuard, OwnedSemaphorePermit};

use crate::http::connection::Connections;

/// What one client keeps for such a thread.
pub(crate) struct CallerConnection {
    /// The transport it belongs to.
    transport: usize,
    connections: Connections,
    /// One request at a time.
    turn: Mutex<()>,
    is_in_use: AtomicBool,
    _permit: OwnedSemaphorePermit,
}

thread_local!(static DRIVING: RefCell<Option<Arc<CallerConnection>>> = const { RefCell::new(None) });

/// The connection of the thread that drives a call, for requests of the same transport.
pub(crate) fn current(transport: usize) -> Option<Arc<CallerConnection>> {
    DRIVING.with_borrow(|driving| driving.as_ref().filter(|driving| driving.transport == transport).cloned())
}

impl CallerConnection {
    pub(crate) fn new(transport: usize, permit: OwnedSemaphorePermit) -> Self {
        let (connections, turn, is_in_use) = Default::default();
        Self { transport, connections, turn, is_in_use, _permit: permit }
    }

    pub(crate) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// A request begins, as soon as no other is under way.
    pub(crate) async fn begin(&self) -> MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        self.is_in_use.store(true, Ordering::Relaxed);
        turn
    }

    /// A request has ended.
    pub(crate) fn end(&self) {
        self.is_in_use.store(false, Ordering::Relaxed);
    }

    /// True where the last request was dropped before it had ended.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.is_in_use.load(Ordering::Relaxed)
    }
}

/// Marks this thread as one that drives calls.
pub(crate) struct Driving;

impl Driving {
    pub(crate) fn begin(connection: &Arc<CallerConnection>) -> Self {
        DRIVING.set(Some(Arc::clone(connection)));
        Self
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        DRIVING.set(None);
    }
}
