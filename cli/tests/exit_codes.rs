//! How the program ends: each number of the page of exit codes that these commands give, and by signals.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::net::TcpListener;

use blynk_webhooks_emulator::{Emulator, Fault, Operation, State};
use support::{Folder, Target, bare_program, emulator, program, response, run};

const CREATE: [&str; 13] = [
    "create",
    "--name",
    "n",
    "--trigger",
    "NEW_USER",
    "--url",
    "https://example.com/",
    "--method",
    "GET",
    "--content-type",
    "JSON",
    "--auth-type",
    "NONE",
];

#[test]
fn what_the_server_answers_decides() {
    let (emulator, settings) = (emulator(), Folder::new());
    for (status, code) in [(400, 1), (401, 4), (403, 4), (404, 1), (409, 5), (418, 1), (429, 1), (500, 1)] {
        emulator.clear_faults();
        emulator.fail_next(Some(Operation::Get), Fault::status(status), 9).unwrap();
        let ended = run(&mut program(&emulator, &settings), &["get", "1", "--timeout", "2", "--json"]);
        assert_eq!(ended.code, Some(code), "{status}: {ended:?}");
        assert_eq!(ended.error()["exit"], code);
        assert_eq!(ended.error()["status"], status, "{ended:?}");
        // The advice names commands of the program, not functions of the libraries.
        assert!(!ended.error()["message"].as_str().unwrap().contains("()"), "{ended:?}");
    }
}

#[test]
fn a_flag_that_cannot_be_taken_says_what_it_takes() {
    let settings = Folder::new();
    for (flag, value, told) in [
        ("--timeout", "0", "must be more than 0"),
        ("--timeout", "nan", "must be more than 0"),
        ("--timeout", "1e30", "too large: must be at most 18446744073709551615"),
        ("--timeout", "inf", "too large: must be at most"),
        ("--timeout", "x", "not a number of seconds"),
        ("--org", "x", "must be an integer"),
        ("--org", "2147483648", "must be an integer"),
    ] {
        let ended = run(&mut bare_program(&settings), &["list", flag, value]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(told), "{flag} {value}: {ended:?}");
    }
}

#[test]
fn nobody_there_is_a_failure() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = Folder::new();
    let mut command = bare_program(&settings);
    command.env("BLYNK_BASE_URL", format!("http://{free}")).env("BLYNK_TOKEN", "t");
    let ended = run(&mut command, &["list", "--json", "--timeout", "1"]);
    assert_eq!((ended.code, ended.error()["code"].as_str()), (Some(1), Some("CONNECT")), "{ended:?}");
}

#[test]
fn a_create_that_may_have_run_is_told_apart() {
    // It takes the request and never answers; nor does its list.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Folder::new();
    let mut command = bare_program(&settings);
    command.env("BLYNK_BASE_URL", format!("http://{}", silent.local_addr().unwrap())).env("BLYNK_TOKEN", "t");
    let ended = run(&mut command, &[&CREATE[..], &["--timeout", "1", "--json"]].concat());
    assert_eq!(ended.code, Some(6), "{ended:?}");
    assert_eq!(ended.error()["outcomeUnknown"], true);
    let message = ended.error()["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("Check 'blynk-webhooks list' before you repeat the call."), "{message}");
}

#[test]
fn several_webhooks_of_which_some_fail_are_partly_done() {
    let (emulator, settings) = (emulator(), Folder::new());
    let ended = run(&mut program(&emulator, &settings), &["disable", "1", "99", "4", "--json"]);
    assert_eq!(ended.code, Some(6), "{ended:?}");
    assert_eq!(ended.json()["disabled"], serde_json::json!([1]));
    assert_eq!((&ended.error()["webhookId"], &ended.error()["notTried"]), (&99.into(), &serde_json::json!([4])));
}

#[test]
fn a_write_that_would_ask_needs_yes_where_nobody_can_be_asked() {
    let (emulator, settings) = (emulator(), Folder::new());
    settings.write(
        "webhook.json",
        r#"{"name": "n", "trigger": "NEW_USER", "url": "https://example.com/", "method": "GET",
        "contentType": "JSON", "authType": "NONE"}"#,
    );
    let before = emulator.snapshot();
    for args in [
        &["delete", "1"][..],
        &["delete", "1", "4", "--json"],
        &["update", "1", "--from", "webhook.json"],
        &["send", "1"],
    ] {
        let ended = run(&mut program(&emulator, &settings), args);
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
        assert!(ended.stderr.contains("--yes") && ended.stderr.contains("Nothing was done"), "{args:?}: {ended:?}");
    }
    assert!(emulator.snapshot() == before && emulator.deliveries(&Default::default()).is_empty(), "nothing was done");
}

#[test]
fn send_tells_what_the_target_said() {
    let settings = Folder::new();
    let emulator = emulator();
    let send = |target: &str, args: &[&str]| {
        let webhook = format!(
            r#"{{"name": "n", "trigger": "DEVICE_ADDED", "url": "{target}/{{device_id}}", "method": "POST", "contentType": "JSON",
            "authType": "BASIC", "body": "{{\"name\": \"{{device_name}}\"}}", "basicAuth": {{"username": "me", "password": "secret-7"}}}}"#
        );
        settings.write("webhook.json", &webhook);
        let all = [&["send", "--from", "webhook.json", "--yes", "--value", "device_id=7", "--json"][..], args].concat();
        run(&mut program(&emulator, &settings), &all)
    };
    let good = Target::start(|_| response("201 Created", "thanks"));
    let ended = send(&good.url, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.json()["response"]["status"], 201);
    assert_eq!(ended.json()["response"]["body"], "thanks");
    let request = good.requests().remove(0);
    assert!(
        request.starts_with("POST /7 HTTP/1.1\r\n") && request.ends_with("{\"name\": \"device_name\"}"),
        "{request}"
    );
    assert!(request.to_lowercase().contains("authorization: basic bwu6c2vjcmv0ltc="), "{request}");

    let headers =
        Target::start(|_| "HTTP/1.1 200 OK\r\nX-Run: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned());
    assert_eq!(send(&headers.url, &[]).json()["response"]["headers"]["x-run"], "7");

    let bad = Target::start(|_| response("503 Service Unavailable", "later"));
    let ended = send(&bad.url, &[]);
    assert_eq!((ended.code, ended.json()["outcome"].as_str()), (Some(1), Some("failed")), "{ended:?}");
    assert_eq!(ended.json()["response"]["status"], 503);

    let long = Target::start(|_| response("200 OK", &"x".repeat(100_000)));
    assert_eq!(send(&long.url, &[]).json()["response"]["body"].as_str().unwrap().len(), 16 * 1024);

    let free = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let ended = send(&free, &[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.json()["reason"].as_str().unwrap().contains("no connection to the target"), "{ended:?}");

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = send(&format!("http://{}", silent.local_addr().unwrap()), &["--target-timeout", "0.3"]);
    assert!(ended.json()["reason"].as_str().unwrap().contains("no answer from the target within 300ms"), "{ended:?}");
}

#[test]
fn a_webhook_beyond_the_contract_is_sent_too() {
    let target = Target::start(|_| response("200 OK", ""));
    let url = format!("{}/{}", target.url, "x".repeat(900));
    let state = format!(
        r#"{{"webhooks": [{{"id": 7, "name": "", "trigger": "BRAND_NEW", "url": "{url}", "method": "POST", "contentType": "JSON",
        "authType": "NONE", "status": "DISABLED"}}]}}"#
    );
    let emulator = Emulator::builder().state(State::from_json(&state).unwrap()).start().unwrap();
    let ended = run(&mut program(&emulator, &Folder::new()), &["send", "7", "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(target.requests()[0].contains(&"x".repeat(900)));
}

#[test]
fn loopback_only_holds_for_send_too() {
    let (emulator, settings) = (emulator(), Folder::new());
    let mut command = program(&emulator, &settings);
    let ended = run(command.env("BLYNK_LOOPBACK_ONLY", "1"), &["send", "1", "--yes", "--json"]);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    assert!(ended.error()["message"].as_str().unwrap().contains("BLYNK_LOOPBACK_ONLY=1"), "{ended:?}");
}

#[cfg(unix)]
mod signals {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    fn send_signal(child: &Child, signal: &str) {
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    }

    fn start(command: &mut Command, args: &[&str]) -> Child {
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The exit code and what was told, within a time that is long enough for any machine.
    fn end(mut child: Child) -> (Option<i32>, String) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (child.wait().unwrap().code(), told)
    }

    const TERMINATED: &str = "terminated by a signal\n";

    #[test]
    fn ctrl_c_ends_a_call() {
        for (signal, code, told) in
            [("-INT", 130, "interrupted\n"), ("-TERM", 143, TERMINATED), ("-HUP", 143, TERMINATED)]
        {
            let silent = TcpListener::bind("127.0.0.1:0").unwrap();
            let settings = Folder::new();
            let mut command = bare_program(&settings);
            command.env("BLYNK_BASE_URL", format!("http://{}", silent.local_addr().unwrap())).env("BLYNK_TOKEN", "t");
            let child = start(&mut command, &["list"]);
            // It has come as far as the call.
            drop(silent.accept().unwrap());
            let _second = silent.accept();
            send_signal(&child, signal);
            assert_eq!(end(child), (Some(code), told.to_owned()));
        }
    }

    #[test]
    fn ctrl_c_ends_a_program_whose_output_nobody_reads() {
        let name = "x".repeat(2_000);
        let webhooks: Vec<String> = (1..=500).map(|id| format!(r#"{{"id":{id},"name":"{name}"}}"#)).collect();
        let target = Target::start(move |_| response("200 OK", &format!("[{}]", webhooks.join(","))));
        let settings = Folder::new();
        let mut command = bare_program(&settings);
        let mut child = start(command.env("BLYNK_BASE_URL", &target.url).env("BLYNK_TOKEN", "t"), &["list"]);
        // Of a megabyte this much is read, so that the pipe is full behind it.
        let mut stdout = BufReader::with_capacity(16, child.stdout.take().unwrap());
        stdout.read_exact(&mut [0; 16]).unwrap();
        send_signal(&child, "-INT");
        assert_eq!(end(child).0, Some(130));
    }

    #[test]
    fn a_signal_stops_the_program_that_prints_the_secret_and_what_it_has_started() {
        for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 143)] {
            let settings = Folder::new();
            let mark = settings.path().join("pid");
            let command = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", mark.display());
            settings.write(
                "blynk-webhooks/profiles.toml",
                &format!("default = \"p\"\n[profile.p]\ncredential_command = \"{command}\"\n"),
            );
            let child = start(&mut bare_program(&settings), &["list"]);
            let deadline = Instant::now() + Duration::from_secs(60);
            while !mark.exists() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
            send_signal(&child, signal);
            assert_eq!(end(child).0, Some(code));
            assert!(support::is_gone(&mark), "{signal}: it still runs");
        }
    }

    #[test]
    fn a_signal_stops_a_program_that_a_file_names_and_the_command_with_it() {
        for (args, signal, code) in
            [(&["plan"][..], "-INT", 130), (&["apply", "--yes"], "-INT", 130), (&["apply", "--yes"], "-HUP", 143)]
        {
            let (emulator, settings) = (emulator(), Folder::new());
            let mark = settings.path().join("pid");
            let script = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", mark.display());
            settings.write(
                "webhooks.toml",
                &format!(
                    "[webhook.New]\ntrigger = \"NEW_USER\"\nurl = \"https://e.example\"\nmethod = \"POST\"\ncontentType = \"JSON\"\n\
                     authType = \"OAUTH2\"\noAuth2Request = {{ clientSecret = {{ command = [\"sh\", \"-c\", \"{script}\"] }} }}\n"
                ),
            );
            let before = emulator.snapshot().webhooks;
            let child = start(&mut program(&emulator, &settings), args);
            let deadline = Instant::now() + Duration::from_secs(60);
            while !mark.exists() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
            send_signal(&child, signal);
            assert_eq!(end(child).0, Some(code), "{args:?} {signal}");
            assert!(support::is_gone(&mark), "{args:?} {signal}: it still runs");
            assert_eq!(emulator.snapshot().webhooks, before);
        }
    }

    /// As `nohup` starts it.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_emulator_that_is_to_outlive_its_terminal_does() {
        let settings = Folder::new();
        let mut shell = bare_program(&settings);
        let program = shell.get_program().to_owned();
        shell = Command::new("sh");
        shell.args(["-c", "trap '' HUP; exec \"$0\" emulate --json"]).arg(program).stdin(Stdio::null());
        let mut child = start(&mut shell, &[]);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.ends_with("}\n") {
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "{line}");
        }
        send_signal(&child, "-HUP");
        let document: serde_json::Value = serde_json::from_str(&line).unwrap();
        let asked = Command::new("curl").args(["-sf", document["environment"].as_str().unwrap()]).output().unwrap();
        assert!(asked.status.success(), "it has ended");
        send_signal(&child, "-TERM");
        assert_eq!(end(child).0, Some(0));
    }

    #[test]
    fn the_emulator_runs_until_it_is_told_to_end() {
        for (signal, code) in [("-INT", 130), ("-TERM", 0)] {
            let settings = Folder::new();
            let mut child = start(&mut bare_program(&settings), &["emulate", "--json"]);
            let mut document = String::new();
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            while !document.ends_with("}\n") {
                assert_ne!(stdout.read_line(&mut document).unwrap(), 0, "{document}");
            }
            let document: serde_json::Value = serde_json::from_str(&document).unwrap();
            assert_eq!(document["version"], 1);
            let environment =
                Command::new("curl").args(["-s", document["environment"].as_str().unwrap()]).output().unwrap();
            let mut command = bare_program(&settings);
            for line in String::from_utf8(environment.stdout).unwrap().lines() {
                let (name, value) = line.trim_start_matches("export ").split_once('=').unwrap();
                command.env(name, value.trim_matches('\''));
            }
            assert_eq!(run(&mut command, &["whoami", "--json"]).json()["accepted"], true);
            send_signal(&child, signal);
            assert_eq!(end(child), (Some(code), String::new()));
        }
    }

    #[test]
    fn an_emulator_that_cannot_start_says_why() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let settings = Folder::new();
        let ended = run(&mut bare_program(&settings), &["emulate", "--port", &port, "--json"]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.error()["message"].as_str().unwrap().contains("cannot listen on"), "{ended:?}");
    }
}
