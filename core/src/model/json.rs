//! A JSON value kept as the text it was written in, so that nothing in it is lost on the way through.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::OnceLock;

use serde::de::{Deserializer, Error as _, Unexpected, Visitor};
use serde_json::value::RawValue;
use serde_json::{Error, Value};

/// A free JSON value: large integers, number formats and unknown members survive untouched.
///
/// Two values are equal when they say the same: the order of an object's members and white space do not count.
///
/// ```
/// use blynk_webhooks::Json;
/// let a = Json::parse(r#"{"a": 18446744073709551617, "b": [1]}"#)?;
/// let b = Json::parse(r#"{"b":[1],"a":18446744073709551617}"#)?;
/// assert_eq!(a, b);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Checks and keeps a JSON text.
    ///
    /// # Errors
    /// If the text is not JSON.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map(Self)
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The value as a tree. Numbers beyond 64 bits become the nearest float here, and what a tree cannot hold becomes null:
    /// more than 127 levels, half of a surrogate pair, a number beyond the range of a float. [`Self::as_str`] has it all.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::from_str(self.as_str()).unwrap_or_default()
    }

    /// True for an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.as_str().starts_with('{')
    }

    pub(crate) fn is_null(&self) -> bool {
        self.as_str() == "null"
    }

    /// The text of a JSON string; none for another value.
    pub(crate) fn to_text(&self) -> Option<String> {
        self.as_str().starts_with('"').then(|| decode_string(self.as_str()))
    }
}

/// An integer of its range from JSON text.
pub(crate) fn parse_integer<T: TryFrom<i64>>(json: &str) -> Option<T> {
    /// Reading a number takes the square of its length, and no integer of 64 bits needs more than a part of this.
    const LONGEST: usize = 1_000;
    (json.len() <= LONGEST).then(|| serde_json::from_str(json).ok().map(|Integer(integer)| integer)).flatten()
}

/// The text of a JSON string. Half of a surrogate pair, which no string here can hold, becomes U+FFFD.
pub(crate) fn decode_string(json: &str) -> String {
    if let Ok(text) = serde_json::from_str(json) {
        return text;
    }
    let bytes = decode_bytes(json);
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // Half of a pair is written in three bytes of which this is the first.
        if chunk.invalid().first() == Some(&0xED) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// The bytes of a JSON string: UTF-8, but for half of a surrogate pair.
fn decode_bytes(json: &str) -> Vec<u8> {
    struct Bytes;
    impl Visitor<'_> for Bytes {
        type Value = Vec<u8>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }
    }
    serde_json::Deserializer::from_str(json).deserialize_bytes(Bytes).unwrap_or_default()
}

/// A text as a JSON string.
pub(crate) fn encode_string(text: &str) -> String {
    // A string always serializes.
    serde_json::to_string(text).unwrap_or_default()
}

/// True for a JSON string that holds half of a surrogate pair.
pub(crate) fn holds_half_a_pair(json: &str) -> bool {
    json.contains("\\u") && serde_json::from_str::<std::borrow::Cow<'_, str>>(json).is_err()
}

impl From<Box<RawValue>> for Json {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Value::from(text).into()
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Value::from(text).into()
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Value::from(number).into()
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        // A `Value` always serializes: its keys are strings and its numbers are finite.
        Self(RawValue::from_string(value.to_string()).unwrap_or_default())
    }
}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        says_the_same(self.as_str(), other.as_str())
    }
}

impl Eq for Json {}

impl Hash for Json {
    fn hash<H: Hasher>(&self, state: &mut H) {
        digest(self.as_str()).hash(state);
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Of a name that stands twice among the members of an object the last value, in the place of the first.
pub(crate) fn last_wins<K: Clone + Eq + Hash, V>(members: &mut Vec<(K, V)>) {
    let mut places = HashMap::with_capacity(members.len());
    let mut kept: Vec<(K, V)> = Vec::with_capacity(members.len());
    for (name, value) in members.drain(..) {
        let place = *places.entry(name.clone()).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(member) => member.1 = value,
            None => kept.push((name, value)),
        }
    }
    *members = kept;
}

/// An integer, also one written with a fraction or an exponent: to JSON Schema, `10.0` is one.
pub(super) struct Integer<T>(pub(super) T);

impl<'de, T: TryFrom<i64>> serde::Deserialize<'de> for Integer<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntegerVisitor;
        impl Visitor<'_> for IntegerVisitor {
            type Value = i64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }
            fn visit_i64<E>(self, number: i64) -> Result<i64, E> {
                Ok(number)
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<i64, E> {
                i64::try_from(number).map_err(|_| E::custom(format_args!("{number} is beyond 64 bits")))
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<i64, E> {
                // Integers beyond 64 bits come this way too, rounded; the nearest of them is this bound.
                const BEYOND_INT64: f64 = 9_223_372_036_854_775_808.0;
                let whole = number.fract() == 0.0 && number.abs() < BEYOND_INT64;
                // Such a float is an int64 exactly.
                #[allow(clippy::cast_possible_truncation)]
                whole.then_some(number as i64).ok_or_else(|| E::invalid_type(Unexpected::Float(number), &self))
            }
        }
        let number = deserializer.deserialize_i64(IntegerVisitor)?;
        T::try_from(number).map(Self).map_err(|_| D::Error::custom(format_args!("{number} is out of range for int32")))
    }
}

/// True if two JSON texts say the same: the order of an object's members and white space do not count.
pub(crate) fn says_the_same(one: &str, other: &str) -> bool {
    one == other || digest(one) == digest(other)
}

/// A digest of what a JSON text says, with a key of this process: equal for texts that say the same, and equal by chance
/// for others once in 2^128. Takes one pass and memory for the depth of the text alone.
pub(crate) fn digest(json: &str) -> u128 {
    static KEYS: OnceLock<[RandomState; 2]> = OnceLock::new();
    let keys = KEYS.get_or_init(|| [RandomState::new(), RandomState::new()]);
    let of = |kind: u8, content: &[u8]| {
        let [high, low] = keys.each_ref().map(|key| key.hash_one((kind, content)));
        u128::from(high) << 64 | u128::from(low)
    };
    /// An array or an object that is not closed yet.
    struct Open {
        is_object: bool,
        digest: u128,
        name: u128,
    }
    let mut open: Vec<Open> = Vec::new();
    let mut last = 0;
    for token in tokens(json) {
        let text = token.text;
        match text.as_bytes()[0] {
            first @ (b'{' | b'[') => {
                open.push(Open { is_object: first == b'{', digest: 0, name: 0 });
                continue;
            }
            close @ (b'}' | b']') => {
                let closed = open.pop().map(|open| open.digest).unwrap_or_default();
                last = of(close, &closed.to_ne_bytes());
            }
            b'"' if text.contains('\\') => last = of(b'"', &decode_bytes(text)),
            b'"' => last = of(b'"', &text.as_bytes()[1..text.len() - 1]),
            _ => last = of(b'0', text.as_bytes()),
        }
        let Some(open) = open.last_mut() else { continue };
        if token.is_name {
            open.name = last;
        } else if open.is_object {
            // The sum does not depend on the order of the members.
            let member = of(b':', &[open.name.to_ne_bytes(), last.to_ne_bytes()].concat());
            open.digest = open.digest.wrapping_add(member);
        } else {
            open.digest = of(b',', &[open.digest.to_ne_bytes(), last.to_ne_bytes()].concat());
        }
    }
    last
}

/// A part of a JSON text: a bracket, a name with its quotes, or a value that is neither object nor array.
pub(crate) struct JsonToken<'a> {
    pub(crate) text: &'a str,
    pub(crate) is_name: bool,
}

/// The tokens of a text that is known to be JSON, without commas and colons.
pub(crate) fn tokens(json: &str) -> impl Iterator<Item = JsonToken<'_>> {
    const BETWEEN: [char; 6] = [',', ':', ' ', '\n', '\r', '\t'];
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(BETWEEN);
        let length = match rest.as_bytes().first()? {
            b'"' => string_length(rest),
            b'{' | b'}' | b'[' | b']' => 1,
            _ => rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len()),
        };
        let (text, after) = rest.split_at(length);
        rest = after;
        let is_name = text.starts_with('"') && rest.trim_start_matches([' ', '\n', '\r', '\t']).starts_with(':');
        Some(JsonToken { text, is_name })
    })
}

/// Length of the JSON string that a text begins with, with its quotes.
pub(super) fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_ignores_order_and_white_space_but_not_numbers() {
        let json = |text| Json::parse(text).unwrap();
        assert_eq!(json(r#"{"a":1,"b":"\u0041"}"#), json(r#"{ "b" : "A", "a" : 1 }"#));
        assert_ne!(json("18446744073709551617"), json("18446744073709551618"));
        assert_ne!(json("[1,2]"), json("[2,1]"));
    }

    #[test]
    fn every_depth_is_kept_and_compared() {
        const DEPTH: usize = 100_000;
        let deep = |inner: &str| Json::parse(&format!("{}{inner}{}", "[".repeat(DEPTH), "]".repeat(DEPTH))).unwrap();
        assert_eq!(deep(" 1"), deep("1"));
        assert_ne!(deep("2"), deep("1"));
        assert_ne!(Json::parse("[[]]").unwrap(), Json::parse("[[],[]]").unwrap());
        assert_ne!(Json::parse("[]").unwrap(), Json::parse("{}").unwrap());
        assert_ne!(Json::parse(r#"{"a":{"b":1}}"#).unwrap(), Json::parse(r#"{"a":{},"b":1}"#).unwrap());
    }

    #[test]
    fn half_of_a_surrogate_pair_is_kept_as_written() {
        let json = Json::parse(r#""a\ud800b\ud83d\ude00""#).unwrap();
        assert_eq!(json.as_str(), r#""a\ud800b\ud83d\ude00""#);
        assert_eq!(json.to_text().unwrap(), "a\u{fffd}b\u{1f600}");
    }
}
