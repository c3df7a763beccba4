//! URLs of the API, and those of this machine.

use http::HeaderValue;
use url::{Host, Url};

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

/// The server of a client, as requests name it.
pub(crate) struct Origin {
    pub(crate) scheme: http::uri::Scheme,
    pub(crate) authority: http::uri::Authority,
    pub(crate) host: HeaderValue,
}

impl Origin {
    /// `None` for a URL that no request can name.
    pub(crate) fn of(url: &Url) -> Option<Self> {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = format!("{}{port}", url.host_str()?);
        Some(Self {
            scheme: url.scheme().parse().ok()?,
            authority: host.parse().ok()?,
            host: HeaderValue::from_str(&host).ok()?,
        })
    }
}
