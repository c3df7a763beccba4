//! Other programs that print a secret.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::Stdio;
use std::time::Duration;

use blynk_webhooks_plan::process_group;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use zeroize::Zeroizing;

use crate::error::{CliError, Result};
use crate::output::{Output, visible};

/// Most bytes that a program may print where a secret is expected.
const MAX_BYTES: u64 = 64 * 1024;

/// A program with its arguments, or a line for the system's shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// A line for `sh -c` (`cmd /C` on Windows).
    Shell(String),
    /// A program and its arguments, started without a shell.
    Program(Vec<String>),
}

impl CommandLine {
    fn words(&self) -> Vec<OsString> {
        match self {
            Self::Shell(line) if cfg!(windows) => ["cmd", "/C", line].map(OsString::from).into(),
            Self::Shell(line) => ["sh", "-c", line].map(OsString::from).into(),
            Self::Program(words) => words.iter().map(OsString::from).collect(),
        }
    }

    /// The name of the program, for messages: arguments may be long.
    fn name(&self) -> &str {
        let words = match self {
            Self::Shell(line) => line.split_whitespace().next(),
            Self::Program(words) => words.first().map(String::as_str),
        };
        words.unwrap_or_default()
    }
}

/// The secret that a program prints. It ends with this program, and after `limit` at the latest. Where a person sits at a
/// terminal, the program may ask there; elsewhere its input is empty, so that it cannot wait for anybody.
///
/// # Errors
/// If it cannot be started, fails, takes too long, or does not print one line.
pub async fn secret_of(command: &CommandLine, what: &str, limit: Duration, out: &Output) -> Result<Zeroizing<String>> {
    let name = visible(command.name());
    let problem = |text: String| CliError::authentication(format!("{what} ({name}): {text}"));
    let words = command.words();
    let Some((program, arguments)) = words.split_first() else {
        return Err(problem("does not name a program".into()));
    };
    // With a terminal its questions and messages appear at once; without one they are read, so that no secret among them is shown.
    let interactive = out.is_interactive();
    let mut command = Command::new(program);
    let has_group = process_group::is_own();
    #[cfg(unix)]
    if has_group {
        command.process_group(0);
    }
    let mut child = command
        .args(arguments)
        .stdin(if interactive { Stdio::inherit() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(if interactive { Stdio::inherit() } else { Stdio::piped() })
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| problem(format!("cannot be started: {cause}")))?;
    let group = Group(child.id().filter(|_| has_group));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let run = async {
        // The streams end where every process that holds them has ended.
        let (printed, told) = tokio::join!(read(stdout), read(stderr));
        Ok::<_, std::io::Error>((printed?, told?, child.wait().await?))
    };
    let (printed, told, status) = match tokio::time::timeout(limit, run).await {
        Ok(ended) => {
            // What it leaves running is meant to run, e.g. an agent that keeps a key.
            group.leave();
            ended.map_err(|cause| problem(format!("cannot be read: {cause}")))?
        }
        Err(_) => {
            let hint = if std::io::stdin().is_terminal() { "" } else { "; it cannot ask without a terminal" };
            return Err(problem(format!(
                "did not end within {} s and was stopped{hint}. credential_timeout in the profile gives it more time",
                limit.as_secs_f64()
            )));
        }
    };
    let printed = Zeroizing::new(printed);
    let text = std::str::from_utf8(&printed).map_err(|_| problem("does not print UTF-8 text".into()))?;
    let secret = text.trim_end_matches(['\r', '\n']);
    let told = String::from_utf8_lossy(&told);
    let mut told = told.trim_end();
    let hidden;
    if !secret.trim().is_empty() {
        hidden = told.replace(secret.trim(), "***");
        told = &hidden;
    }
    let told = told.lines().map(visible).collect::<Vec<_>>().join("\n  ");
    if !status.success() {
        let told = if told.is_empty() { String::new() } else { format!(":\n  {told}") };
        return Err(problem(format!("failed ({status}){told}")));
    }
    if !told.is_empty() {
        out.note(format_args!("{name}: {told}"));
    }
    check_secret(secret).map_err(|wrong| problem(format!("printed {wrong}")))?;
    Ok(Zeroizing::new(secret.to_owned()))
}

/// A program and what it has started, in a process group of their own. Dropped before the program has ended, it ends them all.
struct Group(Option<u32>);

impl Group {
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.0 {
            process_group::kill(id);
        }
    }
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(MAX_BYTES).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// What is wrong with a text that should be a secret.
pub(crate) fn check_secret(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("nothing; expected only the secret".into());
    }
    match text.lines().count() {
        1 => Ok(()),
        lines => Err(format!("{lines} lines; expected only the secret, on one line")),
    }
}
