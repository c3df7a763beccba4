//! The commands: one file each, which holds its arguments, its help and what it does.
//!
//! To add one: a file with `Args` (its doc comment and `after_help` with examples are its help) and `run`, a variant of [`Command`], an
//! arm of [`run`], and a transcript in `tests/cmd/`. A command prints data with `context.out.line` or `context.out.json`, everything
//! else with `context.out.note` and `warning`, asks with `context.confirm`, and returns its exit code or an error.

mod create;
mod delete;
mod exit_codes;
mod get;
mod list;
mod many;
mod switch;
mod update;
mod webhook_text;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the webhooks of an organization
    List(list::Args),
    /// Show one webhook
    Get(get::Args),
    /// Create a webhook
    Create(create::Args),
    /// Change some fields of a webhook, or replace it
    Update(update::Args),
    /// Delete webhooks
    Delete(delete::Args),
    /// Let webhooks run
    Enable(switch::EnableArgs),
    /// Stop webhooks from running
    Disable(switch::DisableArgs),
    /// What the exit codes mean
    #[command(hide = true, long_about = exit_codes::page(), help_template = TOPIC)]
    ExitCodes(exit_codes::Args),
}

/// A page of the help that is no command: `help TOPIC` and `TOPIC` both show it.
const TOPIC: &str = "{about}";

impl Command {
    /// True for a command that works with files of webhooks; any other refuses `--file` rather than ignore it.
    fn reads_files(&self) -> bool {
        false
    }

    /// True for a command that has to put something in order when it is interrupted: it watches
    /// [`Context::interrupt`] by itself, and is only dropped at the second signal.
    pub(crate) fn cleans_up(&self) -> bool {
        false
    }
}

/// Runs a command. Its exit code, where it comes to its end.
pub(crate) async fn run(command: Command, context: &Context) -> Result<Exit> {
    if !context.global.files.is_empty() && !command.reads_files() {
        return Err(CliError::usage("this command reads no file of webhooks; leave out --file"));
    }
    match command {
        Command::List(args) => list::run(args, context).await,
        Command::Get(args) => get::run(args, context).await,
        Command::Create(args) => create::run(args, context).await,
        Command::Update(args) => update::run(args, context).await,
        Command::Delete(args) => delete::run(args, context).await,
        Command::Enable(args) => switch::enable(args, context).await,
        Command::Disable(args) => switch::disable(args, context).await,
        Command::ExitCodes(args) => exit_codes::run(&args, context),
    }
}
