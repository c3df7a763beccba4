//! Answers as text for the engine's own JSON parser, and what that parser could not tell.

use std::hash::{BuildHasher, RandomState};

use blynk_webhooks::{Webhook, WebhookList};
use napi::bindgen_prelude::{JsObjectValue, JsValue, Object, ToNapiValue};
use napi::{Env, sys};

/// A checked answer.
#[derive(Debug)]
pub(crate) struct Answer {
    json: String,
    ascii: bool,
    /// Begins the strings that stand for integers beyond 2^53, where there are any.
    marker: Option<String>,
    /// True where an enum value is none that this version knows.
    unknown: bool,
}

impl Answer {
    pub(crate) fn one(webhook: &Webhook) -> Self {
        Self::new(webhook.to_json(), has_unknown(webhook))
    }

    pub(crate) fn many(list: &WebhookList) -> Self {
        // A field that the server sends as null is absent in JavaScript; only such an answer is written anew.
        let json = if list.as_json().contains("null") {
            let webhooks: Vec<_> = list.iter().map(Webhook::to_json).collect();
            format!("[{}]", webhooks.join(","))
        } else {
            list.as_json().to_owned()
        };
        Self::new(json, list.iter().any(has_unknown))
    }

    /// JSON that is no webhook's, e.g. the emulator's.
    pub(crate) fn plain(json: String) -> Self {
        Self::new(json, false)
    }

    fn new(json: String, unknown: bool) -> Self {
        let (json, marker) = match mark_large_integers(&json) {
            Some((marked, marker)) => (marked, Some(marker)),
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

fn has_unknown(webhook: &Webhook) -> bool {
    webhook.trigger().is_some_and(|value| !value.is_known())
        || webhook.method().is_some_and(|value| !value.is_known())
        || webhook.content_type().is_some_and(|value| !value.is_known())
        || webhook.auth_type().is_some_and(|value| !value.is_known())
        || webhook.status().is_some_and(|value| !value.is_known())
}

/// Digits of 2^53 - 1, the largest integer up to which JavaScript's numbers are exact.
const LARGEST_SAFE: &str = "9007199254740991";

/// The text with every integer beyond 2^53 - 1 as a string that begins with the marker; none where it holds no such
/// integer. No server can guess the marker, so no string of its own begins with it, whichever escapes it is written with.
fn mark_large_integers(json: &str) -> Option<(String, String)> {
    if !has_long_digits(json.as_bytes()) {
        return None;
    }
    let marker = format!("{:016x}:", RandomState::new().hash_one(json));
    let (mut marked, mut rest, mut found) = (String::with_capacity(json.len() + 64), json, false);
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        marked.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with('"') { string_end(rest) } else { number_end(rest) };
        let token = &rest[..end];
        if is_large_integer(token) {
            found = true;
            marked.extend(["\"", &marker, token, "\""]);
        } else {
            marked.push_str(token);
        }
        rest = &rest[end..];
    }
    marked.push_str(rest);
    found.then_some((marked, marker))
}

/// Cheap: looks at every sixteenth byte, and around it where that is a digit.
fn has_long_digits(json: &[u8]) -> bool {
    let length = LARGEST_SAFE.len();
    (length - 1..json.len()).step_by(length).any(|at| {
        let before = json[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        json[at].is_ascii_digit()
            && before + json[at..].iter().take(length).take_while(|byte| byte.is_ascii_digit()).count() >= length
    })
}

/// Where the string ends that the text begins with; the text is known to be JSON.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn number_end(text: &str) -> usize {
    text.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).unwrap_or(text.len())
}

fn is_large_integer(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len(), digits) > (LARGEST_SAFE.len(), LARGEST_SAFE)
}
