//! What the wire says: the webhook, its specification, and the vocabularies.

pub mod contract;
mod decode;
mod enums;
mod json;
mod members;
mod patch;
mod spec;
mod webhook;

pub use enums::{AuthType, ContentType, Method, Status, Trigger};
pub use json::Json;
pub use patch::WebhookPatch;
pub use spec::WebhookSpec;
pub(crate) use webhook::Source;
pub use webhook::{Webhook, WebhookList};
