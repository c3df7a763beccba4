//! Connections of the server: each can be reset on request, and is closed if it has been idle for too long or if there are
//! no file descriptors left.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::task::AtomicWaker;
use http_body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How long a connection may be without a request. Clients keep theirs for about as long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// Time between two looks for connections that are idle.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// Pause before the next try to accept a connection if the last one failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// What is known of one connection.
#[derive(Debug, Default)]
struct Connection {
    /// Set: the connection is reset at its next write.
    reset: AtomicBool,
    /// Set: the connection ends as if the client had closed it.
    close: AtomicBool,
    /// Requests that are being answered.
    requests: AtomicUsize,
    /// Whether a request was answered.
    used: AtomicBool,
    /// When something was read, written or answered last, in milliseconds since the server began.
    active_at: AtomicU64,
    reader: AtomicWaker,
}

impl Connection {
    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::Acquire) == 0
    }

    fn close(&self) {
        self.close.store(true, Ordering::Release);
        self.reader.wake();
    }
}

/// All open connections.
#[derive(Clone, Debug)]
struct Connections {
    began: Instant,
    open: Arc<Mutex<Vec<Weak<Connection>>>>,
}

impl Connections {
    fn new() -> Self {
        Self { began: Instant::now(), open: Arc::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn add(&self) -> Arc<Connection> {
        let connection = Arc::new(Connection::default());
        connection.active_at.store(self.now(), Ordering::Release);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&connection));
        connection
    }

    /// Those without a request. First those that never had one, and of these the longest idle.
    fn idle(&self) -> Vec<Arc<Connection>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|connection| connection.strong_count() > 0);
        let mut idle: Vec<_> =
            open.iter().filter_map(Weak::upgrade).filter(|connection| connection.is_idle()).collect();
        idle.sort_by_key(|connection| {
            (connection.used.load(Ordering::Acquire), connection.active_at.load(Ordering::Acquire))
        });
        idle
    }

    /// Closes what has been idle for so long.
    fn close_idle(&self, timeout: Duration) {
        let timeout = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let now = self.now();
        for connection in self.idle() {
            if now.saturating_sub(connection.active_at.load(Ordering::Acquire)) >= timeout {
                connection.close();
            }
        }
    }

    /// Closes a part of what is idle, so that others can connect.
    fn make_room(&self) {
        let idle = self.idle();
        for connection in &idle[..idle.len().div_ceil(4)] {
            connection.close();
        }
    }
}

/// Accepts connections.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    connections: Connections,
}

impl Listener {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self { listener, connections: Connections::new() }
    }

    /// Closes idle connections; never ends.
    pub(crate) fn sweep(&self) -> impl Future<Output = ()> + use<> {
        let connections = self.connections.clone();
        async move {
            loop {
                tokio::time::sleep(SWEEP_INTERVAL).await;
                connections.close_idle(IDLE_TIMEOUT);
            }
        }
    }

    pub(crate) async fn accept(&self) -> Stream {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // Answers are small; waiting to fill a packet would only slow them down.
                    let _ = stream.set_nodelay(true);
                    return Stream {
                        stream,
                        connection: self.connections.add(),
                        connections: self.connections.clone(),
                    };
                }
                Err(error) => {
                    if is_out_of_descriptors(&error) {
                        self.connections.make_room();
                    }
                    // The client may be gone already, which says nothing of the next one.
                    if error.kind() != io::ErrorKind::ConnectionAborted {
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        }
    }
}

/// Whether this process or this machine has no file descriptor left.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    // EMFILE and ENFILE, which are the same on Linux, macOS and the BSDs.
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// A connection, for those who answer its requests.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionHandle {
    connection: Arc<Connection>,
    connections: Connections,
}

impl ConnectionHandle {
    /// Resets the connection at its next write.
    pub(crate) fn reset(&self) {
        self.connection.reset.store(true, Ordering::Release);
    }

    /// Notes that a request is being answered, until the guard goes.
    fn begin_request(self) -> RequestGuard {
        self.connection.requests.fetch_add(1, Ordering::AcqRel);
        RequestGuard(self)
    }
}

#[derive(Debug)]
struct RequestGuard(ConnectionHandle);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        let ConnectionHandle { connection, connections } = &self.0;
        connection.active_at.store(connections.now(), Ordering::Release);
        connection.used.store(true, Ordering::Release);
        connection.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Middleware: a connection is not idle while a request on it is being answered, to the last byte of the response.
pub(crate) async fn track_requests(
    ConnectInfo(connection): ConnectInfo<ConnectionHandle>,
    request: Request,
    next: Next,
) -> Response {
    let guard = connection.begin_request();
    next.run(request).await.map(|body| Body::new(GuardedBody { body, _guard: guard }))
}

struct GuardedBody {
    body: Body,
    _guard: RequestGuard,
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The socket of a connection.
#[derive(Debug)]
pub(crate) struct Stream {
    stream: TcpStream,
    connection: Arc<Connection>,
    connections: Connections,
}

impl Stream {
    pub(crate) fn handle(&self) -> ConnectionHandle {
        ConnectionHandle { connection: Arc::clone(&self.connection), connections: self.connections.clone() }
    }

    fn note_activity(&self) {
        self.connection.active_at.store(self.connections.now(), Ordering::Release);
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.connection.reader.register(context.waker());
        if self.connection.close.load(Ordering::Acquire) {
            // Nothing more was read: to the server, the client has closed.
            return Poll::Ready(Ok(()));
        }
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if outcome.is_ready() {
            self.note_activity();
        }
        outcome
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.connection.reset.load(Ordering::Acquire) {
            let _ = self.stream.set_zero_linger();
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        if outcome.is_ready() {
            self.note_activity();
        }
        outcome
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.reset.load(Ordering::Acquire) {
            // A shutdown would end the connection in order.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::http1;
    use std::io::Read as _;

    #[test]
    fn only_idle_connections_are_closed() {
        let connections = Connections::new();
        let open: Vec<_> = (0..8).map(|_| connections.add()).collect();
        let busy = ConnectionHandle { connection: Arc::clone(&open[0]), connections: connections.clone() };
        let guard = busy.begin_request();
        let closed = || open.iter().filter(|connection| connection.close.load(Ordering::Acquire)).count();
        connections.close_idle(IDLE_TIMEOUT);
        assert_eq!(closed(), 0);
        // A quarter of the seven, rounded up: those that never had a request, and have been idle for the longest time.
        for (place, connection) in open.iter().enumerate() {
            connection.active_at.store(10 - place as u64, Ordering::Release);
        }
        open[7].used.store(true, Ordering::Release);
        connections.make_room();
        let is_closed = |place: usize| open[place].close.load(Ordering::Acquire);
        assert_eq!((closed(), is_closed(6), is_closed(5)), (2, true, true));
        open.iter().for_each(|connection| connection.active_at.store(0, Ordering::Release));
        connections.close_idle(Duration::ZERO);
        assert_eq!((closed(), open[0].close.load(Ordering::Acquire)), (7, false));
        drop(guard);
        connections.close_idle(Duration::ZERO);
        assert_eq!(closed(), 8);
    }

    #[tokio::test]
    async fn a_closed_connection_ends_for_its_client() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = Listener::new(listener);
        let connections = listener.connections.clone();
        tokio::spawn(async move {
            loop {
                http1::serve(listener.accept().await, axum::Router::new(), None);
            }
        });
        let mut client =
            tokio::task::spawn_blocking(move || std::net::TcpStream::connect(address).unwrap()).await.unwrap();
        while connections.idle().is_empty() {
            tokio::task::yield_now().await;
        }
        connections.close_idle(Duration::ZERO);
        let read = tokio::task::spawn_blocking(move || client.read(&mut [0]).unwrap()).await.unwrap();
        assert_eq!(read, 0);
    }
}
