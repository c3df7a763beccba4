//! Opens connections with reqwest: it resolves names, goes through proxies, negotiates TLS, and limits the time of it all.
//!
//! Requests are not sent by reqwest but by [`super::connection`]. reqwest reads the URL of a request three times, and hands an
//! idle connection back to its pool in a task of its own, so that many requests at once open more sockets than there are
//! requests.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

use http::HeaderValue;
use http::header::USER_AGENT;
use hyper::rt::{Read, Write};
use hyper_util::client::legacy::connect::Connection as Described;
use tower_layer::Layer;
use tower_service::Service;

use crate::http::config::Config;
use crate::http::failure::{self, SendError};
use crate::http::proxy::{self, Proxy};
use crate::http::{lock, tls};
use crate::message::Message;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A connection as the operating system and TLS give it.
pub(crate) trait Stream: Read + Write + Send + Unpin {}

impl<T: Read + Write + Send + Unpin> Stream for T {}

/// A connection on which nothing has been sent.
pub(crate) struct Opened {
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) is_http2: bool,
    /// The other end is a proxy that reads the requests.
    pub(crate) is_proxied: bool,
}

/// Opens the connections of a client.
pub(crate) struct Connector {
    config: Arc<Config>,
    proxy: OnceLock<Result<Option<Proxy>, Message>>,
    tls: OnceLock<Result<rustls::ClientConfig, Message>>,
    /// A connection has been opened, and the server does not speak HTTP/2.
    speaks_http1: AtomicBool,
}

impl Connector {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        // HTTP/2 is negotiated by TLS.
        let speaks_http1 = AtomicBool::new(config.base_url.scheme() == "http");
        Self { config, proxy: OnceLock::new(), tls: OnceLock::new(), speaks_http1 }
    }

    /// True where it is known that requests cannot share a connection.
    pub(crate) fn speaks_http1(&self) -> bool {
        self.speaks_http1.load(Ordering::Acquire)
    }

    /// Opens a connection to the client's server, on the runtime of the thread.
    pub(crate) async fn open(&self) -> Result<Opened, SendError> {
        let proxy = self.proxy()?;
        let taken = TakeConnection::default();
        let client = self.client(proxy, &taken)?;
        // It fails as soon as its connection is taken from it: nothing is sent.
        let outcome = client.head(self.config.base_url.clone()).send().await;
        match (lock(&taken.0).take(), outcome) {
            (Some(opened), _) => {
                self.speaks_http1.store(!opened.is_http2, Ordering::Release);
                Ok(opened)
            }
            (None, Err(error)) => Err(failure::connect(error, &self.config, proxy)),
            (None, Ok(_)) => Err(SendError::Lost("the HTTP client did not open a connection".into())),
        }
    }

    /// What a proxy that reads the requests asks for.
    pub(crate) fn proxy_authorization(&self) -> Option<&HeaderValue> {
        self.proxy().ok().flatten()?.authorization.as_ref()
    }

    fn proxy(&self) -> Result<Option<&Proxy>, SendError> {
        if self.config.proxy.is_some() {
            return Ok(self.config.proxy.as_ref());
        }
        let of_system = self.proxy.get_or_init(|| proxy::of_system(&self.config.base_url, &self.config.environment));
        of_system.as_ref().map(Option::as_ref).map_err(|problem| SendError::Setup(problem.clone()))
    }

    fn client(&self, proxy: Option<&Proxy>, taken: &TakeConnection) -> Result<reqwest::Client, SendError> {
        let config = &self.config;
        let builder = reqwest::Client::builder()
            .user_agent(config.headers.get(USER_AGENT).unwrap_or(&config.user_agent).clone())
            .connect_timeout(config.connect_timeout)
            .connector_layer(taken.clone())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true);
        let builder = match proxy {
            Some(proxy) => builder.proxy(proxy.proxy.clone()),
            None => builder.no_proxy(),
        };
        let builder = if tls::USES_PLATFORM_VERIFIER {
            let authorities = config.authorities.iter().map(|der| reqwest::Certificate::from_der(der));
            let authorities = authorities.collect::<reqwest::Result<Vec<_>>>();
            builder.tls_certs_merge(authorities.map_err(|error| failure::setup(&error))?)
        } else {
            let tls = self.tls.get_or_init(|| {
                tls::client_config(&config.authorities, &config.environment)
                    .map_err(|problem| format!("TLS cannot be set up: {problem}").into())
            });
            builder.tls_backend_preconfigured(tls.clone().map_err(SendError::Setup)?)
        };
        builder.build().map_err(|error| failure::setup(&error))
    }
}

/// The layer around reqwest's connector that takes the connection which the connector opens.
#[derive(Clone, Default)]
struct TakeConnection(Arc<Mutex<Option<Opened>>>);

impl<S> Layer<S> for TakeConnection {
    type Service = TakeConnectionService<S>;
    fn layer(&self, connector: S) -> Self::Service {
        TakeConnectionService { connector, taken: self.clone() }
    }
}

#[derive(Clone)]
struct TakeConnectionService<S> {
    connector: S,
    taken: TakeConnection,
}

impl<S, Request> Service<Request> for TakeConnectionService<S>
where
    S: Service<Request, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Response: Described + Stream + 'static,
    Request: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { mut connector, taken } = self.clone();
        Box::pin(async move {
            poll_fn(|context| connector.poll_ready(context)).await?;
            let stream = connector.call(request).await?;
            let described = stream.connected();
            let (is_http2, is_proxied) = (described.is_negotiated_h2(), described.is_proxied());
            *lock(&taken.0) = Some(Opened { stream: Box::new(stream), is_http2, is_proxied });
            Err("the connection is taken".into())
        })
    }
}
