//! `validate`: what the contract says of a webhook, offline.

use std::path::PathBuf;

use blynk_webhooks::{Naming, Purpose, Violation};
use clap::ValueEnum;

use crate::context::Context;
use crate::error::{Result, violations_json};
use crate::exit::Exit;
use crate::input::{read_webhook, spec_of};
use crate::json::Tree;
use crate::output::{style, styled, visible};

/// Check a webhook against the contract, without a server.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks validate --from webhook.json
  blynk-webhooks get 7 --json --show-secrets | blynk-webhooks validate --from - --json

Exit code: 0 where nothing stands against it, 1 where something does; --strict counts warnings too.")]
pub struct Args {
    /// JSON file with the webhook, `-` for standard input; what `get --json` prints is taken too
    #[arg(long, value_name = "FILE", required = true)]
    from: Option<PathBuf>,

    /// What it shall be used for: status can be set by an update only
    #[arg(long = "for", value_name = "OPERATION", default_value = "either")]
    purpose: Use,

    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
}

/// What a spec shall be used for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Use {
    Create,
    Update,
    Either,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let Some(path) = &args.from else { return Ok(Exit::Usage) };
    let members = read_webhook(path, &context.out).await?;
    let purpose = match args.purpose {
        Use::Create => Purpose::Create,
        Use::Update => Purpose::Update,
        Use::Either => Purpose::Either,
    };
    let found = match spec_of(members, purpose) {
        Ok(spec) => spec.validate_for(purpose),
        Err(violations) => violations,
    };
    let valid = !found.iter().any(|violation| violation.is_error() || args.strict);
    if context.out.is_json() {
        let members = [("valid", valid.into()), ("violations", violations_json(&found))];
        context.out.json(members.map(|(name, value): (_, serde_json::Value)| (name, Tree::from(value))));
    } else {
        found.iter().for_each(|violation| context.out.line(line(violation)));
        context.out.note(if valid { "Valid." } else { "Not valid." });
    }
    Ok(if valid { Exit::Done } else { Exit::Failure })
}

/// A finding on one line.
fn line(violation: &Violation) -> String {
    let style = if violation.is_error() { style::BAD } else { style::WARNING };
    format!(
        "{} {}",
        styled(style, format_args!("{}:", violation.severity.as_str())),
        visible(&violation.render(Naming::Program))
    )
}
