//! Tokens: one request to the token endpoint however many callers wait, renewed before they expire.
//!
//! The request belongs to none of those who wait for it. It runs on the library's thread as long as anybody waits, and tells
//! all of them how each attempt ended; each decides by its own deadline and retries whether to wait for another.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use tokio::sync::watch;
use tracing::instrument::WithSubscriber as _;
use url::Url;

use crate::attempt::{AttemptHooks, Observer, Watchers};
use crate::error::{AuthError, Error, Failure, Result, excerpt};
use crate::futures::{Panicked, caught, defect};
use crate::http::backoff;
use crate::http::config::Credentials;
use crate::http::failure::SendError;
use crate::http::lock;
use crate::http::retry::{self, AttemptOf, Budget};
use crate::http::transport::{HttpRequest, HttpResponse, Transport};
use crate::redact::Secrets;
use crate::secret::{self, Secret, bearer};
use crate::token_provider::TokenProvider;

/// A token is renewed this long before it expires, or a tenth of its ttl before where that is shorter.
const REFRESH_MARGIN: Duration = Duration::from_secs(60);
/// Life of a token whose response does not say (RFC 6749 recommends that it does; the vendor's does).
const DEFAULT_TTL: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) header: HeaderValue,
    secret: Secret,
    /// None for a token whose end is not known.
    expires: Option<Instant>,
}

impl Token {
    /// A token with its life; `None` where a header cannot carry it.
    fn new(token: &str, ttl: Option<Duration>) -> Option<Self> {
        let end_of = |ttl: Duration| Instant::now().checked_add(ttl - REFRESH_MARGIN.min(ttl / 10));
        let expires = ttl.map(|ttl| end_of(ttl).or_else(|| end_of(DEFAULT_TTL)));
        Some(Self { header: bearer(token)?, secret: Secret::new(token), expires: expires.flatten() })
    }

    fn is_fresh(&self) -> bool {
        self.expires.is_none_or(|expires| Instant::now() < expires)
    }
}

/// The tokens of a client.
pub(crate) struct Tokens {
    source: Source,
    watchers: Watchers,
    /// A watcher has panicked.
    watcher_has_failed: AtomicBool,
    current: RwLock<Option<Arc<Token>>>,
    grant: Mutex<Grant>,
}

/// Where tokens come from.
enum Source {
    /// A token that was obtained elsewhere. It is not renewed.
    Fixed,
    Client(OAuthClient),
    Provider(TokenProvider),
}

struct OAuthClient {
    url: Url,
    authorization: HeaderValue,
    secret: Secret,
}

#[derive(Default)]
struct Grant {
    /// Tells those who wait how the grant that is under way goes.
    running: Option<watch::Sender<Progress>>,
    refresh_token: Option<Secret>,
}

/// How far a grant has come.
#[derive(Clone)]
enum Progress {
    Asking,
    Granted(Arc<Token>),
    /// An attempt failed. Another follows after the pause, unless there is none.
    Failed {
        error: Error,
        pause: Option<Duration>,
    },
}

impl Tokens {
    pub(crate) fn new(credentials: &Credentials, watchers: &Watchers, token_url: Url) -> Self {
        let (source, current) = match credentials {
            Credentials::Token { header, token } => {
                let token = Token { header: header.clone(), secret: token.clone(), expires: None };
                (Source::Fixed, Some(Arc::new(token)))
            }
            Credentials::Provider(provider) => (Source::Provider(provider.clone()), None),
            Credentials::Client { id, secret } => {
                let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{}", secret.reveal())));
                // Base64 is always a header value.
                let mut authorization = HeaderValue::from_str(&basic).unwrap_or_else(|_| HeaderValue::from_static(""));
                authorization.set_sensitive(true);
                (Source::Client(OAuthClient { url: token_url, authorization, secret: secret.clone() }), None)
            }
        };
        Self {
            source,
            watchers: watchers.clone(),
            watcher_has_failed: AtomicBool::new(false),
            current: RwLock::new(current),
            grant: Mutex::default(),
        }
    }

    /// True where another token can be had for one that is refused.
    pub(crate) fn are_renewable(&self) -> bool {
        !matches!(self.source, Source::Fixed)
    }

    /// A token to send, other than `refused` where the server has refused one. `hooks` follow the attempts of a grant that
    /// begins here.
    pub(crate) async fn token(
        self: &Arc<Self>,
        transport: &Arc<Transport>,
        budget: &Budget,
        refused: Option<&Arc<Token>>,
        hooks: Option<&Arc<dyn AttemptHooks>>,
    ) -> Result<Arc<Token>> {
        if let Some(token) = self.usable(refused) {
            return Ok(token);
        }
        let mut progress = {
            let mut grant = lock(&self.grant);
            // It may have ended meanwhile.
            if let Some(token) = self.usable(refused) {
                return Ok(token);
            }
            match &grant.running {
                Some(running) => running.subscribe(),
                None => self.start(&mut grant, transport, hooks)?,
            }
        };
        let mut repeats = 0;
        loop {
            if progress.changed().await.is_err() {
                return Err(defect(
                    "the request for a token has ended without an outcome; please report this defect",
                    false,
                ));
            }
            match progress.borrow_and_update().clone() {
                Progress::Asking => {}
                Progress::Granted(token) => return Ok(token),
                Progress::Failed { error, pause } => {
                    if !pause.is_some_and(|pause| budget.allows(repeats, pause)) {
                        return Err(error);
                    }
                    repeats += 1;
                }
            }
        }
    }

    fn start(
        self: &Arc<Self>,
        grant: &mut Grant,
        transport: &Arc<Transport>,
        hooks: Option<&Arc<dyn AttemptHooks>>,
    ) -> Result<watch::Receiver<Progress>> {
        let (sender, receiver) = watch::channel(Progress::Asking);
        let io_thread = transport.io_thread().map_err(no_thread)?;
        let grant_task = Arc::clone(self).run(Arc::clone(transport), sender.clone(), hooks.cloned());
        drop(io_thread.spawn(grant_task.with_current_subscriber()));
        grant.running = Some(sender);
        Ok(receiver)
    }

    /// Asks for a token until there is one, or no attempt more makes sense, or nobody waits for it.
    async fn run(
        self: Arc<Self>,
        transport: Arc<Transport>,
        waiting: watch::Sender<Progress>,
        hooks: Option<Arc<dyn AttemptHooks>>,
    ) {
        let mut failures = 0;
        loop {
            let attempt = caught(self.attempt(&transport, failures + 1, hooks.as_deref()));
            let outcome = tokio::select! {
                outcome = attempt => outcome.unwrap_or_else(|_| Err((defect(Panicked::MESSAGE, false), None))),
                () = waiting.closed() => {
                    if self.end_if_unwanted(&waiting) { return } else { continue }
                }
            };
            match outcome {
                Ok((token, refresh_token)) => {
                    let token = Arc::new(token);
                    let mut grant = lock(&self.grant);
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
                    (grant.refresh_token, grant.running) = (refresh_token, None);
                    drop(grant);
                    waiting.send_replace(Progress::Granted(token));
                    return;
                }
                Err((error, pause)) => {
                    let Some(pause) = pause else {
                        lock(&self.grant).running = None;
                        waiting.send_replace(Progress::Failed { error, pause: None });
                        return;
                    };
                    failures += 1;
                    waiting.send_replace(Progress::Failed { error, pause: Some(pause) });
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = waiting.closed() => if self.end_if_unwanted(&waiting) { return },
                    }
                }
            }
        }
    }

    /// Ends the grant, unless somebody has begun to wait for it meanwhile.
    fn end_if_unwanted(&self, waiting: &watch::Sender<Progress>) -> bool {
        let mut grant = lock(&self.grant);
        let is_unwanted = waiting.receiver_count() == 0;
        if is_unwanted {
            grant.running = None;
        }
        is_unwanted
    }

    /// One attempt, with the refresh token where there is one. `Err`: why it failed and, where another attempt makes sense,
    /// the pause before it.
    async fn attempt(
        &self,
        transport: &Transport,
        number: u32,
        hooks: Option<&dyn AttemptHooks>,
    ) -> std::result::Result<(Token, Option<Secret>), (Error, Option<Duration>)> {
        let client = match &self.source {
            Source::Fixed => return Err((Error::Config("the token is not renewable".into()), None)),
            Source::Provider(provider) => return provided(provider).await.map_err(|error| (error, None)),
            Source::Client(client) => client,
        };
        let observer =
            Observer { operation: "token", watchers: &self.watchers, hooks, has_failed: &self.watcher_has_failed };
        // A refresh token is used once; where it is refused or its response is lost, the client asks anew.
        let refresh_token = lock(&self.grant).refresh_token.take();
        if let Some(refresh_token) = refresh_token {
            let query = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.reveal())];
            if let Ok(granted) = client.request(transport, observer, &query, number, true).await {
                return Ok(granted);
            }
        }
        client.request(transport, observer, &[("grant_type", "client_credentials")], number, false).await
    }

    fn usable(&self, refused: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let token = current.as_ref()?;
        let is_refused = refused.is_some_and(|refused| Arc::ptr_eq(refused, token));
        (token.is_fresh() && !is_refused).then(|| Arc::clone(token))
    }

    /// The error without token and client secret, which a server may have echoed.
    pub(crate) fn redact(&self, error: Error, token: &Token) -> Error {
        let mut secrets = Secrets::default();
        secrets.add(token.secret.reveal());
        if let Source::Client(client) = &self.source {
            secrets.add(client.secret.reveal());
        }
        error.redact(&secrets)
    }
}

pub(crate) fn no_thread(problem: std::io::Error) -> Error {
    Error::Config(format!("cannot start the library's thread: {problem}").into())
}

/// A token of the program's function.
async fn provided(provider: &TokenProvider) -> Result<(Token, Option<Secret>)> {
    let provided = caught(provider.provide()).await;
    let provided = provided.unwrap_or_else(|Panicked| Err(Arc::from(Box::from("the token provider has panicked"))));
    let provided = provided.map_err(Error::TokenProvider)?;
    let problem = |problem: String| Error::Config(format!("the token of the token provider {problem}").into());
    let token = secret::token(provided.token.reveal()).map_err(problem)?;
    let token = Token::new(token, provided.expires_in).ok_or_else(|| problem("cannot be sent in a header".into()))?;
    Ok((token, None))
}

impl OAuthClient {
    /// `is_replaced`: another request follows at once where this one fails.
    async fn request(
        &self,
        transport: &Transport,
        observer: Observer<'_>,
        query: &[(&str, &str)],
        number: u32,
        is_replaced: bool,
    ) -> std::result::Result<(Token, Option<Secret>), (Error, Option<Duration>)> {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(query);
        let request = HttpRequest {
            method: http::Method::POST,
            url,
            // Without its query, which may hold a refresh token.
            shown: Some(self.url.as_str().into()),
            // One token more does no harm; a refresh token is sent once all the same.
            idempotent: true,
            body: None,
            headers: HeaderMap::new(),
        };
        let attempt = AttemptOf { transport, request: &request, authorization: &self.authorization, number, observer };
        let (outcome, times) = attempt.make(|_| {}).await;
        let Some((failed, retry_after)) = retry::attempt_failure(&outcome) else {
            attempt.tell(&outcome, times, None);
            return outcome.map_err(|failed| (self.failed(&request, Err(failed), number), None)).and_then(|response| {
                let granted = serde_json::from_slice::<TokenResponse>(&response.body).ok();
                granted.and_then(TokenResponse::token).ok_or_else(|| (no_token(&request, &response, number), None))
            });
        };
        let pause = backoff::pause(number - 1, retry_after, fastrand::f64());
        let repeats = backoff::may_repeat(true, failed) && backoff::is_in_time(pause, None);
        let pause = repeats.then_some(pause);
        if is_replaced {
            attempt.tell(&outcome, times, Some(Duration::ZERO));
        } else {
            attempt.tell(&outcome, times, pause);
            if let Some(pause) = pause {
                retry::log_repeat(&request, &outcome, number, pause);
            }
        }
        Err((self.failed(&request, outcome, number), pause))
    }

    fn failed(
        &self,
        request: &HttpRequest,
        outcome: std::result::Result<HttpResponse, SendError>,
        attempts: u32,
    ) -> Error {
        let error = match outcome {
            Ok(response) => retry::api_error(request, &response, false),
            Err(failed) => retry::send_error(request, failed, attempts, false),
        };
        let mut secrets = Secrets::default();
        secrets.add(self.secret.reveal());
        secrets.add(self.authorization.to_str().unwrap_or_default().trim_start_matches("Basic "));
        match error.redact(&secrets) {
            Error::Api(error) if (400..500).contains(&error.status) && !matches!(error.status, 408 | 429) => {
                refused(&error)
            }
            error => error,
        }
    }
}

fn no_token(request: &HttpRequest, response: &HttpResponse, attempts: u32) -> Error {
    Error::Response(Box::new(Failure {
        message: "the token endpoint's response contains no usable access_token".into(),
        method: request.method.to_string(),
        url: request.shown().to_owned(),
        attempts,
        outcome_unknown: false,
        request_id: response.request_id(),
        cause_code: None,
    }))
}

fn refused(error: &crate::error::ApiError) -> Error {
    #[derive(Deserialize)]
    struct OAuthErrorBody {
        error: Option<String>,
        error_description: Option<String>,
    }
    let refusal = serde_json::from_str::<OAuthErrorBody>(&error.body).ok();
    let (code, description) = refusal.map(|refusal| (refusal.error, refusal.error_description)).unwrap_or_default();
    Error::Auth(Box::new(AuthError {
        status: error.status,
        error: excerpt(&code.unwrap_or_else(|| error.message.clone())),
        error_description: description.map(|description| excerpt(&description)),
        url: error.url.clone(),
        request_id: error.request_id.clone(),
    }))
}

/// The token endpoint's response. No `Debug`: it is made of secrets.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    /// A number, which some servers write as a string.
    expires_in: Option<serde_json::Value>,
    refresh_token: Option<String>,
}

impl TokenResponse {
    fn token(self) -> Option<(Token, Option<Secret>)> {
        let secret = Secret::new(self.access_token);
        if secret.reveal().is_empty() {
            return None;
        }
        let ttl = self.expires_in.and_then(|ttl| match ttl {
            serde_json::Value::String(text) => text.trim().parse().ok(),
            ttl => ttl.as_f64(),
        });
        let ttl = ttl.and_then(|ttl| Duration::try_from_secs_f64(ttl).ok());
        let token = Token::new(secret.reveal(), Some(ttl.unwrap_or(DEFAULT_TTL)))?;
        Some((token, self.refresh_token.map(Secret::new)))
    }
}
