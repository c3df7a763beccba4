//! `delete`: webhooks that shall go.

use super::many::{Done, each};
use super::webhook_text::described;
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::source::find;

/// Delete webhooks. Asks first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks delete 7
  blynk-webhooks delete 7 8 \"Device status\" --yes")]
pub struct Args {
    /// Id of a webhook, or its exact name
    #[arg(value_name = "WEBHOOK", required = true, allow_negative_numbers = true)]
    webhooks: Vec<String>,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let client = context.client().await?;
    let mut ids = Vec::new();
    let mut told = Vec::new();
    for word in &args.webhooks {
        // Names are looked at before anything is deleted, and so is each webhook that the question shows.
        let id = match word.parse() {
            Ok(id) if context.global.yes => id,
            _ => {
                let webhook = find(&client, word).await?;
                told.push(described(&webhook));
                webhook.id()
            }
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if !context.global.yes {
        let server = client.base_url();
        context.confirm(&format!("Delete {} on {server}?", told.join(", "))).await?;
    }
    each(context, "deleted", ids, |id| {
        let call = client.delete(id);
        async move { call.await.map(|()| Done { id, webhook: None }) }
    })
    .await
}
