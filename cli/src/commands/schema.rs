//! `schema`: the JSON Schema of the file of webhooks.

use blynk_webhooks::{AuthType, ContentType, Method, Status, Trigger, field, limit};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;

/// Print the JSON Schema of the file of webhooks, for editors.
///
/// The document is the schema itself, with --json too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks schema > webhooks.schema.json

An editor with a TOML language server takes it from a comment at the beginning of webhooks.toml:
  #:schema ./webhooks.schema.json")]
pub struct Args {}

pub(super) fn run(_: &Args, context: &Context) -> Result<Exit> {
    // Its own version is "$schema"; a member beside the standard's would make it another document.
    context.out.line(serde_json::to_string_pretty(&schema()).unwrap_or_default());
    Ok(Exit::Done)
}

/// A string, or where it is read from.
fn text(description: &str, examples: &[&str]) -> Value {
    let mut string = json!({"type": "string"});
    if !examples.is_empty() {
        string["examples"] = json!(examples);
    }
    json!({"description": description, "anyOf": [string, {"$ref": "#/$defs/reference"}]})
}

fn fields() -> Map<String, Value> {
    let object = |description: &str| json!({"description": description, "type": "object"});
    let fields = [
        (
            field::NAME,
            text(&format!("Name, where it is not the table's own; at most {} characters.", limit::NAME), &[]),
        ),
        (field::TRIGGER, text("The event that runs the webhook.", Trigger::NAMES)),
        (
            field::DATA_TRIGGER,
            object(
                "Which datastream or log event runs it; required for those triggers. The inner names are not published.",
            ),
        ),
        (
            field::URL,
            text(
                &format!(
                    "Absolute http(s) URL, at most {} characters; may hold placeholders such as {{device_id}}.",
                    limit::URL
                ),
                &[],
            ),
        ),
        (field::METHOD, text("HTTP method.", Method::NAMES)),
        (field::CONTENT_TYPE, text("How the body is written.", ContentType::NAMES)),
        (field::AUTH_TYPE, text("How the webhook authenticates to its target.", AuthType::NAMES)),
        (field::BODY, text(&format!("Body, at most {} characters; may hold placeholders.", limit::BODY), &[])),
        (
            field::OAUTH2_REQUEST,
            object("OAuth2 configuration, required where authType is OAUTH2. Write its secret as { env = \"NAME\" }."),
        ),
        (
            field::FAILURE_RECEIVERS,
            json!({
                "description": "Ids of the users who are told of failures.",
                "type": "array", "items": {"type": "integer"}, "maxItems": limit::FAILURE_RECEIVERS,
            }),
        ),
        (
            field::FAILURE_LIMIT,
            json!({"description": "Failures in a row after which the platform disables it.", "type": "integer"}),
        ),
        (
            field::STATUS,
            json!({"description": "Whether it runs.", "enum": [Status::Enabled.as_str(), Status::Disabled.as_str()]}),
        ),
    ];
    fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// The schema. Unknown fields of a webhook are allowed: a server may know more than this version.
pub(crate) fn schema() -> Value {
    let expect = json!({
        "description": "What doctor expects; never sent.",
        "type": "object",
        "properties": {"maxSilence": {"description": "Longest time without an attempt.", "type": "string", "examples": ["2h", "30m", "7days"]}},
        "additionalProperties": false,
    });
    let extra =
        json!({"description": "Fields that this version does not know, by their names in the API.", "type": "object"});
    let mut defaults = fields();
    defaults.remove(field::NAME);
    defaults.insert("expect".into(), expect.clone());
    defaults.insert("extra".into(), extra.clone());
    let mut webhook = fields();
    webhook.insert("expect".into(), expect);
    webhook.insert("extra".into(), extra);
    webhook.insert(field::ID.into(), json!({"description": "Pins the webhook of this id.", "type": "integer"}));
    webhook.insert(
        "was".into(),
        json!({"description": "Its name before: the webhook of that name is renamed.", "type": "string"}),
    );
    webhook.insert("absent".into(), json!({"description": "True: it is deleted.", "type": "boolean"}));
    webhook.insert(
        "for_each".into(),
        json!({
            "description": "One webhook for each value: {name} is replaced in the table's name and in its fields.",
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": ["string", "number", "boolean"]}, "minItems": 1},
            "minProperties": 1,
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Webhooks of a Blynk organization",
        "description": "webhooks.toml, or JSON of the same shape, for blynk-webhooks plan and apply.",
        "type": "object",
        "properties": {
            "version": {"description": "Version of this format.", "const": 1},
            "server": {
                "description": "The server that the file is about; credentials that point elsewhere are refused.",
                "type": "string", "format": "uri", "examples": ["https://fra1.blynk.cloud"],
            },
            "org": {"description": "The organization that the file is about.", "type": "integer"},
            "guard": {
                "description": "What a plan may do at most.",
                "type": "object",
                "properties": {
                    "max_deletes": {
                        "description": "Most webhooks that a plan may delete: a number, or a share of those that the file manages.",
                        "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]{1,3} *%$"}],
                    },
                },
                "additionalProperties": false,
            },
            "defaults": {
                "description": "Fields of every webhook of this file that does not set them itself.",
                "type": "object", "properties": defaults, "additionalProperties": true,
            },
            "webhook": {
                "description": "The webhooks, by name.",
                "type": "object",
                "additionalProperties": {"type": "object", "properties": webhook, "additionalProperties": true},
            },
        },
        "additionalProperties": false,
        "$defs": {
            "reference": {
                "description": "Where the text is read from when it is needed, so that the file holds no secret.",
                "type": "object",
                "properties": {
                    "env": {"description": "Name of an environment variable.", "type": "string"},
                    "file": {"description": "Path of a file, from this file's folder.", "type": "string"},
                    "command": {"description": "A program and its arguments.", "type": "array", "items": {"type": "string"}, "minItems": 1},
                    "keep": {"description": "Whatever the server holds.", "const": true},
                },
                "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
            },
        },
    })
}
