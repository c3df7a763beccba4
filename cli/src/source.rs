//! The webhook that a command is about: of a JSON document, of a file of webhooks, or of the server.

use std::path::{Path, PathBuf};

use blynk_webhooks::bindings::nearest;
use blynk_webhooks::{Client, Purpose, Webhook, WebhookSpec};
use blynk_webhooks_plan::{Desired, DesiredWebhook, Findings};
use clap::Args;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::files::{self, DEFAULT_FILE};
use crate::input::{read_webhook, shown, spec_of};
use crate::output::visible;

/// The webhook that a command is about.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// Id of a webhook on the server, or a name: of the file of webhooks, or of the server if there is no file
    #[arg(value_name = "WEBHOOK", conflicts_with = "from", allow_negative_numbers = true)]
    webhook: Option<String>,

    /// JSON file with the webhook, `-` for standard input; the output of `get --json` works too
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    from: Option<PathBuf>,

    /// Look for the name on the server, even if there is a file of webhooks
    #[arg(long, requires = "webhook", conflicts_with_all = ["from", "files"])]
    live: bool,
}

/// A webhook and what it is called.
pub struct Named {
    /// Its name in the file; none for a single document.
    pub name: Option<String>,
    /// The webhook, as it can be sent.
    pub spec: WebhookSpec,
    /// The same to look at: a secret that the file reads from elsewhere is hidden.
    pub shown: WebhookSpec,
    /// Secrets that were read from elsewhere.
    pub secrets: Vec<Zeroizing<String>>,
}

impl Named {
    fn plain(spec: WebhookSpec) -> Self {
        Self { name: None, shown: spec.clone(), spec, secrets: Vec::new() }
    }
}

impl SourceArgs {
    /// The webhook; every one of the file where none is named. Secrets that the file reads from elsewhere are read where they are
    /// `wanted`; else they are hidden in the spec too.
    ///
    /// # Errors
    /// If it cannot be read or found, or has values of the wrong type.
    pub async fn specs(&self, context: &Context, wanted: bool) -> Result<Vec<Named>> {
        if let Some(path) = &self.from {
            let members = read_webhook(path, &context.out).await?;
            let spec = spec_of(members, Purpose::Either)
                .map_err(|violations| CliError::invalid(violations).about(shown(path)))?;
            return Ok(vec![Named::plain(spec)]);
        }
        let has_file = !context.global.files.is_empty() || Path::new(DEFAULT_FILE).exists();
        match &self.webhook {
            Some(word) if self.live || !has_file || self.is_id(context) => {
                let spec = find(&context.client().await?, word).await?.spec();
                Ok(vec![Named::plain(spec)])
            }
            None if !has_file => Err(CliError::usage(format!(
                "name a webhook, or a document with --from: there is no {DEFAULT_FILE} in this folder"
            ))),
            word => of_file(word.as_deref(), context, wanted),
        }
    }

    /// True if one webhook is named.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.webhook.is_some() || self.from.is_some()
    }

    /// One webhook, with its secrets.
    ///
    /// # Errors
    /// As [`Self::specs`], and if none is named.
    pub async fn one(&self, context: &Context) -> Result<Named> {
        if !self.is_one() {
            return Err(CliError::usage("name a webhook, or a document with --from"));
        }
        let mut specs = self.specs(context, true).await?;
        specs.pop().ok_or_else(|| CliError::usage("no webhook is named"))
    }

    /// True for the id of a webhook on the server. With `--file`, a number is a name of the file.
    fn is_id(&self, context: &Context) -> bool {
        let is_number = self.webhook.as_ref().is_some_and(|word| word.parse::<i32>().is_ok());
        is_number && context.global.files.is_empty()
    }
}

/// The webhook that a word of the command line means: a number is an id, anything else an exact name.
pub(crate) async fn find(client: &Client, word: &str) -> Result<Webhook> {
    if let Ok(id) = word.parse::<i32>() {
        return Ok(client.get(id).await?);
    }
    let webhooks = client.list().await?;
    let found: Vec<&Webhook> = webhooks.iter().filter(|webhook| webhook.name() == Some(word)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let near = nearest(word, webhooks.iter().filter_map(Webhook::name));
            let hint = near.map(|near| format!("; did you mean '{}'?", visible(near))).unwrap_or_default();
            Err(CliError::new(Exit::Failure, "NOT_FOUND", format!("no webhook is named '{}'{hint}", visible(word))))
        }
        several => {
            let ids: Vec<i32> = several.iter().map(|webhook| webhook.id()).collect();
            let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("{} webhooks are named '{}': {list}; name one by its id", ids.len(), visible(word));
            Err(CliError::new(Exit::Refused, "AMBIGUOUS", message).with("ids", ids))
        }
    }
}

/// The webhook of this name in the files, or all of them.
fn of_file(name: Option<&str>, context: &Context, wanted: bool) -> Result<Vec<Named>> {
    let paths = files::paths(context);
    let desired = files::desired(&paths, &context.out)?;
    let mut found: Vec<&DesiredWebhook> = desired.webhooks().iter().filter(|webhook| !webhook.is_absent()).collect();
    if let Some(name) = name {
        found.retain(|webhook| webhook.label() == name || webhook.name() == Some(name));
        match found.as_slice() {
            [_] => {}
            [] => return Err(not_in(name, &desired, &paths)),
            several => {
                let message = format!(
                    "{} webhooks of {} are called '{}'; name one by its id on the server",
                    several.len(),
                    paths_text(&paths),
                    visible(name)
                );
                return Err(CliError::new(Exit::Refused, "AMBIGUOUS", message));
            }
        }
    }
    let told = |findings: Findings| files::refused(&findings, &context.out);
    let named = |webhook: &&DesiredWebhook| {
        let shown = desired.spec_without_secrets(webhook).map_err(told)?;
        let (spec, secrets) = match wanted {
            true => desired.spec_with_secrets(webhook, &context.secrets()).map_err(told)?,
            false => (shown.clone(), Vec::new()),
        };
        let secrets = secrets.into_iter().map(Zeroizing::new).collect();
        Ok(Named { name: Some(webhook.label().to_owned()), spec, shown, secrets })
    };
    found.iter().map(named).collect()
}

fn not_in(name: &str, desired: &Desired, paths: &[PathBuf]) -> CliError {
    let (absent, present): (Vec<_>, Vec<_>) = desired.webhooks().iter().partition(|webhook| webhook.is_absent());
    if absent.iter().any(|webhook| webhook.label() == name) {
        let message = format!("'{}' has absent = true in {}, so apply deletes it", visible(name), paths_text(paths));
        return CliError::new(Exit::Failure, "NOT_FOUND", message);
    }
    let labels = present.iter().map(|webhook| webhook.label());
    let near = nearest(name, labels).map(|near| format!("; did you mean '{}'?", visible(near)));
    let hint = near.unwrap_or_else(|| "; --live looks for it on the server".into());
    let message = format!("no webhook '{}' in {}{hint}", visible(name), paths_text(paths));
    CliError::new(Exit::Failure, "NOT_FOUND", message)
}

fn paths_text(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", ")
}
