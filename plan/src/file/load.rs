//! Reads files and folders.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use blynk_webhooks::WebhookSpec;
use blynk_webhooks::bindings::is_secret_name;

use crate::desired::Desired;
use crate::file::document::{Document, read_documents};
use crate::file::{json, toml};
use crate::finding::{Finding, FindingCode, Findings};
use crate::source::{Source, Sources, Span};

/// A text with webhooks.
#[derive(Clone, Debug)]
pub struct Input {
    /// As it is shown, e.g. `webhooks.toml`. A name that ends in `.json` says that the text is JSON, any other that it is
    /// TOML, unless it plainly is JSON.
    pub name: String,
    /// The text.
    pub text: String,
    /// The folder that `{ file = "…" }` starts from; without one, the current folder.
    pub folder: Option<PathBuf>,
}

impl Input {
    /// A text and its name.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), folder: None }
    }
}

/// Reads files and folders. Of a folder every `*.toml` and `*.json` counts, in the order of their names; not what lies in
/// folders below it.
///
/// # Errors
/// Every finding: a file that is missing, empty or not TOML, an unknown key, a webhook that is defined twice, …
pub fn load(paths: &[PathBuf]) -> Result<Desired, Findings> {
    load_all(paths).into_result()
}

/// Everything that is wrong with files and folders, as far as it can be known without a server: what [`load`] finds, and what
/// [`Desired::validate`] finds in the webhooks that could be read.
#[must_use]
pub fn check(paths: &[PathBuf]) -> Findings {
    let desired = load_all(paths);
    // Of a text that could not be read, nobody knows what is missing.
    match desired.findings.iter().any(|finding| finding.code == FindingCode::Syntax) {
        true => desired.into_result().err().unwrap_or_default(),
        false => desired.validate(),
    }
}

fn load_all(paths: &[PathBuf]) -> Desired {
    let mut findings = Vec::new();
    let mut inputs = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        for file in files_of(path, &mut findings) {
            let identity = std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            if seen.insert(identity) {
                inputs.extend(read_file(&file, &mut findings));
            }
        }
    }
    if paths.is_empty() {
        findings.push(Finding::error(FindingCode::Empty, Span::NONE, "no file is named"));
    }
    Desired::read_all(inputs, findings)
}

fn files_of(path: &Path, findings: &mut Vec<Finding>) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("the folder {} cannot be read: {error}", path.display());
            findings.push(Finding::error(FindingCode::Unreadable, Span::NONE, message));
            return Vec::new();
        }
    };
    let is_file_of_ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let extension = path.extension().and_then(|extension| extension.to_str());
        !name.starts_with('.') && matches!(extension, Some("toml" | "json")) && path.is_file()
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(is_file_of_ours).collect();
    files.sort();
    if files.is_empty() {
        let message = format!("the folder {} contains no *.toml and no *.json file", path.display());
        findings.push(Finding::error(FindingCode::Empty, Span::NONE, message));
    }
    files
}

/// Most bytes that are read of a file: far more than a whole organization takes.
const MAX_BYTES: u64 = 128 * 1024 * 1024;

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other(format!("it is longer than {} MiB", MAX_BYTES / (1024 * 1024))));
    }
    Ok(bytes)
}

fn read_file(path: &Path, findings: &mut Vec<Finding>) -> Option<Input> {
    let name = path.display().to_string();
    let problem = match read_bounded(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned);
                return Some(Input { name, text, folder });
            }
            Err(_) => format!("{name} is not UTF-8"),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            format!("{name} does not exist; import writes it, -f names another")
        }
        Err(error) => format!("{name} cannot be read: {error}"),
    };
    findings.push(Finding::error(FindingCode::Unreadable, Span::NONE, problem));
    None
}

impl Desired {
    /// Reads texts, as [`load`] reads files.
    ///
    /// # Errors
    /// Every finding.
    ///
    /// ```
    /// use blynk_webhooks_plan::{Desired, Input};
    /// let text = "[webhook.\"Doors\"]\ntrigger = \"DEVICE_ADDED\"\nmehtod = \"POST\"\n";
    /// let desired = Desired::parse([Input::new("webhooks.toml", text)])?;
    /// let finding = &desired.validate().as_slice()[0].to_string();
    /// assert!(finding.starts_with("webhooks.toml:3:1: error: 'mehtod' is not a field of a webhook; did you mean 'method'?"));
    /// # Ok::<(), blynk_webhooks_plan::Findings>(())
    /// ```
    pub fn parse(inputs: impl IntoIterator<Item = Input>) -> Result<Self, Findings> {
        Self::read_all(inputs.into_iter().collect(), Vec::new()).into_result()
    }

    /// Webhooks as specs with names.
    ///
    /// # Errors
    /// A name that stands twice, or no spec at all.
    pub fn from_specs<'a>(specs: impl IntoIterator<Item = &'a WebhookSpec>) -> Result<Self, Findings> {
        let items: Vec<String> = specs.into_iter().map(WebhookSpec::to_json).collect();
        Self::from_json(&format!("[{}]", items.join(",")))
    }

    /// Webhooks as JSON: a list of specs with names, or an object of the file's shape. A spec may also have the keys of the
    /// file: `id`, `was`, `absent`, `expect`.
    ///
    /// # Errors
    /// Every finding; none has a place.
    pub fn from_json(text: &str) -> Result<Self, Findings> {
        let mut findings = Vec::new();
        let document = json::parse(text, 0, &mut findings);
        let documents = document.map(|root| Document { source: 0, root }).into_iter().collect();
        read_documents(documents, Sources::default(), findings).into_result()
    }

    /// What could be read, with every finding in it.
    pub(crate) fn read_all(inputs: Vec<Input>, mut findings: Vec<Finding>) -> Self {
        let mut sources = Sources::default();
        let mut documents = Vec::new();
        for (source, input) in inputs.into_iter().enumerate() {
            let text = input.text.strip_prefix('\u{feff}').unwrap_or(&input.text);
            let document = match () {
                () if text.trim().is_empty() => {
                    let message = "the file is empty, so there is nothing to plan; define a webhook, or run import";
                    findings.push(Finding::error(FindingCode::Empty, Span::new(source, 0..0), message));
                    None
                }
                () if is_json(&input.name, text) => json::parse(text, source, &mut findings),
                () => toml::parse(text, source, &mut findings),
            };
            documents.extend(document.map(|root| Document { source, root }));
            sources.0.push(Source { name: input.name, text: text.into(), folder: input.folder });
        }
        let unread = findings.iter().any(Finding::is_error);
        let hidden = secret_lines(&findings, &sources);
        let mut desired = read_documents(documents, sources, findings);
        desired.hidden.extend(hidden);
        // What a file says that cannot be read is unknown, so nothing is said of what is missing.
        if unread {
            desired.findings.retain(|finding| finding.code != FindingCode::Missing);
        }
        desired
    }
}

/// What stands behind a name of a secret on a line that could not be read: nobody knows where the secret ends.
fn secret_lines(findings: &[Finding], sources: &Sources) -> Vec<Span> {
    let unread = findings.iter().filter(|finding| finding.code == FindingCode::Syntax);
    unread
        .filter_map(|finding| {
            let span = finding.span();
            let text = &sources.get(span)?.text;
            let start = text.get(..span.range().start)?.rfind('\n').map_or(0, |end| end + 1);
            let end = text[start..].find('\n').map_or(text.len(), |end| start + end);
            let line = &text[start..end];
            let value = line.find(['=', ':'])?;
            is_secret_name(line).then(|| Span::new(span.source().unwrap_or_default(), start + value + 1..end))
        })
        .collect()
}

/// By the name; else by what the text begins with.
fn is_json(name: &str, text: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("json") => true,
        Some("toml") => false,
        _ => {
            let text = text.trim_start();
            let in_array = text.strip_prefix('[').map(str::trim_start);
            text.starts_with('{') || in_array.is_some_and(|rest| rest.starts_with(['{', ']']) || rest.is_empty())
        }
    }
}
