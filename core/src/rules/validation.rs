//! The rules of the API for a webhook specification: pure, all findings at once.

use crate::model::contract::{field, limit, oauth2};
use crate::model::{AuthType, ContentType, Method, Status, Trigger, WebhookSpec};
use crate::rules::placeholder::{self, DEVICE_AUTH_TOKEN};
use crate::rules::template;
use crate::rules::violation::{Code, Violation, nearest};

/// What a spec is about to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new webhook: `status` cannot be set.
    Create,
    /// A replacement: `status` can be set.
    Update,
    /// Not decided yet.
    Either,
}

pub(crate) fn validate(spec: &WebhookSpec, purpose: Purpose) -> Vec<Violation> {
    let mut findings = Vec::new();
    required(spec, &mut findings);
    name(spec, &mut findings);
    enums(spec, &mut findings);
    objects(spec, &mut findings);
    url(spec, &mut findings);
    body(spec, &mut findings);
    placeholders(spec, &mut findings);
    receivers(spec, &mut findings);
    status(spec, purpose, &mut findings);
    extra(spec, &mut findings);
    findings
}

fn required(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    for name in field::REQUIRED {
        let present = match name {
            field::NAME => spec.name.as_deref().is_some_and(|name| !name.trim().is_empty()),
            field::TRIGGER => spec.trigger.is_some(),
            field::URL => spec.url.as_deref().is_some_and(|url| !url.is_empty()),
            field::METHOD => spec.method.is_some(),
            field::CONTENT_TYPE => spec.content_type.is_some(),
            _ => spec.auth_type.is_some(),
        };
        if !present {
            let values = values_of(name).map(|values| format!(", one of {}", values.join(", "))).unwrap_or_default();
            findings.push(Violation::error(name, Code::Required, format!("is required{values}")));
        }
    }
}

/// The published values of an enum field.
fn values_of(name: &str) -> Option<&'static [&'static str]> {
    match name {
        field::TRIGGER => Some(Trigger::NAMES),
        field::METHOD => Some(Method::NAMES),
        field::CONTENT_TYPE => Some(ContentType::NAMES),
        field::AUTH_TYPE => Some(AuthType::NAMES),
        field::STATUS => Some(Status::NAMES),
        _ => None,
    }
}

fn length(path: &str, text: Option<&str>, most: usize, findings: &mut Vec<Violation>) {
    let count = text.map_or(0, |text| text.chars().count());
    if count > most {
        findings.push(Violation::error(
            path,
            Code::TooLong,
            format!("has {count} characters, at most {most} are allowed; shorten it"),
        ));
    }
}

fn name(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    length(field::NAME, spec.name.as_deref(), limit::NAME, findings);
    let Some(name) = spec.name.as_deref() else { return };
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '\'' | ' '));
    let count = name.chars().count();
    if !plain || (count > limit::CONSOLE_NAME && count <= limit::NAME) {
        let message = format!(
            "the console takes letters, digits, '-', ''' and spaces, at most {} of them; the API takes more, so the console may refuse to save it",
            limit::CONSOLE_NAME
        );
        findings.push(Violation::warning(field::NAME, Code::ConsoleLimit, message));
    }
}

fn enums(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    for (name, value) in spec.unknown_values() {
        let values = values_of(name).unwrap_or_default();
        findings.push(if spec.provenance.trusts(value) {
            Violation::warning(
                name,
                Code::UnknownValue,
                format!("this version does not know '{value}', which came from the server; it is sent as it is"),
            )
        } else {
            let meant = nearest(value, values.iter().copied())
                .map(|meant| format!("; did you mean {meant}?"))
                .unwrap_or_default();
            let shown: String = value.chars().take(64).collect();
            Violation::error(name, Code::UnknownValue, format!("'{shown}' is not one of {}{meant}", values.join(", ")))
        });
    }
}

fn objects(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    let must_be_object = "must be an object";
    if spec.data_trigger.as_ref().is_some_and(|value| !value.is_object()) {
        findings.push(Violation::error(field::DATA_TRIGGER, Code::WrongType, must_be_object));
    }
    if let Some(trigger) =
        spec.trigger.as_ref().filter(|trigger| trigger.needs_data_trigger() && spec.data_trigger.is_none())
    {
        let message = format!("is required for {trigger}: say which datastream or log event runs the webhook");
        findings.push(Violation::error(field::DATA_TRIGGER, Code::Required, message));
    }
    match &spec.oauth2_request {
        Some(value) if !value.is_object() => {
            findings.push(Violation::error(field::OAUTH2_REQUEST, Code::WrongType, must_be_object));
        }
        None if spec.auth_type == Some(AuthType::OAuth2) => {
            let message = format!(
                "is required for authType OAUTH2: an object with {}, {} and {}",
                oauth2::CLIENT_ID,
                oauth2::CLIENT_SECRET,
                oauth2::TOKEN_URL
            );
            findings.push(Violation::error(field::OAUTH2_REQUEST, Code::Required, message));
        }
        _ => {}
    }
}

fn url(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    let Some(url) = spec.url.as_deref().filter(|url| !url.is_empty()) else { return };
    length(field::URL, Some(url), limit::URL, findings);
    let parsed = match template::check_url(&template::sample_url(url)) {
        Ok(parsed) => parsed,
        Err(problem) => {
            findings.push(Violation::error(field::URL, Code::InvalidUrl, problem));
            return;
        }
    };
    if parsed.scheme() == "http" {
        let message = "is reached without encryption, and the console takes https only; use https://";
        findings.push(Violation::warning(field::URL, Code::PlainHttp, message));
    }
    // What the sample put in a placeholder's place is no credential.
    let literal = |value: &str| !value.is_empty() && value != "1";
    if !parsed.username().is_empty() || parsed.password().is_some() {
        let message = "holds a user name or password, which end up in logs; use authType BASIC or OAUTH2";
        findings.push(Violation::warning(field::URL, Code::CredentialsInUrl, message));
    } else if let Some((name, _)) =
        parsed.query_pairs().find(|(name, value)| template::is_secret_parameter(name) && literal(value))
    {
        let message = format!(
            "the query parameter '{name}' looks like a credential, which ends up in logs; use authType or the body"
        );
        findings.push(Violation::warning(field::URL, Code::CredentialsInUrl, message));
    }
    if template::placeholders(url).iter().any(|name| name == DEVICE_AUTH_TOKEN) {
        let message = format!("puts {{{DEVICE_AUTH_TOKEN}}} where proxies and servers log it; move it to the body");
        findings.push(Violation::warning(field::URL, Code::CredentialsInUrl, message));
    }
}

fn body(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    let Some(body) = spec.body.as_deref() else { return };
    length(field::BODY, Some(body), limit::BODY, findings);
    if spec.content_type != Some(ContentType::Json) || body.is_empty() {
        return;
    }
    let (sample, bare) = template::sample_json(body);
    if let Err(problem) = serde_json::from_str::<serde::de::IgnoredAny>(&sample) {
        findings.push(Violation::warning(
            field::BODY,
            Code::InvalidJsonBody,
            format!("contentType is JSON and the body is not: {problem}"),
        ));
    } else if let Some(name) = bare.first() {
        let message = format!(
            "{{{name}}} stands outside quotes: where its value is text, the body is no valid JSON; write \"{{{name}}}\""
        );
        findings.push(Violation::warning(field::BODY, Code::InvalidJsonBody, message));
    }
}

fn placeholders(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    for (path, template) in [(field::URL, &spec.url), (field::BODY, &spec.body)] {
        for name in template::placeholders(template.as_deref().unwrap_or_default()) {
            let Some(known) = placeholder::find(&name) else {
                let meant =
                    placeholder::meant(&name).map(|meant| format!("; did you mean {{{meant}}}?")).unwrap_or_default();
                findings.push(Violation::warning(
                    path,
                    Code::UnknownPlaceholder,
                    format!("the platform has no placeholder {{{name}}}{meant}"),
                ));
                continue;
            };
            if let Some(trigger) = spec.trigger.as_ref().filter(|trigger| !known.group.offered_by(trigger)) {
                let message =
                    format!("{trigger} probably does not offer {{{name}}}: it may be sent empty or as written");
                findings.push(Violation::warning(path, Code::PlaceholderNotOffered, message));
            }
        }
    }
}

fn receivers(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    let count = spec.failure_receivers.as_ref().map_or(0, Vec::len);
    if count > limit::FAILURE_RECEIVERS {
        let message = format!("has {count} users, at most {} are allowed", limit::FAILURE_RECEIVERS);
        findings.push(Violation::error(field::FAILURE_RECEIVERS, Code::TooMany, message));
    }
    if let Some(limit) = spec.failure_limit.filter(|limit| *limit < 1) {
        let message = format!(
            "{limit} is no number of failures, and what the platform makes of it is not published; use 1 or more"
        );
        findings.push(Violation::warning(field::FAILURE_LIMIT, Code::OutOfRange, message));
    }
}

fn status(spec: &WebhookSpec, purpose: Purpose, findings: &mut Vec<Violation>) {
    match &spec.status {
        Some(_) if purpose == Purpose::Create => {
            let message = "cannot be set at creation; leave it out, then enable or disable the webhook";
            findings.push(Violation::error(field::STATUS, Code::NotSettable, message));
        }
        Some(Status::DisabledDueToErrors) => {
            let message = "DISABLED_DUE_TO_ERRORS is set by the platform alone and ignored in an update";
            findings.push(Violation::warning(field::STATUS, Code::Ignored, message));
        }
        _ => {}
    }
}

fn extra(spec: &WebhookSpec, findings: &mut Vec<Violation>) {
    for (name, _) in &spec.extra {
        if let Some(meant) = nearest(name, field::SETTABLE).filter(|meant| meant != name) {
            let message = format!("is not a field this version knows and is sent as it is; did you mean '{meant}'?");
            findings.push(Violation::warning(name, Code::UnknownField, message));
        }
    }
}
