//! Responses of many megabytes: what they cost.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::process::Command;

use blynk_webhooks::{Client, Error, WebhookSpec};
use support::{Reply, Server};

const MEGABYTE: usize = 1024 * 1024;
const URL: &str = "BLYNK_TEST_LARGE_URL";

fn client(url: &str) -> Client {
    Client::builder().base_url(url).token("t").timeout(None).max_retries(0).build().unwrap()
}

fn spec() -> WebhookSpec {
    WebhookSpec::new("n", "NEW_USER", "https://example.com").method("GET").content_type("JSON").auth_type("NONE")
}

/// A JSON text of about `size` bytes: `start`, then `item` again and again, then `end`.
fn long(size: usize, start: &str, item: &str, end: &str) -> String {
    let mut text = start.to_owned() + &item.repeat(size / item.len());
    text.truncate(text.len() - 1);
    text + end
}

/// The most memory that this process has used.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// Each response of the wrong shape, 60 MB long, to each call, in a process of its own.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_response_of_the_wrong_shape_costs_a_few_times_its_size() {
    const SIZE: usize = 60 * MEGABYTE;
    if let Ok(url) = std::env::var(URL) {
        let before = peak();
        let client = client(&url);
        let errors = [
            client.get(1).await.map(drop),
            client.list().await.map(drop),
            client.update(1, spec()).await.map(drop),
            client.create(spec()).await.map(drop),
        ];
        for error in errors {
            assert!(matches!(error, Err(Error::Response(_))), "{error:?}");
        }
        let used = peak() - before;
        println!("{} MB were used", used / MEGABYTE);
        assert!(used < 5 * SIZE, "{} MB were used for a response of {} MB", used / MEGABYTE, SIZE / MEGABYTE);
        return;
    }
    for body in [
        long(SIZE, "[", r#"{"id":1},"#, "]"),
        long(SIZE, r#"{"error":"#, r#"{"error":"#, ""),
        long(SIZE, r#"{"id":"1","x":["#, "1,", "]}"),
        long(SIZE, r#"{"id":"1","x":""#, r"\n", r#""}"#),
        long(SIZE, "", "[", ""),
        "x".repeat(SIZE),
    ] {
        let start: String = body.chars().take(20).collect();
        let reply = Reply::json(200, &body);
        let server = Server::start(move |_, _| reply.clone()).await;
        let me = std::env::current_exe().unwrap();
        let name = "a_response_of_the_wrong_shape_costs_a_few_times_its_size";
        let mut command = Command::new(me);
        command.args(["--exact", name, "--nocapture"]).env(URL, &server.url);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.contains("1 passed"), "{start}: {said}");
        println!("{start}…: {}", said.lines().find(|line| line.ends_with("were used")).unwrap());
    }
}
