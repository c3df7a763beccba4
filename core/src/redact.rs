//! What may be shown: one rule for errors, logs, `Debug`, `repr` and `inspect`, in every language.

use http::HeaderMap;

use crate::surface::{Field, oauth2};

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "***";

/// Names of query parameters that hold a secret, without `-`, `_` and `.`.
const SECRET_PARAMETERS: [&str; 7] = ["auth", "code", "key", "pass", "pwd", "sig", "jwt"];
/// Parts of such names.
const SECRET_PARTS: [&str; 9] =
    ["accesskey", "apikey", "authkey", "authorization", "credential", "passw", "secret", "signature", "token"];

/// True for the name of a query parameter that usually holds a secret.
pub(crate) fn is_secret_parameter(name: &str) -> bool {
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
    let name: String = name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    SECRET_PARAMETERS.contains(&&*name) || SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// Words in the name of a member that usually holds a secret. The wire names of Basic credentials and of headers are not published.
const SECRET_WORDS: [&str; 13] = [
    "secret",
    "password",
    "passwd",
    "token",
    "apikey",
    "authorization",
    "basicauth",
    "credential",
    "privatekey",
    "accesskey",
    "signature",
    "header",
    "cookie",
];

/// True for the name of a member, of a field that this version does not know, that usually holds a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let folded: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    folded.ends_with("auth") || SECRET_WORDS.iter().any(|word| folded.contains(word))
}

/// A URL without user name and password, and without the values of parameters that usually hold a secret.
#[must_use]
pub fn url(url: &str) -> String {
    let mut shown = String::with_capacity(url.len());
    for part in parts(url) {
        match part {
            UrlPart::Shown(text) => shown.push_str(text),
            UrlPart::Secret(_) => shown.push_str(HIDDEN),
        }
    }
    shown
}

enum UrlPart<'a> {
    Shown(&'a str),
    Secret(&'a str),
}

/// The parts of a URL, in their order.
fn parts(url: &str) -> Vec<UrlPart<'_>> {
    let address_end = url.find(['?', '#']).unwrap_or(url.len());
    let (address, parameters) = url.split_at(address_end);
    let mut parts = Vec::new();
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let scheme = address.find("://").filter(|colon| is_scheme(&address[..*colon])).map_or(0, |colon| colon + 3);
    let authority_end = address[scheme..].find('/').map_or(address.len(), |slash| scheme + slash);
    match address[scheme..authority_end].rfind('@') {
        Some(at) => {
            parts.push(UrlPart::Shown(&address[..scheme]));
            parts.push(UrlPart::Secret(&address[scheme..scheme + at]));
            parts.push(UrlPart::Shown(&address[scheme + at..]));
        }
        None => parts.push(UrlPart::Shown(address)),
    }
    // Query and fragment: names and values between `?`, `#` and `&`.
    for parameter in parameters.split_inclusive(['?', '#', '&']) {
        let end = parameter.trim_end_matches(['?', '#', '&']).len();
        match parameter[..end].split_once('=') {
            Some((name, value)) if is_secret_parameter(name) => {
                parts.push(UrlPart::Shown(&parameter[..=name.len()]));
                parts.push(UrlPart::Secret(value));
                parts.push(UrlPart::Shown(&parameter[end..]));
            }
            _ => parts.push(UrlPart::Shown(parameter)),
        }
    }
    parts
}

/// JSON of a field's value, as it may be shown.
pub(crate) fn field(field: Field, json: &str) -> String {
    if field.info().secret {
        return format!("\"{HIDDEN}\"");
    }
    match (field, serde_json::from_str::<String>(json)) {
        (Field::Url, Ok(text)) => serde_json::Value::from(url(&text)).to_string(),
        _ => json.into(),
    }
}

/// Texts that must not be shown, e.g. where a server repeats them in its response.
#[derive(Default)]
pub(crate) struct Secrets {
    texts: Vec<String>,
}

/// Headers whose values are no secrets; those of all others may be.
const PLAIN_HEADERS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "baggage",
    "cache-control",
    "content-language",
    "from",
    "origin",
    "priority",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-correlation-id",
    "x-request-id",
];

impl Secrets {
    /// Length in bytes from which a text is taken for a secret: a shorter one would be found within words.
    const MIN_LEN: usize = 6;
    /// Most secrets that are looked for. A text that may hold more is not shown at all.
    const MAX: usize = 2_000;

    pub(crate) fn add(&mut self, text: impl Into<String>) {
        let text = text.into();
        if text.len() >= Self::MIN_LEN && self.texts.len() <= Self::MAX && !self.texts.contains(&text) {
            self.texts.push(text);
        }
    }

    /// The values of headers, but for those that never are secrets.
    pub(crate) fn add_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            let Ok(value) = value.to_str() else { continue };
            if !PLAIN_HEADERS.contains(&name.as_str()) {
                self.add(value);
                // `Bearer …` and the like.
                if let Some((_, credential)) = value.split_once(' ') {
                    self.add(credential);
                }
            }
        }
    }

    /// User name, password and secret parameters of a URL, each as it is written and decoded.
    pub(crate) fn add_url(&mut self, url: &str) {
        let add = |secrets: &mut Self, text: &str| {
            secrets.add(text);
            secrets.add(percent_encoding::percent_decode_str(text).decode_utf8_lossy());
        };
        for part in parts(url) {
            if let UrlPart::Secret(text) = part {
                add(self, text);
                text.split(':').for_each(|part| add(self, part));
            }
        }
    }

    /// A string of an OAuth2 configuration or of an unknown field. `name` is that of the member it stands in.
    pub(crate) fn add_member(&mut self, field: Option<Field>, name: &str, text: &str) {
        match (field, name) {
            (Some(Field::OAuth2Request), oauth2::CLIENT_ID) => {}
            (Some(Field::OAuth2Request), oauth2::TOKEN_URL) => self.add_url(text),
            _ => self.add(text),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Replaces the secrets in a text, also where JSON, a URL, a form or HTML has escaped them.
    pub(crate) fn hide(&self, text: &mut String) {
        if self.texts.len() > Self::MAX {
            *text = HIDDEN.into();
            return;
        }
        // A secret may be part of another.
        let mut secrets: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            if text.contains(secret) {
                *text = text.replace(secret, HIDDEN);
            }
            if text.contains(['\\', '%', '&', '+']) {
                hide_escaped(text, secret);
            }
        }
    }
}

/// Replaces a secret that is written with escapes.
fn hide_escaped(text: &mut String, secret: &str) {
    let mut shown: Option<String> = None;
    let mut done = 0;
    let mut at = 0;
    while at < text.len() {
        match escaped_end(&text.as_bytes()[at..], secret.as_bytes()) {
            Some(length) => {
                let shown = shown.get_or_insert_default();
                shown.push_str(&text[done..at]);
                shown.push_str(HIDDEN);
                at += length;
                done = at;
            }
            None => at += 1,
        }
    }
    if let Some(mut shown) = shown {
        shown.push_str(&text[done..]);
        *text = shown;
    }
}

/// Length of the secret that a text begins with, whatever escapes it is written with.
fn escaped_end(text: &[u8], secret: &[u8]) -> Option<usize> {
    let (mut at, mut matched) = (0, 0);
    while matched < secret.len() {
        let wanted = &secret[matched..];
        let (length, count) = unit(text.get(at..)?, wanted)?;
        at += length;
        matched += count;
    }
    Some(at)
}

/// How many bytes of the text stand for how many of what is wanted.
fn unit(text: &[u8], wanted: &[u8]) -> Option<(usize, usize)> {
    let first = *text.first()?;
    match first {
        // JSON within JSON writes backslashes before backslashes.
        b'\\' => {
            let run = text.iter().take_while(|byte| **byte == b'\\').count();
            let escape = json_escape(&text[run..]);
            if wanted[0] == b'\\' && escape.is_none_or(|(character, _)| character != '\\') {
                return Some((run, wanted.iter().take_while(|byte| **byte == b'\\').count()));
            }
            let (character, length) = escape?;
            starts_with(wanted, character).map(|count| (run + length, count))
        }
        b'%' if hex(text.get(1..3)?) == Some(u32::from(wanted[0])) => Some((3, 1)),
        b'+' if wanted[0] == b' ' => Some((1, 1)),
        b'&' if html_entity(text).is_some_and(|(character, _)| starts_with(wanted, character).is_some()) => {
            let (character, length) = html_entity(text)?;
            starts_with(wanted, character).map(|count| (length, count))
        }
        _ => (first == wanted[0]).then_some((1, 1)),
    }
}

/// The character after the backslash of a JSON escape, and the length of what names it.
fn json_escape(text: &[u8]) -> Option<(char, usize)> {
    let simple = |character| Some((character, 1));
    match text.first()? {
        b'u' => {
            let code = hex(text.get(1..5)?)?;
            if !(0xD800..0xDC00).contains(&code) {
                return char::from_u32(code).map(|character| (character, 5));
            }
            let low = text.get(5..)?;
            let run = low.iter().take_while(|byte| **byte == b'\\').count();
            let low = hex(low.get(run..)?.strip_prefix(b"u")?.get(..4)?)?;
            let code = 0x1_0000 + ((code - 0xD800) << 10) + low.checked_sub(0xDC00)?;
            char::from_u32(code).map(|character| (character, 10 + run))
        }
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        other @ (b'"' | b'/' | b'\'') => simple(char::from(*other)),
        _ => None,
    }
}

/// The character of an HTML entity, and its length.
fn html_entity(text: &[u8]) -> Option<(char, usize)> {
    const NAMED: [(&str, char); 5] = [("amp", '&'), ("quot", '"'), ("apos", '\''), ("lt", '<'), ("gt", '>')];
    let end = text.iter().take(10).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&text[1..end]).ok()?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((character, end + 1))
}

fn hex(digits: &[u8]) -> Option<u32> {
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(digits).ok().filter(|_| is_hex).and_then(|digits| u32::from_str_radix(digits, 16).ok())
}

/// Length of the character that the bytes begin with, if they do.
fn starts_with(bytes: &[u8], character: char) -> Option<usize> {
    let mut buffer = [0; 4];
    let encoded = character.encode_utf8(&mut buffer).as_bytes();
    bytes.starts_with(encoded).then_some(encoded.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_any_spelling() {
        for name in ["basicAuth", "auth", "X-Api-Key", "client_secret", "headers", "Authorization", "refreshToken"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["author", "authType", "formBody", "key", "name"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn credentials_in_a_url_are_hidden() {
        for (given, shown) in [
            ("https://a:b@c.d/e@f", "https://***@c.d/e@f"),
            ("https://c.d/e@f", "https://c.d/e@f"),
            ("a:b@c.d/e", "***@c.d/e"),
            ("a:b@c.d/e://f", "***@c.d/e://f"),
            ("a:b@c.d?next=http://e", "***@c.d?next=http://e"),
            ("https:a:b@c.d", "***@c.d"),
            ("https://c.d/?a=b@c&Token=x&n=1#f@g?", "https://c.d/?a=b@c&Token=***&n=1#f@g?"),
            ("https://c.d/?X-Api-Key=x&author=y&api%5Fkey=z", "https://c.d/?X-Api-Key=***&author=y&api%5Fkey=***"),
            ("https://c.d/#access_token=x&state=y", "https://c.d/#access_token=***&state=y"),
            ("https://c.d/?sig=a=b&key=", "https://c.d/?sig=***&key=***"),
            ("", ""),
        ] {
            assert_eq!(url(given), shown);
        }
    }

    fn hidden(secret: &str, text: &str) -> String {
        let mut secrets = Secrets::default();
        secrets.add(secret);
        let mut text = text.to_owned();
        secrets.hide(&mut text);
        text
    }

    #[test]
    fn a_secret_is_found_however_it_is_escaped() {
        let secret = "a/b\"c\\d é\u{1f600}&+%";
        for written in [
            secret,
            r#"a/b\"c\\d é😀&+%"#,
            r#"a\/b\"c\\d \u00e9\ud83d\ude00&+%"#,
            r"\u0061\u002Fb\u0022c\u005cd\u0020\u00E9\uD83D\uDE00\u0026\u002b\u0025",
            r#"a\\/b\\\"c\\\\d \\u00e9\\ud83d\\ude00&+%"#,
            "a%2Fb%22c%5Cd%20%C3%A9%F0%9F%98%80%26%2B%25",
            "a%2Fb%22c%5cd+%c3%a9%F0%9f%98%80%26%2b%25",
            "a/b&quot;c\\d &#233;&#x1F600;&amp;+%",
        ] {
            assert_eq!(hidden(secret, &format!("ü {written}{written} \\ü%")), "ü ****** \\ü%", "{written}");
        }
        assert_eq!(hidden("hunter2", r"hunter1 \u0068unter2 hunter"), "hunter1 *** hunter");
        assert_eq!(hidden("short", "short"), "short");
    }

    #[test]
    fn secrets_of_headers_and_urls() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-key", "Bearer hunter2"), ("accept", "application/json"), ("x-request-id", "request-7")]
        {
            headers.insert(name, value.parse().unwrap());
        }
        let mut secrets = Secrets::default();
        secrets.add_headers(&headers);
        secrets.add_url("https://me:hun%20ter3@e.com/?token=hunter44");
        let mut text = "hunter2 application/json request-7 hun ter3 hun%20ter3 hunter44 me".to_owned();
        secrets.hide(&mut text);
        assert_eq!(text, "*** application/json request-7 *** *** *** me");
    }

    #[test]
    fn what_may_hold_very_many_secrets_is_not_shown() {
        let mut secrets = Secrets::default();
        (0..3_000).for_each(|n| secrets.add(format!("secret-{n}")));
        let mut text = "secret-2999".to_owned();
        secrets.hide(&mut text);
        assert_eq!(text, HIDDEN);
    }
}
