//! The rules of the API for a webhook specification: pure, all violations at once.

use std::collections::HashSet;

use super::placeholder::{self, DEVICE_AUTH_TOKEN};
use super::template;
use crate::message::message;
use crate::model::{FieldValue, WebhookSpec};
use crate::redact;
use crate::surface::{AuthType, ContentType, Field, FieldKind, Status, limit_of, oauth2};
use crate::violation::{Code, MAX_LISTED, Violation, nearest, shorten};

/// What a specification is about to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// A new webhook. Its status is not sent: a webhook is created enabled, and `DISABLED` is set by an update afterwards.
    Create,
    /// A replacement.
    Update,
    /// Not decided yet.
    Either,
}

/// Longest name that the platform's console takes (vendor's documentation).
const CONSOLE_NAME: usize = 80;
/// Longest template whose content is checked, in bytes: the console takes bodies of 5 KB, the API less.
const MAX_CHECKED: usize = 16 * 1024;

impl WebhookSpec {
    /// All violations of this specification. The list is empty if there is none.
    ///
    /// ```
    /// use blynk_webhooks::WebhookSpec;
    /// for violation in WebhookSpec::default().name("Doors").validate() {
    ///     println!("{violation}");
    /// }
    /// ```
    #[must_use]
    pub fn validate(&self) -> Vec<Violation> {
        self.validate_for(Purpose::Either)
    }

    /// As [`Self::validate`], for one use.
    #[must_use]
    pub fn validate_for(&self, purpose: Purpose) -> Vec<Violation> {
        let mut found = Vec::new();
        required(self, &mut found);
        name(self, &mut found);
        enums(self, purpose, &mut found);
        objects(self, &mut found);
        url(self, &mut found);
        body(self, &mut found);
        placeholders(self, &mut found);
        failures(self, &mut found);
        status(self, purpose, &mut found);
        found.extend(self.check_extra());
        misspelt(self, &mut found);
        found
    }

    /// Reads a specification and validates it: values of the wrong type and all other violations at once.
    ///
    /// # Errors
    /// If there is a violation that stops a call.
    pub fn from_json_for(text: &str, purpose: Purpose) -> Result<Self, Vec<Violation>> {
        let (spec, wrong_types) = Self::read_json(text)?;
        let found = spec.merge_findings(wrong_types, purpose);
        if found.iter().any(Violation::is_error) { Err(found) } else { Ok(spec) }
    }

    /// What validation finds beside values of the wrong type, which are not in the specification.
    pub(crate) fn merge_findings(&self, wrong_types: Vec<Violation>, purpose: Purpose) -> Vec<Violation> {
        let reported: HashSet<_> = wrong_types.iter().map(|violation| field_of(&violation.path).to_owned()).collect();
        let rest = self.validate_for(purpose).into_iter();
        let rest = rest.filter(|violation| !reported.contains(field_of(&violation.path)));
        wrong_types.into_iter().chain(rest).collect()
    }

    /// What in `extra` can never be sent: fields of their own, and a name that stands twice.
    pub(crate) fn check_extra(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut seen = HashSet::with_capacity(self.extra.len());
        for (name, _) in &self.extra {
            found.push(match Field::from_wire(name) {
                Some(field) if field.is_settable() => {
                    let message = message!["is a field of its own: set ", field, " and leave it out of extra"];
                    Violation::error(name, Code::UnknownField, message)
                }
                Some(_) => Violation::error(name, Code::NotSettable, "is decided by the server; leave it out of extra"),
                None if !seen.insert(name) => {
                    Violation::error(shorten(name), Code::Duplicate, "appears more than once in extra; remove one")
                }
                None => continue,
            });
            if found.len() == MAX_LISTED {
                break;
            }
        }
        found
    }
}

/// The field that a path leads into.
pub(crate) fn field_of(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

fn required(spec: &WebhookSpec, found: &mut Vec<Violation>) {
    for field in Field::SETTABLE.iter().copied().filter(|field| field.is_required()) {
        let is_blank = |text: &str| if field == Field::Name { text.trim().is_empty() } else { text.is_empty() };
        let present = match spec.get(field) {
            Some(FieldValue::Text(text)) => !is_blank(text),
            value => value.is_some(),
        };
        if !present {
            let values = match field.info().kind {
                FieldKind::Enum(info) => format!(", one of {}", info.names().collect::<Vec<_>>().join(", ")),
                _ => String::new(),
            };
            found.push(Violation::error(field.wire(), Code::Required, format!("is required{values}")));
        }
    }
}

/// True if a text has no more code points than allowed.
fn length(field: Field, text: &str, found: &mut Vec<Violation>) -> bool {
    let most = limit_of(field);
    // No text has fewer bytes than code points.
    let fits = text.len() <= most || text.chars().nth(most).is_none();
    if !fits {
        let count = text.chars().count();
        let message = format!("has {count} characters, at most {most} are allowed; shorten it");
        found.push(Violation::error(field.wire(), Code::TooLong, message));
    }
    fits
}

fn name(spec: &WebhookSpec, found: &mut Vec<Violation>) {
    let Some(name) = spec.name.as_deref() else { return };
    if !length(Field::Name, name, found) {
        return;
    }
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '\'' | ' '));
    if !plain || name.chars().count() > CONSOLE_NAME {
        let message = format!(
            "the console accepts letters, digits, '-', ''' and spaces, at most {CONSOLE_NAME} of them. The API accepts more, \
             but the console may refuse to save this webhook"
        );
        found.push(Violation::warning(Field::Name.wire(), Code::ConsoleLimit, message));
    }
}

fn enums(spec: &WebhookSpec, purpose: Purpose, found: &mut Vec<Violation>) {
    for (field, value) in spec.unknown_values() {
        let FieldKind::Enum(info) = field.info().kind else { continue };
        let shown = shorten(value);
        found.push(if spec.provenance.trusts(value) {
            if field == Field::Status && purpose == Purpose::Create {
                // Not sent, see `status`.
                continue;
            }
            let message =
                format!("this version does not know '{shown}', which came from the server; it is sent as it is");
            Violation::warning(field.wire(), Code::UnknownValue, message)
        } else {
            let meant =
                nearest(value, info.names()).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            let values = info.names().collect::<Vec<_>>().join(", ");
            Violation::error(field.wire(), Code::UnknownValue, format!("'{shown}' is not one of {values}{meant}"))
        });
    }
}

fn objects(spec: &WebhookSpec, found: &mut Vec<Violation>) {
    for (field, value) in [(Field::DataTrigger, &spec.data_trigger), (Field::OAuth2Request, &spec.oauth2_request)] {
        if value.as_ref().is_some_and(|value| !value.is_object()) {
            found.push(Violation::error(field.wire(), Code::WrongType, "must be an object"));
        }
    }
    if let Some(trigger) = spec.trigger.as_ref().filter(|trigger| trigger.needs_data_trigger())
        && spec.data_trigger.is_none()
    {
        let message = format!("is required for {trigger}: it says which datastream or log event runs the webhook");
        found.push(Violation::error(Field::DataTrigger.wire(), Code::Required, message));
    }
    if spec.oauth2_request.is_none() && spec.auth_type == Some(AuthType::OAuth2) {
        let (id, secret, url) = (oauth2::CLIENT_ID, oauth2::CLIENT_SECRET, oauth2::TOKEN_URL);
        let members = format!(" is OAUTH2: an object with {id}, {secret} and {url}");
        let message = message!["is required when ", Field::AuthType, members];
        found.push(Violation::error(Field::OAuth2Request.wire(), Code::Required, message));
    }
}

fn url(spec: &WebhookSpec, found: &mut Vec<Violation>) {
    let Some(url) = spec.url.as_deref().filter(|url| !url.is_empty()) else { return };
    let path = Field::Url.wire();
    length(Field::Url, url, found);
    if url.len() > MAX_CHECKED {
        return;
    }
    let parsed = match template::check_url(&template::sample_url(url)) {
        Ok(parsed) => parsed,
        Err(problem) => {
            found.push(Violation::error(path, Code::InvalidUrl, problem));
            return;
        }
    };
    if parsed.scheme() == "http" {
        let message = "is reached without encryption, and the console accepts https only; use https://";
        found.push(Violation::warning(path, Code::PlainHttp, message));
    }
    // What the sample puts in the place of a placeholder is no credential.
    let literal = |value: &str| !value.is_empty() && value != "1";
    if !parsed.username().is_empty() || parsed.password().is_some() {
        let message = message![
            "contains a user name or password, which ends up in logs; set ",
            Field::AuthType,
            " to BASIC or OAUTH2 instead"
        ];
        found.push(Violation::warning(path, Code::CredentialsInUrl, message));
    } else if let Some((name, _)) =
        parsed.query_pairs().find(|(name, value)| redact::is_secret_parameter(name) && literal(value))
    {
        let name = shorten(&name);
        let message = message![
            format!("the query parameter '{name}' looks like a credential, which ends up in logs; use "),
            Field::AuthType,
            " or the body instead"
        ];
        found.push(Violation::warning(path, Code::CredentialsInUrl, message));
    }
    if template::placeholders(url).iter().any(|name| name == DEVICE_AUTH_TOKEN) {
        let message = format!("puts {{{DEVICE_AUTH_TOKEN}}} where proxies and servers log it; move it to the body");
        found.push(Violation::warning(path, Code::CredentialsInUrl, message));
    }
}

fn body(spec: &WebhookSpec, found: &mut Vec<Violation>) {
    let Some(body) = spec.body.as_deref() else { return };
    let path = Field::Body.wire();
    length(Field::Body, body, found);
    if spec.content_type != Some(ContentType::Json) || body.is_empty() || body.len() > MAX_CHECKED {
        return;
    }
    let (sample, bare) = template::sample_json(body);
    if let Err(problem) = serde_json::from_str::<serde::de::IgnoredAny>(&sample) {
        let message = message![Field::ContentType, format!(" is JSON, but the body is not: {problem}")];
        found.push(Violation::warning(path, Code::InvalidJsonBody, message));
    } else if let Some(name) = bare.first() {
        let name = shorten(name);
        let message = format!(
            "{{{name}}} is outside quotes: if its value is text, the body is not valid JSON; write \"{{{name}}}\""
        );
        found.push(Violation::warning(path, Code::InvalidJsonBody, message));
    }
}

fn placeholders(spec: &WebhookSpec, found: &mut Vec<Violation>) {
    for (field, template) in [(Field::Url, &spec.url), (Field::Body, &spec.body)] {
        let Some(template) = template.as_deref().filter(|template| template.len() <= MAX_CHECKED) else { continue };
        let before = found.len();
        for name in template::placeholders(template) {
            if found.len() - before == MAX_LISTED {
                break;
            }
            let shown = shorten(&name);
            let Some(known) = placeholder::find(&name) else {
                let meant = placeholder::meant(&name).map(|meant| format!("; did you mean {{{meant}}}?"));
                let message = format!("the platform has no placeholder {{{shown}}}{}", meant.unwrap_or_default());
                found.push(Violation::warning(field.wire(), Code::UnknownPlaceholder, message));
                continue;
            };
            if let Some(trigger) = spec.trigger.as_ref().filter(|trigger| !known.group.offered_by(trigger)) {
                let message =
                    format!("{trigger} probably does not offer {{{shown}}}: it may be sent empty or as written");
                found.push(Violation::warning(field.wire(), Code::PlaceholderNotOffered, message));
            }
        }
    }
}

fn failures(spec: &WebhookSpec, found: &mut Vec<Violation>) {
    let count = spec.failure_receivers.as_ref().map_or(0, Vec::len);
    let most = limit_of(Field::FailureReceivers);
    if count > most {
        let message = format!("has {count} users, at most {most} are allowed");
        found.push(Violation::error(Field::FailureReceivers.wire(), Code::TooMany, message));
    }
    if let Some(limit) = spec.failure_limit.filter(|limit| *limit < 1) {
        let message = format!("is {limit}, and what the platform does with that is not published; use 1 or more");
        found.push(Violation::warning(Field::FailureLimit.wire(), Code::OutOfRange, message));
    }
}

fn status(spec: &WebhookSpec, purpose: Purpose, found: &mut Vec<Violation>) {
    let mut ignored = |message: String| found.push(Violation::warning(Field::Status.wire(), Code::Ignored, message));
    match &spec.status {
        Some(Status::DisabledDueToErrors) if purpose == Purpose::Create => {
            ignored("DISABLED_DUE_TO_ERRORS is set by the platform alone; the webhook is created enabled".into());
        }
        Some(Status::DisabledDueToErrors) => {
            ignored("DISABLED_DUE_TO_ERRORS is set by the platform alone and ignored in an update".into());
        }
        Some(Status::Unknown(value)) if purpose == Purpose::Create && spec.provenance.trusts(value) => {
            ignored(format!("'{}' cannot be set at creation; the webhook is created enabled", shorten(value)));
        }
        _ => {}
    }
}

fn misspelt(spec: &WebhookSpec, found: &mut Vec<Violation>) {
    /// Looking for a near name takes long enough to need a bound.
    const MOST: usize = 200;
    let before = found.len();
    for (name, _) in spec.extra.iter().take(MOST).filter(|(name, _)| Field::from_wire(name).is_none()) {
        if found.len() - before == MAX_LISTED {
            break;
        }
        if let Some(meant) = nearest(name, Field::SETTABLE.iter().map(|field| field.wire())) {
            let message = format!("is not a field this version knows, and is sent as it is; did you mean '{meant}'?");
            found.push(Violation::warning(shorten(name), Code::UnknownField, message));
        }
    }
}
