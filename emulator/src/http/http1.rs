//! HTTP/1.1 on one connection. `axum::serve` would speak HTTP/2 as well, which no client of an emulator asks for.

use std::pin::Pin;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connection::ConnectionHandle;

trait Connection: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Connection for T {}

/// Serves a connection in its own task until it is closed. Handlers find its handle, if there is one, as
/// [`ConnectInfo`].
pub(crate) fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    router: Router,
    handle: Option<ConnectionHandle>,
) {
    // One type for plain connections and those over TLS, so that the code is there once.
    let stream: Pin<Box<dyn Connection>> = Box::pin(stream);
    let routes = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(handle) = &handle {
            request.extensions_mut().insert(ConnectInfo(handle.clone()));
        }
        routes.call(request)
    });
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::spawn(async move {
        // A connection that breaks concerns its client alone.
        let _ = served.await;
    });
}
