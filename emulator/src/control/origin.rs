//! Which requests the control API accepts: none from a page of another origin.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::ErrorResponse;

/// Lets in what does not come from a page of another origin. The control API needs no token, so without this any page that a
/// browser on this machine has open could write to it, or read it through its own name that resolves to loopback.
pub(crate) async fn same_origin_only(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let allowed = check(request.headers(), &hosts);
    let mut response = match allowed {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

/// Names and addresses under which the control API answers.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    /// Whether the emulator listens beyond loopback.
    pub(crate) beyond_loopback: bool,
    /// Names in addition to `localhost`.
    pub(crate) names: Vec<String>,
}

fn check(headers: &HeaderMap, hosts: &Hosts) -> Result<(), ErrorResponse> {
    let forbidden = |message: &str| Err(ErrorResponse::new(StatusCode::FORBIDDEN, message));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !hosts.include(host) {
        return forbidden(
            "the Host header does not name this emulator: use http://127.0.0.1, or start it with this host name",
        );
    }
    let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    match origin {
        Some(origin) if origin.strip_prefix("http://") != Some(host) => {
            forbidden("a page of another origin may not use the control API")
        }
        _ => Ok(()),
    }
}

impl Hosts {
    /// The owner of a name can point it anywhere; an address cannot be redirected.
    fn include(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        name.eq_ignore_ascii_case("localhost")
            || self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
            || name.parse::<IpAddr>().is_ok_and(|address| self.beyond_loopback || address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_hosts_are_taken() {
        for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.9.9.9", "[::1]:80", "[::1]"] {
            assert!(Hosts::default().include(host), "{host}");
        }
        for host in
            ["", "evil.example", "localhost.evil.example:80", "127.0.0.1.nip.example", "192.168.1.2:80", "[::2]"]
        {
            assert!(!Hosts::default().include(host), "{host}");
        }
        let hosts = Hosts { beyond_loopback: true, names: vec!["emulator".into()] };
        assert!(hosts.include("192.168.1.2:80") && hosts.include("Emulator:80") && !hosts.include("evil.example"));
    }
}
