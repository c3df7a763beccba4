//! The members of a JSON object, each read with a finding where it has the wrong type.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};

use super::contract::field;
use super::json::{Integer, Json, last_wins};
use crate::rules::violation::{Code, Violation};

/// The members of a JSON object, in their order; of a name that stands twice the last value.
pub(crate) fn members(text: &str) -> Result<Vec<(String, Json)>, Vec<Violation>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, Json)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members: Self::Value = Vec::new();
            while let Some((name, raw)) = map.next_entry::<String, &serde_json::value::RawValue>()? {
                members.push((name, Json::parse(raw.get()).map_err(serde::de::Error::custom)?));
            }
            last_wins(&mut members);
            Ok(members)
        }
    }
    // Of another value serde_json would show the whole, which may be a spec with its secret, written as JSON twice.
    if let Ok(value) = Json::parse(text)
        && !value.is_object()
    {
        return Err(vec![wrong_type("", "a JSON object", &value)]);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members).and_then(|members| reader.end().map(|()| members));
    members.map_err(|error| {
        vec![Violation::error("", Code::WrongType, format!("not a JSON object that can be read: {error}"))]
    })
}

fn wrong_type(path: impl Into<String>, expected: &str, value: &Json) -> Violation {
    let found = match value.as_str().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    Violation::error(path, Code::WrongType, format!("must be {expected}, is {found}"))
}

pub(super) fn text(path: &str, value: &Json, faults: &mut Vec<Violation>) -> Option<String> {
    let text = serde_json::from_str(value.as_str()).ok();
    if text.is_none() {
        faults.push(if value.as_str().starts_with('"') {
            Violation::error(path, Code::WrongType, "holds half of a character (a lone surrogate)")
        } else {
            wrong_type(path, "a string", value)
        });
    }
    text
}

pub(super) fn object(path: &str, value: Json, faults: &mut Vec<Violation>) -> Option<Json> {
    if value.is_object() {
        return Some(value);
    }
    faults.push(wrong_type(path, "an object", &value));
    None
}

pub(super) fn integer<T: TryFrom<i64>>(path: &str, kind: &str, value: &Json, faults: &mut Vec<Violation>) -> Option<T> {
    let number = serde_json::from_str(value.as_str()).ok().map(|Integer(number)| number);
    if number.is_none() {
        let digits = value.as_str().trim_start_matches('-');
        faults.push(if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Violation::error(path, Code::OutOfRange, format!("{} does not fit {kind}", value.as_str()))
        } else {
            wrong_type(path, &format!("an integer ({kind})"), value)
        });
    }
    number
}

pub(super) fn receivers(value: &Json, faults: &mut Vec<Violation>) -> Option<Vec<i64>> {
    let Ok(items) = serde_json::from_str::<Vec<&serde_json::value::RawValue>>(value.as_str()) else {
        faults.push(wrong_type(field::FAILURE_RECEIVERS, "an array of user IDs", value));
        return None;
    };
    let before = faults.len();
    let mut ids = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let path = format!("{}[{index}]", field::FAILURE_RECEIVERS);
        if let Ok(item) = Json::parse(item.get()) {
            ids.extend(integer::<i64>(&path, "int64", &item, faults));
        }
    }
    (faults.len() == before).then_some(ids)
}
