//! The emulator as a command line: as its own program, and as a subcommand of another program.
//!
//! ```no_run
//! use clap::Parser;
//!
//! #[derive(Parser)]
//! enum Command {
//!     /// Run the webhook API on this machine
//!     Emulate(blynk_webhooks_emulator::program::Arguments),
//! }
//!
//! # fn main() -> Result<(), blynk_webhooks_emulator::StartError> {
//! let Command::Emulate(arguments) = Command::parse();
//! blynk_webhooks_emulator::program::run(arguments, &mut std::io::stdout())
//! # }
//! ```

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::emulator::{Emulator, MEMORY, StartError};
use crate::json::{explain, without_byte_order_mark};
use crate::state::State;

/// Command-line arguments of the emulator.
#[derive(Clone, Debug, clap::Args)]
#[non_exhaustive]
pub struct Arguments {
    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,

    /// Address to listen on; with any other than loopback, everyone who can reach this machine has full access
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into())]
    pub listen: IpAddr,

    /// Host name under which other machines or containers reach this one; can be given more than once
    #[arg(long, value_name = "NAME")]
    pub host_name: Vec<String>,

    /// JSON file with the initial state: organizations, clients, webhooks, limits, clock
    #[arg(long, value_name = "FILE")]
    pub seed: Option<PathBuf>,

    /// SQLite file that stores organizations, clients and webhooks; without it they are lost when the program ends
    #[arg(long, value_name = "FILE")]
    pub db: Option<PathBuf>,

    /// Allow deliveries to every host, not to this machine only
    #[arg(long)]
    pub allow_remote_targets: bool,

    /// Host that deliveries may reach besides this machine, e.g. app:3000, or app for any port; can be given more than once
    #[arg(long, value_name = "HOST[:PORT]")]
    pub allow_target: Vec<String>,

    /// PEM file with a certificate authority to trust for targets on https; can be given more than once
    #[arg(long, value_name = "FILE")]
    pub target_ca: Vec<PathBuf>,
}

/// Runs an emulator until Ctrl-C or SIGTERM. Writes the URL and other facts to `out`.
///
/// # Errors
/// If the emulator cannot start. A signal is not an error, even while the emulator starts.
pub fn run(arguments: Arguments, out: &mut dyn Write) -> Result<(), StartError> {
    // Signals are taken before anything else happens, so that none is missed.
    let signals = Signals::new().map_err(|problem| StartError::new(format!("cannot listen for Ctrl-C: {problem}")))?;
    let Signals { runtime, signal } = signals;
    runtime.block_on(run_until(arguments, out, signal))
}

/// Like [`run`], but stops when `shutdown` completes instead of on a signal. Works with any async runtime.
///
/// # Errors
/// If the emulator cannot start.
pub async fn run_until(
    arguments: Arguments,
    out: &mut dyn Write,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let summary = |emulator: &Emulator| {
        // A closed output is no reason to stop serving.
        let _ = write_summary(out, &arguments, emulator);
    };
    serve_until(&arguments, summary, shutdown).await
}

/// Like [`run_until`], and `started` is called with the emulator instead of a summary being written.
///
/// # Errors
/// If the emulator cannot start.
pub async fn serve_until(
    arguments: &Arguments,
    started: impl FnOnce(&Emulator),
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let mut shutdown = std::pin::pin!(shutdown);
    // Starting reads files, which can take any time, so it happens on a thread of its own.
    let (ready, mut starting) = oneshot::channel();
    let chosen = arguments.clone();
    let start = move || {
        // Where nobody waits any more, the emulator is dropped and stops.
        let _ = ready.send(start(&chosen));
    };
    let failed = |problem: &dyn std::fmt::Display| StartError::new(format!("the emulator cannot start: {problem}"));
    thread::Builder::new().name("blynk-emulator-start".into()).spawn(start).map_err(|problem| failed(&problem))?;
    let emulator = tokio::select! {
        () = &mut shutdown => return Ok(()),
        emulator = &mut starting => emulator.map_err(|problem| failed(&problem))??,
    };
    started(&emulator);
    shutdown.await;
    emulator.stop();
    Ok(())
}

fn start(arguments: &Arguments) -> Result<Emulator, StartError> {
    let mut builder = Emulator::builder()
        .port(arguments.port)
        .listen(arguments.listen)
        .allow_remote_targets(arguments.allow_remote_targets);
    for name in &arguments.host_name {
        builder = builder.host_name(name);
    }
    for target in &arguments.allow_target {
        builder = builder.allow_target(target);
    }
    for path in &arguments.target_ca {
        let pem = fs::read_to_string(path);
        builder =
            builder.target_ca_pem(pem.map_err(|problem| StartError::new(format!("{}: {problem}", path.display())))?);
    }
    let seed = arguments.seed.as_deref().map(Seed::read).transpose()?;
    if let Some(seed) = &seed {
        builder = builder.state(seed.state.clone());
    }
    if let Some(path) = &arguments.db {
        builder = builder.database(path);
    }
    builder.start().map_err(|error| match &seed {
        Some(seed) => seed.locate(error),
        None => error,
    })
}

/// A file with a state to begin with.
struct Seed<'a> {
    path: &'a Path,
    text: String,
    state: State,
}

impl<'a> Seed<'a> {
    fn read(path: &'a Path) -> Result<Self, StartError> {
        let about = |problem: &str| StartError::about_state(format!("{}: {problem}", path.display()));
        let text = fs::read_to_string(path).map_err(|problem| about(&problem.to_string()))?;
        let state = State::from_json(&text).map_err(|problem| about(&explain(&problem)))?;
        Ok(Self { path, text, state })
    }

    /// Names the file, and the line of the webhook that is to blame, in an error about the state.
    fn locate(&self, error: StartError) -> StartError {
        let path = self.path.display();
        match error.webhook().and_then(|index| self.line_of_webhook(index)) {
            Some(line) => StartError::about_state(format!("{path}: {error} (the webhook begins in line {line})")),
            // An error about the database names that file.
            None if error.is_about_seed() => StartError::about_state(format!("{path}: {error}")),
            None => error,
        }
    }

    fn line_of_webhook(&self, index: usize) -> Option<usize> {
        #[derive(serde::Deserialize)]
        struct Webhooks<'a> {
            #[serde(borrow)]
            webhooks: Vec<&'a RawValue>,
        }
        let text = without_byte_order_mark(&self.text);
        let state: Webhooks<'_> = serde_json::from_str(text).ok()?;
        // The value is a part of the text.
        let offset = (state.webhooks.get(index)?.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        Some(text.get(..offset)?.matches('\n').count() + 1)
    }
}

fn write_summary(out: &mut dyn Write, arguments: &Arguments, emulator: &Emulator) -> io::Result<()> {
    let url = emulator.url();
    let from_database = emulator.is_from_database();
    writeln!(out, "The webhook API of a Blynk organization, emulated on this machine.\n")?;
    writeln!(out, "  API            {url}")?;
    writeln!(out, "  Page           {url}/_emulator/")?;
    writeln!(out, "  OpenAPI        {url}/_emulator/openapi.json")?;
    writeln!(out, "  Client id      {}", emulator.client_id())?;
    match &arguments.seed {
        Some(path) if !from_database => writeln!(out, "  Client secret  in {}, or see below", path.display())?,
        _ => writeln!(out, "  Client secret  not printed; see below")?,
    }
    match arguments.db.as_deref().filter(|path| *path != Path::new(MEMORY)) {
        None => writeln!(out, "  Data           in memory, lost when this program ends; --db FILE stores it")?,
        Some(path) => writeln!(out, "  Data           in {}", path.display())?,
    }
    if from_database && arguments.seed.is_some() {
        writeln!(out, "                 which already contains a state, so the seed is not used")?;
    }
    match arguments.allow_remote_targets {
        true => writeln!(out, "  Webhooks       reach any host")?,
        false => {
            writeln!(out, "  Webhooks       reach this machine only; --allow-remote-targets lets them reach others")?
        }
    }
    if !arguments.listen.is_loopback() {
        writeln!(out, "\nAnybody who can reach {} can read the secret and change everything.", arguments.listen)?;
    }
    writeln!(out, "\nBase URL, client id and secret for a client in another shell:")?;
    writeln!(out, "  eval \"$(curl -s {url}/_emulator/environment)\"")?;
    writeln!(out, "\nCtrl-C ends it.")?;
    out.flush()
}

/// Ctrl-C and the system's request to end, and the runtime that hears them.
struct Signals<F> {
    runtime: tokio::runtime::Runtime,
    /// Completes at the first of them.
    signal: F,
}

#[cfg(unix)]
impl Signals<()> {
    fn new() -> io::Result<Signals<impl Future<Output = ()>>> {
        use tokio::signal::unix::{SignalKind, signal};
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        drop(entered);
        let signal = async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        Ok(Signals { runtime, signal })
    }
}

#[cfg(windows)]
impl Signals<()> {
    fn new() -> io::Result<Signals<impl Future<Output = ()>>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let mut interrupt = tokio::signal::windows::ctrl_c()?;
        drop(entered);
        let signal = async move {
            interrupt.recv().await;
        };
        Ok(Signals { runtime, signal })
    }
}
