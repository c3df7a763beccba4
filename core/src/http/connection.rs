//! Connections: each HTTP client of the pool has one at most, and serves one request at a time but over HTTP/2.
//!
//! The HTTP client opens a connection whenever none is idle, and hands one back to its pool in a task of its own, so many
//! requests on one client open more sockets than there are requests. A request that has a client to itself finds that
//! client's connection idle or closed: the number of clients bounds the number of sockets.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::Connection as _;
use tokio::sync::{AcquireError, Mutex as AsyncMutex, Notify, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tower_layer::Layer;
use tower_service::Service;

use crate::http::lock;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// One connection, which is opened by the first request and again where it has been closed.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) client: reqwest::Client,
    pub(crate) state: Arc<ConnectionState>,
}

/// What the connector tells of a connection.
pub(crate) struct ConnectionState {
    protocol: Arc<Protocol>,
    /// The request that has this connection waits for it to be opened, or has waited in vain.
    is_unsent: AtomicBool,
    /// One connector at a time.
    connector: Arc<AsyncMutex<()>>,
    /// Connections that HTTP/2 has opened here.
    opened: AtomicU64,
    /// A request here has been answered, or has failed.
    progressed: Notify,
    /// Held by the request that finds out which protocol the server speaks.
    discovery: Mutex<Option<OwnedMutexGuard<()>>>,
}

impl ConnectionState {
    /// True where the request on this connection has surely not been sent. Of a shared connection that is not known.
    pub(crate) fn is_unsent(&self) -> bool {
        self.is_unsent.load(Ordering::Relaxed) && self.protocol.get() != Protocol::HTTP2
    }

    /// A request begins, on a connection that is open as far as anybody knows.
    pub(crate) fn begin(&self) {
        self.is_unsent.store(false, Ordering::Relaxed);
    }

    /// A request has its answer or its failure.
    pub(crate) fn progressed(&self) {
        self.end_discovery();
        self.progressed.notify_waiters();
    }

    fn end_discovery(&self) {
        drop(lock(&self.discovery).take());
    }
}

/// Whether requests can share a connection: known once TLS has negotiated it.
#[derive(Default)]
struct Protocol(AtomicU8);

impl Protocol {
    const UNKNOWN: u8 = 0;
    const HTTP1: u8 = 1;
    const HTTP2: u8 = 2;

    fn get(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self, protocol: u8) {
        self.0.store(protocol, Ordering::Release);
    }
}

/// The connections of a client on the library's thread.
pub(crate) struct Pool {
    permits: Arc<Semaphore>,
    protocol: Arc<Protocol>,
    discovery: Arc<AsyncMutex<()>>,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// The one that was used last at the end, so that the others can reach their idle time.
    connections: Vec<Connection>,
    /// The one that all requests share, where the server speaks HTTP/2.
    shared: Option<Connection>,
    is_closed: bool,
}

impl Pool {
    /// `negotiates`: TLS decides whether HTTP/2 is spoken.
    pub(crate) fn new(max_connections: usize, negotiates: bool) -> Self {
        let protocol = Arc::new(Protocol::default());
        if !negotiates {
            protocol.set(Protocol::HTTP1);
        }
        Self {
            permits: Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS))),
            protocol,
            discovery: Arc::default(),
            idle: Mutex::default(),
        }
    }

    /// Closes idle connections, and keeps none from now on.
    pub(crate) fn close(&self) {
        let mut idle = lock(&self.idle);
        let connections = (std::mem::take(&mut idle.connections), idle.shared.take());
        idle.is_closed = true;
        drop(idle);
        drop(connections);
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.idle).is_closed
    }

    /// One connection less for the pool, for a connection that lives elsewhere; `None` where all are in use.
    pub(crate) fn set_aside(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// A connection for one request. Waits until one is free.
    pub(crate) async fn take<E: From<AcquireError>>(
        &self,
        open: impl Fn(Arc<ConnectionState>) -> Result<Connection, E>,
    ) -> Result<Lease<'_>, E> {
        let permit = Arc::clone(&self.permits).acquire_owned().await?;
        let lease = |connection, is_shared| Lease { pool: self, connection, is_shared, _permit: permit };
        if self.protocol.get() == Protocol::UNKNOWN {
            let discovery = Arc::clone(&self.discovery).lock_owned().await;
            if self.protocol.get() == Protocol::UNKNOWN {
                let connection = self.pop_or_open(&open)?;
                *lock(&connection.state.discovery) = Some(discovery);
                lock(&self.idle).shared = Some(connection.clone());
                return Ok(lease(connection, false));
            }
        }
        if self.protocol.get() == Protocol::HTTP2 {
            let shared = lock(&self.idle).shared.clone();
            let connection = match shared {
                Some(connection) => connection,
                None => {
                    let opened = self.open(&open)?;
                    let mut idle = lock(&self.idle);
                    if idle.is_closed { opened } else { idle.shared.get_or_insert(opened).clone() }
                }
            };
            return Ok(lease(connection, true));
        }
        Ok(lease(self.pop_or_open(&open)?, false))
    }

    fn pop_or_open<E>(&self, open: impl Fn(Arc<ConnectionState>) -> Result<Connection, E>) -> Result<Connection, E> {
        let popped = lock(&self.idle).connections.pop();
        popped.map_or_else(|| self.open(open), Ok)
    }

    /// A connection that is not opened yet. Its state goes to whoever makes the HTTP client.
    pub(crate) fn open<E>(
        &self,
        open: impl Fn(Arc<ConnectionState>) -> Result<Connection, E>,
    ) -> Result<Connection, E> {
        open(Arc::new(ConnectionState {
            protocol: Arc::clone(&self.protocol),
            is_unsent: AtomicBool::new(false),
            connector: Arc::default(),
            opened: AtomicU64::new(0),
            progressed: Notify::new(),
            discovery: Mutex::new(None),
        }))
    }

    fn put_back(&self, connection: Connection) {
        let mut idle = lock(&self.idle);
        if idle.is_closed {
            drop(idle);
            return drop(connection);
        }
        match self.protocol.get() {
            // It stays where the others look for it.
            Protocol::HTTP2
                if idle.shared.as_ref().is_some_and(|shared| Arc::ptr_eq(&shared.state, &connection.state)) => {}
            _ => {
                idle.shared = None;
                idle.connections.push(connection);
            }
        }
    }
}

/// A connection in use. It goes back to its pool whatever becomes of the request.
pub(crate) struct Lease<'a> {
    pool: &'a Pool,
    connection: Connection,
    is_shared: bool,
    /// Released last.
    _permit: OwnedSemaphorePermit,
}

impl Lease<'_> {
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.connection.state.progressed();
        if !self.is_shared {
            self.pool.put_back(self.connection.clone());
        }
    }
}

/// The part of a connector that keeps a [`ConnectionState`].
#[derive(Clone)]
pub(crate) struct StateLayer(pub(crate) Arc<ConnectionState>);

impl<S> Layer<S> for StateLayer {
    type Service = StateService<S>;
    fn layer(&self, inner: S) -> Self::Service {
        StateService { inner: Arc::new(inner), state: Arc::clone(&self.0) }
    }
}

/// The HTTP client copies its connector several times for each request, and seldom connects: what is below this layer is
/// copied only then.
pub(crate) struct StateService<S> {
    inner: Arc<S>,
    state: Arc<ConnectionState>,
}

impl<S> Clone for StateService<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), state: Arc::clone(&self.state) }
    }
}

impl<S, Request> Service<Request> for StateService<S>
where
    S: Service<Request, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Response: hyper_util::client::legacy::connect::Connection + Send + 'static,
    Request: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let state = Arc::clone(&self.state);
        let opened = state.opened.load(Ordering::Acquire);
        state.is_unsent.store(true, Ordering::Relaxed);
        let mut inner = S::clone(&self.inner);
        Box::pin(async move {
            let turn = state.connector.lock().await;
            if state.opened.load(Ordering::Acquire) != opened {
                // Requests that share a connection each ask for one. Another's has been opened, which serves this one's
                // request as well: the HTTP client forgets this connector as soon as it can be used.
                drop(turn);
                state.progressed.notified().await;
                return Err("another connection to the server is used".into());
            }
            let outcome = match poll_fn(|context| inner.poll_ready(context)).await {
                Ok(()) => inner.call(request).await,
                Err(error) => Err(error),
            };
            if let Ok(connection) = &outcome {
                state.is_unsent.store(false, Ordering::Relaxed);
                if connection.connected().is_negotiated_h2() {
                    state.opened.fetch_add(1, Ordering::AcqRel);
                    if state.protocol.get() == Protocol::UNKNOWN {
                        state.protocol.set(Protocol::HTTP2);
                    }
                } else {
                    state.protocol.set(Protocol::HTTP1);
                }
            }
            state.end_discovery();
            outcome
        })
    }
}
