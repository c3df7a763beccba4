//! What a call tells beside its value: the response, its attempts, its traces.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use blynk_webhooks::{Attempt, Client, ClientBuilder, WebhookPatch, WebhookSpec};
use support::{Log, Received, Reply, Server};

const WEBHOOK: &str = r#"{"id":7,"name":"n","trigger":"NEW_USER","url":"https://e.com"}"#;

fn builder(server: &Server) -> ClientBuilder {
    Client::builder().base_url(&server.url).token("t0ken")
}

fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Reply::Answer { status, headers, body: body.into() }
}

#[tokio::test]
async fn a_call_can_bring_its_response() {
    let server = Server::replies(vec![
        Reply::status(503),
        with_headers(200, &[("X-Request-Id", "r-t0ken"), ("X-Region", "fra1")], WEBHOOK),
        Reply::Answer { status: 204, headers: vec![], body: vec![] },
    ])
    .await;
    let client = builder(&server).build().unwrap();
    let response = client.get(7).with_response().await.unwrap();
    assert_eq!((response.value.id(), response.status, response.attempts), (7, 200, 2));
    assert_eq!(response.header("x-region"), Some("fra1"));
    // The server has echoed the token.
    assert_eq!(response.request_id.as_deref(), Some("r-***"));
    assert!(!format!("{response:?}").contains("t0ken"));
    assert!(response.elapsed > Duration::ZERO);
    let response = client.delete(7).with_response().await.unwrap();
    assert_eq!((response.status, response.attempts, response.request_id), (204, 1, None));
}

#[tokio::test]
async fn the_response_of_several_requests_is_that_of_the_last() {
    let server = Server::start(|_, request| match request.method.as_str() {
        "PUT" => with_headers(202, &[("x-request-id", "put")], WEBHOOK),
        "POST" => with_headers(201, &[("x-request-id", "post")], ""),
        _ if request.path.ends_with("webhooks") => {
            with_headers(200, &[("x-request-id", "list")], &format!("[{}]", WEBHOOK.replace('7', "8")))
        }
        _ => with_headers(200, &[("x-request-id", "get")], WEBHOOK),
    })
    .await;
    let client = builder(&server).build().unwrap();
    let patched = client.patch(7, WebhookPatch::new().set("name", "n")).with_response().await.unwrap();
    assert_eq!((patched.status, patched.request_id.as_deref()), (202, Some("put")));
    // The list only finds what the create has made.
    let spec = WebhookSpec::new("n", "NEW_USER", "https://e.com");
    let created = client.create(spec).validate(false).with_response().await.unwrap();
    assert_eq!((created.value.id(), created.status, created.request_id.as_deref()), (8, 201, Some("post")));
}

/// A builder whose attempts are kept.
fn watched(server: &Server) -> (ClientBuilder, Arc<Mutex<Vec<Attempt>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    (builder(server).on_attempt(move |attempt| log.lock().unwrap().push(attempt.clone())), seen)
}

#[tokio::test]
async fn each_attempt_is_told() {
    let server = Server::replies(vec![
        with_headers(503, &[("x-request-id", "r-1"), ("retry-after", "0")], ""),
        Reply::Close,
        with_headers(200, &[("x-request-id", "t0ken")], WEBHOOK),
        Reply::json(200, WEBHOOK),
    ])
    .await;
    let (builder, seen) = watched(&server);
    builder.build().unwrap().patch(7, WebhookPatch::new().set("name", "n")).await.unwrap();
    let seen = seen.lock().unwrap();
    let row = |attempt: &Attempt| (attempt.method.clone(), attempt.number, attempt.status, attempt.error.is_some());
    let rows: Vec<_> = seen.iter().map(row).collect();
    let expected = [
        ("GET", 1, Some(503), false),
        ("GET", 2, None, true),
        ("GET", 3, Some(200), false),
        ("PUT", 1, Some(200), false),
    ];
    assert_eq!(rows, expected.map(|(method, number, status, error)| (method.to_owned(), number, status, error)));
    assert!(seen.iter().all(|attempt| attempt.operation == "patch" && attempt.url.ends_with("webhook?webhookId=7")));
    assert_eq!(seen[0].pause, Some(Duration::ZERO));
    assert!(seen[1].pause.is_some() && seen[2].pause.is_none());
    assert_eq!(seen[0].request_id.as_deref(), Some("r-1"));
    assert!(!format!("{seen:?}").contains("t0ken"));
}

#[tokio::test]
async fn attempts_for_tokens_and_those_that_are_cut_off_are_told_too() {
    let server = Server::start(|n, request: &Received| match request.path.as_str() {
        "/oauth2/token" => {
            Reply::json(200, &format!(r#"{{"access_token":"t0ken{n}","expires_in":300,"refresh_token":"r3fresh"}}"#))
        }
        _ if n == 1 => Reply::status(401),
        _ => Reply::Silence,
    })
    .await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let client = Client::builder().base_url(&server.url).client_credentials("id", "s3cret").max_retries(0);
    let client = client.on_attempt(move |attempt| log.lock().unwrap().push(attempt.clone())).build().unwrap();
    client.get(7).timeout(Duration::from_millis(300)).await.unwrap_err();
    let seen = seen.lock().unwrap();
    let rows: Vec<_> = seen.iter().map(|attempt| (attempt.operation, attempt.number, attempt.status)).collect();
    assert_eq!(rows, [("token", 1, Some(200)), ("get", 1, Some(401)), ("token", 1, Some(200)), ("get", 2, None)]);
    assert_eq!(seen[1].pause, Some(Duration::ZERO));
    assert!(seen[3].error.as_deref().unwrap().contains("cut off"));
    assert!(seen.iter().all(|attempt| attempt.operation != "token" || attempt.url.ends_with("/oauth2/token")));
    for secret in ["s3cret", "r3fresh", "t0ken", "aWQ6czNjcmV0"] {
        assert!(!format!("{seen:?}").contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn an_observer_that_panics_breaks_no_call_and_is_reported_once() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.subscriber(tracing::Level::WARN));
    let server = Server::replies(vec![Reply::json(200, WEBHOOK)]).await;
    let client = builder(&server).on_attempt(|_| panic!("hunter2")).build().unwrap();
    for _ in 0..3 {
        client.get(7).await.unwrap();
    }
    let log = log.text();
    assert_eq!(log.matches("on_attempt has panicked").count(), 1, "{log}");
    assert!(!log.contains("hunter2"));
}

#[tokio::test]
async fn a_call_and_its_attempts_are_told_without_secrets() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.subscriber(tracing::Level::DEBUG));
    let token = r#"{"access_token":"t0ken","expires_in":0,"refresh_token":"r3fresh"}"#;
    let answer = with_headers(200, &[("x-request-id", "r-9-t0ken")], "[]");
    let replies = vec![Reply::json(200, token), Reply::status(503), answer.clone(), Reply::json(200, token), answer];
    let server = Server::replies(replies).await;
    let client = Client::builder().base_url(&server.url).client_credentials("id", "s3cret").build().unwrap();
    client.list().await.unwrap();
    client.list().await.unwrap();
    let log = log.text();
    for part in ["call{operation=\"list\"}", "attempt{number=2 ", "status=503", "r-9-***", "/oauth2/token"] {
        assert!(log.contains(part), "{part} is not in:\n{log}");
    }
    for secret in ["t0ken", "r3fresh", "s3cret"] {
        assert!(!log.contains(secret), "{secret} is in:\n{log}");
    }
}

/// Names of fields by OpenTelemetry's conventions for HTTP clients.
#[tokio::test]
async fn spans_have_the_names_of_opentelemetry() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.subscriber(tracing::Level::DEBUG));
    let server = Server::replies(vec![Reply::status(503), Reply::json(200, WEBHOOK)]).await;
    builder(&server).build().unwrap().get(7).await.unwrap();
    let port = server.url.rsplit(':').next().unwrap();
    let log = log.text();
    for part in [
        r#"otel.name="GET""#,
        r#"otel.kind="client""#,
        r#"http.request.method="GET""#,
        &format!(r#"url.full="{}/api/v1/organization/webhook?webhookId=7""#, server.url),
        r#"server.address="127.0.0.1""#,
        &format!("server.port={port}"),
        "http.request.resend_count=1",
        "http.response.status_code=503",
        "error.type=503",
        "http.response.status_code=200",
    ] {
        assert!(log.contains(part), "{part} is not in:\n{log}");
    }
}

/// A repeat is seen without debugging output.
#[tokio::test]
async fn a_retry_is_told_with_its_pause_and_reason() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.subscriber(tracing::Level::INFO));
    let server = Server::replies(vec![Reply::status(503), Reply::Close, Reply::json(200, WEBHOOK)]).await;
    builder(&server).build().unwrap().get(7).await.unwrap();
    let log = log.text();
    let retries: Vec<_> = log.lines().filter(|line| line.contains("retrying")).collect();
    assert_eq!(retries.len(), 2, "{log}");
    assert!(retries[0].contains("status 503") && retries[0].contains("pause_ms=") && retries[0].contains("retry=1"));
    assert!(retries[1].contains("connection broke") && retries[1].contains("INFO"));
}

#[tokio::test]
async fn each_attempt_can_carry_the_headers_of_its_trace() {
    let server = Server::replies(vec![Reply::status(503), Reply::json(200, WEBHOOK)]).await;
    let numbers = Arc::new(Mutex::new(0));
    let count = Arc::clone(&numbers);
    let headers = move || {
        let mut number = count.lock().unwrap();
        *number += 1;
        // What the client itself sets stays as it is.
        vec![("traceparent".to_owned(), format!("00-trace-{number}-01")), ("authorization".into(), "no".into())]
    };
    builder(&server).trace_headers(headers).build().unwrap().get(7).await.unwrap();
    let sent: Vec<_> = server.requests().iter().map(|request| request.headers["traceparent"].clone()).collect();
    assert_eq!(sent, ["00-trace-1-01", "00-trace-2-01"]);
    assert!(server.requests().iter().all(|request| request.headers["authorization"] == "Bearer t0ken"));
}

/// What bindings use: headers that come later, and the end of each attempt, for one call.
#[tokio::test]
async fn the_attempts_of_one_call_can_be_followed() {
    #[derive(Default)]
    struct Hooks(Mutex<Vec<String>>);
    impl blynk_webhooks::AttemptHooks for Hooks {
        fn before(
            &self,
            start: blynk_webhooks::AttemptStart,
        ) -> std::pin::Pin<Box<dyn Future<Output = Vec<(String, String)>> + Send>> {
            self.0.lock().unwrap().push(format!("{} {} {}", start.operation, start.method, start.number));
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                // This breaks no call.
                assert!(start.operation == "get", "panics");
                vec![("traceparent".into(), format!("attempt-{}", start.number))]
            })
        }
        fn after(&self, attempt: &Attempt) {
            self.0.lock().unwrap().push(format!("{:?} {:?}", attempt.number, attempt.status));
        }
    }
    let server = Server::replies(vec![
        Reply::status(503),
        Reply::json(200, WEBHOOK),
        Reply::json(200, WEBHOOK),
        Reply::status(204),
    ])
    .await;
    let client = builder(&server).build().unwrap();
    let hooks = Arc::new(Hooks::default());
    client.get(7).attempt_hooks(hooks.clone()).await.unwrap();
    client.get(7).await.unwrap();
    assert_eq!(*hooks.0.lock().unwrap(), ["get GET 1", "1 Some(503)", "get GET 2", "2 Some(200)"]);
    client.delete(7).attempt_hooks(hooks.clone()).await.unwrap();
    let sent: Vec<_> = server.requests().iter().map(|request| request.headers.get("traceparent").cloned()).collect();
    assert_eq!(sent, [Some("attempt-1".to_owned()), Some("attempt-2".to_owned()), None, None]);
}
