//! One webhook of a plan: what happens to it, and what carrying that out takes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Shown;

use crate::compare::{self, Live};
use crate::desired::DesiredWebhook;
use crate::value::Member;

/// What happens to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Action {
    /// It is changed.
    Update,
    /// It is created.
    Create,
    /// It is deleted, as the file says.
    Delete,
    /// It matches the file.
    Unchanged,
    /// The file does not name it; it stays as it is.
    Unmanaged,
}

impl Action {
    /// `"update"`, `"create"`, `"delete"`, `"unchanged"` or `"unmanaged"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Unchanged => "unchanged",
            Self::Unmanaged => "unmanaged",
        }
    }

    /// True for what sends something.
    #[must_use]
    pub fn is_change(self) -> bool {
        matches!(self, Self::Update | Self::Create | Self::Delete)
    }
}

/// One field that changes, as it may be shown: secrets are `***`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The field's wire name.
    pub field: String,
    /// The server's value; null if there is none.
    pub before: Shown,
    /// The desired value; null if the field is cleared.
    pub after: Shown,
}

/// One webhook of a plan.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Item {
    /// What happens to it.
    pub action: Action,
    /// Its name; the new name if it is renamed. Empty if it has none.
    pub name: String,
    /// Its id; none if it does not exist yet.
    pub id: Option<i32>,
    /// The fields that change, in the order of the contract.
    pub changes: Vec<Change>,
    /// Secrets that the server masks or does not show: they cannot be compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cannot_compare: Vec<String>,
    /// The platform has disabled it after too many failures. No plan enables it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled_by_platform: bool,
    #[serde(skip)]
    pub(crate) step: Step,
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("action", &self.action)
            .field("name", &self.name)
            .field("id", &self.id)
            .field("changes", &self.changes)
            .finish_non_exhaustive()
    }
}

/// What carrying out an item takes.
#[derive(Clone)]
pub(crate) enum Step {
    Nothing,
    /// The status is set afterwards.
    Create {
        wanted: Arc<DesiredWebhook>,
        fields: Arc<[Member]>,
        status: Option<String>,
    },
    Update {
        wanted: Arc<DesiredWebhook>,
        planned: Arc<Live>,
        resend: bool,
    },
    Delete {
        planned: Arc<Live>,
    },
}

/// What an item sends and what it is based on, for the digest.
pub(crate) fn basis(item: &Item) -> BTreeMap<&'static str, Cow<'_, [Member]>> {
    let mut basis = BTreeMap::new();
    match &item.step {
        Step::Nothing => {}
        Step::Create { fields, .. } => {
            basis.insert("send", Cow::Borrowed(&**fields));
        }
        Step::Update { wanted, planned, .. } => {
            basis.insert("before", Cow::Borrowed(planned.fields.as_slice()));
            // A plan with a field that cannot be written has findings, and no digest.
            basis.insert("send", Cow::Owned(compare::update_fields(wanted, planned).unwrap_or_default()));
        }
        Step::Delete { planned } => {
            basis.insert("before", Cow::Borrowed(planned.fields.as_slice()));
        }
    }
    basis
}
