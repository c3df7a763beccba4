//! What a command works with: the settings, the client, the output, and the question whether to go on.

use std::io::{self, BufRead as _};

use blynk_webhooks::Client;
use blynk_webhooks_plan::Secrets;

use crate::args::GlobalArgs;
use crate::credentials::Connection;
use crate::error::{CliError, Result};
use crate::interrupt::Interrupt;
use crate::output::Output;

/// What a command works with.
#[derive(Debug)]
pub struct Context {
    /// The flags that every command takes.
    pub global: GlobalArgs,
    /// Where it prints.
    pub out: Output,
    /// Tells when the program shall end. Most commands need it not: they are dropped where they stand.
    pub interrupt: Interrupt,
}

impl Context {
    /// Server, organization and credentials; no secret is read yet.
    ///
    /// # Errors
    /// If settings contradict each other, or the profile is not there.
    pub fn connection(&self) -> Result<Connection> {
        Connection::resolve(&self.global.connection)
    }

    /// A client of that server.
    ///
    /// # Errors
    /// If there are no credentials, they cannot be read, or a setting is wrong.
    pub async fn client(&self) -> Result<Client> {
        self.connection()?.client(&self.out).await
    }

    /// Where the secrets of a file are read from. A signal stops the program that prints one.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let interrupt = self.interrupt.clone();
        Secrets::default().stopped_by(move || interrupt.received().is_some())
    }

    /// Asks whether to go on. `--yes` answers beforehand; where nobody can be asked, that flag is needed.
    ///
    /// # Errors
    /// If the answer is not yes, or nobody can be asked.
    pub async fn confirm(&self, question: &str) -> Result<()> {
        if self.global.yes {
            return Ok(());
        }
        if !self.out.is_interactive() {
            return Err(CliError::usage(format!(
                "{question} There is no terminal to ask on; pass --yes. Nothing was done"
            ))
            .with("needs", "--yes"));
        }
        self.out.prompt(format_args!("{question} [y/N] "));
        // On a thread of its own: Ctrl-C ends the program while it waits here.
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer).map(|_| answer)
        });
        let answer = answer.await.map_err(io::Error::other).flatten();
        let answer = answer.map_err(|cause| CliError::failure(format!("cannot read the answer: {cause}")))?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(CliError::refused("nothing was done: the answer was not yes")),
        }
    }
}
