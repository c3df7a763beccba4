//! Templates: which placeholders a webhook uses, and the request it would send for given values.

use std::collections::HashSet;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::placeholder::{self, Part, parts};
use crate::model::WebhookSpec;
use crate::redact;
use crate::surface::{ContentType, Field, Method};
use crate::violation::{Code, MAX_LISTED, Violation, shorten};

/// The request a webhook sends.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderedRequest {
    /// HTTP method.
    pub method: Method,
    /// URL with every placeholder replaced and percent-encoded.
    pub url: String,
    /// Header names and values; `Content-Type` where there is a body.
    pub headers: Vec<(String, String)>,
    /// Body with every placeholder replaced and escaped for where it stands.
    pub body: Option<String>,
}

impl fmt::Debug for RenderedRequest {
    /// Shows neither credentials in the URL nor the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_ref().map(|body| format!("<{} characters>", body.chars().count()));
        f.debug_struct("RenderedRequest")
            .field("method", &self.method)
            .field("url", &redact::url(&self.url))
            .field("headers", &self.headers)
            .field("body", &body)
            .finish()
    }
}

/// The place of a value in a template, which decides how the value is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Url,
    PlainText,
    Form,
    JsonString,
    JsonValue,
}

/// All but what RFC 3986 calls unreserved.
const URL_PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Names of the placeholders in a template, each once, in order of appearance.
#[must_use]
pub fn placeholders(template: &str) -> Vec<String> {
    names_in([template])
}

fn names_in<'a>(templates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let names = templates.into_iter().flat_map(parts).filter_map(|part| match part {
        Part::Placeholder(name) if seen.insert(name) => Some(name.to_owned()),
        _ => None,
    });
    names.collect()
}

impl WebhookSpec {
    /// Names of the placeholders in the URL and the body, each once, in order of appearance.
    ///
    /// ```
    /// # use blynk_webhooks::WebhookSpec;
    /// let spec = WebhookSpec::new("n", "DEVICE_ADDED", "https://example.com/{device_id}").body("{user_name} {device_id}");
    /// assert_eq!(spec.placeholders(), ["device_id", "user_name"]);
    /// ```
    #[must_use]
    pub fn placeholders(&self) -> Vec<String> {
        names_in([self.url.as_deref().unwrap_or_default(), self.body.as_deref().unwrap_or_default()])
    }

    /// The request this webhook would send for these placeholder values (a JSON object: name to value).
    ///
    /// ```
    /// # use blynk_webhooks::WebhookSpec;
    /// let spec = WebhookSpec::new("n", "DEVICE_ADDED", "https://example.com/{device_id}").method("GET");
    /// let values = serde_json::json!({"device_id": 7});
    /// assert_eq!(spec.render(values.as_object().unwrap()).unwrap().url, "https://example.com/7");
    /// ```
    ///
    /// # Errors
    /// A [`Violation`] for each missing value, or if the rendered text is not a URL.
    pub fn render(&self, values: &Map<String, Value>) -> Result<RenderedRequest, Vec<Violation>> {
        let mut found = Vec::new();
        let url = fill(Field::Url, self.url.as_deref().unwrap_or_default(), None, values, &mut found);
        let body = self.body.as_deref();
        let body = body.map(|body| fill(Field::Body, body, self.content_type.as_ref(), values, &mut found));
        if self.method.is_none() {
            found.push(Violation::error(Field::Method.wire(), Code::Required, "is required to render the request"));
        }
        if found.is_empty()
            && let Err(problem) = check_url(&url)
        {
            found.push(Violation::error(Field::Url.wire(), Code::InvalidUrl, problem));
        }
        match self.method.clone() {
            Some(method) if found.is_empty() => {
                let content_type = self.content_type.as_ref().and_then(media_type).filter(|_| body.is_some());
                let headers =
                    content_type.map(|media_type| ("Content-Type".into(), media_type.into())).into_iter().collect();
                Ok(RenderedRequest { method, url, headers, body })
            }
            _ => Err(found),
        }
    }
}

fn media_type(content_type: &ContentType) -> Option<&'static str> {
    match content_type {
        ContentType::PlainText => Some("text/plain; charset=utf-8"),
        ContentType::Json => Some("application/json"),
        ContentType::UrlEncodedForm => Some("application/x-www-form-urlencoded"),
        ContentType::Unknown(_) => None,
    }
}

/// Replaces the placeholders of one template; `content_type` is that of a body, none for the URL.
fn fill(
    field: Field,
    template: &str,
    content_type: Option<&ContentType>,
    values: &Map<String, Value>,
    found: &mut Vec<Violation>,
) -> String {
    let mut out = String::with_capacity(template.len());
    let (before, mut missing) = (found.len(), HashSet::new());
    for (part, place) in placed(field, template, content_type) {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Placeholder(name) => match lookup(name, values) {
                Some(value) => write(&mut out, value, place),
                None if missing.insert(name) && found.len() - before < MAX_LISTED => {
                    found.push(missing_value(field, name));
                }
                None => {}
            },
        }
    }
    out
}

fn missing_value(field: Field, name: &str) -> Violation {
    let hint = match placeholder::find(name) {
        Some(_) => String::new(),
        None => placeholder::meant(name).map(|meant| format!(" (did you mean {{{meant}}}?)")).unwrap_or_default(),
    };
    let message = format!("no value for the placeholder {{{}}}{hint}; pass one", shorten(name));
    Violation::error(field.wire(), Code::MissingValue, message)
}

/// The parts of a template, each with the place it stands in.
fn placed<'a>(field: Field, template: &'a str, content_type: Option<&ContentType>) -> Vec<(Part<'a>, Place)> {
    let json = field == Field::Body && content_type == Some(&ContentType::Json);
    let (mut in_string, mut escaped) = (false, false);
    let mut follow = |text: &str| {
        for byte in text.bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                _ => {}
            }
        }
        in_string
    };
    parts(template)
        .into_iter()
        .map(|part| {
            let place = match content_type {
                _ if field != Field::Body => Place::Url,
                Some(ContentType::UrlEncodedForm) => Place::Form,
                _ if !json => Place::PlainText,
                _ => match part {
                    Part::Literal(text) if follow(text) => Place::JsonString,
                    Part::Placeholder(_) if follow("") => Place::JsonString,
                    _ => Place::JsonValue,
                },
            };
            (part, place)
        })
        .collect()
}

/// A value by its placeholder's name; `name[3]` is also found as the item 3 of an array `name`.
fn lookup<'a>(name: &str, values: &'a Map<String, Value>) -> Option<&'a Value> {
    values.get(name).or_else(|| {
        let (base, index) = placeholder::split_index(name);
        values.get(base)?.as_array()?.get(index?)
    })
}

fn write(out: &mut String, value: &Value, place: Place) {
    match place {
        Place::JsonValue => out.push_str(&value.to_string()),
        Place::JsonString => {
            let quoted = Value::from(plain(value)).to_string();
            out.push_str(&quoted[1..quoted.len() - 1]);
        }
        Place::PlainText => out.push_str(&plain(value)),
        Place::Url => out.extend(utf8_percent_encode(&plain(value), URL_PART)),
        Place::Form => out.extend(url::form_urlencoded::byte_serialize(plain(value).as_bytes())),
    }
}

/// A value as text: a string itself, a list with commas, nothing for null, an object as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// The URL with something harmless in the place of each placeholder, as it can be checked before it is rendered.
pub(crate) fn sample_url(template: &str) -> String {
    let parts = parts(template);
    parts.into_iter().map(|part| if let Part::Literal(text) = part { text } else { "1" }).collect()
}

/// Says what is wrong with a URL that a webhook could not call.
pub(crate) fn check_url(url: &str) -> Result<url::Url, String> {
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("contains white space or a control character; percent-encode it".into());
    }
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err("must be an absolute URL that begins with https:// or http://".into());
    }
    let parsed = url::Url::parse(url).map_err(|problem| format!("is not a URL: {problem}"))?;
    let segments = url.split(['?', '#']).next().unwrap_or_default().split('/');
    if segments.into_iter().any(|segment| matches!(segment, "." | "..")) {
        return Err("contains the path segment '.' or '..', which leads to another path".into());
    }
    Ok(parsed)
}

/// A sample of the JSON body for checking its form, and the placeholders outside quotes that may put text there.
pub(crate) fn sample_json(template: &str) -> (String, Vec<&str>) {
    let mut bare = Vec::new();
    let sample = placed(Field::Body, template, Some(&ContentType::Json))
        .into_iter()
        .map(|(part, place)| match part {
            Part::Literal(text) => text,
            Part::Placeholder(name) => {
                let text = placeholder::find(name).is_none_or(|known| known.content == placeholder::Content::Text);
                if place == Place::JsonValue && text {
                    bare.push(name);
                }
                "1"
            }
        })
        .collect();
    (sample, bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rendered(content_type: &str, url: &str, body: &str, values: Value) -> RenderedRequest {
        let spec = WebhookSpec::new("n", "DEVICE_ADDED", url).method("POST").content_type(content_type).body(body);
        spec.render(values.as_object().unwrap()).unwrap()
    }

    #[test]
    fn each_place_escapes_its_own_way() {
        let values = json!({"device_name": "a \"b\"&/ü\n", "device_id": 7, "device_tags": ["x", "y"], "user_object": {"k": [1]}});
        let url = "https://example.com/{device_name}?t={device_tags}";
        let json = rendered(
            "JSON",
            url,
            r#"{"n":"{device_name}","v":{device_name},"i":{device_id},"o":{user_object}}"#,
            values.clone(),
        );
        assert_eq!(json.url, "https://example.com/a%20%22b%22%26%2F%C3%BC%0A?t=x%2Cy");
        assert_eq!(json.body.unwrap(), r#"{"n":"a \"b\"&/ü\n","v":"a \"b\"&/ü\n","i":7,"o":{"k":[1]}}"#);
        let form = rendered("URL_ENCODED_FORM", url, "n={device_name}&i={device_id}", values.clone());
        assert_eq!(form.body.unwrap(), "n=a+%22b%22%26%2F%C3%BC%0A&i=7");
        let text = rendered("PLAIN_TEXT", url, "{device_name}{device_tags}", values);
        assert_eq!(text.body.unwrap(), "a \"b\"&/ü\nx,y");
    }

    #[test]
    fn an_index_reads_a_list_or_its_own_value() {
        let list = rendered("PLAIN_TEXT", "https://e.com", "{device_pinValue[1]}", json!({"device_pinValue": [5, 6]}));
        let own = rendered("PLAIN_TEXT", "https://e.com", "{device_pinValue[1]}", json!({"device_pinValue[1]": 6}));
        assert_eq!((list.body.as_deref(), own.body.as_deref()), (Some("6"), Some("6")));
    }

    #[test]
    fn every_missing_value_is_named_at_once() {
        let spec =
            WebhookSpec::new("n", "DEVICE_ADDED", "https://e.com/{device_id}").method("GET").body("{devicename}");
        let findings = spec.render(&Map::new()).unwrap_err();
        assert_eq!(findings.len(), 2);
        assert!(findings[1].to_string().contains("{device_name}"), "{findings:?}");
    }

    #[test]
    fn debug_shows_no_secret() {
        let url = "https://me:hunter2@e.com/?token=hunter2";
        let request = rendered("PLAIN_TEXT", url, "hunter2", json!({}));
        assert!(!format!("{request:?}").contains("hunter2"));
    }

    #[test]
    fn a_value_cannot_climb_out_of_its_path() {
        let spec = WebhookSpec::new("n", "DEVICE_ADDED", "https://e.com/a/{device_name}/b").method("GET");
        assert!(spec.render(json!({"device_name": ".."}).as_object().unwrap()).is_err());
    }
}
