//! Sockets: their bound, their reuse, and connections that the server has closed meanwhile.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use blynk_webhooks::{Client, ErrorKind, WebhookSpec};
use support::{Reply, Server};

fn builder(server: &Server) -> blynk_webhooks::ClientBuilder {
    Client::builder().base_url(&server.url).token("t").timeout(Duration::from_secs(20))
}

fn spec() -> WebhookSpec {
    WebhookSpec::new("n", "NEW_USER", "https://example.com").method("POST").content_type("JSON").auth_type("NONE")
}

const CREATED: &str = r#"{"id":1,"name":"n","trigger":"NEW_USER","url":"https://example.com"}"#;

async fn never_more_sockets_than_allowed() {
    let server = Server::start(|n, _| match n % 3 {
        0 => Reply::Late(Duration::from_millis(2), Box::new(Reply::json(200, r#"{"id":1}"#))),
        _ => Reply::json(200, r#"{"id":1}"#),
    })
    .await;
    let client = builder(&server).max_connections(8).build().unwrap();
    let calls: Vec<_> = (0..2_000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get(1).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let peak = server.peak.load(Ordering::SeqCst);
    assert!(peak <= 8, "{peak} sockets were open at once");
}

#[tokio::test]
async fn the_bound_holds_on_one_thread() {
    never_more_sockets_than_allowed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bound_holds_on_several_threads() {
    never_more_sockets_than_allowed().await;
}

#[tokio::test]
async fn waiting_for_a_socket_counts_against_the_deadline() {
    let server = Server::replies(vec![Reply::Silence]).await;
    let client = builder(&server).max_connections(1).timeout(Duration::from_millis(300)).build().unwrap();
    let (first, second) = tokio::join!(client.get(1), client.get(2));
    assert_eq!(first.unwrap_err().kind(), ErrorKind::Timeout);
    let second = second.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::Timeout);
    assert!(second.to_string().contains("free connection"), "{second}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn one_connection_serves_call_after_call() {
    let server = Server::replies(vec![Reply::json(200, r#"{"id":1}"#)]).await;
    let client = builder(&server).build().unwrap();
    for _ in 0..50 {
        client.get(1).await.unwrap();
    }
    assert_eq!(server.peak.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_closed_meanwhile_never_shows() {
    let answer = Reply::json(200, CREATED);
    let server = Server::replies(vec![Reply::ThenClose(Box::new(answer))]).await;
    let client = builder(&server).max_retries(0).build().unwrap();
    for round in 0..30 {
        client.create(spec()).await.unwrap_or_else(|error| panic!("round {round}: {error}"));
        if round % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert_eq!(server.count(), 30);
}

/// A runtime that sleeps between calls, as a blocking client's does, learns of the close only when it is driven again.
#[test]
fn a_connection_closed_while_the_runtime_slept_never_shows() {
    let background = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let answer = Reply::json(200, CREATED);
    let server = background.block_on(Server::replies(vec![Reply::ThenClose(Box::new(answer))]));
    let client = builder(&server).max_retries(0).build().unwrap();
    let sleepy = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for round in 0..30 {
        let created = sleepy.block_on(async { client.create(spec()).await });
        created.unwrap_or_else(|error| panic!("round {round}: {error}"));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn one_client_serves_runtimes_one_after_another() {
    let background = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = background.block_on(Server::replies(vec![Reply::json(200, r#"{"id":1}"#)]));
    let client = builder(&server).build().unwrap();
    for _ in 0..40 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { client.get(1).await }).unwrap();
    }
}

#[tokio::test]
async fn a_dropped_call_ends_on_the_wire() {
    let server = Server::replies(vec![Reply::Silence]).await;
    let client = builder(&server).max_connections(1).build().unwrap();
    let call = tokio::spawn(async move {
        let outcome = client.get(1).await;
        (client, outcome)
    });
    while server.count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    // The server's `Silence` ends when the client closes the socket.
    let closed = async {
        while server.open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), closed).await.expect("the socket stayed open");
}

#[tokio::test]
async fn a_closed_client_refuses_and_says_so() {
    let server = Server::replies(vec![Reply::json(200, r#"{"id":1}"#)]).await;
    let client = builder(&server).build().unwrap();
    client.get(1).await.unwrap();
    client.close();
    client.close();
    assert!(client.get(1).await.unwrap_err().to_string().contains("closed"));
}

#[tokio::test]
async fn nothing_listening_is_a_connect_error_that_says_where() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let client = Client::builder().base_url(format!("http://127.0.0.1:{port}")).token("t").build().unwrap();
    let error = client.create(spec()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(!error.outcome_unknown());
    let message = error.to_string();
    assert!(message.contains(&port.to_string()) && message.contains("3 attempts"), "{message}");
}

#[tokio::test]
async fn gzip_is_read_and_asked_for() {
    // {"id":1} as gzip.
    let body =
        vec![31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 171, 86, 202, 76, 81, 178, 50, 172, 5, 0, 197, 248, 93, 68, 8, 0, 0, 0];
    let headers = vec![("content-encoding".into(), "gzip".into())];
    let server = Server::replies(vec![Reply::Answer { status: 200, headers, body }]).await;
    let outcome = builder(&server).max_retries(0).build().unwrap().get(1).await;
    assert!(server.requests()[0].headers["accept-encoding"].contains("gzip"));
    assert_eq!(outcome.unwrap().id(), 1);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let body = vec![b' '; 65 * 1024 * 1024];
    let server = Server::replies(vec![Reply::Answer { status: 200, headers: vec![], body }]).await;
    let error = builder(&server).build().unwrap().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Response);
    assert!(error.to_string().contains("64 MiB"), "{error}");
}
