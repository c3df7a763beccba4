//! Parameters of a command: JSON values by name, each taken once.

use std::fmt;

use blynk_webhooks::{Code, Violation, nearest};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::app::EmulatorError;
use crate::integral;
use crate::json::{explain, explain_value};

/// The parameters of one command, as JSON texts: numbers of any size and unknown fields of a spec stay as they are.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Parameters;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parameters, A::Error> {
                let mut parameters = Parameters::default();
                while let Some((name, value)) = map.next_entry()? {
                    parameters.add(name, value).map_err(serde::de::Error::custom)?;
                }
                Ok(parameters)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl Parameters {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// If the text is not a JSON object, or names a parameter twice.
    pub(crate) fn parse(text: &str) -> Result<Self, EmulatorError> {
        serde_json::from_str(text).map_err(|problem| invalid("", explain(&problem)))
    }

    /// # Errors
    /// If there is one of this name already.
    pub(crate) fn add(&mut self, name: String, value: Box<RawValue>) -> Result<(), String> {
        if self.0.iter().any(|(known, _)| *known == name) {
            return Err(format!("{name} is given twice"));
        }
        self.0.push((name, value));
        Ok(())
    }

    /// # Errors
    /// If there is one of this name already.
    pub(crate) fn add_all(&mut self, other: Self) -> Result<(), String> {
        other.0.into_iter().try_for_each(|(name, value)| self.add(name, value))
    }

    /// # Errors
    /// If a parameter has another name than these.
    pub(crate) fn check_names(&self, known: &[&str]) -> Result<(), EmulatorError> {
        let unknown = self.0.iter().find(|(name, _)| !known.contains(&name.as_str()));
        let Some((name, _)) = unknown else { return Ok(()) };
        let known_names =
            if known.is_empty() { "it takes none".into() } else { format!("known parameters: {}", known.join(", ")) };
        let meant = nearest(name, known.iter().copied()).map(|meant| format!("; did you mean {meant}?"));
        let message = format!("there is no parameter '{name}' here: {known_names}{}", meant.unwrap_or_default());
        Err(Violation::error(name, Code::UnknownField, message).into())
    }

    /// A parameter as it was written.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }

    /// Takes a parameter as it was written; null too.
    pub(crate) fn take_raw(&mut self, name: &str) -> Option<Box<RawValue>> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Takes a parameter; none if it is absent or null.
    ///
    /// # Errors
    /// If it is of another type.
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, EmulatorError> {
        let Some(value) = self.take_raw(name).filter(|value| value.get() != "null") else { return Ok(None) };
        serde_json::from_str(value.get()).map(Some).map_err(|problem| invalid(name, explain_value(&problem)))
    }

    /// Takes an integer; none if it is absent or null.
    ///
    /// # Errors
    /// If it is no integer, or does not fit.
    pub(crate) fn take_integer<T: TryFrom<i128>>(&mut self, name: &str) -> Result<Option<T>, EmulatorError> {
        let Some(value) = self.take_raw(name) else { return Ok(None) };
        integral::optional(&mut serde_json::Deserializer::from_str(value.get()))
            .map_err(|problem: serde_json::Error| invalid(name, explain_value(&problem)))
    }
}

/// A parameter that must be there.
pub(crate) trait Required<T> {
    /// # Errors
    /// If it is absent.
    fn required(self, name: &str) -> Result<T, EmulatorError>;
}

impl<T> Required<T> for Result<Option<T>, EmulatorError> {
    fn required(self, name: &str) -> Result<T, EmulatorError> {
        self?.ok_or_else(|| Violation::error(name, Code::Required, "is required").into())
    }
}

/// A value of the wrong type. An empty path stands for the whole.
pub(crate) fn invalid(path: &str, message: String) -> EmulatorError {
    Violation::error(path, Code::WrongType, message).into()
}
