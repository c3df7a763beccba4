//! What tests of a user use: built-in targets, expectations, faults of deliveries, hosts and authorities that are allowed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use blynk_webhooks::{Client, Status, WebhookSpec};
use blynk_webhooks_emulator::declaration::{COMMANDS, FAULT_KINDS, Place};
use blynk_webhooks_emulator::{
    DeliveryFault, DeliveryFilter, Emulator, EmulatorError, Fault, Outcome, Target, TargetResponse,
};
use serde_json::{Value, json};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(30);

async fn webhook(emulator: &Emulator, target: &Target) -> i32 {
    let spec = WebhookSpec::new("Doors", "DEVICE_ADDED", format!("{}/doors/{{device_id}}", target.url()))
        .method("POST")
        .content_type("JSON")
        .auth_type("NONE")
        .body(r#"{"id": {device_id}}"#)
        .failure_limit(100);
    emulator.client().unwrap().create(spec).await.unwrap().id()
}

async fn command(emulator: &Emulator, command: Value) -> Result<Value, blynk_webhooks::Error> {
    emulator.command(&command.to_string()).await.map(|text| serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn a_target_records_requests_and_answers_as_told() {
    let emulator = Emulator::start().unwrap();
    let target = emulator.target().await.unwrap();
    webhook(&emulator, &target).await;
    target.respond_next(TargetResponse::status(503).body("busy").header("X-Note", "1"), 2).unwrap();
    target.respond_next(TargetResponse::status(404), 1).unwrap();
    target.respond(TargetResponse::status(201)).unwrap();
    let mut statuses = Vec::new();
    for id in 1..=5 {
        let delivery = emulator.trigger("DEVICE_ADDED", json!({"device_id": id})).await.unwrap().remove(0);
        statuses.push(delivery.status_code.unwrap());
        if id == 1 {
            assert_eq!(delivery.response_body.as_deref(), Some("busy"));
            assert!(delivery.response_headers.contains(&("x-note".into(), "1".into())));
        }
    }
    assert_eq!(statuses, [503, 503, 404, 201, 201]);
    let requests = target.requests();
    assert_eq!((requests.len(), requests[2].path.as_str(), requests[2].body.as_str()), (5, "/doors/3", r#"{"id": 3}"#));
    assert_eq!(requests[0].method, "POST");
    assert!(requests[0].headers.contains(&("content-type".into(), "application/json".into())));
    assert!(target.respond(TargetResponse::status(99)).is_err());
    assert!(target.respond(TargetResponse::status(200).header("a b", "")).is_err());
    assert!(target.respond(TargetResponse::status(200).header("Content-Length", "5")).is_err());
    assert!(target.respond_next(TargetResponse::status(200), 0).is_err());
    emulator.reset().unwrap();
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn a_target_is_told_by_commands_too() {
    let emulator = Emulator::start().unwrap();
    let target = command(&emulator, json!({"do": "target"})).await.unwrap();
    let (id, url) = (target["id"].clone(), target["url"].as_str().unwrap().to_owned());
    let response = json!({"targetId": id, "status": 500, "body": "no", "headers": {"X-A": "b"}, "times": 1});
    assert_eq!(command(&emulator, json!({"do": "target_respond", "with": response})).await.unwrap(), Value::Null);
    let spec = json!({"name": "n", "trigger": "NEW_USER", "url": url, "method": "GET", "contentType": "JSON", "authType": "NONE"});
    let test = json!({"do": "test", "with": {"spec": spec}});
    assert_eq!(command(&emulator, test.clone()).await.unwrap()["responseHeaders"]["x-a"], "b");
    assert_eq!(command(&emulator, test).await.unwrap()["statusCode"], 200);
    let requests = command(&emulator, json!({"do": "target_requests", "with": {"targetId": id}})).await.unwrap();
    assert_eq!((requests.as_array().unwrap().len(), &requests[0]["path"]), (2, &json!("/")));
    command(&emulator, json!({"do": "clear_target", "with": {"targetId": id}})).await.unwrap();
    let requests = command(&emulator, json!({"do": "target_requests", "with": {"targetId": id}})).await.unwrap();
    assert_eq!(requests, json!([]));
    let unknown = json!({"do": "target_requests", "with": {"targetId": 9}});
    assert!(command(&emulator, unknown).await.unwrap_err().to_string().contains("no target 9"));
}

#[tokio::test]
async fn a_target_on_https_is_trusted() {
    let emulator = Emulator::start().unwrap();
    let target = emulator.https_target().await.unwrap();
    assert!(target.url().starts_with("https://127.0.0.1:"));
    webhook(&emulator, &target).await;
    let delivery = emulator.trigger("DEVICE_ADDED", ()).await.unwrap().remove(0);
    assert_eq!(delivery.outcome, Outcome::Ok, "{delivery:?}");
    // Another emulator trusts it only where it is told to.
    let stranger = Emulator::start().unwrap();
    webhook(&stranger, &target).await;
    assert_eq!(stranger.trigger("DEVICE_ADDED", ()).await.unwrap()[0].outcome, Outcome::Failed);
    let friend = Emulator::builder().target_ca_pem(emulator.target_ca_pem().unwrap()).start().unwrap();
    webhook(&friend, &target).await;
    let delivery = friend.trigger("DEVICE_ADDED", ()).await.unwrap().remove(0);
    assert_eq!(delivery.outcome, Outcome::Ok, "{delivery:?}");
    // Its own targets on https as well.
    webhook(&friend, &friend.https_target().await.unwrap()).await;
    let deliveries = friend.trigger("DEVICE_ADDED", ()).await.unwrap();
    assert!(deliveries.iter().all(|delivery| delivery.outcome == Outcome::Ok), "{deliveries:?}");
    let problem = Emulator::builder().target_ca_pem("my certificate").start().unwrap_err().to_string();
    assert!(problem.contains("BEGIN CERTIFICATE"), "{problem}");
}

#[tokio::test]
async fn an_expectation_is_met_or_names_the_closest_deliveries() {
    let emulator = std::sync::Arc::new(Emulator::start().unwrap());
    let any = DeliveryFilter::new;
    let expect = async |filter, count, timeout| match emulator.expect(filter, count, timeout).await {
        Err(EmulatorError::NotExpected(message)) => message,
        other => panic!("{other:?}"),
    };
    let message = expect(any(), 1, SHORT).await;
    assert!(message.contains("expected 1 delivery within 30ms, but none matched"), "{message}");
    assert!(message.ends_with("there was no delivery, and there is no webhook"), "{message}");

    let target = emulator.target().await.unwrap();
    let id = webhook(&emulator, &target).await;
    emulator.client().unwrap().disable(id).await.unwrap();
    let message = expect(any(), 1, SHORT).await;
    assert!(message.ends_with("Webhooks: 1 'Doors' runs on DEVICE_ADDED and is DISABLED"), "{message}");
    emulator.client().unwrap().enable(id).await.unwrap();

    target.respond_next(TargetResponse::status(500), 1).unwrap();
    emulator.trigger("DEVICE_ADDED", ()).await.unwrap();
    let message = expect(any().webhook_id(id).outcome(Outcome::Ok), 2, SHORT).await;
    assert!(message.contains("expected 2 deliveries (webhook 1, outcome ok)"), "{message}");
    let closest = "but none matched. The closest: delivery 1 of webhook 1 'Doors': failed (the target answered with 500), \
                   its outcome is failed, not ok";
    assert!(message.contains(closest), "{message}");
    let filter = any().webhook_id(7).trigger("NEW_USER").status_code(201).search("nowhere");
    let message = expect(filter, 1, SHORT).await;
    let differences = "its webhook is 1, not 7, its trigger is DEVICE_ADDED, not NEW_USER, its status is 500, not 201, \
                       'nowhere' is not in it";
    assert!(message.ends_with(differences), "{message}");
    let message = expect(any().status_code(500), 0, LONG).await;
    assert!(message.contains("expected no delivery (status 500)") && message.contains("delivery 1 of"), "{message}");
    assert!(emulator.expect(any().outcome(Outcome::NotSent), 0, SHORT).await.unwrap().is_empty());

    // They may come while it waits.
    let waiting = std::sync::Arc::clone(&emulator);
    let expected = tokio::spawn(async move { waiting.expect(any().outcome(Outcome::Ok), 2, LONG).await.unwrap() });
    for _ in 0..2 {
        emulator.trigger("DEVICE_ADDED", ()).await.unwrap();
    }
    assert_eq!(expected.await.unwrap().iter().map(|delivery| delivery.id).collect::<Vec<_>>(), [2, 3]);
    let error = command(&emulator, json!({"do": "expect", "with": {"search": "nowhere", "timeoutMs": 5}})).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind().class(), "RequestTimeoutError");
    let message = error.to_string();
    // The closest ones are named first; of those that are equally close, the latest.
    assert!(
        message.contains("The closest: delivery 3 of webhook 1 'Doors': ok (200), 'nowhere' is not in it;"),
        "{message}"
    );
}

#[tokio::test]
async fn deliveries_meet_their_faults() {
    let emulator = Emulator::start().unwrap();
    let target = emulator.target().await.unwrap();
    let id = webhook(&emulator, &target).await;
    let delay = DeliveryFault::Delay { delay_ms: 80 };
    for fault in [DeliveryFault::Drop, DeliveryFault::Duplicate, DeliveryFault::Reset, delay] {
        emulator.fail_next_delivery(Some(id), fault, 1).unwrap();
    }
    emulator.fail_next_delivery(Some(id + 1), DeliveryFault::Drop, 1).unwrap();
    let mut arrived = Vec::new();
    let mut outcomes = Vec::new();
    let mut last = None;
    for _ in 0..5 {
        let started = std::time::Instant::now();
        let delivery = emulator.trigger("DEVICE_ADDED", ()).await.unwrap().remove(0);
        arrived.push(target.requests().len());
        outcomes.push(delivery.outcome);
        if arrived.len() == 4 {
            assert!(started.elapsed() >= Duration::from_millis(80));
        }
        if delivery.outcome == Outcome::Failed {
            assert!(delivery.request.is_some() && delivery.reason.as_ref().unwrap().contains("a scripted fault"));
            assert!(delivery.status_code.is_none(), "{delivery:?}");
        }
        last = Some(delivery);
    }
    use Outcome::{Failed, Ok};
    assert_eq!(outcomes, [Failed, Ok, Failed, Ok, Ok]);
    assert_eq!(arrived, [0, 2, 3, 4, 5]);
    assert!(last.unwrap().reason.is_none());
    let left = command(&emulator, json!({"do": "delivery_faults"})).await.unwrap();
    assert_eq!(left, json!([{"webhookId": id + 1, "fault": {"kind": "drop"}, "times": 1}]));
    emulator.clear_faults();
    assert_eq!(command(&emulator, json!({"do": "delivery_faults"})).await.unwrap(), json!([]));
    assert!(emulator.fail_next_delivery(None, DeliveryFault::Drop, 0).is_err());
    assert_eq!(emulator.client().unwrap().get(id).await.unwrap().status(), Some(Status::Enabled));
}

#[tokio::test]
async fn faults_are_named_by_flags_too() {
    let emulator = Emulator::start().unwrap();
    for (name, flags) in [
        ("fail_next", json!({})),
        ("fail_next", json!({"status": 429, "retryAfter": 7, "times": 2, "operation": "list"})),
        ("fail_next", json!({"reset": true, "truncate": false, "status": null})),
        ("fail_next_delivery", json!({"delayMs": 5, "webhookId": 3})),
        ("fail_next_delivery", json!({"duplicate": true})),
    ] {
        command(&emulator, json!({"do": name, "with": flags})).await.unwrap();
    }
    let faults = command(&emulator, json!({"do": "faults"})).await.unwrap();
    assert_eq!(
        faults,
        json!([
            {"fault": {"kind": "status", "status": 503}, "times": 1},
            {"operation": "list", "fault": {"kind": "status", "status": 429, "retryAfter": 7}, "times": 2},
            {"fault": {"kind": "reset"}, "times": 1},
        ])
    );
    let faults = command(&emulator, json!({"do": "delivery_faults"})).await.unwrap();
    assert_eq!(
        faults,
        json!([
            {"webhookId": 3, "fault": {"kind": "delay", "delayMs": 5}, "times": 1},
            {"fault": {"kind": "duplicate"}, "times": 1},
        ])
    );
    for (name, flags, class, says) in [
        ("fail_next", json!({"reset": true, "malformed": true}), "ConfigError", "one fault at a time"),
        ("fail_next", json!({"reset": true, "fault": {"kind": "reset"}}), "ConfigError", "either"),
        ("fail_next", json!({"drop": true}), "ValidationError", "drop"),
        ("fail_next", json!({"status": 99}), "ValidationError", "from 200 to 599"),
        ("fail_next", json!({"status": "x"}), "ValidationError", "fault"),
        ("fail_next_delivery", json!({}), "ValidationError", "one of reset, delayMs, drop, duplicate"),
        ("fail_next_delivery", json!({"malformed": true}), "ValidationError", "malformed"),
    ] {
        let error = command(&emulator, json!({"do": name, "with": flags})).await.unwrap_err();
        assert!(error.kind().class() == class && error.to_string().contains(says), "{flags}: {error}");
    }
    emulator.clear_faults();
    emulator.fail_next(None, Fault::Reset, 1).unwrap();
}

#[tokio::test]
async fn only_allowed_hosts_are_reached() {
    let spec = |url: &str| WebhookSpec::new("n", "NEW_USER", url).method("GET").content_type("JSON").auth_type("NONE");
    // Nobody resolves these names; what counts is that they are tried.
    let emulator = Emulator::builder().allow_target("app.invalid:3000").allow_target("db.invalid").start().unwrap();
    for (url, outcome) in [
        ("http://app.invalid:3000/a", Outcome::Failed),
        ("http://db.invalid:1/", Outcome::Failed),
        ("http://app.invalid/a", Outcome::NotSent),
        ("http://other.invalid:3000/", Outcome::NotSent),
    ] {
        let delivery = emulator.test(spec(url), ()).await.unwrap();
        assert_eq!(delivery.outcome, outcome, "{url}: {delivery:?}");
        let named = url.trim_start_matches("http://").split('/').next().unwrap();
        let reason = delivery.reason.unwrap();
        assert!(
            outcome == Outcome::Failed || reason.contains(&format!("'{named}' among the allowed targets")),
            "{reason}"
        );
    }
    let problem = Emulator::builder().allow_target("http://app").start().unwrap_err();
    assert!(problem.is_about_settings() && !problem.is_about_state());
    let problem = problem.to_string();
    assert!(problem.contains("'http://app' must be a host name"), "{problem}");
}

#[tokio::test]
async fn the_environment_makes_a_client() {
    let emulator = Emulator::start().unwrap();
    let environ = emulator.environ();
    let value = |name: &str| environ.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap();
    let client = Client::builder()
        .base_url(value("BLYNK_BASE_URL"))
        .client_credentials(value("BLYNK_CLIENT_ID"), value("BLYNK_CLIENT_SECRET"))
        .build()
        .unwrap();
    assert!(client.list().await.unwrap().is_empty());
    let told = command(&emulator, json!({"do": "environ"})).await.unwrap();
    assert_eq!(told, json!(environ.into_iter().collect::<std::collections::BTreeMap<_, _>>()));
}

#[test]
fn the_declaration_is_whole() {
    let mut names = std::collections::HashSet::new();
    let mut routes = std::collections::HashSet::new();
    for command in COMMANDS {
        assert!(names.insert(command.name), "{} is declared twice", command.name);
        assert!(!command.summary.is_empty());
        if let Some(route) = &command.route {
            assert!(routes.insert((route.method, route.path)), "{} is declared twice", route.path);
            assert!(route.then.is_none_or(|then| COMMANDS.iter().any(|other| other.name == then)));
            for parameter in command.parameters.iter().filter(|parameter| parameter.place == Place::Path) {
                assert!(route.path.contains(&format!("{{{}}}", parameter.name)), "{}", route.path);
            }
        }
    }
    for (command, applies) in [("fail_next", true), ("fail_next_delivery", false)] {
        let command = COMMANDS.iter().find(|found| found.name == command).unwrap();
        for kind in FAULT_KINDS.iter().filter(|kind| if applies { kind.of_requests } else { kind.of_deliveries }) {
            for name in [Some(kind.flag), kind.with].into_iter().flatten() {
                assert!(command.parameters.iter().any(|parameter| parameter.name == name), "{name}");
            }
        }
    }
}
