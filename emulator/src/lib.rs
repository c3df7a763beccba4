//! The webhook API of a Blynk organization on this machine: for tests, demonstrations and offline work.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use blynk_webhooks_emulator::Emulator;
//!
//! let emulator = Emulator::start()?;
//! let client = emulator.client()?;
//! assert!(client.list().await?.is_empty());
//! # Ok(()) }
//! ```
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
