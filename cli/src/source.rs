//! The webhook that a command is about: of a file with one webhook, or of the server.

use std::path::PathBuf;

use blynk_webhooks::{Purpose, WebhookSpec};
use clap::Args;

use crate::commands::find;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::input::{read_webhook, shown, spec_of};

/// The webhook that a command is about.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Id of a webhook of the server, or its exact name
    #[arg(
        value_name = "WEBHOOK",
        required_unless_present = "from",
        conflicts_with = "from",
        allow_negative_numbers = true
    )]
    webhook: Option<String>,

    /// JSON file with the webhook, `-` for standard input; what `get --json` prints is taken too
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

impl SourceArgs {
    /// The spec of that webhook.
    ///
    /// # Errors
    /// Where it cannot be read or has values of the wrong type.
    pub async fn spec(&self, context: &Context) -> Result<WebhookSpec> {
        match (&self.from, &self.webhook) {
            (Some(path), _) => {
                let members = read_webhook(path, &context.out).await?;
                spec_of(members, Purpose::Either).map_err(|violations| CliError::invalid(violations).about(shown(path)))
            }
            (None, Some(word)) => Ok(find(&context.client().await?, word).await?.spec()),
            (None, None) => Err(CliError::usage("name a webhook, or a file with --from")),
        }
    }
}
