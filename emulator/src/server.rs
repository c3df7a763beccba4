//! The server: all routes under their middleware, on one listener.

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use tokio::sync::oneshot;

use crate::app::AppState;
use crate::app::oauth::random_text;
use crate::connection::{Listener, track_requests};
use crate::control::origin::{Hosts, same_origin_only};
use crate::http::{ErrorResponse, http1};
use crate::{api, control, openapi, page};

/// Largest request body; the largest webhook the contract allows is far smaller.
const MAX_BODY_BYTES: usize = 1024 * 1024;

pub(crate) fn router(app: &Arc<AppState>, hosts: Arc<Hosts>) -> Router {
    let own = control::router().merge(openapi::router()).merge(page::router());
    api::router()
        .merge(own.layer(from_fn_with_state(hosts, same_origin_only)))
        .fallback(|uri: Uri| async move {
            ErrorResponse::new(StatusCode::NOT_FOUND, format!("no such path: {}", uri.path()))
        })
        .method_not_allowed_fallback(|| async {
            ErrorResponse::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not accept that method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(Arc::clone(app), api::inject_fault))
        .layer(map_response(with_request_id))
        .layer(from_fn(track_requests))
        .with_state(Arc::clone(app))
}

async fn with_request_id(mut response: Response) -> Response {
    if let Ok(id) = random_text()[..12].parse() {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Turns of the runtime in which streams can end in order when the server stops.
const LAST_TURNS: usize = 100;

/// Serves until it is told to stop. Open connections end with the runtime, so that stopping does not wait.
pub(crate) async fn serve(listener: TcpListener, router: Router, app: Arc<AppState>, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let listener = Listener::new(listener);
    let accept = async {
        loop {
            let stream = listener.accept().await;
            let handle = stream.handle();
            http1::serve(stream, router.clone(), Some(handle));
        }
    };
    tokio::select! {
        () = listener.sweep() => {}
        () = accept => {}
        _ = stopped => {}
    }
    app.stop_streams();
    for _ in 0..LAST_TURNS {
        tokio::task::yield_now().await;
    }
}
