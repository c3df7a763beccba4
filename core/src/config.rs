//! How a client is set up, checked once when it is built.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rustls::pki_types::CertificateDer;
use url::{Host, Url};

use crate::error::{Error, Result};
use crate::http::proxy::Proxy;
use crate::http::tls;
use crate::secret::Secret;

/// The server that is called where no other is named (vendor's documentation).
pub const DEFAULT_BASE_URL: &str = "https://blynk.cloud";
/// Time for a whole call: token, attempts and pauses.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for making one connection.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Repeats after the first attempt.
pub const DEFAULT_MAX_RETRIES: u32 = 2;
/// Sockets of one client.
pub const DEFAULT_MAX_CONNECTIONS: usize = 100;

/// Environment variables that [`ClientBuilder::from_env`] reads.
pub mod env {
    /// Base URL.
    pub const BASE_URL: &str = "BLYNK_BASE_URL";
    /// Static token.
    pub const TOKEN: &str = "BLYNK_TOKEN";
    /// OAuth2 client ID.
    pub const CLIENT_ID: &str = "BLYNK_CLIENT_ID";
    /// OAuth2 client secret.
    pub const CLIENT_SECRET: &str = "BLYNK_CLIENT_SECRET";
    /// Organization ID.
    pub const ORG_ID: &str = "BLYNK_ORG_ID";
    /// Refuse every host but loopback; on unless it is empty, `0`, `false`, `no` or `off`.
    pub const LOOPBACK_ONLY: &str = "BLYNK_LOOPBACK_ONLY";
}

static LOOPBACK_ONLY: AtomicBool = AtomicBool::new(false);

/// Makes every client built from now on in this process refuse hosts other than loopback, so that no test reaches the
/// real service. The environment variable `BLYNK_LOOPBACK_ONLY=1` does the same.
pub fn set_loopback_only(only: bool) {
    LOOPBACK_ONLY.store(only, Ordering::Relaxed);
}

fn loopback_only() -> bool {
    LOOPBACK_ONLY.load(Ordering::Relaxed) || std::env::var(env::LOOPBACK_ONLY).is_ok_and(|value| is_on(&value))
}

fn is_on(value: &str) -> bool {
    !matches!(value.trim().to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off")
}

/// Sets up a [`crate::Client`]. Defaults: `https://blynk.cloud`, 30 s for a call, 10 s for a connection, 2 repeats,
/// 100 connections, specs validated before they are sent.
///
/// ```
/// use std::time::Duration;
/// use blynk_webhooks::Client;
/// let client = Client::builder()
///     .base_url("https://fra1.blynk.cloud")
///     .client_credentials("oa2-client-id_…", "secret")
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok::<(), blynk_webhooks::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ClientBuilder {
    pub(crate) base_url: String,
    token: Option<Secret>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    org_id: Option<i32>,
    timeout: Option<Duration>,
    connect_timeout: Duration,
    max_retries: u32,
    validate: bool,
    proxy: Option<Secret>,
    ca_file: Option<PathBuf>,
    allow_http: bool,
    headers: Vec<(String, Secret)>,
    max_connections: usize,
    platform: String,
    loopback_only: bool,
    /// Credentials of the environment give way to those that are passed.
    credentials_of_env: bool,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            base_url: DEFAULT_BASE_URL.into(),
            token: None,
            client_id: None,
            client_secret: None,
            org_id: None,
            timeout: Some(DEFAULT_TIMEOUT),
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            max_retries: DEFAULT_MAX_RETRIES,
            validate: true,
            proxy: None,
            ca_file: None,
            allow_http: false,
            headers: Vec::new(),
            max_connections: DEFAULT_MAX_CONNECTIONS,
            platform: "rust".into(),
            loopback_only: false,
            credentials_of_env: false,
        }
    }
}

impl ClientBuilder {
    /// What the environment says: `BLYNK_BASE_URL`, `BLYNK_TOKEN`, `BLYNK_CLIENT_ID`, `BLYNK_CLIENT_SECRET`,
    /// `BLYNK_ORG_ID`. An empty variable counts as absent; what is set afterwards goes before it.
    ///
    /// # Errors
    /// [`Error::Config`] where `BLYNK_ORG_ID` is not an integer.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// As [`Self::from_env`], with the variables of another environment than the process's own: e.g. `process.env` of a
    /// worker.
    ///
    /// # Errors
    /// As [`Self::from_env`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let read = |name: &str| variable(name).filter(|value| !value.is_empty());
        let mut builder = Self::default().loopback_only_variable(read(env::LOOPBACK_ONLY).as_deref());
        if let Some(base_url) = read(env::BASE_URL) {
            builder.base_url = base_url;
        }
        builder.token = read(env::TOKEN).map(Secret::new);
        builder.client_id = read(env::CLIENT_ID);
        builder.client_secret = read(env::CLIENT_SECRET).map(Secret::new);
        builder.credentials_of_env = true;
        if let Some(org_id) = read(env::ORG_ID) {
            let parsed = org_id.parse();
            builder.org_id =
                Some(parsed.map_err(|_| config(format!("{} must be an int32, is '{org_id}'", env::ORG_ID)))?);
        }
        Ok(builder)
    }

    /// The server: scheme, host, and a path where the API does not stand at the root.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// A token that was obtained elsewhere; it is not renewed.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        if std::mem::take(&mut self.credentials_of_env) {
            (self.client_id, self.client_secret) = (None, None);
        }
        self.token = Some(Secret::new(token));
        self
    }

    /// OAuth2 client credentials: tokens are fetched, kept and renewed.
    pub fn client_credentials(self, client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        self.client_id(client_id).client_secret(client_secret)
    }

    /// OAuth2 client ID; needs [`Self::client_secret`].
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.forget_token_of_env();
        self.client_id = Some(client_id.into());
        self
    }

    /// OAuth2 client secret; needs [`Self::client_id`].
    pub fn client_secret(mut self, client_secret: impl Into<String>) -> Self {
        self.forget_token_of_env();
        self.client_secret = Some(Secret::new(client_secret));
        self
    }

    /// The organization of `list` and `create`, where a call names no other. Without it, the token's.
    pub fn org_id(mut self, org_id: i32) -> Self {
        self.org_id = Some(org_id);
        self
    }

    /// Time for a whole call: token, attempts and pauses together. `None`: no deadline.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Time for making one connection.
    pub fn connect_timeout(mut self, connect_timeout: Duration) -> Self {
        self.connect_timeout = connect_timeout;
        self
    }

    /// Repeats after the first attempt, where a repeat is safe.
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.max_retries = max_retries;
        self
    }

    /// Whether specs are checked before they are sent.
    pub fn validate(mut self, validate: bool) -> Self {
        self.validate = validate;
        self
    }

    /// An HTTP proxy for every request. Without it, what the system says (`HTTPS_PROXY`, `NO_PROXY`, …).
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.proxy = Some(Secret::new(proxy));
        self
    }

    /// A PEM file with certificate authorities to trust beside the system's.
    pub fn ca_file(mut self, ca_file: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(ca_file.into());
        self
    }

    /// Allows plain http to hosts other than loopback: the token is then readable on the way.
    pub fn allow_http(mut self, allow_http: bool) -> Self {
        self.allow_http = allow_http;
        self
    }

    /// A header for every request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Secret::new(value)));
        self
    }

    /// Most sockets open at once (1 or more); further calls wait, within their time.
    pub fn max_connections(mut self, max_connections: usize) -> Self {
        self.max_connections = max_connections;
        self
    }

    /// Named in the user agent, e.g. `python/3.13`.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = platform.into();
        self
    }

    /// The value of `BLYNK_LOOPBACK_ONLY` in an environment that is not the process's own.
    #[doc(hidden)]
    pub fn loopback_only_variable(mut self, value: Option<&str>) -> Self {
        self.loopback_only = value.is_some_and(is_on);
        self
    }

    fn forget_token_of_env(&mut self) {
        if std::mem::take(&mut self.credentials_of_env) {
            self.token = None;
        }
    }

    /// The settings, each checked.
    pub(crate) fn check(self) -> Result<Config> {
        let base_url = self.check_base_url()?;
        if self.max_connections == 0 {
            return Err(config("max_connections must be 1 or more"));
        }
        if self.timeout.is_some_and(|timeout| timeout.is_zero()) || self.connect_timeout.is_zero() {
            return Err(config("timeout and connect_timeout must be more than 0"));
        }
        let user_agent = format!("blynk-webhooks/{} ({})", env!("CARGO_PKG_VERSION"), self.platform);
        Ok(Config {
            credentials: self.credentials()?,
            proxy: self.proxy.as_ref().map(|proxy| check_proxy(proxy, &base_url, self.allow_http)).transpose()?,
            authorities: self.ca_file.map(read_authorities).transpose()?.unwrap_or_default(),
            headers: check_headers(self.headers.iter().map(|(name, value)| (name.as_str(), value.reveal())))?,
            user_agent: HeaderValue::from_str(&user_agent).map_err(|_| config("platform must be visible ASCII"))?,
            base_url,
            org_id: self.org_id,
            timeout: self.timeout,
            connect_timeout: self.connect_timeout,
            max_retries: self.max_retries,
            validate: self.validate,
            max_connections: self.max_connections,
        })
    }

    fn check_base_url(&self) -> Result<Url> {
        let shown = crate::rules::template::without_credentials(&self.base_url);
        let url = Url::parse(&self.base_url).map_err(|problem| {
            config(format!("base_url '{shown}' is not a URL ({problem}); write e.g. {DEFAULT_BASE_URL}"))
        })?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(config(format!("base_url '{shown}' must begin with https:// (http:// for loopback)")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(config(format!(
                "base_url '{shown}' holds credentials; pass token, or client_id and client_secret"
            )));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(config(format!("base_url '{shown}' must end before '?' and '#'")));
        }
        let loopback = is_loopback(&url);
        if url.scheme() == "http" && !loopback && !self.allow_http {
            return Err(config(format!(
                "base_url '{shown}' would send the token unencrypted; use https://, or pass allow_http if the network is trusted"
            )));
        }
        if !loopback && (self.loopback_only || loopback_only()) {
            return Err(config(format!(
                "base_url '{shown}' is not loopback and only loopback is allowed here ({}=1 or set_loopback_only)",
                env::LOOPBACK_ONLY
            )));
        }
        Ok(url)
    }

    fn credentials(&self) -> Result<Credentials> {
        match (&self.token, &self.client_id, &self.client_secret) {
            (Some(token), None, None) => {
                let mut header = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
                    .map_err(|_| config("the token holds a character that no header can carry (a line end?)"))?;
                if token.reveal().trim().is_empty() {
                    return Err(config("the token is empty"));
                }
                header.set_sensitive(true);
                Ok(Credentials::Token { header, token: token.clone() })
            }
            (None, Some(id), Some(secret)) if id.trim().is_empty() || secret.reveal().trim().is_empty() => {
                Err(config("client_id or client_secret is empty"))
            }
            (None, Some(id), Some(secret)) => Ok(Credentials::Client { id: id.clone(), secret: secret.clone() }),
            (Some(_), _, _) => Err(config("pass either a token or a client id and secret, not both")),
            (None, None, None) => Err(config(format!(
                "no credentials: pass token, or client_id and client_secret, or set {} or {} and {} and use from_env",
                env::TOKEN,
                env::CLIENT_ID,
                env::CLIENT_SECRET
            ))),
            (None, id, _) => {
                let (given, lacking) =
                    if id.is_some() { ("client_id", "client_secret") } else { ("client_secret", "client_id") };
                Err(config(format!("{given} without {lacking}: pass both")))
            }
        }
    }
}

/// A checked configuration. No `Debug`: headers and proxy may hold secrets.
pub(crate) struct Config {
    pub(crate) base_url: Url,
    pub(crate) credentials: Credentials,
    pub(crate) org_id: Option<i32>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) validate: bool,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) authorities: Vec<CertificateDer<'static>>,
    pub(crate) headers: HeaderMap,
    pub(crate) user_agent: HeaderValue,
    pub(crate) max_connections: usize,
}

pub(crate) enum Credentials {
    Token { header: HeaderValue, token: Secret },
    Client { id: String, secret: Secret },
}

pub(crate) fn config(message: impl Into<String>) -> Error {
    Error::Config(message.into())
}

/// The URL of a path of the API, below whatever path the base URL has.
pub(crate) fn endpoint(base_url: &Url, path: &str) -> Url {
    let mut url = base_url.clone();
    url.set_path(&format!("{}{path}", base_url.path().trim_end_matches('/')));
    url
}

/// True for a URL whose host is `localhost`, in 127.0.0.0/8, or `[::1]`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn check_proxy(proxy: &Secret, base_url: &Url, allow_http: bool) -> Result<Proxy> {
    let shown = crate::rules::template::without_credentials(proxy.reveal());
    let text = proxy.reveal();
    let url = Url::parse(text).ok().filter(Url::has_host).or_else(|| Url::parse(&format!("http://{text}")).ok());
    let (Some(url), Ok(proxy)) = (url, reqwest::Proxy::all(text)) else {
        return Err(config(format!("proxy '{shown}' is not a URL; write e.g. http://proxy:3128")));
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(config(format!("proxy '{shown}' must begin with http:// or https://")));
    }
    if is_loopback(base_url) && !is_loopback(&url) && !allow_http {
        return Err(config(format!("proxy '{shown}' would take calls to this machine out of it; leave it out")));
    }
    Ok(Proxy { proxy, shown })
}

fn read_authorities(path: PathBuf) -> Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let pem = std::fs::read(&path).map_err(|problem| config(format!("ca_file '{shown}' cannot be read: {problem}")))?;
    match tls::certificates(&pem) {
        Ok(authorities) if !authorities.is_empty() => Ok(authorities),
        Ok(_) => Err(config(format!("ca_file '{shown}' holds no PEM certificate"))),
        Err(problem) => Err(config(format!("ca_file '{shown}' holds a certificate that cannot be read: {problem}"))),
    }
}

/// Headers that only this library may set: they carry the token or frame the message.
const RESERVED_HEADERS: [&str; 6] =
    ["authorization", "connection", "content-length", "content-type", "host", "transfer-encoding"];

pub(crate) fn check_headers<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| config(format!("header name '{}' is not valid", name.escape_debug())))?;
        if RESERVED_HEADERS.contains(&parsed.as_str()) {
            return Err(config(format!("header '{parsed}' is set by the client and cannot be passed")));
        }
        let value = HeaderValue::from_str(value).map_err(|_| {
            config(format!("the value of header '{parsed}' holds a character that no header can carry"))
        })?;
        map.insert(parsed, value);
    }
    Ok(map)
}
