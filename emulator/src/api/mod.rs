//! The routes: the contract's five operations and the token endpoint, strict as the contract says.

mod fault_injection;

pub(crate) use fault_injection::inject_fault;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use blynk_webhooks::{Json, Purpose, Violation, WebhookSpec, field, path};

use crate::app::oauth::{self, TokenRequest};
use crate::app::{AppState, LiveGuard};
use crate::http::{ErrorResponse, Query, json_response, read_body};
use crate::integral;

/// The routes of the API.
pub(crate) fn router() -> Router<Arc<AppState>> {
    Router::new()
        .route(path::TOKEN, post(token))
        .route(path::WEBHOOKS, get(list))
        .route(path::WEBHOOK, get(get_one).put(update).delete(delete))
        .route(path::CREATE, post(create))
}

/// A request that carries a good token: its organization, query and body.
struct Authorized {
    app: Arc<AppState>,
    org_id: i32,
    query: Query,
    body: Bytes,
}

impl FromRequest<Arc<AppState>> for Authorized {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<AppState>) -> Result<Self, Response> {
        let authorization = text(request.headers(), header::AUTHORIZATION);
        let org_id = {
            let mut live = app.live();
            let client = live.oauth.client(authorization.as_deref(), live.clock.now());
            let client =
                client.map_err(|refusal| ErrorResponse::new(refusal.status, refusal.reason).into_response())?;
            let org_id = live.organization_of(client);
            if let Some(seconds) = live.count_request(org_id) {
                let refusal = ErrorResponse::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "too many requests of this organization within a minute",
                );
                return Err(([(header::RETRY_AFTER, seconds.to_string())], refusal).into_response());
            }
            org_id
        };
        let query = Query::of(request.uri()).map_err(IntoResponse::into_response)?;
        let body = read_body(request).await.map_err(IntoResponse::into_response)?;
        Ok(Self { app: Arc::clone(app), org_id, query, body })
    }
}

impl Authorized {
    fn live(&self) -> LiveGuard<'_> {
        self.app.live()
    }

    /// A token reaches its own organization only.
    fn check_organization(&self, org_id: Option<i32>) -> Result<(), ErrorResponse> {
        match org_id.filter(|id| *id != self.org_id) {
            None => Ok(()),
            Some(id) => {
                let message = format!("Organization with id {id} is not found or you don't have access to it");
                Err(ErrorResponse::new(StatusCode::NOT_FOUND, message))
            }
        }
    }

    fn webhook_id(&mut self) -> Result<i32, ErrorResponse> {
        let name = field::WEBHOOK_ID;
        let missing = || ErrorResponse::bad_request(format!("{name}: is required as a query parameter"));
        self.query.take(name, "an int32")?.ok_or_else(missing)
    }

    fn spec(&self, purpose: Purpose) -> Result<(WebhookSpec, Option<i32>), ErrorResponse> {
        let text = std::str::from_utf8(&self.body).map_err(|_| ErrorResponse::bad_request("body: is not UTF-8"))?;
        let mut spec = WebhookSpec::from_json(text)?;
        let violations = spec.validate_for(purpose);
        if violations.iter().any(Violation::is_error) {
            return Err(violations.into());
        }
        // It is no part of a webhook. Only create's body has it, so an update that holds it is not judged by it.
        let place = spec.extra.iter().position(|(name, _)| name == field::ORG_ID);
        let org_id = place.map(|place| spec.extra.remove(place).1).filter(|_| purpose == Purpose::Create);
        Ok((spec, org_id.map(|org_id| organization_id(&org_id)).transpose()?.flatten()))
    }
}

fn organization_id(value: &Json) -> Result<Option<i32>, ErrorResponse> {
    let name = field::ORG_ID;
    integral::optional(&mut serde_json::Deserializer::from_str(value.as_str()))
        .map_err(|_| ErrorResponse::bad_request(format!("{name}: must be an int32, is {}", value.as_str())))
}

async fn list(mut request: Authorized) -> Result<Response, ErrorResponse> {
    let org_id = request.query.take(field::ORG_ID, "an int32")?;
    request.check_organization(org_id)?;
    let list = request.live().store.list(request.org_id);
    Ok(json_response(list))
}

async fn get_one(mut request: Authorized) -> Result<Response, ErrorResponse> {
    let id = request.webhook_id()?;
    let found = request.live().store.get(request.org_id, id);
    found.map(json_response).ok_or_else(|| ErrorResponse::no_webhook(id))
}

async fn create(request: Authorized) -> Result<Response, ErrorResponse> {
    let (spec, org_id) = request.spec(Purpose::Create)?;
    request.check_organization(org_id)?;
    let mut live = request.live();
    let (most, now) = (live.limits.webhooks, live.clock.now());
    if live.store.count(request.org_id) >= most {
        return Err(ErrorResponse::bad_request(format!(
            "the organization has {most} webhooks, which is its limit; start the emulator with a larger one in its state: \
             {{\"limits\": {{\"webhooks\": {}}}}}",
            most.saturating_mul(10)
        )));
    }
    let created = live.store.create(request.org_id, spec, now)?;
    created.map(json_response).ok_or_else(|| ErrorResponse::bad_request("all webhook ids are used up"))
}

async fn update(mut request: Authorized) -> Result<Response, ErrorResponse> {
    let id = request.webhook_id()?;
    let (spec, _) = request.spec(Purpose::Update)?;
    let mut live = request.live();
    let now = live.clock.now();
    let updated = live.store.update(request.org_id, id, spec, now)?;
    updated.map(json_response).ok_or_else(|| ErrorResponse::no_webhook(id))
}

async fn delete(mut request: Authorized) -> Result<Response, ErrorResponse> {
    let id = request.webhook_id()?;
    let deleted = request.live().store.delete(request.org_id, id)?;
    if deleted { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(ErrorResponse::no_webhook(id)) }
}

async fn token(State(app): State<Arc<AppState>>, request: Request) -> Result<Response, ErrorResponse> {
    let authorization = text(request.headers(), header::AUTHORIZATION);
    let in_query = request.uri().query().unwrap_or_default().to_owned();
    let body = read_body(request).await?;
    let mut parameters = HashMap::new();
    let mut repeated = false;
    for part in [in_query.as_bytes(), &body] {
        for (name, value) in url::form_urlencoded::parse(part).into_owned() {
            repeated |= parameters.insert(name, value).is_some();
        }
    }
    let mut live = app.live();
    let (now, life) = (live.clock.now(), live.limits.token_seconds);
    let (status, body) = match repeated {
        true => oauth::refusal("invalid_request", "a parameter is given more than once"),
        false => live.oauth.grant(&TokenRequest { parameters, authorization }, now, life),
    };
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((status, headers, body.to_string()).into_response())
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
