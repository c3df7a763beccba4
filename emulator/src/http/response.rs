//! Responses that every part of the emulator gives.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use blynk_webhooks::Violation;
use serde_json::json;

use crate::storage::PersistError;

/// The API's error envelope.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    status: StatusCode,
    message: String,
}

impl ErrorResponse {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn no_webhook(id: i32) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("Webhook with id {id} is not found or you don't have access to it"))
    }
}

impl From<Vec<Violation>> for ErrorResponse {
    /// Names every fault.
    fn from(violations: Vec<Violation>) -> Self {
        let faults = violations.into_iter().filter(Violation::is_error).map(|violation| {
            let path = if violation.path.is_empty() { "body" } else { &violation.path };
            format!("{path}: {}", violation.message)
        });
        Self::bad_request(faults.collect::<Vec<_>>().join("; "))
    }
}

impl From<PersistError> for ErrorResponse {
    fn from(problem: PersistError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, problem.to_string())
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        let body = json!({"error": {"message": self.message}}).to_string();
        (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
    }
}

pub(crate) fn json_response(json: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}
