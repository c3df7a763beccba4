//! Which values are secret, by the field they stand in, and what is shown in their place.
//!
//! Three places hold secrets: `oAuth2Request` but for the client's ID and the token's URL, credentials in the URL, and
//! fields this version does not know, whose content is unknown.

use blynk_webhooks::bindings::is_secret_name;
use blynk_webhooks::{field, oauth2, without_credentials};
use serde_json::Value as Shown;

use crate::value::{Member, Node, Value};

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "***";
/// The same, if it differs from the value that it is compared with.
pub(crate) const HIDDEN_DIFFERS: &str = "*** (differs)";

/// Where a value stands: what is known of it by the names above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The contract names the field, and it holds no secret.
    Open,
    /// Inside of `oAuth2Request`.
    OAuth2,
    /// Inside of a field that this version does not know: hidden, and perhaps a secret.
    Unknown,
    /// A secret by the names above it.
    Secret,
}

impl Place {
    pub(crate) fn of_field(name: &str) -> Self {
        match name {
            field::OAUTH2_REQUEST => Self::OAuth2,
            _ if field::SETTABLE.contains(&name) => Self::Open,
            _ if is_secret_name(name) => Self::Secret,
            _ => Self::Unknown,
        }
    }

    /// The place of a member of this place.
    pub(crate) fn member(self, name: &str) -> Self {
        match self {
            Self::OAuth2 if name != oauth2::CLIENT_ID && name != oauth2::TOKEN_URL => Self::Secret,
            Self::OAuth2 => Self::Open,
            Self::Unknown if is_secret_name(name) => Self::Secret,
            _ => self,
        }
    }

    pub(crate) fn is_hidden(self) -> bool {
        matches!(self, Self::Unknown | Self::Secret)
    }

    /// True if the server may answer with a mask, or not at all.
    pub(crate) fn is_secret(self) -> bool {
        self == Self::Secret
    }
}

/// Calls `visit` with each scalar of a field's value and its place.
pub(crate) fn visit_scalars<'a>(name: &str, node: &'a Node, visit: &mut dyn FnMut(Place, &'a Node)) {
    fn walk<'a>(place: Place, node: &'a Node, visit: &mut dyn FnMut(Place, &'a Node)) {
        match &node.value {
            Value::Array(items) => items.iter().for_each(|item| walk(place, item, visit)),
            Value::Object(members) => {
                members.iter().for_each(|member| walk(place.member(&member.name), &member.node, visit));
            }
            _ => visit(place, node),
        }
    }
    walk(Place::of_field(name), node, visit);
}

/// True for a string that a server writes in the place of a secret.
pub(crate) fn is_mask(text: &str) -> bool {
    const MASKING: [char; 4] = ['*', '•', '●', '·'];
    let text = text.trim();
    let masked = text.chars().filter(|c| MASKING.contains(c)).count();
    let named = text.trim_matches(['<', '>', '[', ']', '(', ')', '{', '}']).to_ascii_lowercase();
    text.is_empty()
        || masked >= 3
        || (masked > 0 && masked == text.chars().count())
        || matches!(named.as_str(), "hidden" | "masked" | "redacted")
}

/// A field before and after, as both may be shown. Secrets are hidden; that they differ is not.
pub(crate) fn shown_pair(name: &str, before: Option<&Value>, after: Option<&Value>) -> (Option<Shown>, Option<Shown>) {
    let place = Place::of_field(name);
    let show = |value: Option<&Value>, other: Option<&Value>, differs: bool| {
        value.map(|value| show(place, value, other, differs, name == field::URL))
    };
    (show(before, after, false), show(after, before, true))
}

/// A field as it may be shown.
pub(crate) fn shown(name: &str, value: &Value) -> Shown {
    show(Place::of_field(name), value, None, false, name == field::URL)
}

/// `other` is the same value on the other side: what is secret there is secret here.
fn show(place: Place, value: &Value, other: Option<&Value>, mark: bool, is_url: bool) -> Shown {
    let hidden = |value: &Value| {
        let differs = mark && other.is_some_and(|other| other != value);
        Shown::from(if differs { HIDDEN_DIFFERS } else { HIDDEN })
    };
    let hides = |value: &Value| matches!(value, Value::Secret(_) | Value::Reference(_));
    match value {
        Value::Null => Shown::Null,
        Value::Keep => Shown::from("(kept)"),
        _ if hides(value) || other.is_some_and(hides) => hidden(value),
        Value::Array(items) => {
            let others = match other {
                Some(Value::Array(items)) => items.as_slice(),
                _ => &[],
            };
            let other = |index: usize| others.get(index).map(|node| &node.value);
            items.iter().enumerate().map(|(index, item)| show(place, &item.value, other(index), mark, is_url)).collect()
        }
        Value::Object(members) => {
            let others = match other {
                Some(Value::Object(members)) => members.as_slice(),
                _ => &[],
            };
            let shown = members.iter().map(|Member { name, node, .. }| {
                let other = crate::value::find(others, name).map(|member| &member.node.value);
                let is_url = place == Place::OAuth2 && name == oauth2::TOKEN_URL;
                (name.clone(), show(place.member(name), &node.value, other, mark, is_url))
            });
            Shown::Object(shown.collect())
        }
        _ if place.is_hidden() => hidden(value),
        Value::String(text) if is_url => {
            let shown = without_credentials(text);
            let other = other.and_then(Value::as_str);
            match other {
                Some(other) if mark && other != text && without_credentials(other) == shown => {
                    Shown::from(format!("{shown} (a hidden part differs)"))
                }
                _ => Shown::from(shown),
            }
        }
        Value::Bool(flag) => Shown::from(*flag),
        Value::String(text) => Shown::from(text.as_str()),
        // Beyond what `serde_json` holds exactly, the digits are shown as text.
        Value::Number(text) => match serde_json::from_str::<Shown>(text) {
            Ok(number) => {
                let written = number.to_string();
                if *written == **text { number } else { Shown::from(&**text) }
            }
            Err(_) => Shown::from(&**text),
        },
        // Nobody has looked for secrets in what is nested too deeply.
        Value::Raw(text) if text.starts_with(['[', '{']) => hidden(value),
        Value::Raw(text) => Shown::from(&**text),
        Value::Secret(_) | Value::Reference(_) => Shown::from(HIDDEN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_known_and_secrets_are_not_taken_for_them() {
        for mask in ["", "***", "********", "ab***", "****1234", "••••", "<redacted>", "[HIDDEN]", "*"] {
            assert!(is_mask(mask), "{mask}");
        }
        for secret in ["hunter2", "a*b", "Xx1", "s3cr3t**", "secret", "xxx"] {
            assert!(!is_mask(secret), "{secret}");
        }
    }

    #[test]
    fn secrets_are_hidden_by_field_and_their_difference_is_told() {
        let value = Value::parse;
        let before = value(r#"{"clientId":"a","clientSecret":"hunter2","tokenUrl":"https://t"}"#);
        let after = value(r#"{"clientId":"b","clientSecret":"hunter3","tokenUrl":"https://t"}"#);
        let (shown_before, shown_after) = shown_pair("oAuth2Request", Some(&before), Some(&after));
        assert_eq!(
            shown_before.unwrap().to_string(),
            r#"{"clientId":"a","clientSecret":"***","tokenUrl":"https://t"}"#
        );
        assert_eq!(
            shown_after.unwrap().to_string(),
            r#"{"clientId":"b","clientSecret":"*** (differs)","tokenUrl":"https://t"}"#
        );
        let token_url = value(r#"{"tokenUrl":"https://me:hunter2@t/?key=hunter3"}"#);
        assert_eq!(shown("oAuth2Request", &token_url).to_string(), r#"{"tokenUrl":"https://***@t/?key=***"}"#);
        let (_, url) = shown_pair("url", Some(&value(r#""https://a:b@c/""#)), Some(&value(r#""https://a:d@c/""#)));
        assert_eq!(url.unwrap(), "https://***@c/ (a hidden part differs)");
        let (before, after) = shown_pair("formBody", Some(&value(r#"{"a":[1]}"#)), Some(&value(r#"{"a":[2]}"#)));
        assert_eq!(
            (before.unwrap().to_string(), after.unwrap().to_string()),
            (r#"{"a":["***"]}"#.to_owned(), r#"{"a":["*** (differs)"]}"#.to_owned())
        );
    }

    #[test]
    fn what_is_a_secret_on_one_side_is_hidden_on_both() {
        let (before, after) =
            shown_pair("body", Some(&Value::parse(r#""old hunter2""#)), Some(&Value::Secret("hunter2".into())));
        assert_eq!((before.unwrap(), after.unwrap()), (HIDDEN.into(), HIDDEN_DIFFERS.into()));
    }
}
