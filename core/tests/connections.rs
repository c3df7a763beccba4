//! Sockets: their bound, their reuse, and connections that the server has closed meanwhile.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::future::{Future as _, IntoFuture as _};
use std::time::Duration;

use blynk_webhooks::{Client, ErrorKind, Stop, WebhookSpec};
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
    let peak = server.most_open();
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
    // The first still has the socket when the time of the second is up.
    let (first, second) = tokio::join!(client.get(1), client.get(2).timeout(Duration::from_millis(150)));
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
    assert_eq!(server.most_open(), 1);
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

/// A proxy reads requests of plain HTTP: it needs the whole URL, and its user with each of them.
#[tokio::test]
async fn a_proxy_gets_the_whole_url_and_its_user() {
    let proxy = Server::start(|_, _| Reply::json(200, r#"{"id":1}"#)).await;
    let url = proxy.url.replace("http://", "http://user:p%40ss@");
    let client = Client::builder().base_url("http://127.0.0.1:1/below").token("t").proxy(url).build().unwrap();
    for _ in 0..2 {
        client.get(1).await.unwrap();
    }
    for request in proxy.requests() {
        assert!(request.path.starts_with("http://127.0.0.1:1/below/api/"), "{}", request.path);
        assert_eq!(request.headers["host"], "127.0.0.1:1");
        assert_eq!(request.headers["proxy-authorization"], "Basic dXNlcjpwQHNz");
    }
    assert_eq!(proxy.most_open(), 1);
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

/// A runtime of one thread, as actix-web has one for each worker and a blocking client has one for itself.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A server on a thread of its own, for tests that block theirs.
fn served_elsewhere(
    script: impl Fn(usize, &support::Received) -> Reply + Send + Sync + 'static,
) -> (tokio::runtime::Runtime, Server) {
    let background = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = background.block_on(Server::start(script));
    (background, server)
}

fn sometimes_late(n: usize) -> Reply {
    let answer = Reply::json(200, r#"{"id":1}"#);
    if n.is_multiple_of(3) { Reply::Late(Duration::from_millis(2), Box::new(answer)) } else { answer }
}

#[test]
fn the_bound_holds_for_several_runtimes_together() {
    for max_connections in [1_u32, 3] {
        let (_background, server) = served_elsewhere(|n, _| sometimes_late(n));
        let client = builder(&server).max_connections(max_connections).build().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    runtime().block_on(async {
                        for _ in 0..20 {
                            let (a, b) = tokio::join!(client.get(1), client.get(2));
                            a.unwrap();
                            b.unwrap();
                        }
                    });
                });
            }
        });
        let peak = server.most_open();
        assert!(peak <= max_connections as usize, "{peak} sockets were open at once, not {max_connections}");
        assert_eq!(server.count(), 320);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bound_holds_in_cold_bursts() {
    for round in 0..40 {
        let server = Server::start(|n, _| sometimes_late(n)).await;
        let client = builder(&server).max_connections(8).build().unwrap();
        let calls: Vec<_> = (0..60)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.get(1).await })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let peak = server.most_open();
        assert!(peak <= 8, "round {round}: {peak} sockets were open at once");
    }
}

#[test]
fn a_runtime_that_stands_still_holds_nobody_up() {
    let (_background, server) = served_elsewhere(|_, _| Reply::json(200, r#"{"id":1}"#));
    let client = builder(&server).max_connections(1).build().unwrap();
    let still = runtime();
    // Sent, and not looked at again until the others are done.
    let call = client.get(1);
    let mut call = Box::pin(async move { call.await });
    still.block_on(std::future::poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    }));
    for _ in 0..5 {
        runtime().block_on(async { client.get(2).await }).unwrap();
    }
    still.block_on(call).unwrap();
    assert_eq!(server.most_open(), 1);
}

/// Calls need no runtime of their caller's.
/// The deadline is the server's. A response that has come in time is the caller's, however late it looks.
#[test]
fn a_response_that_came_in_time_can_be_read_late() {
    let (_background, server) = served_elsewhere(|_, _| Reply::json(200, r#"{"id":1}"#));
    let timeout = Duration::from_secs(2);
    let client = builder(&server).timeout(timeout).build().unwrap();
    let still = runtime();
    let call = client.get(1);
    let mut call = Box::pin(async move { call.await });
    still.block_on(std::future::poll_fn(|context| {
        assert!(call.as_mut().poll(context).is_pending());
        std::task::Poll::Ready(())
    }));
    std::thread::sleep(timeout + Duration::from_millis(200));
    still.block_on(call).unwrap();
}

#[test]
fn any_executor_can_await_a_call() {
    let (_background, server) = served_elsewhere(|_, _| Reply::json(200, r#"{"id":1}"#));
    let client = builder(&server).build().unwrap();
    let call = async { client.get(1).timeout(Duration::from_secs(5)).await };
    assert_eq!(futures_executor::block_on(call).unwrap().id(), 1);
}

async fn until_closed(server: &Server) {
    let closed = async {
        while server.open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), closed).await.expect("a socket stayed open");
}

#[tokio::test]
async fn calls_under_way_end_as_they_would_without_close() {
    let late = || Reply::Late(Duration::from_millis(50), Box::new(Reply::json(200, CREATED)));
    let server = Server::start(move |_, _| late()).await;
    let client = builder(&server).build().unwrap();
    // Two requests, of which the second begins after `close`; and a call that has not been polled.
    let patch = blynk_webhooks::WebhookPatch::new().set("name", "new");
    let started: Vec<_> = (0..10).map(|_| tokio::spawn(client.patch(1, patch.clone()).into_future())).collect();
    let unpolled = client.get(1).into_future();
    client.close();
    unpolled.await.unwrap();
    for call in started {
        call.await.unwrap().unwrap();
    }
    assert!(client.get(1).await.unwrap_err().to_string().contains("closed"));
    until_closed(&server).await;
}

#[tokio::test]
async fn calls_under_way_outlive_the_last_handle() {
    let late = || Reply::Late(Duration::from_millis(50), Box::new(Reply::json(200, CREATED)));
    let server = Server::start(move |_, _| late()).await;
    let client = builder(&server).build().unwrap();
    let calls: Vec<_> = (0..10).map(|_| tokio::spawn(client.get(1).into_future())).collect();
    drop(client);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    until_closed(&server).await;
}

#[tokio::test]
async fn close_ends_idle_connections_on_the_wire() {
    let server = Server::replies(vec![Reply::json(200, r#"{"id":1}"#)]).await;
    let client = builder(&server).build().unwrap();
    client.get(1).await.unwrap();
    assert_eq!(server.open(), 1);
    client.close();
    until_closed(&server).await;
}

#[test]
fn a_thread_can_wait_for_its_calls() {
    let (background, server) = served_elsewhere(|n, _| sometimes_late(n));
    let client = builder(&server).max_connections(16).build().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| (0..20).for_each(|_| drop(client.get(1).wait().unwrap())));
        }
    });
    let peak = server.most_open();
    assert!(peak <= 16, "{peak} sockets were open at once");
    assert!(client.get(-1).timeout(Duration::ZERO).wait().unwrap_err().to_string().contains("timeout"));
    client.close();
    assert!(client.get(1).wait().unwrap_err().to_string().contains("closed"));
    background.block_on(until_closed(&server));
}

/// One connection serves a thread's calls, and no other thread is started for them.
#[test]
fn a_waiting_thread_drives_its_own_calls() {
    let (_background, server) = served_elsewhere(|_, _| Reply::json(200, r#"{"id":1}"#));
    let client = builder(&server).build().unwrap();
    (0..20).for_each(|_| drop(client.get(1).wait().unwrap()));
    assert_eq!(server.most_open(), 1);
}

#[test]
fn a_wait_in_a_runtime_or_beside_another_works_too() {
    let (background, server) = served_elsewhere(|_, _| Reply::json(200, r#"{"id":1}"#));
    let client = builder(&server).build().unwrap();
    background.block_on(async { client.get(1).wait() }).unwrap();
    // The check of one wait makes a call of its own, as a signal handler does.
    let (_slow_background, slow) = served_elsewhere(|_, request| match request.query["webhookId"].as_str() {
        "1" => Reply::Late(Duration::from_millis(100), Box::new(Reply::json(200, r#"{"id":1}"#))),
        _ => Reply::json(200, r#"{"id":2}"#),
    });
    let client = builder(&slow).build().unwrap();
    let mut checks = 0;
    let check = || {
        checks += 1;
        client.get(2).wait().map(|_| ()).map_err(Stop::Cancel)
    };
    let tick = Some(Duration::from_millis(10));
    let webhook = client.wait_for(client.get(1).into_future(), tick, check).unwrap().unwrap().unwrap();
    assert_eq!(webhook.id(), 1);
    assert!(checks > 0);
}

#[test]
fn a_wait_that_is_given_up_ends_on_the_wire() {
    let (background, server) = served_elsewhere(|_, _| Reply::Silence);
    let client = builder(&server).build().unwrap();
    let given_up = || if server.count() == 0 { Ok(()) } else { Err(Stop::Cancel("given up")) };
    let tick = Some(Duration::from_millis(5));
    assert_eq!(client.wait_for(client.get(1).into_future(), tick, given_up).unwrap_err(), "given up");
    background.block_on(until_closed(&server));
    // Time that is up ends it too.
    client.get(1).timeout(Duration::from_millis(50)).wait().unwrap_err();
    background.block_on(until_closed(&server));
}

/// A connection that is not made in time: the create has not run, and says so.
#[tokio::test]
async fn a_create_that_never_had_a_connection_has_not_run() {
    // Connections beyond the backlog are not answered.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut filling = Vec::new();
    while let Ok(stream) =
        tokio::time::timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(address)).await
    {
        filling.push(stream.unwrap());
    }
    let client = Client::builder().base_url(format!("http://{address}")).token("t").build().unwrap();
    let error = client.create(spec()).timeout(Duration::from_millis(300)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (ErrorKind::Timeout, false), "{error}");
}
