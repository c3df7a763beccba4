//! What may be shown: one rule for errors, logs, `Debug`, `repr` and `inspect`, in every language.

use serde_json::Value;

use crate::surface::{Field, oauth2};

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "***";

/// Query parameters that usually hold a secret.
const SECRET_PARAMETERS: [&str; 9] =
    ["access_token", "api_key", "apikey", "auth", "key", "password", "secret", "signature", "token"];

/// True for the name of a query parameter that usually holds a secret.
pub(crate) fn is_secret_parameter(name: &str) -> bool {
    SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str())
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
    let (address, rest) = url.split_at(url.find('?').unwrap_or(url.len()));
    let address = without_user(address);
    let (query, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
    let Some(query) = query.strip_prefix('?') else { return address + rest };
    let parameters: Vec<_> = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if is_secret_parameter(name) => format!("{name}={HIDDEN}"),
            _ => parameter.to_owned(),
        })
        .collect();
    format!("{address}?{}{fragment}", parameters.join("&"))
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

/// The strings of an OAuth2 configuration that do not only name a client or a place.
pub(crate) fn strings_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings_in(item, found)),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| *name != oauth2::CLIENT_ID && *name != oauth2::TOKEN_URL)
            .for_each(|(_, value)| strings_in(value, found)),
        _ => {}
    }
}

fn without_user(url: &str) -> String {
    let start = url.find("://").map_or(0, |colon| colon + "://".len());
    let rest = &url[start..];
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{}{HIDDEN}{}", &url[..start], &rest[at..]),
        None => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_secret_name, url as shown};

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
        assert_eq!(shown("https://a:b@c.d/e@f"), "https://***@c.d/e@f");
        assert_eq!(shown("https://c.d/e@f"), "https://c.d/e@f");
        assert_eq!(shown("a:b@c.d/e"), "***@c.d/e");
        assert_eq!(shown("https://c.d/?a=b@c&Token=x&n=1#f@g?"), "https://c.d/?a=b@c&Token=***&n=1#f@g?");
        assert_eq!(shown("https:a:b@c.d"), "***@c.d");
    }
}
