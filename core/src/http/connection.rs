//! Connections: a request has one for itself, or shares one over HTTP/2.
//!
//! A request that has an HTTP/1.1 connection drives it in its own task. That saves the wake-ups between two tasks, closes the
//! socket as soon as the request is dropped, and lets the number of requests bound the number of sockets.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::TokioExecutor;
use tokio::runtime::Handle;
use tokio::sync::Mutex as AsyncMutex;

use crate::http::connect::{Connector, Opened, Stream};
use crate::http::failure::{self, SendError};
use crate::http::lock;

/// An idle connection is closed before the usual servers close it.
const MAX_IDLE: Duration = Duration::from_secs(30);
/// Longest wait for the end of a connection that is closed in good order.
const MAX_SHUTDOWN: Duration = Duration::from_secs(1);
/// How often a connection is driven in a row before other tasks have their turn.
const MAX_TURNS: usize = 8;

pub(crate) type Outgoing = http::Request<Full<Bytes>>;

/// Connections that are kept between requests. They live on one runtime.
#[derive(Default)]
pub(crate) struct Connections {
    idle: Mutex<Idle>,
    /// Held while a connection is opened that other requests may share.
    opening: AsyncMutex<()>,
}

#[derive(Default)]
struct Idle {
    /// The one that was used last at the end, so that the others can reach their idle time.
    http1: Vec<Http1>,
    /// The one that all requests share, where the server speaks HTTP/2, and when a request last took it.
    http2: Option<(http2::SendRequest<Full<Bytes>>, Instant)>,
    is_closed: bool,
    /// A task closes those that are idle for too long.
    is_swept: bool,
}

/// What a request is sent on.
pub(crate) enum Connection {
    Http1(Http1),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// True where a server has told over HTTP/2 that it has not begun a request, which may be sent again (RFC 9113, section 8.7).
pub(crate) fn is_refused(error: &hyper::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<h2::Error>());
    cause.is_some_and(|cause| {
        let (refused, retired) = (Some(h2::Reason::REFUSED_STREAM), Some(h2::Reason::NO_ERROR));
        let (reason, is_remote) = (cause.reason(), cause.is_remote());
        is_remote && (cause.is_reset() && reason == refused || cause.is_go_away() && reason == retired)
    })
}

/// What a request does with a connection that it is given.
pub(crate) struct Acquired {
    pub(crate) connection: Connection,
    /// It has served other requests. The server may have closed it meanwhile.
    pub(crate) is_reused: bool,
}

impl Connections {
    /// A connection for one request: an idle one, or one that is opened. `looks_first`: has the runtime look at its sockets
    /// before an idle one is taken, because the server may have closed it meanwhile.
    pub(crate) async fn acquire(&self, connector: &Connector, looks_first: bool) -> Result<Acquired, SendError> {
        if looks_first && self.has_idle() {
            tokio::task::yield_now().await;
        }
        if let Some(connection) = self.reuse() {
            return Ok(Acquired { connection, is_reused: true });
        }
        if !connector.speaks_http1() {
            let _opening = self.opening.lock().await;
            // Another request may have opened it.
            if let Some(connection) = self.reuse() {
                return Ok(Acquired { connection, is_reused: true });
            }
            if !connector.speaks_http1() {
                return self.open(connector).await;
            }
        }
        self.open(connector).await
    }

    async fn open(&self, connector: &Connector) -> Result<Acquired, SendError> {
        let Opened { stream, is_http2, is_proxied } = connector.open().await?;
        let connection = if is_http2 {
            let (sender, connection) =
                http2::handshake(TokioExecutor::new(), stream).await.map_err(|error| failure::lost(&error))?;
            tokio::spawn(async move { drop(connection.await) });
            let mut idle = lock(&self.idle);
            if !idle.is_closed {
                idle.http2 = Some((sender.clone(), Instant::now()));
            }
            Connection::Http2(sender)
        } else {
            Connection::Http1(Http1::new(stream, is_proxied).await?)
        };
        Ok(Acquired { connection, is_reused: false })
    }

    fn has_idle(&self) -> bool {
        let idle = lock(&self.idle);
        !idle.http1.is_empty() || idle.http2.is_some()
    }

    /// A connection that is open as far as this process knows.
    fn reuse(&self) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        if let Some((sender, used)) = &mut idle.http2 {
            if !sender.is_closed() && used.elapsed() < MAX_IDLE {
                *used = Instant::now();
                return Some(Connection::Http2(sender.clone()));
            }
            idle.http2 = None;
        }
        while let Some(mut http1) = idle.http1.pop() {
            if http1.idle_since.elapsed() < MAX_IDLE && http1.is_ready() {
                return Some(Connection::Http1(http1));
            }
        }
        None
    }

    /// Keeps a connection whose response has been read to its end.
    pub(crate) fn put_back(&self, mut http1: Http1) {
        http1.idle_since = Instant::now();
        let mut idle = lock(&self.idle);
        if !idle.is_closed {
            idle.http1.push(http1);
        }
    }

    /// Closes the connections that are idle for too long, from now on and on this runtime.
    pub(crate) fn sweep(self: &Arc<Self>) {
        if std::mem::replace(&mut lock(&self.idle).is_swept, true) {
            return;
        }
        let connections = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(MAX_IDLE).await;
                let Some(connections) = connections.upgrade() else { return };
                let mut idle = lock(&connections.idle);
                let expired = idle.http1.partition_point(|http1| http1.idle_since.elapsed() >= MAX_IDLE);
                let expired: Vec<_> = idle.http1.drain(..expired).collect();
                drop(idle.http2.take_if(|(_, used)| used.elapsed() >= MAX_IDLE));
                idle.is_swept = !idle.http1.is_empty() || idle.http2.is_some();
                let goes_on = idle.is_swept;
                drop(idle);
                expired.into_iter().for_each(|http1| http1.shut_down(&Handle::current()));
                if !goes_on {
                    return;
                }
            }
        });
    }

    /// Closes idle connections, and keeps none from now on. Those of TLS say so on the wire if `runtime` is theirs.
    pub(crate) fn close(&self, runtime: Option<&Handle>) {
        let mut idle = lock(&self.idle);
        idle.is_closed = true;
        let (http1, http2) = (std::mem::take(&mut idle.http1), idle.http2.take());
        drop(idle);
        drop(http2);
        if let Some(runtime) = runtime {
            http1.into_iter().for_each(|http1| http1.shut_down(runtime));
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.idle).is_closed
    }
}

/// A connection that serves one request at a time, driven by that request.
pub(crate) struct Http1 {
    sender: http1::SendRequest<Full<Bytes>>,
    connection: Box<http1::Connection<Box<dyn Stream>, Full<Bytes>>>,
    /// The connection is closed and must not be driven any more.
    has_ended: bool,
    pub(crate) is_proxied: bool,
    idle_since: Instant,
    wakeups: Arc<WakeUps>,
    waker: Waker,
}

impl Http1 {
    async fn new(stream: Box<dyn Stream>, is_proxied: bool) -> Result<Self, SendError> {
        let (sender, connection) = http1::handshake(stream).await.map_err(|error| failure::lost(&error))?;
        let wakeups = Arc::<WakeUps>::default();
        let waker = Waker::from(Arc::clone(&wakeups));
        let idle_since = Instant::now();
        Ok(Self { sender, connection: Box::new(connection), has_ended: false, is_proxied, idle_since, wakeups, waker })
    }

    /// Sends a request and waits for the head of the response.
    pub(crate) async fn send(&mut self, request: Outgoing) -> Result<http::Response<Incoming>, TrySendError<Outgoing>> {
        let response = self.sender.try_send_request(request);
        self.drive(response).await
    }

    /// Drives the connection until a future that depends on it is ready.
    pub(crate) async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            self.wakeups.begin(context.waker());
            let mut polled = Poll::Pending;
            for _ in 0..MAX_TURNS {
                self.wakeups.clear();
                polled = future.as_mut().poll(&mut Context::from_waker(&self.waker));
                if polled.is_ready() {
                    break;
                }
                self.advance();
                if !self.wakeups.are_pending() {
                    break;
                }
            }
            self.wakeups.end(polled.is_pending());
            polled
        })
        .await
    }

    /// True for an open connection that can take a request.
    fn is_ready(&mut self) -> bool {
        // Finds its end, where the runtime has seen it.
        self.advance();
        !self.has_ended && self.sender.is_ready()
    }

    fn advance(&mut self) {
        if !self.has_ended {
            let mut context = Context::from_waker(&self.waker);
            self.has_ended = Pin::new(&mut *self.connection).poll(&mut context).is_ready();
        }
    }

    /// Ends the connection in good order, in a task of its runtime.
    fn shut_down(self, runtime: &Handle) {
        let Self { sender, connection, has_ended, .. } = self;
        drop(sender);
        if !has_ended {
            runtime.spawn(async move { drop(tokio::time::timeout(MAX_SHUTDOWN, connection).await) });
        }
    }
}

/// The wake-ups of a connection. Those that it gives itself while it is driven concern nobody else: a runtime would look at its
/// sockets for each.
#[derive(Default)]
struct WakeUps {
    driver: Mutex<Option<Waker>>,
    is_driven: AtomicBool,
    are_pending: AtomicBool,
}

impl WakeUps {
    fn begin(&self, waker: &Waker) {
        let mut driver = lock(&self.driver);
        if !driver.as_ref().is_some_and(|driver| driver.will_wake(waker)) {
            *driver = Some(waker.clone());
        }
        drop(driver);
        self.is_driven.store(true, Ordering::SeqCst);
    }

    fn clear(&self) {
        self.are_pending.store(false, Ordering::SeqCst);
    }

    fn are_pending(&self) -> bool {
        self.are_pending.load(Ordering::SeqCst)
    }

    /// Passes on what came after the last look, if the driver `waits`.
    fn end(&self, waits: bool) {
        self.is_driven.store(false, Ordering::SeqCst);
        if !waits {
            *lock(&self.driver) = None;
        } else if self.are_pending() {
            self.wake_driver();
        }
    }

    fn wake_driver(&self) {
        let driver = lock(&self.driver).take();
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

impl Wake for WakeUps {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.are_pending.store(true, Ordering::SeqCst);
        if !self.is_driven.load(Ordering::SeqCst) {
            self.wake_driver();
        }
    }
}
