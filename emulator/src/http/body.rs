//! Bodies of requests.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::ErrorResponse;
use crate::json::explain;

/// How long a client may take to send a body.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a JSON body. A form of another page cannot have this content type, so it is demanded.
pub(crate) async fn json_body<T: DeserializeOwned>(request: Request) -> Result<T, ErrorResponse> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "the body must be JSON: send 'Content-Type: application/json'";
        return Err(ErrorResponse::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let body = read_body(request).await?;
    serde_json::from_slice(&body).map_err(|problem| ErrorResponse::bad_request(format!("body: {}", explain(&problem))))
}

/// Reads a body, as far as the limit of its route allows.
pub(crate) async fn read_body(request: Request) -> Result<Bytes, ErrorResponse> {
    match tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, &())).await {
        Ok(read) => {
            read.map_err(|rejection| ErrorResponse::new(rejection.status(), format!("body: {}", rejection.body_text())))
        }
        Err(_) => {
            let message = format!("body: did not arrive within {BODY_TIMEOUT:?}");
            Err(ErrorResponse::new(StatusCode::REQUEST_TIMEOUT, message))
        }
    }
}
