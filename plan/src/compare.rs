//! A desired webhook compared with the server's: what differs, what cannot be compared, and what an update sends.

use blynk_webhooks::{Status, Webhook, field};

use crate::desired::DesiredWebhook;
use crate::redact::{self, Place};
use crate::value::{Member, Node, Value, find};

/// What an update does to a field that the file leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LeftOut {
    /// It is cleared: the file says everything.
    Clears,
    /// It stays as the server has it: the platform may have its own default, and fields of a later version of the API
    /// must survive.
    Keeps,
    /// [`status_change`] decides.
    Status,
}

fn left_out(name: &str) -> LeftOut {
    match name {
        field::STATUS => LeftOut::Status,
        field::FAILURE_LIMIT => LeftOut::Keeps,
        _ if field::SETTABLE.contains(&name) => LeftOut::Clears,
        _ => LeftOut::Keeps,
    }
}

/// A webhook of the server, as fields by wire name: without what only the server decides.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) webhook: Webhook,
    pub(crate) fields: Vec<Member>,
}

impl Live {
    pub(crate) fn new(webhook: Webhook) -> Self {
        let Some(mut fields) = Value::parse_members(&webhook.to_json()) else {
            return Self { webhook, fields: Vec::new() };
        };
        fields.retain(|member| !field::READ_ONLY.contains(&member.name.as_str()));
        Self { webhook, fields }
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        find(&self.fields, name).map(|member| &member.node.value)
    }

    pub(crate) fn status(&self) -> Option<&str> {
        self.field(field::STATUS).and_then(Value::as_str)
    }

    pub(crate) fn is_disabled_by_platform(&self) -> bool {
        self.status() == Some(Status::DisabledDueToErrors.as_str())
    }

    /// True if nobody has changed the webhook since the plan. It is not a change that the platform has disabled it.
    pub(crate) fn is_still(&self, planned: &Self) -> bool {
        let health = self.is_disabled_by_platform() || planned.is_disabled_by_platform();
        let counts = |member: &&Member| !(health && member.name == field::STATUS);
        let of = |live: &Self| live.fields.iter().filter(counts).count();
        of(self) == of(planned)
            && self.fields.iter().filter(counts).all(|member| planned.field(&member.name) == Some(&member.node.value))
            && self.webhook.last_modified_at() == planned.webhook.last_modified_at()
    }
}

/// A field that differs.
#[derive(Clone)]
pub(crate) struct Difference {
    pub(crate) field: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
}

/// What came of comparing.
#[derive(Clone, Default)]
pub(crate) struct Comparison {
    pub(crate) differences: Vec<Difference>,
    /// Paths of secrets that the server masks or does not show, and of secrets that could not be read.
    pub(crate) cannot_compare: Vec<String>,
}

/// Compares a wanted webhook with the server's.
pub(crate) fn compare(wanted: &DesiredWebhook, live: &Live) -> Comparison {
    let mut found = Comparison::default();
    for name in field::SETTABLE {
        compare_field(name, wanted, live, &mut found);
    }
    for member in wanted.fields.iter().filter(|member| !field::SETTABLE.contains(&member.name.as_str())) {
        compare_field(&member.name, wanted, live, &mut found);
    }
    found
}

fn compare_field(name: &str, wanted: &DesiredWebhook, live: &Live, found: &mut Comparison) {
    let before = live.field(name);
    let after = wanted.field(name).map(|node| &node.value);
    if name == field::STATUS {
        if let Some(status) = status_change(wanted, live) {
            let after = Some(Value::String(status));
            found.differences.push(Difference { field: name.into(), before: before.cloned(), after });
        }
        return;
    }
    let known = field::SETTABLE.contains(&name);
    let before = before.filter(|value| !(known && is_empty(value)));
    let after = match after {
        Some(value) if known && is_empty(value) => None,
        None if left_out(name) == LeftOut::Keeps => return,
        other => other,
    };
    let differs = match (after, before) {
        (None, None) => false,
        (Some(Value::Keep), _) => false,
        (Some(Value::Null), None) => false,
        (Some(Value::Reference(_)), _) => {
            found.cannot_compare.push(name.into());
            false
        }
        (Some(Value::Array(after)), Some(Value::Array(before))) if name == field::FAILURE_RECEIVERS => {
            canonical_set(after) != canonical_set(before)
        }
        (Some(after), Some(before)) => {
            differs(Place::of_field(name), after, Some(before), name, &mut found.cannot_compare)
        }
        // A secret that the server does not show at all may be right.
        (Some(after), None) if !known => differs(Place::of_field(name), after, None, name, &mut found.cannot_compare),
        _ => true,
    };
    if differs {
        // What differs as a whole is sent as a whole.
        found.cannot_compare.retain(|path| path != name);
        let (before, after) = (before.cloned(), after.cloned());
        found.differences.push(Difference { field: name.into(), before, after });
    }
}

/// To a known field, null and nothing in it are the same as its absence.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn canonical_set(items: &[Node]) -> Vec<String> {
    let mut texts: Vec<_> = items.iter().map(|item| item.value.canonical()).collect();
    texts.sort();
    texts
}

/// Whether two values differ. What cannot be compared does not.
fn differs(place: Place, wanted: &Value, live: Option<&Value>, path: &str, cannot: &mut Vec<String>) -> bool {
    match (wanted, live) {
        (Value::Keep, _) => false,
        (Value::Null, None | Some(Value::Null)) => false,
        (Value::Reference(_), _) => {
            cannot.push(path.into());
            false
        }
        (Value::String(text) | Value::Secret(text), live)
            if place.is_secret() && live.is_none_or(|live| hides(live) && live.as_str() != Some(text)) =>
        {
            cannot.push(path.into());
            false
        }
        (Value::Object(wanted), Some(Value::Object(live))) => {
            let mut any = false;
            for member in wanted {
                let live = find(live, &member.name).map(|member| &member.node.value);
                let path = format!("{path}.{}", member.name);
                any |= differs(place.member(&member.name), &member.node.value, live, &path, cannot);
            }
            let more = |member: &Member| !member.node.value.is_null() && find(wanted, &member.name).is_none();
            any || live.iter().any(more)
        }
        (Value::Array(wanted), Some(Value::Array(live))) => {
            let mut any = wanted.len() != live.len();
            for (index, (wanted, live)) in wanted.iter().zip(live).enumerate() {
                any |= differs(place, &wanted.value, Some(&live.value), &format!("{path}[{index}]"), cannot);
            }
            any
        }
        (wanted, Some(live)) => wanted != live,
        (_, None) => true,
    }
}

/// True for what a server writes in the place of a secret.
fn hides(live: &Value) -> bool {
    match live {
        Value::Null => true,
        Value::String(text) => redact::is_mask(text),
        _ => false,
    }
}

/// The status to set, where it differs from the file. That the platform has disabled a webhook is its health, not a difference:
/// no plan switches it on. A file that says nothing wants what creation gives: enabled.
fn status_change(wanted: &DesiredWebhook, live: &Live) -> Option<String> {
    if live.is_disabled_by_platform() || matches!(wanted.field(field::STATUS), Some(Node { value: Value::Keep, .. })) {
        return None;
    }
    let (enabled, disabled) = (Status::Enabled, Status::Disabled);
    match (wanted.status(), live.status()) {
        (None, Some(held)) if held == disabled.as_str() => Some(enabled.as_str().into()),
        (None, _) => None,
        (Some(status), Some(held)) if status == held => None,
        (Some(status), None) if status == enabled.as_str() => None,
        (Some(status), _) => Some(status.into()),
    }
}

/// Whether a part of a field differs; what cannot be compared does not.
pub(crate) fn differ(place: Place, wanted: &Value, live: Option<&Value>) -> bool {
    differs(place, wanted, live, "", &mut Vec::new())
}

/// Why a webhook cannot be written: a field with `keep = true` that the server does not show.
pub(crate) struct Unseen {
    pub(crate) path: String,
    pub(crate) node: crate::source::Span,
}

/// What an update of the server's webhook sends: everything, since an update replaces the whole.
pub(crate) fn update_fields(wanted: &DesiredWebhook, live: &Live) -> Result<Vec<Member>, Unseen> {
    let mut fields = Vec::with_capacity(wanted.fields.len() + live.fields.len());
    let mut push = |name: &str, value: Value| fields.push(Member::of(name, Node::of(value)));
    for name in field::SETTABLE {
        if name == field::STATUS {
            let status = status_change(wanted, live).or_else(|| live.status().map(str::to_owned));
            if let Some(status) = status {
                push(name, Value::String(status));
            }
            continue;
        }
        match wanted.field(name) {
            Some(node) if node.value.is_null() => {}
            Some(node) => {
                if let Some(value) = filled(Place::of_field(name), node, live.field(name), name)? {
                    push(name, value);
                }
            }
            None if left_out(name) == LeftOut::Keeps => {
                if let Some(value) = live.field(name) {
                    push(name, value.clone());
                }
            }
            None => {}
        }
    }
    let unknown = |name: &str| !field::SETTABLE.contains(&name);
    for member in live.fields.iter().filter(|member| unknown(&member.name)) {
        if wanted.field(&member.name).is_none() {
            push(&member.name, member.node.value.clone());
        }
    }
    for member in wanted.fields.iter().filter(|member| unknown(&member.name)) {
        if let Some(value) =
            filled(Place::of_field(&member.name), &member.node, live.field(&member.name), &member.name)?
        {
            push(&member.name, value);
        }
    }
    Ok(fields)
}

/// What the creation of a webhook sends, and the status to set afterwards.
pub(crate) fn create_fields(wanted: &DesiredWebhook) -> Result<(Vec<Member>, Option<String>), Unseen> {
    let mut fields = Vec::with_capacity(wanted.fields.len());
    for member in &wanted.fields {
        let known = field::SETTABLE.contains(&member.name.as_str());
        if member.name == field::STATUS || (known && member.node.value.is_null()) {
            continue;
        }
        if let Some(value) = filled(Place::of_field(&member.name), &member.node, None, &member.name)? {
            fields.push(Member::of(&member.name, Node::of(value)));
        }
    }
    let status = wanted.status().filter(|status| *status != Status::Enabled.as_str()).map(str::to_owned);
    Ok((fields, status))
}

/// A value with what is kept taken from the server.
fn filled(place: Place, node: &Node, live: Option<&Value>, path: &str) -> Result<Option<Value>, Unseen> {
    Ok(match &node.value {
        Value::Keep => match live {
            Some(live) if !(place.is_secret() && hides(live)) => Some(live.clone()),
            None if !place.is_secret() => None,
            _ => return Err(Unseen { path: path.into(), node: node.span }),
        },
        Value::Reference(_) => return Err(Unseen { path: path.into(), node: node.span }),
        Value::Object(members) => {
            let live = match live {
                Some(Value::Object(live)) => live.as_slice(),
                _ => &[],
            };
            let mut filled_members = Vec::with_capacity(members.len());
            for member in members {
                let live = find(live, &member.name).map(|member| &member.node.value);
                let path = format!("{path}.{}", member.name);
                if let Some(value) = filled(place.member(&member.name), &member.node, live, &path)? {
                    filled_members.push(Member::of(&member.name, Node::of(value)));
                }
            }
            Some(Value::Object(filled_members))
        }
        Value::Array(items) => {
            let live = match live {
                Some(Value::Array(live)) => live.as_slice(),
                _ => &[],
            };
            let mut filled_items = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                let live = live.get(index).map(|item| &item.value);
                filled_items.extend(filled(place, item, live, &format!("{path}[{index}]"))?.map(Node::of));
            }
            Some(Value::Array(filled_items))
        }
        other => Some(other.clone()),
    })
}
