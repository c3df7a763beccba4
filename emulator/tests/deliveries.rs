//! Webhooks that run: rendered, really sent, counted, disabled, brought back, and logged.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use blynk_webhooks::{AuthType, ContentType, Method, Status, Trigger, WebhookSpec};
use blynk_webhooks_emulator::{DeliveryFilter, Emulator, EmulatorError, Fault, Limits, Operation, Outcome, State};
use scripted_server::{Reply, Server};
use serde_json::{Map, Value, json};

fn spec(url: String) -> WebhookSpec {
    WebhookSpec::new("n", Trigger::DeviceAdded, url)
        .method(Method::Post)
        .content_type(ContentType::Json)
        .auth_type(AuthType::None)
}

fn values(values: Value) -> Map<String, Value> {
    values.as_object().unwrap().clone()
}

fn state(limits: Value) -> State {
    State::from_json(&json!({ "limits": limits }).to_string()).unwrap()
}

#[tokio::test]
async fn an_event_is_rendered_and_really_sent() {
    let sink = Server::always(Reply::text(201, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let body = r#"{"id": {device_id}, "name": "{device_name}"}"#;
    let webhook = client
        .create(spec(format!("{}/hook/{{device_name}}?t={{timestamp_unix}}", sink.url)).body(body))
        .await
        .unwrap();
    client.create(spec(sink.url.clone()).trigger(Trigger::NewUser)).await.unwrap();
    let other = client.create(spec(sink.url.clone())).await.unwrap();
    client.disable(other.id()).await.unwrap();
    emulator.set_time(1_707_244_800_000);

    let event = values(json!({"device_id": 7, "device_name": "a \"b\""}));
    let deliveries = emulator.trigger(Trigger::DeviceAdded, event).await.unwrap();

    let received = sink.requests();
    assert_eq!((received.len(), deliveries.len()), (1, 1));
    assert_eq!((received[0].method.as_str(), received[0].target.as_str()), ("POST", "/hook/a%20%22b%22?t=1707244800"));
    assert_eq!(received[0].headers["content-type"], "application/json");
    assert_eq!(received[0].body, br#"{"id": 7, "name": "a \"b\""}"#);
    let delivery = &deliveries[0];
    assert_eq!(
        (delivery.webhook_id, delivery.status_code, delivery.outcome),
        (Some(webhook.id()), Some(201), Outcome::Ok)
    );
    assert_eq!((delivery.response_body.as_deref(), delivery.at), (Some("answer"), 1_707_244_800_000));
    assert_eq!(delivery.request.as_ref().unwrap().body.as_deref().map(str::as_bytes), Some(&*received[0].body));
    let held = client.get(webhook.id()).await.unwrap();
    assert_eq!((held.attempt_count(), held.last_triggered_at()), (Some(1), Some(1_707_244_800_000)));
    assert_eq!(held.last_modified_at(), webhook.last_modified_at());
}

#[tokio::test]
async fn failures_disable_a_webhook_tell_the_receivers_and_end_with_enable() {
    let sink = Server::start(|n, _| if n < 3 { Reply::text(500, "broken") } else { Reply::text(200, "fine") }).await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let webhook = client.create(spec(sink.url.clone()).failure_limit(3).failure_receivers(vec![5, 6])).await.unwrap();
    for _ in 0..5 {
        emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    }
    assert_eq!(sink.requests().len(), 3);
    let disabled = client.get(webhook.id()).await.unwrap();
    assert_eq!((disabled.status(), disabled.attempt_count()), (Some(Status::DisabledDueToErrors), Some(3)));
    let told: Vec<_> = emulator.notices().iter().map(|notice| (notice.user_id, notice.webhook_id)).collect();
    assert_eq!(told, [(5, webhook.id()), (6, webhook.id())]);

    client.enable(webhook.id()).await.unwrap();
    let deliveries = emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    assert_eq!(deliveries[0].outcome, Outcome::Ok);
    let failed = emulator.deliveries(&DeliveryFilter::new().webhook_id(webhook.id()).outcome(Outcome::Failed));
    assert_eq!(failed.len(), 3);
    let reasons: Vec<_> = failed.iter().map(|delivery| delivery.reason.as_deref().unwrap()).collect();
    assert!(
        reasons[0].ends_with("500") && reasons[2].ends_with("500; the webhook is disabled after 3 failures in a row")
    );
}

#[tokio::test]
async fn what_cannot_be_sent_says_why_and_counts_no_attempt() {
    let emulator = Emulator::builder().state(state(json!({"runsPerMinute": 2}))).start().unwrap();
    let client = emulator.client().unwrap();
    let sink = Server::always(Reply::text(200, "answer")).await;
    let remote = client.create(spec("https://example.com/".into())).await.unwrap();
    let basic = client.create(spec(sink.url.clone()).auth_type(AuthType::Basic)).await.unwrap();
    let busy = client.create(spec(sink.url.clone())).await.unwrap();
    for _ in 0..3 {
        emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    }
    for (webhook, reason) in [(&remote, "not loopback"), (&basic, "basicAuth"), (&busy, "2 times within a minute")] {
        let filter = DeliveryFilter::new().webhook_id(webhook.id()).outcome(Outcome::NotSent);
        let last = emulator.deliveries(&filter).pop().unwrap();
        assert!(last.reason.as_ref().unwrap().contains(reason) || reason != "2 times within a minute", "{last:?}");
        let first = emulator.deliveries(&filter).remove(0);
        assert!(first.reason.as_ref().unwrap().contains(reason), "{first:?}");
        assert!(first.request.is_none() && first.status_code.is_none());
    }
    assert_eq!(client.get(remote.id()).await.unwrap().attempt_count(), Some(0));
    assert_eq!(client.get(busy.id()).await.unwrap().attempt_count(), Some(2));
    emulator.advance_time(Duration::from_secs(61));
    let filter = DeliveryFilter::new().webhook_id(busy.id()).outcome(Outcome::Ok);
    emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    assert_eq!(emulator.deliveries(&filter).len(), 3);
}

#[tokio::test]
async fn a_target_is_given_its_credentials() {
    let sink = Server::start(|_, request| match request.target.as_str() {
        "/token" => Reply::text(200, r#"{"access_token": "t-1", "expires_in": 300}"#),
        _ => Reply::text(200, ""),
    })
    .await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let oauth = json!({"clientId": "id", "clientSecret": "s3cret", "tokenUrl": format!("{}/token", sink.url)});
    client.create(spec(format!("{}/oauth", sink.url)).auth_type(AuthType::OAuth2).oauth2_request(oauth)).await.unwrap();
    let basic = json!({"username": "me", "password": "hunter2"});
    client
        .create(spec(format!("{}/basic", sink.url)).auth_type(AuthType::Basic).extra("basicAuth", basic))
        .await
        .unwrap();
    for _ in 0..2 {
        emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    }
    let received = sink.requests();
    let authorizations = |target: &str| -> Vec<String> {
        let of_target = received.iter().filter(|request| request.target == target);
        of_target.map(|request| request.headers["authorization"].clone()).collect()
    };
    assert_eq!(authorizations("/token"), ["Basic aWQ6czNjcmV0"]);
    assert_eq!(authorizations("/oauth"), ["Bearer t-1", "Bearer t-1"]);
    assert_eq!(authorizations("/basic"), ["Basic bWU6aHVudGVyMg==", "Basic bWU6aHVudGVyMg=="]);
    let log = serde_json::to_string(&emulator.deliveries(&DeliveryFilter::new())).unwrap();
    assert!(
        log.contains("Bearer ***") && !log.contains("t-1") && !log.contains("hunter2") && !log.contains("aHVudGVyMg")
    );
}

#[tokio::test]
async fn a_slow_target_and_a_long_answer_are_cut_off() {
    let sink = Server::start(|_, _| Reply::text(200, "x".repeat(40_000))).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let emulator = Emulator::builder().state(state(json!({"deliveryTimeoutMs": 200}))).start().unwrap();
    let client = emulator.client().unwrap();
    client.create(spec(sink.url.clone())).await.unwrap();
    client.create(spec(silent)).await.unwrap();
    let deliveries = emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    assert_eq!(deliveries[0].response_body.as_ref().unwrap().len(), 16 * 1024);
    assert_eq!(deliveries[1].outcome, Outcome::Failed);
    assert!(deliveries[1].reason.as_ref().unwrap().contains("200ms") && deliveries[1].request.is_some());
}

#[tokio::test]
async fn an_endless_token_is_cut_off() {
    let sink = Server::start(|_, _| {
        Reply::text(200, format!(r#"{{"access_token": "t", "more": "{}"}}"#, "x".repeat(100_000)))
    })
    .await;
    let emulator = Emulator::start().unwrap();
    let oauth = json!({"clientId": "id", "clientSecret": "s", "tokenUrl": sink.url});
    let spec = spec(sink.url.clone()).auth_type(AuthType::OAuth2).oauth2_request(oauth);
    let delivery = emulator.test(spec, Map::new()).await.unwrap();
    assert!(delivery.reason.as_ref().unwrap().contains("no access_token within 65536 bytes"), "{delivery:?}");
}

#[tokio::test]
async fn a_token_url_that_fails_is_named_without_its_secrets() {
    let sink = Server::always(Reply::text(503, "answer")).await;
    let waiting = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let waiting = format!("http://me:hunter2@{}/t?secret=hunter2", waiting.local_addr().unwrap());
    let emulator = Emulator::builder().state(state(json!({"deliveryTimeoutMs": 200}))).start().unwrap();
    for (url, says) in [
        ("http://127.0.0.1:9/t".into(), "no connection to the token URL http://127.0.0.1:9/t: ".into()),
        (
            waiting.clone(),
            format!(
                "no answer from the token URL {} within 200ms",
                waiting.replace("me:hunter2", "***").replace("hunter2", "***")
            ),
        ),
        (sink.url.clone(), format!("the token URL {} answered with 503", sink.url)),
        ("/token".into(), "the token URL /token: relative URL without a base".into()),
        ("https://example.com/t".into(), "the token URL https://example.com/t: example.com is not loopback".into()),
    ] {
        let oauth = json!({"clientId": "id", "clientSecret": "s", "tokenUrl": url});
        let spec = spec(sink.url.clone()).auth_type(AuthType::OAuth2).oauth2_request(oauth);
        let delivery = emulator.test(spec, Map::new()).await.unwrap();
        assert!(delivery.reason.as_ref().unwrap().starts_with(&says), "{says}: {delivery:?}");
    }
}

#[tokio::test]
async fn the_log_tells_what_was_sent_and_no_more() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let target = sink.url.replace("http://", "http://me:hunter2@");
    let spec = spec(format!("{target}/a?b=1#part"));
    client.create(spec.clone().body("{}")).await.unwrap();
    client.create(spec.clone().body("")).await.unwrap();
    client.create(spec.method(Method::Get)).await.unwrap();
    let mut deliveries = emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    deliveries.push(emulator.redeliver(deliveries[0].id).await.unwrap());
    let order = |text: &str| text.replace(' ', "");
    let mut logged: Vec<_> = deliveries
        .iter()
        .map(|delivery| {
            let request = delivery.request.as_ref().unwrap();
            assert_eq!(request.url, format!("{}/a?b=1", sink.url));
            let headers: std::collections::BTreeMap<_, _> =
                request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
            order(&format!("{} {headers:?}", request.method))
        })
        .collect();
    let mut received: Vec<_> =
        sink.requests().iter().map(|request| order(&format!("{} {:?}", request.method, request.headers))).collect();
    logged.sort();
    received.sort();
    assert_eq!(logged, received);
}

#[tokio::test]
async fn a_placeholder_and_its_parts_are_all_filled_in() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let spec = spec(sink.url.clone()).content_type(ContentType::PlainText);
    let spec = spec.body("{device_pinValue} {device_pinValue[1]}");
    let delivery = emulator.test(spec, Map::new()).await.unwrap();
    assert_eq!(delivery.outcome, Outcome::Ok, "{delivery:?}");
}

#[tokio::test]
async fn waiting_for_slow_targets_of_others_is_no_failure() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let emulator = Emulator::builder().state(state(json!({"deliveryTimeoutMs": 200}))).start().unwrap();
    let client = emulator.client().unwrap();
    // One more than are sent at once.
    for _ in 0..65 {
        client.create(spec(silent.clone())).await.unwrap();
    }
    let started = std::time::Instant::now();
    let deliveries = emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    assert!(deliveries.iter().all(|delivery| delivery.request.is_some()));
    // The last waited for a place and had its whole time after that.
    assert!(started.elapsed() >= Duration::from_millis(400), "{:?}", started.elapsed());
}

/// The target takes the connection and hangs up only after the reset.
#[tokio::test]
async fn a_run_from_before_a_reset_changes_nothing_after_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let webhook = |url: &str| {
        json!({"id": 1, "name": "n", "trigger": "DEVICE_ADDED", "url": url, "method": "GET", "contentType": "JSON",
               "authType": "NONE", "failureLimit": 1, "failureReceivers": [5]})
    };
    let seed = State::from_json(&json!({"webhooks": [webhook(&url)]}).to_string()).unwrap();
    let emulator = std::sync::Arc::new(Emulator::builder().state(seed).start().unwrap());
    let before = emulator.snapshot();
    let running = std::sync::Arc::clone(&emulator);
    let run = tokio::spawn(async move { running.trigger(Trigger::DeviceAdded, Map::new()).await });
    let socket = tokio::task::spawn_blocking(move || listener.accept().unwrap().0).await.unwrap();
    emulator.reset().unwrap();
    drop(socket);
    let old = run.await.unwrap().unwrap().remove(0);
    assert!(old.id == 0 && old.reason.as_ref().unwrap().contains("was reset meanwhile"), "{old:?}");
    assert!(emulator.deliveries(&DeliveryFilter::new()).is_empty() && emulator.notices().is_empty());
    let member = |state: &State, name: &str| state.webhooks[0].to_value()[name].clone();
    assert_eq!(member(&emulator.snapshot(), "attemptCount"), 0);
    assert_eq!(member(&emulator.snapshot(), "status"), member(&before, "status"));
}

#[tokio::test]
async fn a_delivery_can_be_repeated_waited_for_and_tried() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    client.create(spec(format!("{}/{{device_id}}", sink.url))).await.unwrap();
    let first = emulator.trigger(Trigger::DeviceAdded, values(json!({"device_id": 3}))).await.unwrap().remove(0);
    let (waited, again) = tokio::join!(
        emulator.wait_for_delivery(DeliveryFilter::new().after(first.id), Duration::from_secs(5)),
        emulator.redeliver(first.id)
    );
    let again = again.unwrap();
    assert_eq!((waited.unwrap(), again.redelivery_of), (again.clone(), Some(first.id)));
    assert_eq!(again.request, first.request);
    assert!(matches!(emulator.redeliver(99).await, Err(EmulatorError::NoDelivery(99))));
    let short = Duration::from_millis(50);
    let nothing = emulator.wait_for_delivery(DeliveryFilter::new().after(again.id), short).await;
    assert!(matches!(nothing, Err(EmulatorError::TimedOut(_))));

    let tried = emulator.test(spec(format!("{}/{{device_name}}", sink.url)), Map::new()).await.unwrap();
    assert_eq!((tried.webhook_id, tried.outcome), (None, Outcome::Ok));
    assert_eq!(sink.requests().last().unwrap().target, "/device_name");
    assert!(matches!(emulator.test(spec("nowhere".into()), Map::new()).await, Err(EmulatorError::Invalid(_))));
}

#[tokio::test]
async fn what_was_not_sent_is_repeated_with_its_own_values() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = Emulator::builder().state(state(json!({"runsPerMinute": 1}))).start().unwrap();
    emulator.set_time(1_000);
    emulator.client().unwrap().create(spec(format!("{}/{{device_id}}/{{timestamp_unix}}", sink.url))).await.unwrap();
    emulator.trigger(Trigger::DeviceAdded, values(json!({"device_id": 3}))).await.unwrap();
    let refused = emulator.trigger(Trigger::DeviceAdded, values(json!({"device_id": 4}))).await.unwrap().remove(0);
    let again = emulator.redeliver(refused.id).await.unwrap();
    assert_eq!((refused.outcome, again.outcome), (Outcome::NotSent, Outcome::NotSent));
    emulator.advance_time(Duration::from_secs(60));
    assert_eq!(emulator.redeliver(again.id).await.unwrap().outcome, Outcome::Ok);
    assert_eq!(sink.requests().last().unwrap().target, "/4/1");
    assert!(!serde_json::to_string(&refused).unwrap().contains("values"));
}

#[tokio::test]
async fn faults_come_as_scripted_and_change_nothing() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client_builder().max_retries(0).build().unwrap();
    let created = client.create(spec("https://example.com".into())).await.unwrap();
    let before = emulator.snapshot();
    emulator.fail_next(None, Fault::Status { status: 429, retry_after: Some(7) }, 2).unwrap();
    emulator.fail_next(Some(Operation::Create), Fault::Reset, 1).unwrap();
    emulator.fail_next(None, Fault::Truncate, 1).unwrap();
    emulator.fail_next(None, Fault::Malformed, 1).unwrap();
    emulator.fail_next(None, Fault::delay(Duration::from_millis(80)), 1).unwrap();
    let mut kinds = Vec::new();
    for _ in 0..2 {
        kinds.push(client.get(created.id()).await.unwrap_err().kind().class());
    }
    let reset = client.create(spec("https://example.com".into())).await.unwrap_err();
    assert!(reset.outcome_unknown());
    kinds.push(reset.kind().class());
    for _ in 0..2 {
        kinds.push(client.get(created.id()).await.unwrap_err().kind().class());
    }
    assert_eq!(kinds, ["RateLimitedError", "RateLimitedError", "TransportError", "TransportError", "ResponseError"]);
    let started = std::time::Instant::now();
    assert_eq!(client.get(created.id()).await.unwrap(), created);
    assert!(started.elapsed() >= Duration::from_millis(80));
    assert_eq!(emulator.snapshot(), before);

    emulator.fail_next(Some(Operation::Token), Fault::status(503), 1).unwrap();
    emulator.client().unwrap().list().await.unwrap();
    emulator.fail_next(None, Fault::status(500), 100).unwrap();
    emulator.clear_faults();
    client.list().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_is_an_error_and_changes_nothing() {
    let emulator = Emulator::start().unwrap();
    let problems = [
        (emulator.fail_next(None, Fault::status(5000), 1).unwrap_err(), "from 200 to 599"),
        (emulator.fail_next(None, Fault::Reset, 0).unwrap_err(), "1 or more"),
        (emulator.trigger("DEVICE_ADED", Map::new()).await.unwrap_err(), "did you mean DEVICE_ADDED?"),
        (emulator.trigger_in(9, Trigger::DeviceAdded, Map::new()).await.unwrap_err(), "no organization 9"),
    ];
    for (problem, says) in problems {
        let refused = matches!(problem, EmulatorError::Invalid(_) | EmulatorError::NotFound(_));
        assert!(refused && problem.to_string().contains(says), "{problem}");
    }
    emulator.client_builder().max_retries(0).build().unwrap().list().await.unwrap();
}

#[tokio::test]
async fn time_moves_as_it_is_told() {
    let emulator =
        Emulator::builder().state(state(json!({"requestsPerMinute": 3, "tokenSeconds": 600}))).start().unwrap();
    emulator.set_time(1_000_000);
    let client = emulator.client_builder().max_retries(0).build().unwrap();
    for _ in 0..3 {
        client.list().await.unwrap();
    }
    let blynk_webhooks::Error::Api(error) = client.list().await.unwrap_err() else { panic!() };
    assert_eq!((error.status, error.retry_after), (429, Some(Duration::from_secs(60))));
    emulator.advance_time(Duration::from_secs(60));
    client.list().await.unwrap();
    // The token has expired on the emulator's clock: the client takes another and goes on.
    emulator.advance_time(Duration::from_secs(600));
    client.list().await.unwrap();
    assert_eq!(emulator.now(), 1_660_000);
}

#[tokio::test]
async fn organizations_and_permissions_keep_apart() {
    let state = json!({
        "organizations": [{"id": 1}, {"id": 2}],
        "clients": [
            {"clientId": "one", "clientSecret": "s"},
            {"clientId": "two", "clientSecret": "s", "orgId": 2},
            {"clientId": "user", "clientSecret": "s", "permissions": []},
        ],
    });
    let emulator = Emulator::builder().state(State::from_json(&state.to_string()).unwrap()).start().unwrap();
    let client = |id: &str| emulator.client_builder().client_id(id).client_secret("s").build().unwrap();
    let created = client("two").create(spec("https://example.com".into())).await.unwrap();
    assert!(client("one").list().await.unwrap().is_empty());
    assert_eq!(client("one").get(created.id()).await.unwrap_err().kind().class(), "NotFoundError");
    assert_eq!(client("two").list().await.unwrap().len(), 1);
    let forbidden = client("user").list().await.unwrap_err();
    assert_eq!(forbidden.kind().class(), "ForbiddenError");
    assert!(forbidden.to_string().contains("MANAGE_WEB_HOOK"));
    assert!(emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap().is_empty());
    assert_eq!(emulator.trigger_in(2, Trigger::DeviceAdded, Map::new()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_snapshot_starts_another_and_reset_goes_back_to_the_seed() {
    let sink = Server::always(Reply::text(500, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let webhook = client.create(spec(sink.url.clone()).failure_limit(2)).await.unwrap();
    emulator.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    let text = emulator.snapshot().to_json();

    let second = Emulator::builder().state(State::from_json(&text).unwrap()).start().unwrap();
    assert_eq!((second.client_id(), second.client_secret()), (emulator.client_id(), emulator.client_secret()));
    let copy = second.client().unwrap();
    assert_eq!(copy.get(webhook.id()).await.unwrap(), client.get(webhook.id()).await.unwrap());
    second.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    assert_eq!(copy.get(webhook.id()).await.unwrap().status(), Some(Status::DisabledDueToErrors));
    copy.delete(webhook.id()).await.unwrap();
    second.reset().unwrap();
    assert_eq!(copy.get(webhook.id()).await.unwrap().attempt_count(), Some(1));
    assert!(second.deliveries(&DeliveryFilter::new()).is_empty());

    for (bad, says) in [
        (json!({"webhooks": [{"name": "n"}]}), "webhooks[0]: trigger: is required"),
        (json!({"clients": [{"clientId": "i", "clientSecret": "s", "orgId": 9}]}), "no organization 9"),
    ] {
        let error = Emulator::builder().state(State::from_json(&bad.to_string()).unwrap()).start().unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_limit_of_webhooks_is_kept() {
    let emulator = Emulator::builder().state(state(json!({"webhooks": 1}))).start().unwrap();
    let client = emulator.client().unwrap();
    client.create(spec("https://example.com".into())).await.unwrap();
    let error = client.create(spec("https://example.com".into())).await.unwrap_err();
    assert!(error.to_string().contains("limit"), "{error}");
}

#[tokio::test]
async fn a_stopped_emulator_says_so() {
    let emulator = Emulator::start().unwrap();
    emulator.stop();
    assert!(matches!(emulator.trigger(Trigger::DeviceAdded, Map::new()).await, Err(EmulatorError::Stopped)));
}

/// A thousand webhooks, ten thousand events: every delivery that the target saw is in the log, and no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_delivery_of_ten_thousand_events_is_accounted_for() {
    const WEBHOOKS: i64 = 1_000;
    const EVENTS: i64 = 10_000;
    let sink = Server::always(Reply::text(200, "answer")).await;
    let limits = Limits { webhooks: 1_000, runs_per_minute: 10_000, ..Limits::default() };
    let mut state = State::default();
    state.limits = limits;
    let emulator = Emulator::builder().state(state).start().unwrap();
    let client = emulator.client().unwrap();
    for stream in 0..WEBHOOKS {
        let spec = spec(format!("{}/{stream}/{{device_id}}", sink.url))
            .trigger(Trigger::DeviceDatastreamUpdate)
            .data_trigger(json!({"dataStreamId": stream}));
        client.create(spec).await.unwrap();
    }
    let started = std::time::Instant::now();
    let mut events = tokio::task::JoinSet::new();
    let emulator = std::sync::Arc::new(emulator);
    for event in 0..EVENTS {
        let emulator = std::sync::Arc::clone(&emulator);
        events.spawn(async move {
            let event = values(json!({"device_id": event, "dataStreamId": event % WEBHOOKS}));
            emulator.trigger(Trigger::DeviceDatastreamUpdate, event).await.unwrap().len()
        });
    }
    let delivered: usize = events.join_all().await.into_iter().sum();
    println!("{delivered} deliveries in {:?}", started.elapsed());
    let mut sent: Vec<_> =
        emulator.deliveries(&DeliveryFilter::new()).into_iter().map(|delivery| delivery.request.unwrap().url).collect();
    let mut received: Vec<_> =
        sink.requests().into_iter().map(|request| format!("{}{}", sink.url, request.target)).collect();
    sent.sort();
    received.sort();
    assert_eq!((sent.len(), delivered), (10_000, 10_000));
    assert_eq!(sent, received);
    let counted: i32 = client.list().await.unwrap().iter().map(|webhook| webhook.attempt_count().unwrap()).sum();
    assert_eq!(counted, 10_000);
}
