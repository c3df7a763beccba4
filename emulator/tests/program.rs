//! The program from outside: what it prints, what it refuses, how it ends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod running;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use blynk_webhooks::Client;
use running::{Running, program};

fn get(running: &Running, path: &str) -> String {
    let url = running.url();
    let address = url.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.into()
}

#[tokio::test]
async fn a_newcomer_finds_the_credentials_and_no_log_holds_the_secret() {
    let running = Running::start(&[]);
    let environment = get(&running, "/_emulator/environment");
    let value = |name: &str| {
        let line = environment.lines().find(|line| line.contains(name)).unwrap();
        line.split_once('=').unwrap().1.trim_matches('\'').to_owned()
    };
    let (id, secret) = (value("BLYNK_CLIENT_ID"), value("BLYNK_CLIENT_SECRET"));
    assert!(running.welcome.contains(&id) && !running.welcome.contains(&secret), "{}", running.welcome);
    let client = Client::builder().base_url(value("BLYNK_BASE_URL")).client_credentials(id, secret).build().unwrap();
    assert!(client.list().await.unwrap().is_empty());
}

#[test]
fn it_listens_on_loopback_alone_until_told() {
    assert!(Running::start(&[]).url().starts_with("http://127.0.0.1:"));
    let open = Running::start(&["--listen", "0.0.0.0"]);
    assert!(open.welcome.contains("Whoever can reach 0.0.0.0"), "{}", open.welcome);
}

#[test]
fn what_cannot_be_is_one_clear_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let seed = std::env::temp_dir().join(format!("blynk-emulator-seed-{}.json", std::process::id()));
    std::fs::write(&seed, r#"{"webhooks": [{"name": 5}]}"#).unwrap();
    let seed = seed.to_str().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["--port", &port], "port 0 takes any free one"),
        (&["--seed", "/nowhere/seed.json"], "/nowhere/seed.json"),
        (&["--seed", seed], "webhooks[0]: name: must be a string"),
        (&["--db", "/nowhere/file.db"], "/nowhere/file.db: cannot be opened"),
        (&["--prot", "1"], "--port"),
    ];
    for (arguments, says) in cases {
        let output = program(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(says) && !text.contains("panicked"), "{arguments:?}: {text}");
    }
    std::fs::remove_file(seed).unwrap();
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_a_request_to_end_both_end_it() {
    for signal in ["-INT", "-TERM"] {
        let mut running = Running::start(&[]);
        let sent = Command::new("kill").args([signal, &running.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert!(running.child.wait().unwrap().success(), "{signal}");
    }
}
