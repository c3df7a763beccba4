//! The error tree, and the attributes of each kind of error.

/// The first line of a documentation comment, for tables.
pub(super) const fn first_line(doc: &'static str) -> &'static str {
    let bytes = doc.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b'\n' {
        end += 1;
    }
    doc.split_at(end).0.trim_ascii()
}

/// What kind of value an attribute of an error holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttributeKind {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// `true` or `false`.
    Bool,
    /// A number of seconds.
    Seconds,
    /// A list of violations.
    Violations,
    /// A webhook.
    Webhook,
}

macro_rules! attributes {
    ($( $(#[doc = $doc:literal])+ $attribute:ident: $snake:ident, $kind:ident $(, $optional:ident)?; )+) => {
        /// The identity of an attribute of errors.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Attribute { $( $(#[doc = $doc])+ $attribute, )+ }

        impl Attribute {
            /// Every attribute.
            pub const ALL: &'static [Self] = &[$(Self::$attribute),+];

            /// Its name in `snake_case`.
            #[must_use]
            pub const fn snake(self) -> &'static str {
                match self { $( Self::$attribute => stringify!($snake), )+ }
            }

            /// Kind of its value.
            #[must_use]
            pub const fn kind(self) -> AttributeKind {
                match self { $( Self::$attribute => AttributeKind::$kind, )+ }
            }

            /// True if an error of its class may lack it.
            #[must_use]
            pub const fn is_optional(self) -> bool {
                match self { $( Self::$attribute => attributes!(@optional $($optional)?), )+ }
            }

            /// What it means.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $( Self::$attribute => first_line(concat!($($doc, "\n"),+)), )+ }
            }
        }
    };
    (@optional) => { false };
    (@optional optional) => { true };
}

attributes! {
    /// The violations about the arguments, all at once.
    Violations: violations, Violations;
    /// What the server said, or what happened to the request.
    Message: message, Text;
    /// HTTP status of the response.
    Status: status, Integer;
    /// HTTP method of the request.
    Method: method, Text;
    /// URL of the request, without secrets.
    Url: url, Text;
    /// How many times the request was sent or tried.
    Attempts: attempts, Integer;
    /// OAuth2 error code, e.g. `invalid_client`.
    Error: error, Text;
    /// What the token endpoint says about the error.
    ErrorDescription: error_description, Text, optional;
    /// How many seconds the server asks to wait (header `Retry-After`).
    RetryAfter: retry_after, Seconds, optional;
    /// Body of the response, at most 16 KiB of it.
    Body: body, Text;
    /// Target of a redirect that was not followed.
    Location: location, Text, optional;
    /// The webhook as the server holds it.
    Current: current, Webhook;
    /// Request ID of the response (header `X-Request-Id`).
    RequestId: request_id, Text, optional;
    /// True if the server may have carried out the call although it failed here.
    OutcomeUnknown: outcome_unknown, Bool;
}

macro_rules! kinds {
    ($(
        $(#[doc = $doc:literal])+
        $kind:ident = $class:literal, $code:literal, $parent:expr $(, attributes($($attribute:ident),+))?;
    )+) => {
        /// The error tree: each kind with its class name, its stable code and its parent, the same in every language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $( $(#[doc = $doc])+ $kind, )+ }

        impl ErrorKind {
            /// Every kind, parents before their children.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// Name of the class in Python and Node, e.g. `NotFoundError`.
            #[must_use]
            pub const fn class(self) -> &'static str {
                match self { $( Self::$kind => $class, )+ }
            }

            /// Stable code, e.g. `NOT_FOUND`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$kind => $code, )+ }
            }

            /// The kind above; none for the top of the tree.
            #[must_use]
            pub const fn parent(self) -> Option<Self> {
                match self { $( Self::$kind => $parent, )+ }
            }

            /// What it means.
            #[must_use]
            pub const fn doc(self) -> &'static str {
                match self { $( Self::$kind => first_line(concat!($($doc, "\n"),+)), )+ }
            }

            /// The attributes that this kind adds to those of its parents.
            #[must_use]
            pub const fn own_attributes(self) -> &'static [Attribute] {
                match self { $( Self::$kind => &[$($(Attribute::$attribute),+)?], )+ }
            }
        }
    };
}

kinds! {
    /// Any error of this package.
    Webhooks = "WebhooksError", "WEBHOOKS", None, attributes(RequestId, OutcomeUnknown);
    /// A setting of the client cannot work. Nothing was sent.
    Config = "ConfigError", "CONFIG", Some(Self::Webhooks);
    /// The arguments break the API's rules. Nothing was sent.
    Validation = "ValidationError", "VALIDATION", Some(Self::Webhooks), attributes(Violations);
    /// The webhook has changed on the server since it was read, so nothing was written.
    PreconditionFailed = "PreconditionFailedError", "PRECONDITION_FAILED", Some(Self::Webhooks), attributes(Current);
    /// The connection broke while a request was under way.
    Transport = "TransportError", "TRANSPORT", Some(Self::Webhooks), attributes(Message, Method, Url, Attempts);
    /// No connection could be made, so the request did not run.
    Connect = "ConnectError", "CONNECT", Some(Self::Transport);
    /// The deadline of the call passed.
    Timeout = "RequestTimeoutError", "REQUEST_TIMEOUT", Some(Self::Transport);
    /// The response cannot be understood.
    Response = "ResponseError", "RESPONSE", Some(Self::Webhooks), attributes(Message, Method, Url, Attempts);
    /// The token endpoint refused the client ID and secret. A token that the API refuses is an `UnauthorizedError`.
    Auth = "AuthError", "AUTH", Some(Self::Webhooks), attributes(Status, Error, ErrorDescription, Url);
    /// The API answered with an error status.
    Api = "ApiError", "API", Some(Self::Webhooks), attributes(Status, Message, Method, Url, RetryAfter, Body, Location);
    /// 400: the API refused the request.
    BadRequest = "BadRequestError", "BAD_REQUEST", Some(Self::Api);
    /// 401: the API refused the token. Client credentials that the token endpoint refuses are an `AuthError`.
    Unauthorized = "UnauthorizedError", "UNAUTHORIZED", Some(Self::Api);
    /// 403: the credentials lack a permission.
    Forbidden = "ForbiddenError", "FORBIDDEN", Some(Self::Api);
    /// 404: the webhook does not exist, or these credentials do not reach it.
    NotFound = "NotFoundError", "NOT_FOUND", Some(Self::Api);
    /// 409: the request conflicts with the state of the server.
    Conflict = "ConflictError", "CONFLICT", Some(Self::Api);
    /// 429: the organization has sent too many requests.
    RateLimited = "RateLimitedError", "RATE_LIMITED", Some(Self::Api);
    /// 5xx: the server failed.
    Server = "ServerError", "SERVER", Some(Self::Api);
}

impl ErrorKind {
    /// Every attribute of the kind: its own, then those of its parents.
    pub fn attributes(self) -> impl Iterator<Item = Attribute> {
        std::iter::successors(Some(self), |kind| kind.parent()).flat_map(|kind| kind.own_attributes().iter().copied())
    }

    pub(crate) fn of_status(status: u16) -> Self {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_a_tree() {
        for (place, kind) in ErrorKind::ALL.iter().enumerate() {
            assert!(kind.parent().is_none_or(|parent| ErrorKind::ALL[..place].contains(&parent)), "{kind:?}");
            assert!(kind.class().ends_with("Error") && kind.doc().ends_with('.'));
            let attributes: Vec<_> = kind.attributes().collect();
            assert!(attributes.iter().all(|one| attributes.iter().filter(|other| *other == one).count() == 1));
        }
    }
}
