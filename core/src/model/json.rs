//! A JSON value kept as the text it was written in, so that nothing in it is lost on the way through.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{Hash, Hasher};

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
    /// Where the text is not JSON or is nested more than 127 levels deep.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let raw: Box<RawValue> = serde_json::from_str(text)?;
        check_depth(raw.get())?;
        Ok(Self(raw))
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The value as a tree. Integers beyond 64 bits become the nearest float here; [`Self::as_str`] has them exactly.
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
        self.as_str() == other.as_str() || canonical(self.as_str()) == canonical(other.as_str())
    }
}

impl Eq for Json {}

impl Hash for Json {
    fn hash<H: Hasher>(&self, state: &mut H) {
        canonical(self.as_str()).hash(state);
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Nesting that `serde_json` would refuse to read later is refused now. Only a text with that many brackets is looked at twice.
pub(crate) fn check_depth(text: &str) -> Result<(), Error> {
    const SUSPICIOUS: usize = 100;
    let opening = text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).take(SUSPICIOUS).count();
    if opening == SUSPICIOUS {
        serde_json::from_str::<Value>(text)?;
    }
    Ok(())
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
pub(crate) struct Integer<T>(pub(crate) T);

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
        T::try_from(number).map(Self).map_err(|_| D::Error::custom(format_args!("{number} does not fit int32")))
    }
}

/// The one text of a value: members sorted, no white space, strings escaped one way, numbers as written.
fn canonical(text: &str) -> Cow<'_, str> {
    match text.as_bytes().first() {
        Some(b'{') => match serde_json::from_str::<BTreeMap<String, &RawValue>>(text) {
            Ok(members) => {
                let members =
                    members.into_iter().map(|(key, value)| format!("{}:{}", Value::from(key), canonical(value.get())));
                Cow::Owned(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
            }
            Err(_) => Cow::Borrowed(text),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(items) => {
                let items = items.into_iter().map(|item| canonical(item.get()));
                Cow::Owned(format!("[{}]", items.collect::<Vec<_>>().join(",")))
            }
            Err(_) => Cow::Borrowed(text),
        },
        Some(b'"') => match serde_json::from_str::<String>(text) {
            Ok(string) => Cow::Owned(Value::from(string).to_string()),
            Err(_) => Cow::Borrowed(text),
        },
        _ => Cow::Borrowed(text),
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
    fn too_deep_is_refused_when_read() {
        assert!(Json::parse(&format!("{}{}", "[".repeat(200), "]".repeat(200))).is_err());
        assert!(Json::parse(&format!("{}{}", "[".repeat(90), "]".repeat(90))).is_ok());
    }
}
