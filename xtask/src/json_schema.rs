//! JSON Schema of a webhook and of its specification.

use blynk_webhooks::{Access, Field, FieldInfo, FieldKind};

use crate::{File, quoted};

pub(crate) fn files() -> Vec<File> {
    vec![
        File { path: "docs/generated/webhook.schema.json", content: schema("Webhook", Field::ALL, &[Field::Id]) },
        File {
            path: "docs/generated/webhook-spec.schema.json",
            content: schema("WebhookSpec", Field::SETTABLE, &required()),
        },
    ]
}

fn required() -> Vec<Field> {
    Field::SETTABLE.iter().copied().filter(|field| field.info().access == Access::Required).collect()
}

/// The members of the schema but the first, which [`File::text`] writes.
fn schema(title: &str, fields: &[Field], required: &[Field]) -> String {
    let properties: Vec<_> =
        fields.iter().map(|field| format!("    {}: {}", quoted(field.wire()), property(field.info()))).collect();
    let required: Vec<_> = required.iter().map(|field| quoted(field.wire())).collect();
    format!(
        "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": {},\n  \"type\": \"object\",\n  \
         \"properties\": {{\n{}\n  }},\n  \"required\": [{}],\n  \"additionalProperties\": true\n}}\n",
        quoted(title),
        properties.join(",\n"),
        required.join(", ")
    )
}

fn property(info: &FieldInfo) -> String {
    let limit = |name: &str| info.limit.map(|limit| format!(", \"{name}\": {limit}")).unwrap_or_default();
    let kind = match info.kind {
        FieldKind::Text => format!("\"type\": \"string\"{}", limit("maxLength")),
        FieldKind::Enum(values) => {
            // Examples, not an enum: the server may know newer values.
            let names: Vec<_> = values.names().map(quoted).collect();
            format!("\"type\": \"string\", \"examples\": [{}]", names.join(", "))
        }
        FieldKind::Object => "\"type\": \"object\"".into(),
        FieldKind::Integers => {
            format!(
                "\"type\": \"array\", \"items\": {{\"type\": \"integer\", \"format\": \"int64\"}}{}",
                limit("maxItems")
            )
        }
        FieldKind::Int32 => "\"type\": \"integer\", \"format\": \"int32\"".into(),
        FieldKind::Timestamp => "\"type\": \"integer\", \"format\": \"int64\"".into(),
        // A kind that this generator does not know yet would be a schema that says nothing.
        _ => unreachable!("the generator does not know the kind of {}", info.wire),
    };
    let read_only = if info.access == Access::ReadOnly { ", \"readOnly\": true" } else { "" };
    format!("{{{kind}{read_only}, \"description\": {}}}", quoted(info.doc))
}
