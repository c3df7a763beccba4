//! Manage the webhooks of a Blynk organization from code: an unofficial client.
//!
//! ```no_run
//! # async fn example() -> blynk_webhooks::Result<()> {
//! use blynk_webhooks::{Client, WebhookSpec};
//!
//! let client = Client::builder().token("…").build()?;
//! for webhook in client.list().await? {
//!     println!("{} {:?}", webhook.id(), webhook.name());
//! }
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod auth;
mod call;
mod client;
mod config;
mod error;
mod exchange;
mod io_thread;
mod model;
mod placeholder;
mod retry;
mod secret;
mod template;
mod transport;
mod validate;
mod violation;

pub use call::{Call, CallOptions};
pub use client::{Client, int32};
pub use config::{
    ClientBuilder, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT, env, is_loopback, set_loopback_only,
};
pub use error::{ApiError, AuthError, Error, ErrorKind, Failure, Result};
pub use model::contract::{field, limit, oauth2, path};
pub use model::{
    AuthType, ContentType, Json, Method, Status, Trigger, Webhook, WebhookList, WebhookPatch, WebhookSpec,
};
pub use placeholder::sample_value;
pub use template::{RenderedRequest, placeholders, without_credentials};
pub use validate::Purpose;
pub use violation::{Code, Severity, Violation, nearest};
