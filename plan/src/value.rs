//! JSON values as the file and the server write them: nothing in them is lost, and each knows its place.

use std::borrow::Cow;
use std::fmt;

use blynk_webhooks::bindings::MAX_DEPTH;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::source::Span;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) name_span: Span,
    pub(crate) node: Node,
}

/// A JSON value, or what stands for one in a file.
#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// The number as it was written.
    Number(Box<str>),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
    /// JSON text that no other value here can hold: a string with half of a surrogate pair, or what is nested deeper than
    /// [`MAX_DEPTH`].
    Raw(Box<str>),
    /// A string that is never shown.
    Secret(String),
    /// A secret of a reference that is not read yet, or that could not be read.
    Reference(Box<Reference>),
    /// The server's value, which is not compared.
    Keep,
}

/// How deep the arrays and objects of a JSON text are nested.
pub(crate) fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Where a secret is read from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reference {
    /// An environment variable.
    Env(String),
    /// A file, relative to the file that names it.
    File(String),
    /// A program and its arguments; the value is what it prints.
    Command(Vec<String>),
}

/// Hides what may be a secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Raw(text) if text.starts_with('[') => "an array",
            Self::Raw(text) if text.starts_with('{') => "an object",
            Self::String(_) | Self::Raw(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
            Self::Secret(_) | Self::Reference(_) => "a secret",
            Self::Keep => "the server's value",
        })
    }
}

impl Node {
    pub(crate) fn of(value: Value) -> Self {
        Self { value, span: Span::NONE }
    }
}

impl Member {
    pub(crate) fn of(name: impl Into<String>, node: Node) -> Self {
        Self { name: name.into(), name_span: Span::NONE, node }
    }
}

/// The member of this name.
pub(crate) fn find<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.name == name)
}

impl Value {
    /// Reads JSON text that is known to be JSON.
    pub(crate) fn parse(json: &str) -> Self {
        if depth(json) > MAX_DEPTH {
            return Self::Raw(json.into());
        }
        read(json, &|_| Span::NONE, &mut |_, _, _| {}).value
    }

    /// Reads the members of an object that is known to be JSON, each as [`Self::parse`] reads it.
    pub(crate) fn parse_members(json: &str) -> Option<Vec<Member>> {
        if depth(json) <= MAX_DEPTH {
            let Self::Object(members) = Self::parse(json) else { return None };
            return Some(members);
        }
        let Members(members) = serde_json::from_str(json).ok()?;
        let mut kept: Vec<Member> = Vec::with_capacity(members.len());
        for (name, raw) in members {
            kept.retain(|member| member.name != *name);
            kept.push(Member::of(name, Node::of(Self::parse(raw.get()))));
        }
        Some(kept)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Secret(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as JSON text, as it is sent. A reference is null.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, false);
        out
    }

    /// The one text of a value: members sorted, numbers normalized.
    pub(crate) fn canonical(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, true);
        out
    }

    fn write(&self, out: &mut String, canonical: bool) {
        match self {
            Self::Null | Self::Reference(_) | Self::Keep => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) if canonical => out.push_str(&normalized(text)),
            Self::Number(text) | Self::Raw(text) => out.push_str(text),
            Self::String(text) | Self::Secret(text) => quote(text, out),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    item.value.write(out, canonical);
                }
                out.push(']');
            }
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                if canonical {
                    members.sort_by(|a, b| a.name.cmp(&b.name));
                }
                out.push('{');
                for (index, member) in members.into_iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    quote(&member.name, out);
                    out.push(':');
                    member.node.value.write(out, canonical);
                }
                out.push('}');
            }
        }
    }

    /// What the value is, for a message.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Raw(text) if text.starts_with('[') => "an array",
            Self::Raw(text) if text.starts_with('{') => "a table",
            Self::String(_) | Self::Raw(_) | Self::Secret(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "a table",
            Self::Reference(_) => "a reference to a secret",
            Self::Keep => "{ keep = true }",
        }
    }
}

fn quote(text: &str, out: &mut String) {
    // A string always serializes.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Two values are equal when they say the same: the order of members and the way a number is written do not count.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) | (Self::Keep, Self::Keep) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b || normalized(a) == normalized(b),
            (Self::Raw(a), Self::Raw(b)) => a == b,
            (Self::String(a) | Self::Secret(a), Self::String(b) | Self::Secret(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.value == b.value),
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len() && a.iter().all(|a| find(b, &a.name).is_some_and(|b| a.node.value == b.node.value))
            }
            (Self::Reference(a), Self::Reference(b)) => a == b,
            _ => false,
        }
    }
}

/// A decimal number in the one way: `1.50`, `15e-1` and `1.5` are all `15e-1`.
fn normalized(text: &str) -> Cow<'_, str> {
    let plain = text.strip_prefix('-').unwrap_or(text);
    let is_plain_integer = plain.bytes().all(|byte| byte.is_ascii_digit()) && !plain.ends_with('0');
    if is_plain_integer {
        return Cow::Borrowed(text);
    }
    let (mantissa, exponent) = plain.split_once(['e', 'E']).unwrap_or((plain, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Cow::Borrowed("0");
    }
    let zeros = (digits.len() - significant.len()) as i64;
    let exponent = exponent
        .parse::<i64>()
        .ok()
        .and_then(|exponent| exponent.checked_sub(fraction.len() as i64)?.checked_add(zeros));
    let Some(exponent) = exponent else { return Cow::Borrowed(text) };
    let sign = if text.starts_with('-') { "-" } else { "" };
    Cow::Owned(match exponent {
        0 => format!("{sign}{significant}"),
        _ => format!("{sign}{significant}e{exponent}"),
    })
}

/// Reads JSON text. `place` gives the place of a part; `repeated` gets each member whose name is there twice,
/// of which the last value counts: the name, and both places.
pub(crate) fn read(json: &str, place: &dyn Fn(&str) -> Span, repeated: &mut dyn FnMut(&str, Span, Span)) -> Node {
    let value = match json.as_bytes().first() {
        Some(b'n') | None => Value::Null,
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'"') => match serde_json::from_str(json) {
            Ok(text) => Value::String(text),
            Err(_) => Value::Raw(json.into()),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(items) => Value::Array(items.into_iter().map(|item| read(item.get(), place, repeated)).collect()),
            Err(_) => Value::Raw(json.into()),
        },
        Some(b'{') => match serde_json::from_str::<Members<'_>>(json) {
            Ok(members) => Value::Object(object(members, place, repeated)),
            Err(_) => Value::Raw(json.into()),
        },
        Some(_) => Value::Number(json.into()),
    };
    Node { value, span: place(json) }
}

fn object(
    members: Members<'_>,
    place: &dyn Fn(&str) -> Span,
    repeated: &mut dyn FnMut(&str, Span, Span),
) -> Vec<Member> {
    // Looking through a short list is faster than hashing.
    const SHORT: usize = 32;
    let mut places = std::collections::HashMap::new();
    let is_long = members.0.len() > SHORT;
    let mut kept: Vec<Member> = Vec::with_capacity(members.0.len());
    for (name, raw) in members.0 {
        let node = read(raw.get(), place, repeated);
        let name_span = match &name {
            Cow::Borrowed(name) => place(name),
            Cow::Owned(_) => node.span,
        };
        let earlier = if is_long {
            let next = kept.len();
            Some(*places.entry(name.to_string()).or_insert(next)).filter(|index| *index < next)
        } else {
            kept.iter().position(|member| member.name == *name)
        };
        match earlier {
            Some(index) => {
                repeated(&name, kept[index].name_span, name_span);
                kept[index].node = node;
            }
            None => kept.push(Member { name: name.into_owned(), name_span, node }),
        }
    }
    kept
}

/// The members of an object, names borrowed if they contain no escapes.
struct Members<'de>(Vec<(Cow<'de, str>, &'de RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), raw)) = map.next_entry()? {
                    members.push((name, raw));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct Name<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.into())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_when_they_say_the_same() {
        let equal = |a: &str, b: &str| Value::parse(a) == Value::parse(b);
        for (a, b) in
            [("1", "1.0"), ("10", "1e1"), ("-0", "0.00"), ("1500", "15E+2"), ("0.5", "5e-1"), ("-2.50", "-25e-1")]
        {
            assert!(equal(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("1", "-1"),
            ("18446744073709551617", "18446744073709551618"),
            ("1e400", "1e401"),
            ("0.1", "0.10000000000000000001"),
            ("1", "10"),
            ("1e99999999999999999999", "1e99999999999999999998"),
        ] {
            assert!(!equal(a, b), "{a} {b}");
        }
    }

    #[test]
    fn what_was_read_is_written_again() {
        let text = r#"{"a":[1,2.50,1e400,null,true,"\u00e9\n"],"b":{"c":"\ud800"},"\"":{}}"#;
        let written = Value::parse(text).to_json();
        assert_eq!(written, r#"{"a":[1,2.50,1e400,null,true,"é\n"],"b":{"c":"\ud800"},"\"":{}}"#);
        assert!(Value::parse(&written) == Value::parse(text));
    }

    #[test]
    fn of_a_name_that_stands_twice_the_last_value_counts() {
        let mut seen = Vec::new();
        let node = read(r#"{"a":1,"b":2,"a":3}"#, &|_| Span::NONE, &mut |name, _, _| seen.push(name.to_owned()));
        assert_eq!((node.value.to_json().as_str(), seen), (r#"{"a":3,"b":2}"#, vec!["a".to_owned()]));
    }

    #[test]
    fn debug_shows_no_text() {
        assert_eq!(format!("{:?}", Value::parse(r#""hunter2""#)), "a string");
    }

    #[test]
    fn what_is_nested_too_deeply_stays_as_it_is_written() {
        let nested = |levels: usize| format!("{}\"[\\\"{{\"{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!((depth(&nested(5)), depth(r#"{"a":[{"b":1}],"c":"}["}"#), depth("1")), (5, 3, 0));
        assert!(matches!(Value::parse(&nested(MAX_DEPTH)), Value::Array(_)));
        let deep = nested(100_000);
        let Value::Raw(text) = Value::parse(&deep) else { panic!("it is taken apart") };
        assert_eq!(*text, *deep);
        let members = Value::parse_members(&format!(r#"{{"x":1,"y":{deep},"x":2}}"#)).unwrap();
        assert_eq!(members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["y", "x"]);
        assert_eq!((Value::Object(members).to_json()), format!(r#"{{"y":{deep},"x":2}}"#));
        let hidden = crate::redact::shown("new", &Value::parse(&deep)).to_string();
        assert_eq!(hidden, "\"***\"", "nobody has looked for secrets in it");
    }
}
