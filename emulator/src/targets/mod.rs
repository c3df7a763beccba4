//! Built-in targets: servers on loopback that record requests and send the responses they are given.

pub(crate) mod authority;

use std::collections::VecDeque;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use blynk_webhooks::{Code, Violation};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::http::http1;
use crate::integral;
use crate::json::read_from_objects_only;

/// Requests that a target keeps; older ones are forgotten.
const MAX_REQUESTS: usize = 10_000;
/// Bytes of all requests that a target keeps.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Targets of one emulator.
const MAX_TARGETS: usize = 100;
/// Bytes of a request's body that are read.
const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Headers of the connection.
pub(crate) const OWN_HEADERS: [&str; 4] = ["connection", "content-length", "transfer-encoding", "upgrade"];
/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A request that a target received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TargetRequest {
    /// HTTP method.
    pub method: String,
    /// Path and query, e.g. `/doors/7?open=1`.
    pub path: String,
    /// Header names in lower case and values; an object in JSON.
    #[serde(serialize_with = "crate::json::as_object")]
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl TargetRequest {
    /// What it takes of memory, nearly.
    fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        size_of::<Self>() + self.path.len() + headers + self.body.len()
    }
}

/// A response of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct TargetResponse {
    /// HTTP status, 200 to 599; 200.
    #[serde(deserialize_with = "integral::number")]
    pub status: u16,
    /// Header names and values; an object in JSON.
    #[serde(serialize_with = "crate::json::as_object", deserialize_with = "crate::json::pairs")]
    pub headers: Vec<(String, String)>,
    /// The body; empty.
    pub body: String,
    /// How long the target waits before it responds, in milliseconds; 0.
    #[serde(deserialize_with = "integral::number")]
    pub delay_ms: u64,
}

read_from_objects_only!(TargetResponse);

impl Default for TargetResponse {
    fn default() -> Self {
        Self { status: 200, headers: Vec::new(), body: String::new(), delay_ms: 0 }
    }
}

impl TargetResponse {
    /// An empty response with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// After this delay.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = delay.as_millis().try_into().unwrap_or(u64::MAX);
        self
    }

    /// # Errors
    /// If it cannot be sent.
    fn build(&self) -> Result<Response, Violation> {
        let status = StatusCode::from_u16(self.status).ok().filter(|_| (200..=599).contains(&self.status));
        let status = status.ok_or_else(|| {
            Violation::error("status", Code::OutOfRange, format!("must be from 200 to 599, is {}", self.status))
        })?;
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = status;
        for (name, value) in &self.headers {
            let wrong = || {
                let message = format!("'{name}' is not a header with a value of printable ASCII characters");
                Violation::error("headers", Code::WrongType, message)
            };
            if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                return Err(wrong());
            }
            if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
                let message = format!("'{name}' is set by the target itself");
                return Err(Violation::error("headers", Code::NotSettable, message));
            }
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            response.headers_mut().append(header, HeaderValue::from_str(value).map_err(|_| wrong())?);
        }
        Ok(response)
    }
}

/// All targets of an emulator.
#[derive(Debug, Default)]
pub(crate) struct Targets(Mutex<Vec<Arc<Target>>>);

impl Targets {
    /// Starts a target on any free port; `tls` makes it an https server. It runs on the current runtime, until that ends.
    pub(crate) fn start(&self, tls: Option<TlsAcceptor>) -> io::Result<Arc<Target>> {
        if self.lock().len() >= MAX_TARGETS {
            return Err(io::Error::other(format!("an emulator has at most {MAX_TARGETS} targets")));
        }
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr()?);
        let listener = TcpListener::from_std(listener)?;
        let mut targets = self.lock();
        let id = targets.last().map_or(1, |last| last.id + 1);
        let target = Arc::new(Target { id, url, records: Mutex::default() });
        targets.push(Arc::clone(&target));
        let router = Router::new().fallback(receive).with_state(Arc::clone(&target));
        tokio::spawn(accept(listener, tls, router));
        Ok(target)
    }

    pub(crate) fn get(&self, id: u64) -> Option<Arc<Target>> {
        self.lock().iter().find(|target| target.id == id).cloned()
    }

    /// Removes the requests and responses of all targets.
    pub(crate) fn clear(&self) {
        self.lock().iter().for_each(|target| target.clear());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Target>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A built-in target: a server on loopback that records requests and sends the responses you set. It runs until its emulator
/// stops.
#[derive(Debug)]
pub struct Target {
    id: u64,
    url: String,
    records: Mutex<Records>,
}

#[derive(Debug, Default)]
struct Records {
    requests: VecDeque<TargetRequest>,
    /// Of all requests that are kept.
    bytes: usize,
    /// Responses for the next requests, each for so many.
    next: VecDeque<(TargetResponse, u32)>,
    /// For all others.
    response: TargetResponse,
}

impl Target {
    /// Its number, from 1.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its base URL, e.g. `http://127.0.0.1:49152`. It accepts requests for every path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The requests it received, oldest first. It keeps the last 10,000, or fewer if they exceed 64 MiB.
    #[must_use]
    pub fn requests(&self) -> Vec<TargetRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    /// Sets the response to all requests from now on.
    ///
    /// # Errors
    /// [`blynk_webhooks::Error::Validation`] if the response cannot be sent.
    pub fn respond(&self, response: TargetResponse) -> blynk_webhooks::Result<()> {
        response.build().map_err(|violation| vec![violation])?;
        self.lock().response = response;
        Ok(())
    }

    /// Sets the response to the next `times` requests. Such responses apply in the order in which they were set.
    ///
    /// # Errors
    /// [`blynk_webhooks::Error::Validation`] if the response cannot be sent, or `times` is 0.
    pub fn respond_next(&self, response: TargetResponse, times: u32) -> blynk_webhooks::Result<()> {
        response.build().map_err(|violation| vec![violation])?;
        if times == 0 {
            return Err(vec![Violation::error("times", Code::OutOfRange, "must be 1 or more")].into());
        }
        self.lock().next.push_back((response, times));
        Ok(())
    }

    /// Removes the recorded requests and the responses that were set.
    pub fn clear(&self) {
        *self.lock() = Records::default();
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a request, and says what it is answered.
    fn record(&self, request: TargetRequest) -> TargetResponse {
        let mut records = self.lock();
        records.bytes += request.bytes();
        records.requests.push_back(request);
        while records.requests.len() > MAX_REQUESTS || (records.bytes > MAX_BYTES && records.requests.len() > 1) {
            let Some(oldest) = records.requests.pop_front() else { break };
            records.bytes -= oldest.bytes();
        }
        let Some((response, times)) = records.next.front_mut() else { return records.response.clone() };
        *times -= 1;
        let (response, used_up) = (response.clone(), *times == 0);
        if used_up {
            records.next.pop_front();
        }
        response
    }
}

async fn receive(State(target): State<Arc<Target>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    // Of a body that breaks off, nothing is kept; the sender knows.
    let body = to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
    let values = |name| head.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let headers = head.headers.keys().map(|name| (name.to_string(), values(name).collect::<Vec<_>>().join(", ")));
    let response = target.record(TargetRequest {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    if response.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(response.delay_ms)).await;
    }
    // It was checked when it was given.
    response.build().unwrap_or_else(|_| Response::new(Body::empty()))
}

/// Accepts connections, agrees on TLS with each that needs it, and serves them concurrently. Never ends.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, router: Router) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let router = router.clone();
        let Some(acceptor) = tls.clone() else {
            http1::serve(stream, router, None);
            continue;
        };
        tokio::spawn(async move {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                http1::serve(stream, router, None);
            }
        });
    }
}
