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
mod clock;
mod command;
mod control;
mod control_input;
#[cfg(feature = "program")]
mod database;
mod delivery;
mod faults;
mod journal;
mod keeper;
mod misbehave;
mod oauth;
mod openapi;
mod page;
mod server;
mod state;
mod store;
mod whole;
mod world;

pub use faults::{Fault, Operation};
pub use journal::{Delivery, DeliveryFilter, Notice, Outcome, SentRequest};
pub use server::{Emulator, EmulatorBuilder, EmulatorError, StartError};
pub use state::{Limits, OAuthClient, Organization, PERMISSION, State};
