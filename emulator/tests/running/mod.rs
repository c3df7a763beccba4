//! The program as a child process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blynk-webhooks-emulator"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running program and all that it printed at first.
pub struct Running {
    pub child: Child,
    pub welcome: String,
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        Self::of(program(arguments))
    }

    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut welcome = String::new();
        while !welcome.contains("Ctrl-C ends it") {
            assert!(lines.read_line(&mut welcome).unwrap() > 0, "it ended after: {welcome}");
        }
        Self { child, welcome }
    }

    pub fn url(&self) -> String {
        let line = self.welcome.lines().find(|line| line.trim_start().starts_with("API")).unwrap();
        line.split_whitespace().last().unwrap().into()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
