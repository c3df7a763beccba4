//! Reference tables for the documentation.

use blynk_webhooks::{
    Access, CallOption, ENUMS, ErrorKind, Field, FieldKind, Naming, Operation, OptionDefault, OptionInfo, OptionKind,
    Setting,
};

use crate::File;

pub(crate) fn files() -> Vec<File> {
    vec![
        File { path: "docs/generated/settings.md", content: settings() },
        File { path: "docs/generated/call-options.md", content: call_options() },
        File { path: "docs/generated/fields.md", content: fields() },
        File { path: "docs/generated/enums.md", content: enums() },
        File { path: "docs/generated/errors.md", content: errors() },
        File { path: "docs/generated/operations.md", content: operations() },
    ]
}

fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line =
        |cells: &[String]| format!("| {} |\n", cells.iter().map(|cell| escape(cell)).collect::<Vec<_>>().join(" | "));
    let heads: Vec<_> = heads.iter().map(ToString::to_string).collect();
    let rule = vec!["---".to_owned(); heads.len()];
    [heads, rule].into_iter().chain(rows).map(|row| line(&row)).collect()
}

fn escape(cell: &str) -> String {
    cell.replace('|', "\\|")
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn kind(kind: OptionKind) -> &'static str {
    match kind {
        OptionKind::Text => "string",
        OptionKind::Secret => "string (secret)",
        OptionKind::Path => "path",
        OptionKind::Pem => "PEM text",
        OptionKind::Int32 => "int32",
        OptionKind::Count => "integer",
        OptionKind::Bool => "boolean",
        OptionKind::Duration => "duration",
        OptionKind::Deadline => "duration or none",
        OptionKind::Headers => "names and values",
        OptionKind::Function => "function",
        _ => unreachable!("the generator does not know the kind {kind:?}"),
    }
}

fn default_of(info: &OptionInfo, naming: Naming) -> String {
    match info.default {
        OptionDefault::Absent => String::new(),
        default => code(&default.render(naming)),
    }
}

fn settings() -> String {
    let rows = Setting::ALL.iter().map(|setting| {
        let info = setting.info();
        vec![
            code(&setting.name(Naming::Python)),
            code(&setting.name(Naming::Node)),
            kind(info.kind).into(),
            default_of(&info, Naming::Python),
            default_of(&info, Naming::Node),
            code(info.env.unwrap_or_default()),
            info.doc.into(),
        ]
    });
    let heads = ["Rust, Python", "Node", "Type", "Default", "Default in Node", "Environment variable", "Meaning"];
    format!(
        "# Settings of a client\n\nDurations are seconds in Python, milliseconds in Node and a `Duration` in Rust. \
         In Rust, `headers` is set by `header(name, value)` and `ca` by `ca_pem`.\n\n{}",
        table(&heads, rows)
    )
}

fn call_options() -> String {
    let rows = CallOption::ALL.iter().map(|option| {
        let info = option.info();
        let operations = match info.only_for {
            None => "all".into(),
            Some(operations) => {
                operations.iter().map(|operation| code(operation.name())).collect::<Vec<_>>().join(", ")
            }
        };
        vec![
            code(&option.name(Naming::Python)),
            code(&option.name(Naming::Node)),
            kind(info.kind).into(),
            operations,
            info.doc.into(),
        ]
    });
    let heads = ["Rust, Python", "Node", "Type", "Operations", "Meaning"];
    format!("# Options of a call\n\n{}", table(&heads, rows))
}

fn fields() -> String {
    let rows = Field::ALL.iter().map(|field| {
        let info = field.info();
        let kind = match info.kind {
            FieldKind::Text => "string",
            FieldKind::Enum(info) => info.name,
            FieldKind::Object => "object",
            FieldKind::Integers => "array of int64",
            FieldKind::Int32 => "int32",
            FieldKind::Timestamp => "int64",
            _ => unreachable!("the generator does not know the kind of {}", info.wire),
        };
        let access = match info.access {
            Access::Required => "required",
            Access::Optional => "optional",
            Access::UpdateOnly => "optional, by update",
            Access::ReadOnly => "read-only",
            _ => unreachable!("the generator does not know the access to {}", info.wire),
        };
        vec![code(info.snake), code(info.wire), kind.into(), access.into(), info.doc.into()]
    });
    let heads = ["Rust, Python", "Node and wire", "Type", "Access", "Meaning"];
    format!("# Fields of a webhook\n\n{}", table(&heads, rows))
}

fn enums() -> String {
    let sections = ENUMS.iter().map(|info| {
        let rows = info.members.iter().map(|member| vec![code(member.wire), member.doc.into()]);
        format!("## {}\n\n{}\n\n{}", info.name, info.doc, table(&["Value", "Meaning"], rows))
    });
    format!("# Enums\n\n{}", sections.collect::<Vec<_>>().join("\n"))
}

fn errors() -> String {
    let rows = ErrorKind::ALL.iter().map(|kind| {
        let attributes: Vec<_> = kind.own_attributes().iter().map(|attribute| code(attribute.snake())).collect();
        let parent = kind.parent().map(|parent| code(parent.class())).unwrap_or_default();
        vec![code(kind.class()), parent, code(kind.code()), attributes.join(", "), kind.doc().into()]
    });
    let heads = ["Class", "Parent", "Code", "Attributes beside those of the parent", "Meaning"];
    format!(
        "# Errors\n\nAttributes are in `snake_case` in Python and in `camelCase` in Node.\n\n{}",
        table(&heads, rows)
    )
}

fn operations() -> String {
    let rows = Operation::ALL.iter().map(|operation| {
        let info = operation.info();
        let requests: Vec<_> =
            info.requests.iter().map(|call| code(&format!("{} {}", call.method, call.path))).collect();
        let arguments: Vec<_> = info.arguments.iter().map(|argument| code(argument.snake)).collect();
        let options: Vec<_> = operation.options().map(|option| code(&option.name(Naming::Python))).collect();
        vec![code(info.name), requests.join(", then "), arguments.join(", "), options.join(", "), info.doc.into()]
    });
    let heads = ["Operation", "Requests", "Arguments", "Options", "What it does"];
    format!("# Operations\n\n{}", table(&heads, rows))
}
