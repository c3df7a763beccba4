//! Spans and events: a call, its attempts, and no secret in any of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::Write;
use std::sync::{Arc, Mutex};

use blynk_webhooks::Client;
use support::{Reply, Server};
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_call_and_its_attempts_are_told_without_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(FmtSpan::NEW)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let token = r#"{"access_token":"l0ng-t0ken","expires_in":0,"refresh_token":"r3fresh"}"#;
    let answer = Reply::Answer {
        status: 200,
        headers: vec![("x-request-id".into(), "r-9-l0ng-t0ken".into())],
        body: b"[]".to_vec(),
    };
    let replies = vec![Reply::json(200, token), Reply::status(503), answer.clone(), Reply::json(200, token), answer];
    let server = Server::replies(replies).await;
    let client = Client::builder().base_url(&server.url).client_credentials("id", "s3cret").build().unwrap();
    client.list().await.unwrap();
    client.list().await.unwrap();

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for part in ["call{operation=\"list\"}", "attempt{number=2", "status=503", "r-9-***", "/oauth2/token"] {
        assert!(log.contains(part), "{part} is not in:\n{log}");
    }
    for secret in ["l0ng-t0ken", "r3fresh", "s3cret"] {
        assert!(!log.contains(secret), "{secret} is in:\n{log}");
    }
}
