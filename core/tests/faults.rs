//! The fault matrix: what each operation makes of each fault, against a real socket. Prints it as a table.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use blynk_webhooks::{Client, Error, WebhookSpec};
use support::{Reply, Server};

const WEBHOOK: &str = r#"{"id":1,"name":"n","trigger":"NEW_USER","url":"https://example.com","method":"GET","contentType":"JSON","authType":"NONE"}"#;

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    List,
    Get,
    Update,
    Delete,
    Create,
}

impl Operation {
    const ALL: [(Self, &'static str); 5] = [
        (Self::List, "list"),
        (Self::Get, "get"),
        (Self::Update, "update"),
        (Self::Delete, "delete"),
        (Self::Create, "create"),
    ];

    async fn run(self, client: &Client) -> Result<(), Error> {
        let spec = || {
            WebhookSpec::new("n", "NEW_USER", "https://example.com")
                .method("GET")
                .content_type("JSON")
                .auth_type("NONE")
        };
        match self {
            Self::List => client.list().await.map(|_| ()),
            Self::Get => client.get(1).await.map(|_| ()),
            Self::Update => client.update(1, spec()).await.map(|_| ()),
            Self::Delete => client.delete(1).await,
            Self::Create => client.create(spec()).await.map(|_| ()),
        }
    }

    fn good_answer(self) -> Reply {
        match self {
            Self::List => Reply::json(200, &format!("[{WEBHOOK}]")),
            Self::Delete => Reply::Answer { status: 204, headers: vec![], body: vec![] },
            _ => Reply::json(200, WEBHOOK),
        }
    }
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.into())
}

/// Name, fault, and what must come of it: for what may be repeated, then for create.
fn faults() -> Vec<(&'static str, Reply, &'static str, &'static str)> {
    const AGAIN: &str = "ok, 2 requests";
    let deep = format!("HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{}{}", "[".repeat(200), "]".repeat(200));
    let html = Reply::Answer { status: 200, headers: vec![], body: b"<html>login</html>".to_vec() };
    vec![
        ("reset", Reply::Reset, AGAIN, "TransportError, outcome unknown, 1 request"),
        ("closed, no answer", Reply::Close, AGAIN, "TransportError, outcome unknown, 1 request"),
        ("truncated answer", Reply::Truncate, AGAIN, "TransportError, outcome unknown, 1 request"),
        ("not HTTP", Reply::Garbage, AGAIN, "TransportError, outcome unknown, 1 request"),
        ("head cut off", raw("HTTP/1.1 200 O"), AGAIN, "TransportError, outcome unknown, 1 request"),
        (
            "length not a number",
            raw("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n[]"),
            AGAIN,
            "TransportError, outcome unknown, 1 request",
        ),
        (
            "broken chunk",
            raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n[]"),
            AGAIN,
            "TransportError, outcome unknown, 1 request",
        ),
        (
            "broken gzip",
            raw("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd"),
            AGAIN,
            "TransportError, outcome unknown, 1 request",
        ),
        (
            "slow answer",
            Reply::Late(Duration::from_millis(50), Box::new(raw(""))),
            AGAIN,
            "TransportError, outcome unknown, 1 request",
        ),
        (
            "silence",
            Reply::Silence,
            "RequestTimeoutError, 1 request",
            "RequestTimeoutError, outcome unknown, 1 request",
        ),
        ("HTML with 200", html, "ResponseError, 1 request", "ok, 2 requests"),
        ("too deep JSON", raw(&deep), "ResponseError, 1 request", "ok, 2 requests"),
        ("300", Reply::status(300), "ApiError, 1 request", "ApiError, 1 request"),
        ("400", Reply::status(400), "BadRequestError, 1 request", "BadRequestError, 1 request"),
        ("401", Reply::status(401), "UnauthorizedError, 1 request", "UnauthorizedError, 1 request"),
        ("403", Reply::status(403), "ForbiddenError, 1 request", "ForbiddenError, 1 request"),
        ("404", Reply::status(404), "NotFoundError, 1 request", "NotFoundError, 1 request"),
        ("405", Reply::status(405), "ApiError, 1 request", "ApiError, 1 request"),
        ("408", Reply::status(408), AGAIN, "ApiError, outcome unknown, 1 request"),
        ("409", Reply::status(409), "ConflictError, 1 request", "ConflictError, 1 request"),
        ("413", Reply::status(413), "ApiError, 1 request", "ApiError, 1 request"),
        ("422", Reply::status(422), "ApiError, 1 request", "ApiError, 1 request"),
        ("429", Reply::status(429), AGAIN, AGAIN),
        ("500", Reply::status(500), AGAIN, "ServerError, outcome unknown, 1 request"),
        ("501", Reply::status(501), "ServerError, 1 request", "ServerError, outcome unknown, 1 request"),
        ("502", Reply::status(502), AGAIN, "ServerError, outcome unknown, 1 request"),
        ("503", Reply::status(503), AGAIN, "ServerError, outcome unknown, 1 request"),
        ("504", Reply::status(504), AGAIN, "ServerError, outcome unknown, 1 request"),
    ]
}

async fn outcome(operation: Operation, fault: Reply) -> String {
    let good = operation.good_answer();
    let listed = Operation::List.good_answer();
    let server = Server::start(move |n, request| match n {
        0 => fault.clone(),
        _ if request.path.ends_with("webhooks") => listed.clone(),
        _ => good.clone(),
    })
    .await;
    let builder = Client::builder().base_url(&server.url).token("t").timeout(Duration::from_millis(900));
    let client = builder.build().unwrap();
    let mut outcome = match operation.run(&client).await {
        Ok(()) => "ok".to_owned(),
        Err(error) if error.outcome_unknown() => format!("{}, outcome unknown", error.kind().class()),
        Err(error) => error.kind().class().to_owned(),
    };
    let count = server.count();
    outcome.push_str(&format!(", {count} request{}", if count == 1 { "" } else { "s" }));
    outcome
}

#[tokio::test]
async fn every_fault_has_its_outcome() {
    println!("| fault | list, get, update | delete | create |\n|---|---|---|---|");
    for (name, fault, repeatable, create) in faults() {
        let mut row = Vec::new();
        for (operation, operation_name) in Operation::ALL {
            let found = outcome(operation, fault.clone()).await;
            // A delete reads no body, so a body that makes no sense is no fault to it.
            let expected = match operation {
                Operation::Create => create,
                Operation::Delete if repeatable.starts_with("ResponseError") => "ok, 1 request",
                _ => repeatable,
            };
            assert_eq!(found, expected, "{operation_name} with fault '{name}'");
            row.push(found);
        }
        println!("| {name} | {} | {} | {} |", row[0], row[3], row[4]);
    }
}

/// A server that never stops failing is left alone after the repeats, and pauses fit into the deadline.
#[tokio::test]
async fn the_deadline_holds_for_attempts_and_pauses_together() {
    let server = Server::replies(vec![Reply::Late(Duration::from_millis(120), Box::new(Reply::status(503)))]).await;
    let client = Client::builder().base_url(&server.url).token("t").max_retries(1_000).build().unwrap();
    let started = std::time::Instant::now();
    client.list().timeout(Duration::from_millis(700)).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_millis(1_500), "{:?}", started.elapsed());
    assert!(server.count() >= 2);
}

/// The token call shares the deadline.
#[tokio::test]
async fn the_deadline_holds_for_the_token_too() {
    let server = Server::replies(vec![Reply::Silence]).await;
    let client = Client::builder().base_url(&server.url).client_credentials("id", "s3cret").build().unwrap();
    let error = client.list().timeout(Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.kind().class(), "RequestTimeoutError");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}
