//! How the server differs from a file. Read-only.

use std::sync::Arc;

use blynk_webhooks::Webhook;
use serde::Serialize;
use serde_json::Value as Shown;

use crate::compare::Live;
use crate::desired::Desired;
use crate::error::PlanError;
use crate::finding::FindingCode;
use crate::item::{Action, Item};
use crate::plan::{Draft, PlanOptions, read_for};
use crate::server::ReadWebhooks;

/// The version of the drift as JSON.
const DRIFT_VERSION: u32 = 1;

/// How a webhook differs from the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DriftKind {
    /// The server holds it otherwise.
    Changed,
    /// The file has it, the server has not.
    Missing,
    /// It is still on the server, although it is absent in the file.
    Present,
}

impl DriftKind {
    /// `"changed"`, `"missing"` or `"present"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Present => "present",
        }
    }
}

/// One field that differs, as it may be shown: secrets are `***`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DriftedField {
    /// The field's wire name.
    pub field: String,
    /// What the file says.
    pub file: Shown,
    /// What the server holds.
    pub server: Shown,
}

/// One webhook that differs.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DriftItem {
    /// How it differs.
    pub kind: DriftKind,
    /// Its name.
    pub name: String,
    /// Its id; none if the server does not have it.
    pub id: Option<i32>,
    /// The fields that differ.
    pub fields: Vec<DriftedField>,
}

/// A webhook that no file names, or one of which something cannot be compared.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Mention {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: Option<i32>,
    /// What cannot be compared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// How the server differs from the file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Drift {
    /// The webhooks that differ, in the order of the file.
    pub items: Vec<DriftItem>,
    /// Webhooks that the file does not name; no drift.
    pub unmanaged: Vec<Mention>,
    /// Secrets that the server masks, or that cannot be read here; no drift.
    pub cannot_compare: Vec<Mention>,
    /// Webhooks of the file.
    pub managed: usize,
    /// The server, if it is known.
    pub server: Option<String>,
    /// The organization, if it is known.
    pub org: Option<i32>,
}

impl Drift {
    /// Compares what a file says with what the server holds. Sends nothing. A secret that cannot be read is not compared.
    ///
    /// # Errors
    /// [`PlanError`] if the file has errors, it is not clear which webhook is which, or the file is for another server.
    pub fn new(base: &Desired, live: &[Webhook], options: &PlanOptions) -> Result<Self, PlanError> {
        let live: Vec<_> = live.iter().cloned().map(Live::new).map(Arc::new).collect();
        let draft = Draft::new(base, &live, options, false)?;
        // What is lacking for a write does not matter here.
        let wrong = draft.findings.iter().filter(|finding| finding.is_error() && finding.code != FindingCode::Missing);
        let wrong: Vec<_> = wrong.cloned().collect();
        if !wrong.is_empty() {
            return Err(draft.resolved.findings_of(wrong).into());
        }
        let mention =
            |item: &Item, fields: &[String]| Mention { name: item.name.clone(), id: item.id, fields: fields.to_vec() };
        let of = |action: Action| draft.items.iter().filter(move |item| item.action == action);
        let unreadable = draft.items.iter().filter(|item| !item.cannot_compare.is_empty());
        Ok(Self {
            items: draft.items.iter().filter_map(drifted).collect(),
            unmanaged: of(Action::Unmanaged).map(|item| mention(item, &[])).collect(),
            cannot_compare: unreadable.map(|item| mention(item, &item.cannot_compare)).collect(),
            managed: base.webhooks().len(),
            server: options.server.clone().or_else(|| base.server().map(str::to_owned)),
            org: options.org.or(base.org()),
        })
    }

    /// True if nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The drift as JSON, without secrets.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and finite numbers only, so it always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Drift {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Shown<'a> {
            version: u32,
            server: &'a Option<String>,
            org: Option<i32>,
            managed: usize,
            drift: &'a [DriftItem],
            unmanaged: &'a [Mention],
            cannot_compare: &'a [Mention],
        }
        Shown {
            version: DRIFT_VERSION,
            server: &self.server,
            org: self.org,
            managed: self.managed,
            drift: &self.items,
            unmanaged: &self.unmanaged,
            cannot_compare: &self.cannot_compare,
        }
        .serialize(serializer)
    }
}

fn drifted(item: &Item) -> Option<DriftItem> {
    let kind = match item.action {
        Action::Update => DriftKind::Changed,
        Action::Create => DriftKind::Missing,
        Action::Delete => DriftKind::Present,
        Action::Unchanged | Action::Unmanaged => return None,
    };
    // What a missing webhook should hold stands in the file.
    let changes = if kind == DriftKind::Changed { item.changes.as_slice() } else { &[] };
    let fields = changes.iter().map(|change| DriftedField {
        field: change.field.clone(),
        file: change.after.clone(),
        server: change.before.clone(),
    });
    Some(DriftItem { kind, name: item.name.clone(), id: item.id, fields: fields.collect() })
}

/// Reads the webhooks and compares them with a file. Takes what can read only, so it sends no write.
///
/// # Errors
/// [`PlanError`].
pub async fn drift<S: ReadWebhooks>(server: &S, base: &Desired, mut options: PlanOptions) -> Result<Drift, PlanError> {
    let live = read_for(server, base, &mut options).await?;
    Drift::new(base, &live, &options)
}
