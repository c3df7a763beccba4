//! Webhooks as a server may hold them, and a server in memory.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

pub mod generate;
pub mod memory;
pub mod proxy;
