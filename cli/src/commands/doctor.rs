//! `doctor`: which webhooks do not do what they should.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use blynk_webhooks::{Client, Webhook};
use blynk_webhooks_plan::{
    DEFAULT_WEBHOOK_LIMIT, Desired, Diagnosis, DoctorOptions, Enabled, Observation, ReadWebhooks, diagnose, enable,
};
use clap::ValueEnum;
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::files;
use crate::json::Tree;
use crate::output::{style, styled, visible};

/// Find webhooks that are disabled or silent, and other problems. One list call.
///
/// The file, if there is one, says which webhooks may be disabled and how long each may be silent: `expect = { maxSilence = "2h" }`.
/// The API shows neither the cause of failures nor a log; `send` sends a webhook's request from this machine and shows the response.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks doctor
  blynk-webhooks doctor --watch 60                  also the rate of attempts: the platform drops more than 10 a minute
  blynk-webhooks doctor --enable --yes              enables what the platform has disabled
  blynk-webhooks doctor --format prometheus > /var/lib/node_exporter/blynk.prom

Exit code: 7 if a webhook is disabled although the file enables it, or silent for longer than its maxSilence. The rest is advice,
which counts only with --strict.")]
pub struct Args {
    /// Output format [default: text, or json with --json]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    /// Also exit with 7 for advice
    #[arg(long)]
    strict: bool,

    /// Read the list again after this time to see how often each webhook runs
    #[arg(long, value_name = "SECONDS", value_parser = crate::args::seconds)]
    watch: Option<Duration>,

    /// Enable webhooks that the platform has disabled, and read them again. Asks first
    #[arg(long)]
    enable: bool,

    /// Most webhooks that the organization may have
    #[arg(long, value_name = "N", default_value_t = DEFAULT_WEBHOOK_LIMIT)]
    webhook_limit: usize,
}

/// How a diagnosis is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// One JSON document
    Json,
    /// Metrics for a textfile collector
    Prometheus,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let out = &context.out;
    let format = args.format.unwrap_or(if out.is_json() { Format::Json } else { Format::Text });
    if out.is_json() && format == Format::Text {
        return Err(CliError::usage("--json and --format text contradict each other; leave one out"));
    }
    let desired = file_if_there(context)?;
    let connection = context.connection()?;
    let org = connection.org.as_ref().map(|org| org.value);
    if let Some(desired) = &desired {
        let told = |error| files::plan_error(error, out);
        desired.check_target(Some(&connection.server.value), org).map_err(told)?;
    }
    let org = org.or(desired.as_ref().and_then(Desired::org));
    let client = context.client().await?;
    let mut live = list(&client, org).await?;
    let mut options = DoctorOptions::new(now()).webhook_limit(args.webhook_limit);
    if let Some(time) = args.watch {
        let earlier = Observation::new(&live, options.now);
        out.note(format_args!("Reading the list again in {}…", humantime::format_duration(time)));
        tokio::time::sleep(time).await;
        live = list(&client, org).await?;
        options.now = now();
        options = options.earlier(earlier);
    }
    let mut diagnosis = diagnosed(&live, desired.as_ref(), &options, context)?;
    let ids = diagnosis.disabled_by_platform();
    let mut enabled = Vec::new();
    if args.enable && !ids.is_empty() {
        enabled = switch_on(&ids, &client, context).await?;
        live = list(&client, org).await?;
        options.now = now();
        diagnosis = diagnosed(&live, desired.as_ref(), &options, context)?;
    }
    match format {
        Format::Text => out.line(diagnosis.to_text(true).trim_end()),
        Format::Json if args.enable => out.document(&with_enabled(&diagnosis, &enabled)),
        Format::Json => out.document(&diagnosis.to_json()),
        Format::Prometheus => out.line(diagnosis.to_prometheus().trim_end()),
    }
    Ok(if diagnosis.is_unhealthy(args.strict) { Exit::Unhealthy } else { Exit::Done })
}

/// What the files say. Without `--file` and without a file in this folder, there is none.
fn file_if_there(context: &Context) -> Result<Option<Desired>> {
    if context.global.files.is_empty() && !Path::new(files::DEFAULT_FILE).exists() {
        return Ok(None);
    }
    files::desired(&files::paths(context), &context.out).map(Some)
}

async fn list(client: &Client, org: Option<i32>) -> Result<Vec<Webhook>> {
    Ok(ReadWebhooks::list(client, org).await?)
}

fn diagnosed(
    live: &[Webhook],
    desired: Option<&Desired>,
    options: &DoctorOptions,
    context: &Context,
) -> Result<Diagnosis> {
    diagnose(live, desired, options).map_err(|findings| files::plan_error((*findings).into(), &context.out))
}

async fn switch_on(ids: &[i32], client: &Client, context: &Context) -> Result<Vec<Enabled>> {
    let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    context.confirm(&format!("Enable the webhooks {list} on {}?", client.base_url())).await?;
    let mut enabled = Vec::new();
    for id in ids {
        let ended = enable(client, *id)
            .await
            .map_err(|error| CliError::from(error).about(format_args!("webhook {id}")).with("webhookId", *id))?;
        let status = ended.status.as_deref().unwrap_or("gone");
        let style = if ended.enabled { style::GOOD } else { style::BAD };
        let name = visible(&ended.name);
        context.out.note(format_args!("Webhook {id} '{name}' is {} now.", styled(style, visible(status))));
        enabled.push(ended);
    }
    Ok(enabled)
}

/// The diagnosis as JSON, and how the webhooks are that were switched on.
fn with_enabled(diagnosis: &Diagnosis, enabled: &[Enabled]) -> String {
    let mut document = Tree::of_server(&diagnosis.to_json());
    if let Tree::Object(members) = &mut document {
        members.push(("enabled".into(), json!(enabled).into()));
    }
    document.to_text()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
