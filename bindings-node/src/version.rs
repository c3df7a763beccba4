//! Tells an add-on of another build from this one's.

use napi_derive::napi;

/// Version of this add-on, which its JavaScript compares with its own.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
