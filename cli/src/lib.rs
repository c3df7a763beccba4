//! The program `blynk-webhooks` as a library: cargo's binary, the Python package and the npm package run the same [`run`].
//!
//! ```no_run
//! std::process::exit(blynk_webhooks_cli::run(std::env::args_os()));
//! ```
#![forbid(unsafe_code)]

pub mod args;
pub mod commands;
pub mod context;
pub mod credentials;
pub mod error;
pub mod exit;
pub mod fields;
pub mod files;
pub mod input;
pub mod interrupt;
pub mod json;
pub mod output;
pub mod process;
pub mod profiles;
pub mod source;
mod table;
pub mod values;
mod verbose;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anstream::ColorChoice;
use clap::FromArgMatches as _;

use commands::Cli;
use context::Context;
use error::CliError;
use exit::Exit;
use interrupt::Interrupt;
use output::Output;

/// Runs the program with a command line, the program's own name first, and returns its exit code. It prints to the process's own
/// standard output and standard error, and listens to Ctrl-C from the start on; the process shall end with the code.
///
/// A process of another language restores the system's own handling of Ctrl-C (SIGINT) before it calls this, so that the two do not
/// both handle it. It blocks the calling thread.
pub fn run(args: impl IntoIterator<Item = OsString>) -> i32 {
    let args: Vec<OsString> = args.into_iter().collect();
    let early = EarlyFlags::of(&args);
    let command = commands::command_line().color(match early.color {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => clap::ColorChoice::Always,
        ColorChoice::Never => clap::ColorChoice::Never,
        ColorChoice::Auto => clap::ColorChoice::Auto,
    });
    let parsed = command.try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => execute(cli).code(),
        Err(problem) => refuse(&problem, &early).code(),
    }
}

/// Flags that count even where the rest of the command line cannot be understood.
struct EarlyFlags {
    json: bool,
    color: ColorChoice,
}

impl EarlyFlags {
    fn of(args: &[OsString]) -> Self {
        let mut flags = Self { json: false, color: ColorChoice::Auto };
        let mut words =
            args.iter().skip(1).map(|word| word.to_string_lossy()).take_while(|word| word != "--").peekable();
        while let Some(word) = words.next() {
            let color = match word.strip_prefix("--color") {
                Some("") => words.peek().map(ToString::to_string),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            };
            match color.as_deref() {
                Some("always") => flags.color = ColorChoice::Always,
                Some("never") => flags.color = ColorChoice::Never,
                _ => flags.json |= word == "--json",
            }
        }
        flags
    }
}

/// Help and version are data; anything else that clap says is an error of usage.
fn refuse(problem: &clap::Error, early: &EarlyFlags) -> Exit {
    let out = Output::new(early.json, false, early.color);
    if !problem.use_stderr() {
        out.line(problem.render().ansi().to_string().trim_end());
        return end(&out, Ok(Exit::Done));
    }
    if early.json {
        let text = problem.render().to_string();
        out.error(&CliError::usage(text.trim_start_matches("error: ").trim_end()));
    } else {
        out.tell(problem.render().ansi().to_string().trim_end());
    }
    Exit::Usage
}

fn execute(Cli { global, command }: Cli) -> Exit {
    let out = Output::new(global.json, global.quiet, global.color.into());
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return end(&out, Err(CliError::failure(format!("cannot start: {cause}")))),
    };
    let cleans_up = command.cleans_up();
    // One that has to clean up gets the first signal itself, and is dropped at the second.
    let interrupt = match Interrupt::listen(if cleans_up { 2 } else { 1 }) {
        Ok(interrupt) => interrupt,
        Err(cause) => return end(&out, Err(CliError::failure(format!("cannot handle Ctrl-C: {cause}")))),
    };
    let context = Context { global, out, interrupt };
    let (verbose, json, color) = (context.global.verbose, context.out.is_json(), context.global.color.into());
    let run = verbose::with_log(verbose, json, color, || {
        runtime.block_on_catching(async {
            tokio::select! {
                biased;
                exit = context.interrupt.last() => Err(CliError::interrupted(exit)),
                outcome = commands::run(command, &context) => match (outcome, context.interrupt.received()) {
                    // What it waited for was stopped by the signal.
                    (Err(_), Some(exit)) => Err(CliError::interrupted(exit)),
                    (outcome, _) => outcome,
                },
            }
        })
    });
    let exit = end(&context.out, run);
    context.interrupt.end();
    // A thread that waits for an answer at the terminal does not hold the program up.
    runtime.shutdown_background();
    exit
}

trait BlockOnCatching {
    fn block_on_catching<T>(&self, future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError>;
}

impl BlockOnCatching for tokio::runtime::Runtime {
    /// Like `block_on`; a panic is an error as any other, because this program may run within another one.
    fn block_on_catching<T>(&self, future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
        catch_unwind(AssertUnwindSafe(|| self.block_on(future))).unwrap_or_else(|_| {
            Err(CliError::new(Exit::Failure, "INTERNAL", "internal error; please report it with the lines above"))
        })
    }
}

/// Prints what is left to print; the exit code of it all.
fn end(out: &Output, outcome: Result<Exit, CliError>) -> Exit {
    let written = out.finish();
    let (exit, error) = match outcome {
        Ok(exit) => (exit, None),
        Err(error) => (error.exit(), Some(error)),
    };
    if let Some(error) = error {
        out.error(&error);
        return exit;
    }
    match written {
        Ok(()) => exit,
        Err(problem) => {
            out.error(&problem);
            problem.exit()
        }
    }
}
