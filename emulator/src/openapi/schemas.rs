//! The schemas of the document. What a webhook may be is said by the core's tables.

use blynk_webhooks::{Access, AuthType, ENUMS, Field, FieldKind, Status, Trigger, field};
use serde_json::{Map, Value, json};

use crate::clock::LATEST;
use crate::delivery::log::Outcome;
use crate::faults::{Operation, STATUSES};
use crate::storage::record::CONSECUTIVE_FAILURES;
use crate::targets::OWN_HEADERS;

/// At least one character that is no white space (Unicode's `White_Space`, which `\S` is not everywhere).
const NOT_BLANK: &str = r"[^\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
/// How every URL of a webhook begins, and what it never holds; the format says the rest.
const WEB_URL: &str = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s\u0000-\u0020\u007f-\u00a0]+$";

pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

pub(super) fn int32() -> Value {
    json!({"type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX})
}

fn int64() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX})
}

pub(super) fn unsigned(most: u64) -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": most})
}

fn or_null(mut schema: Value) -> Value {
    if schema.get("$ref").is_some() {
        return json!({"anyOf": [schema, {"type": "null"}]});
    }
    schema["type"] = json!([schema["type"], "null"]);
    schema
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

/// An object with these members and no others.
fn closed(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

pub(super) fn all() -> Value {
    let enumeration = |names: &[&str]| json!({"type": "string", "enum": names});
    let mut schemas = json!({
        "Outcome": enumeration(&Outcome::ALL.map(Outcome::as_str)),
        "Webhook": webhook(),
        "WebhookCreate": input(
            json!({"type": "null", "description": "Set by an update only"}),
            [(field::ORG_ID, described(or_null(int32()), "Organization ID; absent: that of the token"))],
        ),
        "WebhookUpdate": input(settable_status(), []),
        "WebhookSpec": input(settable_status(), []),
        "StateWebhook": state_webhook(),
        "Error": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {
                "type": "object",
                "required": ["message"],
                "properties": {"message": {"type": "string", "minLength": 1}},
            }},
        },
        "Token": {
            "type": "object",
            "required": ["access_token", "token_type", "expires_in"],
            "properties": {
                "access_token": {"type": "string"},
                "token_type": {"const": "Bearer"},
                "expires_in": described(unsigned(u32::MAX.into()), "Life of the token in seconds"),
                "refresh_token": {"type": "string"},
            },
        },
        "TokenError": {
            "type": "object",
            "required": ["error", "error_description"],
            "properties": {
                "error": {"enum": [
                    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
                ]},
                "error_description": {"type": "string"},
            },
        },
        "State": state(),
        "Limits": limits(),
        "SettableStatus": enumeration(&[Status::Enabled.as_str(), Status::Disabled.as_str()]),
        "Environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "Operation": enumeration(&Operation::ALL.map(Operation::as_str)),
        "Times": {"type": "integer", "minimum": 1, "maximum": u32::MAX},
        "Delivery": delivery(),
        "EventReport": {
            "type": "object",
            "required": ["deliveries", "webhooks", "warnings"],
            "properties": {
                "deliveries": {"type": "array", "items": reference("Delivery")},
                "webhooks": {"type": "array", "items": reference("WebhookMatch")},
                "warnings": {"type": "array", "items": {"type": "string"}},
            },
        },
        "WebhookMatch": {
            "type": "object",
            "required": ["webhookId", "runs"],
            "properties": {
                "webhookId": int32(),
                "name": {"type": "string"},
                "runs": {"type": "boolean"},
                "reason": described(json!({"type": "string"}), "Why it does not run, or why nothing is sent although it does"),
            },
        },
        "FailureNotification": {
            "type": "object",
            "required": ["userId", "webhookId", "at"],
            "properties": {"userId": int64(), "webhookId": int32(), "at": reference("Moment")},
        },
        "Fault": fault(),
        "DeliveryFault": delivery_fault(),
        "ScriptedDeliveryFault": closed(
            &["fault", "times"],
            json!({"webhookId": int32(), "fault": reference("DeliveryFault"), "times": reference("Times")}),
        ),
        "Target": {
            "type": "object",
            "required": ["id", "url"],
            "properties": {"id": unsigned(u64::MAX), "url": {"type": "string"}},
        },
        "TargetRequest": {
            "type": "object",
            "required": ["method", "path", "headers", "body"],
            "properties": {
                "method": {"type": "string"},
                "path": described(json!({"type": "string"}), "Path and query"),
                "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                "body": {"type": "string"},
            },
        },
        "ResponseStatus": {"type": "integer", "minimum": STATUSES.start(), "maximum": STATUSES.end()},
        "Headers": {
            "type": "object",
            "propertyNames": {"pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "not": {"enum": OWN_HEADERS}},
            "additionalProperties": {"type": "string", "pattern": "^[ -~]*$"},
        },
        "Pem": {"type": "string"},
        "ScriptedFault": closed(&["fault", "times"], scripted()),
        "Moment": {
            "type": "integer", "minimum": 0, "maximum": LATEST,
            "description": "Milliseconds since 1970 (UTC)",
        },
        "Clock": closed(&["now", "standing"], json!({
            "now": reference("Moment"),
            "standing": {"type": "boolean", "description": "False if it follows the machine's clock"},
        })),
    });
    let enums = ENUMS
        .iter()
        .map(|row| (row.name.to_owned(), json!({"type": "string", "enum": row.names().collect::<Vec<_>>()})));
    if let Some(schemas) = schemas.as_object_mut() {
        schemas.extend(enums);
    }
    schemas
}

/// A value of a field, by the field's row.
fn value(field: Field) -> Value {
    let info = field.info();
    let mut schema = match info.kind {
        FieldKind::Text => json!({"type": "string"}),
        FieldKind::Enum(values) => return reference(values.name),
        FieldKind::Object => json!({"type": "object"}),
        FieldKind::Integers => json!({"type": "array", "items": int64()}),
        FieldKind::Int32 => int32(),
        FieldKind::Timestamp => int64(),
        // A new kind needs a row here.
        _ => unreachable!("no schema for the kind of {}", info.wire),
    };
    if let Some(limit) = info.limit {
        schema[if info.kind == FieldKind::Text { "maxLength" } else { "maxItems" }] = limit.into();
    }
    schema
}

/// The schema of each field, by its wire name.
fn properties(fields: &[Field], schema: impl Fn(Field) -> Value) -> Map<String, Value> {
    fields.iter().map(|field| (field.wire().to_owned(), schema(*field))).collect()
}

/// A webhook as the API answers it.
fn webhook() -> Value {
    json!({"type": "object", "required": [field::ID], "properties": properties(Field::ALL, value)})
}

/// A webhook of a state: it may be anything that a real server may hold, so only types are checked.
fn state_webhook() -> Value {
    let mut properties = properties(Field::ALL, |field| {
        let mut schema = match field.info().kind {
            FieldKind::Enum(_) => json!({"type": "string"}),
            _ => value(field),
        };
        if let Some(members) = schema.as_object_mut() {
            members.retain(|name, _| name != "maxLength" && name != "maxItems");
        }
        or_null(schema)
    });
    properties.extend([field::ORG_ID, CONSECUTIVE_FAILURES].map(|name| (name.to_owned(), or_null(int32()))));
    json!({"type": "object", "required": field::REQUIRED, "properties": properties})
}

fn settable_status() -> Value {
    let names: Vec<Value> = Status::NAMES.iter().map(|name| json!(name)).chain([Value::Null]).collect();
    json!({"enum": names, "description": "The platform alone sets DISABLED_DUE_TO_ERRORS; an update with it is ignored"})
}

/// A webhook as a person sends it; null means absent, and fields that are not named here are kept.
fn input(status: Value, more: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut properties = properties(Field::SETTABLE, |field| match (field, field.info().access) {
        (Field::Status, _) => status.clone(),
        (_, Access::Required) => value(field),
        _ => or_null(value(field)),
    });
    let mut add = |field: Field, members: Value| {
        let schema = properties.get_mut(field.wire()).and_then(Value::as_object_mut);
        if let (Some(schema), Value::Object(members)) = (schema, members) {
            schema.extend(members);
        }
    };
    add(Field::Name, json!({"pattern": NOT_BLANK}));
    add(
        Field::Url,
        json!({
            "pattern": WEB_URL, "format": "webhook-url",
            "description": "Absolute http(s) URL, may hold placeholders such as {device_id}",
            "examples": ["https://example.com/webhook/{device_id}"],
        }),
    );
    add(Field::FailureReceivers, json!({"description": "User IDs"}));
    add(Field::FailureLimit, json!({"description": "Consecutive failures before it is disabled"}));
    properties.extend(more.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
    let needing: Vec<&&str> =
        Trigger::NAMES.iter().filter(|name| Trigger::from_wire(name).needs_data_trigger()).collect();
    // An object that another field's value demands.
    let demanded = |by: &str, values: Value, object: &str| {
        json!({
            "if": {"properties": {by: {"enum": values}}, "required": [by]},
            "then": {"properties": {object: {"type": "object"}}, "required": [object]},
        })
    };
    json!({
        "type": "object",
        "required": field::REQUIRED,
        "properties": properties,
        "allOf": [
            demanded(field::TRIGGER, json!(needing), field::DATA_TRIGGER),
            demanded(field::AUTH_TYPE, json!([AuthType::OAuth2.as_str()]), field::OAUTH2_REQUEST),
        ],
    })
}

fn state() -> Value {
    let organization = closed(&["id"], json!({"id": int32(), "name": {"type": "string"}}));
    let permissions = json!({"type": ["array", "null"], "items": {"type": "string"}});
    let client = closed(
        &["clientId", "clientSecret"],
        json!({
            "clientId": {"type": "string", "minLength": 1},
            "clientSecret": {"type": "string", "minLength": 1},
            "orgId": described(or_null(int32()), "Its organization; absent: the first"),
            "permissions": described(permissions, "Permissions of the user of its tokens; absent: everything is allowed"),
        }),
    );
    closed(
        &[],
        json!({
            "organizations": {"type": "array", "items": organization},
            "clients": {"type": "array", "items": client},
            "webhooks": {"type": "array", "items": reference("StateWebhook")},
            "lastWebhookId": unsigned(i32::MAX.unsigned_abs().into()),
            "clock": {
                "type": ["integer", "null"], "minimum": 0, "maximum": LATEST,
                "description": "A fixed time, in milliseconds since 1970 (UTC); absent: the machine's",
            },
            "limits": reference("Limits"),
        }),
    )
}

fn limits() -> Value {
    closed(
        &[],
        json!({
            "runsPerMinute": described(unsigned(u32::MAX.into()), "Runs of one webhook within a minute"),
            "webhooks": described(unsigned(usize::MAX as u64), "Webhooks of one organization"),
            "requestsPerMinute": described(unsigned(u32::MAX.into()), "Requests of one organization within a minute"),
            "responseBytes": described(unsigned(usize::MAX as u64), "Bytes of a target's response that are read"),
            "deliveryTimeoutMs": described(unsigned(u64::MAX), "Time for one delivery in milliseconds"),
            "tokenSeconds": described(unsigned(u32::MAX.into()), "Life of a token in seconds"),
        }),
    )
}

fn delivery() -> Value {
    json!({
        "type": "object",
        "required": ["id", "at", "outcome", "durationMs"],
        "properties": {
            "id": described(unsigned(u64::MAX), "From 1; 0 if the emulator was reset before it ended: such a delivery is not in the log"),
            "webhookId": int32(),
            "trigger": reference("Trigger"),
            "at": reference("Moment"),
            "request": {
                "type": "object",
                "required": ["method", "url", "headers"],
                "properties": {
                    "method": {"type": "string"},
                    "url": {"type": "string"},
                    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                    "body": {"type": "string"},
                },
            },
            "statusCode": {"type": "integer", "minimum": 100, "maximum": 999},
            "responseHeaders": {"type": "object", "additionalProperties": {"type": "string"}},
            "responseBody": {"type": "string"},
            "outcome": reference("Outcome"),
            "reason": {"type": "string", "description": "Why it failed or was not sent, and further consequences"},
            "durationMs": {"type": "number", "minimum": 0},
            "redeliveryOf": unsigned(u64::MAX),
            "warnings": {"type": "array", "items": {"type": "string"}},
            "test": described(json!({"type": "boolean"}), "True if it was a test, like the console's button, and not an event"),
        },
    })
}

fn fault() -> Value {
    let of = |kind: &str, required: &[&str], mut properties: Value| {
        properties["kind"] = json!({"const": kind});
        let required: Vec<&str> = ["kind"].into_iter().chain(required.iter().copied()).collect();
        closed(&required, properties)
    };
    let status = json!({"type": "integer", "minimum": STATUSES.start(), "maximum": STATUSES.end()});
    let retry_after =
        json!({"type": ["integer", "null"], "minimum": 0, "maximum": u32::MAX, "description": "In seconds"});
    json!({"oneOf": [
        of("status", &["status"], json!({"status": status, "retryAfter": retry_after})),
        {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["reset", "truncate", "malformed"]}}},
        of("delay", &["delayMs"], json!({"delayMs": unsigned(u64::MAX)})),
    ]})
}

fn delivery_fault() -> Value {
    json!({"oneOf": [
        {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["drop", "duplicate", "reset"]}}},
        closed(&["kind", "delayMs"], json!({"kind": {"const": "delay"}, "delayMs": unsigned(u64::MAX)})),
    ]})
}

fn scripted() -> Value {
    json!({
        "operation": {
            "enum": Operation::ALL.map(Operation::as_str),
            "description": "Absent: the next requests of every operation except the token endpoint",
        },
        "fault": reference("Fault"),
        "times": reference("Times"),
    })
}
