//! `create`: a new webhook.

use std::path::PathBuf;

use blynk_webhooks::Purpose;

use super::webhook_text::{print_webhook, warn};
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::fields::{FieldArgs, put};
use crate::input::{read_webhook, spec_of};

/// Create a webhook.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks create --name \"Device status\" --trigger DEVICE_ADDED --url 'https://example.com/{device_id}' \\
      --method POST --content-type JSON --auth-type NONE --body '{\"device\": {device_id}}'
  blynk-webhooks create --from webhook.json
  blynk-webhooks get 7 --json --show-secrets | blynk-webhooks create --from - --name \"A copy\"

If the outcome of a create is unknown, the command looks for the webhook in the list. Exit code 6: it is still unknown.")]
pub struct Args {
    /// JSON file with the fields, `-` for standard input; flags take precedence. The output of `get --json` works too
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,

    #[command(flatten)]
    fields: FieldArgs,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let mut members = match &args.from {
        Some(path) => read_webhook(path, &context.out).await?,
        None if args.fields.is_empty() => {
            return Err(CliError::usage("set fields with flags, or name a file with --from; see create --help"));
        }
        None => Vec::new(),
    };
    for (name, value) in args.fields.members(&context.out).await? {
        put(&mut members, &name, value);
    }
    let spec = spec_of(members, Purpose::Create).map_err(CliError::invalid)?;
    let client = context.client().await?;
    warn(&spec.validate_for(Purpose::Create), &context.out);
    let webhook = client.create(spec).reconcile(true).await?;
    context.out.note(format_args!("Created webhook {}.", webhook.id()));
    print_webhook(&webhook, context);
    Ok(Exit::Done)
}
