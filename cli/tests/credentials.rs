//! Where the server and the credentials come from, and what is refused.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use support::{Folder, bare_program, emulator, run};

const PROFILES: &str = "blynk-webhooks/profiles.toml";
const SECRET: &str = "planted-client-secret";

fn private(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// Which source `whoami` names, and that the server takes it.
fn source(command: &mut Command, args: &[&str]) -> String {
    let ended = run(command, &[&["whoami", "--json"][..], args].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.json()["accepted"], true);
    ended.json()["credential"]["source"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_source_that_is_there_is_used() {
    let (emulator, settings) = (emulator(), Folder::new());
    let file = settings.write("secret", &format!("{SECRET}\n"));
    private(&file);
    let file = file.to_str().unwrap();
    let profiles = format!(
        "[profile.command]\nserver = \"{url}\"\nclient_id = \"{id}\"\ncredential_command = [\"printf\", \"%s\\\\n\", \"{SECRET}\"]\n\
         [profile.file]\nserver = \"{url}\"\nclient_id = \"{id}\"\ncredential_file = \"{file}\"\n",
        url = emulator.url(),
        id = emulator.client_id(),
    );
    settings.write(PROFILES, &profiles);
    let program = || bare_program(&settings);
    assert_eq!(source(&mut program(), &["--profile", "file"]), "credential_file of the profile");
    assert_eq!(source(program().env("BLYNK_PROFILE", "file"), &[]), "credential_file of the profile");
    assert_eq!(
        source(program().env("BLYNK_PROFILE", "file"), &["--profile", "command"]),
        "credential_command of the profile"
    );
    let in_environment = || {
        let mut command = program();
        command.env("BLYNK_CLIENT_SECRET", SECRET).env("OTHER", SECRET).env("BLYNK_PROFILE", "command");
        command
    };
    assert_eq!(source(&mut in_environment(), &[]), "environment variable BLYNK_CLIENT_SECRET");
    assert_eq!(source(&mut in_environment(), &["--client-secret-env", "OTHER"]), "flag --client-secret-env");
    assert_eq!(source(&mut in_environment(), &["--client-secret-file", file]), "flag --client-secret-file");
    // An empty variable counts as absent.
    assert_eq!(source(in_environment().env("BLYNK_CLIENT_SECRET", ""), &[]), "credential_command of the profile");
}

#[test]
fn a_token_is_taken_from_each_source_too() {
    let (emulator, settings) = (emulator(), Folder::new());
    let answer = std::process::Command::new("curl")
        .args(["-s", "-X", "POST", "-u", &format!("{}:{SECRET}", emulator.client_id())])
        .arg(format!("{}/oauth2/token?grant_type=client_credentials", emulator.url()))
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let file = settings.write("token", token);
    private(&file);
    let program = || {
        let mut command = bare_program(&settings);
        command.env("BLYNK_BASE_URL", emulator.url());
        command
    };
    assert_eq!(source(program().env("BLYNK_TOKEN", token), &[]), "environment variable BLYNK_TOKEN");
    assert_eq!(source(program().env("T", token), &["--token-env", "T"]), "flag --token-env");
    assert_eq!(source(&mut program(), &["--token-file", file.to_str().unwrap()]), "flag --token-file");
    settings
        .write(PROFILES, &format!("default = \"p\"\n[profile.p]\ncredential_command = \"cat {}\"\n", file.display()));
    assert_eq!(source(&mut program(), &[]), "credential_command of the profile");
    let both = run(program().env("BLYNK_TOKEN", token).env("BLYNK_CLIENT_SECRET", SECRET), &["list"]);
    assert_eq!(both.code, Some(2), "{both:?}");
    assert!(both.stderr.contains("both BLYNK_TOKEN and BLYNK_CLIENT_SECRET are set"), "{both:?}");
}

#[test]
fn a_file_that_others_can_read_is_refused_in_a_profile_and_told_of_in_a_flag() {
    let (emulator, settings) = (emulator(), Folder::new());
    let file = settings.write("secret", SECRET);
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let file = file.to_str().unwrap();
    let profile = format!("[profile.p]\nclient_id = \"{}\"\ncredential_file = \"{file}\"\n", emulator.client_id());
    settings.write(PROFILES, &profile);
    let program = || {
        let mut command = bare_program(&settings);
        command.env("BLYNK_BASE_URL", emulator.url()).env("BLYNK_CLIENT_ID", emulator.client_id());
        command
    };
    let refused = run(&mut program(), &["list", "--profile", "p"]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains(&format!("chmod 600 {file}")), "{refused:?}");
    let warned = run(&mut program(), &["list", "--client-secret-file", file]);
    assert_eq!(warned.code, Some(0), "{warned:?}");
    assert!(warned.stderr.contains("warning: ") && warned.stderr.contains("can be read by other users"), "{warned:?}");
}

#[test]
fn variables_that_go_before_a_named_profile_are_told() {
    let (emulator, settings) = (emulator(), Folder::new());
    settings
        .write(PROFILES, "[profile.staging]\nserver = \"https://staging.example\"\ncredential_command = \"false\"\n");
    let mut command = support::program(&emulator, &settings);
    let ended = run(&mut command, &["list", "--profile", "staging"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told = "BLYNK_BASE_URL, BLYNK_CLIENT_ID, BLYNK_CLIENT_SECRET go before the profile 'staging'";
    assert!(ended.stderr.contains(told), "{ended:?}");
}

/// Runs `list` with a profile whose credential comes from this command.
fn with_command(settings: &Folder, command: &str, more: &str) -> support::Ended {
    let quoted = serde_json::to_string(command).unwrap();
    settings.write(
        PROFILES,
        &format!(
            "default = \"p\"\n[profile.p]\nserver = \"http://127.0.0.1:9\"\ncredential_command = {quoted}\n{more}"
        ),
    );
    run(&mut bare_program(settings), &["list", "--timeout", "1"])
}

#[test]
fn a_command_that_gives_no_secret_is_an_error_that_shows_what_it_said() {
    let settings = Folder::new();
    let cases = [
        ("echo 'not signed in' >&2; exit 3", "failed (exit status: 3):\n  not signed in"),
        ("true", "printed nothing; expected only the secret"),
        ("printf 'a\\nb\\n'", "printed 2 lines; expected only the secret, on one line"),
        ("printf '\\377\\n'", "does not print UTF-8 text"),
        // Without a terminal nobody answers, so there is nothing to read.
        ("cat", "printed nothing"),
        ("no-such-program-anywhere", "failed (exit status: 127)"),
    ];
    for (command, told) in cases {
        let ended = with_command(&settings, command, "");
        assert_eq!(ended.code, Some(4), "{command}: {ended:?}");
        assert!(ended.stderr.contains(told), "{command}: {ended:?}");
    }
    settings.write(PROFILES, "default = \"p\"\n[profile.p]\ncredential_command = [\"no-such-program-anywhere\"]\n");
    let ended = run(&mut bare_program(&settings), &["list"]);
    assert!(ended.stderr.contains("(no-such-program-anywhere): cannot be started: No such file"), "{ended:?}");
}

#[test]
fn a_command_never_shows_its_secret() {
    let settings = Folder::new();
    for command in [
        "echo planted-client-secret >&2; echo planted-client-secret",
        "echo planted-client-secret; echo planted-client-secret >&2; exit 1",
    ] {
        let ended = with_command(&settings, command, "");
        assert!(!ended.stderr.contains(SECRET) && ended.stderr.contains("***"), "{ended:?}");
    }
}

#[test]
fn a_command_that_does_not_end_is_stopped() {
    let settings = Folder::new();
    let mark = settings.path().join("pid");
    let started = Instant::now();
    let command = format!("sleep 600 & echo $! > {}; wait", mark.display());
    let ended = with_command(&settings, &command, "credential_timeout = 0.5\n");
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert!(
        ended.stderr.contains("did not end within 0.5 s and was stopped; it cannot ask without a terminal"),
        "{ended:?}"
    );
    // It did not wait for the ten minutes, which is all that is asked of the clock here.
    assert!(started.elapsed().as_secs() < 300);
    assert!(support::is_gone(&mark), "the command still runs");
}

#[test]
fn profiles_keep_comments_and_are_readable_by_their_owner_alone() {
    let settings = Folder::new();
    let before = "# Ours.\ndefault = \"a\" # the usual one\n\n[profile.a] # first\nserver = \"https://a.example\"\n";
    let path = settings.write(PROFILES, before);
    let add = ["profile", "add", "b", "--org", "7", "--credential-command", "pass show b"];
    assert_eq!(run(&mut bare_program(&settings), &add).code, Some(0));
    let after = fs::read_to_string(&path).unwrap();
    assert_eq!(after, format!("{before}\n[profile.b]\norg = 7\ncredential_command = \"pass show b\"\n"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(run(&mut bare_program(&settings), &["profile", "use", "b"]).code, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), after.replace("\"a\" #", "\"b\" #"));
    assert_eq!(run(&mut bare_program(&settings), &["profile", "remove", "b"]).code, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), before.replace("default = \"a\" # the usual one\n", ""));
    let folder = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(folder, 1, "nothing is left beside the file");
}

#[test]
fn a_file_of_profiles_that_is_wrong_says_where() {
    let settings = Folder::new();
    let cases = [
        ("default = 5", "'default' has the wrong type"),
        ("defalt = \"a\"", "'defalt' is not a setting; did you mean default?"),
        ("default = \"b\"\n[profile.a]\n", "no profile 'b'"),
        ("[profile.a]\nserver = 5", "profile 'a': server must be a string"),
        ("[profile.a]\norg = 99999999999", "org must be an integer (int32)"),
        ("[profile.a]\nsever = \"x\"", "'sever' is not a setting of a profile; did you mean server?"),
        ("[profile.a]\nclient_secret = \"planted-client-secret\"", "do not put a secret in this file"),
        ("[profile.a]\ntoken = \"planted-client-secret\"", "do not put a secret in this file"),
        ("[profile.a]\ncredential_command = []", "credential_command must be an array of strings"),
        ("[profile.a]\ncredential_timeout = -1", "credential_timeout must be a number of seconds above 0"),
        (
            "[profile.a]\ncredential_command = \"x\"\ncredential_file = \"y\"",
            "both credential_command and credential_file",
        ),
        ("[profile.a\n", "line 1"),
    ];
    for (text, told) in cases {
        settings.write(PROFILES, text);
        let ended = run(&mut bare_program(&settings), &["whoami", "--offline"]);
        assert_eq!(ended.code, Some(2), "{text}: {ended:?}");
        assert!(ended.stderr.contains(told) && ended.stderr.contains("profiles.toml"), "{text}: {ended:?}");
        assert!(!ended.stderr.contains(SECRET), "{ended:?}");
    }
}

#[test]
fn no_secret_is_written_to_the_disk() {
    let (emulator, settings) = (emulator(), Folder::new());
    let command = || support::program(&emulator, &settings);
    for args in [
        &["list"][..],
        &["whoami"],
        &["profile", "add", "p", "--credential-command", "pass show p"],
        &["whoami", "--profile", "p"],
    ] {
        let ended = run(&mut command(), args);
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let mut folders = vec![settings.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                continue;
            }
            files += 1;
            let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
            assert!(!text.contains(SECRET), "{}", entry.path().display());
        }
    }
    assert_eq!(files, 1, "only the profiles are kept");
}

#[test]
fn without_credentials_the_error_names_every_way() {
    let settings = Folder::new();
    let ended = run(&mut bare_program(&settings), &["list"]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
    for way in [
        "--token-env",
        "--client-secret-file",
        "BLYNK_TOKEN",
        "BLYNK_CLIENT_SECRET",
        "credential_command",
        "credential_file",
    ] {
        assert!(ended.stderr.contains(way), "{way}: {ended:?}");
    }
    let half = run(bare_program(&settings).env("BLYNK_CLIENT_SECRET", "s"), &["list"]);
    assert_eq!(half.code, Some(4), "{half:?}");
    assert!(half.stderr.contains("there is no client id"), "{half:?}");
}
