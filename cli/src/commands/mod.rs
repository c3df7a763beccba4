//! The command line, and its commands: one file each, which holds its arguments, its help and what it does.
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

use clap::builder::styling::Styles;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::args::GlobalArgs;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::output::style;

const HELP_STYLES: Styles = Styles::styled()
    .header(style::STRONG)
    .usage(style::STRONG)
    .literal(style::GOOD)
    .placeholder(style::FAINT)
    .error(style::BAD)
    .valid(style::GOOD)
    .invalid(style::WARNING);

const ABOUT: &str = "\
Manage the webhooks of a Blynk organization from a shell, or as a file in git. Unofficial.

Data goes to standard output, everything else to standard error; --json makes both JSON. The program sends the calls that a \
command needs and nothing else: no telemetry, no check for updates.";

const AFTER_HELP: &str = "\
Examples:
  blynk-webhooks emulate                      an emulator of the API, to try everything without an account
  blynk-webhooks whoami                       which server, organization and credentials are used
  blynk-webhooks list
  blynk-webhooks get 7 --json

More: blynk-webhooks help exit-codes, blynk-webhooks help credentials";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "blynk-webhooks",
    version,
    about = "Manage the webhooks of a Blynk organization. Unofficial",
    long_about = ABOUT,
    after_help = AFTER_HELP,
    styles = HELP_STYLES,
    max_term_width = 120,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = false
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The command line with its complete help: every command accepts `--file`, and only the help of those that read it shows it.
#[must_use]
pub fn command_line() -> clap::Command {
    let command = Cli::command();
    let Some(file) = command.get_arguments().find(|arg| arg.get_id() == "files").cloned() else { return command };
    let names = Command::READING_FILES.iter();
    // A command that has the flag by itself is not given the hidden one.
    names.fold(command, |command, name| command.mut_subcommand(name, |command| command.arg(file.clone().hide(false))))
}

/// What to do. The help of each is that of its arguments: a text here would replace it.
#[allow(missing_docs, reason = "the arguments of each variant say what it does")]
#[derive(Debug, Subcommand)]
pub enum Command {
    List(list::Args),
    Get(get::Args),
    Create(create::Args),
    Update(update::Args),
    Delete(delete::Args),
    Enable(switch::EnableArgs),
    Disable(switch::DisableArgs),
    Validate(validate::Args),
    Render(render::Args),
    Send(send::Args),
    Import(import::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Drift(drift::Args),
    Doctor(doctor::Args),
    Profile(profile::Args),
    Whoami(whoami::Args),
    Emulate(emulate::Args),
    Probe(probe::Args),
    Completions(completions::CompletionsArgs),
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
        return Err(CliError::usage("this command does not read a file of webhooks; leave out --file"));
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
        Command::Completions(args) => completions::completions(&args, command_line(), context),
        Command::Schema(args) => schema::run(&args, context),
        Command::Man(args) => completions::man(&args, command_line(), context),
        Command::Credentials(args) => credentials::run(&args, context),
        Command::ExitCodes(args) => exit_codes::run(&args, context),
    }
}
