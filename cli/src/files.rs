//! The files of webhooks that a command works with, and what is wrong with them.

use std::path::{Path, PathBuf};

use blynk_webhooks_plan::{Desired, Findings, Input, PlanError, PlanOptions, load};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::input::shown;
use crate::output::Output;

/// The file that is read where none is named.
pub const DEFAULT_FILE: &str = "webhooks.toml";

/// The files and folders that are named; without any the file of the current folder.
#[must_use]
pub fn paths(context: &Context) -> Vec<PathBuf> {
    match context.global.files.as_slice() {
        [] => vec![DEFAULT_FILE.into()],
        files => files.to_vec(),
    }
}

/// What these files want.
///
/// # Errors
/// If one of them is missing, empty or wrong. What is wrong is shown with its lines.
pub fn desired(paths: &[PathBuf], out: &Output) -> Result<Desired> {
    load(paths).map_err(|findings| refused(&findings, out))
}

/// The same for texts, e.g. of a revision.
///
/// # Errors
/// As [`desired`].
pub fn desired_of(inputs: Vec<Input>, out: &Output) -> Result<Desired> {
    Desired::parse(inputs).map_err(|findings| refused(&findings, out))
}

/// Where the webhooks of a plan come from: the server of the client, and the organization that was named.
///
/// # Errors
/// If settings contradict each other.
pub fn plan_options(context: &Context) -> Result<PlanOptions> {
    Ok(PlanOptions::new().secrets(context.secrets()).org(context.connection()?.org.map(|org| org.value)))
}

/// Shows findings, each with the lines it is about. With `--json` they are part of the error instead.
pub fn show(findings: &Findings, out: &Output) {
    if !out.is_json() && !findings.is_empty() {
        out.tell(findings.render(true).trim_end());
    }
}

/// The error of files that are wrong; shows what is wrong with its lines.
pub fn refused(findings: &Findings, out: &Output) -> CliError {
    show(findings, out);
    let errors = findings.as_slice().iter().filter(|finding| finding.is_error()).count();
    let count = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
    CliError::new(Exit::Failure, "INVALID_FILE", format!("{count} in the files of webhooks; nothing was sent"))
        .with("findings", json!(findings))
}

/// Why there is no plan.
pub fn plan_error(error: PlanError, out: &Output) -> CliError {
    match error {
        PlanError::Findings(findings) => refused(&findings, out),
        PlanError::Client(error) => error.into(),
        other => CliError::new(Exit::Refused, "WRONG_TARGET", other.to_string()),
    }
}

/// Writes a file beside its place and moves it there, so that it is never half-written. A link stays a link, and the
/// permissions of a file that is there stay too.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<()> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = target.with_file_name(name);
    let written = std::fs::write(&beside, text).and_then(|()| {
        if let Ok(known) = std::fs::metadata(&target) {
            std::fs::set_permissions(&beside, known.permissions())?;
        }
        std::fs::File::open(&beside)?.sync_all()?;
        std::fs::rename(&beside, &target)
    });
    written.map_err(|cause| {
        let _ = std::fs::remove_file(&beside);
        CliError::failure(format!("cannot write {}: {cause}", shown(path)))
    })
}
