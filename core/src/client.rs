//! The operations, as the contract has them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use crate::call::{Call, CallFuture, CallOptions};
use crate::config::{ClientBuilder, Config, config, endpoint};
use crate::error::{Error, Failure, Result, excerpt, extract_error_message};
use crate::http::retry::{Progress, RetryExecutor};
use crate::http::token::{Auth, Token};
use crate::http::transport::{HttpRequest, HttpResponse, Transport};
use crate::model::{ORG_ID, Source, Webhook, WebhookList, WebhookPatch, WebhookSpec};
use crate::rules::Purpose;
use crate::surface::{Field, Operation, Status, path};
use crate::violation::Violation;

/// A client of the webhook API. Cheap to clone; clones share connections and token.
///
/// Runs on whichever tokio runtime polls it, also on several one after another. On a multi-threaded runtime the sockets
/// live on one thread of the library's own. A call panics outside of a tokio runtime, and on one whose I/O or time is not
/// enabled. The bound of [`ClientBuilder::max_connections`] holds for all calls together.
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
}

struct Inner {
    config: Arc<Config>,
    endpoints: Endpoints,
    transport: Arc<Transport>,
    auth: Auth,
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
    /// [`Error::Config`] where a setting cannot work, e.g. no credentials or plain http to a host other than loopback.
    pub fn build(self) -> Result<Client> {
        self.check().map(Client::new)
    }
}

impl Client {
    /// A client to be set up.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client with what the environment says: see [`ClientBuilder::from_env`].
    ///
    /// # Errors
    /// [`Error::Config`] where a setting is missing or cannot work.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env()?.build()
    }

    fn new(config: Config) -> Self {
        let config = Arc::new(config);
        let auth = Auth::new(&config.credentials, endpoint(&config.base_url, path::TOKEN));
        let transport = Arc::new(Transport::new(Arc::clone(&config)));
        let at = |path| endpoint(&config.base_url, path);
        let endpoints =
            Endpoints { webhooks: at(path::WEBHOOKS), webhook: at(path::WEBHOOK), create: at(path::CREATE) };
        Self { inner: Arc::new(Inner { config, endpoints, transport, auth, closed: AtomicBool::new(false) }) }
    }

    /// The server that is called.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.inner.config.base_url.as_str().trim_end_matches('/')
    }

    /// Closes idle connections and refuses further calls. A call that was started before (awaited, or made a future by
    /// `into_future`) ends as it would without `close`.
    pub fn close(&self) {
        self.inner.closed.store(true, Ordering::Release);
        self.inner.transport.close();
    }

    /// True once [`Self::close`] was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::Acquire)
    }

    /// All webhooks of an organization: `GET /api/v1/organization/webhooks`.
    pub fn list(&self) -> Call<WebhookList> {
        self.call(Operation::List, |context| async move { context.list().await })
    }

    /// One webhook: `GET /api/v1/organization/webhook`.
    pub fn get(&self, webhook_id: i32) -> Call<Webhook> {
        self.call(Operation::Get, move |context| async move { context.get(webhook_id).await })
    }

    /// A new webhook: `POST /api/v1/organization/webhook/create`. Never repeated where it may have run, see
    /// [`Error::outcome_unknown`].
    pub fn create(&self, spec: WebhookSpec) -> Call<Webhook> {
        self.call(Operation::Create, move |context| async move { context.create(spec).await })
    }

    /// Replaces a webhook: `PUT /api/v1/organization/webhook`. A field that is left out is cleared (assumed).
    pub fn update(&self, webhook_id: i32, spec: WebhookSpec) -> Call<Webhook> {
        self.call(Operation::Update, move |context| async move { context.update(webhook_id, &spec).await })
    }

    /// Reads a webhook, changes what the patch names, and writes it. Another writer between the two is overwritten.
    pub fn patch(&self, webhook_id: i32, patch: WebhookPatch) -> Call<Webhook> {
        self.call(Operation::Patch, move |context| async move { context.patch(webhook_id, &patch).await })
    }

    /// Deletes a webhook: `DELETE /api/v1/organization/webhook`.
    pub fn delete(&self, webhook_id: i32) -> Call<()> {
        self.call(Operation::Delete, move |context| async move { context.delete(webhook_id).await })
    }

    /// Sets the status to `ENABLED`, by [`Self::patch`].
    pub fn enable(&self, webhook_id: i32) -> Call<Webhook> {
        self.patch(webhook_id, WebhookPatch::new().set(Field::Status, Status::Enabled.as_str()))
    }

    /// Sets the status to `DISABLED`, by [`Self::patch`].
    pub fn disable(&self, webhook_id: i32) -> Call<Webhook> {
        self.patch(webhook_id, WebhookPatch::new().set(Field::Status, Status::Disabled.as_str()))
    }

    /// A call: its deadline, and a context for the requests it makes within it.
    fn call<T, F, Run>(&self, operation: Operation, run: Run) -> Call<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        Run: FnOnce(CallContext) -> F + Send + 'static,
    {
        let client = self.clone();
        let start = move |options: CallOptions| -> CallFuture<T> {
            if client.is_closed() {
                return Box::pin(std::future::ready(Err(config("the client is closed; make a new one"))));
            }
            let span = tracing::debug_span!("call", operation = operation.name());
            Box::pin(client.within_deadline(options, run).instrument(span))
        };
        Call { options: CallOptions::default(), start: Box::new(start) }
    }

    async fn within_deadline<T, F, Run>(self, options: CallOptions, run: Run) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send,
        Run: FnOnce(CallContext) -> F + Send,
    {
        options.check()?;
        let timeout = options.timeout().unwrap_or(self.inner.config.timeout);
        let headers = options.headers();
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let progress = Arc::new(Progress::default());
        let context = CallContext { client: self, options, headers, deadline, progress: Arc::clone(&progress) };
        match deadline {
            None => run(context).await,
            Some(deadline) => match tokio::time::timeout_at(deadline, run(context)).await {
                Ok(outcome) => outcome,
                Err(_) => Err(progress.timed_out(timeout.unwrap_or_default())),
            },
        }
    }
}

/// One call of a user: the requests it takes, under one deadline.
struct CallContext {
    client: Client,
    options: CallOptions,
    headers: reqwest::header::HeaderMap,
    deadline: Option<Instant>,
    progress: Arc<Progress>,
}

impl CallContext {
    async fn list(&self) -> Result<WebhookList> {
        let org_id = self.org_id();
        let request = self.request(Method::GET, &self.endpoints().webhooks, org_id.map(|id| (ORG_ID, id)), None);
        self.read(&request, self.send(&request).await?, WebhookList::read).await
    }

    async fn get(&self, webhook_id: i32) -> Result<Webhook> {
        let request = self.about(Method::GET, webhook_id, None);
        self.read(&request, self.send(&request).await?, Webhook::read).await
    }

    async fn create(&self, spec: WebhookSpec) -> Result<Webhook> {
        self.check(&spec, Purpose::Create)?;
        let (status, mut spec) = (spec.status.clone(), spec);
        // A webhook is created enabled; the contract has no status here.
        spec.status = None;
        let webhook = self.create_enabled(&spec).await?;
        if status == Some(Status::Disabled) && webhook.status() != status {
            self.disable_created(&webhook).await
        } else {
            Ok(webhook)
        }
    }

    /// Switches off a webhook that has just been created.
    async fn disable_created(&self, webhook: &Webhook) -> Result<Webhook> {
        let spec = webhook.spec().status(Status::Disabled);
        let note = format!("; the webhook was created with ID {}, but it is still enabled", webhook.id());
        self.replace(webhook.id(), &spec).await.map_err(|error| error.with_note(&note))
    }

    async fn create_enabled(&self, spec: &WebhookSpec) -> Result<Webhook> {
        let body = spec.to_json_with_org(self.org_id());
        let request = self.request(Method::POST, &self.endpoints().create, None, Some(body));
        match self.send_and_keep_time(&request).await {
            Ok(sent) => self.created(spec, &request, sent).await,
            Err(error) if self.options.reconcile() && error.outcome_unknown() => match self.find(spec, None).await {
                Ok(Some(webhook)) => Ok(webhook),
                // A server that has not answered in time may still be at it.
                Ok(None) if !matches!(error, Error::Timeout(_)) => {
                    Err(error.with_known_outcome("; the list does not show the webhook"))
                }
                Ok(None) | Err(_) => Err(error),
            },
            Err(error) => Err(error),
        }
        .map_err(|error| error.redact(spec.secrets().iter().map(String::as_str)))
    }

    /// Sends the request of a create, and leaves time to look for the webhook where that is asked for.
    async fn send_and_keep_time(&self, request: &HttpRequest) -> Result<Sent> {
        let Some(deadline) = self.deadline.filter(|_| self.options.reconcile()) else {
            return self.send(request).await;
        };
        let time = deadline.saturating_duration_since(Instant::now()).mul_f64(0.75);
        match tokio::time::timeout(time, self.send(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.progress.timed_out(time)),
        }
    }

    /// The webhook that the server says it has created: of its response, else of the list.
    async fn created(&self, spec: &WebhookSpec, request: &HttpRequest, (mut response, token): Sent) -> Result<Webhook> {
        let body = String::from_utf8(std::mem::take(&mut response.body)).unwrap_or_default();
        let source = Source::new(body);
        let partial = match parse_response(&source, Webhook::read).await {
            Ok(webhook) if webhook.is_complete() => return Ok(webhook),
            partial => partial.ok().map(|webhook| webhook.id()),
        };
        let problem = match self.find(spec, partial).await {
            Ok(Some(webhook)) => return Ok(webhook),
            Ok(None) => "neither its response nor the list shows it".to_owned(),
            Err(error) => format!("its response does not show it, and the list cannot be read: {error}"),
        };
        let problem = format!("the server took the webhook, but {problem}");
        Err(self.response_error(request, &response, &token, &source.json, &problem, true))
    }

    /// The created webhook in the list: by its id where that is known, else the newest that says the same.
    async fn find(&self, spec: &WebhookSpec, webhook_id: Option<i32>) -> Result<Option<Webhook>> {
        let mut wanted = spec.to_members();
        wanted.retain(|(name, _)| name != ORG_ID);
        let says_the_same = |webhook: &Webhook| match webhook_id {
            Some(id) => webhook.id() == id,
            None => {
                let held = webhook.spec().to_members();
                wanted.iter().all(|member| held.contains(member))
            }
        };
        Ok(self.list().await?.into_iter().filter(says_the_same).max_by_key(Webhook::id))
    }

    async fn update(&self, webhook_id: i32, spec: &WebhookSpec) -> Result<Webhook> {
        self.check(spec, Purpose::Update)?;
        self.replace(webhook_id, spec).await
    }

    async fn replace(&self, webhook_id: i32, spec: &WebhookSpec) -> Result<Webhook> {
        let request = self.about(Method::PUT, webhook_id, Some(spec.to_json()));
        let replaced = match self.send(&request).await {
            Ok(sent) => self.read(&request, sent, Webhook::read).await,
            Err(error) => Err(error),
        };
        replaced.map_err(|error| error.redact(spec.secrets().iter().map(String::as_str)))
    }

    async fn patch(&self, webhook_id: i32, patch: &WebhookPatch) -> Result<Webhook> {
        patch.check()?;
        let held = self.get(webhook_id).await?.spec();
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
        self.send(&self.about(Method::DELETE, webhook_id, None)).await.map(|_| ())
    }

    fn org_id(&self) -> Option<i32> {
        self.options.org_id().or(self.client.inner.config.org_id)
    }

    fn check(&self, spec: &WebhookSpec, purpose: Purpose) -> Result<()> {
        // What can never be sent is refused without validation too: it would be lost without a word.
        refuse_errors(spec.check_extra())?;
        refuse_errors(self.findings(spec, purpose))
    }

    /// What is to be said of a spec; nothing where the client or the call does not validate.
    fn findings(&self, spec: &WebhookSpec, purpose: Purpose) -> Vec<Violation> {
        if self.options.validate().unwrap_or(self.client.inner.config.validate) {
            spec.validate_for(purpose)
        } else {
            Vec::new()
        }
    }

    fn about(&self, method: Method, webhook_id: i32, body: Option<String>) -> HttpRequest {
        self.request(method, &self.endpoints().webhook, Some((WEBHOOK_ID, webhook_id)), body)
    }

    fn endpoints(&self) -> &Endpoints {
        &self.client.inner.endpoints
    }

    fn request(&self, method: Method, url: &Url, query: Option<(&str, i32)>, body: Option<String>) -> HttpRequest {
        let mut url = url.clone();
        if let Some((name, value)) = query {
            url.set_query(Some(&format!("{name}={value}")));
        }
        let (shown, idempotent) = (url.as_str().into(), method != Method::POST);
        HttpRequest { method, url, shown, idempotent, body: body.map(Into::into), headers: self.headers.clone() }
    }

    /// Sends a request with a token, replayed once with a new one where the server refuses the first.
    async fn send(&self, request: &HttpRequest) -> Result<Sent> {
        let inner = &self.client.inner;
        // For an error of a call that ends before it has a token.
        self.progress.about(request);
        let executor = RetryExecutor {
            transport: &inner.transport,
            deadline: self.deadline,
            max_retries: self.options.max_retries().unwrap_or(inner.config.max_retries),
            progress: &self.progress,
        };
        let mut token = inner.auth.token(&executor, None).await?;
        let mut outcome = executor.send(request, &token.header).await;
        if matches!(&outcome, Err(Error::Api(error)) if error.status == 401) && token.is_renewable() {
            token = inner.auth.token(&executor, Some(&token)).await?;
            outcome = executor.send(request, &token.header).await;
        }
        match outcome {
            Ok(response) => Ok((response, token)),
            Err(error) => Err(inner.auth.redact(error, &token)),
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        request: &HttpRequest,
        (mut response, token): Sent,
        parse: fn(&Arc<Source>) -> serde_json::Result<T>,
    ) -> Result<T> {
        match String::from_utf8(std::mem::take(&mut response.body)) {
            Ok(text) => {
                let source = Source::new(text);
                parse_response(&source, parse).await.map_err(|problem| {
                    let problem = format!("the response is not what the API's contract says: {problem}");
                    self.response_error(request, &response, &token, &source.json, &problem, false)
                })
            }
            Err(problem) => {
                let bytes = problem.as_bytes();
                let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_SHOWN)]);
                Err(self.response_error(request, &response, &token, &text, "the response is not UTF-8", false))
            }
        }
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
            url: request.shown.to_string(),
            attempts: self.progress.attempts(),
            outcome_unknown,
            request_id: response.request_id(),
        }));
        self.client.inner.auth.redact(error, token)
    }
}

fn refuse_errors(violations: Vec<Violation>) -> Result<()> {
    if violations.iter().any(Violation::is_error) { Err(violations.into()) } else { Ok(()) }
}

/// Reads a response. A long one is read on a thread of its own: it must neither hold up the sockets of a runtime that has
/// one thread, nor outlast the deadline.
async fn parse_response<T: Send + 'static>(
    source: &Arc<Source>,
    parse: fn(&Arc<Source>) -> serde_json::Result<T>,
) -> std::result::Result<T, String> {
    if source.json.len() <= MAX_PARSED_INLINE {
        return parse(source).map_err(|problem| problem.to_string());
    }
    let long = Arc::clone(source);
    match tokio::task::spawn_blocking(move || parse(&long)).await {
        Ok(parsed) => parsed.map_err(|problem| problem.to_string()),
        Err(problem) => Err(format!("the thread that reads it ended early: {problem}")),
    }
}

/// A response, and the token that the server has seen.
type Sent = (HttpResponse, Arc<Token>);

/// Longest response that is read where its call runs, in bytes: a fraction of a millisecond.
const MAX_PARSED_INLINE: usize = 128 * 1024;
/// Most bytes of a response that is not text, for an excerpt of it.
const MAX_SHOWN: usize = 16 * 1024;

/// The webhook an operation is about: a query parameter.
const WEBHOOK_ID: &str = "webhookId";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_response_is_read_on_a_thread_of_its_own() {
        let list = format!("[{}{{\"id\":1}}]", r#"{"id":1,"name":"n"},"#.repeat(20_000));
        assert!(list.len() > MAX_PARSED_INLINE);
        let source = Source::new(list);
        let mut turns = 0;
        let reading = parse_response(&source, WebhookList::read);
        tokio::pin!(reading);
        let list = loop {
            // Nothing but the reading would ever end where it runs on this thread.
            tokio::select! {
                biased;
                list = &mut reading => break list.unwrap(),
                () = tokio::task::yield_now() => turns += 1,
            }
        };
        assert_eq!(list.len(), 20_001);
        assert!(turns > 0);
    }
}
