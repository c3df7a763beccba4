//! One request, one response: sockets, TLS, sizes. Knows nothing of tokens, repeats or webhooks.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT,
};
use tokio::runtime::Handle;
use tokio::sync::{AcquireError, OwnedSemaphorePermit};
use url::Url;

use crate::http::config::Config;
use crate::http::connection::{Connection, ConnectionState, Pool, StateLayer};
use crate::http::proxy::{self, Proxy};
use crate::http::{caller_runtime, io_thread, tls};
use crate::message::{Message, message};
use crate::redact::{HIDDEN, Secrets};
use crate::surface::Setting;

/// Header of a response that names its request (assumed).
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Largest response that is read, after decompression.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes that are set aside on the word of a header.
const MAX_PREALLOCATION: u64 = 8 * 1024 * 1024;
/// Most redirects within the server that are followed.
const MAX_REDIRECTS: usize = 5;
/// An idle connection is closed before the usual servers close it.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct HttpRequest {
    pub(crate) method: reqwest::Method,
    pub(crate) url: Url,
    /// The URL in errors and logs, where its own must not be shown.
    pub(crate) shown: Option<Arc<str>>,
    /// Does the same however often it runs.
    pub(crate) idempotent: bool,
    pub(crate) body: Option<Bytes>,
    /// Headers beside those that every request of the client has.
    pub(crate) headers: HeaderMap,
}

impl HttpRequest {
    /// The URL as errors and logs show it.
    pub(crate) fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(self.url.as_str())
    }
}

#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: HeaderMap,
}

impl HttpResponse {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.header(&REQUEST_ID).map(str::to_owned)
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        crate::http::backoff::retry_after(self.header(&RETRY_AFTER)?, SystemTime::now())
    }

    /// The server's clock, to the second.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(&DATE)?).ok()
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header(&LOCATION).filter(|_| (300..400).contains(&self.status))
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What an attempt adds to its request.
pub(crate) struct Added<'a> {
    pub(crate) authorization: &'a HeaderValue,
    /// Headers of the trace that the attempt belongs to.
    pub(crate) trace: Vec<(HeaderName, HeaderValue)>,
}

/// Why a request brought no response.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The HTTP client could not be made.
    Setup(Message),
    /// No connection was made; with the name of the cause, see [`Failure::cause_code`](crate::Failure::cause_code).
    Connect(Message, Option<&'static str>),
    /// The connection broke, or the response could not be read to its end.
    Lost(Message),
    /// The response is not one that is taken.
    Response(Message),
}

impl SendError {
    pub(crate) fn message(&self) -> &Message {
        let (Self::Setup(message) | Self::Connect(message, _) | Self::Lost(message) | Self::Response(message)) = self;
        message
    }

    /// A word for what failed, which has few values: `error.type` of OpenTelemetry's conventions.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Setup(_) => "setup",
            Self::Connect(..) => "connect",
            Self::Lost(_) => "connection_lost",
            Self::Response(_) => "response",
        }
    }
}

impl From<AcquireError> for SendError {
    fn from(_: AcquireError) -> Self {
        Self::Setup("the client is closed".into())
    }
}

/// The connection of a thread that drives its own calls.
pub(crate) struct CallerConnection {
    transport: usize,
    connection: Connection,
    /// One request at a time.
    turn: tokio::sync::Mutex<()>,
    is_in_use: AtomicBool,
    _permit: OwnedSemaphorePermit,
}

impl CallerConnection {
    pub(crate) fn is_of(&self, transport: &Transport) -> bool {
        self.transport == transport.id()
    }

    /// True where the last request was dropped before it had ended.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.is_in_use.load(Ordering::Relaxed)
    }
}

pub(crate) struct Transport {
    config: Arc<Config>,
    pool: Pool,
    /// Asked for once, because telling a forked child from its parent takes a system call.
    io_thread: OnceLock<Handle>,
    proxy: OnceLock<Result<Option<Proxy>, Message>>,
    tls: OnceLock<Result<rustls::ClientConfig, Message>>,
}

impl Transport {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        let pool = Pool::new(config.max_connections, config.base_url.scheme() == "https");
        Self { config, pool, io_thread: OnceLock::new(), proxy: OnceLock::new(), tls: OnceLock::new() }
    }

    /// Closes idle connections, and keeps none from now on.
    pub(crate) fn close(&self) {
        self.pool.close();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// The runtime of the library's thread.
    pub(crate) fn io_thread(&self) -> std::io::Result<&Handle> {
        if let Some(handle) = self.io_thread.get() {
            return Ok(handle);
        }
        let handle = io_thread::handle()?;
        Ok(self.io_thread.get_or_init(|| handle))
    }

    /// A connection for a thread that drives its own calls; `None` where every one that is allowed is in use.
    pub(crate) fn caller_connection(&self) -> Option<Arc<CallerConnection>> {
        let permit = self.pool.set_aside()?;
        let connection = self.pool.open(|state| self.open(state)).ok()?;
        Some(Arc::new(CallerConnection {
            transport: self.id(),
            connection,
            turn: tokio::sync::Mutex::new(()),
            is_in_use: AtomicBool::new(false),
            _permit: permit,
        }))
    }

    /// Tells the transports of a process apart.
    fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Sends a request and reads its response, following redirects that stay on the same server and repeat nothing twice.
    /// Runs on the library's thread, or on one that drives its own calls. `sending` is called once a connection is free for
    /// the request.
    pub(crate) async fn send(
        &self,
        request: &HttpRequest,
        added: &Added<'_>,
        sending: impl Fn(&Arc<ConnectionState>),
    ) -> Result<HttpResponse, SendError> {
        match caller_runtime::current_connection(self) {
            None => {
                let lease = self.pool.take(|state| self.open(state)).await?;
                self.send_on(lease.connection(), request, added, sending, request.idempotent).await
            }
            Some(own) => {
                let _turn = own.turn.lock().await;
                own.is_in_use.store(true, Ordering::Relaxed);
                // A thread that has done something else meanwhile has not looked at its sockets.
                let response = self.send_on(&own.connection, request, added, sending, false).await;
                own.is_in_use.store(false, Ordering::Relaxed);
                response
            }
        }
    }

    async fn send_on(
        &self,
        connection: &Connection,
        request: &HttpRequest,
        added: &Added<'_>,
        sending: impl Fn(&Arc<ConnectionState>),
        knows_sockets: bool,
    ) -> Result<HttpResponse, SendError> {
        settle(knows_sockets).await;
        connection.state.begin();
        sending(&connection.state);
        let mut redirected = None;
        for _ in 0..=MAX_REDIRECTS {
            let url = redirected.as_ref().unwrap_or(&request.url);
            let response = self.once(&connection.client, request, url.clone(), added).await;
            connection.state.progressed();
            let response = response?;
            match response.location().and_then(|location| url.join(location).ok()) {
                Some(next) if may_follow(&response, &request.method) && next.origin() == url.origin() => {
                    redirected = Some(next);
                    settle(knows_sockets).await;
                }
                _ => return Ok(response),
            }
        }
        Err(SendError::Response(format!("the server redirects more than {MAX_REDIRECTS} times").into()))
    }

    async fn once(
        &self,
        client: &reqwest::Client,
        request: &HttpRequest,
        url: Url,
        added: &Added<'_>,
    ) -> Result<HttpResponse, SendError> {
        let mut outgoing = reqwest::Request::new(request.method.clone(), url);
        let headers = outgoing.headers_mut();
        // The authorization and the type of the body; and what the HTTP client adds before it copies them all: the client's
        // headers, its user agent and two of its own.
        headers.reserve(request.headers.len() + added.trace.len() + 2 + self.config.headers.len() + 3);
        headers.extend(request.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        for (name, value) in &added.trace {
            headers.insert(name, value.clone());
        }
        headers.insert(AUTHORIZATION, added.authorization.clone());
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *outgoing.body_mut() = Some(body.clone().into());
        }
        let mut response = client.execute(outgoing).await.map_err(|error| self.describe(error))?;
        let mut body =
            Vec::with_capacity(response.content_length().unwrap_or_default().min(MAX_PREALLOCATION) as usize);
        while let Some(chunk) = response.chunk().await.map_err(|error| self.describe(error))? {
            if body.len() + chunk.len() > MAX_BYTES {
                let message = format!("the response is larger than {} MiB", MAX_BYTES >> 20);
                return Err(SendError::Response(message.into()));
            }
            body.extend_from_slice(&chunk);
        }
        let mut headers = std::mem::take(response.headers_mut());
        if let Some(id) = headers.get_mut(REQUEST_ID) {
            self.hide_echo(id, request, added.authorization);
        }
        Ok(HttpResponse { status: response.status().as_u16(), headers, body })
    }

    /// Errors, logs and responses show the request ID: it must not repeat a secret of the request.
    fn hide_echo(&self, id: &mut HeaderValue, request: &HttpRequest, authorization: &HeaderValue) {
        let mut secrets = Secrets::default();
        for text in authorization.to_str().unwrap_or_default().split(' ') {
            secrets.add(text);
        }
        secrets.add_headers(&self.config.headers);
        secrets.add_headers(&request.headers);
        let mut shown = id.to_str().unwrap_or_default().to_owned();
        secrets.hide(&mut shown);
        if shown.as_bytes() != id.as_bytes() {
            *id = HeaderValue::from_str(&shown).unwrap_or_else(|_| HeaderValue::from_static(HIDDEN));
        }
    }

    fn proxy(&self) -> Result<Option<&Proxy>, SendError> {
        if self.config.proxy.is_some() {
            return Ok(self.config.proxy.as_ref());
        }
        let of_system = self.proxy.get_or_init(|| proxy::of_system(&self.config.base_url, &self.config.environment));
        of_system.as_ref().map(Option::as_ref).map_err(|problem| SendError::Setup(problem.clone()))
    }

    /// The HTTP client of one connection.
    fn open(&self, state: Arc<ConnectionState>) -> Result<Connection, SendError> {
        let config = &self.config;
        let mut headers = config.headers.clone();
        headers.entry(USER_AGENT).or_insert_with(|| config.user_agent.clone());
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(config.connect_timeout)
            .connector_layer(StateLayer(Arc::clone(&state)))
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(1)
            .tcp_nodelay(true);
        if config.base_url.scheme() == "http" {
            // Only HTTP/2 refuses a request that it has not begun. The HTTP client would keep a copy of each for that.
            builder = builder.retry(reqwest::retry::never().max_retries_per_request(0));
        }
        builder = match self.proxy()? {
            Some(proxy) => builder.proxy(proxy.proxy.clone()),
            None => builder.no_proxy(),
        };
        builder = if tls::USES_PLATFORM_VERIFIER {
            let authorities = config.authorities.iter().map(|der| reqwest::Certificate::from_der(der));
            let authorities = authorities.collect::<reqwest::Result<Vec<_>>>();
            builder.tls_certs_merge(authorities.map_err(|error| SendError::Setup(root_cause(&error).into()))?)
        } else {
            let tls = self.tls.get_or_init(|| {
                tls::client_config(&config.authorities, &config.environment)
                    .map_err(|problem| format!("TLS cannot be set up: {problem}").into())
            });
            builder.tls_backend_preconfigured(tls.clone().map_err(SendError::Setup)?)
        };
        let client = builder.build().map_err(|error| SendError::Setup(root_cause(&error).into()))?;
        Ok(Connection { client, state })
    }

    fn describe(&self, error: reqwest::Error) -> SendError {
        // The URL of a token request may hold a refresh token.
        let error = error.without_url();
        let host = self.config.base_url.host_str().unwrap_or_default();
        let story = root_cause(&error);
        if error.is_connect() {
            if let Some(problem) = certificate_problem(&error, host) {
                return problem;
            }
            let port = self.config.base_url.port_or_known_default().unwrap_or_default();
            let cause = if error.is_timeout() {
                format!("no connection within {:?}", self.config.connect_timeout)
            } else {
                story
            };
            let code = name_problem(&error);
            let message = match self.proxy().ok().flatten() {
                Some(Proxy { shown, .. }) => message![
                    format!("cannot connect to {host}:{port} through the proxy {shown}: {cause}. Is "),
                    Setting::Proxy,
                    " right, and is the proxy running?"
                ],
                None => message![
                    format!("cannot connect to {host}:{port}: {cause}. Is "),
                    Setting::BaseUrl,
                    " right, and is the server running?"
                ],
            };
            return SendError::Connect(message, code);
        }
        if error.is_decode() {
            return SendError::Lost(format!("the response cannot be decoded: {story}").into());
        }
        SendError::Lost(format!("the connection broke: {story}").into())
    }
}

/// Lets a connection whose request has ended become idle, or close: the HTTP client does both in tasks of its own, which
/// wait before this one. Has the runtime look at the sockets first unless it does so all the time and the request may be
/// repeated: a server may have closed the connection meanwhile.
async fn settle(knows_sockets: bool) {
    if knows_sockets {
        GoLast::default().await;
    } else {
        tokio::task::yield_now().await;
    }
}

/// Lets every task that is ready now run first.
#[derive(Default)]
struct GoLast {
    has_waited: bool,
}

impl Future for GoLast {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A GET may follow any redirect, another method only those that keep it.
fn may_follow(response: &HttpResponse, method: &reqwest::Method) -> bool {
    match response.status {
        301..=303 => *method == reqwest::Method::GET,
        307 | 308 => true,
        _ => false,
    }
}

/// The first cause of an error: those around it only say that a request was sent.
fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// What is wrong with the server's certificate, if that is why the connection failed.
fn certificate_problem(error: &(dyn StdError + 'static), host: &str) -> Option<SendError> {
    use rustls::{CertificateError as Problem, Error as Tls};
    let mut next = Some(error);
    while let Some(cause) = next {
        next = cause.source();
        let Some(tls) = innermost(cause).downcast_ref::<Tls>() else { continue };
        if let Tls::Other(rustls::OtherError(problem)) = tls
            && let Some(tls::NoRoots(problem)) = problem.downcast_ref()
        {
            return Some(SendError::Setup(problem.clone()));
        }
        let code = match tls {
            Tls::InvalidCertificate(problem) => tls::code_of(problem),
            _ => None,
        };
        let unknown_authority = message![
            format!("the certificate of {host} comes from an unknown authority; pass "),
            Setting::CaFile,
            " if it is your own"
        ];
        let untrusted = tls::Untrusted::of(tls);
        let message = match tls {
            _ if untrusted.is_some_and(|untrusted| untrusted.is_self_signed) => message![
                format!("the certificate of {host} is self-signed and not among those that are trusted; pass it as "),
                Setting::CaFile,
                " if the server is your own"
            ],
            _ if untrusted.is_some() => unknown_authority,
            Tls::InvalidCertificate(Problem::Expired | Problem::ExpiredContext { .. }) => format!(
                "the certificate of {host} has expired; the server's owner must renew it (or this machine's clock is wrong)"
            )
            .into(),
            Tls::InvalidCertificate(Problem::NotValidForName | Problem::NotValidForNameContext { .. }) => {
                message![format!("the certificate is for another host than {host}; check "), Setting::BaseUrl]
            }
            Tls::InvalidCertificate(Problem::UnknownIssuer | Problem::BadSignature) => unknown_authority,
            other => format!("TLS with {host} failed: {other}").into(),
        };
        return Some(SendError::Connect(message, code));
    }
    None
}

/// The name for a host name that was not found, if that is why the connection failed.
fn name_problem(error: &dyn StdError) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(cause) = next {
        next = cause.source();
        // The resolver gives no number, and the connector says it in these words.
        if cause.to_string() == "dns error" {
            let told = next.map(ToString::to_string).unwrap_or_default();
            return Some(if told.contains("emporary failure") { "EAI_AGAIN" } else { "ENOTFOUND" });
        }
    }
    None
}

/// What an I/O error wraps, which is not among its sources.
fn innermost<'a>(mut error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    while let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        error = inner;
    }
    error
}
