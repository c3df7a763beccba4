//! The settings of a client as shell commands: `eval "$(curl -s …/_emulator/environment)"`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::commands::state::environment;
use crate::app::AppState;

/// Path of the commands.
pub(crate) const PATH: &str = "/_emulator/environment";

pub(super) fn router() -> Router<Arc<AppState>> {
    Router::new().route(PATH, get(shell_commands))
}

/// The base URL has the name under which the caller reached the emulator.
async fn shell_commands(State(app): State<Arc<AppState>>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let variables = environment(&app, &format!("http://{host}"));
    let lines: String = variables.map(|(name, value)| format!("export {name}={}\n", quoted(&value))).concat();
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], lines).into_response()
}
