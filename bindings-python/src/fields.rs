//! Keywords of a spec in Python's names, as the wire's members; findings about them.

use blynk_webhooks::{Code, Violation, WebhookPatch, WebhookSpec, field, nearest};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::errors::invalid;
use crate::json::{self, Members};

/// Keyword of the unknown fields.
pub(crate) const EXTRA: &str = "extra";

/// Each field's keyword and wire name, in the order of the surface.
pub(crate) const FIELDS: [(&str, &str); 12] = [
    ("name", field::NAME),
    ("trigger", field::TRIGGER),
    ("data_trigger", field::DATA_TRIGGER),
    ("url", field::URL),
    ("method", field::METHOD),
    ("content_type", field::CONTENT_TYPE),
    ("auth_type", field::AUTH_TYPE),
    ("body", field::BODY),
    ("oauth2_request", field::OAUTH2_REQUEST),
    ("failure_receivers", field::FAILURE_RECEIVERS),
    ("failure_limit", field::FAILURE_LIMIT),
    ("status", field::STATUS),
];

/// A keyword that nothing here takes.
pub(crate) fn unknown_keyword<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Violation {
    let known: Vec<_> = known.into_iter().collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean '{meant}'?"),
        None => format!("known are: {}", known.join(", ")),
    };
    Violation::error(name, Code::UnknownField, format!("is not a keyword here; {hint}"))
}

/// Keywords as members with the wire's names: those of the contract, then those of `extra`.
fn members(fields: &Bound<'_, PyDict>, faults: &mut Vec<Violation>) -> (Members, Members) {
    let (mut known, mut unknown) = (Members::new(), Members::new());
    for (keyword, value) in fields {
        let keyword = keyword.to_string();
        if keyword == EXTRA {
            if !value.is_none() {
                unknown = json::members(EXTRA, &value, faults);
            }
        } else if let Some((_, wire)) = FIELDS.iter().find(|(name, _)| *name == keyword) {
            match json::text(wire, &value) {
                Ok(text) => known.push(((*wire).into(), text)),
                Err(fault) => faults.push(fault),
            }
        } else {
            let names = FIELDS.iter().map(|(name, _)| *name).chain([EXTRA]);
            let mut fault = unknown_keyword(&keyword, names);
            fault.message.push(" (fields this version does not know go into extra={…})");
            faults.push(fault);
        }
    }
    for (name, _) in &unknown {
        if let Some((keyword, _)) = FIELDS.iter().find(|(_, wire)| wire == name) {
            let message = format!("is a field of its own; pass {keyword}=… in the place of extra");
            faults.push(Violation::error(name, Code::UnknownField, message));
        }
    }
    (known, unknown)
}

/// A spec of keywords.
pub(crate) fn spec(fields: &Bound<'_, PyDict>) -> PyResult<WebhookSpec> {
    let mut faults = Vec::new();
    let (mut members, unknown) = self::members(fields, &mut faults);
    members.extend(unknown);
    read(fields.py(), &members, faults)
}

/// A spec of a mapping with the wire's names.
pub(crate) fn spec_of_mapping(mapping: &Bound<'_, PyAny>) -> PyResult<WebhookSpec> {
    let mut faults = Vec::new();
    let members = json::members("spec", mapping, &mut faults);
    read(mapping.py(), &members, faults)
}

/// A spec of members, refused with every finding at once.
fn read(py: Python<'_>, members: &Members, mut faults: Vec<Violation>) -> PyResult<WebhookSpec> {
    let read = WebhookSpec::from_json(&json::object(members));
    if faults.is_empty() {
        return read.map_err(|violations| invalid(py, violations));
    }
    let rest = read.map_or_else(|violations| violations, |spec| spec.validate());
    let reported: Vec<_> = faults.iter().map(|fault| fault.path.clone()).collect();
    faults.extend(rest.into_iter().filter(|fault| fault.is_error() && !reported.contains(&fault.path)));
    Err(invalid(py, faults))
}

/// What a user may pass as a spec: a `WebhookSpec`, a `Webhook` or a mapping with the wire's names.
pub(crate) fn any_spec(value: &Bound<'_, PyAny>) -> PyResult<WebhookSpec> {
    if let Ok(spec) = value.cast::<crate::spec::WebhookSpec>() {
        Ok(spec.get().0.clone())
    } else if let Ok(webhook) = value.cast::<crate::webhook::Webhook>() {
        Ok(webhook.get().0.spec())
    } else if value.cast::<PyMapping>().is_ok() {
        spec_of_mapping(value)
    } else {
        let found = value.get_type().name()?;
        let message = format!("must be a WebhookSpec, a Webhook or a mapping with the wire's names, is {found}");
        Err(invalid(value.py(), vec![Violation::error("spec", Code::WrongType, message)]))
    }
}

/// Changes as keywords: `None` clears, also inside `extra`.
pub(crate) fn patch(changes: &Bound<'_, PyDict>) -> PyResult<WebhookPatch> {
    let mut faults = Vec::new();
    if changes.get_item(EXTRA)?.is_some_and(|value| value.is_none()) {
        let message = "cannot be cleared as a whole; name its fields: extra={\"name\": None}";
        faults.push(Violation::error(EXTRA, Code::WrongType, message));
    }
    let (mut members, unknown) = self::members(changes, &mut faults);
    members.extend(unknown);
    read_patch(changes.py(), &members, faults)
}

/// The spec with the fields replaced that the keywords name; `None` takes a field away, `extra` is replaced as a whole.
pub(crate) fn replace(spec: &WebhookSpec, changes: &Bound<'_, PyDict>) -> PyResult<WebhookSpec> {
    let py = changes.py();
    let mut faults = Vec::new();
    let (known, unknown) = members(changes, &mut faults);
    let patch = read_patch(py, &known, faults)?;
    let mut changed = patch.apply(spec).map_err(|violations| invalid(py, violations))?;
    if changes.contains(EXTRA)? {
        changed.extra = read(py, &unknown, Vec::new())?.extra;
    }
    Ok(changed)
}

/// Changes of members, refused with every finding at once.
fn read_patch(py: Python<'_>, members: &Members, mut faults: Vec<Violation>) -> PyResult<WebhookPatch> {
    let read = WebhookPatch::from_json(&json::object(members));
    match read {
        Ok(patch) if faults.is_empty() => return Ok(patch),
        Ok(_) => {}
        Err(violations) => faults.extend(violations),
    }
    Err(invalid(py, faults))
}
