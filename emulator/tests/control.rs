//! The control API over real sockets: what it does, what it refuses, and whom.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use blynk_webhooks::{ErrorKind, Status, WebhookSpec, path};
use blynk_webhooks_emulator::Emulator;
use serde_json::{Value, json};

/// Sends a request; returns its status, its head and its body. A text body is sent as it is.
fn send(emulator: &Emulator, line: &str, headers: &str, body: &Value) -> (u16, String, Value) {
    let address = emulator.url().trim_start_matches("http://");
    let body = match body {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let host = if headers.contains("Host:") { String::new() } else { format!("Host: {address}\r\n") };
    let length = body.len();
    let request =
        format!("{line} HTTP/1.1\r\n{host}{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or_default())
}

fn ask(emulator: &Emulator, line: &str, body: &Value) -> (u16, Value) {
    let (status, _, body) = send(emulator, line, "Content-Type: application/json\r\n", body);
    (status, body)
}

fn spec(url: &str) -> Value {
    json!({"name": "Doors", "trigger": "DEVICE_ADDED", "url": url, "method": "POST", "contentType": "JSON",
           "authType": "NONE", "body": r#"{"id": {device_id}}"#, "failureLimit": 2, "failureReceivers": [9]})
}

/// A target that answers every request with this status.
fn target(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = socket.read(&mut [0; 4096]);
            let _ = write!(socket, "HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        }
    });
    url
}

#[tokio::test]
async fn a_webhook_fires_fails_and_comes_back_over_http() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let spec = WebhookSpec::from_json(&spec(&target("500 No")).to_string()).unwrap();
    let id = client.create(spec).await.unwrap().id();

    let event = json!({"trigger": "DEVICE_ADDED", "values": {"device_id": 7}});
    for number in 1..=2 {
        let (status, deliveries) = ask(&emulator, "POST /_emulator/trigger", &event);
        assert_eq!((status, &deliveries[0]["id"], &deliveries[0]["statusCode"]), (200, &json!(number), &json!(500)));
        assert_eq!(deliveries[0]["request"]["body"], r#"{"id": 7}"#);
    }
    assert_eq!(ask(&emulator, "POST /_emulator/trigger", &event), (200, json!([])));
    let (_, webhooks) = ask(&emulator, "GET /_emulator/webhooks", &Value::Null);
    assert_eq!(webhooks[0]["status"], "DISABLED_DUE_TO_ERRORS");
    assert_eq!((&webhooks[0]["attemptCount"], &webhooks[0]["consecutiveFailures"]), (&json!(2), &json!(2)));
    let (_, notices) = ask(&emulator, "GET /_emulator/notices", &Value::Null);
    assert_eq!((&notices[0]["userId"], &notices[0]["webhookId"]), (&json!(9), &json!(id)));

    let enable = format!("PUT /_emulator/webhooks/{id}/status");
    let (status, webhook) = ask(&emulator, &enable, &json!({"status": "ENABLED"}));
    assert_eq!((status, &webhook["status"], webhook.get("orgId")), (200, &json!("ENABLED"), None));
    let (status, repeated) = ask(&emulator, "POST /_emulator/deliveries/1/redeliver", &Value::Null);
    assert_eq!((status, &repeated["redeliveryOf"], &repeated["id"]), (200, &json!(1), &json!(3)));

    let (status, head, log) =
        send(&emulator, "GET /_emulator/deliveries?outcome=failed&after=1&limit=1", "", &Value::Null);
    assert_eq!((status, log.as_array().unwrap().len(), &log[0]["id"]), (200, 1, &json!(2)));
    assert!(head.contains("x-last-delivery: 3"), "{head}");
    let (_, end) = ask(&emulator, "GET /_emulator/deliveries?limit=1", &Value::Null);
    assert_eq!((end.as_array().unwrap().len(), &end[0]["id"]), (1, &json!(3)));
    let (status, waited) = ask(&emulator, "GET /_emulator/deliveries/wait?after=2&timeoutMs=1000", &Value::Null);
    assert_eq!((status, &waited["id"]), (200, &json!(3)));
    assert_eq!(ask(&emulator, "GET /_emulator/deliveries/wait?after=3&timeoutMs=20", &Value::Null).0, 404);
}

/// A page that reads on after the last number it has seen can tell that numbers began anew.
#[test]
fn a_log_that_was_forgotten_is_another() {
    let emulator = Emulator::start().unwrap();
    let log = || {
        let (_, head, _) = send(&emulator, "GET /_emulator/deliveries", "", &Value::Null);
        head.lines().find(|line| line.starts_with("x-log: ")).unwrap().to_owned()
    };
    let first = log();
    ask(&emulator, "POST /_emulator/test", &json!({"spec": spec("http://127.0.0.1:9/")}));
    assert_eq!(log(), first);
    emulator.reset().unwrap();
    assert_ne!(log(), first);
}

#[tokio::test]
async fn a_spec_is_tested_without_a_webhook() {
    let emulator = Emulator::start().unwrap();
    let body = json!({"spec": spec(&target("204 No Content")), "values": {"device_id": 1}});
    let (status, delivery) = ask(&emulator, "POST /_emulator/test", &body);
    assert_eq!((status, &delivery["outcome"], delivery.get("webhookId")), (200, &json!("ok"), None));
}

#[tokio::test]
async fn faults_and_the_clock_are_set_over_http() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client_builder().max_retries(0).build().unwrap();
    let fault = json!({"operation": "list", "fault": {"kind": "status", "status": 418}, "times": 2});
    assert_eq!(ask(&emulator, "POST /_emulator/faults", &fault).0, 204);
    assert_eq!(client.list().await.unwrap_err().kind(), ErrorKind::Api);
    let (_, faults) = ask(&emulator, "GET /_emulator/faults", &Value::Null);
    assert_eq!((&faults[0]["times"], &faults[0]["operation"]), (&json!(1), &json!("list")));
    assert_eq!(ask(&emulator, "DELETE /_emulator/faults", &Value::Null).0, 204);
    client.list().await.unwrap();

    assert_eq!(ask(&emulator, "GET /_emulator/clock", &Value::Null).1["standing"], false);
    ask(&emulator, "PUT /_emulator/clock", &json!({"now": 1000}));
    let clock = ask(&emulator, "POST /_emulator/clock/advance", &json!({"byMs": 5}));
    assert_eq!(clock, (200, json!({"now": 1005, "standing": true})));
    // Numbers at the edge stay within what a date can write.
    ask(&emulator, "POST /_emulator/clock/advance", &json!({"byMs": u64::MAX}));
    assert_eq!(emulator.now(), 253_402_300_799_999);
    let (status, clock) = ask(&emulator, "PUT /_emulator/clock", &json!({"now": null}));
    assert_eq!((status, &clock["standing"]), (200, &json!(false)));
    assert!((1_700_000_000_000..10_000_000_000_000).contains(&emulator.now()));
}

/// The numbers of the deliveries on a page, and how many match on all pages.
fn page(emulator: &Emulator, query: &str) -> (Vec<u64>, usize) {
    let (status, head, body) = send(emulator, &format!("GET /_emulator/deliveries?{query}"), "", &Value::Null);
    assert_eq!(status, 200, "{query}: {body}");
    let total = head.lines().find_map(|line| line.strip_prefix("x-total-count: ")).unwrap();
    (body.as_array().unwrap().iter().map(|delivery| delivery["id"].as_u64().unwrap()).collect(), total.parse().unwrap())
}

#[tokio::test]
async fn the_log_is_filtered_and_paged() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let target = target("200 OK");
    let create = |name: &str, trigger: &str| {
        let spec = json!({"name": name, "trigger": trigger, "url": format!("{target}{{user_name}}/{{device_name}}"),
            "method": "POST", "contentType": "JSON", "authType": "NONE", "body": "\"{device_name}\""});
        client.create(WebhookSpec::from_json(&spec.to_string()).unwrap())
    };
    create("Doors", "DEVICE_ADDED").await.unwrap();
    create("Wind\u{f6}ws", "NEW_USER").await.unwrap();
    for number in 1..=4 {
        let values = json!({"device_name": format!("Device {number}"), "user_name": "Ada"});
        emulator.trigger("DEVICE_ADDED", values.clone()).await.unwrap();
        emulator.trigger("NEW_USER", values).await.unwrap();
    }
    let cases: [(&str, &[u64], usize); 14] = [
        ("", &[1, 2, 3, 4, 5, 6, 7, 8], 8),
        ("limit=3", &[6, 7, 8], 8),
        ("limit=3&before=6", &[3, 4, 5], 8),
        ("limit=3&before=3", &[1, 2], 8),
        ("limit=2&after=3", &[4, 5], 8),
        ("limit=2&after=2&before=7", &[5, 6], 8),
        ("after=8", &[], 8),
        ("limit=0", &[], 8),
        ("webhookId=2&limit=2", &[6, 8], 4),
        ("trigger=NEW_USER&after=2", &[4, 6, 8], 4),
        ("search=DOORS", &[1, 3, 5, 7], 4),
        ("search=device+3", &[5, 6], 2),
        ("search=%2Fada%2F&outcome=ok&limit=1", &[8], 8),
        ("search=nowhere", &[], 0),
    ];
    for (query, ids, total) in cases {
        assert_eq!(page(&emulator, query), (ids.to_vec(), total), "{query}");
    }
}

#[tokio::test]
async fn webhooks_are_searched_and_paged() {
    let emulator = Emulator::start().unwrap();
    let webhook = |name: &str, trigger: &str, status: &str| {
        json!({"name": name, "trigger": trigger, "url": "http://127.0.0.1:9/", "method": "POST", "contentType": "JSON",
            "authType": "NONE", "status": status})
    };
    let webhooks = json!([
        webhook("Doors", "DEVICE_ADDED", "ENABLED"),
        webhook("Back doors", "NEW_USER", "DISABLED"),
        webhook("Windows 1", "NEW_USER", "ENABLED"),
    ]);
    ask(&emulator, "PUT /_emulator/state", &json!({"webhooks": webhooks}));
    let cases: [(&str, &[i64], &str); 9] = [
        ("", &[1, 2, 3], "3"),
        ("search=DOORS", &[1, 2], "2"),
        // An id, a name, and the URL of each.
        ("search=1", &[1, 2, 3], "3"),
        ("search=3", &[3], "1"),
        ("search=new_user&status=ENABLED", &[3], "1"),
        ("trigger=NEW_USER", &[2, 3], "2"),
        ("offset=1&limit=1", &[2], "3"),
        ("offset=7", &[], "3"),
        ("orgId=2", &[], "0"),
    ];
    for (query, ids, total) in cases {
        let (_, head, body) = send(&emulator, &format!("GET /_emulator/webhooks?{query}"), "", &Value::Null);
        let found: Vec<_> = body.as_array().unwrap().iter().map(|webhook| webhook["id"].as_i64().unwrap()).collect();
        assert_eq!(found, ids, "{query}");
        assert!(head.contains(&format!("x-total-count: {total}\r\n")), "{query}: {head}");
    }
}

#[tokio::test]
async fn one_webhook_is_tested_alone() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let failing = WebhookSpec::from_json(&spec(&target("500 No")).to_string()).unwrap().failure_limit(1);
    let tested = client.create(failing.clone()).await.unwrap().id();
    let other = client.create(failing).await.unwrap().id();
    client.disable(tested).await.unwrap();

    let line = format!("POST /_emulator/webhooks/{tested}/test");
    let (status, delivery) = ask(&emulator, &line, &json!({"values": {"device_id": 7}}));
    assert_eq!((status, &delivery["webhookId"], &delivery["test"]), (200, &json!(tested), &json!(true)));
    assert_eq!((&delivery["statusCode"], &delivery["request"]["body"]), (&json!(500), &json!(r#"{"id": 7}"#)));
    // Neither a body nor its content type is needed.
    assert_eq!(send(&emulator, &line, "", &Value::Null).0, 200);
    let (tested, other) = (client.get(tested).await.unwrap(), client.get(other).await.unwrap());
    assert_eq!((tested.attempt_count(), other.attempt_count()), (Some(2), Some(0)));
    // The failure did not count: a run of an event does, and disables it.
    client.enable(tested.id()).await.unwrap();
    emulator.test_webhook(tested.id(), ()).await.unwrap();
    assert_eq!(client.get(tested.id()).await.unwrap().status(), Some(Status::Enabled));
    assert!(emulator.notices().is_empty());
    assert_eq!(ask(&emulator, "POST /_emulator/webhooks/9/test", &json!({})).0, 404);
}

/// Reads events of the stream until one says what is expected.
fn expect_change(stream: &mut impl BufRead, says: impl Fn(&Value) -> bool) -> Value {
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "the stream ended");
        if let Some(data) = line.strip_prefix("data: ") {
            let change: Value = serde_json::from_str(data).unwrap();
            if says(&change) {
                return change;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_streamed() {
    let emulator = Emulator::start().unwrap();
    let address = emulator.url().trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "GET /_emulator/changes HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut stream = BufReader::new(socket);
    let first = expect_change(&mut stream, |_| true);
    assert_eq!((&first["deliveries"], first["log"].is_string()), (&json!(0), true));

    let spec = WebhookSpec::from_json(&spec(&target("200 OK")).to_string()).unwrap();
    let id = emulator.client().unwrap().create(spec).await.unwrap().id();
    let created = expect_change(&mut stream, |change| change["webhooks"] != first["webhooks"]);
    emulator.trigger("DEVICE_ADDED", ()).await.unwrap();
    expect_change(&mut stream, |change| change["deliveries"] == 1 && change["webhooks"] != created["webhooks"]);
    emulator.client().unwrap().delete(id).await.unwrap();
    emulator.set_time(5);
    expect_change(&mut stream, |change| change["clock"] != first["clock"]);
    emulator.fail_next(None, blynk_webhooks_emulator::Fault::Reset, 1).unwrap();
    expect_change(&mut stream, |change| change["faults"] != first["faults"]);
    emulator.reset().unwrap();
    expect_change(&mut stream, |change| change["log"] != first["log"] && change["deliveries"] == 0);
    emulator.stop();
    // The stream ends in order: with the last, empty chunk.
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
}

#[test]
fn a_truncated_answer_begins_and_breaks_off() {
    let emulator = Emulator::start().unwrap();
    for (method, path, body) in [("GET", path::WEBHOOKS, String::new()), ("POST", path::CREATE, "x".repeat(100_000))] {
        ask(&emulator, "POST /_emulator/faults", &json!({"fault": {"kind": "truncate"}}));
        let address = emulator.url().trim_start_matches("http://");
        let mut socket = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(socket, "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("content-length: 1000"), "{head}");
        assert_eq!(body, r#"[{"id": 1, "#);
    }
}

#[tokio::test]
async fn a_state_is_taken_and_given_back() {
    let emulator = Emulator::start().unwrap();
    let mut webhook = spec("http://127.0.0.1:9/");
    webhook["id"] = json!(41);
    let (status, state) = ask(
        &emulator,
        "PUT /_emulator/state",
        &json!({
            "clients": [{"clientId": "id", "clientSecret": "secret"}], "webhooks": [webhook], "clock": 5,
        }),
    );
    assert_eq!((status, &state["lastWebhookId"], &state["webhooks"][0]["createdAt"]), (200, &json!(41), &json!(5)));
    let client = emulator.client_builder().client_credentials("id", "secret").build().unwrap();
    assert_eq!(client.get(41).await.unwrap().name(), Some("Doors"));
    assert_eq!(ask(&emulator, "PUT /_emulator/state", &state), (200, state));
    let (status, state) = ask(&emulator, "POST /_emulator/reset", &Value::Null);
    assert_eq!(
        (status, &state["webhooks"], &state["clients"][0]["clientId"]),
        (200, &json!([]), &json!(emulator.client_id()))
    );
}

#[test]
fn what_cannot_be_is_refused_in_the_envelope() {
    let emulator = Emulator::start().unwrap();
    let cases = [
        ("POST /_emulator/trigger", json!({"trigger": "DEVICE_ADED"}), 400, "DEVICE_ADDED"),
        ("POST /_emulator/trigger", json!({"trigger": "NEW_USER", "value": {}}), 400, "value"),
        (
            "POST /_emulator/trigger",
            json!({"trigger": "NEW_USER", "values": []}),
            400,
            "values: must be an object, is an array",
        ),
        ("POST /_emulator/trigger", json!({"trigger": "NEW_USER", "orgId": 7}), 404, "organization 7"),
        ("POST /_emulator/trigger", json!("{"), 400, "body"),
        ("POST /_emulator/trigger", json!("[".repeat(100_000)), 400, "body"),
        ("POST /_emulator/trigger", json!(" ".repeat(2_000_000)), 413, "body"),
        ("POST /_emulator/test", json!({"spec": {"name": 5}}), 400, "must be a string"),
        ("POST /_emulator/test", json!({"spec": null}), 400, "spec: is required"),
        ("POST /_emulator/test", json!({"spec": []}), 400, "object"),
        ("POST /_emulator/faults", json!({"fault": {"kind": "status", "status": 100}}), 400, "100"),
        ("POST /_emulator/faults", json!({"fault": {"kind": "flood"}}), 400, "flood"),
        ("POST /_emulator/faults", json!({"fault": {"kind": "reset"}, "times": 0}), 400, "1 or more"),
        ("PUT /_emulator/clock", json!({"now": i64::MIN}), 400, "now"),
        ("PUT /_emulator/clock", json!({}), 400, "now"),
        ("POST /_emulator/clock/advance", json!({"byMs": -1}), 400, "-1"),
        ("PUT /_emulator/webhooks/1/status", json!({"status": "ENABLED"}), 404, "1"),
        ("PUT /_emulator/webhooks/1/status", json!({"status": "DISABLED_DUE_TO_ERRORS"}), 400, "ENABLED"),
        ("PUT /_emulator/webhooks/x/status", json!({"status": "ENABLED"}), 400, "webhookId"),
        ("POST /_emulator/deliveries/1/redeliver", Value::Null, 404, "1"),
        ("POST /_emulator/deliveries/-1/redeliver", Value::Null, 400, "deliveryId"),
        ("GET /_emulator/deliveries?outcome=fine", Value::Null, 400, "not_sent"),
        ("GET /_emulator/deliveries?webhookId=1&webhookId=2", Value::Null, 400, "once"),
        ("GET /_emulator/deliveries?webhook=1", Value::Null, 400, "webhook"),
        ("GET /_emulator/deliveries/wait?timeoutMs=60001", Value::Null, 400, "60000"),
        ("PUT /_emulator/state", json!({"webhook": []}), 400, "webhook"),
        ("PUT /_emulator/state", json!({"webhooks": [{"name": 5}]}), 400, "webhooks[0]"),
        ("PUT /_emulator/state", json!({"clock": -1}), 400, "clock"),
        (
            "PUT /_emulator/state",
            json!({"clients": [{"clientId": "a", "clientSecret": "b", "orgId": 3}]}),
            409,
            "organization 3",
        ),
        (
            "PUT /_emulator/state",
            json!({"clients": [{"clientId": "a", "clientSecret": "b"}, {"clientId": "a", "clientSecret": "c"}]}),
            409,
            "two have the clientId 'a'",
        ),
        (
            "PUT /_emulator/state",
            json!({"clients": [{"clientId": "", "clientSecret": "b"}]}),
            400,
            "clients[0]: clientId",
        ),
        (
            "PUT /_emulator/state",
            json!({"clients": [{"clientId": "a", "clientSecret": ""}]}),
            400,
            "clientSecret: must not be empty",
        ),
        ("PUT /_emulator/state", json!({"organizations": [{"id": 4}, {"id": 4}]}), 409, "two have the id 4"),
        ("DELETE /_emulator/state", Value::Null, 405, "method"),
        ("GET /_emulator/nothing", Value::Null, 404, "nothing"),
    ];
    for (line, body, expected, says) in cases {
        let (status, answer) = ask(&emulator, line, &body);
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(status == expected && message.contains(says), "{line} {status}: {answer}");
    }
    assert!(emulator.deliveries(&Default::default()).is_empty());
}

#[test]
fn pages_of_other_origins_reach_nothing() {
    let emulator = Emulator::start().unwrap();
    let own = emulator.url();
    let port = own.rsplit(':').next().unwrap();
    let json = "Content-Type: application/json\r\n";
    let cases = [
        (format!("{json}Origin: {own}\r\n"), 200),
        (format!("{json}Origin: http://localhost:{port}\r\nHost: localhost:{port}\r\n"), 200),
        (format!("{json}Origin: http://evil.example\r\n"), 403),
        (format!("{json}Origin: http://127.0.0.1:1\r\n"), 403),
        (format!("{json}Origin: null\r\n"), 403),
        (format!("{json}Host: evil.example:{port}\r\n"), 403),
        (format!("{json}Host: evil.example:{port}\r\nOrigin: http://evil.example:{port}\r\n"), 403),
        ("Content-Type: text/plain\r\n".into(), 415),
        (String::new(), 415),
    ];
    for (headers, expected) in cases {
        let (status, head, answer) = send(&emulator, "PUT /_emulator/clock", &headers, &json!({"now": 5}));
        assert_eq!(status, expected, "{headers}: {answer}");
        assert!(!head.contains("access-control"), "{head}");
    }
    // Reading is refused too: a name that is pointed at loopback would make the state readable.
    let rebound = send(&emulator, "GET /_emulator/state", &format!("Host: evil.example:{port}\r\n"), &Value::Null);
    assert_eq!(rebound.0, 403);
}

#[test]
fn a_parameter_that_stands_twice_is_refused() {
    let emulator = Emulator::start().unwrap();
    let query = format!("client_id={}&client_secret={}", emulator.client_id(), emulator.client_secret());
    let line = format!("POST /oauth2/token?grant_type=client_credentials&{query}");
    let (_, token) = ask(&emulator, &line, &Value::Null);
    let bearer = format!("Authorization: Bearer {}\r\n", token["access_token"].as_str().unwrap());
    let line = "GET /api/v1/organization/webhook?webhookId=1&webhookId=1";
    assert_eq!(send(&emulator, line, &bearer, &Value::Null).0, 400);
    let (status, answer) = ask(
        &emulator,
        &format!("POST /oauth2/token?grant_type=refresh_token&grant_type=client_credentials&{query}"),
        &Value::Null,
    );
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_request")));
}

#[test]
fn the_page_runs_its_own_script_alone() {
    let emulator = Emulator::start().unwrap();
    let page = ["", "page.css", "page.mjs", "parts.mjs"];
    for name in page {
        let (status, head, _) = send(&emulator, &format!("GET /_emulator/{name}"), "", &Value::Null);
        assert_eq!(status, 200, "{name}");
        let policy = head.lines().find(|line| line.starts_with("content-security-policy: ")).unwrap();
        assert!(policy.contains("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
    }
    let (status, head, _) = send(&emulator, "GET /_emulator", "", &Value::Null);
    assert!(status == 308 && head.contains("location: /_emulator/"), "{head}");
}

#[test]
fn a_name_is_taken_where_it_was_given() {
    let emulator = Emulator::builder().host_name("emulator").start().unwrap();
    let own = "Host: emulator:8080\r\nOrigin: http://emulator:8080\r\n";
    assert_eq!(send(&emulator, "POST /_emulator/reset", own, &Value::Null).0, 200);
    assert_eq!(send(&emulator, "POST /_emulator/reset", "Host: other:8080\r\n", &Value::Null).0, 403);
}

#[test]
fn a_host_name_is_a_name_alone() {
    for name in ["", "http://x", "emu:8080", "emu/", "a b"] {
        let problem = Emulator::builder().host_name(name).start().unwrap_err();
        assert!(!problem.is_about_state() && problem.to_string().contains("must be a name alone"), "{name}: {problem}");
    }
    Emulator::builder().host_name("my_emulator.Example").host_name("192.168.1.2").start().unwrap();
}
