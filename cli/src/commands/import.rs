//! `import`: what the server holds, as a file.

use std::path::Path;

use blynk_webhooks_plan::{ImportOptions, Imported, Input, ReadWebhooks, import};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::files;
use crate::input::shown;
use crate::json::Tree;
use crate::output::visible;

/// Write the server's webhooks to a file.
///
/// Afterwards, a plan of the file has no changes. An existing file is merged: comments and order stay, missing webhooks are added, and
/// webhooks of the file are changed to match the server, which asks first. Secrets are not written: `{ keep = true }` keeps the server's.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks import
  blynk-webhooks import -f production.toml --pin-ids
  blynk-webhooks import --add-only                  does not change webhooks that are in the file
  blynk-webhooks import -f - > copy.toml")]
pub struct Args {
    /// Write the id of every webhook, so that a rename on the server is recognized
    #[arg(long)]
    pin_ids: bool,

    /// Only add webhooks; do not change those in the file
    #[arg(long)]
    add_only: bool,

    /// Also write secrets that the server shows. Keep that file out of git
    #[arg(long)]
    with_secrets: bool,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let out = &context.out;
    let paths = files::paths(context);
    let [path] = paths.as_slice() else {
        return Err(CliError::usage("import writes one file; name one with --file"));
    };
    if path.is_dir() {
        return Err(CliError::usage(format!("{} is a folder; name the file to write", shown(path))));
    }
    let to_stdout = path == Path::new("-");
    let existing = if to_stdout { None } else { read(path)? };
    let connection = context.connection()?;
    let org = connection.org.as_ref().map(|org| org.value);
    let client = context.client().await?;
    let mut options = ImportOptions::new()
        .pin_ids(args.pin_ids)
        .add_only(args.add_only)
        .with_secrets(args.with_secrets)
        .server(client.base_url())
        .org(org);
    let org_of_file = match &existing {
        Some(existing) => org_of(existing, context)?,
        None => None,
    };
    options.existing = existing.clone();
    options.secrets = context.secrets();
    let live = ReadWebhooks::list(&client, org.or(org_of_file)).await?;
    let imported = import(&live, &options).map_err(|error| files::plan_error(error, out))?;
    let is_same = existing.as_ref().is_some_and(|existing| existing.text == imported.text);
    if !imported.changed.is_empty() {
        let names = imported.changed.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
        context.confirm(&format!("Change {names} in {} to match the server?", shown(path))).await?;
    }
    if !to_stdout && !is_same {
        files::write(path, &imported.text)?;
    }
    imported.warnings.iter().for_each(|warning| out.warning(visible(warning)));
    report(&imported, path, to_stdout, live.len(), context);
    Ok(Exit::Done)
}

fn report(imported: &Imported, path: &Path, to_stdout: bool, webhooks: usize, context: &Context) {
    let out = &context.out;
    if out.is_json() {
        let mut members = vec![
            ("file", json!(path.to_string_lossy())),
            ("webhooks", json!(webhooks)),
            ("added", json!(imported.added)),
            ("changed", json!(imported.changed)),
            ("onlyInFile", json!(imported.only_in_file)),
        ];
        if to_stdout {
            members.push(("text", json!(imported.text)));
        }
        return out.json(members.into_iter().map(|(name, value)| (name, Tree::from(value))));
    }
    if to_stdout {
        return out.line(imported.text.trim_end());
    }
    let (added, changed) = (imported.added.len(), imported.changed.len());
    out.line(format_args!("{}: {added} added, {changed} changed, of {webhooks} on the server.", shown(path)));
    for name in &imported.only_in_file {
        out.note(format_args!("'{}' is only in the file; apply would create it.", visible(name)));
    }
}

fn read(path: &Path) -> Result<Option<Input>> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned);
            Ok(Some(Input { name: path.display().to_string(), text, folder }))
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(CliError::failure(format!("{}: {cause}", shown(path)))),
    }
}

/// The organization that a file names, where it can be read: whatever else is wrong with it, import says.
fn org_of(existing: &Input, context: &Context) -> Result<Option<i32>> {
    let Ok(desired) = blynk_webhooks_plan::Desired::parse([existing.clone()]) else { return Ok(None) };
    let connection = context.connection()?;
    let org = connection.org.as_ref().map(|org| org.value);
    let told = |error| files::plan_error(error, &context.out);
    desired.check_target(Some(&connection.server.value), org).map_err(told)?;
    Ok(desired.org())
}
