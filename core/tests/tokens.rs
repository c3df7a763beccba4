//! Tokens under load: no stampede, renewal before expiry, one refusal shared by those who waited.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::future::{Future, IntoFuture as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use blynk_webhooks::{Client, Error, ErrorKind, Stop};
use support::{Received, Reply, Server};

fn is_token(request: &Received) -> bool {
    request.path == blynk_webhooks::path::TOKEN
}

fn granted(token: &str, expires_in: u64) -> Reply {
    let body = format!(
        r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{expires_in},"refresh_token":"r-{token}"}}"#
    );
    Reply::json(200, &body)
}

fn client(server: &Server) -> Client {
    let builder = Client::builder().base_url(&server.url).client_credentials("id", "secret");
    builder.timeout(Duration::from_secs(20)).build().unwrap()
}

async fn many(client: &Client, count: usize) -> Vec<blynk_webhooks::Result<blynk_webhooks::WebhookList>> {
    let calls: Vec<_> = (0..count)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.list().await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.unwrap());
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_take_one_token() {
    let server = Server::start(|_, request| match is_token(request) {
        true => Reply::Late(Duration::from_millis(50), Box::new(granted("t", 300))),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    assert!(many(&client, 1_000).await.iter().all(Result::is_ok));
    assert_eq!(server.requests().iter().filter(|request| is_token(request)).count(), 1);
}

#[tokio::test]
async fn attempts_are_those_of_the_request_that_failed() {
    let server = Server::start(|_, request| match is_token(request) {
        true => granted("t", 300),
        false => Reply::Close,
    })
    .await;
    let client = Client::builder().base_url(&server.url).client_credentials("id", "secret").max_retries(0);
    let Err(Error::Transport(failure)) = client.build().unwrap().list().await else { panic!() };
    assert_eq!(failure.attempts, 1);
}

#[tokio::test]
async fn the_life_of_a_token_may_be_a_string() {
    let server = Server::start(|_, request| match is_token(request) {
        true => Reply::json(200, r#"{"access_token":"t","expires_in":"300"}"#),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    client.list().await.unwrap();
    client.list().await.unwrap();
    assert_eq!(server.requests().iter().filter(|request| is_token(request)).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revoked_token_is_replaced_once_for_all() {
    let revoked = Arc::new(AtomicUsize::new(0));
    let flag = Arc::clone(&revoked);
    let server = Server::start(move |_, request| match is_token(request) {
        true if request.query["grant_type"] == "refresh_token" => granted("new", 300),
        true => granted("old", 300),
        false if request.headers["authorization"] == "Bearer old" && flag.load(Ordering::SeqCst) == 1 => {
            Reply::status(401)
        }
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    client.list().await.unwrap();
    revoked.store(1, Ordering::SeqCst);
    assert!(many(&client, 300).await.iter().all(Result::is_ok));
    let tokens: Vec<_> = server.requests().into_iter().filter(is_token).collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[1].query["refresh_token"], "r-old");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    // A life of 1 s has a leeway of 100 ms, so at 950 ms the server would still take the token.
    let server = Server::start(|n, request| match is_token(request) {
        true => granted(&format!("t{n}"), 1),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    client.list().await.unwrap();
    tokio::time::sleep(Duration::from_millis(950)).await;
    client.list().await.unwrap();
    let tokens: Vec<_> = server.requests().into_iter().filter(is_token).collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[1].query["grant_type"], "refresh_token");
}

#[tokio::test]
async fn those_who_waited_share_a_refusal() {
    let server = Server::start(|_, _| {
        let refusal = Reply::json(400, r#"{"error":"invalid_client","error_description":"no"}"#);
        Reply::Late(Duration::from_millis(100), Box::new(refusal))
    })
    .await;
    let client = client(&server);
    let outcomes = many(&client, 200).await;
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Auth)));
    assert_eq!(server.count(), 1);
    // The next call asks again: the secret may have been mended on the server.
    client.list().await.unwrap_err();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_the_others_their_token() {
    let server = Server::start(|_, request| match is_token(request) {
        true => Reply::Late(Duration::from_millis(200), Box::new(granted("t", 300))),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    let impatient = client.list().timeout(Duration::from_millis(50));
    let (impatient, patient) = tokio::join!(async { impatient.await }, async { client.list().await });
    assert_eq!(impatient.unwrap_err().kind(), ErrorKind::Timeout);
    patient.unwrap();
}

#[tokio::test]
async fn a_lost_refresh_leads_to_a_fresh_grant() {
    let server = Server::start(|_, request| match is_token(request) {
        true if request.query["grant_type"] == "refresh_token" => Reply::Close,
        true => granted("t", 0),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    client.list().await.unwrap();
    client.list().await.unwrap();
    let grants: Vec<_> =
        server.requests().into_iter().filter(is_token).map(|request| request.query["grant_type"].clone()).collect();
    assert_eq!(grants, ["client_credentials", "refresh_token", "client_credentials"]);
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let server = Server::replies(vec![granted("t0ken", 300), Reply::status(500)]).await;
    let builder = Client::builder().base_url(&server.url).client_credentials("id", "s3cret").max_retries(0);
    let shown = format!("{builder:?}");
    let client = builder.build().unwrap();
    let error = client.list().await.unwrap_err();
    let all = format!("{shown} {client:?} {error:?} {error}");
    for secret in ["s3cret", "t0ken", "aWQ6czNjcmV0"] {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
}

fn count_tokens(server: &Server) -> usize {
    server.requests().iter().filter(|request| is_token(request)).count()
}

/// Whoever makes the request for a token does not decide for those who wait for it.
#[tokio::test]
async fn each_waiter_has_its_own_retries() {
    let server = Server::start(|n, request| match is_token(request) {
        true if n < 2 => Reply::Late(Duration::from_millis(100), Box::new(Reply::status(503))),
        true => granted("t", 300),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    let (none, one, two) = tokio::join!(
        client.list().max_retries(0).into_future(),
        client.list().max_retries(1).into_future(),
        client.list().max_retries(2).into_future(),
    );
    assert_eq!(none.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(one.unwrap_err().kind(), ErrorKind::Server);
    two.unwrap();
    assert_eq!(count_tokens(&server), 3);
}

#[tokio::test]
async fn each_waiter_has_its_own_deadline() {
    let server = Server::start(|n, request| match is_token(request) {
        // The server asks for more time than the first caller has.
        true if n == 0 => {
            Reply::Answer { status: 503, headers: vec![("retry-after".into(), "1".into())], body: vec![] }
        }
        true => granted("t", 300),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    let (short, long) = tokio::join!(
        client.list().timeout(Duration::from_millis(500)).into_future(),
        client.list().timeout(Duration::from_secs(10)).into_future(),
    );
    assert_eq!(short.unwrap_err().kind(), ErrorKind::Server);
    long.unwrap();
    assert_eq!(count_tokens(&server), 2);
}

#[tokio::test]
async fn a_cancelled_caller_leaves_the_others_their_token() {
    let server = Server::start(|_, request| match is_token(request) {
        true => Reply::Late(Duration::from_millis(200), Box::new(granted("t", 300))),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    let first = tokio::spawn(client.list().into_future());
    while count_tokens(&server) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let second = tokio::spawn(client.list().into_future());
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.abort();
    second.await.unwrap().unwrap();
    assert_eq!(count_tokens(&server), 1);
}

#[tokio::test]
async fn a_token_that_nobody_waits_for_is_not_asked_for_any_more() {
    let server = Server::replies(vec![Reply::Silence]).await;
    let client = client(&server);
    let calls: Vec<_> = (0..3).map(|_| tokio::spawn(client.list().into_future())).collect();
    while server.count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    calls.iter().for_each(tokio::task::JoinHandle::abort);
    let closed = async {
        while server.open() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), closed).await.expect("the request for the token goes on");
    assert_eq!(server.count(), 1);
}

/// The caller that asked for the token first stands still: a signal handler that makes a call of its own, or a runtime that
/// does something else.
#[test]
fn a_caller_that_stands_still_leaves_the_others_their_token() {
    let background = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = background.block_on(Server::start(|_, request| match is_token(request) {
        true => Reply::Late(Duration::from_millis(100), Box::new(granted("t", 300))),
        false => Reply::json(200, "[]"),
    }));
    let client = client(&server);
    let mut inner = None;
    let check = || {
        if count_tokens(&server) > 0 && inner.is_none() {
            inner = Some(client.list().timeout(Duration::from_secs(5)).wait());
        }
        Ok::<_, Stop<()>>(())
    };
    let tick = Some(Duration::from_millis(5));
    client.wait_for(client.list().into_future(), tick, check).unwrap().unwrap().unwrap();
    inner.expect("the token was there too soon").unwrap();
    assert_eq!(count_tokens(&server), 1);
}

/// A token endpoint that fails is not asked by every waiter for itself.
#[tokio::test]
async fn waiters_share_the_attempts_of_a_failing_endpoint() {
    let server = Server::start(|n, request| match is_token(request) {
        true if n < 2 => Reply::Late(Duration::from_millis(30), Box::new(Reply::status(503))),
        true => granted("t", 300),
        false => Reply::json(200, "[]"),
    })
    .await;
    let client = client(&server);
    assert!(many(&client, 200).await.iter().all(Result::is_ok));
    assert_eq!(count_tokens(&server), 3);
}

/// A client whose tokens come from a function, which counts its calls.
fn provided<Fut, T, E>(
    server: &Server,
    provide: impl Fn(usize) -> Fut + Send + Sync + 'static,
) -> (blynk_webhooks::ClientBuilder, Arc<AtomicUsize>)
where
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Into<blynk_webhooks::ProvidedToken>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let builder = Client::builder()
        .base_url(&server.url)
        .token_provider(move || provide(count.fetch_add(1, Ordering::SeqCst)))
        .timeout(Duration::from_secs(20));
    (builder, calls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_function_provides_one_token_for_all() {
    let server = Server::replies(vec![Reply::json(200, "[]")]).await;
    let (builder, calls) = provided(&server, |_| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok::<_, std::io::Error>(" Bearer t0ken\n".to_owned())
    });
    let client = builder.build().unwrap();
    assert!(many(&client, 500).await.iter().all(Result::is_ok));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert!(server.requests().iter().all(|request| request.headers["authorization"] == "Bearer t0ken"));
}

#[tokio::test]
async fn a_function_is_asked_again_at_the_end_of_a_life_and_after_a_401() {
    let server = Server::start(|_, request| match request.headers["authorization"].as_str() {
        "Bearer t1" => Reply::status(401),
        _ => Reply::json(200, "[]"),
    })
    .await;
    let (builder, calls) = provided(&server, |n| async move {
        // The first lives a second, less a tenth.
        Ok::<_, std::io::Error>((format!("t{n}"), (n == 0).then_some(Duration::from_secs(1))))
    });
    let client = builder.build().unwrap();
    client.list().await.unwrap();
    client.list().await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_millis(950)).await;
    client.list().await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    // A token without an end is kept.
    client.list().await.unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_error_of_a_function_reaches_the_caller_unchanged() {
    #[derive(Debug, PartialEq)]
    struct Sealed(u32);
    impl std::fmt::Display for Sealed {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "the vault is sealed")
        }
    }
    impl std::error::Error for Sealed {}
    let server = Server::replies(vec![Reply::json(200, "[]")]).await;
    let (builder, calls) = provided(&server, |n| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if n == 0 { Err(Sealed(7)) } else { Ok("t") }
    });
    let client = builder.build().unwrap();
    for outcome in many(&client, 10).await {
        let error = outcome.unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.downcast_ref(), Some(&Sealed(7)));
        assert!(error.to_string().contains("the vault is sealed"), "{error}");
    }
    assert_eq!((calls.load(Ordering::SeqCst), server.count()), (1, 0));
    client.list().await.unwrap();
}

#[tokio::test]
async fn a_function_that_hangs_panics_or_gives_no_token_is_told_of() {
    let server = Server::replies(vec![Reply::json(200, "[]")]).await;
    let (hanging, _) = provided(&server, |_| std::future::pending::<Result<String, std::io::Error>>());
    let error = hanging.build().unwrap().list().timeout(Duration::from_millis(100)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("waiting for a token"), "{error}");
    let (panicking, _) = provided(&server, |n| async move {
        assert!(n > 9);
        Ok::<_, std::io::Error>("t")
    });
    let error = panicking.build().unwrap().list().await.unwrap_err();
    assert!(matches!(error, Error::TokenProvider(_)) && error.to_string().contains("panicked"), "{error}");
    for (token, says) in [("", "is empty"), ("hunter2\u{200B}2", "zero width space")] {
        let (wrong, _) = provided(&server, move |_| async move { Ok::<_, std::io::Error>(token) });
        let error = wrong.build().unwrap().list().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(says) && !error.to_string().contains("hunter2"), "{error}");
    }
    let (both, _) = provided(&server, |_| async { Ok::<_, std::io::Error>("t") });
    assert!(both.token("t").build().unwrap_err().to_string().contains("not both"));
    assert_eq!(server.count(), 0);
}
