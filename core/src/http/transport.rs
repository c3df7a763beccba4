//! One request, one response: sockets, TLS, sizes. Knows nothing of tokens, repeats or webhooks.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, DATE, HOST, LOCATION, PROXY_AUTHORIZATION, RETRY_AFTER,
    USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body::Body as _;
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use url::{Position, Url};

use crate::http::caller_connection::CallerConnection;
use crate::http::config::Config;
use crate::http::connect::Connector;
use crate::http::connection::{self, Acquired, Connection, Connections, Http1, Outgoing};
use crate::http::decompress::Body;
use crate::http::failure::{self, SendError};
use crate::http::url::Origin;
use crate::http::{caller_connection, io_thread};
use crate::message::message;
use crate::redact::{HIDDEN, Secrets};
use crate::surface::Setting;

/// Header of a response that names its request (assumed).
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Most redirects within the server that are followed.
const MAX_REDIRECTS: usize = 5;
/// How often a request is sent again that the server has refused to begin.
const MAX_REFUSALS: u32 = 2;
/// Headers of every request beside those of the client: `accept`, `accept-encoding`, `user-agent`, `host`, `authorization`.
const FIXED_HEADERS: usize = 5;

pub(crate) struct HttpRequest {
    pub(crate) method: Method,
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

/// How far an attempt has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A connection is free for it, or one may be opened.
    Begun,
    /// The server may have seen it.
    Sent,
    /// It was not sent after all: the server had closed the connection, or has refused to begin.
    Unsent,
}

pub(crate) struct Transport {
    config: Arc<Config>,
    connector: Connector,
    /// Those on the library's thread.
    connections: Arc<Connections>,
    /// One for each request and each connection of a thread that drives its own calls.
    permits: Arc<Semaphore>,
    /// What every request begins with.
    headers: HeaderMap,
    origin: Option<Origin>,
    /// Asked for once, because telling a forked child from its parent takes a system call.
    io_thread: OnceLock<Handle>,
}

impl Transport {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        let mut headers = HeaderMap::with_capacity(config.headers.len() + FIXED_HEADERS);
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(USER_AGENT, config.user_agent.clone());
        headers.extend(config.headers.clone());
        Self {
            connector: Connector::new(Arc::clone(&config)),
            connections: Arc::default(),
            permits: Arc::new(Semaphore::new(config.max_connections.min(Semaphore::MAX_PERMITS))),
            headers,
            origin: Origin::of(&config.base_url),
            config,
            io_thread: OnceLock::new(),
        }
    }

    /// Closes idle connections, and keeps none from now on.
    pub(crate) fn close(&self) {
        self.connections.close(self.io_thread.get());
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.connections.is_closed()
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
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        Some(Arc::new(CallerConnection::new(self.id(), permit)))
    }

    /// Tells the transports of a process apart.
    pub(crate) fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Sends a request and reads its response, following redirects that stay on the same server and repeat nothing twice.
    /// Runs on the library's thread, or on one that drives its own calls.
    pub(crate) async fn send(
        &self,
        request: &HttpRequest,
        added: &Added<'_>,
        on_step: impl Fn(Step),
    ) -> Result<HttpResponse, SendError> {
        match caller_connection::current(self.id()) {
            None => {
                let _permit = self.permits.acquire().await?;
                self.connections.sweep();
                // The thread looks at its sockets all the time, but a request that must not be repeated takes no risk.
                self.follow(&self.connections, request, added, on_step, !request.idempotent).await
            }
            Some(own) => {
                let _turn = own.begin().await;
                // A thread that has done something else meanwhile has not looked at its sockets.
                let response = self.follow(own.connections(), request, added, on_step, true).await;
                own.end();
                response
            }
        }
    }

    async fn follow(
        &self,
        connections: &Connections,
        request: &HttpRequest,
        added: &Added<'_>,
        on_step: impl Fn(Step),
        looks_first: bool,
    ) -> Result<HttpResponse, SendError> {
        on_step(Step::Begun);
        let mut redirected = None;
        for _ in 0..=MAX_REDIRECTS {
            let url = redirected.as_ref().unwrap_or(&request.url);
            let response = self.exchange(connections, request, url, added, &on_step, looks_first).await?;
            match response.location().and_then(|location| url.join(location).ok()) {
                Some(next) if may_follow(&response, &request.method) && next.origin() == url.origin() => {
                    redirected = Some(next);
                }
                _ => return Ok(response),
            }
        }
        Err(SendError::Response(format!("the server redirects more than {MAX_REDIRECTS} times").into()))
    }

    /// One request and its response. A request that was surely not sent is sent once more, on another connection.
    async fn exchange(
        &self,
        connections: &Connections,
        request: &HttpRequest,
        url: &Url,
        added: &Added<'_>,
        on_step: &impl Fn(Step),
        looks_first: bool,
    ) -> Result<HttpResponse, SendError> {
        let mut refusals = 0;
        loop {
            let Acquired { connection, is_reused } = connections.acquire(&self.connector, looks_first).await?;
            let outgoing = self.outgoing(request, url, added, &connection)?;
            on_step(Step::Sent);
            let sent = match connection {
                Connection::Http1(mut http1) => match http1.send(outgoing).await {
                    Ok(response) => {
                        let response = self.read(request, added, response, Some(&mut http1)).await?;
                        connections.put_back(http1);
                        return Ok(response);
                    }
                    Err(error) => error,
                },
                Connection::Http2(mut http2) => match http2.try_send_request(outgoing).await {
                    Ok(response) => return self.read(request, added, response, None).await,
                    Err(error) => error,
                },
            };
            let is_unsent = sent.message().is_some();
            let error = sent.into_error();
            let is_refused = connection::is_refused(&error);
            if is_unsent || is_refused {
                on_step(Step::Unsent);
            }
            refusals += u32::from(is_refused);
            if !(is_unsent && is_reused || is_refused && refusals <= MAX_REFUSALS) {
                return Err(failure::lost(&error));
            }
        }
    }

    fn outgoing(
        &self,
        request: &HttpRequest,
        url: &Url,
        added: &Added<'_>,
        connection: &Connection,
    ) -> Result<Outgoing, SendError> {
        let unusable = || SendError::Setup(message![Setting::BaseUrl, " is not a valid HTTP URL"]);
        let origin = self.origin.as_ref().ok_or_else(unusable)?;
        let path = PathAndQuery::try_from(&url[Position::BeforePath..Position::AfterQuery]).map_err(|_| unusable())?;
        let mut outgoing = Outgoing::new(request.body.clone().map(Full::new).unwrap_or_default());
        *outgoing.method_mut() = request.method.clone();
        let headers = outgoing.headers_mut();
        headers.clone_from(&self.headers);
        headers.extend(request.headers.clone());
        for (name, value) in &added.trace {
            headers.insert(name, value.clone());
        }
        headers.insert(AUTHORIZATION, added.authorization.clone());
        if request.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let is_absolute = match connection {
            Connection::Http1(http1) => {
                headers.insert(HOST, origin.host.clone());
                if let Some(authorization) = self.connector.proxy_authorization().filter(|_| http1.is_proxied) {
                    headers.insert(PROXY_AUTHORIZATION, authorization.clone());
                }
                http1.is_proxied
            }
            Connection::Http2(_) => true,
        };
        let mut parts = http::uri::Parts::default();
        if is_absolute {
            (parts.scheme, parts.authority) = (Some(origin.scheme.clone()), Some(origin.authority.clone()));
        }
        parts.path_and_query = Some(path);
        *outgoing.uri_mut() = Uri::from_parts(parts).map_err(|_| unusable())?;
        Ok(outgoing)
    }

    /// Reads a response to its end. `http1` is its connection, unless another task drives that.
    async fn read(
        &self,
        request: &HttpRequest,
        added: &Added<'_>,
        response: http::Response<Incoming>,
        mut http1: Option<&mut Http1>,
    ) -> Result<HttpResponse, SendError> {
        let (http::response::Parts { status, mut headers, .. }, mut incoming) = response.into_parts();
        let mut body = Body::of(&mut headers, incoming.size_hint().exact());
        while !incoming.is_end_stream() {
            let frame = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context));
            let frame = match &mut http1 {
                Some(http1) => http1.drive(frame).await,
                None => frame.await,
            };
            let Some(frame) = frame else { break };
            if let Some(chunk) = frame.map_err(|error| failure::decode(&error))?.data_ref() {
                body.push(chunk)?;
            }
        }
        if let Some(id) = headers.get_mut(REQUEST_ID) {
            self.hide_echo(id, request, added.authorization);
        }
        Ok(HttpResponse { status: status.as_u16(), headers, body: body.finish()? })
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
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.close();
    }
}

/// A GET may follow any redirect, another method only those that keep it.
fn may_follow(response: &HttpResponse, method: &Method) -> bool {
    match response.status {
        301..=303 => *method == Method::GET,
        307 | 308 => true,
        _ => false,
    }
}
