//! The core's tables, for the tests that hold those of the TypeScript against them.

use blynk_webhooks::{
    AuthType, ContentType, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT, ErrorKind, Method, Status, Trigger, field,
};
use napi_derive::napi;
use serde_json::json;

/// The error tree, the vocabularies, the fields and the defaults, as a JSON object.
#[napi(catch_unwind)]
pub fn tables() -> String {
    let kind = |kind: &ErrorKind| json!([kind.class(), kind.code(), kind.parent().map(ErrorKind::class)]);
    json!({
        "errors": ErrorKind::ALL.iter().map(kind).collect::<Vec<_>>(),
        "Trigger": Trigger::NAMES,
        "Method": Method::NAMES,
        "ContentType": ContentType::NAMES,
        "AuthType": AuthType::NAMES,
        "Status": Status::NAMES,
        "settable": field::SETTABLE,
        "required": field::REQUIRED,
        "readOnly": field::READ_ONLY,
        "defaults": {
            "baseUrl": DEFAULT_BASE_URL,
            "timeoutMs": DEFAULT_TIMEOUT.as_millis() as u64,
            "connectTimeoutMs": DEFAULT_CONNECT_TIMEOUT.as_millis() as u64,
            "maxRetries": DEFAULT_MAX_RETRIES,
            "maxConnections": DEFAULT_MAX_CONNECTIONS,
        },
    })
    .to_string()
}

/// Version of this add-on, which its JavaScript compares with its own.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
