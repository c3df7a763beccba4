//! What is done with a webhook specification without a server.

use blynk_webhooks::bindings::read_spec;
use blynk_webhooks::{Code, Error, Purpose, Violation, Webhook, WebhookSpec};
use napi_derive::napi;
use serde_json::{Map, Value, json};

use crate::{errors, server_values};

/// Reads a spec. `trusted` says which unknown enum values came from the server: a JSON array of them, or `true` for a
/// copy of a server's webhook that does not tell, of which every value counts that a server has sent.
pub(crate) fn read(text: &str, trusted: Option<&str>, purpose: Purpose) -> Result<WebhookSpec, Error> {
    let trusted = match trusted {
        None => Vec::new(),
        Some("true") => server_values::seen(),
        Some(values) => serde_json::from_str(values).unwrap_or_default(),
    };
    Ok(read_spec(text, trusted, purpose)?)
}

/// Every finding about a spec, as a JSON array.
#[napi(catch_unwind)]
pub fn validate(text: String, trusted: Option<String>, purpose: Option<String>) -> napi::Result<String> {
    let purpose = match purpose.as_deref() {
        None => Purpose::Either,
        Some("create") => Purpose::Create,
        Some("update") => Purpose::Update,
        Some(_) => {
            let fault = Violation::error("purpose", Code::UnknownValue, "must be 'create' or 'update'");
            return Err(errors::thrown(&vec![fault].into()));
        }
    };
    let found = match read(&text, trusted.as_deref(), purpose) {
        Ok(spec) => spec.validate_for(purpose),
        Err(Error::Validation(found)) => found,
        Err(error) => return Err(errors::thrown(&error)),
    };
    Ok(errors::violations(&found).to_string())
}

/// Names of the placeholders in a spec.
#[napi(catch_unwind)]
pub fn placeholders(text: String) -> napi::Result<Vec<String>> {
    read(&text, None, Purpose::Either).map(|spec| spec.placeholders()).map_err(|error| errors::thrown(&error))
}

/// The request a webhook would send for these values, as a JSON object.
#[napi(catch_unwind)]
pub fn render(text: String, values: String) -> napi::Result<String> {
    let rendered = || -> Result<_, Error> {
        let values: Map<String, Value> = serde_json::from_str(&values).map_err(|_| {
            Error::from(vec![Violation::error("values", Code::WrongType, "must be an object of placeholder values")])
        })?;
        Ok(read(&text, None, Purpose::Either)?.render(&values)?)
    };
    let request = rendered().map_err(|error| errors::thrown(&error))?;
    let headers: Map<String, Value> =
        request.headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    let request = json!({ "method": request.method, "url": request.url, "headers": headers, "body": request.body });
    Ok(request.to_string())
}

/// A webhook or a spec as it may be shown, as a JSON object.
#[napi(catch_unwind)]
pub fn redacted(text: String) -> napi::Result<String> {
    if let Ok(webhook) = Webhook::from_json(text.as_str()) {
        return Ok(webhook.redacted_json());
    }
    // What a user has changed may have a wrong type; of that nothing is known.
    Ok(WebhookSpec::from_json(&text).map(|spec| spec.redacted_json()).unwrap_or_else(|_| "{}".into()))
}
