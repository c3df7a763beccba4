//! `enable` and `disable`: whether webhooks run.

use super::many::{Done, each};
use super::update::id_of;
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;

/// Enable webhooks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks enable 7
  blynk-webhooks enable 7 8 \"Device status\"

This also enables webhooks that the platform disabled because of errors; doctor lists them.")]
pub struct EnableArgs {
    /// Id of a webhook, or its exact name
    #[arg(value_name = "WEBHOOK", required = true, allow_negative_numbers = true)]
    webhooks: Vec<String>,
}

/// Disable webhooks.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks disable 7
  blynk-webhooks disable \"Device status\" --json")]
pub struct DisableArgs {
    /// Id of a webhook, or its exact name
    #[arg(value_name = "WEBHOOK", required = true, allow_negative_numbers = true)]
    webhooks: Vec<String>,
}

pub(super) async fn enable(args: EnableArgs, context: &Context) -> Result<Exit> {
    switch(args.webhooks, true, context).await
}

pub(super) async fn disable(args: DisableArgs, context: &Context) -> Result<Exit> {
    switch(args.webhooks, false, context).await
}

async fn switch(webhooks: Vec<String>, on: bool, context: &Context) -> Result<Exit> {
    let client = context.client().await?;
    let mut ids = Vec::new();
    for word in &webhooks {
        let id = id_of(&client, word).await?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let done = if on { "enabled" } else { "disabled" };
    each(context, done, ids, |id| {
        let call = if on { client.enable(id) } else { client.disable(id) };
        async move { call.await.map(|webhook| Done { id, webhook: Some(webhook) }) }
    })
    .await
}
