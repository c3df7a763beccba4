//! The token endpoint: client credentials and refresh tokens, as RFC 6749 has them.

use std::collections::HashMap;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use blynk_webhooks::path;
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::state::{OAuthClient, PERMISSION};

/// Clients, tokens and refresh tokens.
#[derive(Debug, Default)]
pub(crate) struct OAuth {
    pub(crate) clients: Vec<OAuthClient>,
    tokens: HashMap<String, Grant>,
    refresh_tokens: HashMap<String, Grant>,
}

#[derive(Clone, Debug)]
struct Grant {
    client_id: String,
    expires: Millis,
}

/// What a token request says, from its query, its form body and its `Authorization` header.
#[derive(Debug, Default)]
pub(crate) struct TokenRequest {
    pub(crate) parameters: HashMap<String, String>,
    pub(crate) authorization: Option<String>,
}

/// Why a request is not let in.
#[derive(Debug)]
pub(crate) struct Unauthorized {
    pub(crate) status: StatusCode,
    pub(crate) reason: String,
}

impl OAuth {
    pub(crate) fn new(clients: Vec<OAuthClient>) -> Self {
        Self { clients, ..Self::default() }
    }

    /// The client whose token an `Authorization` header carries.
    pub(crate) fn client(&self, authorization: Option<&str>, now: Millis) -> Result<&OAuthClient, Unauthorized> {
        let refuse = |status, reason: String| Unauthorized { status, reason };
        let unauthorized = |reason: String| refuse(StatusCode::UNAUTHORIZED, reason);
        let authorization = authorization
            .ok_or_else(|| unauthorized("no Authorization header: send 'Authorization: Bearer <token>'".into()))?;
        let token = authorization
            .strip_prefix("Bearer ")
            .ok_or_else(|| unauthorized("the Authorization header is not 'Bearer <token>'".into()))?;
        let unknown = || unauthorized(format!("the token is unknown here: get one from {}", path::TOKEN));
        let grant = self.tokens.get(token).ok_or_else(unknown)?;
        if grant.expires <= now {
            return Err(unauthorized(format!("the token has expired: get another from {}", path::TOKEN)));
        }
        let client = self.clients.iter().find(|client| client.client_id == grant.client_id).ok_or_else(unknown)?;
        match &client.permissions {
            Some(permissions) if !permissions.iter().any(|permission| permission == PERMISSION) => {
                Err(refuse(StatusCode::FORBIDDEN, format!("the user of this token lacks the permission {PERMISSION}")))
            }
            _ => Ok(client),
        }
    }

    /// Answers a token request.
    pub(crate) fn grant(&mut self, request: &TokenRequest, now: Millis, ttl_seconds: u32) -> (StatusCode, Value) {
        match self.check(request, now) {
            Ok(client_id) => (StatusCode::OK, self.issue(client_id, now, ttl_seconds)),
            Err((error, description)) => refusal(error, description),
        }
    }

    fn check(&mut self, request: &TokenRequest, now: Millis) -> Result<String, (&'static str, &'static str)> {
        let parameter = |name: &str| request.parameters.get(name).map(String::as_str);
        let grant_type = parameter("grant_type").ok_or(("invalid_request", "grant_type is missing"))?;
        let basic = request.authorization.as_deref().map(|authorization| basic(authorization).unwrap_or_default());
        let (id, secret) = match &basic {
            Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
            None => (parameter("client_id"), parameter("client_secret")),
        };
        let no_client =
            ("invalid_client", "client id and secret are missing: send them as HTTP Basic or as query parameters");
        let (id, secret) = (id.ok_or(no_client)?, secret.ok_or(no_client)?);
        if !self.clients.iter().any(|client| client.client_id == id && client.client_secret == secret) {
            return Err(("invalid_client", "the client id is unknown or its secret is wrong"));
        }
        match grant_type {
            "client_credentials" => Ok(id.into()),
            "refresh_token" => {
                let token = parameter("refresh_token").ok_or(("invalid_request", "refresh_token is missing"))?;
                let grant = self.refresh_tokens.remove(token);
                let good = grant.is_some_and(|grant| grant.client_id == id && grant.expires > now);
                good.then(|| id.into()).ok_or(("invalid_grant", "the refresh token is unknown, used or expired"))
            }
            _ => Err(("unsupported_grant_type", "use client_credentials or refresh_token")),
        }
    }

    fn issue(&mut self, client_id: String, now: Millis, ttl_seconds: u32) -> Value {
        self.tokens.retain(|_, grant| grant.expires > now);
        self.refresh_tokens.retain(|_, grant| grant.expires > now);
        let (token, refresh_token) = (random_text(), random_text());
        let grant = |seconds: u32| Grant {
            client_id: client_id.clone(),
            expires: now.saturating_add(Millis::from(seconds).saturating_mul(1_000)),
        };
        self.tokens.insert(token.clone(), grant(ttl_seconds));
        // How long a refresh token lives is not published; assumed: twice as long.
        self.refresh_tokens.insert(refresh_token.clone(), grant(ttl_seconds.saturating_mul(2)));
        json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": ttl_seconds,
            "refresh_token": refresh_token,
        })
    }
}

/// The answer to a token request that is refused.
pub(crate) fn refusal(error: &str, description: &str) -> (StatusCode, Value) {
    (StatusCode::BAD_REQUEST, json!({"error": error, "error_description": description}))
}

fn basic(authorization: &str) -> Option<(String, String)> {
    let decoded = BASE64_STANDARD.decode(authorization.strip_prefix("Basic ")?.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.into(), secret.into()))
}

/// A text that is not guessed by accident; it is not meant to withstand an attack.
pub(crate) fn random_text() -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: [(&str, &str); 2] = [("client_id", "id"), ("client_secret", "secret")];

    fn oauth(permissions: Option<Vec<String>>) -> OAuth {
        let client = OAuthClient { client_id: "id".into(), client_secret: "secret".into(), org_id: None, permissions };
        OAuth::new(vec![client])
    }

    fn grant(oauth: &mut OAuth, now: Millis, parameters: &[(&str, &str)]) -> (StatusCode, Value) {
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        oauth.grant(&TokenRequest { parameters, authorization: None }, now, 60)
    }

    #[test]
    fn a_refresh_token_works_once() {
        let mut oauth = oauth(None);
        let (_, first) = grant(&mut oauth, 0, &[CLIENT[0], CLIENT[1], ("grant_type", "client_credentials")]);
        let token = first["refresh_token"].as_str().unwrap();
        let refresh = [CLIENT[0], CLIENT[1], ("grant_type", "refresh_token"), ("refresh_token", token)];
        assert_eq!(grant(&mut oauth, 1, &refresh).0, StatusCode::OK);
        assert_eq!(grant(&mut oauth, 2, &refresh).1["error"], "invalid_grant");
    }

    #[test]
    fn a_token_expires_and_needs_the_permission() {
        for (permissions, status) in [(None, None), (Some(vec![]), Some(403)), (Some(vec![PERMISSION.into()]), None)] {
            let mut oauth = oauth(permissions);
            let (_, granted) = grant(&mut oauth, 0, &[CLIENT[0], CLIENT[1], ("grant_type", "client_credentials")]);
            let header = format!("Bearer {}", granted["access_token"].as_str().unwrap());
            let refusal = oauth.client(Some(&header), 59_999).err();
            assert_eq!(refusal.map(|refusal| refusal.status.as_u16()), status);
            assert_eq!(oauth.client(Some(&header), 60_000).unwrap_err().status, StatusCode::UNAUTHORIZED);
        }
    }

    #[test]
    fn each_refusal_has_its_code() {
        let mut oauth = oauth(None);
        let mut code = |parameters: &[(&str, &str)]| grant(&mut oauth, 0, parameters).1["error"].clone();
        assert_eq!(code(&[]), "invalid_request");
        assert_eq!(code(&[("grant_type", "client_credentials")]), "invalid_client");
        assert_eq!(code(&[("grant_type", "client_credentials"), CLIENT[0], ("client_secret", "no")]), "invalid_client");
        assert_eq!(code(&[("grant_type", "password"), CLIENT[0], CLIENT[1]]), "unsupported_grant_type");
    }
}
