//! The program from outside: what it prints, what it refuses, how it ends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod running;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use blynk_webhooks::{Client, Trigger, WebhookSpec};
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

/// A variable of what the program gives to a shell.
fn variable(running: &Running, name: &str) -> String {
    let environment = get(running, "/_emulator/environment");
    let line = environment.lines().find(|line| line.contains(name)).unwrap();
    line.split_once('=').unwrap().1.trim_matches('\'').to_owned()
}

fn client(running: &Running) -> Client {
    let [url, id, secret] =
        ["BLYNK_BASE_URL", "BLYNK_CLIENT_ID", "BLYNK_CLIENT_SECRET"].map(|name| variable(running, name));
    Client::builder().base_url(url).client_credentials(id, secret).max_retries(0).build().unwrap()
}

#[tokio::test]
async fn a_newcomer_finds_the_credentials_and_no_log_holds_the_secret() {
    let running = Running::start(&[]);
    let (id, secret) = (variable(&running, "BLYNK_CLIENT_ID"), variable(&running, "BLYNK_CLIENT_SECRET"));
    assert!(running.welcome.contains(&id) && !running.welcome.contains(&secret), "{}", running.welcome);
    assert!(client(&running).list().await.unwrap().is_empty());
}

#[test]
fn it_listens_on_loopback_alone_until_told() {
    assert!(Running::start(&[]).url().starts_with("http://127.0.0.1:"));
    let open = Running::start(&["--listen", "0.0.0.0"]);
    assert!(open.welcome.contains("Anybody who can reach 0.0.0.0"), "{}", open.welcome);
}

#[test]
fn what_cannot_be_is_one_clear_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let seed = std::env::temp_dir().join(format!("blynk-emulator-seed-{}.json", std::process::id()));
    std::fs::write(&seed, r#"{"webhooks": [{"name": 5}]}"#).unwrap();
    let seed = seed.to_str().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["--port", &port], "port 0 chooses a free one"),
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

/// A seed that nobody finishes writing keeps it starting.
#[cfg(unix)]
#[test]
fn a_signal_ends_it_while_it_starts() {
    for signal in ["-INT", "-TERM"] {
        let pipe = std::env::temp_dir().join(format!("blynk-emulator-pipe{signal}-{}", std::process::id()));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut child = program(&["--seed", pipe.to_str().unwrap()]).spawn().unwrap();
        // Opening it ends when the program opens it, too.
        let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert!(child.wait().unwrap().success(), "{signal}");
        drop(writer);
        std::fs::remove_file(pipe).unwrap();
    }
}

#[test]
fn it_says_where_the_data_is_and_whether_the_seed_was_used() {
    let folder = std::env::temp_dir().join(format!("blynk-emulator-data-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (seed, database) = (folder.join("seed.json"), folder.join("data.db"));
    std::fs::write(&seed, r#"{"clients": [{"clientId": "id", "clientSecret": "secret"}]}"#).unwrap();
    // A file without content is a new database.
    std::fs::write(&database, "").unwrap();
    let (seed, database) = (seed.to_str().unwrap(), database.to_str().unwrap());
    for (arguments, data, seed_is_used) in [
        (["--seed", seed, "--db", ":memory:"], "in memory", true),
        (["--seed", seed, "--db", database], database, true),
        (["--seed", seed, "--db", database], database, false),
    ] {
        let running = Running::start(&arguments);
        let line = running.welcome.lines().find(|line| line.trim_start().starts_with("Data")).unwrap();
        assert!(line.contains(data), "{}", running.welcome);
        assert_eq!(!running.welcome.contains("the seed is not used"), seed_is_used, "{}", running.welcome);
        assert_eq!(variable(&running, "BLYNK_CLIENT_ID"), "id");
    }
    assert!(!std::path::Path::new(":memory:").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

/// More connections that nobody uses than the program may have open.
#[cfg(unix)]
#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_blynk-webhooks-emulator")]);
    let running = Running::of(command);
    let client = client(&running);
    client.list().await.unwrap();
    let url = running.url();
    let idle: Vec<_> = (0..120).map(|_| TcpStream::connect(url.trim_start_matches("http://")).unwrap()).collect();
    for _ in 0..5 {
        client.list().await.unwrap();
        self::client(&running).list().await.unwrap();
    }
    drop(idle);
}

#[test]
fn an_error_in_a_seed_names_file_and_line() {
    let folder = std::env::temp_dir().join(format!("blynk-emulator-seeds-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let webhook = |id: i32| {
        format!(
            r#"{{"id": {id}, "name": "n", "trigger": "NEW_USER", "url": "http://e", "method": "GET", "contentType": "JSON", "authType": "NONE"}}"#
        )
    };
    let cases = [
        ("{\n\n\"webhook\": []}".to_owned(), "line 3"),
        ("[]".into(), "must be an object"),
        ("{\"clock\":\n\"now\"}".into(), "line 2"),
        (format!("\u{feff}{{\"webhooks\": [\n{},\n{{\"name\": 5}}]}}", webhook(1)), "begins in line 3"),
        (format!("{{\"webhooks\": [{},\n\n{}]}}", webhook(1), webhook(1)), "begins in line 3"),
        (r#"{"organizations": [{"id": 1}, {"id": 1}]}"#.into(), "two have the id 1"),
        ("\u{feff}{".into(), "EOF"),
    ];
    for (number, (text, says)) in cases.iter().enumerate() {
        let path = folder.join(format!("seed-{number}.json"));
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let output = program(&["--seed", path]).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with(&format!("error: {path}: ")) && told.contains(says), "{says}: {told}");
    }
    // A seed with a byte order mark is fine.
    let path = folder.join("good.json");
    std::fs::write(&path, "\u{feff}{}").unwrap();
    Running::start(&["--seed", path.to_str().unwrap()]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn of_two_that_start_on_one_new_file_exactly_one_gets_it() {
    let folder = std::env::temp_dir().join(format!("blynk-emulator-race-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for round in 0..25 {
        let path = folder.join(format!("{round}.db"));
        let path = path.to_str().unwrap();
        let start = || program(&["--db", path]).spawn().unwrap();
        let mut children = [start(), start()];
        // The one that is refused ends; the other one serves.
        let refused = loop {
            let ended = children.iter_mut().position(|child| child.try_wait().unwrap().is_some());
            match ended {
                Some(place) => break place,
                None => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        };
        let mut told = String::new();
        children[refused].stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(told.contains("is in use by another program"), "round {round}: {told}");
        let winner = &mut children[1 - refused];
        let mut welcome = String::new();
        let mut lines = std::io::BufReader::new(winner.stdout.take().unwrap());
        while !welcome.contains("Ctrl-C ends it") {
            let read = std::io::BufRead::read_line(&mut lines, &mut welcome).unwrap();
            assert!(read > 0, "round {round}: both were refused");
        }
        winner.kill().unwrap();
        winner.wait().unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A file that cannot grow is the full disk that a test can have.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_refuses_changes_and_keeps_what_there_is() {
    let database = std::env::temp_dir().join(format!("blynk-emulator-full-{}.db", std::process::id()));
    let arguments = ["--db", database.to_str().unwrap()];
    let limited =
        ["-c", "trap '' XFSZ; ulimit -f 256; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_blynk-webhooks-emulator")];
    let mut command = Command::new("sh");
    command.args(limited).args(arguments);
    let running = Running::of(command);
    let client = client(&running);
    let spec = WebhookSpec::new("n", Trigger::NewUser, "http://127.0.0.1:9/")
        .method("POST")
        .content_type("JSON")
        .auth_type("NONE")
        .body("x".repeat(1_000));
    let mut created = 0;
    let error = loop {
        match client.create(spec.clone()).await {
            Ok(_) => created += 1,
            Err(error) => break error,
        }
        assert!(created < 100, "the disk is never full");
    };
    assert!(error.to_string().contains("could not be saved and was not made"), "{error}");
    assert_eq!(client.list().await.unwrap().len(), created);
    drop(running);
    let running = Running::start(&arguments);
    assert_eq!(self::client(&running).list().await.unwrap().len(), created);
    for name in ["db", "db-wal"] {
        let _ = std::fs::remove_file(database.with_extension(name));
    }
}
