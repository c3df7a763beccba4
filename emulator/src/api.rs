//! The routes: the contract's five operations and the token endpoint, strict as the contract says.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use blynk_webhooks::{Json, Purpose, Violation, WebhookSpec, field, path};
use serde_json::json;

use crate::oauth::{OAuth, TokenRequest};
use crate::store::Store;

/// The one organization there is.
pub(crate) const ORG_ID: i32 = 1;
/// Largest request body; the largest webhook the contract allows is far smaller.
const MOST_BYTES: usize = 1024 * 1024;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Organization {
    pub(crate) store: Store,
    pub(crate) oauth: OAuth,
}

type Shared = Arc<Mutex<Organization>>;

pub(crate) fn router(organization: Shared) -> Router {
    Router::new()
        .route(path::TOKEN, post(token))
        .route(path::WEBHOOKS, get(list))
        .route(path::WEBHOOK, get(get_one).put(update).delete(delete))
        .route(path::CREATE, post(create))
        .fallback(
            |uri: Uri| async move { Refusal::new(StatusCode::NOT_FOUND, format!("there is no {} here", uri.path())) },
        )
        .method_not_allowed_fallback(|| async {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take that method")
        })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(axum::middleware::map_response(with_request_id))
        .with_state(organization)
}

/// The API's error envelope.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    fn no_webhook(id: i32) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Webhook with id {id} is not found or you don't have access to it"))
    }
}

impl From<Vec<Violation>> for Refusal {
    /// Names every fault.
    fn from(violations: Vec<Violation>) -> Self {
        let faults = violations.into_iter().filter(Violation::is_error).map(|violation| {
            let path = if violation.path.is_empty() { "body" } else { &violation.path };
            format!("{path}: {}", violation.message)
        });
        Self::bad_request(faults.collect::<Vec<_>>().join("; "))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {"message": self.message}}).to_string();
        (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

fn answer(json: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

async fn with_request_id(mut response: Response) -> Response {
    if let Ok(id) = crate::oauth::random_text()[..12].parse() {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// A request that carries a good token: the organization, the query and the body.
struct Authorized {
    organization: Shared,
    query: HashMap<String, String>,
    body: Bytes,
}

impl FromRequest<Shared> for Authorized {
    type Rejection = Refusal;

    async fn from_request(request: Request, organization: &Shared) -> Result<Self, Refusal> {
        let authorization = text(request.headers(), header::AUTHORIZATION);
        if let Some(reason) = lock(organization).oauth.refuses(authorization.as_deref()) {
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, reason));
        }
        let query = query(request.uri());
        let body = read_body(request, organization).await?;
        Ok(Self { organization: Arc::clone(organization), query, body })
    }
}

impl Authorized {
    fn organization(&self) -> MutexGuard<'_, Organization> {
        lock(&self.organization)
    }

    fn webhook_id(&self) -> Result<i32, Refusal> {
        let name = field::WEBHOOK_ID;
        let id = self
            .query
            .get(name)
            .ok_or_else(|| Refusal::bad_request(format!("{name}: is required as a query parameter")))?;
        id.parse().map_err(|_| Refusal::bad_request(format!("{name}: must be an int32, is '{id}'")))
    }

    fn spec(&self, purpose: Purpose) -> Result<(WebhookSpec, Option<i32>), Refusal> {
        let text = std::str::from_utf8(&self.body).map_err(|_| Refusal::bad_request("body: is not UTF-8"))?;
        let mut spec = WebhookSpec::from_json(text)?;
        let violations = spec.validate_for(purpose);
        if violations.iter().any(Violation::is_error) {
            return Err(violations.into());
        }
        let place = spec.extra.iter().position(|(name, _)| name == field::ORG_ID);
        let org_id = place.map(|place| spec.extra.remove(place).1);
        Ok((spec, org_id.map(|org_id| organization_id(&org_id)).transpose()?.flatten()))
    }
}

fn organization_id(value: &Json) -> Result<Option<i32>, Refusal> {
    let name = field::ORG_ID;
    serde_json::from_str(value.as_str())
        .map_err(|_| Refusal::bad_request(format!("{name}: must be an int32, is {}", value.as_str())))
}

/// Only the token's own organization is there.
fn check_organization(org_id: Option<i32>) -> Result<(), Refusal> {
    match org_id.filter(|id| *id != ORG_ID) {
        None => Ok(()),
        Some(id) => {
            let message = format!("Organization with id {id} is not found or you don't have access to it");
            Err(Refusal::new(StatusCode::NOT_FOUND, message))
        }
    }
}

async fn list(request: Authorized) -> Result<Response, Refusal> {
    let org_id = request.query.get(field::ORG_ID).map(|id| {
        id.parse().map_err(|_| Refusal::bad_request(format!("{}: must be an int32, is '{id}'", field::ORG_ID)))
    });
    check_organization(org_id.transpose()?)?;
    let list = request.organization().store.list();
    Ok(answer(list))
}

async fn get_one(request: Authorized) -> Result<Response, Refusal> {
    let id = request.webhook_id()?;
    let found = request.organization().store.get(id);
    found.map(answer).ok_or_else(|| Refusal::no_webhook(id))
}

async fn create(request: Authorized) -> Result<Response, Refusal> {
    let (spec, org_id) = request.spec(Purpose::Create)?;
    check_organization(org_id)?;
    let created = request.organization().store.create(spec);
    created.map(answer).ok_or_else(|| Refusal::bad_request("all webhook ids are used up"))
}

async fn update(request: Authorized) -> Result<Response, Refusal> {
    let id = request.webhook_id()?;
    let (spec, _) = request.spec(Purpose::Update)?;
    let updated = request.organization().store.update(id, spec);
    updated.map(answer).ok_or_else(|| Refusal::no_webhook(id))
}

async fn delete(request: Authorized) -> Result<Response, Refusal> {
    let id = request.webhook_id()?;
    let deleted = request.organization().store.delete(id);
    if deleted { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(Refusal::no_webhook(id)) }
}

async fn token(State(organization): State<Shared>, request: Request) -> Result<Response, Refusal> {
    let mut parameters = query(request.uri());
    let authorization = text(request.headers(), header::AUTHORIZATION);
    let body = read_body(request, &organization).await?;
    parameters.extend(url::form_urlencoded::parse(&body).into_owned());
    let (status, body) = lock(&organization).oauth.grant(&TokenRequest { parameters, authorization });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((status, headers, body.to_string()).into_response())
}

async fn read_body(request: Request, organization: &Shared) -> Result<Bytes, Refusal> {
    let read = Bytes::from_request(request, organization).await;
    read.map_err(|rejection| Refusal::new(rejection.status(), format!("body: {}", rejection.body_text())))
}

fn query(uri: &Uri) -> HashMap<String, String> {
    url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn lock(organization: &Shared) -> MutexGuard<'_, Organization> {
    organization.lock().unwrap_or_else(PoisonError::into_inner)
}
