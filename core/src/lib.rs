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

mod call;
mod call_future;
mod client;
mod config;
mod error;
mod http;
mod model;
mod reconcile;
mod rules;
mod secret;

pub use call::{Call, CallOptions};
pub use call_future::CallFuture;
pub use client::{Client, int32};
pub use config::{
    ClientBuilder, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT, env, is_loopback, set_loopback_only,
};
pub use error::{ApiError, AuthError, Error, ErrorKind, Failure, Result};
#[doc(hidden)]
pub use http::caller_runtime::Stop;
#[cfg(feature = "bindings")]
pub use http::caller_runtime::wait_on_io_thread;
#[cfg(feature = "bindings")]
pub use http::io_thread::{handle as io_thread, start_runtime_thread};
pub use model::contract::{field, limit, oauth2, path};
pub use model::{
    AuthType, ContentType, Json, Method, Status, Trigger, Webhook, WebhookList, WebhookPatch, WebhookSpec,
};
pub use rules::placeholder::sample_value;
pub use rules::template::{RenderedRequest, placeholders, without_credentials};
pub use rules::validation::Purpose;
pub use rules::violation::{Code, Severity, Violation, nearest};
