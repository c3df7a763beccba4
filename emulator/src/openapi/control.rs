//! The control API in the document, made from its declaration.

use serde_json::{Value, json};

use super::operation::{Operation, operation, query};
use super::schemas::{self, reference};
use crate::control::declaration::{Command, Kind, LAST_DELIVERY, LOG, Parameter, Place, Returns, Route, TOTAL};
use crate::control::{COMMANDS, changes, command, shell};

pub(super) fn operations() -> Vec<Operation> {
    let declared = COMMANDS.iter().filter_map(|command| command.route.as_ref().map(|route| described(command, route)));
    declared.chain([shell_commands(), stream_of_changes()]).collect()
}

fn described(command: &Command, route: &Route) -> Operation {
    let method = method(route.method);
    let mut operation = operation(route.path, method, "control", &camel_case(command.name), command.summary)
        .with("security", json!([]))
        .refuses(&["403"]);
    if !command.description.is_empty() {
        operation = operation.with("description", command.description.into());
    }
    if !command.parameters.is_empty() {
        operation = operation.refuses(&["400"]);
    }
    let outside: Vec<Value> = command.parameters.iter().filter_map(outside_of_body).collect();
    if !outside.is_empty() {
        operation = operation.with("parameters", outside.into());
    }
    if command.takes_body() {
        operation = operation.body(body(command)).refuses(&["415"]);
        operation.value["requestBody"]["required"] = command.requires_body().into();
    }
    let statuses: Vec<String> = route.errors.iter().map(u16::to_string).collect();
    operation = operation.refuses(&statuses.iter().map(String::as_str).collect::<Vec<_>>());
    let returns = route.then.and_then(self::command).map_or(command.returns, |then| then.returns);
    operation = match returns {
        Returns::Nothing => operation.answers("204", "It is done", None),
        Returns::Moment => operation.answers("200", "The time", Some(reference("Moment"))),
        Returns::One(schema, description) => operation.answers("200", description, Some(reference(schema))),
        Returns::List(schema, description) | Returns::Page(schema, description) => {
            let list = json!({"type": "array", "items": reference(schema)});
            operation.answers("200", description, Some(list))
        }
    };
    if matches!(returns, Returns::Page(..)) {
        let number = json!({"type": "string", "pattern": "^[0-9]+$"});
        let header = |description: &str| json!({"description": description, "schema": number});
        let mut headers = json!({TOTAL.as_str(): header("How many match on all pages")});
        if command.name == "deliveries" {
            headers[LAST_DELIVERY.as_str()] = header("Number of the last delivery of all");
            headers[LOG.as_str()] =
                header("Identifies the log; changes when the log is cleared and numbers start again at 1");
        }
        operation.value["responses"]["200"]["headers"] = headers;
    }
    if command.name == "trigger" {
        // The first delivery's number leads to its repetition.
        let link = json!({"operationId": "redeliver", "parameters": {"deliveryId": "$response.body#/0/id"}});
        operation.value["responses"]["200"]["links"] = json!({"redeliver": link});
    }
    operation
}

/// The key of a path item.
fn method(name: &str) -> &'static str {
    match name {
        "POST" => "post",
        "PUT" => "put",
        "DELETE" => "delete",
        _ => "get",
    }
}

/// `wait_for_delivery` as `waitForDelivery`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        text.push_str(&first.to_ascii_uppercase());
        text.push_str(rest);
    }
    text
}

fn outside_of_body(parameter: &Parameter) -> Option<Value> {
    let schema = schema(parameter.kind);
    match parameter.place {
        Place::Query => Some(query(parameter.name, parameter.required, parameter.doc, schema)),
        Place::Path => Some(json!({
            "name": parameter.name, "in": "path", "required": true, "description": parameter.doc, "schema": schema,
        })),
        Place::Body | Place::WholeBody(_) | Place::Command => None,
    }
}

fn body(command: &Command) -> Value {
    let in_body: Vec<&Parameter> = command.parameters.iter().filter(|parameter| parameter.is_in_body()).collect();
    if let Some(whole) = in_body.iter().find(|parameter| parameter.place != Place::Body) {
        return schema(whole.kind);
    }
    let required: Vec<&str> =
        in_body.iter().filter(|parameter| parameter.required).map(|parameter| parameter.name).collect();
    let mut properties = json!({});
    for parameter in in_body {
        let mut schema = schema(parameter.kind);
        if !parameter.required {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        }
        schema["description"] = parameter.doc.into();
        properties[parameter.name] = schema;
    }
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Int32 => schemas::int32(),
        Kind::Unsigned(max) | Kind::Millis(max) => schemas::unsigned(max),
        Kind::Moment => json!({"oneOf": [reference("Moment"), {"type": "null"}]}),
        Kind::Text => json!({"type": "string"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Schema(name) => reference(name),
        Kind::Values => json!({"type": "object"}),
    }
}

fn shell_commands() -> Operation {
    let summary = "Base URL, client id and secret as a shell takes them: eval \"$(curl -s …)\"";
    text(shell::PATH, "environment", summary, "text/plain", "Lines of the form export NAME='value'")
}

fn stream_of_changes() -> Operation {
    let summary = "A stream of server-sent events: one immediately, and one after each change";
    let events = format!(
        "Events named '{}'. Their data is a JSON object with a number for each part of the state, which is another one after \
         each change of that part: log (as text), deliveries (number of the last one), webhooks, notices, faults, clock",
        changes::EVENT
    );
    text(changes::PATH, "changes", summary, "text/event-stream", &events)
}

fn text(path: &'static str, id: &str, summary: &str, media_type: &str, description: &str) -> Operation {
    let mut operation = operation(path, "get", "control", id, summary).with("security", json!([])).refuses(&["403"]);
    operation.value["responses"]["200"] =
        json!({"description": description, "content": {media_type: {"schema": {"type": "string"}}}});
    operation
}
