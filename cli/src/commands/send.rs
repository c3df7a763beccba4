//! `send`: what the console's Test button does, from this machine.

use std::time::Duration;

use blynk_webhooks::bindings::without_credentials;
use blynk_webhooks::{Naming, RenderedRequest, WebhookSpec};
use blynk_webhooks_emulator::{Delivery, Emulator, EmulatorError, Outcome, State};
use serde_json::json;
use serde_json::{Map, Value};

use super::render::{body_text, rendered, request_json, request_text};
use super::webhook_text::warn;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::json::{Tree, secrets, secrets_of_url};
use crate::output::{style, styled, visible};
use crate::source::SourceArgs;
use crate::values::ValueArgs;

/// Render a webhook and really send its request from this machine. Asks first.
///
/// The API has no call for the console's Test button. This sends the same request, with a token of the webhook's own token URL where
/// its authType is OAUTH2; the target sees this machine's address instead of the platform's. Redirects are not followed, and at most
/// 16 KB of the response are shown, as the platform reads no more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks send 7
  blynk-webhooks send --from webhook.json --value device_id=7 --yes --json

Exit code: 0 where the target answers with a success (2xx), else 1.")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    values: ValueArgs,

    /// Time for the target's answer, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = crate::args::seconds)]
    target_timeout: Duration,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let spec = args.source.spec(context).await?;
    let (request, values) = rendered(&spec, &args.values, context).await?;
    let shown_url = without_credentials(&request.url);
    refuse_beyond_loopback(&request)?;
    warn(&spec.validate(), &context.out);
    request_text(&request, &shown_url).into_iter().for_each(|line| context.out.note(line));
    let question = format!("Send {} {} from this machine?", request.method.as_str(), visible(&shown_url));
    context.confirm(&question).await?;
    let delivery = deliver(spec.clone(), values.values, args.target_timeout).await?;
    print(&delivery, &spec, &request, context);
    Ok(if delivery.outcome == Outcome::Ok { Exit::Done } else { Exit::Failure })
}

/// Where the environment keeps this process on its own machine, nothing is sent to another.
fn refuse_beyond_loopback(request: &RenderedRequest) -> Result<()> {
    // A client of that server would be refused by the same rule, which stands in the library.
    let check = blynk_webhooks::Client::builder().allow_http(true).token("check");
    let origin = url::Url::parse(&request.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    match check.base_url(origin).build() {
        Ok(_) => Ok(()),
        Err(problem) => Err(CliError::refused(format!("not sent: {}", problem.render(Naming::Program)))),
    }
}

/// Sends the request as the platform would. The emulator's own sender does it, so that there is one rule for both.
async fn deliver(spec: WebhookSpec, values: Map<String, Value>, timeout: Duration) -> Result<Delivery> {
    let failed = |problem: String| CliError::failure(format!("not sent: {problem}"));
    let mut state = State::default();
    state.limits.delivery_timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    let emulator = Emulator::builder().state(state).allow_remote_targets(true);
    let emulator = emulator.start().map_err(|problem| failed(problem.to_string()))?;
    emulator.test(spec, values).await.map_err(|problem| match problem {
        EmulatorError::Invalid(violations) => CliError::invalid(violations),
        other => failed(other.to_string()),
    })
}

fn print(delivery: &Delivery, spec: &WebhookSpec, request: &RenderedRequest, context: &Context) {
    let mut hidden = Tree::parse(&spec.to_json()).map(|spec| secrets(&spec)).unwrap_or_default();
    hidden.extend(secrets_of_url(&request.url));
    // A target may repeat what it was sent.
    let without = |text: &str| hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"));
    let reason = delivery.reason.as_deref().map(without);
    let body = delivery.response_body.as_deref().map(without);
    let out = &context.out;
    if out.is_json() {
        let mut members = vec![
            ("outcome", json!(delivery.outcome.as_str()).into()),
            ("request", request_json(request, &without_credentials(&request.url))),
            ("durationMs", json!(delivery.duration_ms).into()),
        ];
        members.extend(reason.map(|reason| ("reason", json!(reason).into())));
        if let Some(status) = delivery.status_code {
            members.push(("response", json!({"status": status, "body": body}).into()));
        }
        out.json(members);
        return;
    }
    if let Some(status) = delivery.status_code {
        let style = if delivery.outcome == Outcome::Ok { style::GOOD } else { style::BAD };
        out.line(format_args!("{} in {:.0} ms", styled(style, status), delivery.duration_ms));
        if let Some(body) = body.filter(|body| !body.is_empty()) {
            out.line("");
            body_text(&body).for_each(|line| out.line(line));
        }
    }
    if let Some(reason) = reason {
        out.note(format_args!("{}: {}", styled(style::BAD, delivery.outcome.as_str()), visible(&reason)));
    }
}
