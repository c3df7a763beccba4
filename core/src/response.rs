//! What a call brings beside its value.

use std::time::Duration;

use http::HeaderMap;

/// The value of a call with the response it came in: see [`Call::with_response`](crate::Call::with_response).
///
/// Of a call that makes several requests, e.g. a patch, it is the response to the last one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response<T> {
    /// What the call brings without this.
    pub value: T,
    /// HTTP status.
    pub status: u16,
    /// Names, in lower case, and values of the response's headers. A value that is not text is left out.
    pub headers: Vec<(String, String)>,
    /// Request ID (header `X-Request-Id`; assumed).
    pub request_id: Option<String>,
    /// How many times the request was sent or tried.
    pub attempts: u32,
    /// Time of the whole call: token, attempts and pauses.
    pub elapsed: Duration,
}

impl<T> Response<T> {
    /// The response with another value, made of this one.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        let Self { value, status, headers, request_id, attempts, elapsed } = self;
        Response { value: change(value), status, headers, request_id, attempts, elapsed }
    }

    /// A header's first value; its name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What is kept of a response where a call is asked for it.
#[derive(Debug, Default)]
pub(crate) struct ResponseParts {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) request_id: Option<String>,
    pub(crate) attempts: u32,
}

/// Headers as text; `hide` takes away what must not be shown.
pub(crate) fn text_headers(headers: &HeaderMap, hide: impl Fn(String) -> String) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), hide(value.to_str().ok()?.to_owned()))))
        .collect()
}
