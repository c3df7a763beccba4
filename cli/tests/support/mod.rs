//! An emulator with known webhooks, and the program started against it.

#![allow(dead_code, clippy::unwrap_used, reason = "not every test needs all of it; a test may panic")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use blynk_webhooks_emulator::{Emulator, State};
use serde_json::Value;

/// Planted in the state and the environment: none of them may be printed anywhere.
pub const SECRETS: [&str; 4] =
    ["planted-client-secret", "planted-target-secret", "planted-url-password", "planted-url-key"];

const STATE: &str = include_str!("state.json");

/// An emulator that begins with the webhooks of `state.json`; its clock stands still.
pub fn emulator() -> Emulator {
    Emulator::builder().state(State::from_json(STATE).unwrap()).start().unwrap()
}

/// The program, with this emulator's credentials in its environment and settings of its own.
pub fn program(emulator: &Emulator, settings: &Folder) -> Command {
    let mut command = bare_program(settings);
    command
        .env("BLYNK_BASE_URL", emulator.url())
        .env("BLYNK_CLIENT_ID", emulator.client_id())
        .env("BLYNK_CLIENT_SECRET", emulator.client_secret());
    command
}

/// The program without any credentials, without a terminal, and with nothing to read.
pub fn bare_program(settings: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blynk-webhooks"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BLYNK_") || name == "NO_COLOR") {
        command.env_remove(name);
    }
    command.env("XDG_CONFIG_HOME", settings.path()).current_dir(settings.path()).stdin(Stdio::null());
    command
}

/// What a program printed and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON on standard output: {self:?}"))
    }

    /// The error among the JSON documents on standard error, one a line.
    pub fn error(&self) -> Value {
        let line = self.stderr.lines().last().unwrap_or_default();
        let document: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON on standard error: {self:?}"));
        assert_eq!(document["version"], 1);
        document["error"].clone()
    }
}

/// Runs a command line to its end.
pub fn run(command: &mut Command, args: &[&str]) -> Ended {
    run_with_input(command, args, "")
}

/// Runs a command line to its end with a text on standard input.
pub fn run_with_input(command: &mut Command, args: &[&str], input: &str) -> Ended {
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A target that answers every request in the same way and keeps what it was sent.
pub struct Target {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Target {
    /// `answer` is made of the request.
    pub fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let Ok(mut socket) = socket else { return };
                let request = read_request(&mut socket);
                let response = answer(&request);
                // Before the response, so that whoever has it finds the request.
                kept.lock().unwrap().push(request);
                let _ = socket.write_all(response.as_bytes());
            }
        });
        Self { url, requests }
    }

    /// What it was sent so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A response with a body, after which the connection is closed.
pub fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn read_request(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
            if body.len() >= length.map_or(0, |length| length.trim().parse().unwrap()) {
                return text;
            }
        }
        match socket.read(&mut part) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
        }
    }
}

/// A folder that goes when the test ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("blynk-webhooks-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// True once the process whose id a file holds is gone.
pub fn is_gone(mark: &Path) -> bool {
    let pid = std::fs::read_to_string(mark).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while std::time::Instant::now() < deadline {
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        // A process that has ended and that nobody has asked about yet is gone too.
        if state.map_or(true, |state| state.contains(") Z ")) {
            return true;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    false
}
