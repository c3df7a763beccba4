//! The webhook API of a Blynk organization on this machine, for tests, demonstrations and offline work.
//!
//! Webhooks really run: an event renders the matching webhooks and sends their requests.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use blynk_webhooks::WebhookSpec;
//! use blynk_webhooks_emulator::Emulator;
//! use serde_json::json;
//!
//! let emulator = Emulator::start()?;
//! let target = emulator.target().await?; // a server that records requests
//! let url = format!("{}/doors/{{device_id}}", target.url());
//! let spec = WebhookSpec::new("Doors", "DEVICE_ADDED", url).method("POST").content_type("JSON").auth_type("NONE");
//! emulator.client()?.create(spec).await?;
//!
//! let deliveries = emulator.trigger("DEVICE_ADDED", json!({"device_id": 7})).await?;
//! assert_eq!(deliveries[0].status_code, Some(200));
//! assert_eq!(target.requests()[0].path, "/doors/7");
//! # Ok(()) }
//! ```
//!
//! - [`Emulator::fail_next`] and [`Emulator::fail_next_delivery`] inject faults.
//! - [`Emulator::advance_time`] moves the clock: tokens expire, rate limits reset.
//! - [`Emulator::expect`] waits for deliveries, [`Emulator::explain`] says why a webhook does not run.
//! - [`Emulator::builder`] has the settings; [`State`] holds organizations, OAuth2 clients, webhooks and limits.
#![forbid(unsafe_code)]

mod api;
mod app;
mod clock;
mod connection;
mod control;
mod delivery;
mod emulator;
mod faults;
mod http;
mod integral;
mod json;
mod openapi;
mod page;
#[cfg(feature = "program")]
pub mod program;
mod server;
mod state;
mod storage;
mod targets;

pub use app::{EmulatorError, EventReport, WebhookMatch};
#[doc(hidden)]
pub use delivery::log::FailureNotification as Notice;
pub use delivery::log::{Delivery, DeliveryFilter, FailureNotification, Outcome, SentRequest};
pub use emulator::{Emulator, EmulatorBuilder, StartError};
pub use faults::{DeliveryFault, Fault, Operation};
pub use state::{Limits, OAuthClient, Organization, PERMISSION, State};
pub use targets::{Target, TargetRequest, TargetResponse};

/// The declaration of the control API and of faults, for bindings and for what is generated from it.
pub mod declaration {
    pub use crate::control::COMMANDS;
    pub use crate::control::declaration::{Command, Kind, Parameter, Place, Returns, Route};
    pub use crate::faults::flags::{FAULT_KINDS, FaultKind};
}
