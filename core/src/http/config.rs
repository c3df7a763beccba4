//! The settings of a client once they are checked: what the layers above the sockets and below the client need.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use rustls::pki_types::CertificateDer;
use url::{Host, Url};

use crate::attempt::Watchers;
use crate::environment::Environment;
use crate::http::proxy::Proxy;
use crate::options::Options;
use crate::secret::Secret;
use crate::surface::Setting;
use crate::token_provider::TokenProvider;

/// A checked configuration. No `Debug`: headers and proxy may hold secrets.
pub(crate) struct Config {
    /// The values that were set, but for secrets: for a setting that has no field of its own here.
    pub(crate) options: Options<Setting>,
    pub(crate) base_url: Url,
    pub(crate) credentials: Credentials,
    pub(crate) timeout: Option<Duration>,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) validate: bool,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) authorities: Vec<CertificateDer<'static>>,
    pub(crate) headers: HeaderMap,
    pub(crate) user_agent: HeaderValue,
    pub(crate) max_connections: usize,
    pub(crate) watchers: Watchers,
    pub(crate) environment: Environment,
}

pub(crate) enum Credentials {
    Token { header: HeaderValue, token: Secret },
    Client { id: String, secret: Secret },
    Provider(TokenProvider),
}

/// The URL of a path of the API, below whatever path the base URL has.
pub(crate) fn endpoint(base_url: &Url, path: &str) -> Url {
    let mut url = base_url.clone();
    url.set_path(&format!("{}{path}", base_url.path().trim_end_matches('/')));
    url
}

/// True for a URL whose host is `localhost`, in 127.0.0.0/8, or `[::1]`.
pub(crate) fn is_loopback_url(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
