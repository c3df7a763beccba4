//! What can go wrong, as one enum; its table of kinds names the classes and codes of every language.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::message::{Message, Part, message};
use crate::model::Webhook;
use crate::redact::Secrets;
use crate::surface::{Attribute, CallOption, ErrorKind, Name, Naming, Setting};
use crate::violation::{Code, Violation};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call failed. `Display` says what was wrong, where, and what to do; it never contains a secret.
///
/// ```
/// use blynk_webhooks::{Client, Naming};
/// let error = Client::builder().token("t").base_url("http://example.com").build().unwrap_err();
/// assert!(error.to_string().contains("pass allow_http"));
/// assert!(error.render(Naming::Node).contains("pass allowHttp"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// A setting of the client cannot work. Nothing was sent.
    Config(Message),
    /// The arguments break the API's rules. Nothing was sent.
    Validation(Vec<Violation>),
    /// No connection could be made, so the request did not run.
    Connect(Box<Failure>),
    /// The deadline of the call passed.
    Timeout(Box<Failure>),
    /// The connection broke while a request was under way.
    Transport(Box<Failure>),
    /// The response cannot be understood.
    Response(Box<Failure>),
    /// The token endpoint refused the client ID and secret.
    Auth(Box<AuthError>),
    /// The API answered with an error status.
    Api(Box<ApiError>),
    /// The webhook on the server is not the expected one, so nothing was written: see
    /// [`Call::expected`](crate::Call::expected).
    PreconditionFailed {
        /// The webhook as the server holds it.
        current: Box<Webhook>,
    },
    /// The function that provides tokens failed: see
    /// [`ClientBuilder::token_provider`](crate::ClientBuilder::token_provider). Its error is the
    /// [source](std::error::Error::source) of this one.
    TokenProvider(Arc<dyn std::error::Error + Send + Sync>),
}

/// A request that brought no usable response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// What happened and what to do.
    pub message: Message,
    /// HTTP method.
    pub method: String,
    /// URL without secrets.
    pub url: String,
    /// How many times the request was sent or tried.
    pub attempts: u32,
    /// True if the server may have carried out the call although it failed here.
    pub outcome_unknown: bool,
    /// Request ID of the response, if there was one (header `X-Request-Id`; assumed).
    pub request_id: Option<String>,
    /// The name that other programs have for a host name that was not found or a certificate that was refused: `ENOTFOUND`,
    /// `CERT_HAS_EXPIRED`, `SELF_SIGNED_CERT_IN_CHAIN`, …. `None` for other causes.
    pub cause_code: Option<&'static str>,
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
    /// Request ID of the response.
    pub request_id: Option<String>,
}

/// An error response of the API.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// The message found in the response, else an excerpt of its body.
    pub message: String,
    /// HTTP method.
    pub method: String,
    /// URL without secrets.
    pub url: String,
    /// Request ID of the response (header `X-Request-Id`; assumed).
    pub request_id: Option<String>,
    /// How long the server asks to wait (header `Retry-After`; assumed).
    pub retry_after: Option<Duration>,
    /// Body of the response, at most 16 KiB of it.
    pub body: String,
    /// True if the server may have carried out the call although it failed here.
    pub outcome_unknown: bool,
    /// Target of a redirect that was not followed.
    pub location: Option<String>,
}

/// What the caller can do about an error status.
fn advice(kind: ErrorKind) -> Message {
    match kind {
        ErrorKind::BadRequest => message![
            "Fix the fields named above; ",
            Name::Call("validate"),
            " lists every value that the API does not allow."
        ],
        ErrorKind::Unauthorized => "The API refused the token. Check the token, or use a client ID and secret.".into(),
        ErrorKind::Forbidden => {
            "A user's token needs the permission MANAGE_WEB_HOOK, and an OAuth2 client needs the Platform API scope."
                .into()
        }
        ErrorKind::NotFound => message![
            "Check the ID and the organization: ",
            Name::Call("list"),
            " shows the webhooks that these credentials reach."
        ],
        ErrorKind::RateLimited => message![
            "An organization may send 10,000 requests a minute: send fewer, or raise ",
            Setting::MaxRetries,
            " and ",
            Setting::Timeout,
            "."
        ],
        ErrorKind::Server => "The server failed, not the request: try again later.".into(),
        _ => Message::default(),
    }
}

/// The value of an attribute of an error.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// An integer.
    Integer(u32),
    /// `true` or `false`.
    Bool(bool),
    /// A number of seconds.
    Seconds(Duration),
    /// The violations about the arguments.
    Violations(&'a [Violation]),
    /// A webhook.
    Webhook(&'a Webhook),
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
            Self::PreconditionFailed { .. } => ErrorKind::PreconditionFailed,
            Self::TokenProvider(_) => ErrorKind::Webhooks,
        }
    }

    /// The error of something other than a request that did not end in time.
    #[must_use]
    pub fn timed_out(message: impl Into<Message>) -> Self {
        Self::Timeout(Box::new(Failure {
            message: message.into(),
            method: String::new(),
            url: String::new(),
            attempts: 0,
            outcome_unknown: false,
            request_id: None,
            cause_code: None,
        }))
    }

    /// The whole text, with names of settings and methods as a language writes them.
    #[must_use]
    pub fn render(&self, naming: Naming) -> String {
        self.text().render(naming)
    }

    /// An attribute of the error; `None` if this error has no such value. [`ErrorKind::attributes`] lists those of a kind.
    ///
    /// ```
    /// use blynk_webhooks::{Attribute, AttributeValue, Error, Naming};
    /// # fn show(error: &Error) {
    /// for attribute in error.kind().attributes() {
    ///     println!("{} = {:?}", attribute.snake(), error.attribute(attribute, Naming::Rust));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn attribute(&self, attribute: Attribute, naming: Naming) -> Option<AttributeValue<'_>> {
        let text = |text: &str| AttributeValue::Text(Cow::Owned(text.to_owned()));
        match (attribute, self) {
            (Attribute::RequestId, _) => self.request_id().map(text),
            (Attribute::OutcomeUnknown, _) => Some(AttributeValue::Bool(self.outcome_unknown())),
            (Attribute::Current, Self::PreconditionFailed { current }) => Some(AttributeValue::Webhook(current)),
            (_, Self::Config(_) | Self::PreconditionFailed { .. } | Self::TokenProvider(_)) => None,
            (Attribute::Violations, Self::Validation(violations)) => Some(AttributeValue::Violations(violations)),
            (_, Self::Validation(_)) => None,
            (
                attribute,
                Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure),
            ) => match attribute {
                Attribute::Message => Some(AttributeValue::Text(failure.message.render(naming).into())),
                Attribute::Method => Some(text(&failure.method)),
                Attribute::Url => Some(text(&failure.url)),
                Attribute::Attempts => Some(AttributeValue::Integer(failure.attempts)),
                _ => None,
            },
            (attribute, Self::Auth(error)) => match attribute {
                Attribute::Status => Some(AttributeValue::Integer(error.status.into())),
                Attribute::Error => Some(text(&error.error)),
                Attribute::ErrorDescription => error.error_description.as_deref().map(text),
                Attribute::Url => Some(text(&error.url)),
                _ => None,
            },
            (attribute, Self::Api(error)) => match attribute {
                Attribute::Status => Some(AttributeValue::Integer(error.status.into())),
                Attribute::Message => Some(text(&error.message)),
                Attribute::Method => Some(text(&error.method)),
                Attribute::Url => Some(text(&error.url)),
                Attribute::RetryAfter => error.retry_after.map(AttributeValue::Seconds),
                Attribute::Body => Some(text(&error.body)),
                Attribute::Location => error.location.as_deref().map(text),
                _ => None,
            },
        }
    }

    /// The request ID of the response, if there was one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Config(_) | Self::Validation(_) | Self::PreconditionFailed { .. } | Self::TokenProvider(_) => None,
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.request_id.as_deref()
            }
            Self::Auth(error) => error.request_id.as_deref(),
            Self::Api(error) => error.request_id.as_deref(),
        }
    }

    /// True if the server may have carried out the call although it failed here, e.g. a create that was sent and never
    /// answered. List the webhooks before you repeat the call, or ask for `reconcile`.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.outcome_unknown
            }
            Self::Api(error) => error.outcome_unknown,
            Self::Config(_)
            | Self::Validation(_)
            | Self::Auth(_)
            | Self::PreconditionFailed { .. }
            | Self::TokenProvider(_) => false,
        }
    }

    /// The error without these secrets, which a server may have repeated.
    pub(crate) fn redact(mut self, secrets: &Secrets) -> Self {
        if secrets.is_empty() {
            return self;
        }
        let hide = |text: &mut String| secrets.hide(text);
        match &mut self {
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.message.edit(&hide);
                failure.request_id.as_mut().map(hide);
            }
            Self::Api(error) => {
                hide(&mut error.message);
                hide(&mut error.body);
                error.location.as_mut().map(hide);
                error.request_id.as_mut().map(hide);
            }
            Self::Auth(error) => {
                hide(&mut error.error);
                error.error_description.as_mut().map(hide);
                error.request_id.as_mut().map(hide);
            }
            Self::Config(_) | Self::Validation(_) | Self::PreconditionFailed { .. } | Self::TokenProvider(_) => {}
        }
        self
    }

    /// The error of a call that must not be repeated without a look at the list.
    pub(crate) fn with_outcome_unknown(mut self) -> Self {
        match &mut self {
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.outcome_unknown = true;
            }
            Self::Api(error) => error.outcome_unknown = true,
            Self::Config(_)
            | Self::Validation(_)
            | Self::Auth(_)
            | Self::PreconditionFailed { .. }
            | Self::TokenProvider(_) => {}
        }
        self
    }

    /// The error with more to say.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        match &mut self {
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.message.push(note.to_owned());
            }
            Self::Api(error) => error.message.push_str(note),
            Self::Auth(error) => error.error.push_str(note),
            Self::Config(message) => message.push(note.to_owned()),
            Self::Validation(_) | Self::PreconditionFailed { .. } | Self::TokenProvider(_) => {}
        }
        self
    }
}

impl From<Vec<Violation>> for Error {
    fn from(violations: Vec<Violation>) -> Self {
        Self::Validation(violations)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::TokenProvider(error) => Some(&**error),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Naming::Rust))
    }
}

impl Error {
    fn text(&self) -> Message {
        match self {
            Self::Config(message) => message.clone(),
            Self::Validation(violations) => not_sent(violations),
            Self::PreconditionFailed { current } => message![
                format!(
                    "webhook {} is not as expected: it has changed on the server, so nothing was written. ",
                    current.id()
                ),
                "The error's ",
                Name::Identifier("current"),
                " is the server's webhook now: decide again, and repeat the call with it.",
            ],
            Self::TokenProvider(error) => format!("the token provider failed: {error}").into(),
            Self::Connect(failure) | Self::Timeout(failure) | Self::Transport(failure) | Self::Response(failure) => {
                failure.text()
            }
            Self::Auth(error) => {
                let description = error.error_description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
                message![
                    format!(
                        "the token endpoint refused with {}: {}{description} [POST {}{}]. Check ",
                        error.status,
                        error.error,
                        error.url,
                        request_id(error.request_id.as_deref())
                    ),
                    Setting::ClientId,
                    " and ",
                    Setting::ClientSecret,
                    "."
                ]
            }
            Self::Api(error) => {
                let mut text = Message::from(format!("{}: {}", error.status, error.message));
                if let Some(location) = &error.location {
                    text.push(message![
                        format!(" (redirect to {location}, not followed: set "),
                        Setting::BaseUrl,
                        " to the server that answers)"
                    ]);
                }
                let request_id = request_id(error.request_id.as_deref());
                text.push(format!(" [{} {}{request_id}].", error.method, error.url));
                let advice = advice(self.kind());
                if advice != Message::default() {
                    text.push(" ");
                    text.push(advice);
                }
                text.push(outcome_unknown(error.outcome_unknown));
                text
            }
        }
    }
}

/// Most violations in the text of an error; all of them are in its attribute.
const MAX_SHOWN_VIOLATIONS: usize = 25;

fn not_sent(violations: &[Violation]) -> Message {
    let errors = violations.iter().filter(|violation| violation.is_error()).count();
    let mut text = Message::from(format!("not sent: {errors} validation {}", plural(errors, "error", "errors")));
    // A misspelt field is no error, yet it explains why another is missing.
    let told = violations.iter().filter(|violation| violation.is_error() || violation.code == Code::UnknownField);
    let mut rest = told.clone().count();
    for violation in told.take(MAX_SHOWN_VIOLATIONS) {
        text.push("\n  ");
        text.push(violation.clone().into_message());
        text.push(format!(" [{}]", violation.code.as_str()));
        rest -= 1;
    }
    if rest > 0 {
        text.push(format!("\n  … and {rest} more"));
    }
    text
}

fn plural(count: usize, one: &'static str, more: &'static str) -> &'static str {
    if count == 1 { one } else { more }
}

fn outcome_unknown(unknown: bool) -> Message {
    if unknown {
        message![
            " The outcome is unknown: the webhook may exist. Check ",
            Name::Call("list"),
            " before you repeat the call",
            Part::InCode(message![", or use ", CallOption::Reconcile]),
            "."
        ]
    } else {
        Message::default()
    }
}

impl Failure {
    fn text(&self) -> Message {
        let mut text = self.message.clone();
        if self.method.is_empty() {
            return text;
        }
        let attempts = if self.attempts > 1 { format!(", {} attempts", self.attempts) } else { String::new() };
        let request_id = request_id(self.request_id.as_deref());
        text.push(format!(" [{} {}{attempts}{request_id}].", self.method, self.url));
        text.push(outcome_unknown(self.outcome_unknown));
        text
    }
}

fn request_id(id: Option<&str>) -> String {
    id.map(|id| format!(", request ID {id}")).unwrap_or_default()
}

/// Most bytes of a response in which a message is looked for.
const MAX_SEARCHED: usize = 64 * 1024;

/// The message in an error response: `{"error":{"message":…}}`, `{"message":…}`, `{"error":…}` or OAuth2's description;
/// an excerpt of anything else.
pub(crate) fn error_message(body: &str) -> String {
    extract_error_message(body).unwrap_or_else(|| excerpt(body))
}

/// The message in a response, if its beginning holds one in a place that is known.
pub(crate) fn extract_error_message(body: &str) -> Option<String> {
    let mut told = Told::default();
    // The end may be missing: what stands before it has been found by then.
    let _ = Members { told: &mut told, inside_error: false }
        .deserialize(&mut serde_json::Deserializer::from_str(beginning(body, MAX_SEARCHED)));
    let Told { error_message, message, error_description, error } = told;
    let told = [error_message, message, error_description, error].into_iter().flatten();
    told.map(|text| one_line(&text, 4_000)).find(|text| !text.is_empty())
}

/// The texts that were found, the most telling first.
#[derive(Default)]
struct Told {
    error_message: Option<String>,
    message: Option<String>,
    error_description: Option<String>,
    error: Option<String>,
}

/// Reads the members of the response, or of its member `error`, and skips every other value without keeping it.
struct Members<'a> {
    told: &'a mut Told,
    inside_error: bool,
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let Self { told, inside_error } = self;
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            match (&*name, inside_error) {
                ("message", true) => map.next_value_seed(Text(&mut told.error_message))?,
                ("message", false) => map.next_value_seed(Text(&mut told.message))?,
                ("error_description", false) => map.next_value_seed(Text(&mut told.error_description))?,
                ("error", false) => map.next_value_seed(ErrorMember(told))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Keeps a string; skips any other value.
struct Text<'a>(&'a mut Option<String>);

/// Keeps a string, or what an object says; skips any other value.
struct ErrorMember<'a>(&'a mut Told);

/// What both do with values that are no text.
macro_rules! skip_other_values {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        fn visit_bool<E>(self, _: bool) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_i64<E>(self, _: i64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_u64<E>(self, _: u64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_f64<E>(self, _: f64) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_unit<E>(self) -> std::result::Result<(), E> {
            Ok(())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(())
        }
    };
}

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = ();
    skip_other_values!();
    fn visit_str<E>(self, text: &str) -> std::result::Result<(), E> {
        *self.0 = Some(text.into());
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for ErrorMember<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ErrorMember<'_> {
    type Value = ();
    skip_other_values!();
    fn visit_str<E>(self, text: &str) -> std::result::Result<(), E> {
        self.0.error = Some(text.into());
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> std::result::Result<(), A::Error> {
        Members { told: self.0, inside_error: true }.visit_map(map)
    }
}

/// At most so many bytes of a text.
pub(crate) fn beginning(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The beginning of a text that was not written as a message.
pub(crate) fn excerpt(text: &str) -> String {
    let line = one_line(text, 500);
    if line.is_empty() { "the response has no text".into() } else { line }
}

/// The beginning of a text, on one line and without control characters.
fn one_line(text: &str, most: usize) -> String {
    let start = beginning(text, MAX_SEARCHED);
    let words = start.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(most) {
            line.truncate(end);
            line.push('…');
            break;
        }
    }
    line
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
        assert_eq!(error_message(""), "the response has no text");
        assert!(error_message(&"x".repeat(5000)).chars().count() < 600);
        assert_eq!(error_message(r#"{"error":{"code":1,"message":"d"},"message":"e","error_description":"f"}"#), "d");
        assert_eq!(error_message(r#"{"error":"invalid","error_description":"g"}"#), "g");
        assert_eq!(
            error_message(r#"{"message":{"text":[1]},"error":[null,true,1,1.5],"x":{}}"#).chars().next(),
            Some('{')
        );
        assert_eq!(error_message(r#"{"message":" ","error":"h"}"#), "h");
    }

    #[test]
    fn finds_the_message_in_the_beginning_of_a_long_response() {
        let long = format!(r#"{{"error":{{"message":"a","trace":"{}"}}}}"#, "x".repeat(10_000_000));
        assert_eq!(extract_error_message(&long).as_deref(), Some("a"));
        assert_eq!(extract_error_message(&long[..100]).as_deref(), Some("a"));
        assert_eq!(extract_error_message(&format!("[{}", r#"{"message":"a"},"#.repeat(10_000))), None);
        assert!(excerpt(&"é".repeat(10_000_000)).len() < 1_100);
    }
}
