//! `emulate`: the same API on this machine.

use std::io::{self, Write};

use blynk_webhooks_emulator::{Emulator, program};

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::json::Tree;

/// Run an emulator of the API on this machine: webhooks really run, and every delivery is logged.
///
/// It runs until Ctrl-C. A page in the browser shows webhooks and deliveries.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks emulate
  blynk-webhooks emulate --port 8080 --db webhooks.sqlite
  blynk-webhooks emulate --seed state.json --json

Exit code: 130 after Ctrl-C, 0 after SIGTERM.")]
pub struct Args {
    #[command(flatten)]
    emulator: program::Arguments,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let ended = std::cell::Cell::new(Exit::Done);
    let interrupt = context.interrupt.clone();
    let shutdown = async { ended.set(interrupt.wait().await) };
    let mut text = Lines { context };
    let served = match context.out.is_json() {
        true => {
            let started = |emulator: &Emulator| {
                context.out.json(described(emulator));
                context.out.flush();
            };
            program::serve_until(&args.emulator, started, shutdown).await
        }
        false => program::run_until(args.emulator, &mut text, shutdown).await,
    };
    served.map_err(|problem| CliError::failure(problem.to_string()))?;
    // To end it is the system's right, and no failure.
    Ok(if ended.get() == Exit::Interrupted { Exit::Interrupted } else { Exit::Done })
}

/// Where it is reached. The secret is not among it: whoever starts it asks for it at `environment`.
fn described(emulator: &Emulator) -> Vec<(&'static str, Tree)> {
    let url = emulator.url();
    let members = [
        ("url", url.to_owned()),
        ("page", format!("{url}/_emulator/")),
        ("openapi", format!("{url}/_emulator/openapi.json")),
        ("environment", format!("{url}/_emulator/environment")),
        ("clientId", emulator.client_id().to_owned()),
    ];
    members.into_iter().map(|(name, value)| (name, Tree::from(serde_json::Value::from(value)))).collect()
}

/// Standard output as a writer.
struct Lines<'a> {
    context: &'a Context,
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.context.out.raw(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.context.out.flush();
        Ok(())
    }
}
