//! The JSON schema of a spec and of a webhook, for OpenAPI documents, made of the core's tables.

use blynk_webhooks::{Field, FieldKind};
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::json;

/// The JSON schema of a webhook's specification, or of a whole webhook, as a dict. Unknown fields and values newer than
/// this version are allowed, as everywhere.
#[pyfunction]
#[pyo3(signature = (whole, /))]
pub(crate) fn json_schema(py: Python<'_>, whole: bool) -> PyResult<Bound<'_, PyAny>> {
    let fields = if whole { Field::ALL } else { Field::SETTABLE };
    let properties: Map<_, _> = fields.iter().map(|field| (field.wire().into(), property(*field))).collect();
    let required: Vec<_> = match whole {
        true => vec![Field::Id.wire()],
        false => fields.iter().filter(|field| field.is_required()).map(|field| field.wire()).collect(),
    };
    let title = if whole { "Webhook" } else { "WebhookSpec" };
    let schema = json!({
        "title": title, "type": "object", "properties": properties, "required": required, "additionalProperties": true,
    });
    json::parse(py, &schema.to_string())
}

fn property(field: Field) -> Value {
    let info = field.info();
    let mut schema = match info.kind {
        FieldKind::Text => json!({"type": "string"}),
        FieldKind::Enum(of) => json!({"type": "string", "examples": of.names().collect::<Vec<_>>()}),
        FieldKind::Object => json!({"type": "object"}),
        FieldKind::Integers => json!({"type": "array", "items": {"type": "integer"}}),
        _ => json!({"type": "integer"}),
    };
    if let Some(limit) = info.limit {
        let keyword = if info.kind == FieldKind::Integers { "maxItems" } else { "maxLength" };
        schema[keyword] = limit.into();
    }
    schema["description"] = info.doc.into();
    schema
}
