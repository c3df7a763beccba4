//! Thousands of calls at once under a limit of 256 file descriptors.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::process::Command;
use std::time::Duration;

use blynk_webhooks::Client;
use support::{Reply, Server};

const LIMITED: &str = "BLYNK_TEST_LIMITED";

/// Runs itself again under the limit; the server's ends of the sockets count against it too.
#[test]
fn five_thousand_calls_at_once_under_256_descriptors() {
    if std::env::var_os(LIMITED).is_some() {
        return many_calls();
    }
    let me = std::env::current_exe().unwrap();
    let status = Command::new("sh")
        .args(["-c", "ulimit -n 256 && exec \"$0\" \"$@\""])
        .arg(me)
        .args(["--exact", "five_thousand_calls_at_once_under_256_descriptors", "--nocapture"])
        .env(LIMITED, "1")
        .status()
        .unwrap();
    assert!(status.success());
}

fn many_calls() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::replies(vec![Reply::json(200, r#"{"id":1}"#)]).await;
        let client =
            Client::builder().base_url(&server.url).token("t").timeout(Duration::from_secs(60)).build().unwrap();
        let calls: Vec<_> = (0..5_000)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.get(1).await })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        assert_eq!(server.count(), 5_000);
    });
}
