//! The proxy that requests to the client's server take.

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::http::config::is_loopback_url;
use crate::message::{Message, message};
use crate::redact;
use crate::surface::Setting;

/// A proxy, as it is used and as it may be shown.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    pub(crate) proxy: reqwest::Proxy,
    /// Its URL without credentials, and where it comes from.
    pub(crate) shown: String,
}

/// What the system says of the proxy to a server: variables such as `HTTPS_PROXY` and `NO_PROXY`, or the settings of macOS
/// and Windows. None for loopback.
pub(crate) fn of_system(base_url: &Url) -> Result<Option<Proxy>, Message> {
    if is_loopback_url(base_url) {
        return Ok(None);
    }
    let intercept = base_url.as_str().parse().ok().and_then(|uri| Matcher::from_system().intercept(&uri));
    let Some(intercept) = intercept else { return Ok(None) };
    let source = variable(base_url.scheme()).unwrap_or("the system's settings");
    let shown = format!("{} (of {source})", redact::url(&intercept.uri().to_string()).trim_end_matches('/'));
    let unusable = |problem: &str| {
        message![
            format!("the proxy {shown} cannot be used: {problem}; correct it, or pass "),
            Setting::Proxy,
            ", or add the host to NO_PROXY"
        ]
    };
    if !matches!(intercept.uri().scheme_str(), Some("http" | "https")) {
        return Err(unusable("it does not begin with http:// or https://"));
    }
    let mut proxy =
        reqwest::Proxy::all(intercept.uri().to_string()).map_err(|_| unusable("it is no URL of a proxy"))?;
    if let Some(authorization) = intercept.basic_auth() {
        proxy = proxy.custom_http_auth(authorization.clone());
    }
    Ok(Some(Proxy { proxy, shown }))
}

/// The variable that the proxy comes from, in the order in which they are read.
fn variable(scheme: &str) -> Option<&'static str> {
    let names = match scheme {
        "http" => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
        _ => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
    };
    names.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
