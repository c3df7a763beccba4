//! `plan`: what would change.

use std::path::PathBuf;

use blynk_webhooks::Client;
use blynk_webhooks_plan::Plan;

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::files;
use crate::input::shown;
use crate::output::indented;

/// Show what apply would change. Sends reads only.
///
/// It finds each webhook of the file on the server by its `id`, else by its former name (`was`), else by its exact name. Webhooks
/// that the file does not name stay as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks plan
  blynk-webhooks plan -f webhooks/ --check          exit code 3 if something would change, for CI
  blynk-webhooks plan -o plan.json                  the plan as JSON, without secrets
  blynk-webhooks plan -f webhooks.toml --json | jq .digest

Exit code: 0; with --check, 3 if something would change. 1 if the file has errors, 5 if it names another server.")]
pub struct Args {
    /// Exit with 3 if something would change
    #[arg(long)]
    check: bool,

    /// Also write the plan as JSON to this file, without secrets
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    planning: PlanArgs,
}

/// How a plan is made.
#[derive(Clone, Debug, clap::Args)]
pub struct PlanArgs {
    /// Also send secrets that cannot be compared because the server does not show them
    #[arg(long)]
    resend_secrets: bool,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let (plan, _) = planned(&args.planning, context).await?;
    if let Some(path) = &args.out {
        files::write(path, &format!("{}\n", indented(&plan.to_json())))?;
        context.out.note(format_args!("Written to {}.", shown(path)));
    }
    if context.out.is_json() {
        context.out.document(&plan.to_json());
    } else {
        files::show(&plan.warnings, &context.out);
        context.out.line(plan.to_text(true).trim_end());
    }
    Ok(if args.check && !plan.is_empty() { Exit::Differences } else { Exit::Done })
}

/// The plan of the files that are named, and the client that read the server.
pub(super) async fn planned(args: &PlanArgs, context: &Context) -> Result<(Plan, Client)> {
    let desired = files::desired(&files::paths(context), &context.out)?;
    let options = files::plan_options(context)?.resend_secrets(args.resend_secrets);
    let connection = context.connection()?;
    // Before a credential is asked for: credentials of another server shall not leave this machine.
    let told = |error| files::plan_error(error, &context.out);
    desired.check_target(Some(&connection.server.value), connection.org.as_ref().map(|org| org.value)).map_err(told)?;
    let client = context.client().await?;
    let plan = blynk_webhooks_plan::plan(&client, &desired, options).await.map_err(told)?;
    Ok((plan, client))
}
