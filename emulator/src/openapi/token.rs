//! The token endpoint in the document.

use blynk_webhooks::path;
use serde_json::json;

use super::operation::{Operation, operation, query};
use super::schemas;

pub(super) fn operations() -> Vec<Operation> {
    let text = || json!({"type": "string"});
    let summary = "Get an access token with client credentials or a refresh token";
    vec![
        operation(path::TOKEN, "post", "token", "getToken", summary)
            .with("security", json!([{"client": []}, {}]))
            .with(
                "parameters",
                json!([
                    query(
                        "grant_type",
                        true,
                        "How the client asks",
                        json!({"enum": ["client_credentials", "refresh_token"]})
                    ),
                    query("client_id", false, "Client id, unless it is sent as HTTP Basic", text()),
                    query("client_secret", false, "Client secret, unless it is sent as HTTP Basic", text()),
                    query("refresh_token", false, "A refresh token, which works once", text()),
                ]),
            )
            .answers("200", "The token", Some(schemas::reference("Token")))
            .answers("400", "The client or its request is refused", Some(schemas::reference("TokenError")))
            .refuses(&["413"]),
    ]
}
