//! Violations as data: one table of codes, each violation with its path, message and severity.

use std::borrow::Cow;
use std::fmt;

use crate::message::Message;
use crate::surface::{Name, Naming};

/// How much a violation weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// The call would be refused; nothing is sent.
    Error,
    /// Worth knowing; never stops a call.
    Warning,
}

impl Severity {
    /// `"error"` or `"warning"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($( $(#[$meta:meta])* $variant:ident = $code:literal, )+) => {
        /// What kind of violation it is. The text of a code is stable; messages may change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $( $(#[$meta])* $variant, )+ }

        impl Code {
            /// Every code, in one list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable text of this code.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $code, )+ }
            }
        }
    };
}

codes! {
    /// A required value is absent or empty.
    Required = "required",
    /// The value has another JSON type than the contract says.
    WrongType = "wrong_type",
    /// The text has more code points than allowed.
    TooLong = "too_long",
    /// The list has more items than allowed.
    TooMany = "too_many",
    /// The number does not fit its range.
    OutOfRange = "out_of_range",
    /// Not one of the field's values.
    UnknownValue = "unknown_value",
    /// Not an absolute http(s) URL around its placeholders.
    InvalidUrl = "invalid_url",
    /// The field cannot be set by this call.
    NotSettable = "not_settable",
    /// Looks like a misspelt field.
    UnknownField = "unknown_field",
    /// No placeholder of the platform has this name.
    UnknownPlaceholder = "unknown_placeholder",
    /// The trigger does not offer this placeholder.
    PlaceholderNotOffered = "placeholder_not_offered",
    /// The body is declared as JSON and is not, or may not be once its placeholders are replaced.
    InvalidJsonBody = "invalid_json_body",
    /// A credential stands in the URL.
    CredentialsInUrl = "credentials_in_url",
    /// The platform's console would refuse this value, the API does not.
    ConsoleLimit = "console_limit",
    /// The target is reached without encryption.
    PlainHttp = "plain_http",
    /// A placeholder has no value.
    MissingValue = "missing_value",
    /// The platform ignores this value.
    Ignored = "ignored",
    /// A name stands more than once.
    Duplicate = "duplicate",
}

/// One violation about a webhook specification, a setting or an argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Violation {
    /// Where: the wire name of a field, with an index inside lists, e.g. `failureReceivers[3]`; the name of a setting or
    /// an argument as Rust writes it ([`Violation::path_in`] for other languages).
    pub path: String,
    /// What kind; stable.
    pub code: Code,
    /// What is wrong and what to do. Never contains a secret.
    pub message: Message,
    /// Error or warning.
    pub severity: Severity,
    /// The setting, option or argument it is about.
    subject: Option<Name>,
}

impl Violation {
    /// A violation that stops a call.
    #[must_use]
    pub fn error(path: impl Into<String>, code: Code, message: impl Into<Message>) -> Self {
        Self { path: path.into(), code, message: message.into(), severity: Severity::Error, subject: None }
    }

    /// A violation that never stops a call.
    #[must_use]
    pub fn warning(path: impl Into<String>, code: Code, message: impl Into<Message>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, code, message) }
    }

    /// A violation about a setting, an option or an argument, which each language names its own way.
    #[must_use]
    pub fn about(subject: impl Into<Name>, code: Code, message: impl Into<Message>) -> Self {
        let subject = subject.into();
        Self { subject: Some(subject), ..Self::error(subject.render(Naming::Rust), code, message) }
    }

    /// The path as a language writes it.
    #[must_use]
    pub fn path_in(&self, naming: Naming) -> Cow<'_, str> {
        self.subject.map_or(Cow::Borrowed(self.path.as_str()), |subject| subject.render(naming))
    }

    /// True if this violation stops a call.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The violation as one line, with names as a language writes them.
    #[must_use]
    pub fn render(&self, naming: Naming) -> String {
        let path = self.path_in(naming);
        let colon = if path.is_empty() { "" } else { ": " };
        format!("{path}{colon}{} [{}]", self.message.render(naming), self.code.as_str())
    }

    pub(crate) fn is_about(&self, subject: Name) -> bool {
        self.subject == Some(subject)
    }

    /// The violation as a message: path and text.
    pub(crate) fn into_message(self) -> Message {
        let mut message = match self.subject {
            Some(subject) => Message::from(subject),
            None => Message::from(self.path),
        };
        if message != Message::from(String::new()) {
            message.push(": ");
        }
        message.push(self.message);
        message
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Naming::Rust))
    }
}

/// Most violations of one kind that are listed for one field.
pub(crate) const MAX_LISTED: usize = 20;

/// The beginning of a text that a message quotes.
pub(crate) fn shorten(text: &str) -> String {
    const MOST: usize = 64;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// The known name nearest to a misspelt one, if one is close enough.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR_ENOUGH: f64 = 0.75;
    /// A name that is longer is no misspelling.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let folded = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
    let wanted = folded(name);
    known
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&wanted, &folded(candidate)), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::message;
    use crate::surface::{CallOption, Field};

    #[test]
    fn a_violation_is_one_line_in_the_words_of_a_language() {
        assert_eq!(
            Violation::error("", Code::WrongType, "must be an object").to_string(),
            "must be an object [wrong_type]"
        );
        let about =
            Violation::about(CallOption::OrgId, Code::Required, message!["is required, like ", Field::AuthType]);
        assert_eq!(about.to_string(), "org_id: is required, like auth_type [required]");
        assert_eq!(about.render(Naming::Node), "orgId: is required, like authType [required]");
        assert_eq!((about.path.as_str(), &*about.path_in(Naming::Node)), ("org_id", "orgId"));
    }
}
