//! Manage the webhooks of a Blynk organization from code: an unofficial client.
//!
//! ```no_run
//! # async fn example() -> blynk_webhooks::Result<()> {
//! use blynk_webhooks::{Client, WebhookSpec};
//!
//! let client = Client::builder().token("your-token").build()?;
//! for webhook in client.list().await? {
//!     println!("{} {:?}", webhook.id(), webhook.name());
//! }
//! # Ok(()) }
//! ```
//!
//! - [`Client`] has a method for each operation. A call is a [`Call`]: set options, then `.await` it.
//! - [`WebhookSpec`] is what you send, [`Webhook`] what the server returns, [`WebhookPatch`] a change of some fields.
//! - [`ClientBuilder`] has the settings, and reads them from the environment with [`ClientBuilder::from_env`].
//! - [`Error`] has a variant for each kind of failure.
//!
//! The crate `blynk-webhooks-emulator` is the same API on your machine, for tests. The crate `blynk-webhooks-plan` manages webhooks as
//! code. The project's documentation has guides with examples in Rust, Python and Node.
//!
//! The modules form layers, each of which uses only those before it: `surface` (the tables of fields, enums, settings,
//! options, operations and errors), `message`, `violation`, `redact`, `model` (webhooks), `rules` (validation and
//! templates), `error`, `options`, `http` (attempts, tokens, sockets), `config`, `call` and `client`.
#![forbid(unsafe_code)]

mod attempt;
pub mod bindings;
mod call;
mod call_future;
mod client;
mod config;
mod environment;
mod error;
mod futures;
mod http;
mod message;
mod model;
mod options;
mod outbox;
mod reconcile;
mod redact;
mod response;
mod rules;
mod secret;
mod surface;
mod token_provider;
mod violation;

pub use attempt::Attempt;
#[doc(hidden)]
pub use attempt::{AttemptHooks, AttemptStart, TraceHeadersFuture};
pub use call::{Call, CallOptions};
pub use call_future::CallFuture;
pub use client::Client;
pub use config::{ClientBuilder, set_loopback_only};
pub use error::{ApiError, AttributeValue, AuthError, Error, Failure, Result};
#[doc(hidden)]
pub use http::caller_runtime::Stop;
#[cfg(feature = "bindings")]
pub use http::caller_runtime::wait_on_io_thread;
#[cfg(feature = "bindings")]
pub use http::io_thread::{handle as io_thread, start_runtime_thread};
pub use message::Message;
pub use model::{FieldValue, Json, Webhook, WebhookList, WebhookPatch, WebhookSpec};
pub use options::OptionValue;
pub use response::Response;
pub use rules::{Purpose, RenderedRequest, placeholders};
pub use surface::enums::*;
pub use surface::{
    Access, Argument, ArgumentKind, Attribute, AttributeKind, CallOption, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT,
    DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, ErrorKind, Field, FieldInfo, FieldKind, HttpCall,
    Name, Naming, Operation, OperationInfo, OptionDefault, OptionInfo, OptionKind, Returns, Setting, env,
};
pub use token_provider::ProvidedToken;
pub use violation::{Code, Severity, Violation};

// Names that moved to `bindings`, for the crates of this workspace that still use them here.
#[doc(hidden)]
pub use bindings::{field, int32, is_loopback, limit, nearest, oauth2, path, sample_value, without_credentials};
