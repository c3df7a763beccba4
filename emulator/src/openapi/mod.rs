//! The OpenAPI document that the emulator serves: the public API and the control API, from the core's own tables.

mod control;
mod operation;
mod schemas;
mod token;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use serde_json::{Map, Value, json};

use self::operation::Operation;
use crate::app::AppState;
use crate::http::json_response;

/// Path of the document.
const PATH: &str = "/_emulator/openapi.json";

pub(crate) fn router() -> Router<Arc<AppState>> {
    Router::new().route(PATH, get(|| async { json_response(document().to_string()) }))
}

fn document() -> Value {
    let mut paths = Map::new();
    let operations = [token::operations(), webhooks::operations(), control::operations()];
    for Operation { path, method, value } in operations.into_iter().flatten() {
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[method] = value;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Emulated Blynk organization",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The webhook API of a Blynk organization, emulated on this machine, and the emulator's own \
                control API. Unofficial.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "token", "description": "OAuth2 tokens"},
            {"name": "webhooks", "description": "The API as the platform has it"},
            {"name": "control", "description": "What only the emulator has: events, log, faults, time and state. Needs no \
                token; pages of other origins are refused."},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An access token of the token endpoint"},
                "client": {"type": "http", "scheme": "basic", "description": "Client id and client secret"},
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Delivery, Emulator, State};
    use blynk_webhooks::{Trigger, field, path};

    fn keys(value: &Value) -> Vec<&str> {
        let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
        }
    }

    #[test]
    fn names_are_those_of_the_contract_and_of_the_types() {
        let document = document();
        for known in [path::TOKEN, path::WEBHOOKS, path::WEBHOOK, path::CREATE] {
            assert!(document["paths"].get(known).is_some(), "{known}");
        }
        let schemas = &document["components"]["schemas"];
        let mut webhook: Vec<&str> = field::SETTABLE.iter().chain(&field::READ_ONLY).copied().collect();
        webhook.sort_unstable();
        assert_eq!(keys(&schemas["Webhook"]["properties"]), webhook);
        assert_eq!(schemas["Trigger"]["enum"], json!(Trigger::NAMES));
        let state = serde_json::to_value(State::default()).unwrap();
        assert_eq!(keys(&schemas["State"]["properties"]), keys(&state));
        assert_eq!(keys(&schemas["Limits"]["properties"]), keys(&state["limits"]));
    }

    #[tokio::test]
    async fn every_operation_is_served_and_every_delivery_described() {
        let emulator = Emulator::start().unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for (path, item) in document()["paths"].as_object().unwrap() {
            for method in keys(item) {
                let url = format!("{}{}?timeoutMs=1", emulator.url(), path.replace(['{', '}'], ""));
                let method = reqwest::Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
                let response = http.request(method.clone(), url).send().await.unwrap();
                let status = response.status().as_u16();
                // The stream of changes has no end.
                let endless = path == crate::control::changes::PATH;
                let text = if endless { String::new() } else { response.text().await.unwrap() };
                assert!(status != 405 && !text.contains(&format!("there is no {path}")), "{method} {path}: {text}");
            }
        }
        let spec = r#"{"name": "n", "trigger": "NEW_USER", "url": "http://127.0.0.1:9", "method": "POST", "body": "b",
            "contentType": "JSON", "authType": "NONE"}"#;
        let spec = blynk_webhooks::WebhookSpec::from_json(spec).unwrap();
        let delivery: Delivery = emulator.test(spec, Map::new()).await.unwrap();
        let delivery = serde_json::to_value(delivery).unwrap();
        let described = &document()["components"]["schemas"]["Delivery"]["properties"];
        assert!(keys(&delivery).iter().all(|key| described.get(key).is_some()), "{delivery}");
    }
}
