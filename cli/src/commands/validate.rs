//! `validate`: what stands against a file of webhooks or one webhook, offline.

use std::path::PathBuf;

use blynk_webhooks::{Naming, Purpose, Violation};
use blynk_webhooks_plan::check;
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{Result, violations_json};
use crate::exit::Exit;
use crate::files;
use crate::input::{read_webhook, spec_of};
use crate::json::Tree;
use crate::output::{style, styled, visible};

/// Check a file of webhooks, or one webhook, without a server.
///
/// Without --from, it checks the file of webhooks and shows each finding with its line. It does not read secrets.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks validate                            webhooks.toml in this folder
  blynk-webhooks validate -f webhooks/ --strict
  blynk-webhooks validate --from webhook.json
  blynk-webhooks get 7 --json --show-secrets | blynk-webhooks validate --from - --json

Exit code: 0 if valid, 1 if not; --strict counts warnings too.")]
pub struct Args {
    /// JSON file with one webhook, `-` for standard input; the output of `get --json` works too
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    from: Option<PathBuf>,

    /// What the webhook is for
    #[arg(long = "for", value_name = "OPERATION", requires = "from")]
    purpose: Option<Use>,

    /// Treat warnings as errors
    #[arg(long)]
    strict: bool,
}

/// What a spec is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Use {
    Create,
    Update,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let Some(path) = &args.from else { return Ok(validate_files(&args, context)) };
    let members = read_webhook(path, &context.out).await?;
    let purpose = match args.purpose {
        Some(Use::Create) => Purpose::Create,
        Some(Use::Update) => Purpose::Update,
        None => Purpose::Either,
    };
    let found = match spec_of(members, purpose) {
        Ok(spec) => spec.validate_for(purpose),
        Err(violations) => violations,
    };
    let valid = !found.iter().any(|violation| violation.is_error() || args.strict);
    if !context.out.is_json() {
        found.iter().for_each(|violation| context.out.line(line(violation)));
    }
    Ok(end(valid, violations_json(&found), context))
}

fn validate_files(args: &Args, context: &Context) -> Exit {
    let found = check(&files::paths(context));
    let valid = !found.as_slice().iter().any(|finding| finding.is_error() || args.strict);
    if !context.out.is_json() && !found.is_empty() {
        context.out.line(found.render(true).trim_end());
    }
    end(valid, json!(found), context)
}

fn end(valid: bool, findings: Value, context: &Context) -> Exit {
    if context.out.is_json() {
        context.out.json([("valid", Tree::from(Value::from(valid))), ("findings", Tree::from(findings))]);
    } else {
        context.out.note(if valid { "Valid." } else { "Not valid." });
    }
    if valid { Exit::Done } else { Exit::Failure }
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
