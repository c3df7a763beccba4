//! The Python package's generated files: errors, types for annotations, the clients' methods, stubs of the values.

use std::fmt::Write as _;

use blynk_webhooks::{
    Access, ArgumentKind, Attribute, AttributeKind, CallOption, ENUMS, ErrorKind, Field, FieldInfo, FieldKind, Naming,
    Operation, OptionDefault, OptionInfo, OptionKind, Returns, Setting,
};

use crate::File;
use crate::python_docs::{doc, property_doc};

/// The folder of the generated files.
macro_rules! folder {
    ($name:literal) => {
        concat!("bindings-python/python/blynk_webhooks/generated/", $name)
    };
}

const WIDTH: usize = 120;

/// What stands in a signature for an option that is not passed, where `None` means something.
const UNSET: &str = "UNSET";
/// The same in a stub.
const UNSET_IN_STUB: &str = "...";

pub(crate) fn files() -> Vec<File> {
    vec![
        File { path: folder!("__init__.py"), content: "\"\"\"Derived from the core's tables.\"\"\"\n".into() },
        File { path: folder!("errors.py"), content: errors() },
        File { path: folder!("types.py"), content: types() },
        File { path: folder!("clients.py"), content: clients(Form::Source) },
        File { path: folder!("clients.pyi"), content: clients(Form::Stub) },
        File { path: folder!("values.py"), content: values_source() },
        File { path: folder!("values.pyi"), content: values_stub() },
    ]
}

/// Text in lines of a width, each with an indent but the first.
fn wrapped(text: &str, first: &str, indent: &str) -> String {
    let mut lines = vec![first.to_owned()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a first line");
        let is_empty = line.trim_start().is_empty() || line == first;
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(format!("{indent}{word}"));
        } else {
            let space = if is_empty { "" } else { " " };
            let _ = write!(line, "{space}{word}");
        }
    }
    lines.join("\n")
}

/// A docstring of a line, or of several.
fn docstring(text: &str, indent: &str) -> String {
    let wrapped = wrapped(text, &format!("{indent}\"\"\""), indent);
    // The closing quotes may not fit the last line.
    let last = wrapped.lines().last().map_or(0, |line| line.chars().count());
    if !wrapped.contains('\n') && last + 3 <= WIDTH {
        format!("{wrapped}\"\"\"\n")
    } else {
        format!("{wrapped}\n{indent}\"\"\"\n")
    }
}

/// `def`, on one line where it fits, else a line for each parameter.
fn function(indent: &str, head: &str, parameters: &[String], returns: &str, end: &str) -> String {
    let one = format!("{indent}{head}({}) -> {returns}:{end}", parameters.join(", "));
    if one.chars().count() <= WIDTH {
        return one + "\n";
    }
    let inner = format!("{indent}    {}", parameters.join(", "));
    if inner.chars().count() <= WIDTH {
        return format!("{indent}{head}(\n{inner}\n{indent}) -> {returns}:{end}\n");
    }
    let lines: String = parameters.iter().map(|parameter| format!("{indent}    {parameter},\n")).collect();
    format!("{indent}{head}(\n{lines}{indent}) -> {returns}:{end}\n")
}

/// A tuple in parentheses, on one line where it fits.
fn tuple(items: &[String]) -> String {
    match items {
        [one] => format!("({one},)"),
        items => format!("({})", items.join(", ")),
    }
}

// Errors

fn errors() -> String {
    let mut out = String::from(
        r#""""What can go wrong: one tree, each error also under the built-in that it resembles.

Example::

    try:
        client.get(7)
    except NotFoundError as error:
        print(error.status, error.request_id)
    except TimeoutError:
        ...
"""

from __future__ import annotations

from .. import _annotations as t

"#,
    );
    out.push_str("__all__ = [\n");
    let mut names: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.class()).collect();
    names.sort_unstable();
    names.iter().for_each(|name| writeln!(out, "    \"{name}\",").expect("a string takes everything"));
    out.push_str("]\n");
    for kind in ErrorKind::ALL {
        let parent = kind.parent().map_or("Exception", ErrorKind::class);
        let resembled = match kind {
            ErrorKind::Config | ErrorKind::Validation => ", ValueError",
            ErrorKind::Connect => ", ConnectionError",
            ErrorKind::Timeout => ", TimeoutError",
            _ => "",
        };
        let mut text = doc(kind.doc());
        if *kind == ErrorKind::Webhooks {
            text.push_str(" ``str()`` says what was wrong, where, and what to do, and holds no secret.");
        }
        let _ = write!(out, "\n\nclass {}({parent}{resembled}):\n{}\n", kind.class(), docstring(&text, "    "));
        for attribute in kind.own_attributes() {
            out.push_str(&error_attribute(*attribute));
        }
        out.push_str("    __module__ = \"blynk_webhooks.errors\"\n");
    }
    out
}

fn error_attribute(attribute: Attribute) -> String {
    let (of_kind, absent) = match attribute.kind() {
        AttributeKind::Text => ("str", "\"\""),
        AttributeKind::Integer => ("int", "0"),
        AttributeKind::Bool => ("bool", "False"),
        AttributeKind::Seconds => ("float", "0.0"),
        AttributeKind::Violations => ("list[t.Violation]", "[]"),
        AttributeKind::Webhook => ("t.Webhook", ""),
        kind => unimplemented!("{kind:?} has no type in Python yet"),
    };
    let note =
        if attribute.kind() == AttributeKind::Violations { "  # noqa: RUF012 - replaced in each instance" } else { "" };
    let (optional, value) = if attribute.is_optional() { (" | None", "None") } else { ("", absent) };
    let value = if value.is_empty() { String::new() } else { format!(" = {value}") };
    format!("    {}: {of_kind}{optional}{value}{note}\n{}", attribute.snake(), docstring(&doc(attribute.doc()), "    "))
}

// Types for annotations

/// What a field takes, but for `None`.
fn taken(info: &FieldInfo, prefix: &str) -> String {
    match info.kind {
        FieldKind::Text => "str".into(),
        FieldKind::Enum(of) => format!("{prefix}{}Like", of.name),
        FieldKind::Object => format!("{prefix}Mapping[str, {prefix}Any]"),
        FieldKind::Integers => format!("{prefix}Sequence[int]"),
        FieldKind::Int32 | FieldKind::Timestamp => "int".into(),
        kind => unimplemented!("{kind:?} has no type in Python yet"),
    }
}

/// What an option takes, but for `None`.
fn option_type(info: &OptionInfo, prefix: &str) -> String {
    match info.kind {
        OptionKind::Secret if info.snake == Setting::Token.info().snake => {
            format!("str | {prefix}TokenFunction")
        }
        OptionKind::Text | OptionKind::Secret => "str".into(),
        OptionKind::Path => format!("str | {prefix}PathLike[str]"),
        OptionKind::Pem => "str | bytes".into(),
        OptionKind::Int32 | OptionKind::Count => "int".into(),
        OptionKind::Bool => "bool".into(),
        OptionKind::Duration | OptionKind::Deadline => format!("float | {prefix}timedelta"),
        OptionKind::Headers => format!("{prefix}Mapping[str, str]"),
        kind => unimplemented!("{kind:?} has no type in Python yet"),
    }
}

/// The type of an option with `None`, where that may be passed.
fn option_annotation(info: &OptionInfo, prefix: &str) -> String {
    let taken = option_type(info, prefix);
    let is_nullable = info.kind == OptionKind::Deadline || info.default == OptionDefault::Absent;
    if is_nullable { format!("{taken} | None") } else { taken }
}

fn option_doc(info: &OptionInfo) -> String {
    let text = if info.snake == Setting::Token.info().snake { TOKEN_DOC.to_owned() } else { doc(info.doc) };
    let unit = match info.kind {
        OptionKind::Duration | OptionKind::Deadline => " In seconds.",
        _ => "",
    };
    let variable = info.env.map(|name| format!(" ``from_env`` reads ``{name}``.")).unwrap_or_default();
    format!("{text}{unit}{variable}")
}

/// The settable fields in Python's order: what only an update sets comes last.
fn settable() -> Vec<&'static FieldInfo> {
    let mut fields: Vec<_> = Field::SETTABLE.iter().map(|field| field.info()).collect();
    fields.sort_by_key(|field| field.access == Access::UpdateOnly);
    fields
}

const EXPECTED_DOC: &str = "The webhook as you know it. It is read again and compared first; if it differs, nothing is \
     written. Another writer can still come between this reading and the write: the race is narrowed, not closed.";

/// Settings that only Python has: name, type, default and documentation.
const OWN_SETTINGS: [(&str, &str, &str, &str); 2] = [
    (
        "on_attempt",
        "{t}Callable[[{t}Attempt], object] | None",
        "None",
        "Function that is told of each attempt after its end, on the thread or in the task of the call. One that raises \
         breaks no call and is reported once.",
    ),
    (
        "open_telemetry",
        "bool",
        "True",
        "Whether calls make spans of OpenTelemetry, if the program has set it up, and send its headers (``traceparent``) \
         with each request.",
    ),
];

const TOKEN_DOC: &str = "Token that was obtained elsewhere. It is not renewed. Or a function that returns a token, or a token \
     and the seconds that it lives; an ``AsyncWebhookClient`` takes a coroutine function too. It is called for the first \
     call, before the end of a token's life, and after a 401; never twice at once.";

const EXTRA_DOC: &str = "Fields this version does not know, by their wire names; sent as they are.";

fn types() -> String {
    let mut out = String::from(
        r#""""Types for annotations: what calls and specifications take, key by key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any, Literal, TypedDict, Union

from .._native import "#,
    );
    let mut enums: Vec<_> = ENUMS.iter().map(|of| of.name).collect();
    enums.push("Webhook");
    enums.sort_unstable();
    let _ = writeln!(out, "{}\nfrom .._response import Attempt\n", enums.join(", "));
    let mut names: Vec<String> =
        ENUMS.iter().flat_map(|of| [format!("{}Like", of.name), format!("{}Name", of.name)]).collect();
    names.extend(
        ["CallOptions", "ClientSettings", "CreateFields", "CreateOptions", "DeleteOptions", "FromEnvSettings"]
            .map(String::from),
    );
    names.extend(
        ["ListOptions", "PatchFields", "ProvidedToken", "SpecFields", "TokenFunction", "UpdateOptions"]
            .map(String::from),
    );
    names.sort_unstable();
    out.push_str("__all__ = [\n");
    names.iter().for_each(|name| writeln!(out, "    \"{name}\",").expect("a string takes everything"));
    out.push_str("]\n\n");
    for of in ENUMS {
        let members: Vec<_> = of.names().map(|name| format!("\"{name}\"")).collect();
        let one = format!("{}Name = Literal[{}]\n", of.name, members.join(", "));
        if one.chars().count() <= WIDTH {
            out.push_str(&one);
        } else {
            let lines: String = members.iter().map(|member| format!("    {member},\n")).collect();
            let _ = write!(out, "{}Name = Literal[\n{lines}]\n", of.name);
        }
    }
    out.push_str("\n# A plain `str` is taken too: a value may be newer than this version, and what the server sent must go back to it.\n");
    for of in ENUMS {
        let name = of.name;
        let _ = writeln!(out, "{name}Like = Union[{name}, {name}Name, str]  # noqa: UP007");
    }
    out.push_str(
        "\n# A token, or a token and the seconds that it lives.\nProvidedToken = Union[str, tuple[str, Union[float, None]]]  # \
         noqa: UP007\nTokenFunction = Callable[[], Union[ProvidedToken, Awaitable[ProvidedToken]]]  # noqa: UP007\n",
    );
    let rows = |chosen: &dyn Fn(CallOption) -> bool| {
        let rows = CallOption::ALL.iter().copied().filter(|option| chosen(*option)).map(CallOption::info);
        rows.map(|info| member(info.snake, &option_annotation(&info, ""), &option_doc(&info))).collect::<String>()
    };
    let is_common = |option: CallOption| option.info().only_for.is_none();
    let of = |operation: Operation| {
        let expected = member("expected", "Webhook | None", EXPECTED_DOC);
        rows(&|option| !is_common(option) && option.is_taken_by(operation))
            + if operation.takes_expected() { &expected } else { "" }
    };
    out.push_str(&dict(
        "CallOptions",
        "TypedDict",
        "What one call does differently from its client.",
        &rows(&is_common),
    ));
    out.push_str(&dict("ListOptions", "CallOptions", "What ``list`` takes.", &of(Operation::List)));
    let of_create = "What ``create`` takes beside the specification.";
    out.push_str(&dict("CreateOptions", "CallOptions", of_create, &of(Operation::Create)));
    let of_update = "What ``update`` takes beside the specification.";
    out.push_str(&dict("UpdateOptions", "CallOptions", of_update, &of(Operation::Update)));
    out.push_str(&dict("DeleteOptions", "CallOptions", "What ``delete`` takes.", &of(Operation::Delete)));
    let mut fields: String = settable()
        .iter()
        .map(|info| member(info.snake, &format!("{} | None", taken(info, "")), &doc(info.doc)))
        .collect();
    fields.push_str(&member("extra", "Mapping[str, Any] | None", EXTRA_DOC));
    let of_spec = "The fields of a ``WebhookSpec``, as keywords. Strings are taken wherever enum members are.";
    out.push_str(&dict("SpecFields", "TypedDict", of_spec, &fields));
    out.push_str(&dict(
        "CreateFields",
        "SpecFields, CreateOptions",
        "The fields of a ``WebhookSpec`` and what ``create`` takes beside them.",
        "",
    ));
    let of_patch = "The fields to change (``None`` clears) and what ``patch`` takes beside them.";
    out.push_str(&dict("PatchFields", "SpecFields, CallOptions", of_patch, &of(Operation::Patch)));
    let settings = |chosen: &dyn Fn(&&Setting) -> bool| {
        let rows = Setting::ALL.iter().filter(chosen).map(|setting| setting.info());
        rows.map(|info| member(info.snake, &option_annotation(&info, ""), &option_doc(&info))).collect::<String>()
    };
    let is_address_or_credential = |setting: &&Setting| {
        matches!(setting, Setting::BaseUrl | Setting::Token | Setting::ClientId | Setting::ClientSecret)
    };
    let of_client = "What a client takes beside ``base_url`` and credentials.";
    let own = OWN_SETTINGS.map(|(name, kind, _, text)| member(name, &kind.replace("{t}", ""), text)).concat();
    let of_all = settings(&|setting| !is_address_or_credential(setting)) + &own;
    out.push_str(&dict("ClientSettings", "TypedDict", of_client, &of_all));
    let of_env = "What ``from_env`` takes: every setting of a client.";
    out.push_str(&dict("FromEnvSettings", "ClientSettings", of_env, &settings(&is_address_or_credential)));
    out
}

fn member(name: &str, annotation: &str, text: &str) -> String {
    format!("    {name}: {annotation}\n{}", docstring(text, "    "))
}

fn dict(name: &str, base: &str, text: &str, members: &str) -> String {
    let gap = if members.is_empty() { "" } else { "\n" };
    format!("\n\nclass {name}({base}, total=False):\n{}{gap}{members}", docstring(text, "    "))
}

// Clients

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// What runs: with documentation, and with a message of ours for a misspelt keyword.
    Source,
    /// What type checkers read.
    Stub,
}

#[derive(Clone, Copy)]
struct Class {
    name: &'static str,
    base: &'static str,
    doc: &'static str,
    is_async: bool,
    /// Gives the value with the response's metadata.
    with_response: bool,
}

const CLASSES: [Class; 4] = [
    Class {
        name: "WebhookClient",
        base: "SyncClient",
        doc: r#"A client of the webhook API. Threads may share it, and it works on after ``os.fork``.

    Pass ``token``, or ``client_id`` and ``client_secret``. Nothing is sent before the first call. Close the client, or
    use it in a ``with`` statement, to close its connections early.

    Raises:
        ConfigError: A setting cannot work.

    Example::

        with WebhookClient(token="your-token") as client:
            for webhook in client.list():
                print(webhook.id, webhook.name, webhook.status)
"#,
        is_async: false,
        with_response: false,
    },
    Class {
        name: "AsyncWebhookClient",
        base: "AsyncClient",
        doc: r#"``WebhookClient`` for asyncio (uvloop too): the same settings, the same methods as coroutines.

    One client serves several event loops, one after another or in threads of their own. A cancelled call closes its
    request on the wire.

    Raises:
        ConfigError: A setting cannot work; see ``WebhookClient`` for the settings.

    Example::

        async with AsyncWebhookClient(token="your-token") as client:
            webhooks = await asyncio.gather(*(client.get(webhook_id) for webhook_id in (1, 2, 3)))
"#,
        is_async: true,
        with_response: false,
    },
    Class {
        name: "CallsWithResponse",
        base: "",
        doc: "The methods of a ``WebhookClient``, each with the metadata of the response: it returns a ``Response``.",
        is_async: false,
        with_response: true,
    },
    Class {
        name: "AsyncCallsWithResponse",
        base: "",
        doc: "The methods of an ``AsyncWebhookClient``, each with the metadata of the response: it returns a ``Response``.",
        is_async: true,
        with_response: true,
    },
];

const EXAMPLES: [(Operation, &str); 8] = [
    (Operation::List, "for webhook in client.list(org_id=101):\n    print(webhook.id, webhook.name)"),
    (Operation::Get, "webhook = client.get(7)"),
    (
        Operation::Create,
        "webhook = client.create(\n    name=\"Doors\",\n    trigger=\"DEVICE_ADDED\",\n    url=\"https://example.com/webhook/{device_id}\",\n    method=\"POST\",\n    content_type=\"JSON\",\n    auth_type=\"NONE\",\n)",
    ),
    (Operation::Update, "webhook = client.get(7)\nclient.update(7, webhook.spec.replace(name=\"Doors\"))"),
    (Operation::Patch, "client.patch(7, name=\"Doors\", body=None)"),
    (Operation::Delete, "client.delete(7)"),
    (Operation::Enable, "client.enable(7)"),
    (Operation::Disable, "client.disable(7)"),
];

fn clients(form: Form) -> String {
    let head = match form {
        Form::Source => {
            r#""""The clients: a method for each operation of the API."""

from __future__ import annotations

from .. import _annotations as t
from .._client import AsyncClient, SyncClient, refuse_unknown
from .._native import AsyncCalls, BlockingCalls
from .._unset import UNSET
"#
        }
        Form::Stub => {
            r#"import builtins
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any, overload

from .._client import AsyncClient, SyncClient
from .._native import AsyncCalls, BlockingCalls
from .._response import Attempt, Response
from .types import TYPES
from .values import Webhook, WebhookSpec
"#
        }
    };
    let mut out = head.replace("TYPES", &argument_types("TokenFunction"));
    for class in CLASSES {
        out.push_str(&client(class, form));
    }
    out
}

fn client(class: Class, form: Form) -> String {
    let Class { name, base, doc, is_async, with_response } = class;
    let bases = if base.is_empty() { String::new() } else { format!("({base})") };
    let mut out = match form {
        Form::Source => format!(
            "\n\nclass {name}{bases}:\n    \"\"\"{doc}{}\"\"\"\n\n    __module__ = \"blynk_webhooks\"\n",
            if doc.ends_with('\n') { "    " } else { "" }
        ),
        Form::Stub => format!("\nclass {name}{bases}:\n"),
    };
    if with_response {
        let calls = if is_async { "AsyncCalls" } else { "BlockingCalls" };
        out.push_str(&match form {
            Form::Source => format!("    __slots__ = (\"_calls\",)\n\n    def __init__(self, calls: t.{calls}) -> None:\n        self._calls = calls\n"),
            Form::Stub => format!("    def __init__(self, calls: {calls}) -> None: ...\n"),
        });
    } else {
        out.push_str(&constructor(class, form));
    }
    for operation in Operation::ALL {
        if form == Form::Source {
            out.push('\n');
        }
        out.push_str(&method(class, *operation, form));
    }
    out
}

fn constructor(class: Class, form: Form) -> String {
    let prefix = if form == Form::Source { "t." } else { "" };
    let mut parameters = vec!["self".to_owned()];
    for setting in Setting::ALL {
        let info = setting.info();
        let default = match info.default {
            OptionDefault::Absent => "None".into(),
            default => default.render(Naming::Python),
        };
        parameters.push(format!("{}: {} = {default}", info.snake, option_annotation(&info, prefix)));
        if *setting == Setting::BaseUrl {
            parameters.push("*".into());
        }
    }
    for (name, kind, default, _) in OWN_SETTINGS {
        parameters.push(format!("{name}: {} = {default}", kind.replace("{t}", prefix)));
    }
    if form == Form::Stub {
        return function("    ", "def __init__", &parameters, "None", " ...");
    }
    let calls = if class.is_async { "AsyncCalls" } else { "BlockingCalls" };
    let mut out = String::from("    __slots__ = ()\n\n    @refuse_unknown\n");
    out.push_str(&function("    ", "def __init__", &parameters, "None", ""));
    if class.is_async {
        out.push_str("        \"\"\"A client with these settings: see ``WebhookClient``.\"\"\"\n");
    } else {
        out.push_str("        \"\"\"A client with these settings. Nothing is sent yet.\n\n        Args:\n");
        for setting in Setting::ALL {
            let info = setting.info();
            let _ = writeln!(
                out,
                "{}",
                wrapped(&option_doc(&info), &format!("            {}: ", info.snake), "                ")
            );
        }
        for (name, _, _, text) in OWN_SETTINGS {
            let _ = writeln!(out, "{}", wrapped(text, &format!("            {name}: "), "                "));
        }
        out.push_str("        \"\"\"\n");
    }
    let _ = writeln!(out, "        self._calls = {calls}(\n            {{");
    for setting in Setting::ALL {
        let name = setting.info().snake;
        let _ = writeln!(out, "                \"{name}\": {name},");
    }
    for (name, ..) in OWN_SETTINGS {
        let _ = writeln!(out, "                \"{name}\": {name},");
    }
    out.push_str("            }\n        )\n");
    out
}

fn method(class: Class, operation: Operation, form: Form) -> String {
    let (prefix, unset) = if form == Form::Source { ("t.", UNSET) } else { ("", UNSET_IN_STUB) };
    let info = operation.info();
    let mut value = match info.returns {
        Returns::List => format!("{}[{prefix}Webhook]", if form == Form::Source { "list" } else { "builtins.list" }),
        Returns::Webhook => format!("{prefix}Webhook"),
        Returns::Nothing => "None".into(),
        returns => unimplemented!("{returns:?} has no type in Python yet"),
    };
    if class.with_response {
        value = format!("{prefix}Response[{value}]");
    }
    let head = format!("{}def {}", if class.is_async { "async " } else { "" }, info.name);
    let options: Vec<_> = operation.options().map(|option| option.info()).collect();
    let option_parameters: Vec<_> = options
        .iter()
        .map(|info| {
            let default = match info.default {
                // A deadline that is not passed is the client's; `None` is none.
                OptionDefault::Absent if info.kind == OptionKind::Deadline => unset.into(),
                OptionDefault::Absent => "None".into(),
                default => default.render(Naming::Python),
            };
            format!("{}: {} = {default}", info.snake, option_annotation(info, prefix))
        })
        .collect();
    let expected = format!("expected: {prefix}Webhook | None = None");
    let option_parameters: Vec<_> =
        option_parameters.into_iter().chain(operation.takes_expected().then_some(expected)).collect();
    let of_fields = |absent: &str| {
        let mut parameters: Vec<_> = settable()
            .iter()
            .map(|info| format!("{}: {} | None = {absent}", info.snake, taken(info, prefix)))
            .collect();
        parameters.push(format!("extra: {prefix}Mapping[str, {prefix}Any] | None = {absent}"));
        parameters
    };
    let spec = format!("{prefix}WebhookSpec | {prefix}Webhook | {prefix}Mapping[str, {prefix}Any]");
    let mut parameters = vec!["self".to_owned()];
    let mut given = Vec::new();
    let mut keywords = Vec::new();
    let mut is_positional_only = false;
    for argument in info.arguments {
        match argument.kind {
            ArgumentKind::WebhookId => {
                parameters.push(format!("{}: int", argument.snake));
                given.push(argument.snake.to_owned());
            }
            // A create takes the fields as keywords too.
            ArgumentKind::Spec if operation == Operation::Create => {
                parameters.push(format!("{}: {spec} | None = None", argument.snake));
                keywords = of_fields("None");
                given.extend([argument.snake.to_owned(), fields_given()]);
                is_positional_only = true;
            }
            ArgumentKind::Spec => {
                parameters.push(format!("{}: {spec}", argument.snake));
                given.push(argument.snake.to_owned());
                is_positional_only = true;
            }
            ArgumentKind::Changes => {
                keywords = of_fields(unset);
                given.push(fields_given());
                is_positional_only = true;
            }
            kind => unimplemented!("{kind:?} has no form in Python yet"),
        }
    }
    if is_positional_only {
        parameters.push("/".into());
    }
    if form == Form::Stub {
        return stub_method(&head, &parameters, &keywords, &option_parameters, &value, &spec, operation);
    }
    parameters.push("*".into());
    parameters.extend(keywords);
    parameters.extend(option_parameters);
    parameters.push(format!("**unknown: {prefix}Any"));
    let mut out = function("    ", &head, &parameters, &value, "");
    out.push_str(&method_doc(class, operation, &options));
    let names = options.iter().map(|info| info.snake.to_owned());
    let names: Vec<_> = names.chain(operation.takes_expected().then(|| "expected".to_owned())).collect();
    let arguments = format!("\"{}\", {}, {}, unknown", info.name, tuple(&given), tuple(&names));
    let arguments = if class.with_response { format!("{arguments}, True") } else { arguments };
    let call = if class.is_async { "await self._calls.run" } else { "self._calls.run" };
    let line = format!("        return {call}({arguments})\n");
    if line.chars().count() <= WIDTH + 1 {
        out.push_str(&line);
        return out;
    }
    let _ = write!(out, "        return {call}(\n            \"{}\",\n", info.name);
    let _ = match given.iter().any(|argument| argument.starts_with('(')) {
        true => {
            let lines: String = given.iter().map(|argument| broken_tuple(argument, "                ")).collect();
            write!(out, "            (\n{lines}            ),\n")
        }
        false => writeln!(out, "            {},", tuple(&given)),
    };
    let _ = writeln!(out, "            {},\n            unknown,", tuple(&names));
    if class.with_response {
        out.push_str("            True,\n");
    }
    out.push_str("        )\n");
    out
}

/// The values of the settable fields, in the order in which the native half knows them.
fn fields_given() -> String {
    let mut names: Vec<_> = settable().iter().map(|info| info.snake).collect();
    names.push("extra");
    format!("({})", names.join(", "))
}

fn broken_tuple(argument: &str, indent: &str) -> String {
    let one = format!("{indent}{argument},\n");
    if one.chars().count() <= WIDTH + 1 {
        return one;
    }
    let items = argument.trim_matches(['(', ')']).split(", ");
    let lines: String = items.map(|item| format!("{indent}    {item},\n")).collect();
    format!("{indent}(\n{lines}{indent}),\n")
}

fn stub_method(
    head: &str,
    parameters: &[String],
    keywords: &[String],
    options: &[String],
    value: &str,
    spec: &str,
    operation: Operation,
) -> String {
    let all = |parts: &[&[String]]| parts.concat();
    let star = ["*".to_owned()];
    if operation != Operation::Create {
        return function("    ", head, &all(&[parameters, &star, keywords, options]), value, " ...");
    }
    let of_spec = ["self".to_owned(), format!("spec: {spec}"), "/".to_owned()];
    let of_fields = ["self".to_owned(), "spec: None = None".to_owned(), "/".to_owned()];
    let overload = "    @overload\n";
    let with_spec = function("    ", head, &all(&[&of_spec, &star, options]), value, " ...");
    let with_fields = function("    ", head, &all(&[&of_fields, &star, keywords, options]), value, " ...");
    format!("{overload}{with_spec}{overload}{with_fields}")
}

fn method_doc(class: Class, operation: Operation, options: &[OptionInfo]) -> String {
    let info = operation.info();
    let text = doc(info.doc);
    let first = text.split_inclusive(". ").next().unwrap_or(&text).trim().trim_end_matches('.').to_owned();
    if class.is_async || class.with_response {
        let cancelled = if operation == Operation::Create && class.is_async && !class.with_response {
            " If it is cancelled, the webhook may exist all the same."
        } else {
            ""
        };
        return docstring(&format!("{first}: see ``WebhookClient.{}``.{cancelled}", info.name), "        ");
    }
    let indent = "        ";
    let mut out = String::new();
    let rest = text.strip_prefix(&format!("{first}.")).unwrap_or_default().trim();
    let _ = writeln!(out, "{}", wrapped(&format!("{first}."), "        \"\"\"", indent));
    if !rest.is_empty() {
        let _ = write!(out, "\n{}\n", wrapped(rest, indent, indent));
    }
    let mut arguments: Vec<(&str, String)> = Vec::new();
    for argument in info.arguments {
        match argument.kind {
            ArgumentKind::Spec => {
                let fields = if operation == Operation::Create { " Or pass its fields as keywords." } else { "" };
                let taken = "A ``WebhookSpec``, a ``Webhook``, or a mapping with the wire's names.";
                arguments.push((argument.snake, format!("{} {taken}{fields}", doc(argument.doc))));
            }
            ArgumentKind::Changes => {}
            _ => arguments.push((argument.snake, doc(argument.doc))),
        }
    }
    if matches!(operation, Operation::Create | Operation::Patch) {
        arguments.extend(settable().iter().map(|info| (info.snake, doc(info.doc))));
        arguments.push(("extra", EXTRA_DOC.into()));
    }
    arguments.extend(options.iter().map(|info| (info.snake, option_doc(info))));
    if operation.takes_expected() {
        arguments.push(("expected", EXPECTED_DOC.into()));
    }
    out.push_str("\n        Args:\n");
    for (name, text) in arguments {
        let _ = writeln!(out, "{}", wrapped(&text, &format!("            {name}: "), "                "));
    }
    out.push_str("\n        Raises:\n");
    let takes = |kind| info.arguments.iter().any(|argument| argument.kind == kind);
    if takes(ArgumentKind::Spec) || takes(ArgumentKind::Changes) {
        out.push_str("            ValidationError: The specification breaks the API's rules. Nothing was sent.\n");
    }
    if takes(ArgumentKind::WebhookId) {
        out.push_str("            NotFoundError: The webhook does not exist, or these credentials do not reach it.\n");
    }
    if operation.takes_expected() {
        out.push_str("            PreconditionFailedError: The webhook is not as expected. Nothing was written.\n");
    }
    out.push_str("            WebhooksError: Any other error, see ``blynk_webhooks.errors``.\n");
    if let Some((_, example)) = EXAMPLES.iter().find(|(known, _)| *known == operation) {
        out.push_str("\n        Example::\n\n");
        example.lines().for_each(|line| writeln!(out, "            {line}").expect("a string takes everything"));
    }
    out.push_str("        \"\"\"\n");
    out
}

// Values

fn values_names() -> Vec<&'static str> {
    let mut names: Vec<_> = ENUMS.iter().map(|of| of.name).collect();
    names.extend(["RenderedRequest", "Violation", "Webhook", "WebhookSpec"]);
    names.sort_unstable();
    names
}

fn values_source() -> String {
    let names = values_names();
    let imported: String = names.iter().map(|name| format!("    {name},\n")).collect();
    let listed: String = names.iter().map(|name| format!("    \"{name}\",\n")).collect();
    format!(
        "\"\"\"The values of the native half; the stub beside this file describes them.\"\"\"\n\nfrom .._native import (\n{imported})\n\n__all__ = [\n{listed}]\n"
    )
}

/// What a field gives.
fn given(info: &FieldInfo) -> String {
    match info.kind {
        FieldKind::Text => "str | None".into(),
        FieldKind::Enum(of) => format!("{} | str | None", of.name),
        FieldKind::Object => "dict[str, Any] | None".into(),
        FieldKind::Integers => "list[int] | None".into(),
        FieldKind::Int32 => "int | None".into(),
        FieldKind::Timestamp => "datetime | None".into(),
        kind => unimplemented!("{kind:?} has no type in Python yet"),
    }
}

fn property(name: &str, annotation: &str, text: &str) -> String {
    format!("    @property\n    def {name}(self) -> {annotation}:\n{}", docstring(text, "        "))
}

/// The types of arguments that take an enum, and one more, in the order of the alphabet.
fn argument_types(more: &str) -> String {
    let mut names: Vec<String> = ENUMS.iter().map(|of| format!("{}Like", of.name)).chain([more.to_owned()]).collect();
    names.sort();
    names.join(", ")
}

fn values_stub() -> String {
    let head = r#"from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, final

from typing_extensions import Self, Unpack

from .._wire_name import WireName
from .types import TYPES
"#;
    let mut out = head.replace("TYPES", &argument_types("SpecFields"));
    for of in ENUMS {
        let text = format!("{} A value newer than this version is a plain string.", doc(of.doc));
        let _ = write!(out, "\nclass {}(WireName):\n{}\n", of.name, docstring(&text, "    "));
        of.names().for_each(|name| writeln!(out, "    {name} = \"{name}\"").expect("a string takes everything"));
    }
    let mut spec_fields = String::new();
    let mut match_args: Vec<_> = settable().iter().map(|info| info.snake).collect();
    match_args.push("extra");
    let mut parameters = vec!["cls".to_owned(), "*".to_owned()];
    for info in settable() {
        spec_fields.push_str(&property(info.snake, &given(info), &property_doc(info)));
        parameters.push(format!("{}: {} | None = None", info.snake, taken(info, "")));
    }
    parameters.push("extra: Mapping[str, Any] | None = None".into());
    let mut webhook_parameters = vec!["cls".to_owned(), "id: int".to_owned(), "*".to_owned()];
    let read_only = Field::READ_ONLY.iter().filter(|field| **field != Field::Id).map(|field| field.info());
    for info in settable().into_iter().chain(read_only) {
        let taken = if info.kind == FieldKind::Timestamp { "datetime | int".into() } else { taken(info, "") };
        webhook_parameters.push(format!("{}: {taken} | None = None", info.snake));
    }
    webhook_parameters.push("extra: Mapping[str, Any] | None = None".into());
    let match_args: String = match_args.iter().map(|name| format!("        \"{name}\",\n")).collect();
    let webhook_fields: String = Field::ALL
        .iter()
        .map(|field| {
            let info = field.info();
            let annotation = if *field == Field::Id { "int".into() } else { given(info) };
            property(info.snake, &annotation, &property_doc(info))
        })
        .collect();
    let template = include_str!("values.pyi");
    out.push_str(
        &template
            .replace("        # WebhookSpec.__match_args__\n", &match_args)
            .replace("    # WebhookSpec.__new__\n", &function("    ", "def __new__", &parameters, "Self", " ..."))
            .replace("    # Webhook.__new__\n", &function("    ", "def __new__", &webhook_parameters, "Self", " ..."))
            .replace("    # WebhookSpec's fields\n", &spec_fields)
            .replace("    # Webhook's fields\n", &webhook_fields),
    );
    out
}
