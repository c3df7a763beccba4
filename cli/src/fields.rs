//! The fields of a webhook as flags.

use std::path::PathBuf;

use blynk_webhooks::{AuthType, ContentType, Method, Status, Trigger, field};
use clap::Args;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use serde_json::Value;

use crate::error::{CliError, Result};
use crate::input::{read_json, read_text};
use crate::json::{Tree, is_secret_name};
use crate::output::{Output, visible};

/// The fields of a webhook as flags.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Fields of the webhook")]
pub struct FieldArgs {
    /// Name
    #[arg(long)]
    name: Option<String>,

    /// Event that runs it, e.g. DEVICE_ADDED
    #[arg(long, value_parser = Known(Trigger::NAMES), hide_possible_values = true)]
    trigger: Option<String>,

    /// Which datastream or log event runs it: a JSON object, e.g. '{"dataStreamId": 5}'
    #[arg(long, value_name = "JSON")]
    data_trigger: Option<String>,

    /// URL; may hold placeholders such as {device_id}
    #[arg(long)]
    url: Option<String>,

    /// HTTP method
    #[arg(long, value_parser = Known(Method::NAMES))]
    method: Option<String>,

    /// How the body is written
    #[arg(long, value_name = "TYPE", value_parser = Known(ContentType::NAMES))]
    content_type: Option<String>,

    /// How the webhook authenticates to its target
    #[arg(long, value_name = "TYPE", value_parser = Known(AuthType::NAMES))]
    auth_type: Option<String>,

    /// Body; may hold placeholders
    #[arg(long, value_name = "TEXT")]
    body: Option<String>,

    /// File that holds the body
    #[arg(long, value_name = "FILE", conflicts_with = "body")]
    body_file: Option<PathBuf>,

    /// Ids of the users who are told of failures, with commas between them
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    failure_receivers: Option<Vec<i64>>,

    /// Failures in a row after which the platform disables it
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    failure_limit: Option<i32>,

    /// Any field by its name in the API; the value is JSON, else text. Can be given more than once
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,

    /// Any field by its name in the API; the value is the JSON in a file, e.g. oAuth2Request=oauth2.json
    #[arg(long, value_name = "FIELD=FILE", value_parser = pair)]
    set_file: Vec<(String, String)>,
}

/// A word that should be one of the known ones, in any case. Another one is taken as it is: the check of the whole webhook says what is
/// wrong with it.
#[derive(Clone)]
struct Known(&'static [&'static str]);

impl TypedValueParser for Known {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> std::result::Result<String, clap::Error> {
        let word = StringValueParser::new().parse_ref(command, arg, value)?;
        let known = self.0.iter().find(|known| known.eq_ignore_ascii_case(&word.replace('-', "_")));
        Ok(known.map_or(word, |known| (*known).into()))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|name| PossibleValue::new(*name))))
    }
}

/// Splits `name=value`.
pub(crate) fn pair(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        // The text is not repeated: it may hold a secret.
        _ => Err("must be NAME=VALUE".into()),
    }
}

impl FieldArgs {
    /// True where no field is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self {
            name,
            trigger,
            data_trigger,
            url,
            method,
            content_type,
            auth_type,
            body,
            body_file,
            failure_receivers,
            failure_limit,
            set,
            set_file,
        } = self;
        let texts = [name, trigger, data_trigger, url, method, content_type, auth_type, body];
        texts.iter().all(|text| text.is_none())
            && body_file.is_none()
            && failure_receivers.is_none()
            && failure_limit.is_none()
            && set.is_empty()
            && set_file.is_empty()
    }

    /// The fields that are named, with the wire's names.
    ///
    /// # Errors
    /// Where a value is no JSON, a file cannot be read, or a secret stands on the command line.
    pub async fn members(&self, out: &Output) -> Result<Vec<(String, Tree)>> {
        let mut members: Vec<(String, Tree)> = Vec::new();
        let mut put = |name: &str, value: Tree| put(&mut members, name, value);
        let texts = [
            (field::NAME, &self.name),
            (field::TRIGGER, &self.trigger),
            (field::URL, &self.url),
            (field::METHOD, &self.method),
            (field::CONTENT_TYPE, &self.content_type),
            (field::AUTH_TYPE, &self.auth_type),
            (field::BODY, &self.body),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                put(name, Value::from(text.as_str()).into());
            }
        }
        if let Some(text) = &self.data_trigger {
            let value = Tree::parse(text)
                .map_err(|cause| CliError::usage(format!("--data-trigger must be a JSON object: {cause}")))?;
            put(field::DATA_TRIGGER, value);
        }
        if let Some(path) = &self.body_file {
            put(field::BODY, Value::from(read_text(path, out).await?).into());
        }
        if let Some(ids) = &self.failure_receivers {
            put(field::FAILURE_RECEIVERS, Value::from(ids.clone()).into());
        }
        if let Some(limit) = self.failure_limit {
            put(field::FAILURE_LIMIT, Value::from(limit).into());
        }
        for (name, text) in &self.set {
            if name == field::OAUTH2_REQUEST || (!field::SETTABLE.contains(&name.as_str()) && is_secret_name(name)) {
                let name = visible(name);
                return Err(CliError::usage(format!(
                    "{name} may hold a secret, and other users can read command lines: --set-file {name}=FILE"
                )));
            }
            put(name, value_of(name, text));
        }
        for (name, path) in &self.set_file {
            put(name, read_json(path.as_ref(), out).await?);
        }
        Ok(members)
    }
}

/// The value of `--set`: text for a field of text; else JSON where it is JSON, else text.
fn value_of(name: &str, text: &str) -> Tree {
    let is_text = [
        field::NAME,
        field::TRIGGER,
        field::URL,
        field::METHOD,
        field::CONTENT_TYPE,
        field::AUTH_TYPE,
        field::BODY,
        field::STATUS,
    ];
    match Tree::parse(text) {
        Ok(value) if !is_text.contains(&name) => value,
        _ => Value::from(text).into(),
    }
}

/// Sets a member, in the place of an earlier one of this name.
pub(crate) fn put(members: &mut Vec<(String, Tree)>, name: &str, value: Tree) {
    members.retain(|(known, _)| known != name);
    members.push((name.into(), value));
}

/// The status as a word of the command line.
pub(crate) fn status_parser() -> impl TypedValueParser<Value = String> {
    Known(Status::NAMES)
}

#[cfg(test)]
mod tests {
    use super::value_of;

    #[test]
    fn a_field_of_text_takes_any_text_and_others_json() {
        assert_eq!(value_of("name", "7").to_text(), r#""7""#);
        assert_eq!(value_of("body", r#"{"a":1}"#).to_text(), r#""{\"a\":1}""#);
        assert_eq!(value_of("failureLimit", "7").to_text(), "7");
        assert_eq!(value_of("formBody", "18446744073709551617").to_text(), "18446744073709551617");
        assert_eq!(value_of("new", "plain text").to_text(), r#""plain text""#);
    }
}
