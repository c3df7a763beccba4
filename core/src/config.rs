//! How a client is set up, checked once when it is built.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderValue;
use rustls::pki_types::CertificateDer;
use url::Url;

use crate::attempt::{Attempt, Watchers};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::http::config::{Config, Credentials, is_loopback_url};
use crate::http::proxy::{self, Proxy};
use crate::http::tls;
use crate::message::{Message, Part, message};
use crate::options::{OptionValue, Options, setter, unknown_name};
use crate::redact;
use crate::secret::{self, Secret};
use crate::surface::{
    DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, Name,
    Naming, OptionKind, Setting, env, for_each_setting,
};
use crate::token_provider::{ProvidedToken, TokenProvider};
use crate::violation::Violation;

static LOOPBACK_ONLY: AtomicBool = AtomicBool::new(false);

/// From now on, every client that this process builds refuses hosts other than loopback, so that no test reaches the
/// real service. The environment variable `BLYNK_LOOPBACK_ONLY=1` does the same.
pub fn set_loopback_only(only: bool) {
    LOOPBACK_ONLY.store(only, Ordering::Relaxed);
}

/// True for the value of a variable that switches something on.
fn is_on(value: &str) -> bool {
    !matches!(value.trim().to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off")
}

fn of_process(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// Sets up a [`crate::Client`]. Defaults: `https://blynk.cloud`, 30 s for a call, 10 s for a connection, 2 repeats,
/// 100 connections, specifications validated before they are sent.
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
    options: Options<Setting>,
    platform: String,
    /// Credentials of the environment give way to those that are passed.
    credentials_of_env: bool,
    loopback_only: bool,
    environment: Environment,
    token_provider: Option<TokenProvider>,
    watchers: Watchers,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            options: Options::default(),
            platform: "rust".into(),
            credentials_of_env: false,
            environment: Environment::default(),
            token_provider: None,
            watchers: Watchers::default(),
            loopback_only: of_process(env::LOOPBACK_ONLY).is_some_and(|value| is_on(&value)),
        }
    }
}

/// Declares the methods of the table's settings.
macro_rules! setters {
    ($( $(#[doc = $doc:literal])+ $setting:ident: $snake:ident, $kind:ident $(, $mark:ident($value:expr))*; )+) => {
        impl ClientBuilder {
            $( setter! { Setting, $setting, $snake, $kind, concat!($($doc, "\n"),+) } )+
        }
    };
}
for_each_setting!(setters);

impl ClientBuilder {
    /// A builder with the settings of the environment: `BLYNK_BASE_URL`, `BLYNK_TOKEN`, `BLYNK_CLIENT_ID`, `BLYNK_CLIENT_SECRET`,
    /// `BLYNK_ORG_ID`. An empty variable counts as absent; settings that are set afterwards take precedence.
    ///
    /// # Errors
    /// [`Error::Config`] if `BLYNK_ORG_ID` is not an integer.
    pub fn from_env() -> Result<Self> {
        Self::from_variables(of_process)
    }

    /// As [`Self::from_env`], from variables that the caller looks up: the environment of a process is not always the
    /// one that the program sees, e.g. in a worker thread of Node.
    ///
    /// # Errors
    /// As [`Self::from_env`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut builder = Self::default().switches(&variable);
        for setting in Setting::ALL {
            let Some(name) = setting.info().env else { continue };
            let Some(text) = variable(name).filter(|value| !value.is_empty()) else { continue };
            let value = match setting.info().kind {
                OptionKind::Int32 => {
                    let number = text.trim().parse::<i32>();
                    let number = number.map_err(|_| config(format!("{name} must be an int32, is '{text:.64}'")))?;
                    OptionValue::from(number)
                }
                _ => OptionValue::from(text),
            };
            builder.options.set_or_note(*setting, value);
        }
        builder.credentials_of_env = true;
        Ok(builder)
    }

    /// Takes the switches of the environment, `BLYNK_LOOPBACK_ONLY`, from variables that the caller looks up as well.
    pub fn switches(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        self.loopback_only |= variable(env::LOOPBACK_ONLY).is_some_and(|value| is_on(&value));
        self
    }

    /// Takes what the client needs of the environment from variables that the caller looks up, in the place of the process's
    /// own: [`Self::switches`], `SSL_CERT_FILE`, `SSL_CERT_DIR`, and proxies (`HTTPS_PROXY`, `NO_PROXY`, …).
    pub fn environment(mut self, variable: impl Fn(&str) -> Option<String>) -> Self {
        self.environment = Environment::given(&variable);
        self.switches(variable)
    }

    /// Sets a setting. A null sets nothing, except for a deadline. Headers are added to those that are set. A duration that
    /// is a number has the language's unit.
    ///
    /// ```
    /// use blynk_webhooks::{Client, Naming, Setting};
    /// let mut builder = Client::builder();
    /// builder.set(Setting::Timeout, 1.5.into(), Naming::Python).unwrap();
    /// assert!(builder.set(Setting::MaxRetries, (1_i64 << 40).into(), Naming::Python).is_err());
    /// ```
    ///
    /// # Errors
    /// If the value has the wrong type or is out of range.
    pub fn set(&mut self, setting: Setting, value: OptionValue, naming: Naming) -> std::result::Result<(), Violation> {
        self.forget_credentials_of_env(setting);
        self.options.set(setting, value, naming)
    }

    /// Sets a setting by its name in a language.
    ///
    /// # Errors
    /// If a client has no such setting, or the value has the wrong type or is out of range.
    pub fn set_named(&mut self, name: &str, value: OptionValue, naming: Naming) -> std::result::Result<(), Violation> {
        match Setting::from_name(name, naming) {
            Some(setting) => self.set(setting, value, naming),
            None => Err(unknown_name(name, "a setting of a client", &Setting::names(naming))),
        }
    }

    fn with(mut self, setting: Setting, value: impl Into<OptionValue>) -> Self {
        self.forget_credentials_of_env(setting);
        self.options.set_or_note(setting, value);
        self
    }

    /// OAuth2 client credentials: tokens are fetched, kept and renewed.
    pub fn client_credentials(self, client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        self.client_id(client_id).client_secret(client_secret)
    }

    /// A function that provides tokens, in the place of [`Self::token`]: for a vault, a gateway, a sidecar. It gives a token,
    /// or a token and how long it lives.
    ///
    /// It is called when the first call needs a token, before the end of a token's life, and once after the API has refused
    /// a token; never twice at once, however many calls wait. Its time counts against their deadlines. Its error reaches the
    /// calls that wait for it as the source of [`Error::TokenProvider`], and the next call asks again. It runs on the thread
    /// that owns the client's sockets, so it must not block.
    ///
    /// ```
    /// # use blynk_webhooks::Client;
    /// # use std::time::Duration;
    /// async fn from_vault() -> std::io::Result<(String, Duration)> {
    ///     Ok(("token".into(), Duration::from_secs(300)))
    /// }
    /// let client = Client::builder().token_provider(from_vault).build()?;
    /// # Ok::<(), blynk_webhooks::Error>(())
    /// ```
    pub fn token_provider<F, Fut, T, E>(mut self, provide: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = std::result::Result<T, E>> + Send + 'static,
        T: Into<ProvidedToken>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if std::mem::take(&mut self.credentials_of_env) {
            [Setting::Token, Setting::ClientId, Setting::ClientSecret]
                .iter()
                .for_each(|of_env| self.options.unset(*of_env));
        }
        self.token_provider = Some(TokenProvider::new(provide));
        self
    }

    /// A function that is told of each attempt after its end. It runs on the thread that owns the client's sockets, so it
    /// must not block. One that panics breaks no call; that is reported once, as a warning.
    ///
    /// ```
    /// # use blynk_webhooks::Client;
    /// let builder = Client::builder().token("your-token").on_attempt(|attempt| {
    ///     println!("{} {}: {:?} after {:?}", attempt.method, attempt.url, attempt.status, attempt.elapsed);
    /// });
    /// ```
    pub fn on_attempt(mut self, on_attempt: impl Fn(&Attempt) + Send + Sync + 'static) -> Self {
        self.watchers.on_attempt = Some(Arc::new(on_attempt));
        self
    }

    /// A function that gives the headers of the trace that an attempt belongs to, e.g. `traceparent`. It runs within the
    /// attempt's span, where `tracing::Span::current` has the context that a layer such as `tracing-opentelemetry` keeps.
    ///
    /// ```
    /// # use blynk_webhooks::Client;
    /// let builder = Client::builder().token("your-token").trace_headers(|| {
    ///     vec![("traceparent".into(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into())]
    /// });
    /// ```
    pub fn trace_headers(mut self, trace_headers: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static) -> Self {
        self.watchers.trace_headers = Some(Arc::new(trace_headers));
        self
    }

    /// Certificates to trust beside the system's, as PEM text: authorities, or a server's own. Adds to those that were passed
    /// before.
    pub fn ca_pem(self, ca_pem: impl Into<String>) -> Self {
        let mut pem = self.options.text(Setting::Ca).map(|pem| format!("{pem}\n")).unwrap_or_default();
        pem.push_str(&ca_pem.into());
        self.with(Setting::Ca, pem)
    }

    /// A header for every request.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = vec![(name.into(), OptionValue::Text(value.into()))];
        self.with(Setting::Headers, OptionValue::Headers(header))
    }

    /// Named in the header `User-Agent` as what runs the library, e.g. `python/3.13`.
    pub fn platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = platform.into();
        self
    }

    /// A token that is passed takes the place of the environment's client credentials, and the other way round.
    fn forget_credentials_of_env(&mut self, setting: Setting) {
        let others: &[Setting] = match setting {
            Setting::Token => &[Setting::ClientId, Setting::ClientSecret],
            Setting::ClientId | Setting::ClientSecret => &[Setting::Token],
            _ => return,
        };
        if std::mem::take(&mut self.credentials_of_env) {
            others.iter().for_each(|other| self.options.unset(*other));
        }
    }

    /// The settings, each checked.
    pub(crate) fn check(self) -> Result<Config> {
        let violations = self.options.violations().iter().cloned().map(Violation::into_message);
        if let Some(message) = Some(Message::join(violations, "; ")).filter(|message| *message != Message::default()) {
            return Err(Error::Config(message));
        }
        let base_url = self.check_base_url()?;
        let options = &self.options;
        let max_connections = options.count(Setting::MaxConnections).unwrap_or(DEFAULT_MAX_CONNECTIONS);
        let proxy = options.secret(Setting::Proxy);
        Ok(Config {
            watchers: self.watchers.clone(),
            environment: self.environment.clone(),
            credentials: self.credentials()?,
            proxy: proxy.map(|proxy| self.check_proxy(proxy, &base_url)).transpose()?,
            authorities: self.authorities()?,
            headers: options.headers(Setting::Headers).cloned().unwrap_or_default(),
            user_agent: self.check_user_agent()?,
            base_url,
            timeout: options.deadline(Setting::Timeout).unwrap_or(Some(DEFAULT_TIMEOUT)),
            connect_timeout: options.duration(Setting::ConnectTimeout).unwrap_or(DEFAULT_CONNECT_TIMEOUT),
            max_retries: options.count(Setting::MaxRetries).unwrap_or(DEFAULT_MAX_RETRIES),
            validate: options.truth(Setting::Validate).unwrap_or(true),
            max_connections: max_connections as usize,
            options: options.clone().without_secrets(),
        })
    }

    fn allows_http(&self) -> bool {
        self.options.truth(Setting::AllowHttp).unwrap_or_default()
    }

    fn check_user_agent(&self) -> Result<HeaderValue> {
        let library = format!("blynk-webhooks/{} ({})", env!("CARGO_PKG_VERSION"), self.platform);
        let agent = match self.options.text(Setting::UserAgent) {
            Some(application) => format!("{application} {library}"),
            None => library,
        };
        HeaderValue::from_str(&agent).map_err(|_| {
            let found = secret::unfit(&agent, secret::fits_header).unwrap_or_else(|| "a character".into());
            config(message![Setting::UserAgent, format!(" contains {found}, which a header cannot carry")])
        })
    }

    fn authorities(&self) -> Result<Vec<CertificateDer<'static>>> {
        let mut authorities = Vec::new();
        if let Some(path) = self.options.path(Setting::CaFile) {
            let shown = path.display();
            let pem = std::fs::read(path).map_err(|problem| {
                config(message![Setting::CaFile, format!(" '{shown}' cannot be read: {problem}")])
            })?;
            let found = certificates(&pem);
            authorities
                .extend(found.map_err(|problem| config(message![Setting::CaFile, format!(" '{shown}' {problem}")]))?);
        }
        if let Some(pem) = self.options.text(Setting::Ca) {
            let found = certificates(pem.as_bytes());
            authorities.extend(found.map_err(|problem| config(message![Setting::Ca, format!(" {problem}")]))?);
        }
        Ok(authorities)
    }

    fn check_base_url(&self) -> Result<Url> {
        let base_url = self.options.text(Setting::BaseUrl).unwrap_or(DEFAULT_BASE_URL);
        let shown = redact::url(base_url);
        let wrong = |problem: String| config(message![Setting::BaseUrl, format!(" '{shown}' {problem}")]);
        let url = Url::parse(base_url)
            .map_err(|problem| wrong(format!("is not a URL ({problem}); write e.g. {DEFAULT_BASE_URL}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong("must begin with https:// (http:// for loopback)".into()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(config(message![
                Setting::BaseUrl,
                format!(" '{shown}' contains credentials; pass "),
                Setting::Token,
                ", or ",
                Setting::ClientId,
                " and ",
                Setting::ClientSecret,
            ]));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("must end before '?' and '#'".into()));
        }
        let loopback = is_loopback_url(&url);
        if url.scheme() == "http" && !loopback && !self.allows_http() {
            return Err(config(message![
                Setting::BaseUrl,
                format!(" '{shown}' would send the token unencrypted; use https://, or pass "),
                Setting::AllowHttp,
                " if you trust the network",
            ]));
        }
        if !loopback && self.is_loopback_only() {
            return Err(config(message![
                Setting::BaseUrl,
                format!(" '{shown}' is not loopback, and only loopback is allowed here ({}=1", env::LOOPBACK_ONLY),
                Part::InCode(message![" or ", Name::Identifier("set_loopback_only")]),
                ")",
            ]));
        }
        Ok(url)
    }

    fn is_loopback_only(&self) -> bool {
        self.loopback_only || LOOPBACK_ONLY.load(Ordering::Relaxed)
    }

    fn check_proxy(&self, proxy: &Secret, base_url: &Url) -> Result<Proxy> {
        let shown = redact::url(proxy.reveal());
        let wrong = |problem: &str| config(message![Setting::Proxy, format!(" '{shown}' {problem}")]);
        let text = proxy.reveal();
        let url = Url::parse(text).ok().filter(Url::has_host).or_else(|| Url::parse(&format!("http://{text}")).ok());
        let (Some(url), Ok(proxy)) = (url, reqwest::Proxy::all(text)) else {
            return Err(wrong("is not a URL; write e.g. http://proxy:3128"));
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("must begin with http:// or https://"));
        }
        if is_loopback_url(base_url) && !is_loopback_url(&url) && (self.is_loopback_only() || !self.allows_http()) {
            return Err(wrong("would send requests for this machine to another host; leave it out"));
        }
        Ok(Proxy { proxy, authorization: proxy::authorization(text, base_url), shown })
    }

    fn credentials(&self) -> Result<Credentials> {
        let token = self.options.secret(Setting::Token);
        let (id, secret) = (self.options.text(Setting::ClientId), self.options.secret(Setting::ClientSecret));
        if let Some(provider) = &self.token_provider {
            return match (token, id, secret) {
                (None, None, None) => Ok(Credentials::Provider(provider.clone())),
                _ => Err(config("pass either a token provider or other credentials, not both")),
            };
        }
        match (token, id, secret) {
            (Some(token), None, None) => {
                let problem = |problem: String| config(message![Setting::Token, format!(" {problem}")]);
                let token = secret::token(token.reveal()).map_err(problem)?;
                let header = secret::bearer(token).ok_or_else(|| problem("cannot be sent in a header".into()))?;
                Ok(Credentials::Token { header, token: Secret::new(token) })
            }
            (None, Some(id), Some(secret)) => {
                let checked = |setting: Setting, text: &str| {
                    let problem = |problem| config(message![setting, format!(" {problem}")]);
                    secret::credential(text).map(str::to_owned).map_err(problem)
                };
                let id = checked(Setting::ClientId, id)?;
                let secret = Secret::new(checked(Setting::ClientSecret, secret.reveal())?);
                Ok(Credentials::Client { id, secret })
            }
            (Some(_), _, _) => Err(config(message![
                "pass either ",
                Setting::Token,
                " or ",
                Setting::ClientId,
                " and ",
                Setting::ClientSecret,
                ", not both",
            ])),
            (None, None, None) => Err(config(message![
                "no credentials: pass ",
                Setting::Token,
                ", or ",
                Setting::ClientId,
                " and ",
                Setting::ClientSecret,
                format!(", or set {} or {} and {}", env::TOKEN, env::CLIENT_ID, env::CLIENT_SECRET),
                Part::InCode(message![" and use ", Name::Identifier("from_env")]),
            ])),
            (None, Some(_), None) => Err(incomplete(Setting::ClientId, Setting::ClientSecret)),
            (None, None, Some(_)) => Err(incomplete(Setting::ClientSecret, Setting::ClientId)),
        }
    }
}

fn incomplete(given: Setting, missing: Setting) -> Error {
    config(message![given, " without ", missing, ": pass both"])
}

/// The certificates of a PEM text, or what is wrong with it.
fn certificates(pem: &[u8]) -> std::result::Result<Vec<CertificateDer<'static>>, String> {
    match tls::certificates(pem) {
        Ok(authorities) if authorities.is_empty() => Err("contains no PEM certificate".into()),
        Ok(authorities) => Ok(authorities),
        Err(problem) => Err(format!("contains a certificate that cannot be read: {problem}")),
    }
}

pub(crate) fn config(message: impl Into<Message>) -> Error {
    Error::Config(message.into())
}
