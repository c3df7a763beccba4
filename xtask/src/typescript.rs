//! TypeScript: enums, fields, settings, options and errors.

use std::fmt::Write as _;

use blynk_webhooks::{
    Access, Attribute, AttributeKind, CallOption, ENUMS, EnumInfo, ErrorKind, Field, FieldKind, Naming, Operation,
    OptionDefault, OptionInfo, OptionKind, Setting,
};

use crate::File;

pub(crate) fn files() -> Vec<File> {
    vec![
        File { path: "bindings-node/ts/generated/vocabulary.ts", content: vocabulary() },
        File { path: "bindings-node/ts/generated/fields.ts", content: fields() },
        File { path: "bindings-node/ts/generated/options.ts", content: options() },
        File { path: "bindings-node/ts/generated/operations.ts", content: operations() },
        File { path: "bindings-node/ts/generated/errors.ts", content: errors() },
        File { path: "bindings-node/ts/generated/error-classes.ts", content: error_classes() },
    ]
}

/// What biome.json allows, and the end of the line.
const LINE_WIDTH: usize = 121;

/// A documentation comment.
fn comment(text: &str, indent: &str) -> String {
    format!("{indent}/** {text} */\n")
}

fn vocabulary() -> String {
    let mut out = String::from(
        "\n/** One of the given names, or a string that a newer server knows; completion shows the names. */\nexport type \
         OpenEnum<Names extends string> = Names | (string & {})\n",
    );
    for info in ENUMS {
        out += &declaration(info);
    }
    out
}

fn declaration(info: &EnumInfo) -> String {
    let EnumInfo { name, doc, members, .. } = info;
    let mut out = format!("\n/** {doc} */\nexport const {name} = {{\n");
    for member in *members {
        let _ = writeln!(out, "  /** {} */\n  {}: '{}',", member.doc, member.wire, member.wire);
    }
    let sentence = doc.split(". ").next().unwrap_or(doc).trim_end_matches('.');
    let _ = writeln!(
        out,
        "}} as const\n\n/** {sentence}, by its wire name. */\nexport type {name} = OpenEnum<keyof typeof {name}>"
    );
    out
}

const SPEC_DOC: &str = "
/**
 * A webhook as a person wants it.
 *
 * A field that this version does not know is sent as it is; name it in a type of your own: `WebhookSpec & { formBody: object }`.
 *
 * @example
 * const spec: WebhookSpec = {
 *   name: 'Doors', trigger: 'DEVICE_ADDED', url: 'https://example.com/{device_id}',
 *   method: 'POST', contentType: 'JSON', authType: 'NONE', body: '{\"id\": {device_id}}',
 * }
 */
";

const WEBHOOK_DOC: &str = "
/**
 * A webhook as the server holds it. What the server sends as null is absent. Fields that this version does not know are there
 * too: `extraOf` has them.
 *
 * The types say that the fields which a webhook must have are there. The API promises that of no field but `id`; a webhook
 * that was made through it has them.
 *
 * @example
 * await client.update(webhook.id, { ...webhook, name: 'Renamed' })
 */
";

fn fields() -> String {
    let mut names: Vec<_> = ENUMS.iter().map(|info| info.name).collect();
    names.sort_unstable();
    let mut out = format!(
        "\nimport type {{ Integer, JsonObject }} from '../model'\nimport {{ {} }} from './vocabulary'\n",
        names.join(", ")
    );
    out += &format!("{SPEC_DOC}export interface WebhookSpec {{\n");
    Field::SETTABLE.iter().for_each(|field| out += &member(*field));
    out += &format!("}}\n{WEBHOOK_DOC}export interface Webhook extends WebhookSpec {{\n");
    Field::READ_ONLY.iter().for_each(|field| out += &member(*field));
    out += "}\n";
    let is_open = |field: &&Field| !field.info().secret;
    out += &list("SETTABLE_FIELDS", "Fields that a person sets.", Field::SETTABLE.iter());
    out += &list("READ_ONLY_FIELDS", "Fields that only the server sets.", Field::READ_ONLY.iter());
    out += &list("OPEN_FIELDS", "Fields that hold no secret as a whole.", Field::ALL.iter().filter(is_open));
    out += "\n/** Fields that hold one of a vocabulary's values. */\nexport const ENUM_FIELDS = {\n";
    for field in Field::ALL {
        if let FieldKind::Enum(info) = field.info().kind {
            let _ = writeln!(out, "  {}: {},", field.wire(), info.name);
        }
    }
    out + "} as const\n"
}

fn list<'a>(name: &str, doc: &str, fields: impl Iterator<Item = &'a Field>) -> String {
    let names: Vec<_> = fields.map(|field| format!("'{}'", field.wire())).collect();
    let line = format!("export const {name} = [{}] as const\n", names.join(", "));
    let lines = format!("export const {name} = [\n  {},\n] as const\n", names.join(",\n  "));
    format!("\n/** {doc} */\n{}", if line.len() <= LINE_WIDTH { line } else { lines })
}

fn member(field: Field) -> String {
    let info = field.info();
    let value = match info.kind {
        FieldKind::Text => "string",
        FieldKind::Enum(info) => info.name,
        FieldKind::Object => "JsonObject",
        FieldKind::Integers => "readonly Integer[]",
        FieldKind::Int32 | FieldKind::Timestamp => "number",
        _ => unreachable!("the generator does not know the kind {:?}", info.kind),
    };
    let is_there = info.access == Access::Required || field == Field::Id;
    let (mark, more) = if is_there { ("", "") } else { ("?", " | undefined") };
    format!("{}  readonly {}{mark}: {value}{more}\n", comment(info.doc, "  "), info.wire)
}

fn options() -> String {
    let mut out = String::from("\nimport type { HeadersInit, TokenSource } from '../option-types'\n");
    out += "\n/** Settings of a client, each as the core declares it. */\nexport interface ClientSettings {\n";
    Setting::ALL.iter().for_each(|setting| out += &option(&setting.info(), setting_type(*setting)));
    out += "}\n\n/** Options of every call, each as the core declares it. */\nexport interface CallSettings {\n";
    let for_all = CallOption::ALL.iter().filter(|option| option.info().only_for.is_none());
    for_all.for_each(|each| out += &option(&each.info(), None));
    out += "}\n";
    for operation in Operation::ALL {
        let own: Vec<_> = operation.options().filter(|option| option.info().only_for.is_some()).collect();
        if own.is_empty() {
            continue;
        }
        let name = operation.name();
        let doc = comment(&format!("Options of `{name}` beside those of every call."), "");
        out += &format!("\n{doc}export interface {}Settings {{\n", capitalized(name));
        own.iter().for_each(|own| out += &option(&own.info(), None));
        out += "}\n";
    }
    out
}

/// The type of a setting whose kind does not say it.
fn setting_type(setting: Setting) -> Option<&'static str> {
    match setting {
        Setting::BaseUrl | Setting::Proxy => Some("string | URL"),
        Setting::Token => Some("string | TokenSource"),
        _ => None,
    }
}

fn option(info: &OptionInfo, special: Option<&str>) -> String {
    let value = special.unwrap_or(match info.kind {
        OptionKind::Text | OptionKind::Secret | OptionKind::Path => "string",
        OptionKind::Pem => "string | Uint8Array | readonly (string | Uint8Array)[]",
        OptionKind::Int32 | OptionKind::Count | OptionKind::Duration => "number",
        OptionKind::Deadline => "number | null",
        OptionKind::Bool => "boolean",
        OptionKind::Headers => "HeadersInit",
        _ => unreachable!("the generator does not know the kind {:?}", info.kind),
    });
    let mut doc = info.doc.replace("No value:", "Null:");
    if matches!(info.kind, OptionKind::Duration | OptionKind::Deadline) {
        doc += " In milliseconds.";
    }
    match info.default {
        OptionDefault::Absent => {}
        OptionDefault::Text(default) => doc += &format!(" Default: `{default}`."),
        default => doc += &format!(" Default: {}.", with_commas(&default.render(Naming::Node))),
    }
    format!("{}  readonly {}?: {value} | undefined\n", comment(&doc, "  "), info.name(Naming::Node))
}

/// A number as people read it: `30,000`.
fn with_commas(number: &str) -> String {
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.into();
    }
    let digits = number.chars().enumerate();
    digits.fold(String::new(), |mut text, (place, digit)| {
        if place > 0 && (number.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
        text
    })
}

fn capitalized(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

fn operations() -> String {
    let mut out = String::from(
        "\n/** Each operation with the names of its arguments, before its options. */\nexport const OPERATIONS = {\n",
    );
    for operation in Operation::ALL {
        let info = operation.info();
        let arguments: Vec<_> =
            info.arguments.iter().map(|argument| format!("'{}'", Naming::Node.identifier(argument.snake))).collect();
        out += &format!("  {}: [{}],\n", info.name, arguments.join(", "));
    }
    out + "} as const satisfies { readonly [operation: string]: readonly string[] }\n"
}

fn errors() -> String {
    let mut out = String::from(
        "\nimport type { Violation, Webhook } from '../model'\nimport { type ErrorFields, WebhooksError } from '../webhooks-error'\n",
    );
    out += "\n/** Stable code of an error, one for each class. */\nexport type ErrorCode =\n";
    ErrorKind::ALL.iter().for_each(|kind| out += &format!("  | '{}'\n", kind.code()));
    out += "\n/** What every error has. */\nexport interface CommonAttributes {\n";
    out += "  /** Stable code of the class, e.g. `NOT_FOUND`. */\n  readonly code: ErrorCode\n";
    ErrorKind::Webhooks.own_attributes().iter().for_each(|attribute| out += &attribute_of("", *attribute));
    out += "}\n";
    for kind in ErrorKind::ALL.iter().filter(|kind| **kind != ErrorKind::Webhooks) {
        out += &class(*kind);
    }
    out
}

/// Not in the file of the classes, all of whose names are public.
fn error_classes() -> String {
    let classes: String =
        ErrorKind::ALL.iter().map(|kind| format!("  [{}, '{}'],\n", kind.class(), kind.code())).collect();
    let names = ErrorKind::ALL.iter().map(|kind| kind.class()).filter(|class| *class != ErrorKind::Webhooks.class());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    format!(
        "\nimport {{ WebhooksError }} from '../webhooks-error'\nimport {{\n  {},\n}} from './errors'\n\n/** Each class with its \
         code. */\nexport const ERROR_CLASSES = [\n{classes}] as const\n",
        names.join(",\n  ")
    )
}

fn class(kind: ErrorKind) -> String {
    let class = kind.class();
    let parent = kind.parent().map_or("Error", ErrorKind::class);
    let head = format!("\n{}export class {class} extends {parent} {{", comment(kind.doc(), ""));
    let attributes: Vec<_> =
        kind.own_attributes().iter().copied().filter(|attribute| *attribute != Attribute::Message).collect();
    if attributes.is_empty() && parent != ErrorKind::Webhooks.class() {
        return head + "}\n";
    }
    let declared: String = attributes.iter().map(|attribute| attribute_of("declare ", *attribute)).collect();
    let fields = match attributes.iter().find(|attribute| attribute.kind() == AttributeKind::Violations) {
        Some(list) => format!("{{ {}: [], ...fields }}", Naming::Node.identifier(list.snake())),
        None => "fields".into(),
    };
    let between = if declared.is_empty() { "" } else { "\n" };
    format!(
        "{head}\n{declared}{between}  constructor(message?: string, fields?: ErrorFields<{class}>, options?: ErrorOptions) \
         {{\n    super(message, {fields}, options)\n  }}\n}}\n"
    )
}

fn attribute_of(declare: &str, attribute: Attribute) -> String {
    let value = match attribute.kind() {
        AttributeKind::Text => "string",
        AttributeKind::Integer | AttributeKind::Seconds => "number",
        AttributeKind::Bool => "boolean",
        AttributeKind::Violations => "readonly Violation[]",
        AttributeKind::Webhook => "Webhook",
        kind => unreachable!("the generator does not know the kind {kind:?}"),
    };
    let mark = if attribute.is_optional() { "?" } else { "" };
    let name = Naming::Node.identifier(attribute.snake());
    format!("{}  {declare}readonly {name}{mark}: {value}\n", comment(attribute.doc(), "  "))
}
