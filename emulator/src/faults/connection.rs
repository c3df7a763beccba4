//! Faults on the wire: the layer that meets them, and the sockets that break on request.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener};
use blynk_webhooks::path;
use http_body::Frame;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::api::ErrorResponse;
use crate::app::AppState;
use crate::faults::{Fault, Operation};

/// Bytes of a request that are read before its answer breaks off.
const MAX_READ_BYTES: usize = 2 * 1024 * 1024;

/// The operation that a request asks for.
fn operation_of(method: &Method, request_path: &str) -> Option<Operation> {
    match (request_path, method.as_str()) {
        (path::TOKEN, _) => Some(Operation::Token),
        (path::WEBHOOKS, _) => Some(Operation::List),
        (path::CREATE, _) => Some(Operation::Create),
        (path::WEBHOOK, "PUT") => Some(Operation::Update),
        (path::WEBHOOK, "DELETE") => Some(Operation::Delete),
        (path::WEBHOOK, _) => Some(Operation::Get),
        _ => None,
    }
}

/// Lets a request meet the fault that was scripted for it, in the place of its operation.
pub(crate) async fn inject_fault(
    State(app): State<Arc<AppState>>,
    ConnectInfo(connection): ConnectInfo<ConnectionHandle>,
    request: Request,
    next: Next,
) -> Response {
    let operation = operation_of(request.method(), request.uri().path());
    let fault = operation.and_then(|operation| app.live().faults.take(operation));
    match fault {
        None => next.run(request).await,
        Some(Fault::Delay { delay_ms }) => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            next.run(request).await
        }
        Some(Fault::Status { status, retry_after }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = ErrorResponse::new(status, format!("a scripted fault: {status}")).into_response();
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
        Some(Fault::Reset) => {
            connection.reset.store(true, Ordering::Release);
            StatusCode::OK.into_response()
        }
        Some(Fault::Truncate) => {
            // A connection that is closed before its request was read is reset, and the answer lost.
            let _ = axum::body::to_bytes(request.into_body(), MAX_READ_BYTES).await;
            let length = HeaderValue::from_static("1000");
            ([(header::CONTENT_LENGTH, length)], Body::new(TruncatedBody::Unsent)).into_response()
        }
        Some(Fault::Malformed) => {
            let json = HeaderValue::from_static("application/json");
            ([(header::CONTENT_TYPE, json)], r#"{"id": 1, "name": "malfor"#).into_response()
        }
    }
}

/// A body that breaks off after its first bytes.
#[derive(Clone, Copy)]
enum TruncatedBody {
    Unsent,
    /// The first bytes were given; whoever writes them flushes only where nothing more is ready.
    Begun,
    SendResult,
}

impl HttpBody for TruncatedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match *self {
            Self::Unsent => {
                *self = Self::Begun;
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"[{\"id\": 1, ")))))
            }
            Self::Begun => {
                *self = Self::SendResult;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::SendResult => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
        }
    }
}

/// The way to break a connection from within a request.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionHandle {
    reset: Arc<AtomicBool>,
}

impl Connected<IncomingStream<'_, FaultListener>> for ConnectionHandle {
    fn connect_info(stream: IncomingStream<'_, FaultListener>) -> Self {
        Self { reset: Arc::clone(&stream.io().reset) }
    }
}

/// Accepts sockets that can be reset.
#[derive(Debug)]
pub(crate) struct FaultListener(pub(crate) TcpListener);

impl Listener for FaultListener {
    type Io = FaultStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (FaultStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Answers are small; waiting to fill a packet would only slow them down.
        let _ = stream.set_nodelay(true);
        (FaultStream { stream, reset: Arc::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A socket that resets its connection instead of writing, once it is reset.
#[derive(Debug)]
pub(crate) struct FaultStream {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl AsyncRead for FaultStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for FaultStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.reset.load(Ordering::Acquire) {
            let _ = self.stream.set_zero_linger();
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Acquire) {
            // A shutdown would end the connection in order.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
