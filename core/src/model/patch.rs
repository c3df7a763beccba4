//! Some fields of a webhook changed: a field that is absent stays, null clears it, a value sets it.

use super::json::Json;
use super::members::members;
use super::spec::{ORG_ID, WebhookSpec, not_settable};
use crate::surface::Field;
use crate::violation::{Code, MAX_LISTED, Violation, nearest};

/// Changes to a webhook's fields, for [`crate::Client::patch`]. What is not named stays as it is.
///
/// ```
/// use blynk_webhooks::{Field, WebhookPatch};
/// let patch = WebhookPatch::new().set(Field::Name, "Renamed").clear(Field::Body);
/// # let _ = patch;
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WebhookPatch {
    changes: Vec<(String, Json)>,
}

impl WebhookPatch {
    /// No change yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field, a [`Field`] or a wire name; a null value clears it.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        let name = name.into();
        self.changes.retain(|(known, _)| *known != name);
        self.changes.push((name, Json::from(value.into())));
        self
    }

    /// Clears a field.
    #[must_use]
    pub fn clear(self, name: impl Into<String>) -> Self {
        self.set(name, serde_json::Value::Null)
    }

    /// Reads changes from a JSON object with the wire's names.
    ///
    /// # Errors
    /// If the text is not a JSON object, a value has the wrong type, or a field is read-only.
    pub fn from_json(text: &str) -> Result<Self, Vec<Violation>> {
        let changes = members(text)?.into_iter().map(|member| (member.name, member.value)).collect();
        let patch = Self { changes };
        patch.check()?;
        Ok(patch)
    }

    /// What can be refused before the webhook has been read.
    pub(crate) fn check(&self) -> Result<(), Vec<Violation>> {
        let mut violations = Vec::new();
        self.make(&mut WebhookSpec::default(), &mut violations);
        for (name, _) in &self.changes {
            match Field::from_wire(name) {
                Some(field) if !field.is_settable() => violations.push(not_settable(field)),
                Some(_) => {}
                None if name == ORG_ID => {
                    let message = "a webhook cannot move to another organization; leave it out";
                    violations.push(Violation::error(name, Code::NotSettable, message));
                }
                None => {}
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }

    /// What looks like a misspelt field: a name that the webhook holds is none, however similar it is to another.
    pub(crate) fn check_names(&self, held: &WebhookSpec) -> Result<(), Vec<Violation>> {
        let is_new = |name: &str| Field::from_wire(name).is_none() && held.extra.iter().all(|(known, _)| known != name);
        let new = self.changes.iter().map(|(name, _)| name.as_str()).filter(|name| is_new(name)).take(MAX_LISTED);
        let violations: Vec<_> = new
            .filter_map(|name| {
                let meant = nearest(name, Field::SETTABLE.iter().map(|field| field.wire()))?;
                let message = format!("is not a field of this webhook; did you mean '{meant}'?");
                Some(Violation::error(name, Code::UnknownField, message))
            })
            .collect();
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }

    /// True if the patch changes the field that a path leads into.
    pub(crate) fn changes_field(&self, path: &str) -> bool {
        let field = path.split(['.', '[']).next().unwrap_or_default();
        self.changes.iter().any(|(name, _)| name == field)
    }

    /// The spec with the changes made. A null clears a field, also one of `extra`.
    ///
    /// # Errors
    /// If a value has the wrong type.
    pub fn apply(&self, spec: &WebhookSpec) -> Result<WebhookSpec, Vec<Violation>> {
        let (mut changed, mut violations) = (spec.clone(), Vec::new());
        self.make(&mut changed, &mut violations);
        if violations.is_empty() { Ok(changed) } else { Err(violations) }
    }

    fn make(&self, spec: &mut WebhookSpec, violations: &mut Vec<Violation>) {
        self.changes.iter().for_each(|(name, value)| spec.change(name, value, violations));
    }
}

impl std::fmt::Debug for WebhookPatch {
    /// Names only: a change may hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WebhookPatch").field(&self.changes.iter().map(|(name, _)| name).collect::<Vec<_>>()).finish()
    }
}
