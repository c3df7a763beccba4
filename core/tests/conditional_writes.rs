//! Writes that are made only if the server still holds the expected webhook.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use blynk_webhooks::{Attribute, AttributeValue, Client, Error, ErrorKind, Naming, Webhook, WebhookPatch};
use support::{Reply, Server};

fn text(name: &str, modified: u64, attempts: u32) -> String {
    format!(
        r#"{{"id":7,"name":"{name}","trigger":"NEW_USER","url":"https://e.com","method":"POST","contentType":"JSON",
        "authType":"NONE","lastModifiedTs":{modified},"attemptCount":{attempts},"new":[1]}}"#
    )
}

/// The outcome of each writing operation where `held` is expected and the server holds `current`; and what was sent.
async fn outcomes(held: &str, current: &str) -> Vec<(Result<(), Error>, Vec<String>)> {
    let mut outcomes = Vec::new();
    for operation in ["update", "patch", "delete", "enable", "disable"] {
        let answer = current.to_owned();
        let server = Server::start(move |_, _| Reply::json(200, &answer)).await;
        let client = Client::builder().base_url(&server.url).token("t").build().unwrap();
        let held = Webhook::from_json(held).unwrap();
        let outcome = match operation {
            "update" => client.update(7, held.spec().name("new")).expected(&held).await.map(drop),
            "patch" => client.patch(7, WebhookPatch::new().set("name", "new")).expected(&held).await.map(drop),
            "delete" => client.delete(7).expected(&held).await,
            "enable" => client.enable(7).expected(&held).await.map(drop),
            _ => client.disable(7).expected(&held).await.map(drop),
        };
        outcomes.push((outcome, server.requests().into_iter().map(|request| request.method).collect()));
    }
    outcomes
}

#[tokio::test]
async fn an_expected_webhook_is_written() {
    // Whatever the platform has counted meanwhile.
    for (place, (outcome, methods)) in outcomes(&text("n", 5, 1), &text("n", 5, 9)).await.into_iter().enumerate() {
        outcome.unwrap();
        assert_eq!(methods, ["GET", if place == 2 { "DELETE" } else { "PUT" }]);
    }
}

#[tokio::test]
async fn another_webhook_is_left_alone() {
    let held = text("n", 5, 1);
    for current in [text("changed", 5, 1), text("n", 6, 1), held.replace("[1]", "[2]")] {
        for (outcome, methods) in outcomes(&held, &current).await {
            let error = outcome.unwrap_err();
            assert_eq!(methods, ["GET"]);
            assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
            assert_eq!((error.kind().class(), error.kind().code()), ("PreconditionFailedError", "PRECONDITION_FAILED"));
            let shown = Webhook::from_json(&current).unwrap();
            let attribute = error.attribute(Attribute::Current, Naming::Rust);
            assert_eq!(attribute, Some(AttributeValue::Webhook(&shown)));
            assert!(!error.outcome_unknown() && error.to_string().contains("nothing was written"), "{error}");
            let Error::PreconditionFailed { current } = error else { panic!() };
            assert_eq!(*current, shown);
        }
    }
}

#[tokio::test]
async fn expected_is_for_writes_only() {
    let server = Server::replies(vec![Reply::json(200, &text("n", 5, 1))]).await;
    let client = Client::builder().base_url(&server.url).token("t").build().unwrap();
    let held = Webhook::from_json(text("n", 5, 1)).unwrap();
    let error = client.get(7).expected(&held).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    // Another webhook is never the expected one.
    let error =
        client.delete(8).expected(&Webhook::from_json(text("n", 5, 1).replace("7", "8")).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    assert_eq!(server.count(), 1);
}
