//! What all handlers share: the live state behind one lock, and the running of webhooks on events.

mod app_state;
mod error;
mod events;
mod expectation;
mod live_state;
pub(crate) mod oauth;
mod revision;

pub(crate) use app_state::{AppState, LiveGuard};
pub use error::EmulatorError;
pub(crate) use events::Event;
pub use events::{EventReport, WebhookMatch};
pub(crate) use expectation::Expectation;
pub(crate) use live_state::LiveState;
pub(crate) use revision::Revision;
