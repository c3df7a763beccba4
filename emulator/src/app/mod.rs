//! What all handlers share: the live state behind one lock, and the running of webhooks on events.

mod events;
mod live_state;
pub(crate) mod oauth;

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

pub(crate) use live_state::{LiveState, RestoreError};

use crate::delivery::log::{Delivery, DeliveryFilter};
use crate::delivery::sender::Sender;

/// What every request and every delivery shares.
#[derive(Debug)]
pub(crate) struct AppState {
    live: Mutex<LiveState>,
    /// Told of each delivery that ends.
    pub(crate) delivered: Notify,
    pub(crate) sender: Sender,
}

impl AppState {
    pub(crate) fn new(live: LiveState, sender: Sender) -> Self {
        Self { live: Mutex::new(live), delivered: Notify::new(), sender }
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, LiveState> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first delivery that is meant, as soon as there is one.
    pub(crate) async fn first_delivery(&self, filter: &DeliveryFilter) -> Delivery {
        let mut delivered = std::pin::pin!(self.delivered.notified());
        loop {
            // Listening begins before the look at the log, so that nothing is missed in between.
            delivered.as_mut().enable();
            if let Some(delivery) = self.live().log.first(filter) {
                return delivery;
            }
            delivered.as_mut().await;
            delivered.set(self.delivered.notified());
        }
    }
}
