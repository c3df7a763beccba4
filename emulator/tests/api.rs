//! The emulator through the client, and the answers a client never provokes through a bare socket.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::TcpStream;

use blynk_webhooks::{Error, ErrorKind, Status, WebhookPatch, WebhookSpec, field};
use blynk_webhooks_emulator::{Emulator, State};

fn spec() -> WebhookSpec {
    WebhookSpec::new("Device Status Notification", "DEVICE_ADDED", "https://example.com/webhook/{device_id}")
        .method("POST")
        .content_type("JSON")
        .auth_type("NONE")
        .body(r#"{"device_id": "{device_id}"}"#)
        .failure_limit(10)
}

#[tokio::test]
async fn a_webhook_lives_and_dies() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let created = client.create(spec()).await.unwrap();
    assert_eq!(created.spec(), spec().status(Status::Enabled));
    assert_eq!(client.list().await.unwrap().into_vec(), std::slice::from_ref(&created));
    assert_eq!(client.get(created.id()).await.unwrap(), created);
    let patch = WebhookPatch::new().set(field::NAME, "Renamed").clear(field::BODY);
    let changed = client.patch(created.id(), patch).await.unwrap();
    assert_eq!((changed.name(), changed.body(), changed.failure_limit()), (Some("Renamed"), None, Some(10)));
    assert_eq!(client.disable(created.id()).await.unwrap().status(), Some(Status::Disabled));
    assert_eq!(client.enable(created.id()).await.unwrap().status(), Some(Status::Enabled));
    client.delete(created.id()).await.unwrap();
    let error = client.get(created.id()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.request_id().is_some());
}

#[tokio::test]
async fn every_fault_of_a_spec_is_named() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client_builder().validate(false).build().unwrap();
    let bad = WebhookSpec::new("x".repeat(101), "NEVER", "ftp://example.com").failure_receivers(vec![0; 11]);
    let Error::Api(error) = client.create(bad).await.unwrap_err() else { panic!() };
    assert_eq!(error.status, 400);
    for path in ["name", "trigger", "url", "method", "contentType", "authType", "failureReceivers"] {
        assert!(error.message.contains(&format!("{path}: ")), "{path} is not in: {}", error.message);
    }
}

#[tokio::test]
async fn wrong_credentials_and_organizations_are_refused() {
    let emulator = Emulator::start().unwrap();
    let wrong = emulator.client_builder().client_secret("wrong").build().unwrap();
    let Error::Auth(error) = wrong.list().await.unwrap_err() else { panic!() };
    assert_eq!(error.error, "invalid_client");
    let stranger = blynk_webhooks::Client::builder().base_url(emulator.url()).token("made-up").build().unwrap();
    assert_eq!(stranger.list().await.unwrap_err().kind(), ErrorKind::Unauthorized);
    let client = emulator.client().unwrap();
    assert_eq!(client.list().org_id(2).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(client.list().org_id(1).await.unwrap().is_empty());
    assert_eq!(client.create(spec()).org_id(2).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn stopping_frees_the_port() {
    let emulator = Emulator::start().unwrap();
    let port = emulator.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(Emulator::builder().port(port).start().unwrap_err().to_string().contains(&port.to_string()));
    let client = emulator.client_builder().max_retries(0).build().unwrap();
    client.list().await.unwrap();
    emulator.stop();
    emulator.stop();
    // The first client may find the end of its connection only when it uses it.
    assert!(matches!(client.list().await.unwrap_err().kind(), ErrorKind::Connect | ErrorKind::Transport));
    let new = emulator.client_builder().max_retries(0).build().unwrap();
    assert_eq!(new.list().await.unwrap_err().kind(), ErrorKind::Connect);
    Emulator::builder().port(port).start().unwrap();
}

/// Sends bytes as they are; returns status line and body.
fn raw(emulator: &Emulator, request: &[u8]) -> (String, String) {
    let mut socket = TcpStream::connect(emulator.url().trim_start_matches("http://")).unwrap();
    socket.write_all(request).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().into(), body.into())
}

/// A token of the emulator's own client.
fn token(emulator: &Emulator) -> String {
    let basic = base64::Engine::encode(
        &base64::prelude::BASE64_STANDARD,
        format!("{}:{}", emulator.client_id(), emulator.client_secret()),
    );
    let request = format!(
        "POST /oauth2/token?grant_type=client_credentials HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {basic}\r\nConnection: close\r\n\r\n"
    );
    let (_, body) = raw(emulator, request.as_bytes());
    let token: serde_json::Value = serde_json::from_str(&body).unwrap();
    token["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn odd_requests_get_the_error_envelope() {
    let emulator = Emulator::start().unwrap();
    let token = token(&emulator);
    let cases: [(&str, &str, &[u8], &str); 10] = [
        ("GET /nowhere", "", b"", "404"),
        ("PATCH /api/v1/organization/webhook?webhookId=1", "", b"", "405"),
        ("GET /api/v1/organization/webhook", "", b"", "400"),
        ("GET /api/v1/organization/webhook?webhookId=one", "", b"", "400"),
        ("GET /api/v1/organization/webhook?webhookId=2147483648", "", b"", "400"),
        ("GET /api/v1/organization/webhooks?orgId=x", "", b"", "400"),
        ("POST /api/v1/organization/webhook/create", "", b"{", "400"),
        ("POST /api/v1/organization/webhook/create", "", b"\xff", "400"),
        ("POST /api/v1/organization/webhook/create", "", b"[]", "400"),
        ("PUT /api/v1/organization/webhook?webhookId=1", "", b"{\"name\":5,\"url\":7}", "400"),
    ];
    for (line, headers, body, status) in cases {
        let mut request = format!(
            "{line} HTTP/1.1\r\nHost: x\r\n{headers}Authorization: Bearer {token}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        let (head, body) = raw(&emulator, &request);
        assert!(head.contains(status), "{line}: {head}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(body["error"]["message"].is_string(), "{line}: {body}");
    }
}

#[test]
fn debug_output_tells_no_secret() {
    let state = r#"{
        "clients": [{"clientId": "the-id", "clientSecret": "s3cret"}],
        "webhooks": [{"name": "n", "trigger": "NEW_USER", "url": "http://127.0.0.1:9", "method": "GET",
            "contentType": "JSON", "authType": "OAUTH2", "oAuth2Request": {"clientSecret": "targets-own"}}]
    }"#;
    let builder = Emulator::builder().state(State::from_json(state).unwrap());
    let emulator = builder.clone().start().unwrap();
    let token = token(&emulator);
    for shown in [format!("{builder:?}"), format!("{emulator:?}"), format!("{:?}", emulator.snapshot())] {
        assert!(shown.contains("the-id"), "{shown}");
        for secret in ["s3cret", "targets-own", &token] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}
