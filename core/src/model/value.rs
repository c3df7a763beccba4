//! A value of a field, whichever field it is: how it is read from JSON, shown, compared and written.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::value::RawValue;

use super::json::{Json, parse_integer};
use crate::surface::Field;
use crate::surface::enums::WireEnum;
use crate::violation::{Code, MAX_LISTED, Violation, shorten};

/// The value of a field of a [`WebhookSpec`](super::WebhookSpec) or a [`Webhook`](super::Webhook). The field's
/// [`kind`](crate::FieldInfo::kind) says which variant it has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FieldValue<'a> {
    /// A string.
    Text(&'a str),
    /// The wire name of an enum's member, or a value newer than this version.
    Enum(&'a str),
    /// A JSON object, as JSON text.
    Object(&'a str),
    /// An array of integers.
    Integers(Cow<'a, [i64]>),
    /// An integer: a number, or milliseconds since 1970.
    Integer(i64),
}

impl FieldValue<'_> {
    /// The value as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        match self {
            Self::Text(text) | Self::Enum(text) => super::json::encode_string(text),
            Self::Object(json) => (*json).to_owned(),
            Self::Integers(integers) => {
                format!("[{}]", integers.iter().map(i64::to_string).collect::<Vec<_>>().join(","))
            }
            Self::Integer(integer) => integer.to_string(),
        }
    }
}

impl PartialEq for FieldValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) | (Self::Enum(one), Self::Enum(other)) => one == other,
            (Self::Object(one), Self::Object(other)) => super::json::says_the_same(one, other),
            (Self::Integers(one), Self::Integers(other)) => one == other,
            (Self::Integer(one), Self::Integer(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for FieldValue<'_> {}

impl Hash for FieldValue<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Text(text) | Self::Enum(text) => text.hash(state),
            Self::Object(json) => super::json::digest(json).hash(state),
            Self::Integers(integers) => integers.hash(state),
            Self::Integer(integer) => integer.hash(state),
        }
    }
}

impl Serialize for FieldValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) | Self::Enum(text) => serializer.serialize_str(text),
            Self::Object(json) => {
                serde_json::from_str::<&RawValue>(json).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::Integers(integers) => integers.serialize(serializer),
            Self::Integer(integer) => serializer.serialize_i64(*integer),
        }
    }
}

/// A type that the table of fields gives to a field of a specification.
pub(crate) trait FieldType: Sized {
    fn value(&self) -> FieldValue<'_>;

    /// Takes the value of a webhook's field, which was checked when it was read.
    fn from_value(value: FieldValue<'_>) -> Option<Self>;

    /// Reads a value that is not null.
    fn from_json(field: Field, json: Json, violations: &mut Vec<Violation>) -> Option<Self>;
}

impl FieldType for String {
    fn value(&self) -> FieldValue<'_> {
        FieldValue::Text(self)
    }

    fn from_value(value: FieldValue<'_>) -> Option<Self> {
        match value {
            FieldValue::Text(text) => Some(text.into()),
            _ => None,
        }
    }

    fn from_json(field: Field, json: Json, violations: &mut Vec<Violation>) -> Option<Self> {
        let text = json.to_text();
        if text.is_none() {
            violations.push(wrong_type(field.wire(), "a string", &json));
        }
        text
    }
}

impl<T: WireEnum> FieldType for T {
    fn value(&self) -> FieldValue<'_> {
        FieldValue::Enum(self.wire())
    }

    fn from_value(value: FieldValue<'_>) -> Option<Self> {
        match value {
            FieldValue::Enum(name) => Some(name.into()),
            _ => None,
        }
    }

    fn from_json(field: Field, json: Json, violations: &mut Vec<Violation>) -> Option<Self> {
        String::from_json(field, json, violations).map(|name| Self::from(&name))
    }
}

impl FieldType for Json {
    fn value(&self) -> FieldValue<'_> {
        FieldValue::Object(self.as_str())
    }

    fn from_value(value: FieldValue<'_>) -> Option<Self> {
        match value {
            FieldValue::Object(json) => Self::parse(json).ok(),
            _ => None,
        }
    }

    fn from_json(field: Field, json: Json, violations: &mut Vec<Violation>) -> Option<Self> {
        if json.is_object() {
            return Some(json);
        }
        violations.push(wrong_type(field.wire(), "an object", &json));
        None
    }
}

impl FieldType for i32 {
    fn value(&self) -> FieldValue<'_> {
        FieldValue::Integer((*self).into())
    }

    fn from_value(value: FieldValue<'_>) -> Option<Self> {
        match value {
            FieldValue::Integer(integer) => integer.try_into().ok(),
            _ => None,
        }
    }

    fn from_json(field: Field, json: Json, violations: &mut Vec<Violation>) -> Option<Self> {
        integer(field.wire(), "int32", json.as_str(), violations)
    }
}

impl FieldType for Vec<i64> {
    fn value(&self) -> FieldValue<'_> {
        FieldValue::Integers(Cow::Borrowed(self))
    }

    fn from_value(value: FieldValue<'_>) -> Option<Self> {
        match value {
            FieldValue::Integers(integers) => Some(integers.into_owned()),
            _ => None,
        }
    }

    fn from_json(field: Field, json: Json, violations: &mut Vec<Violation>) -> Option<Self> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json.as_str()) else {
            violations.push(wrong_type(field.wire(), "an array of integers", &json));
            return None;
        };
        let before = violations.len();
        let mut integers = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            if violations.len() - before == MAX_LISTED {
                let message = "has more items that are not integers (int64)";
                violations.push(Violation::error(field.wire(), Code::WrongType, message));
                break;
            }
            integers.extend(integer::<i64>(&format!("{}[{index}]", field.wire()), "int64", item.get(), violations));
        }
        (violations.len() == before).then_some(integers)
    }
}

fn integer<T: TryFrom<i64>>(path: &str, kind: &str, text: &str, violations: &mut Vec<Violation>) -> Option<T> {
    let number = parse_integer(text);
    if number.is_none() {
        let digits = text.trim_start_matches('-');
        violations.push(if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Violation::error(path, Code::OutOfRange, format!("{} is out of range for {kind}", shorten(text)))
        } else {
            wrong_type_of(path, &format!("an integer ({kind})"), text)
        });
    }
    number
}

pub(super) fn wrong_type(path: &str, expected: &str, json: &Json) -> Violation {
    wrong_type_of(path, expected, json.as_str())
}

fn wrong_type_of(path: &str, expected: &str, text: &str) -> Violation {
    let found = match text.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    Violation::error(path, Code::WrongType, format!("must be {expected}, is {found}"))
}
