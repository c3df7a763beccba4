//! Files and standard input, read so that Ctrl-C still ends the program.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;

use blynk_webhooks::bindings::read_spec;
use blynk_webhooks::{Purpose, Violation, WebhookSpec};

use crate::error::{CliError, Result};
use crate::json::{REDACTED, Tree};
use crate::output::{Output, visible};

/// Most bytes that are read of a file: a whole organization takes less.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The text of a file; `-` is standard input.
///
/// # Errors
/// If it cannot be read, is longer than 64 MiB or no UTF-8.
pub async fn read_text(path: &Path, out: &Output) -> Result<String> {
    let owned = path.to_owned();
    let is_stdin = path == Path::new("-");
    if is_stdin && io::stdin().is_terminal() {
        out.note("Reading from the terminal; Ctrl-D ends it.");
    }
    // On a thread of its own: a pipe may keep it waiting.
    let reading = tokio::task::spawn_blocking(move || match is_stdin {
        true => read_all(io::stdin().lock()),
        false => File::open(owned).and_then(read_all),
    });
    let read = reading.await.map_err(io::Error::other).flatten();
    let text = read.map_err(|cause| CliError::failure(format!("{}: {cause}", shown(path))))?;
    // Editors on Windows put a mark before the text.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn read_all(source: impl Read) -> io::Result<String> {
    let mut text = String::new();
    source.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("longer than {} MiB", MAX_BYTES / (1024 * 1024))));
    }
    Ok(text)
}

/// A path in messages.
#[must_use]
pub fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".into() } else { visible(&path.to_string_lossy()) }
}

/// A JSON document.
///
/// # Errors
/// If it cannot be read or is not JSON.
pub async fn read_json(path: &Path, out: &Output) -> Result<Tree> {
    let text = read_text(path, out).await?;
    if text.trim().is_empty() {
        return Err(CliError::failure(format!("{}: empty; a JSON document is expected", shown(path))));
    }
    Tree::parse(&text).map_err(|cause| CliError::failure(format!("{}: not JSON: {cause}", shown(path))))
}

/// The members of one webhook: an object with the wire's names, or what `get --json` prints.
///
/// # Errors
/// If it cannot be read, is no such document, or holds [`REDACTED`] in the place of a secret.
pub async fn read_webhook(path: &Path, out: &Output) -> Result<Vec<(String, Tree)>> {
    let document = read_json(path, out).await?;
    let about = |problem: String| CliError::failure(format!("{}: {problem}", shown(path)));
    let webhook = match document.get("webhook") {
        Some(webhook @ Tree::Object(_)) if document.get("version").is_some() => webhook.clone(),
        _ => document,
    };
    if webhook.holds_redacted() {
        return Err(CliError::refused(format!(
            "{}: contains {REDACTED} instead of a secret; write the document with 'get --show-secrets --json', or put the secret in",
            shown(path)
        )));
    }
    match webhook {
        Tree::Array(_) => Err(about("a list; one webhook is expected".into())),
        other if other.get("webhooks").is_some() => Err(about("a list of webhooks; one webhook is expected".into())),
        Tree::Object(members) => Ok(members),
        Tree::Leaf(_) => Err(about("not a JSON object with the fields of a webhook".into())),
    }
}

/// A spec of these members.
///
/// # Errors
/// If a value has the wrong type: that, and whatever else stands against it.
pub fn spec_of(members: Vec<(String, Tree)>, purpose: Purpose) -> Result<WebhookSpec, Vec<Violation>> {
    read_spec(&Tree::Object(members).to_text(), [], purpose)
}
