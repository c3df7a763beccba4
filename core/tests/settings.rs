//! What a client is set up with: what is refused at once, and what reaches the wire.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use blynk_webhooks::{CallOptions, Client, ClientBuilder, Error, env};
use support::{Reply, Server, again_with, is_inner};

fn refused(builder: ClientBuilder, says: &str) {
    match builder.build() {
        Err(Error::Config(message)) => {
            let message = message.to_string();
            assert!(message.contains(says), "{says:?} is not in {message:?}");
            assert!(!message.contains("hunter2"), "{message}");
        }
        other => panic!("{says}: {other:?}"),
    }
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    let with = |url: &str| Client::builder().token("t").base_url(url);
    refused(Client::builder(), "no credentials");
    refused(Client::builder().token("t").client_id("id"), "not both");
    refused(Client::builder().client_id("id"), "client_secret");
    refused(Client::builder().client_secret("hunter2"), "client_id");
    refused(
        Client::builder().token("hunter2\nhunter2"),
        "token contains a line break (U+000A) at position 8, which is not allowed there; copy it again",
    );
    refused(
        Client::builder().client_credentials("id", "hunter2\u{200B}2"),
        "client_secret contains a zero width space (U+200B)",
    );
    refused(
        Client::builder().client_credentials("i\u{200B}d", "hunter2"),
        "client_id contains a zero width space (U+200B)",
    );
    refused(Client::builder().token(" "), "empty");
    refused(with("blynk.cloud"), "is not a URL");
    refused(with("ftp://blynk.cloud"), "https://");
    refused(with("http://blynk.cloud"), "allow_http");
    refused(with("https://me:hunter2@blynk.cloud"), "credentials");
    refused(with("https://blynk.cloud/?a=1"), "'?'");
    refused(with("https://e.com").max_connections(0), "max_connections");
    refused(with("https://e.com").timeout(Duration::ZERO), "timeout");
    refused(with("https://e.com").connect_timeout(Duration::ZERO), "timeout");
    refused(with("https://e.com").proxy("http://me:hunter2@[bad"), "proxy");
    refused(with("https://e.com").proxy("socks5://me:hunter2@proxy:1"), "http://");
    refused(with("http://localhost:1").proxy("me:hunter2@proxy:3128"), "to another host");
    refused(with("me:hunter2@blynk.cloud"), "must begin with https");
    refused(Client::builder().client_credentials("id", " "), "empty");
    refused(Client::builder().client_credentials("", "hunter2"), "empty");
    refused(with("https://e.com").header("Authorization", "x"), "authorization");
    refused(with("https://e.com").header("a b", "x"), "not a valid header name");
    refused(with("https://e.com").header("a", "hunter2\n"), "header cannot carry");
    for fine in ["http://localhost:1", "http://127.9.9.9", "http://[::1]:80", "https://fra1.blynk.cloud"] {
        with(fine).build().unwrap();
    }
    with("http://blynk.cloud").allow_http(true).build().unwrap();
    with("http://localhost:1").proxy("127.0.0.1:3128").build().unwrap();
}

#[tokio::test]
async fn a_path_in_the_base_url_is_kept() {
    let server = Server::replies(vec![Reply::json(200, "[]")]).await;
    for base_url in [format!("{}/behind", server.url), format!("{}/behind/", server.url)] {
        Client::builder().base_url(base_url).token("t").build().unwrap().list().await.unwrap();
    }
    assert!(server.requests().iter().all(|request| request.path == "/behind/api/v1/organization/webhooks"));
}

#[tokio::test]
async fn the_user_agent_names_library_and_platform() {
    let server = Server::replies(vec![Reply::json(200, "[]")]).await;
    let client = Client::builder().base_url(&server.url).token("t").platform("rust/tests").build().unwrap();
    client.list().await.unwrap();
    let agent = format!("blynk-webhooks/{} (rust/tests)", env!("CARGO_PKG_VERSION"));
    assert_eq!(server.requests()[0].headers["user-agent"], agent);
}

#[tokio::test]
async fn an_explicit_proxy_gets_the_requests() {
    let proxy = Server::replies(vec![Reply::json(200, "[]")]).await;
    let client = Client::builder().base_url("http://webhooks.invalid").allow_http(true).token("t").proxy(&proxy.url);
    client.build().unwrap().list().await.unwrap();
    assert_eq!(proxy.requests()[0].path, "http://webhooks.invalid/api/v1/organization/webhooks");
}

#[tokio::test]
async fn a_proxy_that_is_down_is_named() {
    let client =
        Client::builder().base_url("https://webhooks.invalid").token("t").proxy("http://me:hunter2@127.0.0.1:9");
    let error = client.max_retries(0).build().unwrap().list().await.unwrap_err().to_string();
    assert!(error.contains("through the proxy http://***@127.0.0.1:9") && !error.contains("hunter2"), "{error}");
}

#[test]
fn nothing_secret_is_shown() {
    let builder =
        Client::builder().token("hunter2").proxy("http://me:hunter2@proxy:3128").header("X-Api-Key", "hunter2");
    assert!(!format!("{builder:?}").contains("hunter2"));
    assert_eq!(format!("{:?}", builder.build().unwrap()), "Client { base_url: \"https://blynk.cloud\", .. }");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_systems_proxy_gets_the_requests_but_not_those_to_loopback() {
    if is_inner() {
        let remote = Client::builder().base_url("http://webhooks.invalid").allow_http(true).token("t").build().unwrap();
        remote.list().await.unwrap();
        let direct = Server::replies(vec![Reply::json(200, "[]")]).await;
        Client::builder().base_url(&direct.url).token("t").build().unwrap().list().await.unwrap();
        assert_eq!(direct.count(), 1);
        return;
    }
    let proxy = Server::replies(vec![Reply::json(200, "[]")]).await;
    let url = proxy.url.clone();
    let name = "the_systems_proxy_gets_the_requests_but_not_those_to_loopback";
    tokio::task::spawn_blocking(move || again_with(name, &[("HTTP_PROXY", &url), ("http_proxy", &url)])).await.unwrap();
    assert_eq!(proxy.count(), 1);
}

#[test]
fn the_environment_sets_up_a_client() {
    if is_inner() {
        let client = Client::from_env().unwrap();
        assert!(format!("{client:?}").contains("fra1.blynk.cloud"));
        assert!(!format!("{client:?}").contains("hunter2"));
        // What is passed goes before what the environment says.
        ClientBuilder::from_env().unwrap().token("t").build().unwrap();
        refused(ClientBuilder::from_env().unwrap().token("t").client_id("id"), "not both");
        return;
    }
    let name = "the_environment_sets_up_a_client";
    let variables =
        [(env::BASE_URL, "https://fra1.blynk.cloud"), (env::CLIENT_ID, "id"), (env::CLIENT_SECRET, "hunter2")];
    again_with(name, &[&variables[..], &[(env::ORG_ID, "7"), (env::TOKEN, "")]].concat());
}

#[test]
fn the_environment_can_forbid_all_but_loopback() {
    if is_inner() {
        refused(Client::builder().token("t"), "only loopback is allowed");
        Client::builder().token("t").base_url("http://127.0.0.1:1").build().unwrap();
        return;
    }
    again_with("the_environment_can_forbid_all_but_loopback", &[(env::LOOPBACK_ONLY, "1")]);
    again_with("the_environment_can_forbid_all_but_loopback", &[(env::LOOPBACK_ONLY, "Yes")]);
}

#[test]
fn an_organization_id_that_is_none_is_refused() {
    if is_inner() {
        let error = ClientBuilder::from_env().unwrap_err();
        assert!(error.to_string().contains("BLYNK_ORG_ID must be an int32"), "{error}");
        return;
    }
    again_with("an_organization_id_that_is_none_is_refused", &[(env::ORG_ID, "seven")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_environment_that_is_down_or_unusable_is_named() {
    let name = "a_proxy_of_the_environment_that_is_down_or_unusable_is_named";
    if is_inner() {
        let client = Client::builder().base_url("https://webhooks.invalid").token("t").max_retries(0);
        let error = client.build().unwrap().list().await.unwrap_err();
        let message = error.to_string();
        let variable = std::env::var("BLYNK_TEST_VARIABLE").unwrap();
        assert!(message.contains("127.0.0.1:9") && message.contains(&variable), "{message}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        return;
    }
    for (variable, proxy) in [
        ("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:9"),
        ("HTTPS_PROXY", "127.0.0.1:9"),
        ("ALL_PROXY", "socks5://me:hunter2@127.0.0.1:9"),
    ] {
        let none = ["https_proxy", "NO_PROXY", "no_proxy"].map(|name| (name, ""));
        let variables = [&none[..], &[(variable, proxy), ("BLYNK_TEST_VARIABLE", variable)]].concat();
        tokio::task::spawn_blocking(move || again_with(name, &variables)).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_may_send_what_the_contract_refuses() {
    let webhook = r#"{"id":7,"name":"n","trigger":"NEW_USER","url":"https://e.com","method":"GET"}"#;
    let server = Server::replies(vec![Reply::json(200, webhook)]).await;
    let client = Client::builder().base_url(&server.url).token("t").build().unwrap();
    let spec = blynk_webhooks::WebhookSpec::new("n".repeat(101), "BRAND_NEW", "https://e.com");
    assert!(matches!(client.update(7, spec.clone()).await, Err(Error::Validation(_))));
    assert_eq!(client.update(7, spec).validate(false).await.unwrap().id(), 7);
}

/// Blanks, line ends and invisible characters at the ends come from pasting, and so does `Bearer`.
#[tokio::test]
async fn pasted_secrets_are_sent_as_they_were_meant() {
    let server = Server::replies(vec![
        Reply::json(200, "[]"),
        Reply::json(200, r#"{"access_token":"t"}"#),
        Reply::json(200, "[]"),
    ])
    .await;
    let builder = || Client::builder().base_url(&server.url);
    builder().token("\u{FEFF}Bearer hunter2 \n").build().unwrap().list().await.unwrap();
    builder().client_credentials(" id\n", "\u{200B}secret\r\n").build().unwrap().list().await.unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].headers["authorization"], "Bearer hunter2");
    assert_eq!(requests[1].headers["authorization"], "Basic aWQ6c2VjcmV0");
}

#[test]
fn loopback_only_holds_for_proxies_too() {
    if is_inner() {
        let with =
            |proxy: &str| Client::builder().base_url("http://127.0.0.1:1").token("t").allow_http(true).proxy(proxy);
        refused(with("http://proxy.example:3128"), "another host");
        with("http://127.0.0.1:3128").build().unwrap();
        return;
    }
    again_with("loopback_only_holds_for_proxies_too", &[(env::LOOPBACK_ONLY, "1")]);
}

#[tokio::test]
async fn the_application_stands_before_the_library_in_the_user_agent() {
    let server = Server::replies(vec![Reply::json(200, "[]")]).await;
    let client = Client::builder().base_url(&server.url).token("t").user_agent("doors/1.4").build().unwrap();
    client.list().await.unwrap();
    let agent = format!("doors/1.4 blynk-webhooks/{} (rust)", env!("CARGO_PKG_VERSION"));
    assert_eq!(server.requests()[0].headers["user-agent"], agent);
    refused(Client::builder().token("t").user_agent("doors\n"), "user_agent");
}

/// A client with other defaults shares connections and tokens, and a call's own options go before them.
#[tokio::test]
async fn a_client_can_have_other_defaults() {
    let server = Server::start(|_, request| match request.path.as_str() {
        "/oauth2/token" => Reply::json(200, r#"{"access_token":"t","expires_in":300}"#),
        _ if request.query.get("orgId").is_some_and(|org_id| org_id == "9") => Reply::status(503),
        _ => Reply::json(200, "[]"),
    })
    .await;
    let client = Client::builder().base_url(&server.url).client_credentials("id", "s").org_id(1).build().unwrap();
    client.list().await.unwrap();
    let other = client.with_options(CallOptions::default().org_id(9).max_retries(0).header("x-team", "a"));
    assert!(matches!(other.list().await, Err(Error::Api(error)) if error.status == 503));
    other.list().org_id(2).await.unwrap();
    let third = other.with_options(CallOptions::default().org_id(3).header("X-Team", "b").header("x-more", "c"));
    third.list().await.unwrap();
    client.list().await.unwrap();
    let requests = server.requests();
    let sent: Vec<_> = requests[1..]
        .iter()
        .map(|request| (request.query["orgId"].as_str(), request.headers.get("x-team").map(String::as_str)))
        .collect();
    assert_eq!(sent, [("1", None), ("9", Some("a")), ("2", Some("a")), ("3", Some("b")), ("1", None)]);
    assert_eq!(server.most_open(), 1);
    let wrong = client.with_options(CallOptions::default().timeout(Duration::ZERO));
    assert!(matches!(wrong.list().await, Err(Error::Validation(_))));
    other.close();
    assert!(client.is_closed());
}
