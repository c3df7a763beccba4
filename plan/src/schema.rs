//! The JSON Schema of the file, for editors.

use blynk_webhooks::{Field, FieldKind, Status, field, limit};
use serde_json::{Map, Value, json};

use crate::file::{FILE_VERSION, REFERENCE_KEYS, key};

/// What a field means in the file, if that is more than its row says.
fn description(field: Field) -> String {
    match field {
        Field::Name => format!("Name, if it differs from the table's name; at most {} characters.", limit::NAME),
        Field::DataTrigger => {
            "Which datastream or log event runs it; required for those triggers. The inner names are not published."
                .into()
        }
        Field::OAuth2Request => {
            "OAuth2 configuration, required if authType is OAUTH2. Write its secret as { env = \"NAME\" }.".into()
        }
        Field::FailureLimit => {
            "Failures in a row after which the platform disables it. If left out, the server's value stays.".into()
        }
        Field::Status => "Whether it runs; default: ENABLED.".into(),
        other => other.info().doc.into(),
    }
}

fn fields() -> Map<String, Value> {
    let schema = |field: Field| {
        let info = field.info();
        let value = match info.kind {
            // Nobody sets what the platform alone sets.
            _ if field == Field::Status => json!({"type": "string", "examples": [Status::Enabled, Status::Disabled]}),
            FieldKind::Text => json!({"type": "string"}),
            FieldKind::Enum(values) => json!({"type": "string", "examples": values.names().collect::<Vec<_>>()}),
            FieldKind::Object => return json!({"description": description(field), "type": "object"}),
            FieldKind::Integers => json!({"type": "array", "items": {"type": "integer"}, "maxItems": info.limit}),
            FieldKind::Int32 | FieldKind::Timestamp => json!({"type": "integer"}),
            // A new kind needs a row here.
            _ => unreachable!("no schema for the kind of {}", info.wire),
        };
        json!({"description": description(field), "anyOf": [value, {"$ref": "#/$defs/reference"}]})
    };
    Field::SETTABLE.iter().map(|field| (field.wire().to_owned(), schema(*field))).collect()
}

/// The JSON Schema of the file. Unknown fields of a webhook are allowed: a server may know more than this version.
///
/// ```
/// let schema = blynk_webhooks_plan::schema();
/// assert_eq!(schema["properties"]["version"]["const"], 1);
/// ```
#[must_use]
pub fn schema() -> Value {
    let expect = json!({
        "description": "What doctor expects; never sent.",
        "type": "object",
        "properties": {key::MAX_SILENCE: {"description": "Longest time without an attempt.", "type": "string", "examples": ["2h", "30m", "7days"]}},
        "additionalProperties": false,
    });
    let extra =
        json!({"description": "Fields that this version does not know, by their names in the API.", "type": "object"});
    let mut defaults = fields();
    defaults.remove(field::NAME);
    defaults.insert(key::EXPECT.into(), expect.clone());
    defaults.insert(key::EXTRA.into(), extra.clone());
    let mut webhook = fields();
    webhook.insert(key::EXPECT.into(), expect);
    webhook.insert(key::EXTRA.into(), extra);
    webhook.insert(field::ID.into(), json!({"description": "Finds the webhook by this id.", "type": "integer"}));
    webhook.insert(
        key::WAS.into(),
        json!({"description": "Its former name: renames the webhook of that name.", "type": "string"}),
    );
    webhook.insert(key::ABSENT.into(), json!({"description": "True deletes the webhook.", "type": "boolean"}));
    webhook.insert(
        key::FOR_EACH.into(),
        json!({
            "description": "One webhook for each combination of values, or for each table: {name} is replaced in the table's name and in its fields.",
            "anyOf": [
                {
                    "type": "object", "minProperties": 1,
                    "additionalProperties": {"type": "array", "items": {"$ref": "#/$defs/variable"}, "minItems": 1},
                },
                {
                    "type": "array", "minItems": 1,
                    "items": {"type": "object", "additionalProperties": {"$ref": "#/$defs/variable"}},
                },
            ],
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Webhooks of a Blynk organization",
        "description": "webhooks.toml, or JSON of the same shape, for blynk-webhooks plan and apply.",
        "type": "object",
        "properties": {
            key::VERSION: {"description": "Version of this format.", "const": FILE_VERSION},
            key::SERVER: {
                "description": "The server that the file is for; credentials for another server are refused.",
                "type": "string", "format": "uri", "examples": ["https://fra1.blynk.cloud"],
            },
            key::ORG: {"description": "The organization that the file is for.", "type": "integer"},
            key::GUARD: {
                "description": "Limits of a plan.",
                "type": "object",
                "properties": {
                    key::MAX_DELETES: {
                        "description": "Most webhooks that a plan may delete: a number, or a share of those that the file manages.",
                        "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,3} *%$"}],
                    },
                },
                "additionalProperties": false,
            },
            key::DEFAULTS: {
                "description": "Fields of every webhook of this file that does not set them itself.",
                "type": "object", "properties": defaults, "additionalProperties": true,
            },
            key::WEBHOOK: {
                "description": "The webhooks, by name.",
                "type": "object",
                "additionalProperties": {"type": "object", "properties": webhook, "additionalProperties": true},
            },
        },
        "additionalProperties": false,
        "$defs": {
            "variable": {"type": ["string", "number", "boolean"]},
            "reference": {
                "description": "A value from elsewhere, so that the file contains no secret, or a value that TOML cannot write.",
                "type": "object",
                "properties": references(),
                "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
            },
        },
    })
}

fn references() -> Map<String, Value> {
    let schema = |name: &str| match name {
        "env" => json!({"description": "Name of an environment variable.", "type": "string"}),
        "file" => json!({"description": "Path of a file, from this file's folder.", "type": "string"}),
        "command" => json!({
            "description": "A program and its arguments; the value is what it prints.",
            "type": "array", "items": {"type": "string"}, "minItems": 1,
        }),
        "keep" => json!({"description": "The server's value, which is not compared.", "const": true}),
        _ => json!({"description": "Any value as JSON text, e.g. null.", "type": "string"}),
    };
    REFERENCE_KEYS.iter().map(|name| ((*name).to_owned(), schema(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::WEBHOOK_KEYS;

    #[test]
    fn every_key_of_a_webhook_has_a_description() {
        let schema = schema();
        let webhook = &schema["properties"][key::WEBHOOK]["additionalProperties"]["properties"];
        for name in field::SETTABLE.into_iter().chain(WEBHOOK_KEYS) {
            assert!(webhook[name]["description"].is_string(), "{name}");
        }
        for name in REFERENCE_KEYS {
            assert!(schema["$defs"]["reference"]["properties"][name].is_object(), "{name}");
        }
    }
}
