//! Findings as data: one table of codes, each finding with its path, message and severity.

use std::fmt;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
        /// What kind of finding it is. The text of a code is stable; messages may change.
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
}

/// One finding about a webhook specification.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Violation {
    /// Where: the field's wire name, with an index inside lists, e.g. `failureReceivers[3]`.
    pub path: String,
    /// What kind; stable.
    pub code: Code,
    /// What is wrong and what to do. Never holds a secret.
    pub message: String,
    /// Error or warning.
    pub severity: Severity,
}

impl Violation {
    /// A finding that stops a call.
    #[must_use]
    pub fn error(path: impl Into<String>, code: Code, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: message.into(), severity: Severity::Error }
    }

    /// A finding worth knowing.
    #[must_use]
    pub fn warning(path: impl Into<String>, code: Code, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: message.into(), severity: Severity::Warning }
    }

    /// True where this finding stops a call.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{}{colon}{} [{}]", self.path, self.message, self.code.as_str())
    }
}

/// The known name nearest to a misspelt one, where one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR_ENOUGH: f64 = 0.75;
    let folded = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
    let wanted = folded(name);
    known
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&wanted, &folded(candidate)), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
