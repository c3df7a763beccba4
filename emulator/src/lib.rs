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
mod oauth;
mod server;
mod store;

pub use server::{Emulator, EmulatorBuilder, StartError};
