//! Carries a plan out: updates, then creates, then deletes, each webhook read again before it is written.
//!
//! The API publishes no ETag: a change by somebody else between the reading and the writing is overwritten. Reading again
//! narrows that race, it does not close it.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use blynk_webhooks::{Error, ErrorKind, Json, Result, Webhook, WebhookSpec};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use tokio::sync::watch;

use crate::compare::{self, Live};
use crate::desired::DesiredWebhook;
use crate::item::{Action, Item, Step};
use crate::pace::Pace;
use crate::plan::Plan;
use crate::redact;
use crate::server::{WriteWebhooks, same_server};
use crate::value::{Member, Node, Value};

/// Default of the number of items at once.
pub const DEFAULT_CONCURRENCY: usize = 8;
/// The version of the report as JSON.
const REPORT_VERSION: u32 = 1;
/// Attempts of a write, each after a new reading.
const MAX_ATTEMPTS: u32 = 5;
/// Answers of "too many requests" that one request may get.
const MAX_RATE_LIMITED: u32 = 20;
/// First pause before a repeat; it doubles.
const BACKOFF: Duration = Duration::from_millis(250);
/// Pauses between looks into the list for a webhook that may have been created.
const LOOKS: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1_000),
    Duration::from_millis(2_000),
];

/// Stops an apply from outside, e.g. on Ctrl-C. Clones stop the same apply.
///
/// ```
/// let cancel = blynk_webhooks_plan::Cancel::new();
/// cancel.cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<Stop>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Stop {
    No,
    /// No new item begins.
    Soon,
    /// Nothing is waited for.
    Now,
}

impl Default for Cancel {
    fn default() -> Self {
        Self::new()
    }
}

impl Cancel {
    /// Not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Stop::No)))
    }

    /// Starts no new item. Items in progress end and are reported.
    pub fn cancel(&self) {
        self.raise(Stop::Soon);
    }

    /// Ends at once. Items in progress are reported as unknown.
    pub fn abort(&self) {
        self.raise(Stop::Now);
    }

    /// True once [`Self::cancel`] or [`Self::abort`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow() != Stop::No
    }

    fn raise(&self, stop: Stop) {
        self.0.send_if_modified(|state| {
            let raised = *state < stop;
            if raised {
                *state = stop;
            }
            raised
        });
    }

    /// Ends when it was cancelled at least so far.
    async fn reached(&self, stop: Stop) {
        let mut state = self.0.subscribe();
        // The sender lives as long as this borrow.
        let _ = state.wait_for(|state| *state >= stop).await;
    }
}

/// Receives the outcome of each item.
pub type OnProgress<'a> = Box<dyn FnMut(&Progress<'_>) + Send + 'a>;

/// How a plan is applied.
#[non_exhaustive]
pub struct ApplyOptions<'a> {
    /// Number of items at once; fewer after a 429.
    pub concurrency: usize,
    /// The digest that was reviewed. Another plan is refused.
    pub digest: Option<String>,
    /// Receives the outcome of each item.
    pub on_progress: Option<OnProgress<'a>>,
    /// Stops it from outside.
    pub cancel: Cancel,
}

impl Default for ApplyOptions<'_> {
    fn default() -> Self {
        Self { concurrency: DEFAULT_CONCURRENCY, digest: None, on_progress: None, cancel: Cancel::new() }
    }
}

impl<'a> ApplyOptions<'a> {
    /// The defaults: 8 items at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of items at once, 1 or more.
    #[must_use]
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// The digest that was reviewed: whole, or at least its first 12 characters.
    #[must_use]
    pub fn digest(mut self, digest: impl Into<String>) -> Self {
        self.digest = Some(digest.into());
        self
    }

    /// Receives the outcome of each item.
    #[must_use]
    pub fn on_progress(mut self, on_progress: impl FnMut(&Progress<'_>) + Send + 'a) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// Stops it from outside.
    #[must_use]
    pub fn cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }
}

impl fmt::Debug for ApplyOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplyOptions")
            .field("concurrency", &self.concurrency)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// How far an apply has come: one item has ended. Where another apply creates the same webhook at the same time, the
/// [`Report`] says at the end what became of it.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// Items that have ended.
    pub done: usize,
    /// Items of the plan that change something.
    pub total: usize,
    /// The item that ended.
    pub item: &'a ItemReport,
}

/// How an item ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// The server holds what is wanted.
    Done,
    /// Somebody changed the webhook after it was planned; nothing was written.
    Conflict,
    /// The server refused, or could not be reached; nothing was written.
    Failed,
    /// Nobody knows whether the server carried it out. Plan again: it reads what came of it.
    Unknown,
    /// It was not begun.
    Skipped,
}

impl Outcome {
    /// `"done"`, `"conflict"`, `"failed"`, `"unknown"` or `"skipped"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Conflict => "conflict",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// How one item of a plan ended.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ItemReport {
    /// What was to happen.
    pub action: Action,
    /// The webhook's name.
    pub name: String,
    /// Its id, if it is known.
    pub id: Option<i32>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was not as planned, e.g. why it failed. Never holds a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The kind of the error that stopped it, if a request failed; its code in JSON, e.g. `"code":"FORBIDDEN"`.
    #[serde(rename = "code", skip_serializing_if = "Option::is_none", serialize_with = "as_code")]
    pub kind: Option<ErrorKind>,
}

#[allow(clippy::ref_option, reason = "serde calls it so")]
fn as_code<S: serde::Serializer>(kind: &Option<ErrorKind>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    kind.map(ErrorKind::code).serialize(serializer)
}

/// How an apply ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Every item that was to change something, in the order of the plan.
    pub items: Vec<ItemReport>,
    /// The digest of the plan.
    pub digest: String,
    /// True if it was cancelled.
    pub interrupted: bool,
}

impl Report {
    /// How many items ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.items.iter().filter(|item| item.outcome == outcome).count()
    }

    /// True if every item is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.items.iter().all(|item| item.outcome == Outcome::Done)
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text keys and finite numbers only, so it always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            version: u32,
            digest: &'a str,
            interrupted: bool,
            summary: BTreeMap<&'static str, usize>,
            items: &'a [ItemReport],
        }
        let mut summary = BTreeMap::new();
        for item in &self.items {
            *summary.entry(item.outcome.as_str()).or_default() += 1;
        }
        let (digest, items) = (&self.digest, &self.items);
        Shown { version: REPORT_VERSION, digest, interrupted: self.interrupted, summary, items }.serialize(serializer)
    }
}

/// Why nothing was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApplyError {
    /// The plan deletes more webhooks than the file allows.
    Guard(String),
    /// The plan is not the one that was reviewed.
    StaleDigest(String),
    /// The plan is for another server.
    WrongTarget(String),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guard(message) | Self::StaleDigest(message) | Self::WrongTarget(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for ApplyError {}

/// The same in the client's own errors, for a language that has no other.
impl From<ApplyError> for Error {
    fn from(error: ApplyError) -> Self {
        Self::Config(error.to_string().into())
    }
}

/// Shortest part of a digest that names a plan.
const MIN_DIGEST: usize = 12;

impl Plan {
    /// Carries the plan out: updates, then creates, then deletes. A failure stops only its own item. Must be polled within a
    /// tokio runtime.
    ///
    /// Before an update or a delete, the webhook is read again. If it has changed since the plan, it stays as it is. A lost
    /// answer is settled by reading again. Interrupted or killed at any moment, a second plan finishes the work.
    ///
    /// # Errors
    /// [`ApplyError`], before anything is sent.
    ///
    /// ```no_run
    /// # async fn example(client: blynk_webhooks::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use blynk_webhooks_plan::{ApplyOptions, Desired, PlanOptions, load, plan};
    ///
    /// let desired = load(&["webhooks.toml".into()])?;
    /// let plan = plan(&client, &desired, PlanOptions::new()).await?;
    /// let options = ApplyOptions::new().on_progress(|progress| println!("{}/{}", progress.done, progress.total));
    /// let report = plan.apply(&client, options).await?;
    /// assert!(report.is_complete());
    /// # Ok(()) }
    /// ```
    pub async fn apply<S: WriteWebhooks>(
        &self,
        server: &S,
        options: ApplyOptions<'_>,
    ) -> std::result::Result<Report, ApplyError> {
        self.check(server.base_url(), options.digest.as_deref())?;
        let run = Run { server, org: self.org, pace: Pace::new(options.concurrency), cancel: options.cancel };
        let total = self.items.iter().filter(|item| item.action.is_change()).count();
        let mut reports = Reports { ended: BTreeMap::new(), total, on_progress: options.on_progress };
        for action in [Action::Update, Action::Create, Action::Delete] {
            let items: Vec<_> = self.items.iter().enumerate().filter(|(_, item)| item.action == action).collect();
            if !items.is_empty() {
                run.phase(action, &items, &mut reports).await;
            }
        }
        let items = reports.ended.into_values().collect();
        Ok(Report { items, digest: self.digest.clone(), interrupted: run.cancel.is_cancelled() })
    }

    /// Says whether [`Self::apply`] would refuse the plan: because it is not the one with this digest, because it deletes too
    /// much, or because the server is another.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub fn check(&self, server: Option<&str>, digest: Option<&str>) -> std::result::Result<(), ApplyError> {
        if let (Some(planned), Some(given)) = (self.server.as_deref(), server)
            && !same_server(planned, given)
        {
            return Err(ApplyError::WrongTarget(format!("the plan is for {planned}, but the client calls {given}")));
        }
        let is_same = |digest: &str| digest.len() >= MIN_DIGEST && self.digest.starts_with(digest);
        if let Some(digest) = digest.filter(|digest| !is_same(digest)) {
            return Err(ApplyError::StaleDigest(format!(
                "the digest {digest} is stale: the plan has the digest {} now; review the new plan",
                self.digest
            )));
        }
        if self.guard.exceeded {
            return Err(ApplyError::Guard(format!(
                "the plan deletes {} of {} managed webhooks, and max_deletes = {} allows {}; raise it in [guard] if that is meant",
                self.guard.deletes,
                self.guard.managed,
                self.guard.limit.as_deref().unwrap_or_default(),
                self.guard.allowed.unwrap_or_default(),
            )));
        }
        Ok(())
    }
}

/// How the items ended so far, by their place in the plan.
struct Reports<'a> {
    ended: BTreeMap<usize, ItemReport>,
    total: usize,
    on_progress: Option<OnProgress<'a>>,
}

impl Reports<'_> {
    fn add(&mut self, index: usize, item: &Item, end: End) {
        let report = ItemReport {
            action: item.action,
            name: item.name.clone(),
            id: end.id.or(item.id),
            outcome: end.outcome,
            message: end.message.map(|message| hide_secrets(message, item)),
            kind: end.kind,
        };
        let done = self.ended.len() + 1;
        if let Some(on_progress) = &mut self.on_progress {
            on_progress(&Progress { done, total: self.total, item: &report });
        }
        self.ended.insert(index, report);
    }

    /// What became of an item after it was reported.
    fn correct(&mut self, index: usize, outcome: Outcome, id: i32, message: String) {
        if let Some(report) = self.ended.get_mut(&index) {
            (report.outcome, report.id, report.message) = (outcome, Some(id), Some(message));
        }
    }
}

/// How one item ended.
struct End {
    outcome: Outcome,
    id: Option<i32>,
    message: Option<String>,
    kind: Option<ErrorKind>,
}

impl End {
    fn done(id: Option<i32>) -> Self {
        Self { outcome: Outcome::Done, id, message: None, kind: None }
    }

    fn with(outcome: Outcome, message: impl Into<String>) -> Self {
        Self { outcome, id: None, message: Some(message.into()), kind: None }
    }

    /// A request failed for good.
    fn failed(error: &Error, may_have_run: bool) -> Self {
        let outcome = if may_have_run { Outcome::Unknown } else { Outcome::Failed };
        Self { kind: Some(error.kind()), ..Self::with(outcome, error.to_string()) }
    }
}

/// A server's error may quote what was sent; the client hides what stands in `oAuth2Request`, and this the rest.
fn hide_secrets(mut message: String, item: &Item) -> String {
    /// What is shorter is found within words.
    const SHORTEST: usize = 6;
    let (Step::Create { wanted, .. } | Step::Update { wanted, .. }) = &item.step else { return message };
    for member in &wanted.fields {
        redact::visit_scalars(&member.name, &member.node, &mut |place, node| {
            let is_secret = matches!(node.value, Value::Secret(_)) || place.is_hidden();
            if let Some(text) = node.value.as_str().filter(|text| is_secret && text.len() >= SHORTEST) {
                message = message.replace(text, redact::HIDDEN);
            }
        });
    }
    message
}

/// One apply under way.
struct Run<'a, S> {
    server: &'a S,
    org: Option<i32>,
    pace: Pace,
    cancel: Cancel,
}

impl<S: WriteWebhooks> Run<'_, S> {
    /// All items of one action.
    async fn phase(&self, action: Action, items: &[(usize, &Item)], reports: &mut Reports<'_>) {
        if self.cancel.is_cancelled() {
            return skip(items, reports);
        }
        let before = match action {
            Action::Create => match self.before_creates().await {
                Ok(before) => before,
                Err(error) => {
                    for (index, item) in items {
                        reports.add(*index, item, End::failed(&error, false));
                    }
                    return;
                }
            },
            _ => Before::default(),
        };
        let mut waiting = items.iter();
        let mut begun = 0;
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < self.pace.limit() && !self.cancel.is_cancelled() {
                let Some((index, item)) = waiting.next() else { break };
                begun += 1;
                let before = &before;
                running.push(async move { (*index, *item, self.item(item, before).await) });
            }
            if running.is_empty() {
                break;
            }
            tokio::select! {
                ended = running.next() => {
                    if let Some((index, item, end)) = ended {
                        reports.add(index, item, end);
                    }
                }
                () = self.cancel.reached(Stop::Now) => break,
            }
        }
        drop(running);
        for (index, item) in &items[..begun] {
            if !reports.ended.contains_key(index) {
                reports.add(*index, item, End::with(Outcome::Unknown, "interrupted while in progress; plan again"));
            }
        }
        skip(&items[begun..], reports);
        if action == Action::Create {
            self.remove_twins(items, &before, reports).await;
        }
    }

    async fn item(&self, item: &Item, before: &Before) -> End {
        match &item.step {
            Step::Nothing => End::done(item.id),
            Step::Update { wanted, planned, resend } => self.update(wanted, planned, *resend).await,
            Step::Create { wanted, fields, status } => self.create(wanted, fields, status.as_deref(), before).await,
            Step::Delete { planned } => self.delete(planned).await,
        }
    }

    /// One request, in its turn; again if the server says "too many", because such a request did not run.
    async fn send<T, F: Future<Output = Result<T>>>(&self, request: impl Fn() -> F) -> Result<T> {
        let mut refused = 0;
        loop {
            let sent = self.pace.ready().await;
            let outcome = request().await;
            match &outcome {
                Err(Error::Api(error)) if error.status == 429 && refused < MAX_RATE_LIMITED => {
                    self.pace.slow_down(sent, error.retry_after);
                    refused += 1;
                    if self.cancel.is_cancelled() {
                        return outcome;
                    }
                }
                _ => {
                    if outcome.is_ok() {
                        self.pace.succeeded();
                    }
                    return outcome;
                }
            }
        }
    }

    /// Reads, as often as it takes.
    async fn read<T, F: Future<Output = Result<T>>>(&self, request: impl Fn() -> F) -> Result<T> {
        let mut attempt = 0;
        loop {
            match self.send(&request).await {
                Err(error) if is_transient(&error) && self.may_repeat(&mut attempt).await => {}
                outcome => return outcome,
            }
        }
    }

    /// Pauses before another attempt; false if there is none.
    async fn may_repeat(&self, attempt: &mut u32) -> bool {
        *attempt += 1;
        if *attempt >= MAX_ATTEMPTS || self.cancel.is_cancelled() {
            return false;
        }
        let pause = BACKOFF * 2_u32.pow(*attempt - 1);
        tokio::select! {
            () = tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)) => true,
            () = self.cancel.reached(Stop::Soon) => false,
        }
    }

    async fn get(&self, id: i32) -> Result<Option<Live>> {
        Ok(self.read(|| self.server.get(id)).await?.map(Live::new))
    }

    async fn update(&self, wanted: &DesiredWebhook, planned: &Live, resend: bool) -> End {
        let id = planned.webhook.id();
        let (mut attempt, mut lost) = (0, None);
        loop {
            let held = match self.get(id).await {
                Ok(Some(held)) => held,
                Ok(None) => return End::with(Outcome::Conflict, "the webhook was deleted after it was planned"),
                // Whether the lost write ran cannot be read either.
                Err(error) => return End::failed(lost.as_ref().unwrap_or(&error), lost.is_some()),
            };
            let is_as_wanted = compare::compare(wanted, &held).differences.is_empty();
            if is_as_wanted && !resend {
                return End::done(Some(id));
            }
            let was_written_here = is_as_wanted && lost.is_some();
            if !(was_written_here || held.is_still(planned)) {
                return End::with(Outcome::Conflict, changed_since(planned, &held));
            }
            let spec = match compare::update_fields(wanted, &held) {
                Ok(fields) => to_spec(fields),
                Err(unseen) => {
                    let message = format!("{} has keep = true, but the server does not show it any more", unseen.path);
                    return End::with(Outcome::Conflict, message);
                }
            };
            let spec = match spec {
                Ok(spec) => with_kept_fields(spec, wanted, &held),
                Err(message) => return End::with(Outcome::Failed, message),
            };
            match self.send(|| self.server.update(id, spec.clone())).await {
                Ok(Some(_)) => return End::done(Some(id)),
                Ok(None) => return End::with(Outcome::Conflict, "the webhook was deleted after it was planned"),
                Err(error) if is_transient(&error) => {
                    let may_have_run = may_have_run(&error);
                    if may_have_run {
                        lost = Some(error.clone());
                    }
                    if !self.may_repeat(&mut attempt).await {
                        return self.settle_update(id, wanted, resend, &error, lost.is_some()).await;
                    }
                }
                Err(error) => return End::failed(&error, false),
            }
        }
    }

    /// A last look at an update whose answer was lost.
    async fn settle_update(
        &self,
        id: i32,
        wanted: &DesiredWebhook,
        resend: bool,
        error: &Error,
        may_have_run: bool,
    ) -> End {
        if may_have_run
            && !resend
            && let Ok(Some(held)) = self.get(id).await
            && compare::compare(wanted, &held).differences.is_empty()
        {
            return End::done(Some(id));
        }
        End::failed(error, may_have_run)
    }

    async fn delete(&self, planned: &Live) -> End {
        let id = planned.webhook.id();
        let (mut attempt, mut lost) = (0, None);
        loop {
            match self.get(id).await {
                Ok(None) => return End::done(Some(id)),
                Ok(Some(held)) if !held.is_still(planned) => {
                    return End::with(Outcome::Conflict, changed_since(planned, &held));
                }
                Ok(Some(_)) => {}
                Err(error) => return End::failed(lost.as_ref().unwrap_or(&error), lost.is_some()),
            }
            match self.send(|| self.server.delete(id)).await {
                Ok(()) => return End::done(Some(id)),
                Err(error) if is_transient(&error) => {
                    if may_have_run(&error) {
                        lost = Some(error.clone());
                    }
                    if !self.may_repeat(&mut attempt).await {
                        return match lost {
                            Some(lost) => match self.get(id).await {
                                Ok(None) => End::done(Some(id)),
                                _ => End::failed(&lost, true),
                            },
                            None => End::failed(&error, false),
                        };
                    }
                }
                Err(error) => return End::failed(&error, false),
            }
        }
    }

    /// What the server holds before anything is created.
    async fn before_creates(&self) -> Result<Before> {
        let list = self.read(|| self.server.list(self.org)).await?;
        let mut before = Before::default();
        for webhook in list {
            before.ids.insert(webhook.id());
            if let Some(name) = webhook.name() {
                before.by_name.entry(name.to_owned()).or_default().push(Live::new(webhook.clone()));
            }
        }
        Ok(before)
    }

    async fn create(&self, wanted: &DesiredWebhook, fields: &[Member], status: Option<&str>, before: &Before) -> End {
        let name = wanted.name.as_deref().unwrap_or_default();
        if let Some(held) = before.by_name.get(name) {
            // An earlier apply, or somebody else, has made it after it was planned.
            return match held.as_slice() {
                [held] if compare::compare(wanted, held).differences.is_empty() => End {
                    message: Some("somebody created it after the plan, exactly as in the file".into()),
                    ..End::done(Some(held.webhook.id()))
                },
                _ => {
                    End::with(Outcome::Conflict, "somebody created a webhook with this name after the plan; plan again")
                }
            };
        }
        let spec = match to_spec(fields.to_vec()) {
            Ok(spec) => spec,
            Err(message) => return End::with(Outcome::Failed, message),
        };
        let mut attempt = 0;
        let created = loop {
            let error = match self.send(|| self.server.create(self.org, spec.clone())).await {
                Ok(created) => break created.id(),
                Err(error) => error,
            };
            if may_have_run(&error) {
                match self.find_created(name, before, has_ended(&error)).await {
                    Ok(Some(id)) => break id,
                    Ok(None) if has_ended(&error) => {}
                    // A request that the server still works at may come to its end later.
                    Ok(None) | Err(_) => return End::failed(&error, true),
                }
            }
            let again = is_transient(&error) && self.may_repeat(&mut attempt).await;
            if !again {
                return End::failed(&error, false);
            }
        };
        match status {
            None => End::done(Some(created)),
            Some(status) => self.set_status(created, wanted, fields, status).await,
        }
    }

    /// Creation takes no status, so it is set afterwards.
    async fn set_status(&self, id: i32, wanted: &DesiredWebhook, fields: &[Member], status: &str) -> End {
        let mut fields = fields.to_vec();
        fields.push(Member::of(blynk_webhooks::field::STATUS, Node::of(Value::String(status.into()))));
        let spec = match to_spec(fields) {
            Ok(spec) => spec,
            Err(message) => return End { id: Some(id), ..End::with(Outcome::Failed, message) },
        };
        let mut attempt = 0;
        loop {
            match self.send(|| self.server.update(id, spec.clone())).await {
                Ok(Some(_)) => return End::done(Some(id)),
                Ok(None) => {
                    let message = "the webhook was created, but somebody deleted it before its status was set";
                    return End { id: Some(id), ..End::with(Outcome::Conflict, message) };
                }
                Err(error) if is_transient(&error) && self.may_repeat(&mut attempt).await => {}
                Err(error) => {
                    let held = self.get(id).await;
                    let is_set =
                        matches!(&held, Ok(Some(held)) if compare::compare(wanted, held).differences.is_empty());
                    if is_set {
                        return End::done(Some(id));
                    }
                    let message =
                        format!("the webhook was created, but its status could not be set to {status}: {error}");
                    return End { id: Some(id), ..End::with(Outcome::Failed, message) };
                }
            }
        }
    }

    /// Looks for a webhook that may have been created. Where the server has ended with the request, one look is enough.
    async fn find_created(&self, name: &str, before: &Before, has_ended: bool) -> Result<Option<i32>> {
        let looks = if has_ended { 1 } else { LOOKS.len() };
        for pause in &LOOKS[..looks] {
            tokio::time::sleep(*pause).await;
            let list = self.read(|| self.server.list(self.org)).await?;
            let found = list.iter().filter(|webhook| before.is_new(webhook, name)).map(Webhook::id).min();
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Another apply may have created the same webhooks at the same time, or a create of a killed one may have ended only now:
    /// then there are two. The server gives ids in order, so each apply finds the older webhook, and the newer one is deleted
    /// by the apply that made it.
    async fn remove_twins(&self, items: &[(usize, &Item)], before: &Before, reports: &mut Reports<'_>) {
        let mut open: Vec<_> = items
            .iter()
            .filter_map(|(index, item)| {
                let Step::Create { wanted, .. } = &item.step else { return None };
                let report = reports.ended.get(index)?;
                let id = report.id.filter(|id| report.outcome == Outcome::Done && !before.ids.contains(id))?;
                Some(Created { index: *index, name: &item.name, wanted, id })
            })
            .collect();
        let mut pauses = LOOKS.iter();
        while !open.is_empty() {
            let look = async { self.read(|| self.server.list(self.org)).await };
            let list = tokio::select! {
                list = look => list,
                () = self.cancel.reached(Stop::Now) => return,
            };
            // What cannot be read now, the next plan reads.
            let Ok(list) = list else { return };
            let mut by_name: BTreeMap<&str, Vec<&Webhook>> = BTreeMap::new();
            for webhook in &list {
                by_name.entry(webhook.name().unwrap_or_default()).or_default().push(webhook);
            }
            let mut still_open = Vec::new();
            for created in open {
                let twins = by_name.get(created.name).map(Vec::as_slice).unwrap_or_default();
                let twins = twins.iter().filter(|twin| twin.id() != created.id && before.is_new(twin, created.name));
                let Some(oldest) = twins.min_by_key(|twin| twin.id()) else { continue };
                let is_same = || compare::compare(created.wanted, &Live::new((*oldest).clone())).differences.is_empty();
                let removed =
                    oldest.id() < created.id && is_same() && self.send(|| self.server.delete(created.id)).await.is_ok();
                if removed {
                    let message = format!(
                        "another apply created it at the same time; the copy created here, webhook {}, was deleted",
                        created.id
                    );
                    reports.correct(created.index, Outcome::Done, oldest.id(), message);
                } else {
                    still_open.push((created, oldest.id()));
                }
            }
            // The other apply may still have to set a status, or to delete its own.
            let pause = pauses.next().filter(|_| !self.cancel.is_cancelled() && !still_open.is_empty());
            let Some(pause) = pause else {
                for (created, twin) in still_open {
                    let message = format!(
                        "somebody created another webhook with this name (id {twin}) at the same time; \
                         if another apply is running, wait until it ends; then plan again, and delete one of them if both are left"
                    );
                    reports.correct(created.index, Outcome::Conflict, created.id, message);
                }
                return;
            };
            tokio::time::sleep(*pause).await;
            open = still_open.into_iter().map(|(created, _)| created).collect();
        }
    }
}

/// A webhook that this apply created.
struct Created<'a> {
    index: usize,
    name: &'a str,
    wanted: &'a DesiredWebhook,
    id: i32,
}

/// What the server held before the creates.
#[derive(Default)]
struct Before {
    ids: HashSet<i32>,
    by_name: BTreeMap<String, Vec<Live>>,
}

impl Before {
    fn is_new(&self, webhook: &Webhook, name: &str) -> bool {
        webhook.name() == Some(name) && !self.ids.contains(&webhook.id())
    }
}

fn skip(items: &[(usize, &Item)], reports: &mut Reports<'_>) {
    for (index, item) in items {
        reports.add(*index, item, End::with(Outcome::Skipped, "not started: apply was interrupted"));
    }
}

/// Another attempt may succeed.
fn is_transient(error: &Error) -> bool {
    match error {
        Error::Connect(_) | Error::Transport(_) | Error::Timeout(_) | Error::Response(_) => true,
        Error::Api(error) => matches!(error.status, 408 | 425 | 500 | 502..=504),
        _ => false,
    }
}

/// The server may have carried the request out.
fn may_have_run(error: &Error) -> bool {
    match error {
        Error::Transport(_) | Error::Timeout(_) | Error::Response(_) => true,
        Error::Api(error) => error.status == 408 || error.status >= 500,
        _ => false,
    }
}

/// The server itself has answered, so the request does not run any more. A gateway's answer says nothing of the server behind it.
fn has_ended(error: &Error) -> bool {
    match error {
        Error::Api(error) => !matches!(error.status, 408 | 502 | 504),
        _ => false,
    }
}

fn changed_since(planned: &Live, held: &Live) -> String {
    let content = |live: &Live| Value::Object(live.fields.clone());
    let what = if content(planned) == content(held) { "written" } else { "changed" };
    format!("somebody has {what} the webhook after it was planned; plan again")
}

/// Unknown fields that the file does not name go back as the server wrote them, to the letter.
fn with_kept_fields(spec: WebhookSpec, wanted: &DesiredWebhook, held: &Live) -> WebhookSpec {
    let extra = held.webhook.extra();
    let kept = extra.into_iter().filter(|(name, _)| wanted.field(name).is_none());
    kept.fold(spec, |spec, (name, text)| match Json::parse(text) {
        Ok(value) => spec.extra(name, value),
        Err(_) => spec,
    })
}

fn to_spec(fields: Vec<Member>) -> std::result::Result<WebhookSpec, String> {
    WebhookSpec::from_json(&Value::Object(fields).to_json()).map_err(|violations| {
        // The plan has checked the fields, so only a webhook that changed in between comes here.
        let codes: Vec<_> =
            violations.iter().map(|violation| format!("{} ({})", violation.path, violation.code.as_str())).collect();
        format!("not sent, since it breaks the contract: {}", codes.join(", "))
    })
}
