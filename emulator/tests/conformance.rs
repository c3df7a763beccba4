//! Plays `tests/conformance/emulator/*.json`: see the README there for the format.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use blynk_webhooks::{Client, Error, WebhookSpec};
use blynk_webhooks_emulator::{Emulator, State};
use scripted_server::{Reply, Server};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    state: Option<Value>,
    steps: Vec<Step>,
    received: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    call: Option<Value>,
    command: Option<Value>,
    target: Option<u16>,
    value: Option<Value>,
    error: Option<String>,
}

#[tokio::test]
async fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance/emulator");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let number = serde_json::from_str::<Vec<Value>>(&text).unwrap().len();
        for place in 0..number {
            play(&text, place).await;
            count += 1;
        }
    }
    assert!(count > 3, "only {count} cases were found");
    println!("{count} cases of the emulator hold");
}

async fn play(text: &str, place: usize) {
    let status = Arc::new(AtomicU16::new(200));
    let answers = Arc::clone(&status);
    let sink = Server::start(move |_, _| Reply::text(answers.load(Ordering::SeqCst), "")).await;
    let mut cases: Vec<Case> = serde_json::from_str(&text.replace("http://target", &sink.url)).unwrap();
    let case = cases.swap_remove(place);
    println!("emulator: {}", case.name);
    let state = State::from_json(&case.state.unwrap_or_else(|| Value::Object(Default::default())).to_string()).unwrap();
    let emulator = Emulator::builder().state(state).start().unwrap();
    let client = emulator.client().unwrap();
    for (number, step) in case.steps.into_iter().enumerate() {
        let step_name = format!("{}, step {number}", case.name);
        let outcome = match (step.call, step.command, step.target) {
            (Some(operation), None, None) => call(&client, &operation).await,
            (None, Some(command), None) => {
                let told = emulator.command(&command.to_string()).await;
                told.map(|text| serde_json::from_str(&text).unwrap())
            }
            (None, None, Some(answer)) => {
                status.store(answer, Ordering::SeqCst);
                continue;
            }
            _ => panic!("{step_name} is one of call, command and target"),
        };
        match (outcome, step.error) {
            (Ok(value), None) => {
                let expected = step.value.unwrap_or_default();
                assert!(holds(&value, &expected), "{step_name}: {value} does not hold {expected}");
            }
            (Err(error), Some(class)) => assert_eq!(error.kind().class(), class, "{step_name}: {error}"),
            (outcome, _) => panic!("{step_name}: {outcome:?}"),
        }
    }
    let received: Vec<_> = sink.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(received, case.received, "{}", case.name);
}

async fn call(client: &Client, call: &Value) -> Result<Value, Error> {
    let id = call["webhook_id"].as_i64().map_or(0, |id| id.try_into().unwrap());
    let json = |text: String| serde_json::from_str(&text).unwrap();
    Ok(json(match call["operation"].as_str().unwrap() {
        "list" => client.list().await?.as_json().to_owned(),
        "get" => client.get(id).await?.to_json(),
        "create" => client.create(WebhookSpec::from_json(&call["spec"].to_string())?).await?.to_json(),
        "enable" => client.enable(id).await?.to_json(),
        "disable" => client.disable(id).await?.to_json(),
        other => panic!("no operation is called {other}"),
    }))
}

/// Objects hold at least the members named, lists are as long.
fn holds(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => {
            expected.iter().all(|(name, expected)| value.get(name).is_some_and(|value| holds(value, expected)))
        }
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len() && value.iter().zip(expected).all(|(value, expected)| holds(value, expected))
        }
        _ => value == expected,
    }
}
