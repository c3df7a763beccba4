//! `schema`: the JSON Schema of the file of webhooks.

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;

/// Print the JSON Schema of the file of webhooks, for editors.
///
/// The document is the schema itself, with --json too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks schema > webhooks.schema.json

An editor with a TOML language server finds it through a comment at the beginning of webhooks.toml:
  #:schema ./webhooks.schema.json")]
pub struct Args {}

pub(super) fn run(_: &Args, context: &Context) -> Result<Exit> {
    // Its own version is "$schema"; a member beside the standard's would make it another document.
    context.out.line(serde_json::to_string_pretty(&blynk_webhooks_plan::schema()).unwrap_or_default());
    Ok(Exit::Done)
}
