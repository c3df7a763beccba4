//! The running emulator: a thread with the server on it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
#[cfg(feature = "database")]
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use blynk_webhooks::{Client, ClientBuilder, Code, Trigger, Violation, WebhookSpec};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::app::{AppState, EmulatorError, Event, EventReport, Expectation, LiveState, WebhookMatch};
use crate::clock::Millis;
use crate::control::origin::Hosts;
use crate::delivery::log::{Delivery, DeliveryFilter, FailureNotification};
use crate::delivery::sender::{AllowedTarget, Reach, Sender};
use crate::faults::{DeliveryFault, Fault, OfOperation, OfWebhook, Operation};
use crate::state::{State, StateError};
use crate::targets::Target;

/// Why the emulator did not start, e.g. because the port is in use or the state is not valid.
#[derive(Debug)]
pub struct StartError {
    message: String,
    about_state: bool,
    webhook: Option<usize>,
    /// Whether it is about the state given to the builder.
    about_seed: bool,
    about_settings: bool,
}

impl StartError {
    /// True if the state cannot be loaded, from the builder or from a database file.
    #[must_use]
    pub fn is_about_state(&self) -> bool {
        self.about_state
    }

    /// The index of the webhook that cannot be loaded, if a webhook is the cause.
    #[must_use]
    pub fn webhook(&self) -> Option<usize> {
        self.webhook
    }

    /// True if the state given to the builder cannot be loaded.
    #[must_use]
    pub fn is_about_seed(&self) -> bool {
        self.about_seed
    }

    /// True if a setting of the builder is not valid, e.g. a host name. False if the port is not available.
    #[must_use]
    pub fn is_about_settings(&self) -> bool {
        self.about_settings
    }

    pub(crate) fn new(message: String) -> Self {
        Self { message, about_state: false, webhook: None, about_seed: false, about_settings: false }
    }

    fn about_settings(message: String) -> Self {
        Self { about_settings: true, ..Self::new(message) }
    }

    pub(crate) fn about_state(message: String) -> Self {
        Self { about_state: true, ..Self::new(message) }
    }
}

impl From<StateError> for StartError {
    fn from(error: StateError) -> Self {
        Self { webhook: error.webhook, about_seed: error.of_seed, ..Self::about_state(error.message) }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StartError {}

/// Path of a database that is in memory, as SQLite has it.
#[cfg(feature = "database")]
pub(crate) const MEMORY: &str = ":memory:";

/// Configures an [`Emulator`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct EmulatorBuilder {
    port: u16,
    address: Option<IpAddr>,
    host_names: Vec<String>,
    state: State,
    allow_remote: bool,
    allow_targets: Vec<String>,
    target_authorities: Vec<String>,
    #[cfg(feature = "database")]
    database: Option<PathBuf>,
}

impl EmulatorBuilder {
    /// The port; 0, the default, takes any free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address to listen on instead of 127.0.0.1. With any other address, everyone who can reach this machine has full access:
    /// the control API needs no token and reveals the clients' secrets.
    pub fn listen(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// A host name under which clients reach this machine. The control API accepts requests for `localhost`, for IP addresses and
    /// for the names given here. It refuses other names, which protects it from DNS rebinding.
    pub fn host_name(mut self, name: impl Into<String>) -> Self {
        self.host_names.push(name.into());
        self
    }

    /// Stores organizations, clients, limits and webhooks in this SQLite file. Each change is written before it is acknowledged.
    /// The log, tokens, faults and a time set by [`Emulator::set_time`] or [`Emulator::advance_time`] are not stored. If the file
    /// already holds a state, that state is used; [`Self::state`] applies to a new file only. `:memory:` stores nothing.
    #[cfg(feature = "database")]
    pub fn database(mut self, path: impl Into<PathBuf>) -> Self {
        self.database = Some(path.into());
        self
    }

    /// The initial state, which [`Emulator::reset`] restores.
    pub fn state(mut self, state: State) -> Self {
        self.state = state;
        self
    }

    /// Allows deliveries to every host. Off by default, so that a test never reaches another machine by accident.
    pub fn allow_remote_targets(mut self, allow: bool) -> Self {
        self.allow_remote = allow;
        self
    }

    /// Allows deliveries to this host in addition to loopback, e.g. `app:3000`, or `app` for any port.
    pub fn allow_target(mut self, host: impl Into<String>) -> Self {
        self.allow_targets.push(host.into());
        self
    }

    /// Trusts this certificate authority, as PEM, for targets on https. The system's authorities are trusted as well if deliveries
    /// may leave loopback.
    pub fn target_ca_pem(mut self, pem: impl Into<String>) -> Self {
        self.target_authorities.push(pem.into());
        self
    }

    /// Starts the emulator. It accepts requests when this returns.
    ///
    /// # Errors
    /// If the port is not available, the state cannot be loaded, or a host name or a certificate is not valid.
    pub fn start(self) -> Result<Emulator, StartError> {
        if let Some(name) = self.host_names.iter().find(|name| !is_host_name(name)) {
            let problem =
                format!("the host name '{name}' must be a name alone, without scheme, port or path, e.g. emulator");
            return Err(StartError::about_settings(problem));
        }
        let address = SocketAddr::new(self.address.unwrap_or(Ipv4Addr::LOCALHOST.into()), self.port);
        let unheard = |cause: std::io::Error| {
            StartError::new(format!("the emulator cannot listen on {address}: {cause}; port 0 chooses a free one"))
        };
        let listener = TcpListener::bind(address).map_err(unheard)?;
        listener.set_nonblocking(true).map_err(unheard)?;
        let url = format!("http://{}", reachable(listener.local_addr().map_err(unheard)?));
        let allowed = self.allow_targets.iter().map(|target| AllowedTarget::parse(target));
        let reach = Reach {
            allow_remote: self.allow_remote,
            allow_targets: allowed
                .collect::<Result<_, _>>()
                .map_err(|problem| StartError::about_settings(format!("the allowed target {problem}")))?,
            authorities: self.target_authorities.clone(),
        };
        let sender = Sender::new(reach).map_err(StartError::about_settings)?;
        let hosts = Hosts { beyond_loopback: !address.ip().is_loopback(), names: self.host_names.clone() };
        let (live, from_database) = self.live()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unheard)?;

        let own = live.oauth.clients[0].clone();
        let app = Arc::new(AppState::new(live, sender, runtime.handle().clone(), url.clone()));
        let router = crate::server::router(&app, Arc::new(hosts));
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&app);
        let serve = move || {
            runtime.block_on(crate::server::serve(listener, router, served, stopped));
            // Name resolution is work that nobody can cancel; stopping does not wait for it.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("blynk-emulator".into()).spawn(serve).map_err(unheard)?;
        let running = Mutex::new(Some(Running { stop, thread, process: std::process::id() }));
        Ok(Emulator { url, client_id: own.client_id, client_secret: own.client_secret, from_database, app, running })
    }

    /// The state to begin with, and whether a database held it.
    fn live(self) -> Result<(LiveState, bool), StartError> {
        #[cfg(feature = "database")]
        if let Some(path) = self.database.as_deref().filter(|path| *path != Path::new(MEMORY)) {
            let database = crate::storage::sqlite::Database::open(path).map_err(StartError::about_state)?;
            return Ok(LiveState::stored_in(database, self.state)?);
        }
        Ok((LiveState::new(self.state).map_err(StateError::of_seed)?, false))
    }
}

fn is_host_name(name: &str) -> bool {
    url::Host::parse(name).is_ok_and(|host| host.to_string().eq_ignore_ascii_case(name))
}

/// Where a socket that listens on every address is reached from this machine.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// The API on this machine. Stops when it is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use blynk_webhooks::{Status, Trigger, WebhookSpec};
/// use blynk_webhooks_emulator::{Emulator, Outcome};
///
/// let emulator = Emulator::start()?;
/// let spec = WebhookSpec::new("Doors", Trigger::DeviceAdded, "http://127.0.0.1:9/{device_id}")
///     .method("POST").content_type("JSON").auth_type("NONE").failure_limit(1);
/// let webhook = emulator.client()?.create(spec).await?;
///
/// // Nothing listens on port 9, so the delivery fails and the webhook is disabled.
/// let deliveries = emulator.trigger(Trigger::DeviceAdded, serde_json::json!({"device_id": 7})).await?;
/// assert_eq!(deliveries[0].outcome, Outcome::Failed);
/// assert_eq!(emulator.client()?.get(webhook.id()).await?.status(), Some(Status::DisabledDueToErrors));
/// # Ok(()) }
/// ```
pub struct Emulator {
    url: String,
    client_id: String,
    client_secret: String,
    from_database: bool,
    app: Arc<AppState>,
    running: Mutex<Option<Running>>,
}

/// Without secrets, tokens and what the webhooks hold.
impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("url", &self.url).field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

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

    /// Configures an emulator before it starts.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The base URL, e.g. `http://127.0.0.1:49152`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// ID of the first OAuth2 client.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Secret of the first OAuth2 client.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// Whether the initial state came from the database file, not from the builder.
    #[must_use]
    pub fn is_from_database(&self) -> bool {
        self.from_database
    }

    /// A client builder with this emulator's URL and credentials.
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder().base_url(&self.url).client_credentials(&self.client_id, &self.client_secret)
    }

    /// A client of this emulator.
    ///
    /// # Errors
    /// Never in practice: the settings come from the emulator.
    pub fn client(&self) -> blynk_webhooks::Result<Client> {
        self.client_builder().build()
    }

    /// Fires an event in the first organization: renders and sends every enabled webhook whose trigger and `dataTrigger` match.
    /// Returns the deliveries, in the order of their webhooks, after all have ended.
    ///
    /// `values` is an object with the event's placeholder values; `()` and `null` give none. Placeholders without a value get the
    /// time or a sample. An event runs a webhook unless a value contradicts a member of its `dataTrigger` (assumed: the inner
    /// names are not published).
    ///
    /// # Errors
    /// [`EmulatorError::Invalid`] if the trigger is unknown or the values are not an object,
    /// [`EmulatorError::Stopped`].
    pub async fn trigger(
        &self,
        trigger: impl Into<Trigger>,
        values: impl Into<Value>,
    ) -> Result<Vec<Delivery>, EmulatorError> {
        let event = Event { org_id: None, trigger: trigger.into(), values: object(values.into())? };
        Ok(owned(self.app.trigger(event, false).await?.deliveries))
    }

    /// Like [`Self::trigger`], in the given organization.
    ///
    /// # Errors
    /// [`EmulatorError::NotFound`] if the organization does not exist; otherwise the same as [`Self::trigger`].
    pub async fn trigger_in(
        &self,
        org_id: i32,
        trigger: impl Into<Trigger>,
        values: impl Into<Value>,
    ) -> Result<Vec<Delivery>, EmulatorError> {
        let event = Event { org_id: Some(org_id), trigger: trigger.into(), values: object(values.into())? };
        Ok(owned(self.app.trigger(event, false).await?.deliveries))
    }

    /// Like [`Self::trigger`]. The report also says for each webhook of the organization whether it ran, and why not.
    ///
    /// # Errors
    /// The same as [`Self::trigger`].
    pub async fn trigger_report(
        &self,
        trigger: impl Into<Trigger>,
        values: impl Into<Value>,
    ) -> Result<EventReport, EmulatorError> {
        let event = Event { org_id: None, trigger: trigger.into(), values: object(values.into())? };
        self.app.trigger(event, true).await
    }

    /// Says for each webhook of the first organization whether an event would run it, and why not. Sends nothing.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use blynk_webhooks::WebhookSpec;
    /// use blynk_webhooks_emulator::Emulator;
    ///
    /// let emulator = Emulator::start()?;
    /// let spec = WebhookSpec::new("Doors", "DEVICE_ADDED", "http://127.0.0.1:9/").method("POST").content_type("JSON").auth_type("NONE");
    /// emulator.client()?.create(spec).await?;
    /// let explained = emulator.explain("NEW_USER", ())?;
    /// assert_eq!(explained[0].reason.as_deref(), Some("its trigger is DEVICE_ADDED"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The same as [`Self::trigger`].
    pub fn explain(
        &self,
        trigger: impl Into<Trigger>,
        values: impl Into<Value>,
    ) -> Result<Vec<WebhookMatch>, EmulatorError> {
        let event = Event { org_id: None, trigger: trigger.into(), values: object(values.into())? };
        self.app.explain(event)
    }

    /// Sends the request of an earlier delivery again. If that delivery sent nothing, renders the webhook again with its values.
    ///
    /// # Errors
    /// [`EmulatorError::NoDelivery`], [`EmulatorError::Stopped`].
    pub async fn redeliver(&self, delivery_id: u64) -> Result<Delivery, EmulatorError> {
        self.app.redeliver(delivery_id).await.map(Arc::unwrap_or_clone)
    }

    /// Sends a spec once without storing a webhook, like the console's Test button. Changes no counter.
    ///
    /// # Errors
    /// [`EmulatorError::Invalid`], [`EmulatorError::Stopped`].
    pub async fn test(&self, spec: WebhookSpec, values: impl Into<Value>) -> Result<Delivery, EmulatorError> {
        self.app.test(spec, object(values.into())?).await.map(Arc::unwrap_or_clone)
    }

    /// Sends one webhook once, like the console's Test button, regardless of its status and rate limit. The run counts as an attempt;
    /// a failure does not count towards `failureLimit` (assumed).
    ///
    /// # Errors
    /// [`EmulatorError::NotFound`], [`EmulatorError::Stopped`].
    pub async fn test_webhook(&self, webhook_id: i32, values: impl Into<Value>) -> Result<Delivery, EmulatorError> {
        self.app.test_webhook(webhook_id, object(values.into())?).await.map(Arc::unwrap_or_clone)
    }

    /// The deliveries in the log that match the filter, oldest first. The log keeps the last 20,000, or fewer if they exceed 64 MiB.
    #[must_use]
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Vec<Delivery> {
        owned(self.app.live().find_deliveries(filter).deliveries)
    }

    /// Waits for the first delivery that matches, which may be in the log already. [`DeliveryFilter::after`] waits for a new one.
    ///
    /// # Errors
    /// [`EmulatorError::TimedOut`], [`EmulatorError::Stopped`].
    pub async fn wait_for_delivery(
        &self,
        filter: DeliveryFilter,
        timeout: Duration,
    ) -> Result<Delivery, EmulatorError> {
        self.app.wait_for_delivery(filter, timeout).await.map(Arc::unwrap_or_clone)
    }

    /// Waits until `count` deliveries match, and returns those that match. With a count of 0, fails if one matches within the time.
    ///
    /// # Errors
    /// [`EmulatorError::NotExpected`], whose message names the closest deliveries; [`EmulatorError::Stopped`].
    pub async fn expect(
        &self,
        filter: DeliveryFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Delivery>, EmulatorError> {
        self.app.expect(Expectation { filter, count, timeout }).await.map(owned)
    }

    /// Environment variables that make [`Client::from_env`](blynk_webhooks::ClientBuilder::from_env) a client of this emulator.
    #[must_use]
    pub fn environ(&self) -> [(&'static str, String); 3] {
        crate::control::environment(&self.app, &self.url)
    }

    /// The failure notifications that the platform would have mailed, oldest first. The last 20,000 are kept.
    #[must_use]
    pub fn notices(&self) -> Vec<FailureNotification> {
        self.app.live().log.notifications().iter().cloned().collect()
    }

    /// Injects a fault into the next `times` requests of an operation, or of every operation except the token endpoint if none is
    /// given. Faults apply in the order in which they were added.
    ///
    /// # Errors
    /// [`EmulatorError::Invalid`] if the status is outside 200 to 599 or `times` is 0.
    pub fn fail_next(&self, operation: Option<Operation>, fault: Fault, times: u32) -> Result<(), EmulatorError> {
        fault.check()?;
        Ok(self.app.live().faults.add(OfOperation { operation }, fault, times)?)
    }

    /// Injects a fault into the next `times` deliveries of a webhook, or of every webhook if none is given. Faults apply in the
    /// order in which they were added.
    ///
    /// # Errors
    /// [`EmulatorError::Invalid`] if `times` is 0.
    pub fn fail_next_delivery(
        &self,
        webhook_id: Option<i32>,
        fault: DeliveryFault,
        times: u32,
    ) -> Result<(), EmulatorError> {
        Ok(self.app.live().delivery_faults.add(OfWebhook { webhook_id }, fault, times)?)
    }

    /// Removes all pending faults, of requests and of deliveries.
    pub fn clear_faults(&self) {
        let mut live = self.app.live();
        live.faults.clear();
        live.delivery_faults.clear();
    }

    /// Starts a built-in target: a server on loopback that records requests and sends the responses you set. It runs until the
    /// emulator stops.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use blynk_webhooks::WebhookSpec;
    /// use blynk_webhooks_emulator::{Emulator, TargetResponse};
    ///
    /// let emulator = Emulator::start()?;
    /// let target = emulator.target().await?;
    /// target.respond_next(TargetResponse::status(503), 1)?;
    /// let url = format!("{}/doors/{{device_id}}", target.url());
    /// let spec = WebhookSpec::new("Doors", "DEVICE_ADDED", url).method("POST").content_type("JSON").auth_type("NONE");
    /// emulator.client()?.create(spec).await?;
    /// for _ in 0..2 {
    ///     emulator.trigger("DEVICE_ADDED", serde_json::json!({"device_id": 7})).await?;
    /// }
    /// assert_eq!(target.requests()[0].path, "/doors/7");
    /// assert_eq!(emulator.deliveries(&Default::default())[1].status_code, Some(200));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`EmulatorError::Unchanged`] if no port is available, [`EmulatorError::Stopped`].
    pub async fn target(&self) -> Result<Arc<Target>, EmulatorError> {
        self.app.start_target(false).await
    }

    /// Like [`Self::target`], but on https. Deliveries trust its certificate.
    ///
    /// # Errors
    /// As [`Self::target`].
    pub async fn https_target(&self) -> Result<Arc<Target>, EmulatorError> {
        self.app.start_target(true).await
    }

    /// The certificate authority of targets on https, as PEM.
    ///
    /// # Errors
    /// Never in practice.
    pub fn target_ca_pem(&self) -> Result<String, EmulatorError> {
        Ok(self.app.authority()?.pem.clone())
    }

    /// The emulator's time, milliseconds since 1970 (UTC).
    #[must_use]
    pub fn now(&self) -> Millis {
        self.app.live().clock.now()
    }

    /// Sets the time and stops the clock.
    pub fn set_time(&self, now: Millis) {
        self.app.live().clock.set(Some(now));
    }

    /// Moves the time forward, so that tokens expire and rate limits end.
    pub fn advance_time(&self, by: Duration) {
        self.app.live().clock.advance(by);
    }

    /// Organizations, clients, webhooks and limits as they are now, for [`EmulatorBuilder::state`]. Contains the clients' secrets.
    #[must_use]
    pub fn snapshot(&self) -> State {
        self.app.live().snapshot()
    }

    /// Restores the initial state. Clears the log, tokens, faults, and the requests and responses of built-in targets.
    ///
    /// # Errors
    /// [`EmulatorError::Unchanged`] if the database file cannot be written.
    pub fn reset(&self) -> Result<(), EmulatorError> {
        self.app.reset()
    }

    /// Stops the emulator and closes its connections. Calling it again does nothing.
    pub fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else { return };
        // A forked child holds this value without the thread; the parent's emulator goes on.
        if running.process == std::process::id() {
            let _ = running.stop.send(());
            let _ = running.thread.join();
        }
    }

    /// Runs a command of the control API, JSON to JSON: `{"do": "trigger", "with": {"trigger": "DEVICE_ADDED", "values": {}}}`
    /// returns the deliveries. [`crate::declaration::COMMANDS`] lists the commands and their parameters.
    ///
    /// # Errors
    /// [`blynk_webhooks::Error::Validation`] if the command or a parameter is not valid; otherwise the errors of the method of that name.
    pub async fn command(&self, text: &str) -> blynk_webhooks::Result<String> {
        Ok(crate::control::execute(&self.app, text).await?)
    }
}

/// Placeholder values, as an object.
fn object(values: Value) -> Result<Map<String, Value>, EmulatorError> {
    match values {
        Value::Object(values) => Ok(values),
        Value::Null => Ok(Map::new()),
        _ => Err(Violation::error("values", Code::WrongType, "must be an object").into()),
    }
}

fn owned(deliveries: Vec<Arc<Delivery>>) -> Vec<Delivery> {
    deliveries.into_iter().map(Arc::unwrap_or_clone).collect()
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names are resolved by threads of the runtime that cannot be interrupted.
    #[test]
    fn stopping_does_not_wait_for_name_resolution() {
        let emulator = Emulator::start().unwrap();
        let (begun, begins) = std::sync::mpsc::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        emulator.app.runtime().spawn_blocking(move || {
            begun.send(()).unwrap();
            let _ = released.recv();
        });
        begins.recv().unwrap();
        // Waiting for that thread would never end.
        emulator.stop();
        drop(release);
    }
}
