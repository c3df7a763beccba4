//! Targets that close, refuse, redirect, break off and lie, and their token URLs: what counts, and what the log tells.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use blynk_webhooks::{AuthType, ContentType, Method, Status, Trigger, WebhookSpec};
use blynk_webhooks_emulator::{Delivery, DeliveryFilter, Emulator, EmulatorError, Limits, Outcome, State};
use scripted_server::{Reply, Server};
use serde_json::{Value, json};

fn spec(url: impl Into<String>) -> WebhookSpec {
    WebhookSpec::new("n", Trigger::DeviceAdded, url)
        .method(Method::Post)
        .content_type(ContentType::Json)
        .auth_type(AuthType::None)
}

fn start(limits: impl FnOnce(&mut Limits)) -> Emulator {
    let mut state = State::default();
    limits(&mut state.limits);
    Emulator::builder().state(state).start().unwrap()
}

/// An emulator that holds so many of these webhooks.
fn holding(count: usize, spec: &WebhookSpec) -> Emulator {
    let mut state = State::default();
    let webhook = blynk_webhooks::Json::parse(&spec.to_json()).unwrap();
    state.webhooks = vec![webhook; count];
    Emulator::builder().state(state).start().unwrap()
}

/// Serves each connection on a thread of its own.
fn serve(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let handle = Arc::clone(&handle);
            std::thread::spawn(move || handle(socket.unwrap()));
        }
    });
    url
}

/// Reads the head of a request and a body of the length that it tells.
fn read_request(reader: &mut impl BufRead) -> Option<String> {
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        if let Some(value) = head[start..].to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(head)
}

/// A target that answers as HTTP/1.1 has it, and then closes the connection without having said so.
#[tokio::test]
async fn a_target_that_closes_silently_loses_nothing() {
    const WEBHOOKS: usize = 300;
    let received = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&received);
    let url = serve(move |mut socket| {
        let mut reader = BufReader::new(socket.try_clone().unwrap());
        if read_request(&mut reader).is_some() {
            count.fetch_add(1, Ordering::SeqCst);
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").unwrap();
        }
    });
    let emulator = holding(WEBHOOKS, &spec(url).failure_limit(1));
    for run in 1..=20 {
        let deliveries = emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap();
        let lost: Vec<&Delivery> = deliveries.iter().filter(|delivery| delivery.outcome != Outcome::Ok).collect();
        assert!(deliveries.len() == WEBHOOKS && lost.is_empty(), "run {run}: {lost:?}");
        assert_eq!(received.swap(0, Ordering::SeqCst), WEBHOOKS, "run {run}");
        emulator.advance_time(Duration::from_secs(60));
    }
    let disabled = emulator.client().unwrap().list().await.unwrap();
    assert!(disabled.iter().all(|webhook| webhook.status() == Some(Status::Enabled)));
}

/// Python's `http.server` has a queue of five connections; whoever finds it full waits for seconds.
#[cfg(unix)]
#[tokio::test]
async fn a_target_with_a_short_queue_loses_nothing() {
    const WEBHOOKS: usize = 300;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(5).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    // One connection after the other.
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let mut socket = socket.into_std().unwrap();
            socket.set_nonblocking(false).unwrap();
            let answer = move || {
                read_request(&mut BufReader::new(socket.try_clone().unwrap()));
                socket.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi").unwrap();
            };
            tokio::task::spawn_blocking(answer).await.unwrap();
        }
    });
    let emulator = holding(WEBHOOKS, &spec(url));
    for _ in 0..3 {
        let deliveries = emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap();
        assert!(deliveries.iter().all(|delivery| delivery.outcome == Outcome::Ok));
        let slowest = deliveries.iter().map(|delivery| delivery.duration_ms).fold(0.0, f64::max);
        println!("the slowest of {WEBHOOKS} deliveries took {slowest:.0} ms");
        emulator.advance_time(Duration::from_secs(60));
    }
}

/// A token URL and a target that takes only some tokens.
struct OAuthTarget {
    sink: Server,
    /// The number of the first token that is taken.
    first_good: Arc<AtomicUsize>,
}

impl OAuthTarget {
    async fn start(expires_in: Value) -> Self {
        let first_good = Arc::new(AtomicUsize::new(1));
        let (good, tokens) = (Arc::clone(&first_good), AtomicUsize::new(0));
        let sink = Server::start(move |_, request| {
            if request.target.starts_with("/token") {
                let number = tokens.fetch_add(1, Ordering::SeqCst) + 1;
                let mut token = json!({"access_token": format!("t{number}")});
                if !expires_in.is_null() {
                    token["expires_in"] = expires_in.clone();
                }
                return Reply::text(200, token.to_string());
            }
            let number = request.headers["authorization"].strip_prefix("Bearer t").unwrap().parse::<usize>().unwrap();
            if number >= good.load(Ordering::SeqCst) { Reply::text(200, "") } else { Reply::text(401, "who are you?") }
        })
        .await;
        Self { sink, first_good }
    }

    fn spec(&self, secret: &str) -> WebhookSpec {
        let oauth = json!({"clientId": "id", "clientSecret": secret, "tokenUrl": format!("{}/token", self.sink.url)});
        spec(format!("{}/hook", self.sink.url)).auth_type(AuthType::OAuth2).oauth2_request(oauth)
    }

    /// How many tokens were fetched, and the tokens that the hook saw.
    fn seen(&self) -> (usize, Vec<String>) {
        let received = self.sink.requests();
        let (tokens, hooks): (Vec<_>, Vec<_>) = received.into_iter().partition(|request| request.target == "/token");
        (tokens.len(), hooks.into_iter().map(|mut hook| hook.headers.remove("authorization").unwrap()).collect())
    }
}

#[tokio::test]
async fn webhooks_that_share_a_client_share_its_token() {
    for expires_in in [json!(300), json!(0), Value::Null] {
        let target = OAuthTarget::start(expires_in.clone()).await;
        let emulator = holding(50, &target.spec("s"));
        let deliveries = emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap();
        assert!(deliveries.iter().all(|delivery| delivery.outcome == Outcome::Ok));
        assert_eq!(target.seen(), (1, vec!["Bearer t1".to_owned(); 50]), "expires_in {expires_in}");
    }
}

/// Those that wait for a call share its failure too; none asks again.
#[tokio::test]
async fn webhooks_that_share_a_client_share_its_failure() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let url = serve(move |mut socket| {
        read_request(&mut BufReader::new(socket.try_clone().unwrap()));
        count.fetch_add(1, Ordering::SeqCst);
        let _ = released.lock().unwrap().recv();
        let _ = socket.write_all(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
    });
    let oauth = json!({"clientId": "id", "clientSecret": "s", "tokenUrl": url});
    let emulator = holding(50, &spec("http://127.0.0.1:9/").auth_type(AuthType::OAuth2).oauth2_request(oauth));
    let running = tokio::spawn(async move { emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap() });
    while calls.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // All fifty have a place and wait.
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(release);
    let deliveries = running.await.unwrap();
    assert!(deliveries.iter().all(|delivery| delivery.reason.as_ref().unwrap().contains("answered with 400")));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_ends_with_the_emulators_clock_a_reset_and_its_secret() {
    let target = OAuthTarget::start(json!(300)).await;
    let emulator = Emulator::start().unwrap();
    emulator.set_time(1_000_000);
    let client = emulator.client().unwrap();
    let id = client.create(target.spec("one")).await.unwrap().id();
    let run = async |tokens: usize| {
        let delivery = emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap().remove(0);
        assert_eq!(delivery.outcome, Outcome::Ok, "{delivery:?}");
        let (fetched, seen) = target.seen();
        assert_eq!((fetched, seen.last().unwrap().clone()), (tokens, format!("Bearer t{tokens}")));
    };
    run(1).await;
    run(1).await;
    emulator.advance_time(Duration::from_millis(299_999));
    run(1).await;
    emulator.advance_time(Duration::from_millis(1));
    run(2).await;
    client.update(id, target.spec("two")).await.unwrap();
    run(3).await;
    let state = emulator.snapshot();
    emulator.reset().unwrap();
    client.create(target.spec("two")).await.unwrap();
    run(4).await;
    emulator.command(&json!({"do": "restore", "with": {"state": state}}).to_string()).await.unwrap();
    run(5).await;
}

#[tokio::test]
async fn a_token_that_is_refused_is_fetched_again_once() {
    let target = OAuthTarget::start(json!(300)).await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    client.create(target.spec("s")).await.unwrap();
    emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap();
    // The first token is withdrawn.
    target.first_good.store(2, Ordering::SeqCst);
    let delivery = emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap().remove(0);
    assert_eq!((delivery.outcome, delivery.status_code), (Outcome::Ok, Some(200)));
    assert_eq!(target.seen(), (2, ["t1", "t1", "t2"].map(|token| format!("Bearer {token}")).to_vec()));
    // No token is good.
    target.first_good.store(usize::MAX, Ordering::SeqCst);
    let delivery = emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap().remove(0);
    assert_eq!((delivery.outcome, delivery.status_code), (Outcome::Failed, Some(401)));
    assert_eq!((target.seen().0, target.seen().1.len()), (3, 5));
    // The refused ones are forgotten.
    target.first_good.store(4, Ordering::SeqCst);
    let delivery = emulator.trigger(Trigger::DeviceAdded, ()).await.unwrap().remove(0);
    assert_eq!((delivery.outcome, target.seen().0), (Outcome::Ok, 4));
}

#[tokio::test]
async fn an_empty_token_is_an_error_of_its_url() {
    let sink = Server::start(|_, _| Reply::text(200, r#"{"access_token": ""}"#)).await;
    let emulator = Emulator::start().unwrap();
    let oauth = json!({"clientId": "id", "clientSecret": "s", "tokenUrl": format!("{}/token", sink.url)});
    let spec = spec(format!("{}/hook", sink.url)).auth_type(AuthType::OAuth2).oauth2_request(oauth);
    let delivery = emulator.test(spec, ()).await.unwrap();
    let says = format!("the token URL {}/token answered with 200 and an empty access_token", sink.url);
    assert_eq!((delivery.outcome, delivery.reason), (Outcome::Failed, Some(says)));
    assert_eq!(sink.requests().len(), 1);
}

#[tokio::test]
async fn what_came_before_the_connection_broke_is_logged() {
    let url = serve(|mut socket| {
        read_request(&mut BufReader::new(socket.try_clone().unwrap()));
        let _ = socket.write_all(b"HTTP/1.1 503 Busy\r\nX-Note: a\r\nX-Note: b\r\nContent-Length: 100\r\n\r\nonly thi");
    });
    let silent = serve(|mut socket| {
        read_request(&mut BufReader::new(socket.try_clone().unwrap()));
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nslow");
        let _ = socket.read(&mut [0]);
    });
    let emulator = start(|limits| limits.delivery_timeout_ms = 500);
    let broken = emulator.test(spec(url), ()).await.unwrap();
    assert_eq!((broken.outcome, broken.status_code), (Outcome::Failed, Some(503)));
    assert_eq!(broken.response_body.as_deref(), Some("only thi"));
    assert!(broken.reason.unwrap().contains("broke"));
    let headers: BTreeMap<_, _> = broken.response_headers.into_iter().collect();
    assert_eq!((headers["x-note"].as_str(), headers["content-length"].as_str()), ("a, b", "100"));
    let slow = emulator.test(spec(silent), ()).await.unwrap();
    assert_eq!((slow.outcome, slow.status_code), (Outcome::Failed, Some(200)));
    assert_eq!((slow.response_body.as_deref(), slow.reason.unwrap().contains("500ms")), (Some("slow"), true));
}

#[tokio::test]
async fn a_redirect_tells_where_it_leads_and_is_not_followed() {
    let url = serve(|mut socket| {
        read_request(&mut BufReader::new(socket.try_clone().unwrap()));
        let head = "HTTP/1.1 302 Found\r\nLocation: /login?token=s3cret\r\nContent-Length: 0\r\n\r\n";
        let _ = socket.write_all(head.as_bytes());
    });
    let emulator = Emulator::start().unwrap();
    let delivery = emulator.test(spec(format!("{url}/a/b")), ()).await.unwrap();
    let says = format!("the target answered with 302, a redirect to {url}/login?token=*** that is not followed");
    assert_eq!((delivery.outcome, delivery.reason), (Outcome::Failed, Some(says)));
}

#[tokio::test]
async fn a_request_without_a_body_says_so_where_one_is_usual() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let methods = ["POST", "PUT", "PATCH", "GET", "DELETE"];
    for method in methods {
        emulator.test(spec(&sink.url).method(method), ()).await.unwrap();
    }
    let lengths: Vec<_> =
        sink.requests().iter().map(|request| request.headers.get("content-length").cloned()).collect();
    let none = Some("0".to_owned());
    assert_eq!(lengths, [none.clone(), none.clone(), none, None, None]);
}

#[tokio::test]
async fn a_url_that_is_too_long_is_not_the_targets_failure() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let id = client.create(spec(format!("{}/{{device_name}}", sink.url)).failure_limit(1)).await.unwrap().id();
    let long = json!({"device_name": "x".repeat(70_000)});
    let delivery = emulator.trigger(Trigger::DeviceAdded, long).await.unwrap().remove(0);
    assert_eq!(delivery.outcome, Outcome::NotSent, "{delivery:?}");
    assert!(delivery.reason.unwrap().contains("at most 65534 can be sent"));
    let webhook = client.get(id).await.unwrap();
    assert_eq!((webhook.status(), webhook.attempt_count()), (Some(Status::Enabled), Some(0)));
}

/// The first runs hold all places; the others take no longer for it.
#[tokio::test]
async fn a_wait_for_a_place_is_no_part_of_the_duration() {
    let held = Arc::new(AtomicBool::new(true));
    let holding = Arc::clone(&held);
    let url = serve(move |mut socket| {
        read_request(&mut BufReader::new(socket.try_clone().unwrap()));
        while holding.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let emulator = Arc::new(self::holding(65, &spec(url)));
    let running = Arc::clone(&emulator);
    let run = tokio::spawn(async move { running.trigger(Trigger::DeviceAdded, ()).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(500)).await;
    held.store(false, Ordering::SeqCst);
    let mut durations: Vec<f64> = run.await.unwrap().iter().map(|delivery| delivery.duration_ms).collect();
    durations.sort_by(f64::total_cmp);
    // The first ones took as long as they were held; those that waited for a place did not.
    assert!(durations[0] < durations[64] / 1.5, "{durations:?}");
}

#[tokio::test]
async fn an_event_is_bounded() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let large = json!({"device_name": "x".repeat(1_000_000)});
    let error = emulator.trigger(Trigger::DeviceAdded, large).await.unwrap_err();
    assert!(matches!(error, EmulatorError::Invalid(_)) && error.to_string().contains("262144 bytes"), "{error}");
    // One value in many places.
    let repeated = spec(&sink.url).body("{device_name}".repeat(70)).content_type(ContentType::PlainText);
    let event = json!({"device_name": "x".repeat(200_000)});
    let delivery = emulator.test(repeated, event).await.unwrap();
    assert_eq!(delivery.outcome, Outcome::NotSent);
    assert!(delivery.reason.unwrap().contains("at most 524288 are sent"));
    assert!(sink.requests().is_empty());
}

#[tokio::test]
async fn misspelt_values_are_warned_of() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    client.create(spec(format!("{}/{{device_id}}/{{own_value}}", sink.url))).await.unwrap();
    let event = json!({"deviceId": 7, "own_value": 1, "user_email": "a@b.c"});
    let delivery = emulator.trigger(Trigger::DeviceAdded, event.clone()).await.unwrap().remove(0);
    let warning = "no webhook uses the value 'deviceId'; did you mean 'device_id'?";
    assert_eq!(&*delivery.warnings, [warning]);
    assert_eq!(emulator.trigger_report(Trigger::DeviceAdded, event).await.unwrap().warnings, [warning]);
    assert!(emulator.trigger(Trigger::DeviceAdded, json!({"device_id": 7})).await.unwrap()[0].warnings.is_empty());
    assert_eq!(serde_json::to_value(&delivery).unwrap()["warnings"], json!([warning]));
}

#[tokio::test]
async fn it_is_explained_why_a_webhook_does_not_run() {
    let sink = Server::always(Reply::text(200, "answer")).await;
    let emulator = start(|limits| limits.runs_per_minute = 1);
    let client = emulator.client().unwrap();
    let stream =
        |id: i64| spec(&sink.url).trigger(Trigger::DeviceDatastreamUpdate).data_trigger(json!({"dataStreamId": id}));
    client.create(stream(5)).await.unwrap();
    client.create(stream(6)).await.unwrap();
    let off = client.create(stream(5)).await.unwrap();
    client.disable(off.id()).await.unwrap();
    client.create(spec(&sink.url).name("Other")).await.unwrap();
    let event = json!({"dataStreamId": 5});
    let reasons = [
        (true, None),
        (false, Some("its dataTrigger wants dataStreamId 6, the event has 5")),
        (false, Some("its status is DISABLED")),
        (false, Some("its trigger is DEVICE_ADDED")),
    ];
    let explained = emulator.explain(Trigger::DeviceDatastreamUpdate, event.clone()).unwrap();
    let found: Vec<_> = explained.iter().map(|found| (found.runs, found.reason.as_deref())).collect();
    assert_eq!(found, reasons);
    assert!(sink.requests().is_empty() && emulator.deliveries(&DeliveryFilter::new()).is_empty());

    let report = emulator.trigger_report(Trigger::DeviceDatastreamUpdate, event.clone()).await.unwrap();
    assert_eq!((report.deliveries.len(), report.webhooks), (1, explained));
    let again = emulator.trigger_report(Trigger::DeviceDatastreamUpdate, event).await.unwrap();
    assert!(again.webhooks[0].runs && again.webhooks[0].reason.as_ref().unwrap().contains("limits.runsPerMinute"));
    assert!(matches!(emulator.explain("NEXT_YEAR", ()), Err(EmulatorError::Invalid(_))));
}
