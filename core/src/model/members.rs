//! The members of a JSON object.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json::{Json, decode_string, last_wins};
use super::value::wrong_type;
use crate::violation::{Code, Violation};

/// A member of a JSON object.
pub(crate) struct Member {
    pub(crate) name: String,
    /// The name as it was written.
    pub(crate) literal: Box<str>,
    pub(crate) value: Json,
}

/// The members of a JSON object, in their order; of a name that stands twice the last value.
pub(crate) fn members(text: &str) -> Result<Vec<Member>, Vec<Violation>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<Member>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((name, value)) = map.next_entry::<&'de RawValue, Box<RawValue>>()? {
                members.push((decode_string(name.get()), (name.get(), value)));
            }
            last_wins(&mut members);
            let member = |(name, (literal, value)): (_, (&str, Box<RawValue>))| Member {
                name,
                literal: literal.into(),
                value: value.into(),
            };
            Ok(members.into_iter().map(member).collect())
        }
    }
    // serde_json would show another value as a whole, which may be a specification with its secret.
    if let Ok(value) = Json::parse(text)
        && !value.is_object()
    {
        return Err(vec![wrong_type("", "a JSON object", &value)]);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members).and_then(|members| reader.end().map(|()| members));
    members.map_err(|error| vec![Violation::error("", Code::WrongType, format!("must be a JSON object: {error}"))])
}
