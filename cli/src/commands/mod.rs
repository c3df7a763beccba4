//! The commands: one file each, which holds its arguments, its help and what it does.
//!
//! To add one: a file with `Args` (its doc comment and `after_help` with examples are its help) and `run`, a variant of [`Command`], an
//! arm of [`run`], and a transcript in `tests/cmd/`. A command prints data with `context.out.line` or `context.out.json`, everything
//! else with `context.out.note` and `warning`, asks with `context.confirm`, and returns its exit code or an error.

mod apply;
mod completions;
mod create;
mod credentials;
mod delete;
mod doctor;
mod drift;
mod emulate;
mod exit_codes;
mod get;
mod import;
mod list;
mod many;
mod plan;
mod probe;
mod profile;
mod render;
mod schema;
mod send;
mod switch;
mod update;
mod validate;
mod webhook_text;
mod whoami;

use clap::Subcommand;

pub(crate) use get::find;

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
    /// Check a file of webhooks, or one webhook, without a server
    Validate(validate::Args),
    /// Show the request that a webhook would send
    Render(render::Args),
    /// Render a webhook and really send its request from this machine
    Send(send::Args),
    /// Write the server's webhooks to a file
    Import(import::Args),
    /// Show what apply would change
    Plan(plan::Args),
    /// Make the server hold what the file says
    Apply(apply::Args),
    /// Show what the server holds otherwise than the file says
    Drift(drift::Args),
    /// Show which webhooks are disabled or silent
    Doctor(doctor::Args),
    /// Name servers, organizations and credentials, and choose among them
    Profile(profile::Args),
    /// Show which server and credentials are used, and prove them
    Whoami(whoami::Args),
    /// Run the same API on this machine
    Emulate(emulate::Args),
    /// Ask a server what nobody has published, with a webhook of its own
    Probe(probe::Args),
    /// Print a script that completes the command line in a shell
    Completions(completions::CompletionsArgs),
    /// Print the JSON Schema of the file of webhooks
    Schema(schema::Args),
    /// Print the manual page of the program or of a command
    #[command(hide = true)]
    Man(completions::ManArgs),
    /// Where credentials come from
    #[command(hide = true, long_about = credentials::PAGE, help_template = TOPIC)]
    Credentials(credentials::Args),
    /// What the exit codes mean
    #[command(hide = true, long_about = exit_codes::page(), help_template = TOPIC)]
    ExitCodes(exit_codes::Args),
}

/// A page of the help that is no command: `help TOPIC` and `TOPIC` both show it.
const TOPIC: &str = "{about}";

impl Command {
    /// The commands that work with files of webhooks.
    pub(crate) const READING_FILES: &[&str] =
        &["validate", "render", "send", "import", "plan", "apply", "drift", "doctor"];

    /// True for one of them; any other refuses `--file` rather than ignore it.
    fn reads_files(&self) -> bool {
        matches!(
            self,
            Self::Validate(_)
                | Self::Render(_)
                | Self::Send(_)
                | Self::Import(_)
                | Self::Plan(_)
                | Self::Apply(_)
                | Self::Drift(_)
                | Self::Doctor(_)
        )
    }

    /// True for a command that has to put something in order when it is interrupted: it watches
    /// [`Context::interrupt`] by itself, and is only dropped at the second signal.
    pub(crate) fn cleans_up(&self) -> bool {
        matches!(self, Self::Emulate(_) | Self::Apply(_) | Self::Probe(_))
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
        Command::Validate(args) => validate::run(args, context).await,
        Command::Render(args) => render::run(args, context).await,
        Command::Send(args) => send::run(args, context).await,
        Command::Import(args) => import::run(args, context).await,
        Command::Plan(args) => plan::run(args, context).await,
        Command::Apply(args) => apply::run(args, context).await,
        Command::Drift(args) => drift::run(args, context).await,
        Command::Doctor(args) => doctor::run(args, context).await,
        Command::Profile(args) => profile::run(args, context),
        Command::Whoami(args) => whoami::run(args, context).await,
        Command::Emulate(args) => emulate::run(args, context).await,
        Command::Probe(args) => probe::run(args, context).await,
        Command::Completions(args) => completions::completions(&args, context),
        Command::Schema(args) => schema::run(&args, context),
        Command::Man(args) => completions::man(&args, context),
        Command::Credentials(args) => credentials::run(&args, context),
        Command::ExitCodes(args) => exit_codes::run(&args, context),
    }
}
