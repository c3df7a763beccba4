//! `send`: what the console's Test button does, from this machine.

use std::time::Duration;

use blynk_webhooks::bindings::without_credentials;
use blynk_webhooks::{Json, Naming, RenderedRequest, WebhookSpec, placeholders};
use blynk_webhooks_emulator::{Delivery, Emulator, Outcome, State};
use serde_json::json;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::render::{body_text, request_json, request_text};
use super::webhook_text::warn;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::json::{Tree, secrets, secrets_of_url};
use crate::output::{style, styled, visible};
use crate::source::SourceArgs;
use crate::values::ValueArgs;

/// Send the request of a webhook from this machine. Asks first.
///
/// The API has no call for the console's Test button. This command sends the same request, but the target sees this machine's address
/// instead of the platform's. If the authType is OAUTH2, it fetches a token from the webhook's token URL. It does not follow redirects,
/// and shows at most 16 KB of the response, because the platform reads no more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks send 7                                  the webhook with this id on the server
  blynk-webhooks send Moisture --value device_id=7       of webhooks.toml, with its secrets
  blynk-webhooks send --from webhook.json --value device_id=7 --yes --json

Exit code: 0 if the target answers with 2xx, else 1.")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    values: ValueArgs,

    /// Time limit for the target's response, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = crate::args::seconds)]
    target_timeout: Duration,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let webhook = args.source.one(context).await?;
    let values = args.values.values(&webhook.spec, context).await?;
    let request = webhook.spec.render(&values.values).map_err(CliError::invalid)?;
    let shown = webhook.shown.render(&values.values).map_err(CliError::invalid)?;
    let shown_url = without_credentials(&shown.url);
    refuse_beyond_loopback(&request)?;
    warn(&webhook.shown.validate(), &context.out);
    request_text(&shown, &shown_url).into_iter().for_each(|line| context.out.note(line));
    let question = format!("Send {} {} from this machine?", shown.method.as_str(), visible(&shown_url));
    context.confirm(&question).await?;
    let delivery = deliver(&webhook.spec, values.values, args.target_timeout).await?;
    let mut hidden = secrets(&Tree::of_server(&webhook.spec.to_json()));
    hidden.extend(secrets_of_url(&request.url));
    hidden.extend(webhook.secrets.iter().flat_map(|secret| literals(secret)));
    print(&delivery, &shown, &hidden, context);
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

/// Sends the request as the platform would. The emulator's own sender does it, so that there is one rule for both; a webhook of its
/// state may be what a real server holds, also beyond the contract's limits.
async fn deliver(spec: &WebhookSpec, values: Map<String, Value>, timeout: Duration) -> Result<Delivery> {
    let failed = |problem: String| CliError::failure(format!("not sent: {problem}"));
    let mut state = State::default();
    state.limits.delivery_timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
    let id = json!({"id": WEBHOOK_ID}).to_string();
    let webhook = match spec.to_json().as_str() {
        "{}" => id,
        fields => format!("{},{}", id.trim_end_matches('}'), fields.trim_start_matches('{')),
    };
    state.webhooks.push(Json::parse(&webhook).map_err(|problem| failed(problem.to_string()))?);
    let emulator = Emulator::builder().state(state).allow_remote_targets(true);
    let emulator = emulator.start().map_err(|problem| failed(problem.to_string()))?;
    emulator.test_webhook(WEBHOOK_ID, values).await.map_err(|problem| failed(problem.to_string()))
}

/// The one webhook of the emulator that sends.
const WEBHOOK_ID: i32 = 1;

fn print(delivery: &Delivery, request: &RenderedRequest, hidden: &[Zeroizing<String>], context: &Context) {
    // A target may repeat what it was sent.
    let without = |text: &str| {
        let text = hidden.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"));
        without_authorization(&text)
    };
    let reason = delivery.reason.as_deref().map(without);
    let body = delivery.response_body.as_deref().map(without);
    let headers: Vec<_> =
        delivery.response_headers.iter().map(|(name, value)| (name.clone(), without(value))).collect();
    let out = &context.out;
    if out.is_json() {
        let mut members = vec![
            ("outcome", json!(delivery.outcome.as_str()).into()),
            ("request", request_json(request, &without_credentials(&request.url))),
            ("durationMs", json!(delivery.duration_ms).into()),
        ];
        members.extend(reason.map(|reason| ("reason", json!(reason).into())));
        if let Some(status) = delivery.status_code {
            let headers = headers.iter().map(|(name, value)| (name.clone(), Tree::from(json!(value))));
            let response = [
                ("status", Tree::from(json!(status))),
                ("headers", Tree::object(headers)),
                ("body", Tree::from(json!(body))),
            ];
            members.push(("response", Tree::object(response)));
        }
        out.json(members);
        return;
    }
    if let Some(status) = delivery.status_code {
        let style = if delivery.outcome == Outcome::Ok { style::GOOD } else { style::BAD };
        out.line(format_args!("{} in {:.0} ms", styled(style, status), delivery.duration_ms));
        headers.iter().for_each(|(name, value)| out.line(format_args!("{}: {}", visible(name), visible(value))));
        if let Some(body) = body.filter(|body| !body.is_empty()) {
            out.line("");
            body_text(&body).for_each(|line| out.line(line));
        }
    }
    if let Some(reason) = reason {
        out.note(format_args!("{}: {}", styled(style::BAD, delivery.outcome.as_str()), visible(&reason)));
    }
}

/// The texts between the placeholders of a secret, as a request holds them. What is shorter would be found within words.
fn literals(secret: &str) -> Vec<Zeroizing<String>> {
    const MIN_LEN: usize = 6;
    let mut parts = vec![secret.to_owned()];
    for name in placeholders(secret) {
        let placeholder = format!("{{{name}}}");
        parts = parts.iter().flat_map(|part| part.split(&placeholder).map(str::to_owned).collect::<Vec<_>>()).collect();
    }
    let parts = parts.into_iter().map(|part| part.trim().to_owned());
    parts.filter(|part| part.len() >= MIN_LEN).map(Zeroizing::new).collect()
}

/// Hides what stands behind `Basic` and `Bearer`: the value of the header `Authorization`, which is made while the request is sent.
fn without_authorization(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let lower = text.to_ascii_lowercase();
    while let Some((at, scheme)) = ["basic ", "bearer "]
        .iter()
        .filter_map(|scheme| Some((lower[text.len() - rest.len()..].find(scheme)?, scheme)))
        .min()
    {
        let (before, after) = rest.split_at(at + scheme.len());
        let value = after.find(|c: char| !(c.is_ascii_alphanumeric() || "-._~+/=".contains(c))).unwrap_or(after.len());
        shown.push_str(before);
        // A word of prose is shorter, and stays.
        shown.push_str(if value >= 8 { "***" } else { &after[..value] });
        rest = &after[value..];
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_a_header_are_hidden() {
        let text = "Authorization: Basic bWU6c2VjcmV0LTc=\n{\"auth\": \"bearer abc.def-ghi_1\"} a basic idea, Bearer x";
        let shown = "Authorization: Basic ***\n{\"auth\": \"bearer ***\"} a basic idea, Bearer x";
        assert_eq!(without_authorization(text), shown);
        assert_eq!(without_authorization(""), "");
        assert_eq!(without_authorization("ünd Basic "), "ünd Basic ");
    }

    #[test]
    fn a_secret_template_is_found_where_its_placeholders_are_replaced() {
        let found = literals("top-secret {user_id} and {user_name}x");
        assert_eq!(found.iter().map(|part| part.as_str()).collect::<Vec<_>>(), ["top-secret"]);
    }
}
