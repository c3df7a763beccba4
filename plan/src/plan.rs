//! What would change: pure. Nothing here can send anything.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use blynk_webhooks::{Status, Violation, Webhook, field};
use serde::Serialize;
use serde_json::Value as Shown;

use crate::compare::{self, Comparison, Live};
use crate::desired::{self, Desired, DesiredWebhook, Guard};
use crate::digest;
use crate::error::PlanError;
use crate::finding::{Finding, FindingCode, Findings};
use crate::identity;
use crate::item::{Action, Change, Item, Step};
use crate::redact;
use crate::secret::Secrets;
use crate::server::ReadWebhooks;
use crate::value::Value;

/// The version of the plan as JSON.
const PLAN_VERSION: u32 = 1;

/// How many deletes a plan holds, and how many it may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GuardReport {
    /// Webhooks that would be deleted.
    pub deletes: usize,
    /// Webhooks that the file manages and the server holds, those to be deleted among them.
    pub managed: usize,
    /// Most deletes that the file allows; none: no limit.
    pub allowed: Option<usize>,
    /// The limit as the file has it, e.g. `30%`.
    pub limit: Option<String>,
    /// True if the plan is not applied.
    pub exceeded: bool,
}

/// How many webhooks of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// To be changed.
    pub update: usize,
    /// To be created.
    pub create: usize,
    /// To be deleted.
    pub delete: usize,
    /// As wanted.
    pub unchanged: usize,
    /// Not in the file.
    pub unmanaged: usize,
}

/// How a plan is made.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Send secrets that cannot be compared.
    pub resend_secrets: bool,
    /// Where secrets are read from.
    pub secrets: Secrets,
    /// The server that the webhooks were read from. A file that names another is refused.
    pub server: Option<String>,
    /// The organization that the webhooks were read from, for the digest. By default the file's.
    pub org: Option<i32>,
}

impl PlanOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether secrets that cannot be compared are sent.
    #[must_use]
    pub fn resend_secrets(mut self, resend: bool) -> Self {
        self.resend_secrets = resend;
        self
    }

    /// Where secrets are read from.
    #[must_use]
    pub fn secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = secrets;
        self
    }

    /// The server that the webhooks were read from.
    #[must_use]
    pub fn server(mut self, server: impl Into<String>) -> Self {
        self.server = Some(server.into());
        self
    }

    /// The organization that the webhooks were read from.
    #[must_use]
    pub fn org(mut self, org: impl Into<Option<i32>>) -> Self {
        self.org = org.into();
        self
    }
}

/// What would change.
///
/// ```
/// use blynk_webhooks::Webhook;
/// use blynk_webhooks_plan::{Action, Desired, Input, Plan, PlanOptions};
///
/// let live = [Webhook::from_json(
///     r#"{"id":7,"name":"Doors","trigger":"DEVICE_ADDED","url":"https://a.example","method":"POST","contentType":"JSON","authType":"NONE"}"#,
/// )?];
/// let file = r#"
/// [webhook."Doors"]
/// trigger = "DEVICE_ADDED"
/// url = "https://b.example"
/// method = "POST"
/// contentType = "JSON"
/// authType = "NONE"
/// "#;
/// let desired = Desired::parse([Input::new("webhooks.toml", file)])?;
/// let plan = Plan::new(&desired, &live, &PlanOptions::new())?;
/// assert_eq!(plan.items[0].action, Action::Update);
/// assert_eq!(plan.items[0].changes[0].after, "https://b.example");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Plan {
    /// Every webhook of the file in its order, then those of the server that the file does not name.
    pub items: Vec<Item>,
    /// Names this plan: another plan, or one from another state of the server, has another digest. Holds no secret.
    pub digest: String,
    /// Deletes, and how many the file allows.
    pub guard: GuardReport,
    /// The server, if it is known.
    pub server: Option<String>,
    /// The organization, if it is known.
    pub org: Option<i32>,
    /// What is worth knowing about the webhooks that change.
    pub warnings: Findings,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("digest", &self.digest).field("items", &self.items).finish_non_exhaustive()
    }
}

impl Plan {
    /// Compares what is wanted with what the server holds. Sends nothing; reads the secrets that the file names.
    ///
    /// # Errors
    /// [`PlanError::Findings`] if the file contradicts the contract or the server, [`PlanError::WrongTarget`].
    pub fn new(desired: &Desired, live: &[Webhook], options: &PlanOptions) -> Result<Self, PlanError> {
        let live: Vec<_> = live.iter().cloned().map(Live::new).map(Arc::new).collect();
        Self::of(desired, &live, options, true)
    }

    /// `secrets_required`: whether a secret that cannot be read is an error, or cannot be compared.
    pub(crate) fn of(
        desired: &Desired,
        live: &[Arc<Live>],
        options: &PlanOptions,
        secrets_required: bool,
    ) -> Result<Self, PlanError> {
        let Draft { resolved, items, managed, findings } = Draft::new(desired, live, options, secrets_required)?;
        let findings = resolved.findings_of(findings);
        if findings.has_errors() {
            return Err(findings.into());
        }
        let guard = guard_report(resolved.guard, &items, managed);
        let server = options.server.clone().or_else(|| resolved.server().map(str::to_owned));
        let org = options.org.or(resolved.org());
        let digest = digest::of(&items, server.as_deref(), org);
        Ok(Self { items, digest, guard, server, org, warnings: findings })
    }
    /// How many webhooks of each kind.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for item in &self.items {
            *match item.action {
                Action::Update => &mut summary.update,
                Action::Create => &mut summary.create,
                Action::Delete => &mut summary.delete,
                Action::Unchanged => &mut summary.unchanged,
                Action::Unmanaged => &mut summary.unmanaged,
            } += 1;
        }
        summary
    }

    /// True if applying the plan sends nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.items.iter().any(|item| item.action.is_change())
    }

    /// The plan as JSON, without secrets.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and finite numbers only, so it always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Plan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            version: u32,
            digest: &'a str,
            server: &'a Option<String>,
            org: Option<i32>,
            summary: Summary,
            guard: &'a GuardReport,
            items: &'a [Item],
            #[serde(skip_serializing_if = "Findings::is_empty")]
            warnings: &'a Findings,
        }
        Shown {
            version: PLAN_VERSION,
            digest: &self.digest,
            server: &self.server,
            org: self.org,
            summary: self.summary(),
            guard: &self.guard,
            items: &self.items,
            warnings: &self.warnings,
        }
        .serialize(serializer)
    }
}

/// Reads the webhooks and compares them with what is wanted. Takes what can read only, so it sends no write.
///
/// # Errors
/// [`PlanError`].
pub async fn plan<S: ReadWebhooks>(server: &S, desired: &Desired, mut options: PlanOptions) -> Result<Plan, PlanError> {
    let live = read_for(server, desired, &mut options).await?;
    Plan::new(desired, &live, &options)
}

/// The webhooks that a file is about.
pub(crate) async fn read_for<S: ReadWebhooks>(
    server: &S,
    desired: &Desired,
    options: &mut PlanOptions,
) -> Result<Vec<Webhook>, PlanError> {
    options.server = options.server.take().or_else(|| server.base_url().map(str::to_owned));
    desired.check_target(options.server.as_deref(), options.org)?;
    Ok(server.list(options.org.or(desired.org())).await?)
}

/// A plan before anybody has said whether it may be.
pub(crate) struct Draft<'a> {
    pub(crate) resolved: Cow<'a, Desired>,
    pub(crate) items: Vec<Item>,
    /// Webhooks of the server that the file manages.
    managed: usize,
    pub(crate) findings: Vec<Finding>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(
        desired: &'a Desired,
        live: &[Arc<Live>],
        options: &PlanOptions,
        secrets_required: bool,
    ) -> Result<Self, PlanError> {
        desired.check_target(options.server.as_deref(), options.org)?;
        let mut resolved = Cow::Borrowed(desired);
        if desired.has_references() {
            resolved.to_mut().resolve(&options.secrets, secrets_required)?;
        }
        let matched = identity::resolve(&resolved, live).map_err(|list| resolved.findings_of(list))?;
        let mut planner = Planner { options, findings: Vec::new() };
        let mut managed = vec![false; live.len()];
        let mut items = Vec::with_capacity(resolved.webhooks.len() + live.len());
        for (wanted, matched) in resolved.webhooks.iter().zip(&matched) {
            if let Some(index) = matched {
                managed[*index] = true;
            }
            items.push(planner.item(wanted, matched.map(|index| &live[index])));
        }
        let mut unmanaged: Vec<_> = live.iter().zip(&managed).filter(|(_, managed)| !**managed).collect();
        unmanaged.sort_by_key(|(live, _)| live.webhook.id());
        items.extend(unmanaged.into_iter().map(|(live, _)| Item::of(Action::Unmanaged, live)));
        let managed = managed.iter().filter(|managed| **managed).count();
        Ok(Self { items, managed, findings: planner.findings, resolved })
    }
}

struct Planner<'a> {
    options: &'a PlanOptions,
    findings: Vec<Finding>,
}

impl Planner<'_> {
    fn item(&mut self, wanted: &DesiredWebhook, live: Option<&Arc<Live>>) -> Item {
        match (wanted.absent, live) {
            (true, None) => Item {
                action: Action::Unchanged,
                name: wanted.name.clone().unwrap_or_default(),
                id: None,
                changes: Vec::new(),
                cannot_compare: Vec::new(),
                disabled_by_platform: false,
                step: Step::Nothing,
            },
            (true, Some(live)) => {
                let mut item = Item::of(Action::Delete, live);
                item.step = Step::Delete { planned: Arc::clone(live) };
                item
            }
            (false, None) => self.create(wanted),
            (false, Some(live)) => self.update(wanted, live),
        }
    }

    fn create(&mut self, wanted: &DesiredWebhook) -> Item {
        self.findings.extend(wanted.suspects.iter().map(desired::suspect_finding));
        self.findings.extend(desired::contract_findings(wanted, &|_| false));
        let (fields, status) = compare::create_fields(wanted).unwrap_or_else(|unseen| {
            let message = format!(
                "{} has keep = true, but there is no webhook yet to keep it from; write the value, e.g. with {{ env = … }}",
                unseen.path
            );
            self.findings.push(Finding::error(FindingCode::Missing, unseen.node, message));
            (Vec::new(), None)
        });
        let in_order = |name: &str| field::SETTABLE.iter().position(|known| *known == name).unwrap_or(usize::MAX);
        let mut shown: Vec<_> = fields.iter().map(|member| (member.name.as_str(), &member.node.value)).collect();
        let status_value = status.clone().map(Value::String);
        shown.extend(status_value.as_ref().map(|status| (field::STATUS, status)));
        shown.sort_by_key(|(name, _)| in_order(name));
        let changes = shown
            .into_iter()
            .map(|(name, value)| Change {
                field: name.to_owned(),
                before: Shown::Null,
                after: redact::shown(name, value),
            })
            .collect();
        Item {
            action: Action::Create,
            name: wanted.name.clone().unwrap_or_default(),
            id: None,
            changes,
            cannot_compare: Vec::new(),
            disabled_by_platform: false,
            step: Step::Create { wanted: Arc::new(wanted.clone()), fields: fields.into(), status },
        }
    }

    fn update(&mut self, wanted: &DesiredWebhook, live: &Arc<Live>) -> Item {
        let held = |name: &str| live.field(name).is_some();
        self.findings.extend(wanted.suspects.iter().filter(|(name, ..)| !held(name)).map(desired::suspect_finding));
        let Comparison { differences, cannot_compare } = compare::compare(wanted, live);
        let resend = self.options.resend_secrets && !cannot_compare.is_empty();
        let mut item = Item::of(Action::Unchanged, live);
        item.name = wanted.name.clone().unwrap_or_default();
        item.disabled_by_platform = live.is_disabled_by_platform();
        item.changes = differences
            .iter()
            .map(|difference| {
                let (before, after) =
                    redact::shown_pair(&difference.field, difference.before.as_ref(), difference.after.as_ref());
                Change {
                    field: difference.field.clone(),
                    before: before.unwrap_or_default(),
                    after: after.unwrap_or_default(),
                }
            })
            .collect();
        if resend {
            item.changes.extend(cannot_compare.iter().map(|path| Change {
                field: path.clone(),
                before: redact::HIDDEN.into(),
                after: "*** (sent again)".into(),
            }));
        }
        item.cannot_compare = cannot_compare;
        if item.changes.is_empty() {
            return item;
        }
        item.action = Action::Update;
        // What the server holds, it may go on holding: a webhook of the console may be beyond the contract.
        // Looked at only where there is something to excuse.
        let held_findings = OnceCell::new();
        let is_held = |violation: &Violation| {
            let name = desired::field_of(&violation.path);
            !differences.iter().any(|difference| difference.field == name)
                && held_findings
                    .get_or_init(|| live.webhook.spec().validate())
                    .iter()
                    .any(|held| held.path == violation.path && held.code == violation.code)
        };
        self.findings.extend(desired::contract_findings(wanted, &is_held));
        if let Err(unseen) = compare::update_fields(wanted, live) {
            let message = format!(
                "{} has keep = true, but the server does not show it, and an update replaces the whole webhook; write the value, e.g. with {{ env = … }}",
                unseen.path
            );
            self.findings.push(Finding::error(FindingCode::Missing, unseen.node, message));
        }
        item.step = Step::Update { wanted: Arc::new(wanted.clone()), planned: Arc::clone(live), resend };
        item
    }
}

impl Item {
    fn of(action: Action, live: &Live) -> Self {
        Self {
            action,
            name: live.webhook.name().unwrap_or_default().to_owned(),
            id: Some(live.webhook.id()),
            changes: Vec::new(),
            cannot_compare: Vec::new(),
            disabled_by_platform: live.webhook.status() == Some(Status::DisabledDueToErrors),
            step: Step::Nothing,
        }
    }
}

fn guard_report(guard: Option<Guard>, items: &[Item], managed: usize) -> GuardReport {
    let deletes = items.iter().filter(|item| item.action == Action::Delete).count();
    let allowed = guard.map(|guard| match guard {
        Guard::Count(most) => most,
        Guard::Percent(percent) => managed * percent as usize / 100,
    });
    let limit = guard.map(|guard| match guard {
        Guard::Count(most) => most.to_string(),
        Guard::Percent(percent) => format!("{percent}%"),
    });
    GuardReport { deletes, managed, allowed, limit, exceeded: allowed.is_some_and(|allowed| deletes > allowed) }
}
