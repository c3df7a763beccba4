//! The five operations of the contract in the document.

use blynk_webhooks::{field, path};
use serde_json::{Value, json};

use super::operation::{Operation, operation, query};
use super::schemas::{self, reference};

pub(super) fn operations() -> Vec<Operation> {
    let webhook = || Some(reference("Webhook"));
    let by_id = || json!([query(field::WEBHOOK_ID, true, "Webhook ID", schemas::int32())]);
    let organization = "Organization ID; absent: that of the token";
    let about = |path, method, id, summary| {
        let operation = operation(path, method, "webhooks", id, summary);
        operation.with("security", json!([{"bearer": []}])).refuses(&["400", "401", "403", "404", "413", "429"])
    };
    vec![
        about(path::WEBHOOKS, "get", "listWebhooks", "All webhooks of the organization")
            .with("parameters", json!([query(field::ORG_ID, false, organization, schemas::int32())]))
            .answers("200", "The webhooks", Some(json!({"type": "array", "items": reference("Webhook")}))),
        about(path::WEBHOOK, "get", "getWebhook", "One webhook").with("parameters", by_id()).answers(
            "200",
            "The webhook",
            webhook(),
        ),
        about(path::WEBHOOK, "put", "updateWebhook", "Replace a webhook")
            .with("parameters", by_id())
            .body(reference("WebhookUpdate"))
            .answers("200", "The webhook as it is now", webhook())
            .refuses(&["503"]),
        about(path::WEBHOOK, "delete", "deleteWebhook", "Delete a webhook")
            .with("parameters", by_id())
            .answers("204", "It is gone", None)
            .refuses(&["503"]),
        created(
            about(path::CREATE, "post", "createWebhook", "Create a webhook")
                .body(reference("WebhookCreate"))
                .answers("200", "The new webhook", webhook())
                .refuses(&["503"]),
        ),
    ]
}

/// The new webhook's id leads to the operations on it.
fn created(mut operation: Operation) -> Operation {
    let link = |operation: &str| -> Value {
        json!({"operationId": operation, "parameters": {field::WEBHOOK_ID: format!("$response.body#/{}", field::ID)}})
    };
    operation.value["responses"]["200"]["links"] =
        json!({"get": link("getWebhook"), "update": link("updateWebhook"), "delete": link("deleteWebhook")});
    operation
}
