//! What a person wants: the webhooks of a file or of a list.

use std::time::Duration;

use blynk_webhooks::{Code, Violation, WebhookSpec, field};

use crate::error::PlanError;
use crate::finding::{Finding, FindingCode, Findings};
use crate::redact;
use crate::secret::{SecretCache, Secrets};
use crate::server::same_server;
use crate::source::{Place, Sources, Span};
use crate::value::{Member, Node, Value};
use crate::visible::quoted;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// How many deletes a plan may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    Count(usize),
    /// Of the webhooks that the file manages and the server holds.
    Percent(u32),
}

/// The desired webhooks, and the settings of the file.
///
/// ```
/// use blynk_webhooks::WebhookSpec;
/// use blynk_webhooks_plan::Desired;
/// let spec = WebhookSpec::new("Doors", "DEVICE_ADDED", "https://example.com/{device_id}");
/// let desired = Desired::from_specs([&spec])?;
/// assert_eq!(desired.webhooks().len(), 1);
/// # Ok::<(), blynk_webhooks_plan::Findings>(())
/// ```
#[derive(Clone)]
pub struct Desired {
    pub(crate) server: Option<Located<String>>,
    pub(crate) org: Option<Located<i32>>,
    pub(crate) guard: Option<Guard>,
    pub(crate) webhooks: Vec<DesiredWebhook>,
    pub(crate) sources: Sources,
    /// Parts of the texts that hold secrets.
    pub(crate) hidden: Vec<Span>,
    /// Warnings; a text with errors gives no such value.
    pub(crate) findings: Vec<Finding>,
}

/// One desired webhook, or one to delete.
#[derive(Clone)]
pub struct DesiredWebhook {
    /// What stands in the header of its table.
    pub(crate) table: String,
    /// The same, with the variables of `for_each` replaced.
    pub(crate) label: String,
    pub(crate) name: Option<String>,
    pub(crate) span: Span,
    pub(crate) id: Option<i32>,
    pub(crate) was: Option<String>,
    pub(crate) absent: bool,
    pub(crate) max_silence: Option<Duration>,
    /// Fields as they are sent, by wire name.
    pub(crate) fields: Vec<Member>,
    /// Fields that look misspelt, each with its place and the name that was probably meant. A field that the server's webhook
    /// has is none.
    pub(crate) suspects: Vec<(String, Span, &'static str)>,
    /// The variables that `for_each` gave it.
    pub(crate) bindings: Option<Vec<(String, Value)>>,
}

impl DesiredWebhook {
    /// The name by which the webhook is found, unless [`Self::id`] pins it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The header of its table: the name, unless the table has a `name`.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The id that pins it.
    #[must_use]
    pub fn id(&self) -> Option<i32> {
        self.id
    }

    /// The name it had before.
    #[must_use]
    pub fn was(&self) -> Option<&str> {
        self.was.as_deref()
    }

    /// True if the webhook is to be deleted.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.absent
    }

    /// How long it may be silent before `doctor` calls it unhealthy.
    #[must_use]
    pub fn max_silence(&self) -> Option<Duration> {
        self.max_silence
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Node> {
        crate::value::find(&self.fields, name).map(|member| &member.node)
    }

    /// The status that is wanted. What only the platform sets says nothing.
    pub(crate) fn status(&self) -> Option<&str> {
        self.field(field::STATUS)
            .and_then(|node| node.value.as_str())
            .filter(|status| *status != blynk_webhooks::Status::DisabledDueToErrors.as_str())
    }
}

impl Desired {
    /// The webhooks, in the order of the file.
    #[must_use]
    pub fn webhooks(&self) -> &[DesiredWebhook] {
        &self.webhooks
    }

    /// The server that the file is about, if it names one.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_ref().map(|server| server.value.as_str())
    }

    /// The organization that the file is about, if it names one.
    #[must_use]
    pub fn org(&self) -> Option<i32> {
        self.org.as_ref().map(|org| org.value)
    }

    /// Says whether the file is about this server and organization; what is not known fits.
    ///
    /// # Errors
    /// [`PlanError::WrongTarget`].
    pub fn check_target(&self, server: Option<&str>, org: Option<i32>) -> Result<(), PlanError> {
        if let (Some(wanted), Some(given)) = (self.server(), server)
            && !same_server(wanted, given)
        {
            return Err(PlanError::WrongTarget(format!(
                "the file is for {wanted}, but the credentials are for {given}; use the credentials of that server, or correct 'server' in the file"
            )));
        }
        if let (Some(wanted), Some(given)) = (self.org(), org)
            && wanted != given
        {
            return Err(PlanError::WrongTarget(format!(
                "the file is for organization {wanted}, but the call is for organization {given}; use the same one, or leave one of the two out"
            )));
        }
        Ok(())
    }

    /// Where a webhook is defined, if it was read from a text.
    #[must_use]
    pub fn place(&self, webhook: &DesiredWebhook) -> Option<Place> {
        self.sources.place(webhook.span)
    }

    pub(crate) fn into_result(self) -> Result<Self, Findings> {
        match self.findings.iter().any(Finding::is_error) {
            true => Err(Findings::new(self.findings, &self.sources, &self.hidden)),
            false => Ok(self),
        }
    }

    /// What is to be said of the file before the server is asked: fields that look misspelt, values out of the contract, and
    /// warnings. Secrets are not read. What a plan excuses, because the server holds it already, is found here.
    #[must_use]
    pub fn validate(&self) -> Findings {
        let mut findings = self.findings.clone();
        for webhook in self.webhooks.iter().filter(|webhook| !webhook.absent) {
            findings.extend(webhook.suspects.iter().map(suspect_finding));
            findings.extend(contract_findings(webhook, &|_| false));
        }
        self.findings_of(findings)
    }

    /// One webhook as a spec that can be sent, and the secrets that were read for it.
    ///
    /// # Errors
    /// A secret that cannot be read, a value that only the server holds, or one of the wrong type.
    pub fn spec_with_secrets(
        &self,
        webhook: &DesiredWebhook,
        secrets: &Secrets,
    ) -> Result<(WebhookSpec, Vec<String>), Findings> {
        let mut cache = SecretCache::new(secrets);
        let (mut findings, mut read) = (Vec::new(), Vec::new());
        let mut fields = webhook.fields.clone();
        for member in &mut fields {
            resolve(&mut member.node, &self.sources, &mut cache, Some(&mut findings));
            redact::visit_scalars(&member.name, &member.node, &mut |_, node| match &node.value {
                Value::Secret(secret) => read.push(secret.clone()),
                Value::Keep => {
                    let message =
                        "only the server has this value; name the webhook by its id, so that it is read from there";
                    findings.push(Finding::error(FindingCode::Secret, node.span.or(webhook.span), message));
                }
                _ => {}
            });
        }
        if !findings.is_empty() {
            return Err(self.findings_of(findings));
        }
        Ok((self.spec_of(webhook, fields)?, read))
    }

    /// One webhook as a spec to look at: no secret is read, and `***` stands in the place of each. A URL that is a secret as a
    /// whole is `https://hidden.invalid/`.
    ///
    /// # Errors
    /// A value of the wrong type.
    pub fn spec_without_secrets(&self, webhook: &DesiredWebhook) -> Result<WebhookSpec, Findings> {
        let mut fields = webhook.fields.clone();
        for member in &mut fields {
            stand_in(&member.name, &mut member.node, redact::HIDDEN, "https://hidden.invalid/");
        }
        self.spec_of(webhook, fields)
    }

    fn spec_of(&self, webhook: &DesiredWebhook, fields: Vec<Member>) -> Result<WebhookSpec, Findings> {
        WebhookSpec::from_json(&Value::Object(fields).to_json()).map_err(|violations| {
            // The message may quote a value, which may be a secret.
            let finding = |violation: &Violation| {
                let span = place_of(webhook, &violation.path, field_of(&violation.path));
                let message = format!("{} breaks the contract ({})", violation.path, violation.code.as_str());
                Finding::error(FindingCode::Contract, span, message)
            };
            self.findings_of(violations.iter().filter(|violation| violation.is_error()).map(finding).collect())
        })
    }

    pub(crate) fn findings_of(&self, list: Vec<Finding>) -> Findings {
        Findings::new(list, &self.sources, &self.hidden)
    }

    /// True if a value is to be read from elsewhere.
    pub(crate) fn has_references(&self) -> bool {
        let mut found = false;
        for member in self.webhooks.iter().filter(|webhook| !webhook.absent).flat_map(|webhook| &webhook.fields) {
            redact::visit_scalars(&member.name, &member.node, &mut |_, node| {
                found |= matches!(node.value, Value::Reference(_));
            });
        }
        found
    }

    /// Reads the secrets that references name. One that cannot be read is an error where `required`, else it stays a reference,
    /// which is never compared and never sent.
    ///
    /// # Errors
    /// Every secret that cannot be read.
    pub(crate) fn resolve(&mut self, secrets: &Secrets, required: bool) -> Result<(), Findings> {
        let mut cache = SecretCache::new(secrets);
        let mut findings = Vec::new();
        for webhook in self.webhooks.iter_mut().filter(|webhook| !webhook.absent) {
            for member in &mut webhook.fields {
                resolve(&mut member.node, &self.sources, &mut cache, required.then_some(&mut findings));
            }
        }
        if findings.is_empty() { Ok(()) } else { Err(self.findings_of(findings)) }
    }
}

fn resolve(node: &mut Node, sources: &Sources, cache: &mut SecretCache<'_>, findings: Option<&mut Vec<Finding>>) {
    match &mut node.value {
        Value::Reference(reference) => {
            let folder = sources.get(node.span).and_then(|source| source.folder.as_deref());
            match cache.read(reference, folder) {
                Ok(text) => node.value = Value::Secret(text),
                Err(problem) => {
                    if let Some(findings) = findings {
                        findings.push(Finding::error(FindingCode::Secret, node.span, problem));
                    }
                }
            }
        }
        Value::Array(items) => {
            let mut findings = findings;
            for item in items {
                resolve(item, sources, cache, findings.as_deref_mut());
            }
        }
        Value::Object(members) => {
            let mut findings = findings;
            for member in members {
                resolve(&mut member.node, sources, cache, findings.as_deref_mut());
            }
        }
        _ => {}
    }
}

pub(crate) fn suspect_finding((name, span, meant): &(String, Span, &'static str)) -> Finding {
    let message = format!(
        "'{name}' is not a field of a webhook; did you mean '{meant}'? Put a field that this version does not know into extra = {{ {name} = … }}"
    );
    Finding::error(FindingCode::UnknownKey, *span, message)
}

/// What the contract says of a webhook, each finding at its field. `excused` says of
/// which the server's own webhook is guilty too.
pub(crate) fn contract_findings(webhook: &DesiredWebhook, excused: &dyn Fn(&Violation) -> bool) -> Vec<Finding> {
    let mut unread = Vec::new();
    let mut members = Vec::with_capacity(webhook.fields.len());
    for member in &webhook.fields {
        let mut node = member.node.clone();
        if stand_in(&member.name, &mut node, "unread", "https://unread.invalid/") {
            unread.push(member.name.as_str());
        }
        members.push(Member { node, name_span: Span::NONE, name: member.name.clone() });
    }
    let json = Value::Object(members).to_json();
    let violations = match WebhookSpec::from_json(&json) {
        Ok(spec) => spec.validate(),
        Err(violations) => violations,
    };
    // What the platform alone sets says nothing here, and what looks misspelt is told by itself.
    let is_told_elsewhere = |violation: &Violation| matches!(violation.code, Code::Ignored | Code::UnknownField);
    violations
        .into_iter()
        .filter_map(|violation| {
            let name = field_of(&violation.path).to_owned();
            if unread.contains(&name.as_str()) || excused(&violation) || is_told_elsewhere(&violation) {
                return None;
            }
            let span = place_of(webhook, &violation.path, &name);
            let message = match violation.path.as_str() {
                "" => violation.message.to_string(),
                // The place is that of the whole table, which may make several webhooks.
                path if crate::value::find(&webhook.fields, &name).is_none() => {
                    format!("webhook {}: {path}: {}", quoted(&webhook.label), violation.message)
                }
                // The message may quote the value.
                path if holds_secret(webhook, &name) => {
                    format!("{path}: the value of the secret breaks the contract ({})", violation.code.as_str())
                }
                path => format!("{path}: {}", violation.message),
            };
            Some(Finding::of_violation(&violation, span, message))
        })
        .collect()
}

/// The field that a path leads into.
pub(crate) fn field_of(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// True if a field's value was read from elsewhere, at least in part.
fn holds_secret(webhook: &DesiredWebhook, name: &str) -> bool {
    let mut found = false;
    if let Some(node) = webhook.field(name) {
        redact::visit_scalars(name, node, &mut |_, node| found |= matches!(node.value, Value::Secret(_)));
    }
    found
}

/// Where a violation stands: the item of a list, else the value, else the webhook.
fn place_of(webhook: &DesiredWebhook, path: &str, name: &str) -> Span {
    let Some(member) = crate::value::find(&webhook.fields, name) else { return webhook.span };
    let index =
        path.strip_prefix(name).and_then(|rest| rest.strip_prefix('[')?.split_once(']')?.0.parse::<usize>().ok());
    let item = match (&member.node.value, index) {
        (Value::Array(items), Some(index)) => items.get(index).map(|item| item.span),
        _ => None,
    };
    item.unwrap_or(member.node.span).or(member.name_span).or(webhook.span)
}

/// Puts something harmless in the place of what has not been read; true if there was such a place.
fn stand_in(name: &str, node: &mut Node, text: &str, url: &str) -> bool {
    match &mut node.value {
        Value::Reference(_) | Value::Keep => {
            let text = if name == field::URL { url } else { text };
            node.value = Value::String(text.into());
            true
        }
        Value::Array(items) => {
            items.iter_mut().filter_map(|item| stand_in("", item, text, url).then_some(())).count() > 0
        }
        Value::Object(members) => {
            members.iter_mut().filter_map(|member| stand_in("", &mut member.node, text, url).then_some(())).count() > 0
        }
        _ => false,
    }
}
