//! The emulator as a program.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use blynk_webhooks_emulator::{Emulator, State};
use clap::Parser;
use tokio::runtime::Runtime;

/// The webhook API of a Blynk organization, emulated on this machine: webhooks that are stored, run, fail and are disabled, with a
/// log of every delivery. Unofficial.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// Address to listen on; any but loopback lets in whoever can reach this machine, without a password
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into())]
    listen: IpAddr,

    /// Name under which other machines or containers reach this one, e.g. that of a container; can be given more than once
    #[arg(long, value_name = "NAME")]
    host_name: Vec<String>,

    /// JSON file with what to begin with: organizations, clients, webhooks, limits, clock
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// File that keeps organizations, clients and webhooks (SQLite); without it they are gone when the program ends
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,

    /// Let webhooks reach hosts other than this machine
    #[arg(long)]
    allow_remote_targets: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Where standard error is closed, there is nobody to tell.
            let _ = writeln!(io::stderr(), "error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let mut builder = Emulator::builder()
        .port(arguments.port)
        .listen(arguments.listen)
        .allow_remote_targets(arguments.allow_remote_targets);
    for name in &arguments.host_name {
        builder = builder.host_name(name);
    }
    if let Some(path) = &arguments.seed {
        builder = builder.state(read_seed(path)?);
    }
    let kept = arguments.db.as_deref().is_some_and(holds_something);
    if let Some(path) = &arguments.db {
        builder = builder.database(path);
    }
    let end = End::listen().map_err(|problem| format!("cannot listen to Ctrl-C: {problem}"))?;
    let emulator = builder.start().map_err(|problem| problem.to_string())?;
    // A closed standard output is no reason to stop serving.
    let _ = welcome(&mut io::stdout().lock(), arguments, &emulator, kept);
    end.wait();
    emulator.stop();
    Ok(())
}

fn read_seed(path: &Path) -> Result<State, String> {
    let about = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let text = fs::read_to_string(path).map_err(|problem| about(&problem))?;
    State::from_json(&text).map_err(|problem| about(&problem))
}

fn holds_something(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

fn welcome(out: &mut impl Write, arguments: &Arguments, emulator: &Emulator, kept: bool) -> io::Result<()> {
    let url = emulator.url();
    writeln!(out, "The webhook API of a Blynk organization, emulated on this machine.\n")?;
    writeln!(out, "  API            {url}")?;
    writeln!(out, "  Page           {url}/_emulator/")?;
    writeln!(out, "  OpenAPI        {url}/_emulator/openapi.json")?;
    writeln!(out, "  Client id      {}", emulator.client_id())?;
    match &arguments.seed {
        Some(path) if !kept => writeln!(out, "  Client secret  in {}, or see below", path.display())?,
        _ => writeln!(out, "  Client secret  not printed; see below")?,
    }
    match &arguments.db {
        None => writeln!(out, "  Data           in memory, gone when this program ends; --db FILE keeps it")?,
        Some(path) => writeln!(out, "  Data           in {}", path.display())?,
    }
    if kept && arguments.seed.is_some() {
        writeln!(out, "                 which held a state already, so the seed was not read into it")?;
    }
    match arguments.allow_remote_targets {
        true => writeln!(out, "  Webhooks       reach any host")?,
        false => writeln!(out, "  Webhooks       reach this machine only; --allow-remote-targets lets them further")?,
    }
    if !arguments.listen.is_loopback() {
        writeln!(out, "\nWhoever can reach {} may read the secret and change everything.", arguments.listen)?;
    }
    writeln!(out, "\nBase URL, client id and secret for a client in another shell:")?;
    writeln!(out, "  eval \"$(curl -s {url}/_emulator/environment)\"")?;
    writeln!(out, "\nCtrl-C ends it.")?;
    out.flush()
}

/// Ctrl-C, and the system's request to end. Listening begins before anything is printed, so that none is missed.
struct End {
    runtime: Runtime,
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
    #[cfg(windows)]
    signal: tokio::signal::windows::CtrlC,
}

impl End {
    fn listen() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        #[cfg(unix)]
        let signals = {
            use tokio::signal::unix::{SignalKind, signal};
            [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]
        };
        #[cfg(windows)]
        let signal = tokio::signal::windows::ctrl_c()?;
        drop(entered);
        Ok(Self {
            runtime,
            #[cfg(unix)]
            signals,
            #[cfg(windows)]
            signal,
        })
    }

    #[cfg(unix)]
    fn wait(self) {
        let [mut interrupt, mut terminate] = self.signals;
        self.runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
    }

    #[cfg(windows)]
    fn wait(mut self) {
        self.runtime.block_on(self.signal.recv());
    }
}
