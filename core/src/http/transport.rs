//! One request, one response: sockets, TLS, sizes. Knows nothing of tokens, repeats or webhooks.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT,
};
use tokio::runtime::{self, Handle};
use tokio::sync::Semaphore;
use url::Url;

use crate::config::{Config, is_loopback_url};
use crate::http::io_thread;
use crate::message::{Message, message};
use crate::surface::Setting;

/// Largest response that is read, after decompression.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes that are set aside on the word of a header.
const MAX_PREALLOCATION: u64 = 8 * 1024 * 1024;
/// Most redirects within the server that are followed.
const MAX_REDIRECTS: usize = 5;
/// An idle connection is closed before the usual servers close it.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Runtimes whose connections are kept at once; more of them means that old ones have ended.
const MAX_POOLS: usize = 16;

#[derive(Clone, Debug)]
pub(crate) struct HttpRequest {
    pub(crate) method: reqwest::Method,
    pub(crate) url: Url,
    /// The URL as errors and logs show it; shared, since each request notes it before anything is known to go wrong.
    pub(crate) shown: Arc<str>,
    /// Does the same however often it runs.
    pub(crate) idempotent: bool,
    pub(crate) body: Option<Bytes>,
    pub(crate) headers: HeaderMap,
}

#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    headers: HeaderMap,
}

impl HttpResponse {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.header(&HeaderName::from_static("x-request-id")).map(str::to_owned)
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        crate::http::backoff::retry_after(self.header(&RETRY_AFTER)?, std::time::SystemTime::now())
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header(&LOCATION).filter(|_| (300..400).contains(&self.status))
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why a request brought no response.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The HTTP client could not be made.
    Setup(Message),
    /// No connection was made.
    Connect(Message),
    /// The connection broke, or the response could not be read to its end.
    Lost(Message),
    /// The response is not one that is taken.
    Response(Message),
}

pub(crate) struct Transport {
    config: Arc<Config>,
    sockets: Semaphore,
    /// A pooled connection lives on the runtime that opened it and stalls on any other, so each runtime has its own pool.
    pools: Mutex<Vec<(runtime::Id, reqwest::Client)>>,
    closed: AtomicBool,
}

impl Transport {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        let most = config.max_connections.min(Semaphore::MAX_PERMITS);
        Self { config, sockets: Semaphore::new(most), pools: Mutex::default(), closed: AtomicBool::new(false) }
    }

    /// Forgets idle connections, and keeps none from now on.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Sends a request and reads its response, following redirects that stay on the same server and repeat nothing twice.
    /// `sent` is called once a socket is free for it.
    pub(crate) async fn send(
        self: &Arc<Self>,
        request: &HttpRequest,
        authorization: &HeaderValue,
        sent: impl Fn() + Send + 'static,
    ) -> Result<HttpResponse, SendError> {
        if io_thread::is_unneeded() {
            return self.send_here(request, authorization, sent).await;
        }
        let (transport, request, authorization) = (Arc::clone(self), request.clone(), authorization.clone());
        let sending = async move { transport.send_here(&request, &authorization, sent).await };
        let failed = |problem: &dyn StdError| {
            SendError::Setup(format!("the library's input and output failed: {problem}").into())
        };
        let spawned = io_thread::spawn(sending).map_err(|problem| failed(&problem))?;
        spawned.await.map_err(|problem| failed(&problem))?
    }

    async fn send_here(
        &self,
        request: &HttpRequest,
        authorization: &HeaderValue,
        sent: impl Fn(),
    ) -> Result<HttpResponse, SendError> {
        let pool = self.pool()?;
        // Never closed, so a permit always comes.
        let _socket = self.sockets.acquire().await.map_err(|_| SendError::Setup("the client is closed".into()))?;
        yield_to_connection_tasks().await;
        sent();
        let mut url = request.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.once(&pool, request, &url, authorization).await?;
            match response.location().and_then(|location| url.join(location).ok()) {
                Some(target) if may_follow(&response, &request.method) && target.origin() == url.origin() => {
                    url = target;
                    yield_to_connection_tasks().await;
                }
                _ => return Ok(response),
            }
        }
        Err(SendError::Response(format!("the server redirects more than {MAX_REDIRECTS} times").into()))
    }

    async fn once(
        &self,
        pool: &reqwest::Client,
        request: &HttpRequest,
        url: &Url,
        authorization: &HeaderValue,
    ) -> Result<HttpResponse, SendError> {
        let mut outgoing = reqwest::Request::new(request.method.clone(), url.clone());
        *outgoing.headers_mut() = self.config.headers.clone();
        outgoing.headers_mut().extend(request.headers.clone());
        outgoing.headers_mut().insert(AUTHORIZATION, authorization.clone());
        outgoing.headers_mut().entry(USER_AGENT).or_insert_with(|| self.config.user_agent.clone());
        if let Some(body) = &request.body {
            outgoing.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *outgoing.body_mut() = Some(body.clone().into());
        }
        let mut response = pool.execute(outgoing).await.map_err(|error| self.describe(error))?;
        let mut body =
            Vec::with_capacity(response.content_length().unwrap_or_default().min(MAX_PREALLOCATION) as usize);
        while let Some(chunk) = response.chunk().await.map_err(|error| self.describe(error))? {
            if body.len() + chunk.len() > MAX_BYTES {
                let message = format!("the response is larger than {} MiB", MAX_BYTES >> 20);
                return Err(SendError::Response(message.into()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status: response.status().as_u16(), headers: std::mem::take(response.headers_mut()), body })
    }

    fn pool(&self) -> Result<reqwest::Client, SendError> {
        let id = Handle::current().id();
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = pools.iter().find(|(known, _)| *known == id) {
            return Ok(client.clone());
        }
        let client = self.new_pool().map_err(|error| SendError::Setup(root_cause(&error).into()))?;
        // A repeat after the end of its client.
        if self.closed.load(Ordering::Acquire) {
            return Ok(client);
        }
        if pools.len() == MAX_POOLS {
            pools.remove(0);
        }
        pools.push((id, client.clone()));
        Ok(client)
    }

    fn new_pool(&self) -> reqwest::Result<reqwest::Client> {
        // Refused where the program has chosen a provider already; that one is used then.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.config.connect_timeout)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(self.config.max_connections)
            .tcp_nodelay(true);
        let loopback = is_loopback_url(&self.config.base_url);
        builder = match &self.config.proxy {
            Some((proxy, _)) => builder.proxy(proxy.clone()),
            None if loopback => builder.no_proxy(),
            None => builder,
        };
        builder = if self.config.base_url.scheme() == "http" {
            // Reading the system's authorities takes milliseconds and none is asked here.
            builder.tls_certs_only(self.config.authorities.clone())
        } else {
            builder.tls_certs_merge(self.config.authorities.clone())
        };
        builder.build()
    }

    fn describe(&self, error: reqwest::Error) -> SendError {
        // The URL of a token request may hold a refresh token.
        let error = error.without_url();
        let host = self.config.base_url.host_str().unwrap_or_default();
        let story = root_cause(&error);
        if error.is_connect() {
            if let Some(problem) = certificate_problem(&error, host) {
                return SendError::Connect(problem);
            }
            let port = self.config.base_url.port_or_known_default().unwrap_or_default();
            let cause = if error.is_timeout() {
                format!("no connection within {:?}", self.config.connect_timeout)
            } else {
                story
            };
            return SendError::Connect(match &self.config.proxy {
                Some((_, proxy)) => message![
                    format!("cannot connect to {host}:{port} through the proxy {proxy}: {cause}. Is "),
                    Setting::Proxy,
                    " right, and is the proxy running?"
                ],
                None => message![
                    format!("cannot connect to {host}:{port}: {cause}. Is "),
                    Setting::BaseUrl,
                    " right, and is the server running?"
                ],
            });
        }
        if error.is_decode() {
            return SendError::Lost(format!("the response cannot be decoded: {story}").into());
        }
        SendError::Lost(format!("the connection broke: {story}").into())
    }
}

/// Lets connections whose requests have ended go back to the pool, which they do in tasks of their own, and has the
/// runtime look at the sockets: a connection that the server has closed hands an unsent request back then.
async fn yield_to_connection_tasks() {
    tokio::task::yield_now().await;
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
fn certificate_problem(error: &(dyn StdError + 'static), host: &str) -> Option<Message> {
    let mut next = Some(error);
    while let Some(cause) = next {
        let tls = innermost(cause).downcast_ref::<rustls::Error>();
        if let Some(tls) = tls {
            use rustls::{CertificateError as Problem, Error as Tls};
            return Some(match tls {
                Tls::InvalidCertificate(Problem::Expired | Problem::ExpiredContext { .. }) => {
                    format!(
                        "the certificate of {host} has expired; the server's owner must renew it (or this machine's clock is wrong)"
                    )
                    .into()
                }
                Tls::InvalidCertificate(Problem::NotValidForName | Problem::NotValidForNameContext { .. }) => {
                    message![format!("the certificate is for another host than {host}; check "), Setting::BaseUrl]
                }
                Tls::InvalidCertificate(Problem::UnknownIssuer | Problem::BadSignature) => message![
                    format!("the certificate of {host} comes from an unknown authority; pass "),
                    Setting::CaFile,
                    " if it is your own"
                ],
                other => format!("TLS with {host} failed: {other}").into(),
            });
        }
        next = cause.source();
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
