//! `render`: the request that a webhook would send.

use blynk_webhooks::bindings::without_credentials;
use blynk_webhooks::{RenderedRequest, WebhookSpec};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::json::Tree;
use crate::output::{style, styled, visible};
use crate::source::{Named, SourceArgs};
use crate::values::{ValueArgs, Values};

/// Show the requests that webhooks would send, without sending them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks render                                  every webhook of webhooks.toml
  blynk-webhooks render Moisture -f webhooks/ --value device_id=7
  blynk-webhooks render --from webhook.json --value device_id=7
  blynk-webhooks render 7 --values values.json --json    the webhook with this id on the server")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    values: ValueArgs,

    /// Show credentials in the URL, and secrets that the file reads from elsewhere
    #[arg(long)]
    show_secrets: bool,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let specs = args.source.specs(context, args.show_secrets).await?;
    let mut documents = Vec::new();
    for (place, Named { name, spec, .. }) in specs.iter().enumerate() {
        let rendered = rendered(spec, &args.values, context).await;
        let (request, values) = rendered.map_err(|problem| match name {
            Some(name) => problem.about(visible(name)),
            None => problem,
        })?;
        let url = if args.show_secrets { request.url.clone() } else { without_credentials(&request.url) };
        if context.out.is_json() {
            let mut members: Vec<_> = name.iter().map(|name| ("name", json!(name).into())).collect();
            members.push(("request", request_json(&request, &url)));
            members.push(("samples", json!(values.samples).into()));
            documents.push(members);
            continue;
        }
        if specs.len() > 1 {
            let space = if place > 0 { "\n" } else { "" };
            let name = visible(name.as_deref().unwrap_or_default());
            context.out.line(format_args!("{space}{}", styled(style::FAINT, format_args!("# {name}"))));
        }
        request_text(&request, &url).into_iter().for_each(|line| context.out.line(line));
    }
    if context.out.is_json() {
        // One request stands by itself, so that a script need not look into a list.
        match args.source.is_one() {
            true => documents.into_iter().for_each(|members| context.out.json(members)),
            false => {
                let requests = documents.into_iter().map(Tree::object).collect();
                context.out.json([("requests", Tree::Array(requests))]);
            }
        }
    }
    Ok(Exit::Done)
}

/// The request for the given values; samples are told.
async fn rendered(spec: &WebhookSpec, args: &ValueArgs, context: &Context) -> Result<(RenderedRequest, Values)> {
    let values = args.values(spec, context).await?;
    let request = spec.render(&values.values).map_err(CliError::invalid)?;
    Ok((request, values))
}

/// A request as data.
pub(super) fn request_json(request: &RenderedRequest, url: &str) -> Tree {
    let headers = request.headers.iter().map(|(name, value)| (name.clone(), Tree::from(json!(value))));
    let mut members = vec![
        ("method", json!(request.method.as_str()).into()),
        ("url", json!(url).into()),
        ("headers", Tree::object(headers)),
    ];
    members.extend(request.body.as_ref().map(|body| ("body", json!(body).into())));
    Tree::object(members)
}

/// A request for people: its line, its headers, its body.
pub(super) fn request_text(request: &RenderedRequest, url: &str) -> Vec<String> {
    let method = visible(request.method.as_str());
    let mut lines = vec![format!("{} {}", styled(style::STRONG, method), visible(url))];
    lines.extend(request.headers.iter().map(|(name, value)| format!("{}: {}", visible(name), visible(value))));
    if let Some(body) = &request.body {
        lines.push(String::new());
        lines.extend(body_text(body));
    }
    lines
}

/// A body's lines, none of which can move the cursor.
pub(super) fn body_text(body: &str) -> impl Iterator<Item = String> {
    body.lines().map(|line| line.split('\t').map(visible).collect::<Vec<_>>().join("\t"))
}
