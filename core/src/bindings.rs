//! What the other crates of this workspace need and users do not. Not part of the public API: it changes without notice.
#![doc(hidden)]

pub use crate::call_future::Received;
pub use crate::client::RawResponse;
pub use crate::outbox::{Outbox, Wake};
pub use crate::redact::{is_secret_name, url as without_credentials};
pub use crate::rules::sample_value;
pub use crate::surface::{oauth2, path};
pub use crate::violation::nearest;

use crate::error::{Error, Result};
use crate::model::{FieldValue, Webhook, WebhookSpec};
use crate::response::Response;
use crate::rules::{Purpose, RenderedRequest};
use crate::surface::{Field, FieldKind, Method, Name, Naming, limit_of};
use crate::violation::{Code, Violation};

/// Wire names of a webhook's fields, and of what else stands in requests.
pub mod field {
    use super::Field;
    pub use crate::model::ORG_ID;

    macro_rules! names {
        ($($name:ident = $field:ident;)+) => { $( #[allow(missing_docs)] pub const $name: &str = Field::$field.wire(); )+ };
    }
    names! {
        ID = Id; NAME = Name; TRIGGER = Trigger; DATA_TRIGGER = DataTrigger; URL = Url; METHOD = Method;
        CONTENT_TYPE = ContentType; AUTH_TYPE = AuthType; BODY = Body; OAUTH2_REQUEST = OAuth2Request;
        FAILURE_RECEIVERS = FailureReceivers; FAILURE_LIMIT = FailureLimit; STATUS = Status;
        ATTEMPT_COUNT = AttemptCount; CREATED_AT = CreatedAt; LAST_MODIFIED = LastModifiedAt;
        LAST_TRIGGERED = LastTriggeredAt;
    }
    /// The webhook an operation is about: a query parameter.
    pub const WEBHOOK_ID: &str = "webhookId";

    /// The wire names of some fields.
    pub const fn wires<const N: usize>(fields: &[Field]) -> [&'static str; N] {
        let mut wires = [""; N];
        let mut place = 0;
        while place < N {
            wires[place] = fields[place].wire();
            place += 1;
        }
        wires
    }

    /// What a user decides.
    pub const SETTABLE: [&str; Field::SETTABLE.len()] = wires(Field::SETTABLE);
    /// Required in the body of create and update.
    pub const REQUIRED: [&str; 6] = [NAME, TRIGGER, URL, METHOD, CONTENT_TYPE, AUTH_TYPE];
    /// What the server alone decides; never sent.
    pub const READ_ONLY: [&str; Field::READ_ONLY.len()] = wires(Field::READ_ONLY);
}

/// Limits of fields.
pub mod limit {
    use super::{Field, limit_of};

    /// Longest name.
    pub const NAME: usize = limit_of(Field::Name);
    /// Longest URL template.
    pub const URL: usize = limit_of(Field::Url);
    /// Longest body template.
    pub const BODY: usize = limit_of(Field::Body);
    /// Most failure receivers.
    pub const FAILURE_RECEIVERS: usize = limit_of(Field::FailureReceivers);
}

/// True for a URL whose host is `localhost`, in 127.0.0.0/8, or `[::1]`.
#[must_use]
pub fn is_loopback(url: &url::Url) -> bool {
    crate::http::url::is_loopback_url(url)
}

/// Reads a specification that is about to be sent. Where a value has the wrong type, the other errors are reported with
/// it; a specification without such a value is left to the client, which validates it if it is to.
///
/// # Errors
/// If a value has the wrong type.
pub fn read_spec(
    text: &str,
    trusted: impl IntoIterator<Item = String>,
    purpose: Purpose,
) -> std::result::Result<WebhookSpec, Vec<Violation>> {
    let (mut spec, wrong_types) = WebhookSpec::read_json(text)?;
    spec.trust_values(trusted);
    if wrong_types.is_empty() {
        return Ok(spec);
    }
    let mut found = spec.merge_findings(wrong_types, purpose);
    found.retain(Violation::is_error);
    Err(found)
}

/// The name of an argument of this crate as violations have it: each language writes it its own way.
fn argument(name: &'static str) -> Name {
    Name::Identifier(name)
}

/// An ID as the contract has it (int32), from a language whose integers are larger. `name` is in `snake_case`.
///
/// # Errors
/// [`Error::Validation`](crate::Error::Validation) where it does not fit.
pub fn int32(name: &'static str, value: i64) -> Result<i32> {
    i32::try_from(value).map_err(|_| {
        vec![Violation::about(argument(name), Code::OutOfRange, format!("{value} is out of range for int32"))].into()
    })
}

/// The error of settings that cannot work: every violation in one message.
#[must_use]
pub fn config_error(violations: &[Violation], naming: Naming) -> Error {
    let line = |found: &Violation| format!("{}: {}", found.path_in(naming), found.message.render(naming));
    Error::Config(violations.iter().map(line).collect::<Vec<_>>().join("; ").into())
}

/// The enum values of a webhook that this version does not know.
pub fn unknown_enum_values(webhook: &Webhook) -> impl Iterator<Item = &str> {
    Field::ALL.iter().filter_map(|field| {
        let FieldKind::Enum(info) = field.info().kind else { return None };
        let Some(FieldValue::Enum(value)) = webhook.get(*field) else { return None };
        (!info.contains(value)).then_some(value)
    })
}

/// The headers of a response with each name once: a header that stands twice has both values, as in `fetch`.
#[must_use]
pub fn joined_headers<T>(response: &Response<T>) -> Vec<(&str, String)> {
    let mut joined: Vec<(&str, String)> = Vec::with_capacity(response.headers.len());
    for (name, value) in &response.headers {
        match joined.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.extend([", ", value]),
            None => joined.push((name, value.clone())),
        }
    }
    joined
}

/// What a JSON value is, with its article; never the value itself, which may be a secret.
#[must_use]
pub fn json_kind(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "a boolean",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a string",
        serde_json::Value::Array(_) => "an array",
        serde_json::Value::Object(_) => "an object",
    }
}

/// How deep the arrays and objects of a field may be nested, as `serde_json` reads them. What is deeper stays a text.
pub const MAX_DEPTH: usize = 127;

/// What stands in the place of a secret.
pub const REDACTED: &str = crate::redact::HIDDEN;

/// The value of a field as it may be shown, as JSON text.
#[must_use]
pub fn redacted(field: Field, value: &FieldValue<'_>) -> String {
    crate::redact::field(field, &value.to_json())
}

/// What in `extra` can never be sent.
#[must_use]
pub fn extra_violations(spec: &WebhookSpec) -> Vec<Violation> {
    spec.check_extra()
}

/// A request of its parts, e.g. of a pickled one.
#[must_use]
pub fn rendered(method: Method, url: String, headers: Vec<(String, String)>, body: Option<String>) -> RenderedRequest {
    RenderedRequest { method, url, headers, body }
}

/// The error of a call that panicked, in the core or in a binding.
#[must_use]
pub fn panicked() -> Error {
    crate::futures::defect(crate::futures::Panicked::MESSAGE, true)
}

/// The error of a call that ended without an outcome.
#[must_use]
pub fn lost() -> Error {
    crate::call_future::lost()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_read_up_to_the_limit() {
        let reads = |levels: usize| {
            let json = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            serde_json::from_str::<serde_json::Value>(&json).is_ok()
        };
        assert!(reads(MAX_DEPTH) && !reads(MAX_DEPTH + 1));
    }
}
