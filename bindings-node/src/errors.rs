//! Errors as the text that the TypeScript builds its classes from.

use blynk_webhooks::{Code, Error, Violation};
use napi_derive::napi;
use serde_json::{Map, Value, json};

use crate::setting_names;

/// An error as a JSON object: its class, its message, and the fields that its class has.
pub(crate) fn text(error: &Error) -> String {
    with_message(error, error.to_string())
}

/// An error of the client, whose message names settings.
pub(crate) fn of_core(error: &Error) -> String {
    with_message(error, setting_names::of_core(error))
}

fn with_message(error: &Error, message: String) -> String {
    let mut fields = Map::new();
    fields.insert("class".into(), error.kind().class().into());
    fields.insert("message".into(), message.into());
    match error {
        Error::Config(_) => {}
        Error::Validation(found) => {
            fields.insert("violations".into(), violations(found));
        }
        Error::Connect(failure) | Error::Timeout(failure) | Error::Transport(failure) | Error::Response(failure) => {
            fields.insert("method".into(), failure.method.as_str().into());
            fields.insert("url".into(), failure.url.as_str().into());
            fields.insert("attempts".into(), failure.attempts.into());
        }
        Error::Auth(refusal) => {
            fields.insert("status".into(), refusal.status.into());
            fields.insert("error".into(), refusal.error.as_str().into());
            fields.insert("url".into(), refusal.url.as_str().into());
            if let Some(description) = &refusal.error_description {
                fields.insert("errorDescription".into(), description.as_str().into());
            }
        }
        Error::Api(answer) => {
            fields.insert("status".into(), answer.status.into());
            fields.insert("method".into(), answer.method.as_str().into());
            fields.insert("url".into(), answer.url.as_str().into());
            fields.insert("body".into(), answer.body.as_str().into());
            if let Some(pause) = answer.retry_after {
                fields.insert("retryAfter".into(), pause.as_secs_f64().into());
            }
            if let Some(location) = &answer.location {
                fields.insert("location".into(), location.as_str().into());
            }
        }
        // The core may gain kinds; their class and message are enough to build an error.
        _ => {}
    }
    if let Some(request_id) = error.request_id() {
        fields.insert("requestId".into(), request_id.into());
    }
    if error.outcome_unknown() {
        fields.insert("outcomeUnknown".into(), true.into());
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
            "path": violation.path,
            "code": violation.code.as_str(),
            "message": violation.message,
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
        let faults: Vec<_> = faults.into_iter().map(|(path, message)| format!("{path} {message}")).collect();
        return Error::Config(faults.join("; "));
    }
    let finding = |(path, message): (String, String)| Violation::error(path, Code::WrongType, message);
    faults.into_iter().map(finding).collect::<Vec<_>>().into()
}
