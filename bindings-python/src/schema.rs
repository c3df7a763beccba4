//! The JSON schema of a spec and of a webhook, for OpenAPI documents, made of the core's tables.

use blynk_webhooks::{AuthType, ContentType, Method, Status, Trigger, field, limit};
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::json;

/// The JSON schema of a webhook's specification, or of a whole webhook, as a dict. Unknown fields and values newer than
/// this version are allowed, as everywhere.
#[pyfunction]
#[pyo3(signature = (whole, /))]
pub(crate) fn json_schema(py: Python<'_>, whole: bool) -> PyResult<Bound<'_, PyAny>> {
    let names = field::READ_ONLY.iter().filter(|_| whole).chain(&field::SETTABLE);
    let properties: Map<_, _> = names.map(|name| ((*name).into(), property(name))).collect();
    let required: &[&str] = if whole { &[field::ID] } else { &field::REQUIRED };
    let title = if whole { "Webhook" } else { "WebhookSpec" };
    let schema = json!({
        "title": title, "type": "object", "properties": properties, "required": required, "additionalProperties": true,
    });
    json::parse(py, &schema.to_string())
}

fn property(name: &str) -> Value {
    match name {
        field::NAME => json!({"type": "string", "maxLength": limit::NAME}),
        field::URL => json!({"type": "string", "maxLength": limit::URL}),
        field::BODY => json!({"type": "string", "maxLength": limit::BODY}),
        field::TRIGGER => json!({"type": "string", "examples": Trigger::NAMES}),
        field::METHOD => json!({"type": "string", "examples": Method::NAMES}),
        field::CONTENT_TYPE => json!({"type": "string", "examples": ContentType::NAMES}),
        field::AUTH_TYPE => json!({"type": "string", "examples": AuthType::NAMES}),
        field::STATUS => json!({"type": "string", "examples": Status::NAMES}),
        field::DATA_TRIGGER | field::OAUTH2_REQUEST => json!({"type": "object"}),
        field::FAILURE_RECEIVERS => {
            json!({"type": "array", "items": {"type": "integer"}, "maxItems": limit::FAILURE_RECEIVERS})
        }
        _ => json!({"type": "integer"}),
    }
}
