//! `update`: some fields of a webhook, or all of it.

use std::path::PathBuf;

use blynk_webhooks::{Purpose, Webhook, WebhookPatch, WebhookSpec};
use serde_json::Value;

use super::webhook_text::{described, json_of, print_webhook, value_text, warn};
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::fields::{FieldArgs, is_cleared_when_left_out, put};
use crate::input::{read_webhook, spec_of};
use crate::json::{Tree, redact};
use crate::output::visible;
use crate::source::find;

/// Change some fields of a webhook, or replace it.
///
/// With flags alone, it reads the webhook, changes the named fields, and writes it back. With --from, the document replaces the
/// webhook, and fields that it leaves out are cleared; this asks first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks update 7 --url 'https://example.com/v2/{device_id}'
  blynk-webhooks update \"Device status\" --unset body --set 'newField={\"a\": 1}'
  blynk-webhooks update 7 --auth-type OAUTH2 --oauth2-request-file oauth2.json
  blynk-webhooks update 7 --from webhook.json --yes")]
pub struct Args {
    /// Id of the webhook, or its exact name
    #[arg(value_name = "WEBHOOK", allow_negative_numbers = true)]
    webhook: String,

    /// JSON file that replaces the webhook, `-` for standard input; flags take precedence
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,

    /// Field to clear, by its name in the API; can be given more than once
    #[arg(long, value_name = "FIELD")]
    unset: Vec<String>,

    #[command(flatten)]
    fields: FieldArgs,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    if args.from.is_none() && args.unset.is_empty() && args.fields.is_empty() {
        return Err(CliError::usage("nothing to change: set fields with flags, or name a file with --from"));
    }
    let mut changes = args.fields.members(&context.out).await?;
    for name in &args.unset {
        if changes.iter().any(|(changed, _)| changed == name) {
            return Err(CliError::usage(format!("{} is both set and cleared", visible(name))));
        }
        put(&mut changes, name, Value::Null.into());
    }
    let webhook = match &args.from {
        None => {
            let patch = WebhookPatch::from_json(&Tree::Object(changes).to_text()).map_err(CliError::invalid)?;
            let client = context.client().await?;
            let id = id_of(&client, &args.webhook).await?;
            client.patch(id, patch).await?
        }
        Some(path) => {
            let mut members = read_webhook(path, &context.out).await?;
            changes.into_iter().for_each(|(name, value)| put(&mut members, &name, value));
            let spec = spec_of(members, Purpose::Update).map_err(CliError::invalid)?;
            let client = context.client().await?;
            let id = match context.global.yes {
                true => id_of(&client, &args.webhook).await?,
                false => {
                    let held = find(&client, &args.webhook).await?;
                    let changes = differences(&held, &spec);
                    let server = client.base_url();
                    context.out.note(format_args!("{} on {server}:", described(&held)));
                    changes.iter().for_each(|line| context.out.note(line));
                    context.confirm(&format!("Replace {} on {server}?", described(&held))).await?;
                    held.id()
                }
            };
            warn(&spec.validate(), &context.out);
            client.update(id, spec).await?
        }
    };
    context.out.note(format_args!("Updated webhook {}.", webhook.id()));
    print_webhook(&webhook, context);
    Ok(Exit::Done)
}

/// The id that a word of the command line means, without reading the webhook where it is the id itself.
pub(super) async fn id_of(client: &blynk_webhooks::Client, word: &str) -> Result<i32> {
    match word.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(find(client, word).await?.id()),
    }
}

/// What a replacement changes, a line for each field, without secrets.
fn differences(held: &Webhook, wanted: &WebhookSpec) -> Vec<String> {
    let (Tree::Object(held), Tree::Object(wanted)) = (json_of(held, false), redact(Tree::of_server(&wanted.to_json())))
    else {
        return Vec::new();
    };
    let member = |members: &[(String, Tree)], name: &str| {
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value_text(value))
    };
    let mut names: Vec<&String> = held.iter().chain(&wanted).map(|(name, _)| name).collect();
    names.retain(|name| is_cleared_when_left_out(name) || member(&wanted, name).is_some());
    let mut lines = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let (before, after) = (member(&held, name), member(&wanted, name));
        if names[..place].contains(name) || before == after {
            continue;
        }
        let side = |value: Option<String>| value.unwrap_or_else(|| "(none)".into());
        lines.push(format!("  {}: {} → {}", visible(name), side(before), side(after)));
    }
    lines
}
