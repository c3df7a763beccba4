//! Reading JSON: only objects, texts as they were written, and messages for people.

use std::collections::BTreeMap;

use blynk_webhooks::Json;
use serde::Serializer;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

/// What is wrong with a JSON text, in plain words, with line and column.
pub(crate) fn explain(error: &serde_json::Error) -> String {
    let place = match error.line() {
        0 => String::new(),
        line => format!(" (line {line}, column {})", error.column()),
    };
    format!("{}{place}", explain_value(error))
}

/// What is wrong with a single value, in plain words.
pub(crate) fn explain_value(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.rfind(" at line ").map_or(message.as_str(), |end| &message[..end]);
    let found = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    match found.and_then(|rest| rest.split_once(", expected ")) {
        Some((found, expected)) => format!("must be {}, is {}", plain(expected), plain(found)),
        None => message.to_owned(),
    }
}

/// The word for a type that people who write JSON use.
fn plain(name: &str) -> &str {
    match name {
        "map" | "a map" => "an object",
        "sequence" | "a sequence" => "an array",
        name if name.starts_with("struct ") || name.starts_with("internally tagged enum ") => "an object",
        name => name,
    }
}

/// Reads what it is given only from a JSON object: derived code also takes an array, member by member.
pub(crate) struct ObjectOnly<D>(pub(crate) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Makes types with `#[serde(remote = "Self")]` readable only from objects.
macro_rules! read_from_objects_only {
    ($($name:ty),+) => { $(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$name>::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$name>::deserialize($crate::json::ObjectOnly(deserializer))
            }
        }
    )+ };
}
pub(crate) use read_from_objects_only;

/// JSON texts of a list. For `#[serde(deserialize_with)]`.
///
/// # Errors
/// If the value is no array, or an item is nested too deep to be read.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Json>, D::Error> {
    let items = Vec::<Box<RawValue>>::deserialize(deserializer)?;
    items.iter().map(|item| Json::parse(item.get()).map_err(serde::de::Error::custom)).collect()
}

/// Names and values as an object. For `#[serde(serialize_with)]`.
///
/// # Errors
/// If the serializer fails.
pub(crate) fn as_object<S: Serializer>(pairs: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// Names and values of an object. For `#[serde(deserialize_with)]`.
///
/// # Errors
/// If the value is no object of strings.
pub(crate) fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    BTreeMap::deserialize(deserializer).map(|pairs: BTreeMap<_, _>| pairs.into_iter().collect())
}

/// A text without the mark that some editors put at its beginning.
pub(crate) fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Bytes of a value as JSON.
pub(crate) fn json_length(value: &impl serde::Serialize) -> usize {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_in_json() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "it is only read")]
        struct Sample {
            map: std::collections::HashMap<String, String>,
            list: Vec<u8>,
        }
        let problem = |text: &str| explain(&serde_json::from_str::<Sample>(text).unwrap_err());
        assert_eq!(problem(r#"{"map": []}"#), "must be an object, is an array (line 1, column 8)");
        assert_eq!(problem(r#"{"list": {}}"#), "must be an array, is an object (line 1, column 9)");
        assert_eq!(problem("5"), "must be an object, is integer `5` (line 1, column 1)");
        assert_eq!(problem("{"), "EOF while parsing an object (line 1, column 1)");
    }
}
