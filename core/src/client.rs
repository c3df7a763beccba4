//! The operations, as the contract has them.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use http::Method;
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use crate::attempt::{AttemptHooks, Observer};
use crate::call::{Call, CallOptions, CallSetup};
use crate::call_future::Received;
use crate::config::{ClientBuilder, config};
use crate::error::{Error, Failure, Result, excerpt, extract_error_message};
use crate::futures::{BoxFuture, Panicked, caught};
use crate::http::caller_runtime::Stop;
use crate::http::config::Config;
use crate::http::driver::Driver;
use crate::http::lock;
use crate::http::retry::{Budget, Progress, RetryExecutor, Stage, hide};
use crate::http::tls;
use crate::http::token::{Token, Tokens};
use crate::http::transport::{HttpRequest, HttpResponse, Transport};
use crate::http::url::endpoint;
use crate::model::{ORG_ID, Source, Webhook, WebhookList, WebhookPatch, WebhookSpec};
use crate::reconcile::{Creation, Found};
use crate::redact::Secrets;
use crate::response::{ResponseParts, text_headers};
use crate::rules::Purpose;
use crate::surface::{CallOption, Field, Operation, Setting, Status, path};
use crate::violation::{Code, Violation};

/// Longest response that is read where its call runs, in bytes: a fraction of a millisecond.
const MAX_PARSED_INLINE: usize = 128 * 1024;
/// Most bytes of a response that is not text, for an excerpt of it.
const MAX_SHOWN: usize = 16 * 1024;
/// Part of a call's time that is kept for looking whether a create has run.
const RECONCILE_SHARE: f64 = 0.25;
/// Time for that where a call has no deadline.
const RECONCILE_TIME: Duration = Duration::from_secs(8);
/// Pause between two looks, doubled each time up to the longest.
const RECONCILE_PAUSE: Duration = Duration::from_millis(500);
const MAX_RECONCILE_PAUSE: Duration = Duration::from_secs(2);

/// A client of the webhook API. Cheap to clone; clones share connections and token.
///
/// Connections, timers and tokens live on one thread of the library's own, so any async executor can await a call, and a
/// call goes on while the runtime that awaits it does something else. [`ClientBuilder::max_connections`] bounds the sockets
/// of a client and its clones together. Without async, [`Call::wait`] blocks.
///
/// ```no_run
/// # async fn example() -> blynk_webhooks::Result<()> {
/// use blynk_webhooks::{Client, WebhookSpec};
///
/// let client = Client::builder().client_credentials("id", "secret").build()?;
/// let spec = WebhookSpec::new("Doors", "DEVICE_ADDED", "https://example.com/{device_id}")
///     .method("POST").content_type("JSON").auth_type("NONE");
/// let webhook = client.create(spec).await?;
/// client.disable(webhook.id()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    /// Options of every call, unless a call has others.
    defaults: Option<Arc<CallOptions>>,
}

struct Inner {
    config: Arc<Config>,
    endpoints: Endpoints,
    driver: Arc<Driver>,
    tokens: Arc<Tokens>,
    /// The highest webhook id in any response so far.
    highest_id: AtomicI32,
    /// A watcher of attempts has panicked.
    watcher_has_failed: AtomicBool,
    closed: AtomicBool,
}

/// The URLs of the contract on this server.
struct Endpoints {
    webhooks: Url,
    webhook: Url,
    create: Url,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// The client; nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting cannot work, e.g. no credentials or plain http to a host other than loopback.
    pub fn build(self) -> Result<Client> {
        let checked = self.check()?;
        if checked.base_url.scheme() == "https" {
            tls::check_environment(&checked.environment).map_err(config)?;
        }
        Ok(Client::new(checked))
    }
}

impl Client {
    /// A builder, to set up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client with the settings of the environment, see [`ClientBuilder::from_env`].
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is missing or cannot work.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    fn new(config: Config) -> Self {
        let config = Arc::new(config);
        let tokens =
            Arc::new(Tokens::new(&config.credentials, &config.watchers, endpoint(&config.base_url, path::TOKEN)));
        let transport = Arc::new(Transport::new(Arc::clone(&config)));
        let driver = Arc::new(Driver::new(transport, config.max_connections));
        let at = |path| endpoint(&config.base_url, path);
        let endpoints =
            Endpoints { webhooks: at(path::WEBHOOKS), webhook: at(path::WEBHOOK), create: at(path::CREATE) };
        let inner = Inner {
            config,
            endpoints,
            driver,
            tokens,
            highest_id: AtomicI32::new(i32::MIN),
            watcher_has_failed: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner), defaults: None }
    }

    /// A client whose calls have other defaults. It shares connections, tokens and [`Self::close`] with this one.
    ///
    /// ```
    /// use std::time::Duration;
    /// use blynk_webhooks::{CallOptions, Client};
    /// let client = Client::builder().token("token").build()?;
    /// let patient = client.with_options(CallOptions::default().timeout(Duration::from_secs(120)).max_retries(5));
    /// # Ok::<(), blynk_webhooks::Error>(())
    /// ```
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        let mut defaults = self.defaults.as_deref().cloned().unwrap_or_default();
        defaults.overlay(options);
        Self { inner: Arc::clone(&self.inner), defaults: Some(Arc::new(defaults)) }
    }

    /// The server that is called.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner.config.base_url.as_str().trim_end_matches('/')
    }

    /// Closes idle connections and refuses further calls. A call that was started before (awaited, or made a future by
    /// `into_future`) ends as it would without `close`. Returns at once.
    pub fn close(&self) {
        self.inner.closed.store(true, Ordering::Release);
        self.inner.driver.close();
    }

    /// True once [`Self::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::Acquire)
    }

    /// Returns all webhooks of an organization: `GET /api/v1/organization/webhooks`.
    pub fn list(&self) -> Call<WebhookList> {
        self.call(Operation::List, |context| {
            Ok(async move {
                let request = context.list_request();
                let sent = context.send(&request).await?;
                context.receive(request, sent, WebhookList::read, CallContext::seen_list).await
            })
        })
    }

    /// Returns one webhook: `GET /api/v1/organization/webhook`.
    pub fn get(&self, webhook_id: i32) -> Call<Webhook> {
        self.call(Operation::Get, move |context| {
            Ok(async move {
                let request = context.about(Method::GET, webhook_id, None);
                let sent = context.send(&request).await?;
                context.receive(request, sent, Webhook::read, CallContext::seen).await
            })
        })
    }

    /// Creates a webhook: `POST /api/v1/organization/webhook/create`. The request is never repeated if it may have run, see
    /// [`Error::outcome_unknown`] and [`Call::reconcile`].
    ///
    /// Fields that only the server sets are left out, so `create(webhook.spec())` copies a webhook. A new webhook is
    /// enabled. If the status is `DISABLED`, the call disables the webhook by an update afterwards; if that update fails,
    /// the error names the ID of the webhook and its outcome is unknown. `DISABLED_DUE_TO_ERRORS` is left out.
    ///
    /// If the server's answer does not hold the webhook, the list is asked for it. An older webhook with the same content
    /// is not taken for it, as far as `createdAt` and ids tell them apart: one that was made less than about a second before,
    /// or, where the server sends no `createdAt`, one that this client had not seen before, cannot be told from it. Where
    /// several could be it, the call fails and names their ids.
    pub fn create(&self, spec: WebhookSpec) -> Call<Webhook> {
        self.call(Operation::Create, move |context| {
            context.check(&spec, Purpose::Create)?;
            // A webhook is created enabled; the contract has no status here.
            let (status, mut spec) = (spec.status.clone(), spec);
            spec.status = None;
            let body = spec.to_json_with_org(context.org_id);
            let request = context.request(Method::POST, &context.endpoints().create, None, Some(body));
            Ok(async move {
                let webhook = context.create(&spec, &request).await?;
                if status == Some(Status::Disabled) && webhook.status() != status {
                    context.disable_created(&webhook).await
                } else {
                    Ok(webhook)
                }
            })
        })
    }

    /// Replaces a webhook: `PUT /api/v1/organization/webhook`. A field that is left out is cleared (assumed).
    pub fn update(&self, webhook_id: i32, spec: WebhookSpec) -> Call<Webhook> {
        self.call(Operation::Update, move |context| {
            context.check(&spec, Purpose::Update)?;
            Ok(async move {
                context.check_expected(webhook_id).await?;
                context.replace(webhook_id, &spec).await
            })
        })
    }

    /// Reads a webhook, changes the fields that the patch names, and writes it. A change that another program makes in
    /// between is overwritten.
    ///
    /// The call writes the whole webhook, including its status: a status that is left out may be cleared (assumed), and an
    /// unchanged status does not reset the platform's count of consecutive failures, only a change does (assumed).
    ///
    /// The call refuses a new field whose name is similar to that of a known one, unless the webhook already has it.
    pub fn patch(&self, webhook_id: i32, patch: WebhookPatch) -> Call<Webhook> {
        self.call(Operation::Patch, move |context| {
            patch.check()?;
            Ok(async move { context.patch(webhook_id, &patch).await })
        })
    }

    /// Deletes a webhook: `DELETE /api/v1/organization/webhook`.
    pub fn delete(&self, webhook_id: i32) -> Call<()> {
        self.call(Operation::Delete, move |context| Ok(async move { context.delete(webhook_id).await }))
    }

    /// Sets the status to `ENABLED`, by [`Self::patch`].
    pub fn enable(&self, webhook_id: i32) -> Call<Webhook> {
        self.patch(webhook_id, WebhookPatch::new().set(Field::Status, Status::Enabled.as_str()))
    }

    /// Sets the status to `DISABLED`, by [`Self::patch`].
    pub fn disable(&self, webhook_id: i32) -> Call<Webhook> {
        self.patch(webhook_id, WebhookPatch::new().set(Field::Status, Status::Disabled.as_str()))
    }

    /// One request of the API as it is, and its response as it is: for questions that no operation asks. A
    /// response that is no success is [`Error::Api`], as everywhere.
    #[doc(hidden)]
    pub fn raw(
        &self,
        method: &'static str,
        path: &'static str,
        query: Vec<(&'static str, String)>,
        body: Option<String>,
    ) -> Call<RawResponse> {
        self.call(Operation::Get, move |context| {
            let method = Method::from_bytes(method.as_bytes()).map_err(|_| config("not an HTTP method"))?;
            let mut url = endpoint(&context.client.inner.config.base_url, path);
            if !query.is_empty() {
                url.query_pairs_mut().extend_pairs(query);
            }
            let request = context.request(method, &url, None, body);
            Ok(async move {
                let (response, _) = context.send(&request).await?;
                let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
                Ok(RawResponse {
                    status: response.status,
                    headers: response.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
                    body: String::from_utf8_lossy(&response.body).into_owned(),
                })
            })
        })
    }

    /// A call: what it prepares on the caller's thread when it is started, and what it then does within its deadline.
    fn call<T, R, F, Prepare>(&self, operation: Operation, prepare: Prepare) -> Call<T>
    where
        T: Send + 'static,
        R: Into<Received<T>> + Send + 'static,
        F: Future<Output = Result<R>> + Send + 'static,
        Prepare: FnOnce(CallContext) -> Result<F> + Send + 'static,
    {
        let client = self.clone();
        let start = move |setup| client.start(operation, setup, prepare);
        let options = self.defaults.as_deref().cloned().unwrap_or_default();
        let setup = CallSetup { options, ..CallSetup::default() };
        Call { driver: Arc::clone(&self.inner.driver), setup, start: Box::new(start) }
    }

    fn start<T, R, F>(
        self,
        operation: Operation,
        setup: CallSetup,
        prepare: impl FnOnce(CallContext) -> Result<F>,
    ) -> Result<BoxFuture<Result<Received<T>>>>
    where
        T: Send + 'static,
        R: Into<Received<T>> + Send + 'static,
        F: Future<Output = Result<R>> + Send + 'static,
    {
        if self.is_closed() {
            return Err(config("the client is closed; make a new one"));
        }
        let config = &self.inner.config;
        let CallSetup { options, expected, hooks, response } = setup;
        options.check()?;
        let options = options.values();
        let timeout = options.deadline(CallOption::Timeout).unwrap_or(config.timeout);
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let budget =
            Budget { deadline, max_retries: options.count(CallOption::MaxRetries).unwrap_or(config.max_retries) };
        let progress = Arc::new(Progress::default());
        let headers = options.headers(CallOption::Headers).cloned().unwrap_or_default();
        let (client, sent_headers) = (self.clone(), headers.clone());
        let created = Arc::new(OnceLock::new());
        let context = CallContext {
            operation,
            headers,
            org_id: options.int32(CallOption::OrgId).or_else(|| config.options.int32(Setting::OrgId)),
            validate: options.truth(CallOption::Validate).unwrap_or(config.validate),
            reconcile: options.truth(CallOption::Reconcile).unwrap_or_default(),
            timeout,
            client: self,
            budget,
            progress: Arc::clone(&progress),
            expected,
            hooks,
            response,
            created: Arc::clone(&created),
        };
        context.check_expected_operation()?;
        // It is large, and each future that takes it in would move it again.
        let run = caught(Box::pin(prepare(context)?));
        let run = async move {
            let ended = match deadline {
                None => run.await,
                Some(deadline) => match tokio::time::timeout_at(deadline, run).await {
                    Ok(ended) => ended,
                    Err(_) => Ok(Err(progress.timed_out(timeout.unwrap_or_default()))),
                },
            };
            let ended = ended.unwrap_or_else(|Panicked| Err(Error::Transport(progress.failure(Panicked::MESSAGE))));
            ended.map(Into::into).map_err(|error| {
                let error = error.redact(&client.sent_secrets(&sent_headers));
                match created.get() {
                    None => error,
                    Some(id) => {
                        let note = format!("; the webhook was created with ID {id}, but it is still enabled");
                        error.with_note(&note).with_outcome_unknown()
                    }
                }
            })
        };
        Ok(Box::pin(run.instrument(tracing::debug_span!("call", operation = operation.name()))))
    }

    /// What is secret in the headers of a call.
    fn sent_secrets(&self, headers: &http::HeaderMap) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add_headers(&self.inner.config.headers);
        secrets.add_headers(headers);
        secrets
    }

    /// Blocks this thread until a future has ended that awaits calls of this client, or until the check that is made every
    /// `tick` stops it: for interpreters, which look for signals. `None`: the future panicked.
    ///
    /// # Errors
    /// Those of the check.
    #[doc(hidden)]
    pub fn wait_for<F, E>(
        &self,
        future: F,
        tick: Option<Duration>,
        check: impl FnMut() -> std::result::Result<(), Stop<E>>,
    ) -> std::result::Result<Option<F::Output>, E>
    where
        F: Future<Output: Send> + Send + Unpin + 'static,
    {
        self.inner.driver.wait_for(future, tick, check)
    }
}

/// A response as it is, see [`Client::raw`].
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct RawResponse {
    /// HTTP status.
    pub status: u16,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

/// One call of a user: the requests it takes, under one deadline.
struct CallContext {
    operation: Operation,
    client: Client,
    headers: http::HeaderMap,
    org_id: Option<i32>,
    validate: bool,
    reconcile: bool,
    /// Time that the whole call has.
    timeout: Option<Duration>,
    budget: Budget,
    progress: Arc<Progress>,
    expected: Option<Box<Webhook>>,
    hooks: Option<Arc<dyn AttemptHooks>>,
    response: Option<Arc<Mutex<ResponseParts>>>,
    /// ID of the webhook that a create has made, while more is to be done for it.
    created: Arc<OnceLock<i32>>,
}

impl CallContext {
    /// The list, and the server's time when it was made.
    async fn list(&self) -> Result<(WebhookList, Option<SystemTime>)> {
        let request = self.list_request();
        let sent = self.send(&request).await?;
        let date = sent.0.date();
        let list = self.read(&request, sent, WebhookList::read, Self::seen_list).await?;
        Ok((list, date))
    }

    fn list_request(&self) -> Arc<HttpRequest> {
        self.request(Method::GET, &self.endpoints().webhooks, self.org_id.map(|id| (ORG_ID, id)), None)
    }

    async fn get(&self, webhook_id: i32) -> Result<Webhook> {
        let request = self.about(Method::GET, webhook_id, None);
        self.read_webhook(&request, self.send(&request).await?).await
    }

    async fn create(&self, spec: &WebhookSpec, request: &Arc<HttpRequest>) -> Result<Webhook> {
        let creation = Creation::begin(spec, self.client.inner.highest_id.load(Ordering::Relaxed));
        match self.send_and_keep_time(request).await {
            Ok(sent) => self.created(&creation, request, sent).await,
            Err(error) if self.reconcile && error.outcome_unknown() => self.reconcile(&creation, error).await,
            Err(error) => Err(error),
        }
        .map_err(|error| error.redact(&spec.secrets()))
    }

    /// Switches off a webhook that has just been created.
    async fn disable_created(&self, webhook: &Webhook) -> Result<Webhook> {
        // Whatever fails from now on, the webhook is there: to repeat the call would make another.
        let _ = self.created.set(webhook.id());
        self.replace(webhook.id(), &webhook.spec().status(Status::Disabled)).await
    }

    /// Sends the request of a create, and leaves time to look for the webhook where that is asked for.
    async fn send_and_keep_time(&self, request: &Arc<HttpRequest>) -> Result<Sent> {
        let Some(deadline) = self.budget.deadline.filter(|_| self.reconcile) else {
            return self.send(request).await;
        };
        let time = deadline.saturating_duration_since(Instant::now()).mul_f64(1.0 - RECONCILE_SHARE);
        match tokio::time::timeout(time, self.send(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.progress.timed_out(time)),
        }
    }

    /// The webhook that the server says it has created: of its response, else of the list.
    async fn created(&self, creation: &Creation, request: &HttpRequest, sent: Sent) -> Result<Webhook> {
        let (mut response, token) = sent;
        let (source, decoded) = parse_response(std::mem::take(&mut response.body), Webhook::read).await;
        let webhook_id = match decoded {
            Ok(webhook) if webhook.is_complete() => {
                self.seen(&webhook);
                return Ok(webhook);
            }
            partial => partial.ok().map(|webhook| webhook.id()),
        };
        // The response of the call is the one to the create, not to the list.
        let kept = self.response.as_ref().map(|kept| std::mem::take(&mut *lock(kept)));
        let found = self.find_created(creation, webhook_id).await;
        if let (Some(response), Some(kept)) = (&self.response, kept) {
            *lock(response) = kept;
        }
        let problem = match found {
            Ok(Found::One(webhook)) => return Ok(*webhook),
            Ok(Found::Nothing) => "neither its response nor the list shows it".to_owned(),
            Ok(Found::Several(ids)) => format!("{}, of which only one can be it", several(&ids)),
            Err(error) => format!("its response does not show it, and the list cannot be read: {error}"),
        };
        let problem = format!("the server accepted the webhook, but {problem}");
        Err(self.response_error(request, &response, &token, &source.json, &problem, true))
    }

    async fn find_created(&self, creation: &Creation, webhook_id: Option<i32>) -> Result<Found> {
        let (list, date) = self.list().await?;
        let Some(webhook_id) = webhook_id else { return Ok(creation.find(&list, date, true)) };
        let found = list.iter().find(|webhook| webhook.id() == webhook_id);
        Ok(found.map_or(Found::Nothing, |webhook| Found::One(Box::new(webhook.clone()))))
    }

    /// Looks in the list for the webhook of a create that failed with `error` and may have run, until the time that is kept
    /// for it is over: a server may finish the work after its connection broke. What the list does not show may still come.
    async fn reconcile(&self, creation: &Creation, error: Error) -> Result<Webhook> {
        let time = self.timeout.map_or(RECONCILE_TIME, |total| total.mul_f64(RECONCILE_SHARE));
        let mut until = Instant::now() + time;
        if let Some(deadline) = self.budget.deadline {
            // The error of the create says more than that time is up.
            until = until.min(deadline.checked_sub(Duration::from_millis(5)).unwrap_or(deadline));
        }
        let mut pause = RECONCILE_PAUSE;
        loop {
            let note = match tokio::time::timeout_at(until, self.list()).await {
                Ok(Ok((list, date))) => match creation.find(&list, date, false) {
                    Found::One(webhook) => return Ok(*webhook),
                    Found::Several(ids) => return Err(error.with_note(&format!("; {}", several(&ids)))),
                    Found::Nothing => Some("the list does not show the webhook yet".to_owned()),
                },
                Ok(Err(problem)) => Some(format!("the list cannot be read: {problem}")),
                Err(_) => None,
            };
            if Instant::now() + pause >= until {
                return Err(match note {
                    Some(note) => error.with_note(&format!("; {note}")),
                    None => error,
                });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_RECONCILE_PAUSE);
        }
    }

    /// An option that the operation does not take is refused, not ignored.
    fn check_expected_operation(&self) -> Result<()> {
        if self.expected.is_none() || self.operation.takes_expected() {
            return Ok(());
        }
        let message = "is for operations that write to a webhook: update, patch, delete, enable and disable";
        Err(vec![Violation::error("expected", Code::NotSettable, message)].into())
    }

    /// Reads the webhook again where a certain one is expected.
    async fn check_expected(&self, webhook_id: i32) -> Result<()> {
        if self.expected.is_none() {
            return Ok(());
        }
        let current = self.get(webhook_id).await?;
        self.compare_expected(current).map(drop)
    }

    /// The webhook that the server holds, unless another one is expected.
    fn compare_expected(&self, current: Webhook) -> Result<Webhook> {
        match &self.expected {
            Some(expected) if !is_unchanged(expected, &current) => {
                Err(Error::PreconditionFailed { current: Box::new(current) })
            }
            _ => Ok(current),
        }
    }

    async fn replace(&self, webhook_id: i32, spec: &WebhookSpec) -> Result<Webhook> {
        let request = self.about(Method::PUT, webhook_id, Some(spec.to_json()));
        let replaced = match self.send(&request).await {
            Ok(sent) => self.read_webhook(&request, sent).await,
            Err(error) => Err(error),
        };
        replaced.map_err(|error| error.redact(&spec.secrets()))
    }

    async fn patch(&self, webhook_id: i32, patch: &WebhookPatch) -> Result<Webhook> {
        let held = self.compare_expected(self.get(webhook_id).await?)?.spec();
        patch.check_names(&held)?;
        let changed = patch.apply(&held)?;
        // What was wrong before is no reason to refuse another change: such a webhook could not even be switched off.
        let mut before = self.findings(&held, Purpose::Update);
        before.retain(|violation| !patch.changes_field(&violation.path));
        let mut after = self.findings(&changed, Purpose::Update);
        after.retain(|violation| !before.contains(violation));
        refuse_errors(after)?;
        self.replace(webhook_id, &changed).await
    }

    async fn delete(&self, webhook_id: i32) -> Result<()> {
        self.check_expected(webhook_id).await?;
        self.send(&self.about(Method::DELETE, webhook_id, None)).await.map(|_| ())
    }

    fn check(&self, spec: &WebhookSpec, purpose: Purpose) -> Result<()> {
        // What can never be sent is refused without validation too: it would be lost without a word.
        refuse_errors(spec.check_extra())?;
        refuse_errors(self.findings(spec, purpose))
    }

    /// What is to be said of a spec; nothing where the client or the call does not validate.
    fn findings(&self, spec: &WebhookSpec, purpose: Purpose) -> Vec<Violation> {
        if self.validate { spec.validate_for(purpose) } else { Vec::new() }
    }

    fn about(&self, method: Method, webhook_id: i32, body: Option<String>) -> Arc<HttpRequest> {
        self.request(method, &self.endpoints().webhook, Some((WEBHOOK_ID, webhook_id)), body)
    }

    fn endpoints(&self) -> &Endpoints {
        &self.client.inner.endpoints
    }

    fn request(&self, method: Method, url: &Url, query: Option<(&str, i32)>, body: Option<String>) -> Arc<HttpRequest> {
        let mut url = url.clone();
        if let Some((name, value)) = query {
            url.set_query(Some(&format!("{name}={value}")));
        }
        let idempotent = method != Method::POST;
        let (body, headers) = (body.map(Into::into), self.headers.clone());
        Arc::new(HttpRequest { method, url, shown: None, idempotent, body, headers })
    }

    /// Sends a request with a token, replayed once with a new one where the server refuses the first.
    async fn send(&self, request: &Arc<HttpRequest>) -> Result<Sent> {
        let inner = &self.client.inner;
        let executor = RetryExecutor {
            transport: &inner.driver.transport,
            budget: self.budget,
            progress: &self.progress,
            observer: Observer {
                operation: self.operation.name(),
                watchers: &inner.config.watchers,
                hooks: self.hooks.as_deref(),
                has_failed: &inner.watcher_has_failed,
            },
        };
        let renews = inner.tokens.are_renewable();
        // For an error of a call that ends before it has a token.
        self.progress.begin(request);
        self.progress.enter(Stage::Token);
        let mut token = inner.tokens.token(&inner.driver.transport, &self.budget, None, self.hooks.as_ref()).await?;
        let mut outcome = executor.send(request, &token.header, renews).await;
        if renews && matches!(&outcome, Err(Error::Api(error)) if error.status == 401) {
            self.progress.enter(Stage::Token);
            token =
                inner.tokens.token(&inner.driver.transport, &self.budget, Some(&token), self.hooks.as_ref()).await?;
            outcome = executor.send(request, &token.header, false).await;
        }
        match outcome {
            Ok(response) => {
                if let Some(kept) = &self.response {
                    *lock(kept) = ResponseParts {
                        status: response.status,
                        headers: text_headers(&response.headers, |value| hide(value, &token.header)),
                        request_id: response.request_id().map(|request_id| hide(request_id, &token.header)),
                        attempts: self.progress.attempts(),
                    };
                }
                Ok((response, token))
            }
            Err(error) => Err(inner.tokens.redact(error, &token)),
        }
    }

    async fn read_webhook(&self, request: &HttpRequest, sent: Sent) -> Result<Webhook> {
        self.read(request, sent, Webhook::read, Self::seen).await
    }

    /// Remembers the id of a webhook.
    fn seen(&self, webhook: &Webhook) {
        self.client.inner.highest_id.fetch_max(webhook.id(), Ordering::Relaxed);
    }

    fn seen_list(&self, list: &WebhookList) {
        if let Some(highest) = list.iter().map(Webhook::id).max() {
            self.client.inner.highest_id.fetch_max(highest, Ordering::Relaxed);
        }
    }

    /// The response of a call's last request, which is read when it is asked for its value. A long one is read at once.
    async fn receive<T: Send + 'static>(
        self,
        request: Arc<HttpRequest>,
        sent: Sent,
        parse: Parse<T>,
        seen: fn(&Self, &T),
    ) -> Result<Received<T>> {
        if sent.0.body.len() > MAX_PARSED_INLINE {
            return self.read(&request, sent, parse, seen).await.map(Into::into);
        }
        // It has come in time, however late it is read.
        Ok(Received::Unread(Box::new(move || {
            let (mut response, token) = sent;
            let parsed = parse_here(std::mem::take(&mut response.body), parse);
            let value = self.value(&request, &response, &token, parsed, seen);
            value.map_err(|error| error.redact(&self.client.sent_secrets(&self.headers)))
        })))
    }

    /// Reads a response within the deadline of the call.
    async fn read<T: Send + 'static>(
        &self,
        request: &HttpRequest,
        sent: Sent,
        parse: Parse<T>,
        seen: fn(&Self, &T),
    ) -> Result<T> {
        let (mut response, token) = sent;
        let parsed = parse_response(std::mem::take(&mut response.body), parse).await;
        if self.budget.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(self.progress.timed_out(self.timeout.unwrap_or_default()));
        }
        self.value(request, &response, &token, parsed, seen)
    }

    fn value<T>(
        &self,
        request: &HttpRequest,
        response: &HttpResponse,
        token: &Token,
        (source, parsed): (Arc<Source>, Parsed<T>),
        seen: fn(&Self, &T),
    ) -> Result<T> {
        let value = parsed.map_err(|problem| {
            let problem = format!("the response {problem}");
            self.response_error(request, response, token, &source.json, &problem, false)
        })?;
        seen(self, &value);
        Ok(value)
    }

    fn response_error(
        &self,
        request: &HttpRequest,
        response: &HttpResponse,
        token: &Token,
        text: &str,
        problem: &str,
        outcome_unknown: bool,
    ) -> Error {
        // Webhooks hold secrets, so JSON is not shown but for a message in it.
        let is_json = text.trim_start().starts_with(['{', '[']);
        let told = extract_error_message(text).or_else(|| (!is_json).then(|| excerpt(text)));
        let told = told.map(|told| format!(": {told}")).unwrap_or_default();
        let error = Error::Response(Box::new(Failure {
            message: format!("{problem}; the server answered {}{told}", response.status).into(),
            method: request.method.to_string(),
            url: request.shown().to_owned(),
            attempts: self.progress.attempts(),
            outcome_unknown,
            request_id: response.request_id(),
            cause_code: None,
        }));
        self.client.inner.tokens.redact(error, token)
    }
}

type Parse<T> = fn(&Arc<Source>) -> serde_json::Result<T>;

/// What was read, or what is wrong with the text.
type Parsed<T> = std::result::Result<T, String>;

/// Reads a response; gives its text as well. A long one is read on a thread of its own: it must neither hold up the sockets
/// of a runtime that has one thread, nor outlast the deadline.
async fn parse_response<T: Send + 'static>(body: Vec<u8>, parse: Parse<T>) -> (Arc<Source>, Parsed<T>) {
    if body.len() <= MAX_PARSED_INLINE {
        return parse_here(body, parse);
    }
    match tokio::task::spawn_blocking(move || parse_here(body, parse)).await {
        Ok(parsed) => parsed,
        Err(_) => (Source::new(String::new()), Err(format!("cannot be read: {}", Panicked::MESSAGE))),
    }
}

fn parse_here<T>(body: Vec<u8>, parse: Parse<T>) -> (Arc<Source>, Parsed<T>) {
    match String::from_utf8(body) {
        Ok(text) => {
            let source = Source::new(text);
            let parsed = parse(&source).map_err(|problem| format!("does not match the API's contract: {problem}"));
            (source, parsed)
        }
        Err(problem) => {
            let bytes = problem.as_bytes();
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_SHOWN)]).into_owned();
            (Source::new(text), Err("is not UTF-8".into()))
        }
    }
}

/// What a person decides of the webhook, and the time of its last change; what the platform counts does not matter.
fn is_unchanged(expected: &Webhook, current: &Webhook) -> bool {
    expected.id() == current.id()
        && expected.last_modified_at() == current.last_modified_at()
        && expected.spec() == current.spec()
}

fn several(ids: &[i32]) -> String {
    let shown: Vec<_> = ids.iter().take(10).map(ToString::to_string).collect();
    format!("the list shows {} new webhooks like it (ids {})", ids.len(), shown.join(", "))
}

fn refuse_errors(violations: Vec<Violation>) -> Result<()> {
    if violations.iter().any(Violation::is_error) { Err(violations.into()) } else { Ok(()) }
}

/// A response, and the token that the server has seen.
type Sent = (HttpResponse, Arc<Token>);

/// The webhook an operation is about: a query parameter.
const WEBHOOK_ID: &str = "webhookId";

#[cfg(test)]
mod tests {
    use std::future::IntoFuture as _;

    use super::*;
    use crate::http::io_thread;
    use crate::surface::ErrorKind;

    fn panicking() -> Call<()> {
        let client = Client::builder().token("t").base_url("http://127.0.0.1:1").build().unwrap();
        client.call(Operation::Get, |_| {
            Ok(async {
                tokio::task::yield_now().await;
                let unread: Received<()> = Received::Unread(Box::new(|| Ok(())));
                assert!(matches!(unread, Received::Value(())), "hunter2");
                Ok(unread)
            })
        })
    }

    /// A panic while the response is read, by whoever waits for it.
    fn panicking_late() -> Call<()> {
        let client = Client::builder().token("t").base_url("http://127.0.0.1:1").build().unwrap();
        client.call(Operation::Get, |_| Ok(async { Ok(Received::Unread(Box::new(|| panic!("hunter2")))) }))
    }

    /// However a call is waited for, its panic is an error.
    #[test]
    fn a_panic_is_an_error() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let io_thread = io_thread::handle().unwrap();
        let tick = Some(Duration::from_millis(1));
        let client = panicking().driver;
        let outcomes = [
            runtime.block_on(async { panicking().await }),
            runtime.block_on(io_thread.spawn(panicking().into_future())).unwrap(),
            panicking().wait(),
            runtime.block_on(async { panicking_late().await }),
            panicking_late().wait(),
            client.wait_for(panicking().into_future(), tick, || Ok::<_, Stop<()>>(())).unwrap().unwrap(),
        ];
        for outcome in outcomes {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transport);
            assert!(error.to_string().contains("a panic") && !error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_long_response_is_read_on_a_thread_of_its_own() {
        let list = format!("[{}{{\"id\":1}}]", r#"{"id":1,"name":"n"},"#.repeat(20_000));
        assert!(list.len() > MAX_PARSED_INLINE);
        let mut turns = 0;
        let reading = parse_response(list.into_bytes(), WebhookList::read);
        tokio::pin!(reading);
        let list = loop {
            // Nothing but the reading would ever end where it runs on this thread.
            tokio::select! {
                biased;
                (_, list) = &mut reading => break list.unwrap(),
                () = tokio::task::yield_now() => turns += 1,
            }
        };
        assert_eq!(list.len(), 20_001);
        assert!(turns > 0);
    }

    /// The bound itself is allowed.
    #[test]
    fn a_list_is_read_up_to_its_bound() {
        let list = |length: usize| format!("[{}]", vec![r#"{"id":1}"#; length].join(","));
        assert_eq!(parse_here(list(100_000).into_bytes(), WebhookList::read).1.unwrap().len(), 100_000);
        let problem = parse_here(list(100_001).into_bytes(), WebhookList::read).1.unwrap_err();
        assert!(problem.contains("more than 100000 webhooks"), "{problem}");
    }
}
