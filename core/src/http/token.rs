//! Tokens: one call to the token endpoint however many callers wait, renewed before they expire.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::config::Credentials;
use crate::error::{AuthError, Error, Failure, Result, excerpt};
use crate::http::retry::RetryExecutor;
use crate::http::transport::HttpRequest;
use crate::secret::Secret;

/// A token is renewed this long before it expires, or a tenth of its ttl before where that is shorter.
const REFRESH_MARGIN: Duration = Duration::from_secs(60);
/// Life of a token whose response does not say (RFC 6749 recommends that it does; the vendor's does).
const DEFAULT_TTL: u64 = 300;

#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) header: HeaderValue,
    secret: Secret,
    /// None for a token that was obtained elsewhere.
    expires: Option<Instant>,
}

impl Token {
    pub(crate) fn is_renewable(&self) -> bool {
        self.expires.is_some()
    }

    fn is_fresh(&self) -> bool {
        self.expires.is_none_or(|expires| Instant::now() < expires)
    }
}

#[derive(Debug)]
pub(crate) struct Auth {
    /// Absent for a token that was obtained elsewhere.
    client: Option<OAuthClient>,
    current: RwLock<Option<Arc<Token>>>,
    /// Grants that have ended, well or badly.
    finished: AtomicU64,
    renewal: Mutex<RefreshState>,
}

#[derive(Debug)]
struct OAuthClient {
    url: Url,
    authorization: HeaderValue,
    secret: Secret,
}

#[derive(Debug, Default)]
struct RefreshState {
    refresh_token: Option<Secret>,
    /// Why the last grant failed, for those who waited for it.
    failed: Option<Error>,
}

impl Auth {
    pub(crate) fn new(credentials: &Credentials, token_url: Url) -> Self {
        let (client, current) = match credentials {
            Credentials::Token { header, token } => {
                (None, Some(Arc::new(Token { header: header.clone(), secret: token.clone(), expires: None })))
            }
            Credentials::Client { id, secret } => {
                let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{}", secret.reveal())));
                // Base64 is always a header value.
                let mut authorization = HeaderValue::from_str(&basic).unwrap_or_else(|_| HeaderValue::from_static(""));
                authorization.set_sensitive(true);
                (Some(OAuthClient { url: token_url, authorization, secret: secret.clone() }), None)
            }
        };
        Self { client, current: RwLock::new(current), finished: AtomicU64::new(0), renewal: Mutex::default() }
    }

    /// A token to send, other than `refused` where the server has refused one.
    pub(crate) async fn token(&self, executor: &RetryExecutor<'_>, refused: Option<&Arc<Token>>) -> Result<Arc<Token>> {
        if let Some(token) = self.usable(refused) {
            return Ok(token);
        }
        let Some(client) = &self.client else {
            return Err(Error::Config("the token is not renewable".into()));
        };
        let finished = self.finished.load(Ordering::Acquire);
        let mut renewal = self.renewal.lock().await;
        if let Some(token) = self.usable(refused) {
            return Ok(token);
        }
        // A grant that failed while this call waited for it has failed for this call too.
        if self.finished.load(Ordering::Acquire) != finished
            && let Some(error) = &renewal.failed
        {
            return Err(error.clone());
        }
        let granted = client.grant(executor, &mut renewal).await;
        let outcome = granted.map(|token| {
            let token = Arc::new(token);
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&token));
            token
        });
        renewal.failed = outcome.as_ref().err().cloned();
        self.finished.fetch_add(1, Ordering::Release);
        outcome
    }

    fn usable(&self, refused: Option<&Arc<Token>>) -> Option<Arc<Token>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let token = current.as_ref()?;
        let is_refused = refused.is_some_and(|refused| Arc::ptr_eq(refused, token));
        (token.is_fresh() && !is_refused).then(|| Arc::clone(token))
    }

    /// The error without token and client secret, which a server may have echoed.
    pub(crate) fn redact(&self, error: Error, token: &Token) -> Error {
        let client_secret = self.client.as_ref().map(|client| &client.secret);
        let secrets = client_secret.into_iter().chain([&token.secret]);
        error.redact(secrets.map(Secret::reveal))
    }
}

impl OAuthClient {
    /// A refresh token is used once; where it is refused or its response is lost, the client asks anew.
    async fn grant(&self, executor: &RetryExecutor<'_>, renewal: &mut RefreshState) -> Result<Token> {
        if let Some(refresh_token) = renewal.refresh_token.take() {
            let query = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.reveal())];
            if let Ok(token) = self.request(&RetryExecutor { max_retries: 0, ..*executor }, &query, renewal).await {
                return Ok(token);
            }
        }
        self.request(executor, &[("grant_type", "client_credentials")], renewal).await
    }

    async fn request(
        &self,
        executor: &RetryExecutor<'_>,
        query: &[(&str, &str)],
        renewal: &mut RefreshState,
    ) -> Result<Token> {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(query);
        let request = HttpRequest {
            method: reqwest::Method::POST,
            url,
            // Without its query, which may hold a refresh token.
            shown: self.url.as_str().into(),
            // One token more does no harm; a refresh token is sent once all the same.
            idempotent: true,
            body: None,
            headers: HeaderMap::new(),
        };
        let response = match executor.send(&request, &self.authorization).await {
            Ok(response) => response,
            Err(error) => {
                let basic = self.authorization.to_str().unwrap_or_default().trim_start_matches("Basic ");
                let error = error.redact([self.secret.reveal(), basic]);
                return Err(match error {
                    Error::Api(error) if (400..500).contains(&error.status) && !matches!(error.status, 408 | 429) => {
                        refused(&error)
                    }
                    error => error,
                });
            }
        };
        let granted = serde_json::from_slice::<TokenResponse>(&response.body).ok().and_then(TokenResponse::token);
        let Some((token, refresh_token)) = granted else {
            return Err(Error::Response(Box::new(Failure {
                message: "the token endpoint's response holds no usable access_token".into(),
                method: request.method.to_string(),
                url: request.shown.to_string(),
                attempts: executor.progress.attempts(),
                outcome_unknown: false,
                request_id: response.request_id(),
            })));
        };
        renewal.refresh_token = refresh_token;
        Ok(token)
    }
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
        let mut header = HeaderValue::from_str(&format!("Bearer {}", secret.reveal())).ok()?;
        header.set_sensitive(true);
        let ttl = self.expires_in.and_then(|ttl| match ttl {
            serde_json::Value::String(text) => text.trim().parse().ok(),
            ttl => ttl.as_f64(),
        });
        let ttl = ttl.and_then(|ttl| Duration::try_from_secs_f64(ttl).ok());
        let ttl = ttl.unwrap_or(Duration::from_secs(DEFAULT_TTL));
        let expires = Instant::now().checked_add(ttl - REFRESH_MARGIN.min(ttl / 10));
        let expires = expires.or_else(|| Instant::now().checked_add(Duration::from_secs(DEFAULT_TTL)));
        Some((Token { header, secret, expires }, self.refresh_token.map(Secret::new)))
    }
}
