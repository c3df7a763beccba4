//! The emulator as a separate program.

use std::io::{self, Write};
use std::process::ExitCode;

use blynk_webhooks_emulator::program;
use clap::Parser;

/// The webhook API of a Blynk organization, emulated on this machine: webhooks that are stored, run, fail and are disabled, with a
/// log of every delivery. Unofficial.
#[derive(Debug, Parser)]
#[command(version)]
struct Command {
    #[command(flatten)]
    arguments: program::Arguments,
}

fn main() -> ExitCode {
    match program::run(Command::parse().arguments, &mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Where standard error is closed, there is nobody to tell.
            let _ = writeln!(io::stderr(), "error: {problem}");
            ExitCode::FAILURE
        }
    }
}
