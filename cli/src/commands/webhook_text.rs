//! A webhook as people and programs read it.

use blynk_webhooks::bindings::without_credentials;
use blynk_webhooks::{Naming, Violation, Webhook};

use crate::context::Context;
use crate::json::{Tree, redact};
use crate::output::{Output, visible};

/// A webhook with the wire's names, without its secrets unless they are asked for.
pub(super) fn json_of(webhook: &Webhook, show_secrets: bool) -> Tree {
    let tree = Tree::of_server(&webhook.to_json());
    if show_secrets { tree } else { redact(tree) }
}

/// The status on one line; `-` where the server says none.
pub(super) fn status_text(webhook: &Webhook) -> String {
    webhook.status().map_or("-".into(), |status| visible(status.as_str()))
}

/// The URL on one line, without credentials unless they are asked for.
pub(super) fn url_text(url: Option<&str>, show_secrets: bool) -> String {
    let url = url.unwrap_or_default();
    if show_secrets { visible(url) } else { visible(&without_credentials(url)) }
}

/// One line for each field: its name and its value. Objects and lists are JSON.
pub(super) fn fields_text(webhook: &Tree) -> Vec<String> {
    let Tree::Object(members) = webhook else { return Vec::new() };
    let width = members.iter().map(|(name, _)| visible(name).len()).max().unwrap_or_default();
    members.iter().map(|(name, member)| format!("{:width$}  {}", visible(name), value_text(member))).collect()
}

/// The value of a field on one line.
pub(super) fn value_text(value: &Tree) -> String {
    value.as_text().map_or_else(|| visible(&value.to_text()), |text| visible(&text))
}

/// A webhook in a sentence: its id and name.
pub(super) fn described(webhook: &Webhook) -> String {
    format!("webhook {} '{}'", webhook.id(), visible(webhook.name().unwrap_or_default()))
}

/// A webhook as data, without its secrets.
pub(super) fn print_webhook(webhook: &Webhook, context: &Context) {
    let shown = json_of(webhook, false);
    match context.out.is_json() {
        true => context.out.json([("webhook", shown)]),
        false => fields_text(&shown).into_iter().for_each(|line| context.out.line(line)),
    }
}

/// Says what is worth knowing and stops nothing.
pub(super) fn warn(violations: &[Violation], out: &Output) {
    let warnings = violations.iter().filter(|violation| !violation.is_error());
    warnings.for_each(|violation| out.warning(visible(&violation.render(Naming::Program))));
}
