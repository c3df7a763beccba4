//! The fields of a webhook as flags, one for each row of the library's table of fields.

use std::path::PathBuf;

use blynk_webhooks::bindings::is_secret_name;
use blynk_webhooks::{Access, Field, FieldKind};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use crate::error::{CliError, Result};
use crate::input::{read_json, read_text};
use crate::json::Tree;
use crate::output::{Output, visible};

const HEADING: &str = "Fields of the webhook";
const BODY_FILE: &str = "body-file";
const SET: &str = "set";
const SET_FILE: &str = "set-file";

/// The fields that the command line names.
#[derive(Debug, Default)]
pub struct FieldArgs {
    /// Values as they were written, by field; of a secret field the file that holds it.
    fields: Vec<(Field, String)>,
    body_file: Option<PathBuf>,
    set: Vec<(String, String)>,
    set_file: Vec<(String, String)>,
}

/// The flag of a field, without its dashes: `data-trigger`. A secret one names a file: other users can read command lines.
fn flag(field: Field) -> String {
    let name = field.snake().replace('_', "-");
    if field.info().secret { format!("{name}-file") } else { name }
}

fn argument(field: Field) -> Arg {
    let info = field.info();
    let arg = Arg::new(field.wire()).long(flag(field)).help_heading(HEADING).value_parser(Written(field));
    let help = info.doc.trim_end_matches('.').replace('`', "");
    match (info.secret, info.kind) {
        (true, _) => arg.value_name("FILE").help(format!("JSON file: {}", lower_first(&help))),
        (_, FieldKind::Text) => arg.value_name("TEXT").help(help),
        (_, FieldKind::Enum(_)) => arg.value_name("VALUE").help(help),
        (_, FieldKind::Object) => arg.value_name("JSON").help(help),
        (_, FieldKind::Integers) => arg.value_name("NUMBERS").help(format!("{help}, separated by commas")),
        _ => arg.value_name("NUMBER").allow_negative_numbers(true).help(help),
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

impl clap::Args for FieldArgs {
    fn augment_args(command: Command) -> Command {
        let command = Field::SETTABLE.iter().fold(command, |command, field| command.arg(argument(*field)));
        let several = |name: &'static str| {
            Arg::new(name).long(name).help_heading(HEADING).action(ArgAction::Append).value_parser(pair)
        };
        command
            .arg(
                Arg::new(BODY_FILE)
                    .long(BODY_FILE)
                    .help_heading(HEADING)
                    .value_name("FILE")
                    .value_parser(clap::value_parser!(PathBuf))
                    .conflicts_with(Field::Body.wire())
                    .help("File with the body template, `-` for standard input"),
            )
            .arg(
                several(SET).value_name("FIELD=VALUE").help(
                    "Any field by its name in the API; the value is JSON, else text. Can be given more than once",
                ),
            )
            .arg(
                several(SET_FILE).value_name("FIELD=FILE").help(
                    "Any field by its name in the API; the value is the JSON in a file. Can be given more than once",
                ),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for FieldArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let value = |field: &Field| Some((*field, matches.get_one::<String>(field.wire())?.clone()));
        let several = |name| matches.get_many(name).into_iter().flatten().cloned().collect();
        Ok(Self {
            fields: Field::SETTABLE.iter().filter_map(value).collect(),
            body_file: matches.get_one(BODY_FILE).cloned(),
            set: several(SET),
            set_file: several(SET_FILE),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A value as it was written, if it can be one of the field. A member of an enum is known in any case of its letters; another word is
/// taken as it is, because the check of the whole webhook says what is wrong with it.
#[derive(Clone)]
struct Written(Field);

impl TypedValueParser for Written {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &std::ffi::OsStr) -> Result<String, clap::Error> {
        let word = StringValueParser::new().parse_ref(command, arg, value)?;
        let info = self.0.info();
        match info.kind {
            _ if info.secret => {}
            FieldKind::Enum(members) => {
                let folded = word.replace('-', "_");
                let known = members.names().find(|name| name.eq_ignore_ascii_case(&folded));
                return Ok(known.map_or(word, str::to_owned));
            }
            FieldKind::Object | FieldKind::Integers | FieldKind::Int32 if json_of(self.0, &word).is_none() => {
                let flag = flag(self.0);
                let message = format!("the value of --{flag} must be {}\n", kind_text(info.kind));
                return Err(clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command));
            }
            _ => {}
        }
        Ok(word)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        match self.0.info().kind {
            FieldKind::Enum(members) => Some(Box::new(members.names().map(PossibleValue::new))),
            _ => None,
        }
    }
}

fn kind_text(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Object => "a JSON object",
        FieldKind::Integers => "numbers separated by commas",
        _ => "a number",
    }
}

/// The JSON of a value that was written for a field.
fn json_of(field: Field, text: &str) -> Option<Tree> {
    match field.info().kind {
        FieldKind::Object => Tree::parse(text).ok().filter(|value| matches!(value, Tree::Object(_))),
        FieldKind::Integers => {
            let numbers: Result<Vec<i64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
            Some(Value::from(numbers.ok()?).into())
        }
        FieldKind::Int32 | FieldKind::Timestamp => text.parse::<i64>().ok().map(|number| Value::from(number).into()),
        _ => Some(Value::from(text).into()),
    }
}

/// Splits `name=value`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        // The text is not repeated: it may hold a secret.
        _ => Err("must be NAME=VALUE".into()),
    }
}

impl FieldArgs {
    /// True if no field is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { fields, body_file, set, set_file } = self;
        fields.is_empty() && body_file.is_none() && set.is_empty() && set_file.is_empty()
    }

    /// The fields that are named, with the wire's names.
    ///
    /// # Errors
    /// If a file cannot be read or is not JSON, or a secret stands on the command line.
    pub async fn members(&self, out: &Output) -> Result<Vec<(String, Tree)>> {
        let mut members: Vec<(String, Tree)> = Vec::new();
        for (field, text) in &self.fields {
            let value = match field.info().secret {
                true => Some(read_json(text.as_ref(), out).await?),
                false => json_of(*field, text),
            };
            // What cannot be a value was refused when the command line was read.
            members.extend(value.map(|value| (field.wire().to_owned(), value)));
        }
        if let Some(path) = &self.body_file {
            put(&mut members, Field::Body.wire(), Value::from(read_text(path, out).await?).into());
        }
        for (name, text) in &self.set {
            let field = Field::from_wire(name);
            if field.map_or_else(|| is_secret_name(name), |field| field.info().secret) {
                let name = visible(name);
                return Err(CliError::usage(format!(
                    "{name} may hold a secret, and other users can read command lines: --set-file {name}=FILE"
                )));
            }
            put(&mut members, name, value_of(field, text));
        }
        for (name, path) in &self.set_file {
            put(&mut members, name, read_json(path.as_ref(), out).await?);
        }
        Ok(members)
    }
}

/// The value of `--set`: text for a field of text; else JSON where it is JSON, else text.
fn value_of(field: Option<Field>, text: &str) -> Tree {
    let is_text = field.is_some_and(|field| matches!(field.info().kind, FieldKind::Text | FieldKind::Enum(_)));
    match Tree::parse(text) {
        // Null clears a field of text too.
        Ok(value) if !is_text || text == "null" => value,
        _ => Value::from(text).into(),
    }
}

/// Sets a member, in the place of an earlier one of this name.
pub(crate) fn put(members: &mut Vec<(String, Tree)>, name: &str, value: Tree) {
    members.retain(|(known, _)| known != name);
    members.push((name.into(), value));
}

/// True for a field that a replacement of the webhook clears where it is left out; a status stays as it is.
pub(crate) fn is_cleared_when_left_out(name: &str) -> bool {
    Field::from_wire(name).is_none_or(|field| !matches!(field.info().access, Access::ReadOnly | Access::UpdateOnly))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_text_takes_any_text_and_others_json() {
        let value = |name: &str, text| value_of(Field::from_wire(name), text).to_text();
        assert_eq!(value("name", "7"), r#""7""#);
        assert_eq!(value("body", r#"{"a":1}"#), r#""{\"a\":1}""#);
        assert_eq!(value("body", "null"), "null");
        assert_eq!(value("failureLimit", "7"), "7");
        assert_eq!(value("formBody", "18446744073709551617"), "18446744073709551617");
        assert_eq!(value("new", "plain text"), r#""plain text""#);
    }

    #[test]
    fn every_settable_field_has_a_flag() {
        let command = <FieldArgs as clap::Args>::augment_args(Command::new("test"));
        for field in Field::SETTABLE {
            let flag = flag(*field);
            let arg = command.get_arguments().find(|arg| arg.get_long() == Some(&flag)).unwrap();
            assert!(arg.get_help().is_some(), "{flag}");
        }
    }
}
