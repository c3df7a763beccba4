//! What can go wrong, as one enum; its table of kinds names the classes and codes of every language.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::rules::violation::{Code, Violation};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call failed. `Display` says what was wrong, where, and what to do; it never holds a secret.
///
/// ```
/// use blynk_webhooks::{Client, Error};
/// let Err(Error::Config(message)) = Client::builder().token("t").base_url("http://example.com").build() else { panic!() };
/// assert!(message.contains("allow_http"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The client was set up wrongly; nothing was sent.
    Config(String),
    /// The arguments break the contract; nothing was sent.
    Validation(Vec<Violation>),
    /// No connection could be made: the call did not run.
    Connect(Box<Failure>),
    /// The deadline passed.
    Timeout(Box<Failure>),
    /// The connection broke while a request was under way.
    Transport(Box<Failure>),
    /// The answer cannot be understood.
    Response(Box<Failure>),
    /// The token endpoint refused.
    Auth(Box<AuthError>),
    /// The API answered with an error.
    Api(Box<ApiError>),
}

/// A request that brought no usable answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// What happened and what to do.
    pub message: String,
    /// HTTP method.
    pub method: String,
    /// URL without secrets.
    pub url: String,
    /// How many times the request was sent or tried.
    pub attempts: u32,
    /// True where the server may have carried the call out all the same.
    pub outcome_unknown: bool,
    /// Request id of the answer, where there was one (header `X-Request-Id`; assumed).
    pub request_id: Option<String>,
}

/// The token endpoint's refusal (`POST /oauth2/token`; vendor's documentation).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthError {
    /// HTTP status.
    pub status: u16,
    /// OAuth2 error code, e.g. `invalid_client`.
    pub error: String,
    /// What the server says of it.
    pub error_description: Option<String>,
    /// URL of the token endpoint.
    pub url: String,
    /// Request id of the answer.
    pub request_id: Option<String>,
}

/// An error answer of the API.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// The message found in the answer, else an excerpt of its body.
    pub message: String,
    /// HTTP method.
    pub method: String,
    /// URL without secrets.
    pub url: String,
    /// Request id of the answer (header `X-Request-Id`; assumed).
    pub request_id: Option<String>,
    /// How long the server asks to wait (header `Retry-After`; assumed).
    pub retry_after: Option<Duration>,
    /// The answer's body, at most 16 KiB of it.
    pub body: String,
    /// True where the server may have carried the call out all the same.
    pub outcome_unknown: bool,
    /// Where a redirect points that was not followed.
    pub location: Option<String>,
}

macro_rules! kinds {
    ($( $(#[$meta:meta])* $variant:ident = $class:literal, $code:literal, $parent:expr; )+) => {
        /// The error tree: each kind with its class name, its stable code and its parent, the same in every language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $( $(#[$meta])* $variant, )+ }

        impl ErrorKind {
            /// Every kind, parents before their children.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Name of the class in Python and Node, e.g. `NotFoundError`.
            #[must_use]
            pub fn class(self) -> &'static str {
                match self { $( Self::$variant => $class, )+ }
            }

            /// Stable code, e.g. `NOT_FOUND`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $( Self::$variant => $code, )+ }
            }

            /// The kind above; none for the top of the tree.
            #[must_use]
            pub fn parent(self) -> Option<Self> {
                match self { $( Self::$variant => $parent, )+ }
            }
        }
    };
}

kinds! {
    /// Any of them.
    Webhooks = "WebhooksError", "WEBHOOKS", None;
    /// [`Error::Config`]
    Config = "ConfigError", "CONFIG", Some(Self::Webhooks);
    /// [`Error::Validation`]
    Validation = "ValidationError", "VALIDATION", Some(Self::Webhooks);
    /// [`Error::Transport`]
    Transport = "TransportError", "TRANSPORT", Some(Self::Webhooks);
    /// [`Error::Connect`]
    Connect = "ConnectError", "CONNECT", Some(Self::Transport);
    /// [`Error::Timeout`]
    Timeout = "RequestTimeoutError", "REQUEST_TIMEOUT", Some(Self::Transport);
    /// [`Error::Response`]
    Response = "ResponseError", "RESPONSE", Some(Self::Webhooks);
    /// [`Error::Auth`]
    Auth = "AuthError", "AUTH", Some(Self::Webhooks);
    /// [`Error::Api`] with a status that has no kind of its own.
    Api = "ApiError", "API", Some(Self::Webhooks);
    /// 400
    BadRequest = "BadRequestError", "BAD_REQUEST", Some(Self::Api);
    /// 401
    Unauthorized = "UnauthorizedError", "UNAUTHORIZED", Some(Self::Api);
    /// 403
    Forbidden = "ForbiddenError", "FORBIDDEN", Some(Self::Api);
    /// 404
    NotFound = "NotFoundError", "NOT_FOUND", Some(Self::Api);
    /// 409
    Conflict = "ConflictError", "CONFLICT", Some(Self::Api);
    /// 429
    RateLimited = "RateLimitedError", "RATE_LIMITED", Some(Self::Api);
    /// 5xx
    Server = "ServerError", "SERVER", Some(Self::Api);
}

impl ErrorKind {
    fn of_status(status: u16) -> Self {
        match status {
            400 => Self::BadRequest,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            429 => Self::RateLimited,
            500..=599 => Self::Server,
            _ => Self::Api,
        }
    }

    /// What the caller can do about it.
    fn advice(self) -> &'static str {
        match self {
            Self::BadRequest => "Mend the named fields; validate() shows what the contract says.",
            Self::Unauthorized => "The token was not accepted: check the token, or use a client id and secret.",
            Self::Forbidden => {
                "A user's token needs the permission MANAGE_WEB_HOOK, and an OAuth2 client needs the Platform API scope."
            }
            Self::NotFound => {
                "Check the id and the organization: list() shows the webhooks that these credentials reach."
            }
            Self::RateLimited => {
                "An organization has 10,000 requests a minute: send fewer, or raise max_retries and timeout."
            }
            Self::Server => "The server failed, not the request: try again later.",
            _ => "",
        }
    }
}

impl Error {
    /// Which class of the error tree this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Config(_) => ErrorKind::Config,
            Self::Validation(_) => ErrorKind::Validation,
            Self::Connect(_) => ErrorKind::Connect,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Transport(_) => ErrorKind::Transport,
            Self::Response(_) => ErrorKind::Response,
            Self::Auth(_) => ErrorKind::Auth,
            Self::Api(error) => ErrorKind::of_status(error.status),
        }
    }

    /// The error of something that is no request and did not come in time.
    #[must_use]
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::Timeout(Box::new(Failure {
            message: message.into(),
            method: String::new(),
            url: String::new(),
            attempts: 0,
            outcome_unknown: false,
            request_id: None,
        }))
    }

    /// The request id of the answer, where there was one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Config(_) | Self::Validation(_) => None,
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.request_id.as_deref()
            }
            Self::Auth(error) => error.request_id.as_deref(),
            Self::Api(error) => error.request_id.as_deref(),
        }
    }

    /// True where the server may have carried the call out although it failed here: a create that was sent and never
    /// answered. List before you repeat it, or ask for `reconcile`.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.outcome_unknown
            }
            Self::Api(error) => error.outcome_unknown,
            Self::Config(_) | Self::Validation(_) | Self::Auth(_) => false,
        }
    }

    /// The error without these secrets.
    pub(crate) fn redact<'a>(mut self, secrets: impl IntoIterator<Item = &'a str>) -> Self {
        // What is shorter is no secret, and would be found within words.
        for secret in secrets.into_iter().filter(|secret| secret.len() >= MIN_SECRET_LEN) {
            let hide = |text: &mut String| {
                if text.contains(secret) {
                    *text = text.replace(secret, "***");
                }
            };
            match &mut self {
                Self::Connect(failure)
                | Self::Timeout(failure)
                | Self::Transport(failure)
                | Self::Response(failure) => hide(&mut failure.message),
                Self::Api(error) => {
                    hide(&mut error.message);
                    hide(&mut error.body);
                    error.location.as_mut().map(hide);
                    error.request_id.as_mut().map(hide);
                }
                Self::Auth(error) => {
                    hide(&mut error.error);
                    error.error_description.as_mut().map(hide);
                }
                Self::Config(_) | Self::Validation(_) => {}
            }
        }
        self
    }

    /// The error with what a look at the server has shown.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        match &mut self {
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.message = format!("{}; {note}", failure.message);
            }
            Self::Api(error) => error.message = format!("{}; {note}", error.message),
            Self::Config(_) | Self::Validation(_) | Self::Auth(_) => {}
        }
        self
    }
}

impl From<Vec<Violation>> for Error {
    fn from(violations: Vec<Violation>) -> Self {
        Self::Validation(violations)
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(message) => f.write_str(message),
            Self::Validation(violations) => {
                let faults = violations.iter().filter(|violation| violation.is_error()).count();
                write!(f, "nothing was sent: {faults} {}", if faults == 1 { "fault" } else { "faults" })?;
                // A misspelt field is no fault, yet it explains why another is missing.
                let told = violations.iter().filter(|found| found.is_error() || found.code == Code::UnknownField);
                told.into_iter().try_for_each(|violation| write!(f, "\n  {violation}"))
            }
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.fmt(f)
            }
            Self::Auth(error) => {
                write!(f, "the token endpoint refused with {}: {}", error.status, error.error)?;
                if let Some(description) = &error.error_description {
                    write!(f, " ({description})")?;
                }
                write!(f, " [POST {}{}]. Check the client id and secret.", error.url, RequestId(&error.request_id))
            }
            Self::Api(error) => {
                let advice = self.kind().advice();
                let space = if advice.is_empty() { "" } else { " " };
                write!(f, "{}: {}", error.status, error.message)?;
                if let Some(location) = &error.location {
                    write!(f, " (redirect to {location}, not followed: set base_url to the server that answers)")?;
                }
                write!(f, " [{} {}{}].{space}{advice}", error.method, error.url, RequestId(&error.request_id))?;
                f.write_str(if error.outcome_unknown { OUTCOME_UNKNOWN } else { "" })
            }
        }
    }
}

/// Length in bytes.
const MIN_SECRET_LEN: usize = 6;

const OUTCOME_UNKNOWN: &str =
    " The outcome is unknown: the webhook may exist. Look at list() before you repeat the call, as reconcile does.";

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.method.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{} [{} {}", self.message, self.method, self.url)?;
        if self.attempts > 1 {
            write!(f, ", {} attempts", self.attempts)?;
        }
        write!(f, "{}].", RequestId(&self.request_id))?;
        f.write_str(if self.outcome_unknown { OUTCOME_UNKNOWN } else { "" })
    }
}

struct RequestId<'a>(&'a Option<String>);

impl fmt::Display for RequestId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |id| write!(f, ", request id {id}"))
    }
}

/// The message in an error answer: `{"error":{"message":…}}`, `{"message":…}`, `{"error":…}` or OAuth2's description;
/// an excerpt of anything else.
pub(crate) fn error_message(body: &str) -> String {
    extract_error_message(body).unwrap_or_else(|| excerpt(body))
}

/// The message in an answer, if it holds one in a place that is known.
pub(crate) fn extract_error_message(body: &str) -> Option<String> {
    let answer = serde_json::from_str::<Value>(body).ok()?;
    let told = ["/error/message", "/message", "/error_description", "/error"]
        .iter()
        .find_map(|pointer| answer.pointer(pointer)?.as_str().filter(|text| !text.trim().is_empty()))?;
    Some(one_line(told, 4_000))
}

/// The beginning of a text that was not written as a message.
pub(crate) fn excerpt(text: &str) -> String {
    one_line(text, 500)
}

fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > most && line.chars().count() > most {
            return line.chars().take(most).chain("…".chars()).collect();
        }
    }
    if line.is_empty() { "the answer has no text".into() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_message_in_every_shape() {
        assert_eq!(error_message(r#"{"error":{"message":"a"}}"#), "a");
        assert_eq!(error_message(r#"{"message":"b"}"#), "b");
        assert_eq!(error_message(r#"{"error":"c"}"#), "c");
        assert_eq!(error_message("<html>\n <h1>502</h1>"), "<html> <h1>502</h1>");
        assert_eq!(error_message(""), "the answer has no text");
        assert!(error_message(&"x".repeat(5000)).chars().count() < 600);
    }

    #[test]
    fn the_tree_is_a_tree() {
        for (place, kind) in ErrorKind::ALL.iter().enumerate() {
            assert!(kind.parent().is_none_or(|parent| ErrorKind::ALL[..place].contains(&parent)), "{kind:?}");
            assert!(kind.class().ends_with("Error"));
        }
    }
}
