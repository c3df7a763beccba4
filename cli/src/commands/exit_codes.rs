//! `exit-codes`: the page of exit codes.

use serde_json::json;

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{style, styled};

/// The exit codes of every command.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_: &Args, context: &Context) -> Result<Exit> {
    if context.out.is_json() {
        let codes = Exit::ALL.map(|(exit, meaning)| json!({"code": exit.code(), "meaning": meaning}));
        context.out.json([("exitCodes", json!(codes).into())]);
    } else {
        context.out.line(page());
    }
    Ok(Exit::Done)
}

pub(super) fn page() -> String {
    let lines = Exit::ALL.map(|(exit, meaning)| format!("  {:>3}  {meaning}", exit.code()));
    format!("{}\n{}", styled(style::STRONG, "Exit codes:"), lines.join("\n"))
}
