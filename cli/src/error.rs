//! Why a command failed: a message for people, the same as data for programs, and the exit code.

use std::fmt;

use blynk_webhooks::{Attribute, AttributeValue, Error, ErrorKind, Naming, Violation};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::json::{JSON_VERSION, Tree};

/// A result of a command.
pub type Result<T, E = CliError> = std::result::Result<T, E>;

/// Why a command did not do what it was asked. Never holds a secret.
#[derive(Debug)]
pub struct CliError {
    exit: Exit,
    code: &'static str,
    message: String,
    details: Vec<(String, Value)>,
}

impl CliError {
    /// An error with its exit code, a stable name for programs, and a message that says what to do.
    pub fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Self {
        Self { exit, code, message: message.into(), details: Vec::new() }
    }

    /// The command line, the environment or a settings file is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "USAGE", message)
    }

    /// Anything that has no exit code of its own.
    pub fn failure(message: impl Into<String>) -> Self {
        Self::new(Exit::Failure, "FAILURE", message)
    }

    /// There are no credentials, or they cannot be had.
    pub fn authentication(message: impl Into<String>) -> Self {
        Self::new(Exit::Authentication, "NO_CREDENTIALS", message)
    }

    /// Refused before anything was changed.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, "REFUSED", message)
    }

    /// A command that was ended by a signal.
    #[must_use]
    pub fn interrupted(exit: Exit) -> Self {
        match exit {
            Exit::Terminated => Self::new(exit, "TERMINATED", "terminated by a signal"),
            _ => Self::new(Exit::Interrupted, "INTERRUPTED", "interrupted"),
        }
    }

    /// A spec that breaks the contract; nothing was sent.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        Error::from(violations).into()
    }

    /// Adds a fact for `--json`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.push((name.into(), value.into()));
        self
    }

    /// The same error with something said before its message, e.g. the file it is about.
    #[must_use]
    pub fn about(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// The same error with something said after its message, on a line of its own.
    #[must_use]
    pub fn and(mut self, text: impl fmt::Display) -> Self {
        self.message = format!("{}\n  {text}", self.message);
        self
    }

    /// The same error with another exit code.
    #[must_use]
    pub fn ending(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// How the program ends with it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// The error as `--json` shows it.
    #[must_use]
    pub fn to_json(&self) -> Tree {
        let own = [("code", json!(self.code)), ("exit", json!(self.exit.code())), ("message", json!(self.message))];
        let details = self.details.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let error = Tree::object(own.into_iter().chain(details).map(|(name, value)| (name, Tree::from(value))));
        Tree::object([("version", Tree::from(json!(JSON_VERSION))), ("error", error)])
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}

/// Findings as `--json` shows them.
pub(crate) fn violations_json(violations: &[Violation]) -> Value {
    let finding = |violation: &Violation| {
        json!({
            "path": violation.path_in(Naming::Program), "code": violation.code.as_str(),
            "message": violation.message.render(Naming::Program), "severity": violation.severity.as_str(),
        })
    };
    violations.iter().map(finding).collect()
}

/// How the program ends where nothing came of a call.
pub(crate) fn exit_of_kind(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Config => Exit::Usage,
        ErrorKind::Auth | ErrorKind::Unauthorized | ErrorKind::Forbidden => Exit::Authentication,
        ErrorKind::Conflict => Exit::Refused,
        _ => Exit::Failure,
    }
}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        let exit = if error.outcome_unknown() { Exit::Partial } else { exit_of_kind(error.kind()) };
        let mut told = Self::new(exit, error.kind().code(), error.render(Naming::Program));
        // The message and the body of the response are part of the text already, as far as they may be shown.
        let shown = |attribute: &&Attribute| !matches!(attribute, Attribute::Message | Attribute::Body);
        for attribute in Attribute::ALL.iter().filter(shown) {
            let value = match error.attribute(*attribute, Naming::Program) {
                Some(AttributeValue::Text(text)) if !text.is_empty() => text.into(),
                Some(AttributeValue::Integer(number)) => number.into(),
                Some(AttributeValue::Bool(true)) => true.into(),
                Some(AttributeValue::Seconds(time)) => time.as_secs_f64().into(),
                Some(AttributeValue::Violations(violations)) => violations_json(violations),
                _ => continue,
            };
            told.details.push((Naming::Node.identifier(attribute.snake()).into_owned(), value));
        }
        told
    }
}
