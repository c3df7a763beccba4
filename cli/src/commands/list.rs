//! `list`: the webhooks of an organization.

use blynk_webhooks::Webhook;

use super::webhook_text::{json_of, status_text};
use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::json::Tree;
use crate::output::visible;
use crate::table::table;

/// Show the webhooks of an organization.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks list
  blynk-webhooks list --org 101 --json
  blynk-webhooks list --json | jq -r '.webhooks[] | select(.status != \"ENABLED\") | .name'")]
pub struct Args {
    /// Show secrets instead of <redacted>
    #[arg(long)]
    show_secrets: bool,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let webhooks = context.client().await?.list().await?;
    let out = &context.out;
    if out.is_json() {
        let webhooks = webhooks.iter().map(|webhook| json_of(webhook, args.show_secrets)).collect();
        out.json([("webhooks", Tree::Array(webhooks))]);
        return Ok(Exit::Done);
    }
    if webhooks.is_empty() {
        out.note("No webhooks.");
        return Ok(Exit::Done);
    }
    let rows: Vec<_> = webhooks.iter().map(|webhook| row(webhook, args.show_secrets)).collect();
    table(["ID", "STATUS", "TRIGGER", "NAME", "URL"], &rows).into_iter().for_each(|line| out.line(line));
    Ok(Exit::Done)
}

fn row(webhook: &Webhook, show_secrets: bool) -> [String; 5] {
    let trigger = webhook.trigger().map(|trigger| visible(trigger.as_str()));
    [
        webhook.id().to_string(),
        status_text(webhook),
        trigger.unwrap_or_default(),
        visible(webhook.name().unwrap_or_default()),
        super::webhook_text::url_text(webhook.url(), show_secrets),
    ]
}
