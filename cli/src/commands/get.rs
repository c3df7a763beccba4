//! `get`: one webhook.

use blynk_webhooks::bindings::nearest;
use blynk_webhooks::{Client, Webhook};

use super::webhook_text::{fields_text, json_of};
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::output::visible;

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

/// The webhook that a word of the command line means: a number is an id, anything else an exact name.
pub(crate) async fn find(client: &Client, word: &str) -> Result<Webhook> {
    if let Ok(id) = word.parse::<i32>() {
        return Ok(client.get(id).await?);
    }
    let webhooks = client.list().await?;
    let found: Vec<&Webhook> = webhooks.iter().filter(|webhook| webhook.name() == Some(word)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let near = nearest(word, webhooks.iter().filter_map(Webhook::name));
            let hint = near.map(|near| format!("; did you mean '{}'?", visible(near))).unwrap_or_default();
            Err(CliError::new(Exit::Failure, "NOT_FOUND", format!("no webhook is named '{}'{hint}", visible(word))))
        }
        several => {
            let ids: Vec<i32> = several.iter().map(|webhook| webhook.id()).collect();
            let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("{} webhooks are named '{}': {list}; name one by its id", ids.len(), visible(word));
            Err(CliError::new(Exit::Refused, "AMBIGUOUS", message).with("ids", ids))
        }
    }
}
