//! HTTP/1.1 on one connection. `axum::serve` would speak HTTP/2 as well, which no client of an emulator asks for.

use std::pin::Pin;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};

trait Connection: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Connection for T {}

/// Serves a connection in a task of its own, until it is closed.
pub(crate) fn serve(stream: impl AsyncRead + AsyncWrite + Send + 'static, router: Router) {
    // One type for plain connections and those over TLS, so that the code is there once.
    let stream: Pin<Box<dyn Connection>> = Box::pin(stream);
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::spawn(async move {
        // A connection that breaks concerns its client alone.
        let _ = served.await;
    });
}
