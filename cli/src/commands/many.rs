//! One operation on several webhooks: in order, up to the first that fails.

use blynk_webhooks::Webhook;
use serde_json::{Value, json};

use super::webhook_text::json_of;
use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::json::Tree;

/// A webhook that was dealt with.
pub(super) struct Done {
    pub(super) id: i32,
    pub(super) webhook: Option<Webhook>,
}

/// Runs the operation for each id. Data: the ids as `done` names them, and the webhooks where the operation gives any.
///
/// # Errors
/// That of the first webhook that failed; [`Exit::Partial`] if others were dealt with before it.
pub(super) async fn each<F: Future<Output = blynk_webhooks::Result<Done>>>(
    context: &Context,
    done: &'static str,
    ids: Vec<i32>,
    operation: impl Fn(i32) -> F,
) -> Result<Exit> {
    let mut ended: Vec<Done> = Vec::new();
    let mut outcome = Ok(Exit::Done);
    for (place, id) in ids.iter().enumerate() {
        match operation(*id).await {
            Ok(one) => {
                context.out.note(format_args!("Webhook {id} {done}."));
                ended.push(one);
            }
            Err(error) => {
                outcome = Err(failed(error.into(), *id, &ended, &ids[place + 1..], done));
                break;
            }
        }
    }
    if context.out.is_json() && !ended.is_empty() {
        let numbers: Vec<i32> = ended.iter().map(|one| one.id).collect();
        let webhooks = ended.iter().filter_map(|one| one.webhook.as_ref());
        let webhooks: Vec<Tree> = webhooks.map(|webhook| json_of(webhook, false)).collect();
        let mut members = vec![(done, Tree::from(json!(numbers)))];
        if !webhooks.is_empty() {
            members.push(("webhooks", Tree::Array(webhooks)));
        }
        context.out.json(members);
    }
    outcome
}

fn failed(error: CliError, id: i32, ended: &[Done], left: &[i32], done: &str) -> CliError {
    let list = |ids: &[i32]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let ended: Vec<i32> = ended.iter().map(|one| one.id).collect();
    let mut error = error.about(format_args!("webhook {id}")).with("webhookId", id);
    if !ended.is_empty() {
        error = error.ending(Exit::Partial).and(format_args!("{done} before it: {}", list(&ended)));
    }
    if !left.is_empty() {
        error = error.and(format_args!("not tried: {}", list(left))).with("notTried", Value::from(left));
    }
    error
}
