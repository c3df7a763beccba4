//! Types for Python's annotations.

use std::fmt::Write as _;

use blynk_webhooks::{ENUMS, Field, FieldInfo, FieldKind};

use crate::{File, quoted};

pub(crate) fn files() -> Vec<File> {
    vec![File { path: "bindings-python/python/blynk_webhooks/generated/wire.py", content: wire() }]
}

/// The wire's names and shapes.
fn wire() -> String {
    let mut out = String::from(
        "\"\"\"Names of enum values, and webhooks as the dicts that ``to_dict`` gives.\"\"\"\n\nfrom __future__ import \
         annotations\n\nfrom typing import Any, Literal, TypedDict\n\n",
    );
    for info in ENUMS {
        let names: Vec<_> = info.names().map(quoted).collect();
        let one_line = format!("{}Name = Literal[{}]\n", info.name, names.join(", "));
        if one_line.len() <= 121 {
            out += &one_line;
        } else {
            let _ = writeln!(out, "{}Name = Literal[\n    {},\n]", info.name, names.join(",\n    "));
        }
    }
    out += &dict("WebhookSpecDict", "A webhook's specification with the wire's names.", Field::SETTABLE);
    out += &dict("WebhookDict", "A webhook with the wire's names.", Field::ALL);
    out
}

fn dict(name: &str, doc: &str, fields: &[Field]) -> String {
    let mut out = format!("\n\nclass {name}(TypedDict, total=False):\n    \"\"\"{doc}\"\"\"\n\n");
    for field in fields {
        let info = field.info();
        let _ = writeln!(out, "    {}: {}\n    \"\"\"{}\"\"\"", info.wire, value_type(info), rst(info.doc));
    }
    out
}

fn value_type(info: &FieldInfo) -> String {
    match info.kind {
        FieldKind::Text => "str".into(),
        FieldKind::Enum(info) => format!("{}Name | str", info.name),
        FieldKind::Object => "dict[str, Any]".into(),
        FieldKind::Integers => "list[int]".into(),
        FieldKind::Int32 | FieldKind::Timestamp => "int".into(),
        _ => unreachable!("the generator does not know the kind of {}", info.wire),
    }
}

/// Python's docstrings write code between two backquotes.
fn rst(doc: &str) -> String {
    doc.replace('`', "``")
}
