//! `drift`: what somebody changed by hand.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use blynk_webhooks_plan::{Desired, Input};
use tokio::process::Command;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::files;
use crate::input::shown;
use crate::output::visible;

/// Show how the server differs from the file. Read-only.
///
/// With --base, it compares the server with the revision that was applied last, so that edits that are not applied yet do not count
/// as drift.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks drift
  blynk-webhooks drift --base origin/main           the file in that git revision
  blynk-webhooks drift --base applied.toml

Exit code: 0 without drift, 3 with.")]
pub struct Args {
    /// File or git revision that was applied last [default: the files themselves]
    #[arg(long, value_name = "FILE|REVISION")]
    base: Option<String>,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let out = &context.out;
    let base = match &args.base {
        None => files::desired(&files::paths(context), out)?,
        Some(base) if Path::new(base).exists() => files::desired(&[base.into()], out)?,
        Some(revision) => at_revision(revision, context).await?,
    };
    let told = |error| files::plan_error(error, out);
    let options = files::plan_options(context)?;
    let connection = context.connection()?;
    base.check_target(Some(&connection.server.value), connection.org.as_ref().map(|org| org.value)).map_err(told)?;
    let client = context.client().await?;
    let drift = blynk_webhooks_plan::drift(&client, &base, options).await.map_err(told)?;
    match out.is_json() {
        true => out.document(&drift.to_json()),
        false => out.line(drift.to_text(true).trim_end()),
    }
    Ok(if drift.is_empty() { Exit::Done } else { Exit::Differences })
}

/// The files as they are in a revision of git.
async fn at_revision(revision: &str, context: &Context) -> Result<Desired> {
    if revision.starts_with('-') || revision.is_empty() {
        return Err(CliError::usage(format!("'{}' is neither a file nor a git revision", visible(revision))));
    }
    let mut inputs = Vec::new();
    for path in files::paths(context) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| CliError::usage(format!("git cannot look up {}: it has no file name", shown(&path))))?;
        let names = if path.is_dir() { names_at(revision, &path).await? } else { vec![PathBuf::from(name)] };
        let folder = if path.is_dir() { path.clone() } else { folder };
        for name in names {
            let object = format!("{revision}:./{}", name.display());
            let text = git(&folder, &["show", "--end-of-options", &object]).await?;
            let shown = format!("{revision}:{}", folder.join(&name).display());
            inputs.push(Input { name: shown, text, folder: Some(folder.clone()) });
        }
    }
    files::desired_of(inputs, &context.out)
}

/// The files of webhooks that a folder has in a revision.
async fn names_at(revision: &str, folder: &Path) -> Result<Vec<PathBuf>> {
    let list = git(folder, &["ls-tree", "-z", "--name-only", "--end-of-options", revision, "./"]).await?;
    let is_of_ours = |name: &&str| {
        !name.starts_with('.') && matches!(Path::new(name).extension().and_then(|e| e.to_str()), Some("toml" | "json"))
    };
    let mut names: Vec<_> =
        list.split('\0').filter(|name| !name.is_empty()).filter(is_of_ours).map(PathBuf::from).collect();
    names.sort();
    Ok(names)
}

/// What git prints.
async fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output =
        command.output().await.map_err(|cause| CliError::failure(format!("git cannot be started: {cause}")))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        let told = told.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
        return Err(CliError::failure(format!("git: {}", visible(told))));
    }
    String::from_utf8(output.stdout).map_err(|_| CliError::failure("git: the file is not UTF-8 in that revision"))
}
