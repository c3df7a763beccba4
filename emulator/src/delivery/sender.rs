//! Sends requests of webhooks to their targets.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use blynk_webhooks::{AuthType, RenderedRequest, WebhookSpec, field, is_loopback, oauth2, without_credentials};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use url::{Position, Url};

use crate::delivery::log::SentRequest;

/// Deliveries under way at once.
const MAX_IN_FLIGHT: usize = 64;
/// Bytes of a token URL's answer that are read.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// Where a webhook keeps its Basic credentials (assumed; the console asks for them, their wire names are not published).
const BASIC_AUTH: &str = "basicAuth";

/// Sends requests of webhooks.
#[derive(Debug)]
pub(crate) struct Sender {
    http: reqwest::Client,
    /// Whether targets beyond loopback may be reached.
    allow_remote: bool,
    in_flight: Semaphore,
    /// Tokens of targets, by token URL and client id, with the time of their end.
    tokens: Mutex<HashMap<(String, String), (String, Instant)>>,
}

/// What one run brought.
#[derive(Debug, Default)]
pub(crate) struct SendResult {
    /// The peer that was contacted last, in the words of a reason.
    peer: String,
    pub(crate) request: Option<SentRequest>,
    pub(crate) status_code: Option<u16>,
    pub(crate) response_body: Option<String>,
    /// Why nothing was sent, or what failed.
    pub(crate) problem: Option<SendError>,
}

impl SendResult {
    pub(crate) fn not_sent(reason: String) -> Self {
        Self { problem: Some(SendError::NotSent(reason)), ..Self::default() }
    }
}

#[derive(Debug)]
pub(crate) enum SendError {
    NotSent(String),
    Failed(String),
}

impl Sender {
    pub(crate) fn new(allow_remote: bool) -> Result<Self, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A redirect or a proxy would lead beyond what was allowed.
        let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        if !allow_remote {
            // Reading the system's authorities takes milliseconds, and on loopback none of them vouches for anybody.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|problem| problem.to_string())?;
        Ok(Self { http, allow_remote, in_flight: Semaphore::new(MAX_IN_FLIGHT), tokens: Mutex::default() })
    }

    /// Sends a webhook's request with these values, or once more the request of an earlier delivery.
    pub(crate) async fn send(
        &self,
        spec: &WebhookSpec,
        values: &Map<String, Value>,
        again: Option<SentRequest>,
        timeout: Duration,
        max_bytes: usize,
    ) -> SendResult {
        let mut sent = SendResult::default();
        // The target's time begins with the place: to wait for one is no failure of the target.
        let _permit = self.in_flight.acquire().await;
        let work = self.send_within(spec, values, again, max_bytes, &mut sent);
        let problem = match tokio::time::timeout(timeout, work).await {
            Ok(outcome) => outcome.err(),
            Err(_) => Some(SendError::Failed(format!("no answer from {} within {timeout:?}", sent.peer))),
        };
        SendResult { problem, ..sent }
    }

    async fn send_within(
        &self,
        spec: &WebhookSpec,
        values: &Map<String, Value>,
        again: Option<SentRequest>,
        max_bytes: usize,
        sent: &mut SendResult,
    ) -> Result<(), SendError> {
        let mut log = match again {
            Some(request) => request,
            None => spec.render(values).map(SentRequest::from).map_err(|findings| {
                SendError::NotSent(findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            })?,
        };
        let mut url = self.target(&log.url, field::URL)?;
        // No request carries these, so the log does not tell of them either. Setting them fails only where there is no host.
        url.set_fragment(None);
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        log.url = url.to_string();
        let method = reqwest::Method::from_bytes(log.method.as_bytes())
            .map_err(|_| SendError::NotSent(format!("'{}' is not an HTTP method", log.method)))?;

        // A request that is sent once more holds those of the first time.
        let own = own_headers(&url, log.body.as_deref());
        let is_own = |name: &str| own.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        log.headers.retain(|(name, _)| !is_own(name) && !name.eq_ignore_ascii_case("authorization"));
        let mut headers = HeaderMap::new();
        for (name, value) in &log.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        log.headers.extend(own);
        if let Some(authorization) = self.authorization(spec, &mut sent.peer).await? {
            let scheme = authorization.to_str().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned();
            log.headers.push(("Authorization".into(), format!("{scheme} ***")));
            headers.insert(AUTHORIZATION, authorization);
        }
        let body = log.body.clone();
        sent.request = Some(log);
        sent.peer = "the target".into();

        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers;
        *request.body_mut() = body.map(Into::into);
        let mut response = self.http.execute(request).await.map_err(|error| failed(&error, &sent.peer))?;
        let status = response.status();
        sent.status_code = Some(status.as_u16());
        let body = read(&mut response, max_bytes).await.map_err(|error| failed(&error, &sent.peer))?;
        sent.response_body = Some(String::from_utf8_lossy(&body).into_owned());
        match status.is_success() {
            true => Ok(()),
            false => Err(SendError::Failed(format!("{} answered with {}", sent.peer, status.as_u16()))),
        }
    }

    /// The URL, if it may be called; `what` it is where it may not.
    fn target(&self, url: &str, what: &str) -> Result<Url, SendError> {
        let parsed = Url::parse(url).map_err(|problem| SendError::NotSent(format!("{what}: {problem}")))?;
        if is_loopback(&parsed) || self.allow_remote {
            return Ok(parsed);
        }
        let host = parsed.host_str().unwrap_or_default();
        Err(SendError::NotSent(format!(
            "{what}: {host} is not loopback, and deliveries leave this machine only where that is allowed"
        )))
    }

    async fn authorization(&self, spec: &WebhookSpec, peer: &mut String) -> Result<Option<HeaderValue>, SendError> {
        let text = match spec.auth_type {
            Some(AuthType::Basic) => {
                let basic = spec.extra.iter().find(|(name, _)| name == BASIC_AUTH).map(|(_, value)| value.to_value());
                let member = |name: &str| basic.as_ref()?.get(name)?.as_str();
                let (Some(username), Some(password)) = (member("username"), member("password")) else {
                    let reason =
                        format!("authType is BASIC and the webhook has no {BASIC_AUTH} with username and password");
                    return Err(SendError::NotSent(reason));
                };
                basic_header(username, password)
            }
            Some(AuthType::OAuth2) => format!("Bearer {}", self.token(spec, peer).await?),
            _ => return Ok(None),
        };
        let invalid = |_| SendError::NotSent("the credentials hold a character that no header can carry".into());
        HeaderValue::from_str(&text).map(Some).map_err(invalid)
    }

    /// A token from the webhook's own token URL, kept until it expires. `peer` is set before anything can fail.
    async fn token(&self, spec: &WebhookSpec, peer: &mut String) -> Result<String, SendError> {
        let request = spec.oauth2_request.as_ref().map(blynk_webhooks::Json::to_value).unwrap_or_default();
        let member = |name: &str| {
            let reason = || SendError::NotSent(format!("{} has no {name}", field::OAUTH2_REQUEST));
            request.get(name).and_then(Value::as_str).ok_or_else(reason)
        };
        let (id, secret, url) =
            (member(oauth2::CLIENT_ID)?, member(oauth2::CLIENT_SECRET)?, member(oauth2::TOKEN_URL)?);
        *peer = format!("the token URL {}", without_credentials(url));
        let key = (url.to_owned(), id.to_owned());
        let known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((token, _)) = known.filter(|(_, expires)| *expires > Instant::now()) {
            return Ok(token);
        }
        let mut request = reqwest::Request::new(reqwest::Method::POST, self.target(url, peer)?);
        let header = HeaderValue::from_str(&basic_header(id, secret));
        request.headers_mut().insert(AUTHORIZATION, header.map_err(|problem| SendError::NotSent(problem.to_string()))?);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(reqwest::header::CONTENT_TYPE, form);
        *request.body_mut() = Some("grant_type=client_credentials".into());
        let mut response = self.http.execute(request).await.map_err(|error| failed(&error, peer))?;
        let status = response.status();
        let body = read(&mut response, MAX_TOKEN_BYTES).await.map_err(|error| failed(&error, peer))?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let Some(token) = answer["access_token"].as_str().filter(|_| status.is_success()) else {
            return Err(SendError::Failed(format!(
                "{peer} answered with {} and no access_token within {MAX_TOKEN_BYTES} bytes",
                status.as_u16()
            )));
        };
        let life = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or_default().min(u64::from(u32::MAX)));
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(key, (token.to_owned(), Instant::now() + life));
        Ok(token.to_owned())
    }
}

impl From<RenderedRequest> for SentRequest {
    fn from(request: RenderedRequest) -> Self {
        Self { method: request.method.to_string(), url: request.url, headers: request.headers, body: request.body }
    }
}

/// The headers that the sending itself adds to a request, but for `Authorization`.
fn own_headers(url: &Url, body: Option<&str>) -> Vec<(String, String)> {
    let host = url[Position::BeforeHost..Position::AfterPort].to_owned();
    let length = body.filter(|body| !body.is_empty()).map(|body| ("Content-Length".to_owned(), body.len().to_string()));
    let fixed = [("Accept", "*/*".to_owned()), ("Accept-Encoding", "gzip".to_owned()), ("Host", host)];
    fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(length).collect()
}

/// The body, as far as it is wanted.
async fn read(response: &mut reqwest::Response, max_bytes: usize) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < max_bytes {
        let Some(chunk) = response.chunk().await? else { break };
        body.extend_from_slice(&chunk[..chunk.len().min(max_bytes - body.len())]);
    }
    Ok(body)
}

fn basic_header(username: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{username}:{password}")))
}

/// What broke between here and the peer: the cause alone, since the error itself names the URL, which may hold secrets.
fn failed(error: &reqwest::Error, peer: &str) -> SendError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    SendError::Failed(match error.is_connect() {
        true => format!("no connection to {peer}: {cause}"),
        false => format!("the connection to {peer} broke: {cause}"),
    })
}
