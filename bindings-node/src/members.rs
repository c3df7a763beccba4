//! Members of a JSON object that no table of the core declares, taken out one by one.

use std::fmt::Display;

use blynk_webhooks::bindings::{json_kind, nearest};
use blynk_webhooks::{Code, Violation};
use serde_json::{Map, Value};

/// What was given, with what is wrong with it.
pub(crate) struct Members {
    members: Map<String, Value>,
    found: Vec<Violation>,
}

impl Members {
    /// Takes the members of these names; each other one is a violation. `kind` says what a member is, with its article.
    pub(crate) fn read(text: &str, kind_of_member: &str, names: &[&str]) -> Self {
        let mut given = Self { members: Map::new(), found: Vec::new() };
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => given.members = members,
            Ok(other) => {
                given.violation("options", Code::WrongType, format!("must be an object, is {}", json_kind(&other)))
            }
            Err(problem) => given.violation("options", Code::WrongType, format!("cannot be read: {problem}")),
        }
        for name in given.members.keys().filter(|name| !names.contains(&name.as_str())) {
            let meant = nearest(name, names.iter().copied());
            let meant = meant.map(|meant| format!("; did you mean '{meant}'?")).unwrap_or_default();
            let message = format!("is not {kind_of_member}{meant}");
            given.found.push(Violation::error(name, Code::UnknownField, message));
        }
        given
    }

    pub(crate) fn violation(&mut self, name: &str, code: Code, message: String) {
        self.found.push(Violation::error(name, code, message));
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        if !value.is_boolean() {
            self.violation(name, Code::WrongType, format!("must be a boolean, is {}", json_kind(&value)));
        }
        value.as_bool()
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.violation(name, Code::WrongType, format!("must be a string, is {}", json_kind(&other)));
                None
            }
        }
    }

    pub(crate) fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let value = self.take(name)?;
        let kind = json_kind(&value);
        let texts = serde_json::from_value(value).ok();
        if texts.is_none() {
            self.violation(name, Code::WrongType, format!("must be an array of strings, is {kind}"));
        }
        texts
    }

    pub(crate) fn integer<T: TryFrom<i64> + PartialOrd + Display>(
        &mut self,
        name: &str,
        least: T,
        most: T,
    ) -> Option<T> {
        let value = self.take(name)?;
        let integer = value.as_i64().and_then(|number| T::try_from(number).ok());
        let integer = integer.filter(|number| *number >= least && *number <= most);
        if integer.is_none() {
            let (code, shown) = match &value {
                Value::Number(number) => (Code::OutOfRange, number.to_string()),
                other => (Code::WrongType, json_kind(other).to_owned()),
            };
            self.violation(name, code, format!("must be an integer from {least} to {most}, is {shown}"));
        }
        integer
    }

    /// # Errors
    /// Everything that is wrong.
    pub(crate) fn end(self) -> Result<(), Vec<Violation>> {
        if self.found.is_empty() { Ok(()) } else { Err(self.found) }
    }

    /// A value that is there; null counts as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }
}
