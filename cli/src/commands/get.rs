//! `get`: one webhook.

use super::webhook_text::{fields_text, json_of};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::source::find;

/// Show one webhook.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks get 7
  blynk-webhooks get \"Device status\"
  blynk-webhooks get 7 --json --show-secrets > webhook.json      create and update take it with --from")]
pub struct Args {
    /// Id of the webhook, or its exact name
    #[arg(value_name = "WEBHOOK", allow_negative_numbers = true)]
    webhook: String,

    /// Show secrets instead of <redacted>
    #[arg(long)]
    show_secrets: bool,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let webhook = find(&context.client().await?, &args.webhook).await?;
    let shown = json_of(&webhook, args.show_secrets);
    match context.out.is_json() {
        true => context.out.json([("webhook", shown)]),
        false => fields_text(&shown).into_iter().for_each(|line| context.out.line(line)),
    }
    Ok(Exit::Done)
}
