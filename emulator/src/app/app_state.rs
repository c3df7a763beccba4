//! What all handlers share: the live state behind one lock, and the running of webhooks on events.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::error::EmulatorError;
use super::live_state::LiveState;
use super::revision::Revision;
use crate::delivery::log::{Delivery, DeliveryFilter};
use crate::delivery::sender::Sender;
use crate::targets::authority::Authority;
use crate::targets::{Target, Targets};

/// What every request and every delivery shares.
#[derive(Debug)]
pub(crate) struct AppState {
    live: Mutex<LiveState>,
    /// What the live state looked like when its lock was last released.
    revision: watch::Sender<Revision>,
    /// Set when the server stops, so that streams end in order.
    stopping: watch::Sender<bool>,
    /// Told of each delivery that ends.
    pub(super) delivered: Notify,
    pub(super) sender: Sender,
    /// The runtime of the server, where the connections to targets live.
    runtime: Handle,
    /// The base URL.
    url: String,
    pub(crate) targets: Targets,
    /// Made when the first target speaks https.
    authority: Mutex<Option<Arc<Authority>>>,
}

impl AppState {
    pub(crate) fn new(live: LiveState, sender: Sender, runtime: Handle, url: String) -> Self {
        let revision = watch::Sender::new(live.revision());
        Self {
            live: Mutex::new(live),
            revision,
            stopping: watch::Sender::new(false),
            delivered: Notify::new(),
            sender,
            runtime,
            url,
            targets: Targets::default(),
            authority: Mutex::default(),
        }
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

    /// Ends streams.
    pub(crate) fn stop_streams(&self) {
        self.stopping.send_replace(true);
    }

    /// Becomes true when the server stops.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Tells of each change of the live state.
    pub(crate) fn changes(&self) -> watch::Receiver<Revision> {
        self.revision.subscribe()
    }

    /// Goes back to the state it began with; the log, tokens, faults and what targets recorded are forgotten.
    ///
    /// # Errors
    /// If the database file cannot take it.
    pub(crate) fn reset(&self) -> Result<(), EmulatorError> {
        self.live().reset()?;
        self.targets.clear();
        Ok(())
    }

    /// Starts a built-in target, on http or https.
    ///
    /// # Errors
    /// If no port is free, there are too many targets, or the emulator is stopped.
    pub(crate) async fn start_target(self: &Arc<Self>, tls: bool) -> Result<Arc<Target>, EmulatorError> {
        let acceptor = if tls { Some(self.authority()?.acceptor.clone()) } else { None };
        let app = Arc::clone(self);
        let target = self.on_server(async move { app.targets.start(acceptor) }).await?;
        target.map_err(|error| EmulatorError::Unchanged(format!("the target cannot be started: {error}")))
    }

    /// The certificate authority that vouches for targets on https; deliveries trust it from the first call on.
    ///
    /// # Errors
    /// Never in practice.
    pub(crate) fn authority(&self) -> Result<Arc<Authority>, EmulatorError> {
        let mut authority = self.authority.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(authority) = &*authority {
            return Ok(Arc::clone(authority));
        }
        let make = || {
            let authority = Authority::new()?;
            self.sender.trust(&authority.pem)?;
            Ok(Arc::new(authority))
        };
        let made = make().map_err(|error: String| {
            EmulatorError::Unchanged(format!("the certificate authority cannot be made: {error}"))
        })?;
        Ok(Arc::clone(authority.insert(made)))
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
        let wait = async move { app.deliveries_when(|live| live.find_first(&filter)).await };
        self.on_server(async move { tokio::time::timeout(timeout, wait).await })
            .await?
            .map_err(|_| EmulatorError::TimedOut(timeout))
    }

    /// Runs a future on the server's runtime, and to its end even if the caller is dropped.
    ///
    /// # Errors
    /// [`EmulatorError::Stopped`].
    pub(super) async fn on_server<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, EmulatorError> {
        self.runtime.spawn(future).await.map_err(|_| EmulatorError::Stopped)
    }
}

/// The live state, locked. If it has changed, those who wait for changes are notified when it is released.
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
