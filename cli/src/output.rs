//! What the program prints: data to standard output, everything else to standard error.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
pub use blynk_webhooks_plan::visible::visible;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use serde_json::Value;

use crate::error::CliError;
use crate::exit::Exit;
use crate::json::{JSON_VERSION, Tree};

/// Bytes of data that are kept before they are written.
const BUFFER: usize = 64 * 1024;

/// Colours, by meaning.
pub mod style {
    use super::{AnsiColor, Style};

    /// A heading or a name.
    pub const STRONG: Style = Style::new().bold();
    /// What matters less.
    pub const FAINT: Style = Style::new().dimmed();
    /// Success, or something added.
    pub const GOOD: Style = AnsiColor::Green.on_default();
    /// A warning, or something changed.
    pub const WARNING: Style = AnsiColor::Yellow.on_default();
    /// An error, or something removed.
    pub const BAD: Style = AnsiColor::Red.on_default();
}

/// A text in a style. Where there is no colour, the output leaves the style out.
pub fn styled(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Where a command prints. It can be shared among tasks.
#[derive(Debug)]
pub struct Output {
    json: bool,
    quiet: bool,
    color: ColorChoice,
    data: Mutex<Data>,
}

#[derive(Debug, Default)]
struct Data {
    pending: String,
    /// Nobody reads any more: the rest is dropped.
    closed: bool,
    /// The first problem of writing, other than that nobody reads.
    problem: Option<io::Error>,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool, color: ColorChoice) -> Self {
        Self { json, quiet, color, data: Mutex::default() }
    }

    /// True if the data is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// True if a person can be asked: standard input and standard error are a terminal.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// True if progress may be drawn: a person looks at standard error, and wants to see it.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        !self.json && !self.quiet && io::stderr().is_terminal()
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line of data on standard output. It is written when the command ends or [`Self::flush`] is called.
    pub fn line(&self, text: impl fmt::Display) {
        let mut data = self.data();
        data.pending.push_str(&text.to_string());
        data.pending.push('\n');
        if data.pending.len() >= BUFFER {
            data.write(self.color);
        }
    }

    /// Data on standard output as it is, e.g. of another writer.
    pub(crate) fn raw(&self, text: &str) {
        self.data().pending.push_str(text);
    }

    /// One JSON document on standard output: the members and `"version"` before them.
    pub fn json(&self, members: impl IntoIterator<Item = (&'static str, Tree)>) {
        let version = ("version", Tree::from(Value::from(JSON_VERSION)));
        let document = Tree::object(std::iter::once(version).chain(members));
        self.line(pretty(&document));
    }

    /// One JSON document on standard output that has its `"version"` already.
    pub(crate) fn document(&self, json: &str) {
        self.line(indented(json));
    }

    /// Writes what was printed so far, e.g. before a long wait.
    pub fn flush(&self) {
        self.data().write(self.color);
    }

    /// A line about what happens, on standard error: not data, and left out with `--quiet` and `--json`.
    pub fn note(&self, text: impl fmt::Display) {
        if !self.quiet && !self.json {
            self.tell(text);
        }
    }

    /// A warning on standard error. With `--json` it is a JSON document of its own line.
    pub fn warning(&self, text: impl fmt::Display) {
        match self.json {
            true => {
                let members = [("version", Value::from(JSON_VERSION)), ("warning", text.to_string().into())];
                self.tell(Tree::object(members.map(|(name, value)| (name, Tree::from(value)))).to_text());
            }
            false => self.tell(format_args!("{} {text}", styled(style::WARNING, "warning:"))),
        }
    }

    /// The error that ends a command, on standard error.
    pub(crate) fn error(&self, error: &CliError) {
        match self.json {
            true => self.tell(error.to_json().to_text()),
            // To stop is what was asked for.
            false if matches!(error.exit(), Exit::Interrupted | Exit::Terminated) => self.tell(error),
            false => self.tell(format_args!("{} {error}", styled(style::BAD, "error:"))),
        }
    }

    /// Text on standard error as it is; where standard error is closed, there is nobody to tell.
    pub(crate) fn tell(&self, text: impl fmt::Display) {
        // What was printed before stands before it, where both streams are a terminal.
        self.flush();
        let mut stream = AutoStream::new(io::stderr().lock(), choice(self.color, &io::stderr()));
        let _ = writeln!(stream, "{text}");
    }

    /// A prompt on standard error: the cursor stays behind it.
    pub(crate) fn prompt(&self, text: impl fmt::Display) {
        self.flush();
        let mut stream = AutoStream::new(io::stderr().lock(), choice(self.color, &io::stderr()));
        let _ = write!(stream, "{text}").and_then(|()| stream.flush());
    }

    /// Writes the rest. An error where the data could not be written, e.g. because the disk is full.
    pub(crate) fn finish(&self) -> Result<(), CliError> {
        let mut data = self.data();
        data.write(self.color);
        match data.problem.take() {
            None => Ok(()),
            Some(problem) => Err(CliError::failure(format!("cannot write to standard output: {problem}"))),
        }
    }
}

impl Data {
    fn write(&mut self, color: ColorChoice) {
        let pending = std::mem::take(&mut self.pending);
        if self.closed || self.problem.is_some() || pending.is_empty() {
            return;
        }
        let choice = choice(color, &io::stdout());
        let written = if io::stdout().is_terminal() {
            let mut stream = AutoStream::new(io::stdout().lock(), choice);
            stream.write_all(pending.as_bytes()).and_then(|()| stream.flush())
        } else if choice == ColorChoice::Never {
            write_patiently(anstream::adapter::strip_str(&pending).to_string().as_bytes())
        } else {
            write_patiently(pending.as_bytes())
        };
        match written {
            Ok(()) => {}
            // Whoever read has read enough, as `head` does.
            Err(problem) if problem.kind() == io::ErrorKind::BrokenPipe => self.closed = true,
            Err(problem) => self.problem = Some(problem),
        }
    }
}

/// How long to wait for a reader.
const READER_PAUSE: Duration = Duration::from_millis(2);

/// Writes to standard output, and waits where it is full: a parent such as `npx` may hand down a pipe that does not block.
fn write_patiently(mut bytes: &[u8]) -> io::Result<()> {
    let mut stream = io::stdout().lock();
    loop {
        let problem = match bytes.is_empty() {
            true => match stream.flush() {
                Ok(()) => return Ok(()),
                Err(problem) => problem,
            },
            false => match stream.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    continue;
                }
                Err(problem) => problem,
            },
        };
        match problem.kind() {
            io::ErrorKind::WouldBlock => std::thread::sleep(READER_PAUSE),
            io::ErrorKind::Interrupted => {}
            _ => return Err(problem),
        }
    }
}

fn choice(wanted: ColorChoice, stream: &impl anstream::stream::RawStream) -> ColorChoice {
    if wanted == ColorChoice::Auto { AutoStream::choice(stream) } else { wanted }
}

/// A JSON text with two spaces of indent.
pub(crate) fn indented(json: &str) -> String {
    Tree::parse(json).map_or_else(|_| json.to_owned(), |document| pretty(&document))
}

/// JSON with two spaces of indent.
fn pretty(value: &impl Serialize) -> String {
    // Serializing into a string fails only where a `Serialize` fails by itself; a tree does not.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn text_from_outside_cannot_move_the_cursor_or_turn_around() {
        assert_eq!(visible("a\x1b[2Jb\r\n\u{202e}c\u{2028}"), "a\\u{1b}[2Jb\\r\\n\\u{202e}c\\u{2028}");
        assert_eq!(visible("Türen 🚪 1"), "Türen 🚪 1");
    }
}
