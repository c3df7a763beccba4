//! The switch that keeps tests from the real service.

use napi_derive::napi;

/// Makes every client built from now on refuse hosts other than loopback.
#[napi(catch_unwind)]
pub fn set_loopback_only(only: bool) {
    blynk_webhooks::set_loopback_only(only);
}
