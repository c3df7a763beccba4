//! `apply`: carries a plan out.

use std::collections::HashSet;

use blynk_webhooks_plan::{ApplyError, ApplyOptions, Cancel, DEFAULT_CONCURRENCY, Outcome, Plan, Progress, Report};

use super::plan::{PlanArgs, planned};
use crate::context::Context;
use crate::error::{CliError, Result, exit_of_kind};
use crate::exit::Exit;
use crate::files;

/// Change the server's webhooks to match the file. Shows the plan and asks first.
///
/// Updates come first, then creates, then deletes. Each webhook is read again before it is written; one that somebody changed in the
/// meantime is left alone. Requests stay below the organization's limit. If apply is interrupted or killed, the next apply finishes the work.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks apply
  blynk-webhooks apply --yes --json
  blynk-webhooks apply --digest \"$(jq -r .digest plan.json)\"     applies the plan that was reviewed, or nothing

Ctrl-C starts no new change and waits for those in progress; a second Ctrl-C exits at once.

Exit code: 0 done; 4 credentials refused; 5 refused by the guard, the digest or a conflict; 6 partly done, or an outcome is unknown; 130 interrupted.")]
pub struct Args {
    /// Digest of the reviewed plan: apply it without asking, and refuse any other plan
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,

    /// Most changes at the same time; fewer after the server answers 429
    #[arg(long, value_name = "N", default_value_t = DEFAULT_CONCURRENCY, value_parser = concurrency)]
    concurrency: usize,

    #[command(flatten)]
    planning: PlanArgs,
}

fn concurrency(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| (1..=100).contains(count)).ok_or_else(|| "must be from 1 to 100".into())
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let interrupted = context.interrupt.wait();
    let planned = planned(&args.planning, context);
    let (plan, client) = tokio::select! {
        biased;
        exit = interrupted => return Err(CliError::interrupted(exit)),
        planned = planned => planned?,
    };
    let out = &context.out;
    if !out.is_json() {
        files::show(&plan.warnings, out);
        out.line(plan.to_text(true).trim_end());
        out.flush();
    }
    plan.check(Some(client.base_url()), args.digest.as_deref()).map_err(|refusal| refused(refusal, &plan))?;
    if args.digest.is_none() && !plan.is_empty() {
        let question = format!("Apply {} to {}?", changes(&plan), client.base_url());
        tokio::select! {
            biased;
            exit = context.interrupt.wait() => return Err(CliError::interrupted(exit)),
            answer = context.confirm(&question) => answer?,
        }
    }
    let cancel = Cancel::new();
    let mut printed = HashSet::new();
    let mut options = ApplyOptions::new().concurrency(args.concurrency).cancel(cancel.clone()).on_progress(
        |progress: &Progress<'_>| {
            show_progress(progress, context);
            printed.insert(progress.item.to_text(true));
        },
    );
    options.digest = args.digest;
    let applying = plan.apply(&client, options);
    let mut exit_of_signal = None;
    let report = {
        tokio::pin!(applying);
        loop {
            tokio::select! {
                biased;
                exit = context.interrupt.wait(), if exit_of_signal.is_none() => {
                    exit_of_signal = Some(exit);
                    cancel.cancel();
                    out.note("Stopping: waiting for changes in progress. Press Ctrl-C again to exit at once.");
                }
                report = &mut applying => break report.map_err(|refusal| refused(refusal, &plan))?,
            }
        }
    };
    if out.is_json() {
        out.document(&report.to_json());
    } else {
        // What was printed of these is no longer so: another apply made the same webhook at the same time.
        for corrected in report.items.iter().map(|item| item.to_text(true)).filter(|text| !printed.contains(text)) {
            out.line(format_args!("  {corrected}"));
        }
        out.line("");
        out.line(report.to_text(true).trim_end());
    }
    Ok(exit_of_signal.unwrap_or_else(|| exit_of(&report)))
}

/// How many changes of each kind, e.g. `3 changes (1 to update, 2 to create)`.
fn changes(plan: &Plan) -> String {
    let summary = plan.summary();
    let kinds = [(summary.update, "update"), (summary.create, "create"), (summary.delete, "delete")];
    let total: usize = kinds.iter().map(|(count, _)| count).sum();
    let kinds: Vec<_> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} to {kind}")).collect();
    format!("{total} {} ({})", if total == 1 { "change" } else { "changes" }, kinds.join(", "))
}

/// A line for each change that has ended; on a terminal a counter behind them.
fn show_progress(progress: &Progress<'_>, context: &Context) {
    let out = &context.out;
    if out.is_json() {
        return;
    }
    if out.shows_progress() {
        out.prompt("\r\u{1b}[K");
    }
    out.line(format_args!("  {}", progress.item.to_text(true)));
    out.flush();
    if out.shows_progress() && progress.done < progress.total {
        out.prompt(format_args!("{} of {} changes", progress.done, progress.total));
    }
}

fn refused(refusal: ApplyError, plan: &Plan) -> CliError {
    let code = match refusal {
        ApplyError::Guard(_) => "GUARD",
        ApplyError::StaleDigest(_) => "STALE_DIGEST",
        _ => "WRONG_TARGET",
    };
    CliError::new(Exit::Refused, code, refusal.to_string()).with("digest", plan.digest.as_str())
}

fn exit_of(report: &Report) -> Exit {
    let count = |outcome| report.count(outcome);
    match () {
        () if report.is_complete() => Exit::Done,
        () if count(Outcome::Unknown) > 0 || count(Outcome::Done) > 0 => Exit::Partial,
        () if count(Outcome::Conflict) > 0 => Exit::Refused,
        () => report.items.iter().find_map(|item| item.kind).map_or(Exit::Failure, exit_of_kind),
    }
}
