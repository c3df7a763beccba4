//! The proxy that requests to the client's server take.

use http::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::environment::{Environment, HTTP_PROXY, HTTPS_PROXY, NO_PROXY};
use crate::http::config::is_loopback_url;
use crate::message::{Message, message};
use crate::redact;
use crate::surface::Setting;

/// A proxy, as it is used and as it may be shown.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    pub(crate) proxy: reqwest::Proxy,
    /// What the proxy asks for with each request that it reads.
    pub(crate) authorization: Option<HeaderValue>,
    /// Its URL without credentials, and where it comes from.
    pub(crate) shown: String,
}

/// What the system says of the proxy to a server: variables such as `HTTPS_PROXY` and `NO_PROXY`, or the settings of macOS
/// and Windows. None for loopback.
pub(crate) fn of_system(base_url: &Url, environment: &Environment) -> Result<Option<Proxy>, Message> {
    if is_loopback_url(base_url) {
        return Ok(None);
    }
    let intercept = base_url.as_str().parse().ok().and_then(|uri| matcher(environment).intercept(&uri));
    let Some(intercept) = intercept else { return Ok(None) };
    let names = if base_url.scheme() == "http" { HTTP_PROXY } else { HTTPS_PROXY };
    let source = environment.first(names).map_or("the system's settings", |(name, _)| name);
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
    let authorization = intercept.basic_auth().cloned();
    if let Some(authorization) = &authorization {
        proxy = proxy.custom_http_auth(authorization.clone());
    }
    Ok(Some(Proxy { proxy, authorization, shown }))
}

/// The header for the user and password in the URL of a proxy.
pub(crate) fn authorization(proxy: &str, base_url: &Url) -> Option<HeaderValue> {
    let intercept = Matcher::builder().all(proxy).build().intercept(&base_url.as_str().parse().ok()?)?;
    intercept.basic_auth().cloned()
}

/// What the variables say; where they are the process's own, the system's settings too.
fn matcher(environment: &Environment) -> Matcher {
    if matches!(environment, Environment::Process) {
        return Matcher::from_system();
    }
    let value = |names: &[&str]| {
        let found = environment.first(names.iter().copied());
        found.map(|(_, value)| value.to_string_lossy().into_owned()).unwrap_or_default()
    };
    Matcher::builder().http(value(&HTTP_PROXY)).https(value(&HTTPS_PROXY)).no(value(&NO_PROXY)).build()
}
