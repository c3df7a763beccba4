//! Plays `tests/conformance/plan/*.json`: see the README there for the format.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use blynk_webhooks::Error;
use blynk_webhooks_emulator::{Emulator, State};
use blynk_webhooks_plan::{ApplyOptions, Desired, Outcome, PlanOptions, plan};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    desired: Value,
    live: Vec<Value>,
    #[serde(default)]
    options: Options,
    items: Option<Vec<Value>>,
    error: Option<Expected>,
    #[serde(default)]
    applied: Vec<Value>,
    #[serde(default)]
    secrets: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    resend_secrets: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    class: String,
    contains: Vec<String>,
}

#[tokio::test]
async fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance/plan");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for case in serde_json::from_str::<Vec<Case>>(&text).unwrap() {
            play(case).await;
            count += 1;
        }
    }
    assert!(count > 0, "{} holds no case", folder.display());
}

async fn play(case: Case) {
    let name = &case.name;
    let mut live = case.live;
    for (webhook, id) in live.iter_mut().zip(1..) {
        webhook["id"] = json!(id);
    }
    let state = State::from_json(&json!({"webhooks": live}).to_string()).unwrap();
    let emulator = Emulator::builder().state(state).start().unwrap();
    let client = emulator.client().unwrap();
    let before = client.list().await.unwrap();
    let options = || PlanOptions::new().resend_secrets(case.options.resend_secrets);
    let outcome = match Desired::from_json(&case.desired.to_string()) {
        Ok(desired) => plan(&client, &desired, options()).await.map(|plan| (plan, desired)),
        Err(findings) => Err(findings.into()),
    };
    let (made, desired) = match (outcome, case.error) {
        (Err(error), Some(expected)) => {
            let error = Error::from(error);
            let message = error.to_string();
            assert_eq!(expected.class, error.kind().class(), "{name}");
            for text in expected.contains {
                assert!(message.contains(&text), "{name}: {text:?} is not in {message:?}");
            }
            assert_eq!(client.list().await.unwrap(), before, "{name}");
            return;
        }
        (Ok(made), None) => made,
        (Ok((made, _)), Some(_)) => panic!("{name}: no error, but {made:?}"),
        (Err(error), None) => panic!("{name}: {error}"),
    };
    let json: Value = serde_json::from_str(&made.to_json()).unwrap();
    assert_eq!(json["items"], Value::from(case.items.unwrap()), "{name}");
    assert_eq!(made.digest.len(), 32, "{name}");
    assert_eq!(plan(&client, &desired, options()).await.unwrap().digest, made.digest, "{name}");
    for secret in &case.secrets {
        assert!(!made.to_json().contains(secret) && !format!("{made:?}").contains(secret), "{name}");
    }
    let report = made.apply(&client, ApplyOptions::new()).await.unwrap();
    assert!(report.items.iter().all(|item| item.outcome == Outcome::Done), "{name}: {report:?}");
    let after: Vec<Value> =
        client.list().await.unwrap().iter().map(|webhook| serde_json::from_str(&webhook.to_json()).unwrap()).collect();
    for expected in &case.applied {
        let members = expected.as_object().unwrap();
        let holds = |webhook: &Value| members.iter().all(|(name, value)| webhook[name] == *value);
        assert!(after.iter().any(holds), "{name}: {expected} is not among {after:#?}");
    }
    let again = plan(&client, &desired, PlanOptions::new()).await.unwrap();
    assert!(again.is_empty(), "{name}: {}", again.to_text(false));
}
