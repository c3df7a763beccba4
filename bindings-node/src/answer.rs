//! Answers as text for the engine's own JSON parser, and what that parser could not tell.

use blynk_webhooks::{Webhook, WebhookList};
use napi::bindgen_prelude::{JsObjectValue, JsValue, Object, ToNapiValue, Unknown};
use napi::{Env, sys};
use napi_derive::napi;

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
}

impl Answer {
    pub(crate) fn one(webhook: &Webhook) -> Self {
        Self::new(webhook.to_json(), server_values::note(webhook))
    }

    pub(crate) fn many(list: &WebhookList) -> Self {
        // A field that the server sends as null is absent in JavaScript; only such an answer is written anew.
        let json = if list.as_json().contains("null") {
            let webhooks: Vec<_> = list.iter().map(Webhook::to_json).collect();
            format!("[{}]", webhooks.join(","))
        } else {
            list.as_json().to_owned()
        };
        // Each is looked at, so that each is noted.
        let unknown = list.iter().filter(|webhook| server_values::note(webhook)).count() > 0;
        Self::new(json, unknown)
    }

    /// JSON that is no webhook's, e.g. the emulator's.
    pub(crate) fn plain(json: String) -> Self {
        Self::new(json, false)
    }

    fn new(json: String, unknown: bool) -> Self {
        let (json, marker) = match exact_numbers::mark(&json) {
            Some(marked) => (marked.json, Some(marked.marker)),
            None => (json, None),
        };
        Self { ascii: json.is_ascii(), json, marker, unknown }
    }

    /// The text itself, or an object that also says how to read it: most answers are plain.
    pub(crate) fn into_value(self, env: &Env) -> napi::Result<sys::napi_value> {
        // Latin-1 is copied as it is, UTF-8 is decoded.
        let text = if self.ascii { env.create_string_latin1(self.json)? } else { env.create_string(self.json)? };
        if self.marker.is_none() && !self.unknown {
            return Ok(text.raw());
        }
        let mut object = Object::new(env)?;
        object.set_named_property("json", text)?;
        object.set_named_property("unknown", self.unknown)?;
        if let Some(marker) = self.marker {
            object.set_named_property("marker", marker)?;
        }
        Ok(object.into_unknown(env)?.raw())
    }
}

/// A JSON text marked as an answer is: a string, or an object that says how to read it.
#[napi(catch_unwind)]
pub fn mark_json<'env>(env: &'env Env, json: String) -> napi::Result<Unknown<'env>> {
    let value = Answer::plain(json).into_value(env)?;
    // SAFETY: the value was just made in this environment.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
}
