//! The page: its files are part of the program, and it asks nobody but the control API.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{self, HeaderName};
use axum::response::Redirect;
use axum::routing::get;

use crate::app::AppState;

/// Path of the page.
const PATH: &str = "/_emulator/";
/// The page runs its own script and nothing else, whatever a webhook's name or an answer may hold.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const HTML: &str = include_str!("index.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.mjs");
const PARTS: &str = include_str!("parts.mjs");

type File = ([(HeaderName, &'static str); 3], &'static str);

fn file(media_type: &'static str, text: &'static str) -> File {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text)
}

pub(crate) fn router() -> Router<Arc<AppState>> {
    const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
    Router::new()
        .route(PATH, get(|| async { file("text/html; charset=utf-8", HTML) }))
        .route(PATH.trim_end_matches('/'), get(|| async { Redirect::permanent(PATH) }))
        .route("/_emulator/page.css", get(|| async { file("text/css; charset=utf-8", STYLE) }))
        .route("/_emulator/page.mjs", get(|| async { file(JAVASCRIPT, SCRIPT) }))
        .route("/_emulator/parts.mjs", get(|| async { file(JAVASCRIPT, PARTS) }))
}
