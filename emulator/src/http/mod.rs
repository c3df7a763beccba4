//! What the control API takes: JSON bodies and query parameters, read to the letter, and requests of no other origin.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::api::ErrorResponse;
use crate::app::AppState;

/// Lets in what does not come from a page of another origin. The control API needs no token, so without this any page that a
/// browser on this machine has open could write to it, or, with a name of its own that it points at loopback, read it.
pub(crate) async fn same_origin_only(State(app): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let allowed = check(request.headers(), &app.hosts);
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
    /// Names beside `localhost`.
    pub(crate) names: Vec<String>,
}

fn check(headers: &HeaderMap, hosts: &Hosts) -> Result<(), ErrorResponse> {
    let forbidden = |message: &str| Err(ErrorResponse::new(StatusCode::FORBIDDEN, message));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !hosts.include(host) {
        return forbidden(
            "the Host header names no address of this emulator: use http://127.0.0.1, or start it with this host name",
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
    /// A name can be pointed anywhere by whoever owns it, an address cannot.
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

/// Reads a JSON body. A form of another page cannot have this content type, so it is demanded.
pub(crate) async fn json_body<T: DeserializeOwned>(request: Request, app: &Arc<AppState>) -> Result<T, ErrorResponse> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "the body must be JSON: send 'Content-Type: application/json'";
        return Err(ErrorResponse::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let body = Bytes::from_request(request, app).await;
    let body =
        body.map_err(|problem| ErrorResponse::new(problem.status(), format!("body: {}", problem.body_text())))?;
    serde_json::from_slice(&body).map_err(|problem| ErrorResponse::bad_request(format!("body: {problem}")))
}

/// Query parameters, each taken once.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// # Errors
    /// Where a parameter stands twice.
    pub(crate) fn of(uri: &Uri) -> Result<Self, ErrorResponse> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned() {
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(ErrorResponse::bad_request(format!("{name}: stands in the query more than once")));
            }
            parameters.push((name, value));
        }
        Ok(Self(parameters))
    }

    /// Takes a parameter out.
    ///
    /// # Errors
    /// Where it cannot be read as what it should be.
    pub(crate) fn take<T: std::str::FromStr>(&mut self, name: &str, what: &str) -> Result<Option<T>, ErrorResponse> {
        let Some(place) = self.0.iter().position(|(known, _)| known == name) else { return Ok(None) };
        let (_, value) = self.0.swap_remove(place);
        let wrong = |_| ErrorResponse::bad_request(format!("{name}: must be {what}, is '{value}'"));
        value.parse().map(Some).map_err(wrong)
    }

    /// # Errors
    /// Where a parameter is left that nobody took.
    pub(crate) fn end(&self) -> Result<(), ErrorResponse> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                Err(ErrorResponse::bad_request(format!("{name}: there is no such query parameter here")))
            }
        }
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

    #[test]
    fn a_parameter_is_taken_once_and_to_the_letter() {
        assert!(Query::of(&"/?a=1&a=2".parse().unwrap()).is_err());
        let mut query = Query::of(&"/?a=1&b=x".parse().unwrap()).unwrap();
        assert_eq!(query.take::<i32>("a", "").unwrap(), Some(1));
        assert!(query.end().is_err());
        assert!(query.take::<i32>("b", "").is_err());
        assert!(query.end().is_ok());
    }
}
