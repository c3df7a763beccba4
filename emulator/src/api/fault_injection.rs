//! Fault injection: the middleware that gives a request the fault that was scripted for its operation.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use blynk_webhooks::path;
use http_body::Frame;

use crate::app::AppState;
use crate::connection::ConnectionHandle;
use crate::faults::{Fault, Operation};
use crate::http::{BODY_TIMEOUT, ErrorResponse};

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
    let fault = operation.and_then(|operation| app.live().faults.take(|scope| scope.includes(operation)));
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
            connection.reset();
            StatusCode::OK.into_response()
        }
        Some(Fault::Truncate) => {
            // A connection that is closed before its request was read is reset, and the answer lost.
            let _ = tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(request.into_body(), MAX_READ_BYTES)).await;
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
    /// The first bytes were returned; they are flushed only if nothing more is ready.
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
