//! The webhook, its specification and its changes: read from JSON, written to JSON, compared.

mod decode;
mod json;
mod members;
mod patch;
mod spec;
mod value;
mod webhook;

pub use json::Json;
pub use patch::WebhookPatch;
pub use spec::{ORG_ID, WebhookSpec};
pub use value::FieldValue;
pub(crate) use webhook::Source;
pub use webhook::{Webhook, WebhookList};
