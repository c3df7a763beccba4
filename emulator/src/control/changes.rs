//! A stream of server-sent events that says what has changed, so that clients need not poll.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::{Stream, unfold};

use crate::app::AppState;

/// Path of the stream.
pub(crate) const PATH: &str = "/_emulator/changes";
/// Name of its events.
pub(crate) const EVENT: &str = "change";
/// Shortest time between two events: changes within it are reported together.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn router() -> Router<Arc<AppState>> {
    Router::new().route(PATH, get(changes))
}

/// An event at once, and one after each change.
async fn changes(State(app): State<Arc<AppState>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = app.changes();
    changes.mark_changed();
    let stream = unfold((changes, app.stopping(), true), |(mut changes, mut stopping, first)| async move {
        let next = async {
            if !first {
                tokio::time::sleep(PAUSE).await;
            }
            changes.changed().await.ok()
        };
        tokio::select! {
            changed = next => changed?,
            _ = stopping.wait_for(|stopping| *stopping) => return None,
        }
        let revision = changes.borrow_and_update().clone();
        // A revision has numbers and text keys only, so it always serializes.
        let data = serde_json::to_string(&revision).unwrap_or_default();
        Some((Ok(Event::default().event(EVENT).data(data)), (changes, stopping, false)))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}
