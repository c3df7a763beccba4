//! The health of webhooks, as far as one list shows it. The API shows neither a cause nor a log: why a webhook failed, nobody can
//! read there.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use blynk_webhooks::{Result, Status, Webhook, WebhookSpec};
use serde::Serialize;

use crate::compare::Live;
use crate::desired::{Desired, DesiredWebhook};
use crate::finding::Findings;
use crate::identity;
use crate::server::WriteWebhooks;

/// The version of the diagnosis as JSON.
const DIAGNOSIS_VERSION: u32 = 1;
/// Webhooks that an organization may have (vendor's documentation; PRO).
pub const DEFAULT_WEBHOOK_LIMIT: usize = 100;
/// Runs of one webhook within a minute, beyond which the platform drops changes silently (vendor's documentation).
const RUNS_PER_MINUTE: f64 = 10.0;
/// Of a limit, what counts as near it.
const NEAR: f64 = 0.8;
/// The length of a list after which there may be more: the vendor's general page size.
const SUSPICIOUS_LENGTH: usize = 1_000;

/// What was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiagnosisCode {
    /// The platform disabled it after too many failures.
    DisabledByPlatform,
    /// A person disabled it.
    DisabledByHand,
    /// It has not run for longer than the file expects.
    Silent,
    /// It has never run.
    NeverFired,
    /// The file names it, and the server has it not.
    Missing,
    /// The organization is near the most webhooks it may have.
    NearWebhookLimit,
    /// It runs almost as often as the platform allows.
    NearRunLimit,
    /// It has no failure receivers.
    NoFailureReceivers,
    /// Another webhook has the same trigger and URL.
    SameTriggerAndUrl,
    /// Another webhook has the same name.
    SameName,
    /// The contract or the templates have something against it.
    Lint,
    /// The list may be longer than it was shown.
    ListMayBeCut,
}

impl DiagnosisCode {
    /// The stable text of this code, e.g. `disabled_by_platform`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DisabledByPlatform => "disabled_by_platform",
            Self::DisabledByHand => "disabled_by_hand",
            Self::Silent => "silent",
            Self::NeverFired => "never_fired",
            Self::Missing => "missing",
            Self::NearWebhookLimit => "near_webhook_limit",
            Self::NearRunLimit => "near_run_limit",
            Self::NoFailureReceivers => "no_failure_receivers",
            Self::SameTriggerAndUrl => "same_trigger_and_url",
            Self::SameName => "same_name",
            Self::Lint => "lint",
            Self::ListMayBeCut => "list_may_be_cut",
        }
    }
}

/// How much it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Weight {
    /// A webhook does not do what it should.
    Unhealthy,
    /// Worth knowing.
    Advice,
}

impl Weight {
    /// `"unhealthy"` or `"advice"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unhealthy => "unhealthy",
            Self::Advice => "advice",
        }
    }
}

/// One thing that was noticed.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Notice {
    /// How much it weighs.
    pub weight: Weight,
    /// What it is; stable.
    pub code: DiagnosisCode,
    /// The webhook's id; none if the notice is about the organization.
    pub id: Option<i32>,
    /// The webhook's name; empty if it has none.
    pub name: String,
    /// What was noticed and what to do. Never holds a secret.
    pub message: String,
}

/// Attempts of each webhook at an earlier time, for the rate at which it runs.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    attempts: HashMap<i32, i32>,
    at: i64,
}

impl Observation {
    /// Notes the attempts of a list that was read at `now`, milliseconds since 1970 (UTC).
    #[must_use]
    pub fn new(live: &[Webhook], now: i64) -> Self {
        let attempts = live.iter().filter_map(|webhook| Some((webhook.id(), webhook.attempt_count()?)));
        Self { attempts: attempts.collect(), at: now }
    }
}

/// How webhooks are diagnosed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DoctorOptions {
    /// The time of the list, milliseconds since 1970 (UTC).
    pub now: i64,
    /// Most webhooks that the organization may have.
    pub webhook_limit: usize,
    /// An earlier list, for the rate of attempts.
    pub earlier: Option<Observation>,
}

impl DoctorOptions {
    /// The defaults, for a list that was read at `now`, milliseconds since 1970 (UTC).
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self { now, webhook_limit: DEFAULT_WEBHOOK_LIMIT, earlier: None }
    }

    /// Most webhooks that the organization may have.
    #[must_use]
    pub fn webhook_limit(mut self, limit: usize) -> Self {
        self.webhook_limit = limit;
        self
    }

    /// An earlier list, for the rate of attempts.
    #[must_use]
    pub fn earlier(mut self, earlier: Observation) -> Self {
        self.earlier = Some(earlier);
        self
    }
}

/// What was noticed about an organization's webhooks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What was noticed, the unhealthy first.
    pub notices: Vec<Notice>,
    /// Webhooks of the organization.
    pub webhooks: usize,
    /// The time of the list.
    pub now: i64,
    /// What the metrics show of each webhook.
    samples: Vec<Sample>,
}

#[derive(Clone, Debug)]
struct Sample {
    id: i32,
    name: String,
    enabled: bool,
    attempts: Option<i32>,
    last_triggered: Option<i64>,
}

/// Diagnoses the webhooks of one list.
///
/// # Errors
/// If nobody can say which webhook is which of the file.
///
/// ```
/// use blynk_webhooks::Webhook;
/// use blynk_webhooks_plan::{DiagnosisCode, DoctorOptions, diagnose};
/// let live = [Webhook::from_json(r#"{"id": 7, "name": "Doors", "status": "DISABLED_DUE_TO_ERRORS"}"#)?];
/// let diagnosis = diagnose(&live, None, &DoctorOptions::new(1_750_000_000_000))?;
/// assert_eq!(diagnosis.notices[0].code, DiagnosisCode::DisabledByPlatform);
/// assert!(diagnosis.is_unhealthy(false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn diagnose(
    live: &[Webhook],
    desired: Option<&Desired>,
    options: &DoctorOptions,
) -> std::result::Result<Diagnosis, Box<Findings>> {
    let mut notices = Vec::new();
    let mut wanted: HashMap<i32, &DesiredWebhook> = HashMap::new();
    if let Some(desired) = desired {
        let list: Vec<_> = live.iter().cloned().map(Live::new).map(Arc::new).collect();
        let matched = identity::resolve(desired, &list).map_err(|list| Box::new(desired.findings_of(list)))?;
        for (webhook, matched) in desired.webhooks.iter().zip(matched) {
            match matched {
                Some(index) => {
                    wanted.insert(live[index].id(), webhook);
                }
                None if !webhook.absent => notices.push(Notice {
                    weight: Weight::Advice,
                    code: DiagnosisCode::Missing,
                    id: None,
                    name: webhook.label.clone(),
                    message: "it is in the file, but not on the server; plan shows what apply would do".into(),
                }),
                None => {}
            }
        }
    }
    for webhook in live {
        let wanted = wanted.get(&webhook.id()).copied();
        let mut about = About { webhook, wanted, options, notices: &mut notices };
        about.status();
        about.silence();
        about.rate();
        about.receivers();
        about.lints();
    }
    repeated(live, &mut notices);
    organization(live.len(), options, &mut notices);
    notices.sort_by_key(|notice| notice.weight);
    let samples = live
        .iter()
        .map(|webhook| Sample {
            id: webhook.id(),
            name: webhook.name().unwrap_or_default().to_owned(),
            enabled: !is_disabled(webhook),
            attempts: webhook.attempt_count(),
            last_triggered: webhook.last_triggered_at(),
        })
        .collect();
    Ok(Diagnosis { notices, webhooks: live.len(), now: options.now, samples })
}

fn is_disabled(webhook: &Webhook) -> bool {
    matches!(webhook.status(), Some(Status::Disabled | Status::DisabledDueToErrors))
}

/// One webhook, and where its notices go.
struct About<'a> {
    webhook: &'a Webhook,
    wanted: Option<&'a DesiredWebhook>,
    options: &'a DoctorOptions,
    notices: &'a mut Vec<Notice>,
}

impl About<'_> {
    fn notice(&mut self, weight: Weight, code: DiagnosisCode, message: impl Into<String>) {
        self.notices.push(Notice {
            weight,
            code,
            id: Some(self.webhook.id()),
            name: self.webhook.name().unwrap_or_default().to_owned(),
            message: message.into(),
        });
    }

    /// The file wants it disabled, or away.
    fn is_wanted_off(&self) -> bool {
        self.wanted.is_some_and(|wanted| wanted.absent || wanted.status() == Some(Status::Disabled.as_str()))
    }

    fn status(&mut self) {
        let is_wanted_off = self.is_wanted_off();
        match self.webhook.status() {
            Some(Status::DisabledDueToErrors) if !is_wanted_off => {
                let limit = self.webhook.failure_limit();
                let failures = limit.map_or("too many".into(), |limit| limit.to_string());
                let message = format!(
                    "the platform disabled it after {failures} failures in a row; the API does not show the cause: send runs it from here and shows the response, doctor --enable enables it again"
                );
                self.notice(Weight::Unhealthy, DiagnosisCode::DisabledByPlatform, message);
            }
            Some(Status::Disabled) if !is_wanted_off => match self.wanted {
                Some(_) => self.notice(
                    Weight::Unhealthy,
                    DiagnosisCode::DisabledByHand,
                    "somebody disabled it, but the file enables it; apply enables it again, or write status = \"DISABLED\"",
                ),
                None => self.notice(Weight::Advice, DiagnosisCode::DisabledByHand, "somebody disabled it"),
            },
            _ => {}
        }
    }

    fn silence(&mut self) {
        if is_disabled(self.webhook) || self.is_wanted_off() {
            return;
        }
        let last = self.webhook.last_triggered_at();
        // One that has never run is silent since its creation.
        let since = last.or(self.webhook.created_at());
        let silent = since.and_then(|since| u64::try_from(self.options.now.saturating_sub(since)).ok());
        let silent = silent.map(Duration::from_millis);
        if let (Some(most), Some(silent)) = (self.wanted.and_then(DesiredWebhook::max_silence), silent)
            && silent > most
        {
            let since = if last.is_some() { "it last ran" } else { "it has never run, and was created" };
            let message = format!(
                "{since} {} ago, and the file expects a run every {}; send runs it from here and shows the response",
                rough(silent),
                humantime::format_duration(most)
            );
            return self.notice(Weight::Unhealthy, DiagnosisCode::Silent, message);
        }
        if last.is_none() && self.webhook.attempt_count().unwrap_or_default() == 0 {
            self.notice(
                Weight::Advice,
                DiagnosisCode::NeverFired,
                "it has never run; send runs it from here and shows the response",
            );
        }
    }

    fn rate(&mut self) {
        let Some(earlier) = &self.options.earlier else { return };
        let (Some(before), Some(now)) = (earlier.attempts.get(&self.webhook.id()), self.webhook.attempt_count()) else {
            return;
        };
        let millis = self.options.now.saturating_sub(earlier.at);
        if millis <= 0 || now <= *before {
            return;
        }
        #[allow(clippy::cast_precision_loss, reason = "a rate of attempts needs no more digits")]
        let rate = f64::from(now - before) * 60_000.0 / millis as f64;
        if rate >= RUNS_PER_MINUTE * NEAR {
            let message = format!(
                "it runs {rate:.1} times a minute; beyond {RUNS_PER_MINUTE} the platform silently drops runs: send less often, or collect values"
            );
            self.notice(Weight::Advice, DiagnosisCode::NearRunLimit, message);
        }
    }

    fn receivers(&mut self) {
        if self.webhook.failure_receivers().is_none_or(|receivers| receivers.is_empty()) {
            let message = "nobody is notified of its failures; name users in failureReceivers";
            self.notice(Weight::Advice, DiagnosisCode::NoFailureReceivers, message);
        }
    }

    fn lints(&mut self) {
        for violation in self.webhook.spec().validate() {
            // The status of a webhook is judged above.
            if violation.path == blynk_webhooks::field::STATUS {
                continue;
            }
            let message = format!("{}: {}", violation.path, violation.message);
            self.notice(Weight::Advice, DiagnosisCode::Lint, message);
        }
    }
}

/// Webhooks that do the same, or have the same name.
fn repeated(live: &[Webhook], notices: &mut Vec<Notice>) {
    let mut by_work: BTreeMap<(String, String, String), Vec<&Webhook>> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, Vec<&Webhook>> = BTreeMap::new();
    for webhook in live {
        if let (Some(trigger), Some(url)) = (webhook.trigger(), webhook.url()) {
            let data = webhook.data_trigger().map(|json| crate::value::Value::parse(json).canonical());
            let work = (trigger.as_str().to_owned(), data.unwrap_or_default(), url.to_owned());
            by_work.entry(work).or_default().push(webhook);
        }
        if let Some(name) = webhook.name().filter(|name| !name.is_empty()) {
            by_name.entry(name).or_default().push(webhook);
        }
    }
    let mut tell = |group: &[&Webhook], code: DiagnosisCode, what: &str| {
        for webhook in group {
            let others: Vec<_> =
                group.iter().filter(|other| other.id() != webhook.id()).map(|other| other.id().to_string()).collect();
            notices.push(Notice {
                weight: Weight::Advice,
                code,
                id: Some(webhook.id()),
                name: webhook.name().unwrap_or_default().to_owned(),
                message: format!("{what} as {}", others.join(", ")),
            });
        }
    };
    for group in by_work.values().filter(|group| group.len() > 1) {
        tell(group, DiagnosisCode::SameTriggerAndUrl, "it has the same trigger and URL");
    }
    for group in by_name.values().filter(|group| group.len() > 1) {
        tell(group, DiagnosisCode::SameName, "it has the same name");
    }
}

fn organization(webhooks: usize, options: &DoctorOptions, notices: &mut Vec<Notice>) {
    let mut tell = |code, message: String| {
        notices.push(Notice { weight: Weight::Advice, code, id: None, name: String::new(), message });
    };
    #[allow(clippy::cast_precision_loss, reason = "counts of webhooks are small")]
    let is_near = webhooks as f64 >= options.webhook_limit as f64 * NEAR;
    if is_near {
        let message = format!("the organization has {webhooks} webhooks and may have {}", options.webhook_limit);
        tell(DiagnosisCode::NearWebhookLimit, message);
    }
    if webhooks == SUSPICIOUS_LENGTH {
        let message = format!(
            "the list has exactly {SUSPICIOUS_LENGTH} webhooks, so the server may have cut it; the API documents no paging"
        );
        tell(DiagnosisCode::ListMayBeCut, message);
    }
}

/// A time in its two largest units.
fn rough(time: Duration) -> String {
    let text = humantime::format_duration(Duration::from_secs(time.as_secs())).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

impl Diagnosis {
    /// True if a webhook does not do what it should; with `strict` also if something else was noticed.
    #[must_use]
    pub fn is_unhealthy(&self, strict: bool) -> bool {
        self.notices.iter().any(|notice| strict || notice.weight == Weight::Unhealthy)
    }

    /// Webhooks that the platform disabled although the file does not want them disabled.
    #[must_use]
    pub fn disabled_by_platform(&self) -> Vec<i32> {
        let disabled = self.notices.iter().filter(|notice| notice.code == DiagnosisCode::DisabledByPlatform);
        disabled.filter_map(|notice| notice.id).collect()
    }

    /// The diagnosis as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and finite numbers only, so it always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The diagnosis as metrics in the text format of Prometheus, for a textfile collector.
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        let mut out = String::new();
        let unhealthy =
            |id: i32| self.notices.iter().any(|notice| notice.id == Some(id) && notice.weight == Weight::Unhealthy);
        let mut family = |name: &str, kind: &str, help: &str, value: &dyn Fn(&Sample) -> Option<String>| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for sample in &self.samples {
                if let Some(value) = value(sample) {
                    let _ = writeln!(out, "{name}{{id=\"{}\",name=\"{}\"}} {value}", sample.id, label(&sample.name));
                }
            }
        };
        let flag = |flag: bool| Some(u8::from(flag).to_string());
        family(
            "blynk_webhook_healthy",
            "gauge",
            "1 if the webhook is neither disabled nor silent against the file.",
            &|sample| flag(!unhealthy(sample.id)),
        );
        family("blynk_webhook_enabled", "gauge", "1 if the webhook is enabled.", &|sample| flag(sample.enabled));
        family("blynk_webhook_attempts_total", "counter", "Attempts of the webhook so far.", &|sample| {
            sample.attempts.map(|attempts| attempts.to_string())
        });
        family(
            "blynk_webhook_last_triggered_timestamp_seconds",
            "gauge",
            "When the webhook last ran, in seconds since 1970.",
            &|sample| sample.last_triggered.map(seconds),
        );
        let _ = writeln!(
            out,
            "# HELP blynk_webhook_notices What doctor noticed, by kind.\n# TYPE blynk_webhook_notices gauge"
        );
        let mut counts: BTreeMap<(DiagnosisCode, Weight), usize> = BTreeMap::new();
        for notice in &self.notices {
            *counts.entry((notice.code, notice.weight)).or_default() += 1;
        }
        for ((code, weight), count) in counts {
            let _ = writeln!(
                out,
                "blynk_webhook_notices{{code=\"{}\",weight=\"{}\"}} {count}",
                code.as_str(),
                weight.as_str()
            );
        }
        let _ = writeln!(
            out,
            "# HELP blynk_webhooks Webhooks of the organization.\n# TYPE blynk_webhooks gauge\nblynk_webhooks {}",
            self.webhooks
        );
        let _ = writeln!(
            out,
            "# HELP blynk_doctor_timestamp_seconds When doctor looked, in seconds since 1970.\n# TYPE blynk_doctor_timestamp_seconds gauge\nblynk_doctor_timestamp_seconds {}",
            seconds(self.now)
        );
        out
    }
}

impl Serialize for Diagnosis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            version: u32,
            healthy: bool,
            webhooks: usize,
            now: i64,
            notices: &'a [Notice],
        }
        let healthy = !self.is_unhealthy(false);
        let (webhooks, now, notices) = (self.webhooks, self.now, self.notices.as_slice());
        Shown { version: DIAGNOSIS_VERSION, healthy, webhooks, now, notices }.serialize(serializer)
    }
}

fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis.div_euclid(1_000), millis.rem_euclid(1_000))
}

/// A label's value: the format escapes three characters.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// How a webhook is after it was switched on.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Enabled {
    /// Its id.
    pub id: i32,
    /// Its name.
    pub name: String,
    /// Its status, read again afterwards; none if it is gone.
    pub status: Option<String>,
    /// True if it is enabled now.
    pub enabled: bool,
}

/// Switches a webhook on that the platform has disabled, and reads it again.
///
/// # Errors
/// That of the call that failed.
pub async fn enable<S: WriteWebhooks>(server: &S, id: i32) -> Result<Enabled> {
    if let Some(held) = server.get(id).await?
        && held.status() != Some(Status::Enabled)
    {
        let spec: WebhookSpec = held.spec().status(Status::Enabled);
        server.update(id, spec).await?;
    }
    let held = server.get(id).await?;
    let status = held.as_ref().and_then(Webhook::status);
    Ok(Enabled {
        id,
        name: held.as_ref().and_then(Webhook::name).unwrap_or_default().to_owned(),
        enabled: status == Some(Status::Enabled),
        status: status.map(|status| status.as_str().to_owned()),
    })
}
