//! Sends requests of webhooks to their targets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use blynk_webhooks::{AuthType, RenderedRequest, WebhookSpec, field, is_loopback, oauth2, without_credentials};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION};
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::{Position, Url};

use super::error::SendError;
use super::tokens::{Token, TokenCache, TokenKey};
use crate::clock::Millis;
use crate::delivery::log::{ReceivedResponse, SentRequest};
use crate::faults::DeliveryFault;
use crate::json::json_length;

/// Deliveries under way at once.
const MAX_IN_FLIGHT: usize = 64;
/// Requests to one target that wait for the head of their response at once, as many as browsers allow. A server that accepts
/// connections slowly has a queue of a few (Python's `http.server`: 5), and a connection that finds it full waits for seconds.
const MAX_PER_TARGET: usize = 6;
/// After this time without a response, a target is slow, and the next request to it does not wait any longer.
const SLOW_AFTER: Duration = Duration::from_secs(1);
/// Bytes of a token URL's answer that are read.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// Bytes of a request, before its values are escaped.
const MAX_REQUEST_BYTES: usize = 512 * 1024;
/// Bytes of a URL that the HTTP library can send.
const MAX_URL_BYTES: usize = 65_534;
/// Where a webhook keeps its Basic credentials (assumed; the console asks for them, their wire names are not published).
const BASIC_AUTH: &str = "basicAuth";

/// Which targets are allowed in addition to loopback, and which certificates are trusted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    /// Any target.
    pub(crate) allow_remote: bool,
    /// These targets.
    pub(crate) allow_targets: Vec<AllowedTarget>,
    /// Certificates of authorities as PEM; in addition to the system's if targets beyond loopback are allowed.
    pub(crate) authorities: Vec<String>,
}

/// A host that may be reached, at any port or at one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedTarget {
    host: String,
    port: Option<u16>,
}

impl AllowedTarget {
    /// Reads `app`, `app:3000`, `192.168.1.2` or `[fd00::1]:3000`.
    ///
    /// # Errors
    /// If the text is something else, e.g. a URL.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let refuse = || format!("'{text}' must be a host name or an address, with a port or without, e.g. app:3000");
        let url = Url::parse(&format!("http://{text}")).map_err(|_| refuse())?;
        let host = url.host_str().ok_or_else(refuse)?.to_owned();
        let port = text.rsplit_once(':').filter(|_| !text.ends_with(']')).map(|(_, port)| port.parse::<u16>());
        let port = port.transpose().map_err(|_| refuse())?;
        let plain = match port {
            Some(port) => format!("{host}:{port}"),
            None => host.clone(),
        };
        if plain.eq_ignore_ascii_case(text) { Ok(Self { host, port }) } else { Err(refuse()) }
    }

    fn includes(&self, url: &Url) -> bool {
        url.host_str() == Some(self.host.as_str())
            && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

/// Sends requests of webhooks.
#[derive(Debug)]
pub(crate) struct Sender {
    /// Replaced when another authority is to be trusted.
    http: RwLock<reqwest::Client>,
    reach: Reach,
    in_flight: Semaphore,
    /// By the authority of the URL.
    per_target: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// What is sent.
#[derive(Debug)]
pub(crate) enum Source {
    /// The webhook's templates with these values.
    Values(Map<String, Value>),
    /// The request of an earlier delivery once more.
    Again(SentRequest),
}

/// What a delivery depends on in addition to its webhook.
pub(crate) struct Conditions<'a> {
    /// Time for all of it, from when it has a place.
    pub(crate) timeout: Duration,
    /// Bytes of the response that are read.
    pub(crate) max_response_bytes: usize,
    pub(crate) tokens: Arc<TokenCache>,
    /// A scripted fault that it meets.
    pub(crate) fault: Option<DeliveryFault>,
    /// The emulator's clock.
    pub(crate) now: &'a (dyn Fn() -> Millis + Send + Sync),
}

/// What one run brought.
#[derive(Debug, Default)]
pub(crate) struct SendResult {
    /// The peer that was contacted last, in the words of a reason.
    peer: String,
    pub(crate) request: Option<SentRequest>,
    pub(crate) response: Option<ReceivedResponse>,
    /// Why nothing was sent, or what failed.
    pub(crate) error: Option<SendError>,
    /// Without the wait for a place.
    pub(crate) duration: Duration,
    /// The place at the target, until its response begins.
    slot: Option<OwnedSemaphorePermit>,
}

impl SendResult {
    pub(crate) fn not_sent(reason: String) -> Self {
        Self { error: Some(SendError::NotSent(reason)), ..Self::default() }
    }
}

/// A request but for its credentials.
struct Prepared {
    method: reqwest::Method,
    url: Url,
    headers: HeaderMap,
    log: SentRequest,
}

/// The time was up.
struct TimedOut;

async fn within<T>(timeout: Duration, work: impl Future<Output = T>) -> Result<T, TimedOut> {
    tokio::time::timeout(timeout, work).await.map_err(|_| TimedOut)
}

/// The credentials of a request.
enum Credentials {
    None,
    Basic(HeaderValue),
    Token(TokenKey, Token),
}

impl Sender {
    /// # Errors
    /// If an authority's certificate cannot be read.
    pub(crate) fn new(reach: Reach) -> Result<Self, String> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = RwLock::new(http_client(&reach, None)?);
        Ok(Self { http, reach, in_flight: Semaphore::new(MAX_IN_FLIGHT), per_target: Mutex::default() })
    }

    /// Trusts one more authority from now on.
    ///
    /// # Errors
    /// If its certificate cannot be read.
    pub(crate) fn trust(&self, authority: &str) -> Result<(), String> {
        let http = http_client(&self.reach, Some(authority))?;
        *self.http.write().unwrap_or_else(PoisonError::into_inner) = http;
        Ok(())
    }

    /// Sends a request of a webhook.
    pub(crate) async fn send(&self, spec: &WebhookSpec, source: Source, conditions: &Conditions<'_>) -> SendResult {
        if let Some(DeliveryFault::Delay { delay_ms }) = conditions.fault {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        let mut result = SendResult::default();
        // A token is fetched before the target has a place for the request, so that all who need the same one wait for one call.
        let started = Instant::now();
        let token = self.fetch_early(spec, &source, conditions, &mut result.peer);
        let token = within(conditions.timeout, token).await;
        let spent = started.elapsed();
        let outcome = match token {
            Ok(Ok(token)) => {
                // The target's time begins with the places: to wait for them is no failure of the target.
                result.slot = self.target_slot(spec).await;
                let _permit = self.in_flight.acquire().await;
                let started = Instant::now();
                let work = self.send_within(spec, &source, token, conditions, &mut result);
                let outcome = within(conditions.timeout.saturating_sub(spent), work).await;
                result.duration = spent + started.elapsed();
                outcome
            }
            Ok(Err(error)) => {
                result.duration = spent;
                Ok(Err(error))
            }
            Err(timed_out) => {
                result.duration = spent;
                Err(timed_out)
            }
        };
        result.error = match outcome {
            Ok(outcome) => outcome.err(),
            Err(TimedOut) => {
                let timeout = conditions.timeout;
                Some(SendError::Failed(format!("no answer from {} within {timeout:?}", result.peer)))
            }
        };
        result.slot = None;
        result
    }

    /// The token of a webhook that needs one, if its request can be sent at all.
    async fn fetch_early(
        &self,
        spec: &WebhookSpec,
        source: &Source,
        conditions: &Conditions<'_>,
        peer: &mut String,
    ) -> Result<Option<Credentials>, SendError> {
        if spec.auth_type != Some(AuthType::OAuth2) {
            return Ok(None);
        }
        self.prepare(spec, source)?;
        self.credentials(spec, conditions, peer).await.map(Some)
    }

    /// One of the places of a webhook's target.
    async fn target_slot(&self, spec: &WebhookSpec) -> Option<OwnedSemaphorePermit> {
        let slots = {
            let mut per_target = self.per_target.lock().unwrap_or_else(PoisonError::into_inner);
            per_target.retain(|_, slots| Arc::strong_count(slots) > 1);
            let slots = per_target.entry(authority(spec.url.as_deref().unwrap_or_default()).to_owned());
            Arc::clone(slots.or_insert_with(|| Arc::new(Semaphore::new(MAX_PER_TARGET))))
        };
        slots.acquire_owned().await.ok()
    }

    /// The request of a webhook but for its credentials, which may change while it is sent.
    fn prepare(&self, spec: &WebhookSpec, source: &Source) -> Result<Prepared, SendError> {
        let mut log = match source {
            Source::Again(request) => request.clone(),
            Source::Values(values) => render(spec, values)?,
        };
        let mut url = self.target(&log.url, field::URL)?;
        // No request carries these, so the log does not tell of them either. Setting them fails only where there is no host.
        url.set_fragment(None);
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        log.url = url.to_string();
        if log.url.len() > MAX_URL_BYTES {
            let reason = format!("{}: has {} bytes; at most {MAX_URL_BYTES} can be sent", field::URL, log.url.len());
            return Err(SendError::NotSent(reason));
        }
        let method = reqwest::Method::from_bytes(log.method.as_bytes())
            .map_err(|_| SendError::NotSent(format!("'{}' is not an HTTP method", log.method)))?;

        // A request that is sent once more holds those of the first time.
        let own = own_headers(&method, &url, log.body.as_deref());
        let is_own = |name: &str| own.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        log.headers.retain(|(name, _)| !is_own(name) && !name.eq_ignore_ascii_case("authorization"));
        let mut headers = HeaderMap::new();
        // Those of the connection are set by the HTTP library.
        let length = own.iter().filter(|(name, value)| name == "Content-Length" && value == "0");
        for (name, value) in log.headers.iter().chain(length) {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        log.headers.extend(own);
        Ok(Prepared { method, url, headers, log })
    }

    async fn send_within(
        &self,
        spec: &WebhookSpec,
        source: &Source,
        mut token: Option<Credentials>,
        conditions: &Conditions<'_>,
        result: &mut SendResult,
    ) -> Result<(), SendError> {
        let Prepared { method, url, headers, log } = self.prepare(spec, source)?;
        // A token may have been withdrawn before its end, so one that is refused is fetched again, once.
        let mut refused_before = false;
        loop {
            let credentials = match token.take() {
                Some(token) => token,
                None => self.credentials(spec, conditions, &mut result.peer).await?,
            };
            let mut request = reqwest::Request::new(method.clone(), url.clone());
            *request.headers_mut() = headers.clone();
            *request.body_mut() = log.body.clone().map(Into::into);
            let mut logged = log.clone();
            if let Some(authorization) = credentials.header()? {
                let scheme =
                    authorization.to_str().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned();
                logged.headers.push(("Authorization".into(), format!("{scheme} ***")));
                request.headers_mut().insert(AUTHORIZATION, authorization);
            }
            result.request = Some(logged);
            result.response = None;
            result.peer = "the target".into();
            let copy = match conditions.fault {
                Some(DeliveryFault::Drop) => return Err(scripted("the request was lost on its way")),
                Some(DeliveryFault::Duplicate) => request.try_clone(),
                _ => None,
            };
            let status = self.exchange(request, conditions.max_response_bytes, result).await?;
            if conditions.fault == Some(DeliveryFault::Reset) {
                result.response = None;
                return Err(scripted("the connection to the target was reset before its response was read"));
            }
            if let Some(copy) = copy {
                // Whatever becomes of it: the first one counts.
                let mut second = SendResult::default();
                let _ = self.exchange(copy, conditions.max_response_bytes, &mut second).await;
            }
            if let (401, Credentials::Token(key, token)) = (status, &credentials) {
                conditions.tokens.forget(key, token).await;
                if !refused_before {
                    refused_before = true;
                    continue;
                }
            }
            return judge(status, &url, result);
        }
    }

    /// Sends a request and reads its response into the result, as far as it comes; returns its status.
    async fn exchange(
        &self,
        request: reqwest::Request,
        max_bytes: usize,
        result: &mut SendResult,
    ) -> Result<u16, SendError> {
        let http = self.http.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut execution = std::pin::pin!(http.execute(request));
        let outcome = match tokio::time::timeout(SLOW_AFTER, &mut execution).await {
            Ok(outcome) => outcome,
            Err(_) => {
                result.slot = None;
                execution.await
            }
        };
        result.slot = None;
        let mut response = outcome.map_err(|error| failed(&error, &result.peer))?;
        let status = response.status().as_u16();
        let received = result.response.insert(ReceivedResponse {
            status_code: status,
            headers: named_once(response.headers()),
            body: None,
        });
        let outcome = loop {
            // Kept as it comes: the rest may never come.
            let body = received.body.as_ref().map_or(0, Vec::len);
            if body >= max_bytes {
                break Ok(());
            }
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    let wanted = chunk.len().min(max_bytes - body);
                    received.body.get_or_insert_default().extend_from_slice(&chunk[..wanted]);
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        outcome.map_err(|error| failed(&error, &result.peer))?;
        received.body.get_or_insert_default();
        Ok(status)
    }

    /// The URL, if it may be called; the error begins with `what`.
    fn target(&self, url: &str, what: &str) -> Result<Url, SendError> {
        let parsed = Url::parse(url).map_err(|error| SendError::NotSent(format!("{what}: {error}")))?;
        let is_allowed =
            self.reach.allow_remote || self.reach.allow_targets.iter().any(|allowed| allowed.includes(&parsed));
        if is_loopback(&parsed) || is_allowed {
            return Ok(parsed);
        }
        let host = parsed.host_str().unwrap_or_default();
        let target = &parsed[Position::BeforeHost..Position::AfterPort];
        Err(SendError::NotSent(format!(
            "{what}: {host} is not loopback, and the emulator does not allow this target: start the emulator \
             with '{target}' among the allowed targets"
        )))
    }

    async fn credentials(
        &self,
        spec: &WebhookSpec,
        conditions: &Conditions<'_>,
        peer: &mut String,
    ) -> Result<Credentials, SendError> {
        match spec.auth_type {
            Some(AuthType::Basic) => {
                let basic = spec.extra.iter().find(|(name, _)| name == BASIC_AUTH).map(|(_, value)| value.to_value());
                let member = |name: &str| basic.as_ref()?.get(name)?.as_str();
                let (Some(username), Some(password)) = (member("username"), member("password")) else {
                    let reason =
                        format!("authType is BASIC and the webhook has no {BASIC_AUTH} with username and password");
                    return Err(SendError::NotSent(reason));
                };
                basic_header(username, password).map(Credentials::Basic)
            }
            Some(AuthType::OAuth2) => {
                let key = token_key(spec)?;
                // Who is contacted is known before anything can fail.
                *peer = format!("the token URL {}", without_credentials(&key.url));
                let fetch = self.fetch_token(&key, conditions.now, peer);
                let token = conditions.tokens.get(&key, (conditions.now)(), fetch).await?;
                Ok(Credentials::Token(key, token))
            }
            _ => Ok(Credentials::None),
        }
    }

    async fn fetch_token(
        &self,
        key: &TokenKey,
        now: &(dyn Fn() -> Millis + Send + Sync),
        peer: &str,
    ) -> Result<Token, SendError> {
        let mut request = reqwest::Request::new(reqwest::Method::POST, self.target(&key.url, peer)?);
        request.headers_mut().insert(AUTHORIZATION, basic_header(&key.client_id, &key.client_secret)?);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(reqwest::header::CONTENT_TYPE, form);
        *request.body_mut() = Some("grant_type=client_credentials".into());
        let mut result = SendResult { peer: peer.to_owned(), ..SendResult::default() };
        let status = self.exchange(request, MAX_TOKEN_BYTES, &mut result).await?;
        let body = result.response.and_then(|response| response.body).unwrap_or_default();
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let failed = |problem: &str| SendError::Failed(format!("{peer} answered with {status} and {problem}"));
        match answer["access_token"].as_str() {
            Some("") => Err(failed("an empty access_token")),
            Some(token) if (200..300).contains(&status) => {
                // Where nobody says how long it is good, it is used until it is refused.
                let seconds = answer["expires_in"].as_u64().map(|seconds| seconds.min(u32::MAX.into()));
                let millis = seconds.and_then(|seconds| Millis::try_from(seconds * 1_000).ok());
                Ok(Token { value: token.to_owned(), expires: millis.map(|millis| now().saturating_add(millis)) })
            }
            _ => Err(failed(&format!("no access_token within {MAX_TOKEN_BYTES} bytes"))),
        }
    }
}

impl Credentials {
    fn header(&self) -> Result<Option<HeaderValue>, SendError> {
        match self {
            Self::None => Ok(None),
            Self::Basic(header) => Ok(Some(header.clone())),
            Self::Token(_, token) => header(&format!("Bearer {}", token.value)).map(Some),
        }
    }
}

impl From<RenderedRequest> for SentRequest {
    fn from(request: RenderedRequest) -> Self {
        Self { method: request.method.to_string(), url: request.url, headers: request.headers, body: request.body }
    }
}

/// The request of a webhook for these values, unless it would be too large.
fn render(spec: &WebhookSpec, values: &Map<String, Value>) -> Result<SentRequest, SendError> {
    let templates = [&spec.url, &spec.body].map(|template| template.as_deref().unwrap_or_default());
    let mut bytes: usize = templates.iter().map(|template| template.len()).sum();
    for (name, value) in values {
        let placeholder = format!("{{{name}}}");
        let count: usize = templates.iter().map(|template| template.matches(&placeholder).count()).sum();
        if count > 0 {
            bytes = bytes.saturating_add(count.saturating_mul(json_length(value)));
        }
    }
    if bytes > MAX_REQUEST_BYTES {
        let reason = format!("the request would have {bytes} bytes; at most {MAX_REQUEST_BYTES} are sent");
        return Err(SendError::NotSent(reason));
    }
    spec.render(values).map(SentRequest::from).map_err(|violations| {
        SendError::NotSent(violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    })
}

/// Host and port of a URL's template.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Whose token a webhook needs.
fn token_key(spec: &WebhookSpec) -> Result<TokenKey, SendError> {
    let request = spec.oauth2_request.as_ref().map(blynk_webhooks::Json::to_value).unwrap_or_default();
    let member = |name: &str| {
        let reason = || SendError::NotSent(format!("{} has no {name}", field::OAUTH2_REQUEST));
        request.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(reason)
    };
    let client_id = member(oauth2::CLIENT_ID)?;
    Ok(TokenKey { client_id, client_secret: member(oauth2::CLIENT_SECRET)?, url: member(oauth2::TOKEN_URL)? })
}

/// The headers that the sending itself adds to a request, but for `Authorization`.
fn own_headers(method: &reqwest::Method, url: &Url, body: Option<&str>) -> Vec<(String, String)> {
    let host = url[Position::BeforeHost..Position::AfterPort].to_owned();
    // A request whose method usually has a body says that there is none (RFC 9110, section 8.6).
    let has_length = ["POST", "PUT", "PATCH"].contains(&method.as_str()) || body.is_some_and(|body| !body.is_empty());
    let length = has_length.then(|| ("Content-Length".to_owned(), body.map_or(0, str::len).to_string()));
    let fixed = [("Accept", "*/*".to_owned()), ("Accept-Encoding", "gzip".to_owned()), ("Host", host)];
    fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(length).collect()
}

/// Each name once; the values of one that came more than once with commas.
fn named_once(headers: &HeaderMap) -> Vec<(String, String)> {
    let values =
        |name| headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    headers.keys().map(|name| (name.to_string(), values(name).collect::<Vec<_>>().join(", "))).collect()
}

/// Whether a response is a success.
fn judge(status: u16, url: &Url, result: &SendResult) -> Result<(), SendError> {
    let peer = &result.peer;
    if (200..300).contains(&status) {
        return Ok(());
    }
    let headers = result.response.as_ref().map(|response| response.headers.as_slice()).unwrap_or_default();
    let location = headers.iter().find(|(name, _)| name == LOCATION.as_str()).map(|(_, value)| value);
    match location.filter(|_| (300..400).contains(&status)) {
        Some(location) => {
            let location = url.join(location).map_or_else(|_| location.clone(), String::from);
            let location = without_credentials(&location);
            Err(SendError::Failed(format!(
                "{peer} answered with {status}, a redirect to {location} that is not followed"
            )))
        }
        None => Err(SendError::Failed(format!("{peer} answered with {status}"))),
    }
}

/// A client that trusts the authorities that deliveries go by.
fn http_client(reach: &Reach, own_authority: Option<&str>) -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder()
        // A redirect or a proxy would lead beyond what was allowed.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        // A target may close a connection at any moment after its answer. A request on a connection that is just being closed
        // would be lost, and a POST must not be repeated; so each delivery has a connection of its own.
        .pool_max_idle_per_host(0);
    let mut authorities = Vec::new();
    for pem in reach.authorities.iter().map(String::as_str).chain(own_authority) {
        let certificates = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| error.to_string())?;
        if certificates.is_empty() {
            return Err(
                "the certificate authority must be PEM text that begins with -----BEGIN CERTIFICATE-----".into()
            );
        }
        authorities.extend(certificates);
    }
    // Reading the system's authorities takes milliseconds, and on loopback none of them vouches for anybody.
    let builder = match reach.allow_remote || !reach.allow_targets.is_empty() {
        true => builder.tls_certs_merge(authorities),
        false => builder.tls_certs_only(authorities),
    };
    builder.build().map_err(|error| error.to_string())
}

/// A failure on purpose.
fn scripted(what: &str) -> SendError {
    SendError::Failed(format!("{what}: a scripted fault"))
}

fn basic_header(username: &str, password: &str) -> Result<HeaderValue, SendError> {
    use base64::Engine as _;
    header(&format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{username}:{password}"))))
}

fn header(text: &str) -> Result<HeaderValue, SendError> {
    let invalid = |_| SendError::NotSent("the credentials contain a character that a header cannot contain".into());
    HeaderValue::from_str(text).map_err(invalid)
}

/// What broke between here and the peer: only the cause, because the error itself names the URL, which may contain secrets.
fn failed(error: &reqwest::Error, peer: &str) -> SendError {
    let mut cause: &dyn std::error::Error = error;
    let mut descriptors_used_up = false;
    loop {
        let io = cause.downcast_ref::<std::io::Error>();
        descriptors_used_up |= io.is_some_and(crate::connection::is_out_of_descriptors);
        match cause.source() {
            Some(next) => cause = next,
            None => break,
        }
    }
    if error.is_builder() || descriptors_used_up {
        return SendError::NotSent(format!("cannot connect to {peer}: {cause}"));
    }
    SendError::Failed(match error.is_connect() {
        true => format!("no connection to {peer}: {cause}"),
        false => format!("the connection to {peer} broke: {cause}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_allowed_by_host_and_port() {
        let includes =
            |allowed: &str, url: &str| AllowedTarget::parse(allowed).unwrap().includes(&Url::parse(url).unwrap());
        assert!(includes("app:3000", "http://app:3000/a") && includes("App", "http://app:3000/a"));
        assert!(!includes("app:3000", "http://app/a") && !includes("app", "http://app.example/"));
        assert!(includes("app:80", "http://app/a") && includes("app:443", "https://app/a"));
        assert!(
            includes("192.168.1.2", "http://192.168.1.2:9/") && includes("[fd00::1]:3000", "http://[fd00::1]:3000/")
        );
        for text in ["", "http://app", "app/a", "app:", "app:x", "app:70000", "me@app", "app?x", "a b"] {
            assert!(AllowedTarget::parse(text).is_err(), "{text}");
        }
    }
}
