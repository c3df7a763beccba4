//! Deliveries: the sending of requests to targets, and the log of them.

pub(crate) mod error;
pub(crate) mod log;
pub(crate) mod sender;
pub(crate) mod tokens;
pub(crate) mod values;
