//! The page: its files are part of the program, and it only calls the control API.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{self, HeaderName};
use axum::response::Redirect;
use axum::routing::get;

use crate::app::AppState;

/// Path of the page.
const PATH: &str = "/_emulator/";
/// The page runs its own script and nothing else, regardless of the content of webhooks and answers.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

type File = ([(HeaderName, &'static str); 3], &'static str);

fn file(media_type: &'static str, text: &'static str) -> File {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text)
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
/// The files of the page by their names under [`PATH`].
const FILES: [(&str, &str, &str); 5] = [
    ("page.css", "text/css; charset=utf-8", include_str!("page.css")),
    ("page.mjs", JAVASCRIPT, include_str!("page.mjs")),
    ("webhooks.mjs", JAVASCRIPT, include_str!("webhooks.mjs")),
    ("deliveries.mjs", JAVASCRIPT, include_str!("deliveries.mjs")),
    ("parts.mjs", JAVASCRIPT, include_str!("parts.mjs")),
];

pub(crate) fn router() -> Router<Arc<AppState>> {
    let page = Router::new()
        .route(PATH, get(|| async { file("text/html; charset=utf-8", include_str!("index.html")) }))
        .route(PATH.trim_end_matches('/'), get(|| async { Redirect::permanent(PATH) }));
    FILES.into_iter().fold(page, |page, (name, media_type, text)| {
        page.route(&format!("{PATH}{name}"), get(move || async move { file(media_type, text) }))
    })
}
