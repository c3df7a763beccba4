//! What all handlers share: the live state behind one lock, and the running of webhooks on events.

mod error;
mod events;
mod live_state;
pub(crate) mod oauth;
mod revision;

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

pub use error::EmulatorError;
pub(crate) use events::Event;
pub use events::{EventReport, WebhookMatch};
pub(crate) use live_state::LiveState;
pub(crate) use revision::Revision;

use crate::delivery::log::{Delivery, DeliveryFilter};
use crate::delivery::sender::Sender;

/// What every request and every delivery shares.
#[derive(Debug)]
pub(crate) struct AppState {
    live: Mutex<LiveState>,
    /// What the live state looked like when its lock was last released.
    revision: watch::Sender<Revision>,
    /// Told of each delivery that ends.
    delivered: Notify,
    sender: Sender,
    /// The runtime of the server, where the connections to targets live.
    runtime: Handle,
    /// The base URL.
    url: String,
}

impl AppState {
    pub(crate) fn new(live: LiveState, sender: Sender, runtime: Handle, url: String) -> Self {
        let revision = watch::Sender::new(live.revision());
        Self { live: Mutex::new(live), revision, delivered: Notify::new(), sender, runtime, url }
    }

    /// The base URL, e.g. `http://127.0.0.1:49152`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The runtime of the server.
    #[cfg(test)]
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(crate) fn live(&self) -> LiveGuard<'_> {
        LiveGuard { live: self.live.lock().unwrap_or_else(PoisonError::into_inner), revision: &self.revision }
    }

    /// Tells of each change of the live state.
    pub(crate) fn changes(&self) -> watch::Receiver<Revision> {
        self.revision.subscribe()
    }

    /// The first delivery that matches, as soon as there is one.
    ///
    /// # Errors
    /// [`EmulatorError::TimedOut`], [`EmulatorError::Stopped`].
    pub(crate) async fn wait_for_delivery(
        self: &Arc<Self>,
        filter: DeliveryFilter,
        timeout: Duration,
    ) -> Result<Arc<Delivery>, EmulatorError> {
        let app = Arc::clone(self);
        let wait = async move { tokio::time::timeout(timeout, app.first_delivery(&filter)).await };
        self.on_server(wait).await?.map_err(|_| EmulatorError::TimedOut(timeout))
    }

    async fn first_delivery(&self, filter: &DeliveryFilter) -> Arc<Delivery> {
        let mut delivered = std::pin::pin!(self.delivered.notified());
        loop {
            // Listening begins before the look at the log, so that nothing is missed in between.
            delivered.as_mut().enable();
            if let Some(delivery) = self.live().find_first(filter) {
                return delivery;
            }
            delivered.as_mut().await;
            delivered.set(self.delivered.notified());
        }
    }

    /// Runs a future on the server's runtime, and to its end even where the caller goes away.
    ///
    /// # Errors
    /// [`EmulatorError::Stopped`].
    async fn on_server<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, EmulatorError> {
        self.runtime.spawn(future).await.map_err(|_| EmulatorError::Stopped)
    }
}

/// The live state, locked. Where it was changed, those who wait for changes are told when it is released.
pub(crate) struct LiveGuard<'a> {
    live: MutexGuard<'a, LiveState>,
    revision: &'a watch::Sender<Revision>,
}

impl Deref for LiveGuard<'_> {
    type Target = LiveState;

    fn deref(&self) -> &LiveState {
        &self.live
    }
}

impl DerefMut for LiveGuard<'_> {
    fn deref_mut(&mut self) -> &mut LiveState {
        &mut self.live
    }
}

impl Drop for LiveGuard<'_> {
    fn drop(&mut self) {
        let now = self.live.revision();
        self.revision.send_if_modified(|known| {
            let changed = *known != now;
            *known = now;
            changed
        });
    }
}
