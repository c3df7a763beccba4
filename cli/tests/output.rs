//! Where each thing is printed: data to standard output, everything else to standard error, and no secret anywhere.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use blynk_webhooks_emulator::{Emulator, State};
use serde_json::Value;
use support::{Folder, SECRETS, Target, bare_program, emulator, program, response, run, run_with_input};

const WEBHOOK: &str = r#"{"name": "New", "trigger": "NEW_USER", "url": "https://example.com/", "method": "POST", "contentType": "JSON",
    "authType": "OAUTH2", "oAuth2Request": {"clientId": "id", "clientSecret": "planted-target-secret", "tokenUrl": "https://example.com/"},
    "basicAuth": {"username": "me", "password": "planted-url-password"}}"#;

/// Every command that calls a server or reads a secret, with its exit code.
fn command_lines() -> Vec<(Vec<&'static str>, i32)> {
    vec![
        (vec!["list"], 0),
        (vec!["get", "2"], 0),
        (vec!["get", "99"], 1),
        (vec!["get", "Twin"], 5),
        (vec!["whoami"], 0),
        (vec!["whoami", "--offline"], 0),
        (vec!["whoami", "--client-id", "other"], 4),
        (vec!["create", "--from", "webhook.json"], 0),
        (vec!["create", "--from", "webhook.json", "--url", "ftp://me:planted-url-password@example.com/"], 1),
        (vec!["update", "2", "--set-file", "oAuth2Request=oauth2.json"], 0),
        (vec!["update", "2", "--from", "webhook.json"], 2),
        (vec!["update", "2", "--from", "webhook.json", "--yes"], 0),
        (vec!["validate", "--from", "webhook.json"], 0),
        (vec!["render", "--from", "webhook.json"], 0),
        (vec!["render", "2"], 0),
        (vec!["send", "2"], 2),
        (vec!["send", "--from", "webhook.json", "--yes"], 1),
        (vec!["disable", "1"], 0),
        (vec!["enable", "1"], 0),
        (vec!["delete", "3"], 2),
        (vec!["delete", "3", "--yes"], 0),
        (vec!["profile", "add", "p", "--server", "https://me:planted-url-password@example.com"], 2),
        (vec!["profile", "list"], 0),
        (vec!["list", "--server", "https://me:planted-url-password@example.com"], 2),
        (vec!["list", "--token-env", "planted-client-secret"], 2),
    ]
}

/// Where a client of `webhook.json` would be sent: nobody listens there.
fn files(settings: &Folder) {
    let webhook = WEBHOOK.replace("https://example.com/", "http://127.0.0.1:9/?api_key=planted-url-key");
    settings.write("webhook.json", &webhook);
    settings.write(
        "oauth2.json",
        r#"{"clientId": "id", "clientSecret": "planted-target-secret", "tokenUrl": "https://example.com"}"#,
    );
}

#[test]
fn no_output_shows_a_planted_secret() {
    for flags in [&[][..], &["--json"], &["--verbose"], &["--verbose", "--json"], &["--quiet"], &["--color", "always"]]
    {
        let (emulator, settings) = (emulator(), Folder::new());
        files(&settings);
        for (args, code) in command_lines() {
            let ended = run(&mut program(&emulator, &settings), &[&args[..], flags].concat());
            assert_eq!(ended.code, Some(code), "{args:?} {flags:?}: {ended:?}");
            for secret in SECRETS {
                let shown = ended.stdout.contains(secret) || ended.stderr.contains(secret);
                assert!(!shown, "{args:?} {flags:?} shows {secret}: {ended:?}");
            }
        }
    }
}

#[test]
fn secrets_are_shown_where_that_is_asked_for() {
    let (emulator, settings) = (emulator(), Folder::new());
    let shown = run(&mut program(&emulator, &settings), &["get", "2", "--show-secrets", "--json"]).json();
    assert_eq!(shown["webhook"]["oAuth2Request"]["clientSecret"], "planted-target-secret");
    let rendered = run(&mut program(&emulator, &settings), &["render", "2", "--show-secrets"]);
    assert!(rendered.stdout.contains("planted-url-password"), "{rendered:?}");
}

#[test]
fn with_json_both_streams_are_json_with_a_version() {
    let (emulator, settings) = (emulator(), Folder::new());
    files(&settings);
    for (args, code) in command_lines() {
        let ended = run(&mut program(&emulator, &settings), &[&args[..], &["--json"]].concat());
        if !ended.stdout.is_empty() {
            assert_eq!(ended.json()["version"], 1, "{args:?}");
        }
        for line in ended.stderr.lines() {
            let document: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{args:?}: {line}"));
            assert_eq!(document["version"], 1, "{args:?}");
        }
        if code != 0 {
            // A validation that finds something and a send that fails have data that say so.
            let data_says_it = ended.stderr.is_empty() || ended.stderr.contains("\"warning\"");
            if !data_says_it {
                assert_eq!(ended.error()["exit"], code, "{args:?}");
            }
        }
    }
}

#[test]
fn data_goes_to_standard_output_and_the_rest_to_standard_error() {
    let (emulator, settings) = (emulator(), Folder::new());
    let created = ["create", "--name", "n", "--trigger", "NEW_USER", "--url", "http://example.com/", "--method", "GET"];
    let created = [&created[..], &["--content-type", "JSON", "--auth-type", "NONE"]].concat();
    let loud = run(&mut program(&emulator, &settings), &created);
    assert!(loud.stdout.starts_with("id ") && loud.stderr.contains("Created webhook 5."), "{loud:?}");
    assert!(loud.stderr.contains("warning: url: is reached without encryption"), "{loud:?}");
    let quiet = run(&mut program(&emulator, &settings), &[&created[..], &["-q"]].concat());
    assert!(quiet.stdout.starts_with("id ") && !quiet.stderr.contains("Created"), "{quiet:?}");
    assert!(quiet.stderr.contains("warning: "), "a warning is not left out: {quiet:?}");
    let failed = run(&mut program(&emulator, &settings), &["get", "99"]);
    assert!(failed.stdout.is_empty() && failed.stderr.starts_with("error: 404"), "{failed:?}");
    let verbose = run(&mut program(&emulator, &settings), &["list", "-v"]);
    assert!(verbose.stderr.contains("method=GET") && !verbose.stdout.contains("method="), "{verbose:?}");
}

#[test]
fn errors_of_usage_are_json_too_wherever_the_flag_stands() {
    let (emulator, settings) = (emulator(), Folder::new());
    for args in [&["--json", "lst"][..], &["list", "--jsn", "--json"], &["get", "--json"]] {
        let ended = run(&mut program(&emulator, &settings), args);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert_eq!(ended.error()["code"], "USAGE");
    }
    // What stands behind `--` is no flag.
    let ended = run(&mut program(&emulator, &settings), &["get", "--", "--json"]);
    assert!(ended.stderr.starts_with("error: no webhook is named '--json'"), "{ended:?}");
}

#[test]
fn colours_only_where_they_are_wanted() {
    let (emulator, settings) = (emulator(), Folder::new());
    let colored = |command: &mut std::process::Command, args: &[&str]| run(command, args).stdout.contains('\u{1b}');
    assert!(!colored(&mut program(&emulator, &settings), &["list"]), "standard output is no terminal");
    assert!(colored(&mut program(&emulator, &settings), &["list", "--color", "always"]));
    assert!(colored(&mut program(&emulator, &settings), &["--color=always", "--help"]));
    assert!(!colored(program(&emulator, &settings).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"), &["list"]));
}

#[test]
fn text_from_the_server_cannot_steer_the_terminal() {
    let state = r#"{"webhooks": [{"name": "a\u001b[2J\r\n\u202eb", "trigger": "NEW_USER", "url": "https://example.com/",
        "method": "GET", "contentType": "JSON", "authType": "NONE"}]}"#;
    let emulator = Emulator::builder().state(State::from_json(state).unwrap()).start().unwrap();
    let settings = Folder::new();
    for args in [&["list"][..], &["get", "1"], &["delete", "1"], &["list", "--color", "always"]] {
        let ended = run(&mut program(&emulator, &settings), args);
        for text in [&ended.stdout, &ended.stderr] {
            assert!(!text.contains("\u{1b}[2J") && !text.contains('\r') && !text.contains('\u{202e}'), "{ended:?}");
        }
    }
}

/// A server whose list is longer than any pipe holds.
fn long_list() -> Target {
    let name = "x".repeat(2_000);
    let webhooks: Vec<String> = (1..=500).map(|id| format!(r#"{{"id":{id},"name":"{name}"}}"#)).collect();
    let body = format!("[{}]", webhooks.join(","));
    Target::start(move |_| response("200 OK", &body))
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let (target, settings) = (long_list(), Folder::new());
    let mut command = bare_program(&settings);
    command.args(["list"]).env("BLYNK_BASE_URL", &target.url).env("BLYNK_TOKEN", "t");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""));
}

#[cfg(target_os = "linux")]
#[test]
fn data_that_cannot_be_written_is_an_error() {
    let (emulator, settings) = (emulator(), Folder::new());
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = program(&emulator, &settings);
    let output =
        command.args(["list"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("cannot write to standard output: No space left on device"), "{told}");
}

#[test]
fn what_get_prints_can_be_created_again() {
    let (emulator, settings) = (emulator(), Folder::new());
    let large = ["update", "2", "--set", "formBody={\"large\": 18446744073709551617}", "--status", "ENABLED"];
    assert_eq!(run(&mut program(&emulator, &settings), &large).code, Some(0));
    let webhook = run(&mut program(&emulator, &settings), &["get", "2", "--json", "--show-secrets"]).stdout;
    let webhook = webhook.replace("\"ENABLED\"", "null");
    let args = ["create", "--from", "-", "--name", "A copy", "--json"];
    let copy = run_with_input(&mut program(&emulator, &settings), &args, &webhook);
    assert_eq!(copy.code, Some(0), "{copy:?}");
    assert!(copy.stdout.contains("18446744073709551617"), "no number is rounded: {copy:?}");
    let masked = run(&mut program(&emulator, &settings), &["get", "2", "--json"]).stdout;
    let refused = run_with_input(&mut program(&emulator, &settings), &args, &masked);
    assert_eq!(refused.code, Some(5), "a masked secret is not sent: {refused:?}");
}

#[test]
fn a_target_that_repeats_a_secret_does_not_reveal_it() {
    let target = Target::start(|request| response("200 OK", request));
    let (emulator, settings) = (emulator(), Folder::new());
    let webhook = format!(
        r#"{{"name": "n", "trigger": "NEW_USER", "url": "{}/?api_key=planted-url-key", "method": "POST", "contentType": "PLAIN_TEXT",
        "authType": "NONE", "body": "planted-url-password", "basicAuth": {{"username": "me", "password": "planted-url-password"}}}}"#,
        target.url
    );
    settings.write("webhook.json", &webhook);
    let args = ["send", "--from", "webhook.json", "--yes", "--json"];
    let ended = run(&mut program(&emulator, &settings), &args);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(target.requests()[0].contains("planted-url-key"), "the real request holds it");
    let body = ended.json()["response"]["body"].as_str().unwrap().to_owned();
    assert!(body.contains("api_key=***") && !body.contains("planted-url-password"), "{body}");
}

#[test]
fn a_secret_that_a_file_reads_from_elsewhere_is_sent_and_not_shown() {
    let target = Target::start(|request| response("200 OK", request));
    let (emulator, settings) = (emulator(), Folder::new());
    let webhooks = format!(
        r#"
        [webhook.A]
        trigger = "NEW_USER"
        url = "{}/a"
        method = "POST"
        contentType = "PLAIN_TEXT"
        authType = "BASIC"
        body = {{ env = "BODY" }}
        extra = {{ basicAuth = {{ username = "me", password = {{ file = "password" }} }} }}
        "#,
        target.url
    );
    settings.write("webhooks.toml", &webhooks);
    settings.write("password", "planted-url-password");
    let command = || {
        let mut command = program(&emulator, &settings);
        command.env("BODY", "planted-target-secret {user_id}");
        command
    };
    for args in [
        &["render"][..],
        &["render", "A", "--json"],
        &["send", "A"],
        &["send", "A", "--yes"],
        &["send", "A", "--yes", "--json"],
    ] {
        let ended = run(&mut command(), args);
        assert_eq!(ended.code, Some(if args == ["send", "A"] { 2 } else { 0 }), "{ended:?}");
        for secret in SECRETS {
            assert!(
                !ended.stdout.contains(secret) && !ended.stderr.contains(secret),
                "{args:?} shows {secret}: {ended:?}"
            );
        }
    }
    let requests = target.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].ends_with("\r\n\r\nplanted-target-secret 1"), "{}", requests[0]);
    assert!(
        requests[0].to_lowercase().contains("authorization: basic bwu6cgxhbnrlzc11cmwtcgfzc3dvcmq="),
        "{}",
        requests[0]
    );
    let shown = run(&mut command(), &["render", "A", "--show-secrets"]);
    assert!(shown.stdout.contains("planted-target-secret 1"), "{shown:?}");
}
