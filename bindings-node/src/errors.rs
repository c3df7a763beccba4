//! Errors as the text that the TypeScript builds its classes from.

use std::fmt;

use blynk_webhooks::{Attribute, AttributeValue, Code, Error, Naming, Violation};
use napi_derive::napi;
use serde_json::{Map, Value, json};

/// What a function of the user has thrown: JavaScript keeps it under this number.
#[derive(Debug)]
pub(crate) struct Thrown(pub(crate) u64);

impl fmt::Display for Thrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the program failed")
    }
}

impl std::error::Error for Thrown {}

/// An error as a JSON object: its class, its message, and the attributes that its class has and that it has values of.
pub(crate) fn text(error: &Error) -> String {
    let mut fields = Map::new();
    fields.insert("class".into(), error.kind().class().into());
    fields.insert("message".into(), error.render(Naming::Node).into());
    // An `Error` of JavaScript has the whole text as its message.
    for attribute in error.kind().attributes().filter(|attribute| *attribute != Attribute::Message) {
        let value = match error.attribute(attribute, Naming::Node) {
            None | Some(AttributeValue::Bool(false)) => continue,
            Some(AttributeValue::Text(text)) => text.into_owned().into(),
            Some(AttributeValue::Integer(number)) => number.into(),
            Some(AttributeValue::Bool(truth)) => truth.into(),
            Some(AttributeValue::Seconds(duration)) => duration.as_secs_f64().into(),
            Some(AttributeValue::Violations(found)) => violations(found),
            // As text, for the reader that keeps every number.
            Some(AttributeValue::Webhook(webhook)) => json!({ "json": webhook.to_json() }),
            // The core may gain kinds of values; none of those is needed to build an error.
            Some(_) => continue,
        };
        fields.insert(Naming::Node.identifier(attribute.snake()).into_owned(), value);
    }
    if let Error::Connect(failure) | Error::Transport(failure) = error
        && let Some(code) = failure.cause_code
    {
        fields.insert("causeCode".into(), code.into());
    }
    if let Error::TokenProvider(source) = error
        && let Some(Thrown(number)) = source.downcast_ref()
    {
        fields.insert("thrown".into(), (*number).into());
    }
    Value::Object(fields).to_string()
}

/// An error that says where it was thrown from: napi carries no more than a message.
pub(crate) fn thrown(error: &Error) -> napi::Error {
    napi::Error::from_reason(text(error))
}

/// Findings as the TypeScript declares them.
pub(crate) fn violations(found: &[Violation]) -> Value {
    let finding = |violation: &Violation| {
        json!({
            "path": violation.path_in(Naming::Node),
            "code": violation.code.as_str(),
            "message": violation.message.render(Naming::Node),
            "severity": violation.severity.as_str(),
        })
    };
    found.iter().map(finding).collect()
}

/// A failure that no user can have caused.
pub(crate) fn internal(message: impl std::fmt::Display) -> String {
    json!({ "class": blynk_webhooks::ErrorKind::Webhooks.class(), "message": format!("internal error: {message}") })
        .to_string()
}

/// The error of values that have no JSON form, which the TypeScript has found: a list of path and message. For the
/// settings of a client it is a [`Error::Config`].
#[napi(js_name = "refusal", catch_unwind)]
pub fn refusal_text(faults: String, settings: bool) -> String {
    text(&refusal(&faults, settings))
}

fn refusal(faults: &str, settings: bool) -> Error {
    let faults: Vec<(String, String)> = serde_json::from_str(faults).unwrap_or_default();
    if settings {
        let faults: Vec<_> = faults.into_iter().map(|(path, message)| format!("{path}: {message}")).collect();
        return Error::Config(faults.join("; ").into());
    }
    let finding = |(path, message): (String, String)| Violation::error(path, Code::WrongType, message);
    faults.into_iter().map(finding).collect::<Vec<_>>().into()
}
