//! JSON whose numbers, order and unknown members survive, and the hiding of secrets in it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;
use zeroize::Zeroizing;

use blynk_webhooks::bindings::{MAX_DEPTH, field, is_secret_name, oauth2, without_credentials};

/// The version of every JSON document that the program prints. It changes where a member changes its meaning or goes.
pub const JSON_VERSION: u32 = 1;

/// Stands in the place of a secret. A spec that holds it is never sent.
pub const REDACTED: &str = "<redacted>";

/// A JSON value: members in their order, everything else as the text it was written in.
#[derive(Clone, Debug)]
pub enum Tree {
    /// An object.
    Object(Vec<(String, Tree)>),
    /// An array.
    Array(Vec<Tree>),
    /// A string, a number, a boolean or null; what is nested too deeply, where [`Tree::of_server`] has read it.
    Leaf(Box<RawValue>),
}

impl Tree {
    /// Reads a JSON text.
    ///
    /// # Errors
    /// If it is not JSON or is nested too deeply.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str::<Self>(text)
    }

    /// Reads a JSON text of the server. What is nested too deeply stays one text: a server may hold it, and it is not lost.
    #[must_use]
    pub fn of_server(text: &str) -> Self {
        let raw: serde_json::Result<&RawValue> = serde_json::from_str(text);
        raw.and_then(|raw| read(raw, 0, TooDeep::Keep)).unwrap_or_else(|_| Self::from(Value::from(text)))
    }

    /// An object of these members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// The member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        match self {
            Self::Leaf(raw) => serde_json::from_str(raw.get()).ok(),
            _ => None,
        }
    }

    /// The value as one line of JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Serializing into a string fails only where a `Serialize` fails by itself; this one does not.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// True if a string of it is [`REDACTED`].
    #[must_use]
    pub fn holds_redacted(&self) -> bool {
        match self {
            Self::Object(members) => members.iter().any(|(_, value)| value.holds_redacted()),
            Self::Array(items) => items.iter().any(Self::holds_redacted),
            Self::Leaf(_) => self.as_text().as_deref() == Some(REDACTED),
        }
    }
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        match value {
            Value::Object(members) => Self::object(members.into_iter().map(|(name, value)| (name, Self::from(value)))),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            // A leaf always serializes: its numbers are finite.
            leaf => Self::Leaf(RawValue::from_string(leaf.to_string()).unwrap_or_default()),
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(members) => serializer.collect_map(members.iter().map(|(name, value)| (name, value))),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Leaf(raw) => raw.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(<&RawValue>::deserialize(deserializer)?, 0, TooDeep::Refuse).map_err(D::Error::custom)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TooDeep {
    Refuse,
    Keep,
}

fn read(raw: &RawValue, depth: usize, too_deep: TooDeep) -> serde_json::Result<Tree> {
    match raw.get().as_bytes().first() {
        Some(b'{' | b'[') if depth > MAX_DEPTH => match too_deep {
            TooDeep::Refuse => Err(serde_json::Error::custom("the value is nested too deeply")),
            TooDeep::Keep => Ok(Tree::Leaf(raw.to_owned())),
        },
        Some(b'{') => {
            let Members(members) = serde_json::from_str(raw.get())?;
            let read = members.into_iter().map(|(name, value)| Ok((name, read(value, depth + 1, too_deep)?)));
            read.collect::<serde_json::Result<_>>().map(Tree::Object)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw.get())?;
            let read = items.into_iter().map(|item| read(item, depth + 1, too_deep));
            read.collect::<serde_json::Result<_>>().map(Tree::Array)
        }
        _ => Ok(Tree::Leaf(raw.to_owned())),
    }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A webhook or spec without its secrets, by the names of the members that hold them.
#[must_use]
pub fn redact(mut webhook: Tree) -> Tree {
    for_secrets(&mut webhook, &mut |secret| *secret = Value::from(REDACTED).into());
    hide_in_urls(&mut webhook);
    webhook
}

/// Credentials in every text that is a URL.
fn hide_in_urls(value: &mut Tree) {
    match value {
        Tree::Object(members) => members.iter_mut().for_each(|(_, value)| hide_in_urls(value)),
        Tree::Array(items) => items.iter_mut().for_each(hide_in_urls),
        Tree::Leaf(_) => {
            let is_url = |text: &String| text.starts_with("http://") || text.starts_with("https://");
            if let Some(url) = value.as_text().filter(is_url) {
                let shown = without_credentials(&url);
                if shown != url {
                    *value = Value::from(shown).into();
                }
            }
        }
    }
}

/// The credentials of a URL, to look for them where somebody may repeat them.
#[must_use]
pub fn secrets_of_url(url: &str) -> Vec<Zeroizing<String>> {
    let Ok(parsed) = Url::parse(url) else { return Vec::new() };
    let hidden = Url::parse(&without_credentials(url));
    let hidden: Vec<_> = hidden.iter().flat_map(Url::query_pairs).collect();
    let pairs = parsed.query().unwrap_or_default().split('&').zip(hidden);
    let in_query = pairs.filter(|(_, (_, value))| value == "***").filter_map(|(pair, _)| pair.split_once('='));
    let texts = in_query.map(|(_, value)| value).chain(parsed.password());
    let long_enough = texts.filter(|text| text.len() >= MIN_SECRET_LEN);
    long_enough.map(|text| Zeroizing::new(text.to_owned())).collect()
}

/// What is shorter would be found within words.
const MIN_SECRET_LEN: usize = 6;

/// The texts that [`redact`] hides, but for those in URLs, to look for them where somebody may repeat them.
#[must_use]
pub fn secrets(webhook: &Tree) -> Vec<Zeroizing<String>> {
    let mut found = Vec::new();
    for_secrets(&mut webhook.clone(), &mut |secret| {
        let text = secret.as_text().unwrap_or_else(|| secret.to_text());
        if text.len() >= MIN_SECRET_LEN {
            found.push(Zeroizing::new(text));
        }
    });
    found
}

/// Calls a function with each value of a webhook that may be a secret.
fn for_secrets(webhook: &mut Tree, secret: &mut impl FnMut(&mut Tree)) {
    let Tree::Object(members) = webhook else { return };
    for (name, value) in members {
        match name.as_str() {
            field::OAUTH2_REQUEST => for_other_leaves(value, &[oauth2::CLIENT_ID, oauth2::TOKEN_URL], secret),
            name if field::SETTABLE.contains(&name) || field::READ_ONLY.contains(&name) => {}
            _ if is_secret_name(name) => for_leaves(value, secret),
            _ => for_named(value, secret),
        }
    }
}

/// Every leaf below a value but null and the empty text.
fn for_leaves(value: &mut Tree, secret: &mut impl FnMut(&mut Tree)) {
    match value {
        Tree::Object(members) => members.iter_mut().for_each(|(_, value)| for_leaves(value, secret)),
        Tree::Array(items) => items.iter_mut().for_each(|item| for_leaves(item, secret)),
        Tree::Leaf(raw) if raw.get() == "null" || raw.get() == "\"\"" => {}
        Tree::Leaf(_) => secret(value),
    }
}

/// Every leaf below the members but those that only name a client or a place.
fn for_other_leaves(value: &mut Tree, shown: &[&str], secret: &mut impl FnMut(&mut Tree)) {
    match value {
        Tree::Object(members) => {
            let hidden = members.iter_mut().filter(|(name, _)| !shown.contains(&name.as_str()));
            hidden.for_each(|(_, value)| for_leaves(value, secret));
        }
        other => for_leaves(other, secret),
    }
}

/// The leaves of an unknown field below members whose names say that they hold a secret.
fn for_named(value: &mut Tree, secret: &mut impl FnMut(&mut Tree)) {
    match value {
        Tree::Object(members) => {
            for (name, value) in members {
                if is_secret_name(name) { for_leaves(value, secret) } else { for_named(value, secret) }
            }
        }
        Tree::Array(items) => items.iter_mut().for_each(|item| for_named(item, secret)),
        // Nobody has looked for secrets in what is nested too deeply.
        Tree::Leaf(raw) if raw.get().starts_with(['{', '[']) => secret(value),
        Tree::Leaf(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_on_the_way() {
        let text = r#"{"b":18446744073709551617,"a":[1e400,-0.0,{"x":"\u0041"}],"b":null}"#;
        assert_eq!(Tree::parse(text).unwrap().to_text(), text);
        assert!(Tree::parse(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_err());
    }

    #[test]
    fn the_credentials_of_a_url_are_found() {
        let found = secrets_of_url("https://me:hunter22@e.com/?a=1&api_key=hunter%203&token=short#x");
        assert_eq!(found.iter().map(|secret| secret.as_str()).collect::<Vec<_>>(), ["hunter%203", "hunter22"]);
        assert!(secrets_of_url("https://e.com/?a=1").is_empty() && secrets_of_url("no URL").is_empty());
    }

    #[test]
    fn secrets_are_hidden_by_the_names_of_their_fields() {
        let text = r#"{"name":"hunter2","url":"https://a:hunter2@e.com/?token=hunter2","oAuth2Request":{"clientId":"x","clientSecret":"hunter2","scope":["hunter2"]},
            "basicAuth":{"username":"u","password":"hunter2"},"headers":[{"name":"X","value":"hunter2"}],"formBody":{"k":"v","api-key":"hunter2","at":"https://a:hunter2@e.com"},"n":5}"#;
        let shown = redact(Tree::parse(text).unwrap());
        assert_eq!(shown.to_text().matches("hunter2").count(), 1, "{}", shown.to_text());
        assert!(
            shown.to_text().contains(r#""formBody":{"k":"v","api-key":"<redacted>","at":"https://***@e.com"},"n":5"#),
            "{}",
            shown.to_text()
        );
        let found = secrets(&Tree::parse(text).unwrap());
        assert_eq!(found.iter().filter(|secret| secret.as_str() == "hunter2").count(), 5, "{found:?}");
        assert!(shown.holds_redacted() && !Tree::parse(text).unwrap().holds_redacted());
    }

    #[test]
    fn what_is_nested_too_deeply_is_kept_and_hidden() {
        let deep = format!("{}\"hunter2\"{}", "[".repeat(100_000), "]".repeat(100_000));
        let text = format!(r#"{{"id":1,"name":"A","new":{{"password":"hunter2","x":{deep}}}}}"#);
        let tree = Tree::of_server(&text);
        assert_eq!(tree.to_text(), text);
        let shown = redact(tree).to_text();
        assert!(shown.starts_with(r#"{"id":1,"name":"A","new":{"password":"<redacted>","x":["#), "{}", &shown[..80]);
        assert!(!shown.contains("hunter2") && shown.len() < 1_000);
    }
}
