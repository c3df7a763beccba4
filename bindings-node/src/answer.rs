//! Answers as text for the engine's own JSON parser, and what that parser could not tell.

use blynk_webhooks::{Response, Webhook, WebhookList, bindings};
use napi::bindgen_prelude::{JsObjectValue, JsValue, Object, ToNapiValue, Unknown};
use napi::{Env, sys};
use napi_derive::napi;
use serde_json::{Map, Value, json};

use crate::{exact_numbers, server_values};

/// A checked answer.
#[derive(Debug)]
pub(crate) struct Answer {
    json: String,
    ascii: bool,
    /// Begins the strings that stand for numbers which JavaScript's cannot hold, where there are any.
    marker: Option<String>,
    /// True where an enum value is none that this version knows.
    unknown: bool,
    /// True where inspection has something to hide.
    secret: bool,
    /// What came with it, as JSON, where that was asked for.
    response: Option<String>,
}

impl Answer {
    /// Of a call that has nothing to say.
    pub(crate) fn nothing() -> Self {
        Self::plain("null".into())
    }

    /// With what came beside the value.
    pub(crate) fn with_response<T>(mut self, response: &Response<T>) -> Self {
        let headers = bindings::joined_headers(response).into_iter();
        let headers: Map<String, Value> = headers.map(|(name, value)| (name.into(), value.into())).collect();
        let response = json!({
            "status": response.status,
            "headers": headers,
            "requestId": response.request_id,
            "attempts": response.attempts,
            "elapsedMs": response.elapsed.as_secs_f64() * 1000.0,
        });
        self.response = Some(response.to_string());
        self
    }

    pub(crate) fn one(webhook: &Webhook) -> Self {
        let json = without_nulls(webhook.response_json()).unwrap_or_else(|| webhook.to_json());
        Self::new(json, std::slice::from_ref(webhook))
    }

    pub(crate) fn many(list: &WebhookList) -> Self {
        let written_anew = || {
            let webhooks: Vec<_> = list.iter().map(Webhook::to_json).collect();
            format!("[{}]", webhooks.join(","))
        };
        Self::new(without_nulls(Some(list.as_json())).unwrap_or_else(written_anew), list)
    }

    /// JSON that is no webhook's, e.g. the emulator's.
    pub(crate) fn plain(json: String) -> Self {
        Self::new(json, &[])
    }

    fn new(json: String, webhooks: &[Webhook]) -> Self {
        let (json, marker) = match exact_numbers::mark(&json) {
            Some(marked) => (marked.json, Some(marked.marker)),
            None => (json, None),
        };
        // Each is looked at, so that each is noted.
        let unknown = webhooks.iter().filter(|webhook| server_values::note(webhook)).count() > 0;
        let secret = webhooks.iter().any(may_hold_secret);
        Self { ascii: json.is_ascii(), json, marker, unknown, secret, response: None }
    }

    /// The text itself, or an object that also says how to read it: most answers are plain.
    pub(crate) fn into_value(self, env: &Env) -> napi::Result<sys::napi_value> {
        // Latin-1 is copied as it is, UTF-8 is decoded.
        let text = if self.ascii { env.create_string_latin1(self.json)? } else { env.create_string(self.json)? };
        if self.marker.is_none() && !self.unknown && !self.secret && self.response.is_none() {
            return Ok(text.raw());
        }
        let mut object = Object::new(env)?;
        object.set_named_property("json", text)?;
        object.set_named_property("unknown", self.unknown)?;
        object.set_named_property("secret", self.secret)?;
        if let Some(marker) = self.marker {
            object.set_named_property("marker", marker)?;
        }
        if let Some(response) = self.response {
            object.set_named_property("response", response)?;
        }
        Ok(object.into_unknown(env)?.raw())
    }
}

/// A text of the server that may be handed over: a field that is null is absent in JavaScript, so such a text is not.
fn without_nulls(json: Option<&str>) -> Option<String> {
    json.filter(|json| !json.contains("null")).map(str::to_owned)
}

/// True for a webhook of which something may have to be hidden.
fn may_hold_secret(webhook: &Webhook) -> bool {
    webhook.oauth2_request().is_some()
        || !webhook.extra().is_empty()
        || webhook.url().is_some_and(|url| url.contains(['@', '?']))
}

/// A JSON text as an answer is handed over: a string, or an object that says how to read it.
pub(crate) fn mark<'env>(env: &Env, json: String) -> napi::Result<Unknown<'env>> {
    let value = Answer::plain(json).into_value(env)?;
    // SAFETY: the value was just made in this environment.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
}

/// See [`mark`].
#[napi(catch_unwind)]
pub fn mark_json<'env>(env: &'env Env, json: String) -> napi::Result<Unknown<'env>> {
    mark(env, json)
}
