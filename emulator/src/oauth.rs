//! The token endpoint: client credentials and refresh tokens, as RFC 6749 has them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// Life of a token (vendor's documentation).
const EXPIRES_IN: Duration = Duration::from_secs(86_400);

/// Client, tokens and refresh tokens.
#[derive(Debug)]
pub(crate) struct OAuth {
    client_id: String,
    client_secret: String,
    tokens: HashMap<String, Instant>,
    refresh_tokens: HashMap<String, Instant>,
}

/// What a token request says, from its query, its form body and its `Authorization` header.
#[derive(Debug, Default)]
pub(crate) struct TokenRequest {
    pub(crate) parameters: HashMap<String, String>,
    pub(crate) authorization: Option<String>,
}

impl OAuth {
    pub(crate) fn new(client_id: String, client_secret: String) -> Self {
        Self { client_id, client_secret, tokens: HashMap::new(), refresh_tokens: HashMap::new() }
    }

    /// Why an `Authorization` header opens nothing; nothing where it does.
    pub(crate) fn refuses(&self, authorization: Option<&str>) -> Option<&'static str> {
        let Some(authorization) = authorization else {
            return Some("no Authorization header: send 'Authorization: Bearer <token>'");
        };
        let Some(token) = authorization.strip_prefix("Bearer ") else {
            return Some("the Authorization header is not 'Bearer <token>'");
        };
        match self.tokens.get(token) {
            None => Some("the token is unknown here: get one from /oauth2/token"),
            Some(expires) if *expires <= Instant::now() => {
                Some("the token has expired: get another from /oauth2/token")
            }
            Some(_) => None,
        }
    }

    pub(crate) fn grant(&mut self, request: &TokenRequest) -> (StatusCode, Value) {
        match self.check(request) {
            Ok(()) => (StatusCode::OK, self.issue()),
            Err((error, description)) => {
                (StatusCode::BAD_REQUEST, json!({"error": error, "error_description": description}))
            }
        }
    }

    fn check(&mut self, request: &TokenRequest) -> Result<(), (&'static str, &'static str)> {
        let parameter = |name: &str| request.parameters.get(name).map(String::as_str);
        let grant_type = parameter("grant_type").ok_or(("invalid_request", "grant_type is missing"))?;
        let basic = request.authorization.as_deref().map(|authorization| basic(authorization).unwrap_or_default());
        let (id, secret) = match &basic {
            Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
            None => (parameter("client_id"), parameter("client_secret")),
        };
        let no_client =
            ("invalid_client", "client id and secret are missing: send them as HTTP Basic or as query parameters");
        if (id.ok_or(no_client)?, secret.ok_or(no_client)?) != (&self.client_id, &self.client_secret) {
            return Err(("invalid_client", "the client id is unknown or its secret is wrong"));
        }
        match grant_type {
            "client_credentials" => Ok(()),
            "refresh_token" => {
                let token = parameter("refresh_token").ok_or(("invalid_request", "refresh_token is missing"))?;
                let known = self.refresh_tokens.remove(token).filter(|expires| *expires > Instant::now());
                known.map(|_| ()).ok_or(("invalid_grant", "the refresh token is unknown, used or expired"))
            }
            _ => Err(("unsupported_grant_type", "use client_credentials or refresh_token")),
        }
    }

    fn issue(&mut self) -> Value {
        let now = Instant::now();
        self.tokens.retain(|_, expires| *expires > now);
        self.refresh_tokens.retain(|_, expires| *expires > now);
        let (token, refresh_token) = (random_text(), random_text());
        self.tokens.insert(token.clone(), now + EXPIRES_IN);
        self.refresh_tokens.insert(refresh_token.clone(), now + EXPIRES_IN);
        json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": EXPIRES_IN.as_secs(),
            "refresh_token": refresh_token,
        })
    }
}

fn basic(authorization: &str) -> Option<(String, String)> {
    let decoded = BASE64_STANDARD.decode(authorization.strip_prefix("Basic ")?.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.into(), secret.into()))
}

/// A text nobody guesses by accident; the emulator listens on loopback only, so it need not withstand more.
pub(crate) fn random_text() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(parameters: &[(&str, &str)]) -> TokenRequest {
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        TokenRequest { parameters, authorization: None }
    }

    #[test]
    fn a_refresh_token_works_once() {
        let mut oauth = OAuth::new("id".into(), "secret".into());
        let client = [("client_id", "id"), ("client_secret", "secret")];
        let (_, first) = oauth.grant(&request(&[client[0], client[1], ("grant_type", "client_credentials")]));
        let token = first["refresh_token"].as_str().unwrap();
        let refresh = request(&[client[0], client[1], ("grant_type", "refresh_token"), ("refresh_token", token)]);
        assert_eq!(oauth.grant(&refresh).0, StatusCode::OK);
        assert_eq!(oauth.grant(&refresh).1["error"], "invalid_grant");
    }

    #[test]
    fn each_refusal_has_its_code() {
        let mut oauth = OAuth::new("id".into(), "secret".into());
        let mut code = |parameters: &[(&str, &str)]| oauth.grant(&request(parameters)).1["error"].clone();
        assert_eq!(code(&[]), "invalid_request");
        assert_eq!(code(&[("grant_type", "client_credentials")]), "invalid_client");
        let wrong = [("grant_type", "client_credentials"), ("client_id", "id"), ("client_secret", "no")];
        assert_eq!(code(&wrong), "invalid_client");
        assert_eq!(
            code(&[("grant_type", "password"), ("client_id", "id"), ("client_secret", "secret")]),
            "unsupported_grant_type"
        );
    }
}
