//! The running emulator: a thread of its own with the server on it.

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use blynk_webhooks::{Client, ClientBuilder};
use tokio::sync::oneshot;

use crate::api::{Organization, router};
use crate::oauth::{OAuth, random_text};
use crate::store::Store;

/// Why the emulator did not start, e.g. because another program holds the port.
#[derive(Debug)]
pub struct StartError {
    port: u16,
    cause: std::io::Error,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the emulator cannot listen on 127.0.0.1:{}: {}; port 0 takes any free one", self.port, self.cause)
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// Sets up an [`Emulator`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EmulatorBuilder {
    port: u16,
}

impl EmulatorBuilder {
    /// The port on 127.0.0.1; 0, the default, takes any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts the emulator. It takes requests when this returns.
    ///
    /// # Errors
    /// Where the port cannot be had.
    pub fn start(self) -> Result<Emulator, StartError> {
        let failed = |cause| StartError { port: self.port, cause };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;

        let (client_id, client_secret) = (format!("oa2-client-id_{}", random_text()), random_text());
        let oauth = OAuth::new(client_id.clone(), client_secret.clone());
        let organization = Arc::new(Mutex::new(Organization { store: Store::default(), oauth }));
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let server = axum::serve(listener, router(organization));
                // Open connections end with the runtime, so that stopping waits for nobody.
                tokio::select! {
                    _ = server.into_future() => {}
                    _ = stopped => {}
                }
            });
        };
        let thread = std::thread::Builder::new().name("blynk-emulator".into()).spawn(serve).map_err(failed)?;
        let running = Mutex::new(Some(Running { stop, thread, process: std::process::id() }));
        Ok(Emulator { url, client_id, client_secret, running })
    }
}

/// The API on this machine, with one organization and one OAuth2 client. Stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    url: String,
    client_id: String,
    client_secret: String,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    process: u32,
}

impl Emulator {
    /// Starts an emulator on any free port.
    ///
    /// # Errors
    /// See [`EmulatorBuilder::start`].
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// An emulator to be set up.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The base URL, e.g. `http://127.0.0.1:49152`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// ID of the OAuth2 client.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Secret of the OAuth2 client.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// A client's settings with this emulator's URL and credentials.
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder().base_url(&self.url).client_credentials(&self.client_id, &self.client_secret)
    }

    /// A client of this emulator.
    ///
    /// # Errors
    /// None is expected; the settings are the emulator's own.
    pub fn client(&self) -> blynk_webhooks::Result<Client> {
        self.client_builder().build()
    }

    /// Stops the emulator and closes its connections. Does nothing the second time.
    pub fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else { return };
        // A forked child holds this value without the thread; the parent's emulator goes on.
        if running.process == std::process::id() {
            let _ = running.stop.send(());
            let _ = running.thread.join();
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop();
    }
}
