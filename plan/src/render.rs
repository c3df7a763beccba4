//! Plans, drift, reports and diagnoses as text for people.

use std::fmt::Write as _;

use serde_json::Value;
use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{ChangeTag, DiffOp, group_diff_ops};

use crate::apply::{ItemReport, Outcome, Report};
use crate::doctor::{Diagnosis, Weight};
use crate::drift::{Drift, DriftKind};
use crate::item::{Action, Item};
use crate::plan::{GuardReport, Plan};
use crate::visible::{quoted, visible};

/// Unmanaged webhooks that are named; more are counted.
const MOST_NAMED: usize = 10;
/// Longest value that is shown whole.
const LONGEST: usize = 200;

/// ANSI colours, or none.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    fn with(self, code: &str, text: impl AsRef<str>) -> String {
        let text = text.as_ref();
        if self.0 && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: impl AsRef<str>) -> String {
        self.with("1", text)
    }

    fn faint(self, text: impl AsRef<str>) -> String {
        self.with("2", text)
    }

    fn red(self, text: impl AsRef<str>) -> String {
        self.with("31", text)
    }

    fn green(self, text: impl AsRef<str>) -> String {
        self.with("32", text)
    }

    fn yellow(self, text: impl AsRef<str>) -> String {
        self.with("33", text)
    }
}

/// A value on one line.
fn value(value: &Value) -> String {
    let text = match value {
        Value::Null => return "(none)".into(),
        Value::String(text) => quoted(text),
        other => visible(&other.to_string()),
    };
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}… ({} characters)", &text[..cut], text.chars().count()),
        None => text,
    }
}

/// One field, before and after: on one line, or as a diff if it has several lines.
fn change(out: &mut String, paint: Paint, field: &str, before: &Value, after: &Value) {
    let field = visible(field);
    if let (Value::String(before), Value::String(after)) = (before, after)
        && (before.contains('\n') || after.contains('\n'))
    {
        let _ = writeln!(out, "      {field}:");
        let (before, after): (Vec<_>, Vec<_>) =
            (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
        for op in group_diff_ops(line_changes(&before, &after), 3).iter().flatten() {
            for change in op.iter_changes(before.as_slice(), after.as_slice()) {
                let line = visible(change.value().trim_end_matches('\n'));
                let _ = match change.tag() {
                    ChangeTag::Delete => writeln!(out, "        {}", paint.red(format!("- {line}"))),
                    ChangeTag::Insert => writeln!(out, "        {}", paint.green(format!("+ {line}"))),
                    ChangeTag::Equal => writeln!(out, "          {line}"),
                };
            }
        }
        return;
    }
    let (before, after) = (paint.red(value(before)), paint.green(value(after)));
    let _ = writeln!(out, "      {field}: {before} -> {after}");
}

/// How one text's lines become another's. `TextDiff` would bring all six algorithms of the library into the packages.
fn line_changes(before: &[&str], after: &[&str]) -> Vec<DiffOp> {
    let mut changes = Compact::new(Replace::new(Capture::new()), before, after);
    match myers::diff(&mut changes, before, 0..before.len(), after, 0..after.len()) {
        Ok(()) => changes.into_inner().into_inner().into_ops(),
        Err(never) => match never {},
    }
}

fn target(server: Option<&str>, org: Option<i32>) -> String {
    let org = org.map(|org| format!("organization {org}"));
    let parts: Vec<String> = server.map(visible).into_iter().chain(org).collect();
    if parts.is_empty() { "the server".into() } else { parts.join(", ") }
}

fn title(name: &str, id: Option<i32>) -> String {
    let id = id.map(|id| format!(" (id {id})")).unwrap_or_default();
    format!("{}{id}", quoted(name))
}

fn plural(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// `1 webhook matches`, `2 webhooks match`.
fn matching(count: usize) -> String {
    format!("{} {}", plural(count, "webhook"), if count == 1 { "matches" } else { "match" })
}

fn named<'a>(items: impl ExactSizeIterator<Item = (&'a str, Option<i32>)>) -> String {
    let count = items.len();
    let names: Vec<_> = items.take(MOST_NAMED).map(|(name, id)| title(name, id)).collect();
    let more = if count > names.len() { format!(" and {} more", count - names.len()) } else { String::new() };
    format!("{}{more}", names.join(", "))
}

impl Plan {
    /// The plan as text for people: each change, the webhooks that stay as they are, the guard, and the digest. With ANSI colours if
    /// `color` is set. Holds no secret.
    #[must_use]
    pub fn to_text(&self, color: bool) -> String {
        let paint = Paint(color);
        let mut out = String::new();
        let _ = writeln!(out, "{}", paint.bold(format!("Plan for {}", target(self.server.as_deref(), self.org))));
        for action in [Action::Update, Action::Create, Action::Delete] {
            for item in self.items.iter().filter(|item| item.action == action) {
                out.push('\n');
                plan_item(&mut out, paint, item);
            }
        }
        self.left_alone(&mut out, paint);
        let summary = self.summary();
        out.push('\n');
        if self.is_empty() {
            let _ = writeln!(out, "No changes: {} the file.", matching(summary.unchanged));
        } else {
            let _ = writeln!(
                out,
                "{} to update, {} to create, {} to delete, {} unchanged.",
                summary.update, summary.create, summary.delete, summary.unchanged
            );
        }
        let _ = writeln!(out, "{}", guard(&self.guard, paint));
        let _ = writeln!(out, "Digest: {}", self.digest);
        out
    }

    fn left_alone(&self, out: &mut String, paint: Paint) {
        let unmanaged: Vec<_> = self.items.iter().filter(|item| item.action == Action::Unmanaged).collect();
        if !unmanaged.is_empty() {
            let names = named(unmanaged.iter().map(|item| (item.name.as_str(), item.id)));
            let text = format!("Not in the file, left alone: {names}");
            let _ = writeln!(out, "\n{}", paint.faint(text));
        }
        for item in self.items.iter().filter(|item| item.action == Action::Unchanged) {
            let name = title(&item.name, item.id);
            if !item.cannot_compare.is_empty() {
                let paths = item.cannot_compare.iter().map(|path| visible(path)).collect::<Vec<_>>().join(", ");
                let text = format!(
                    "Cannot compare {paths} of {name}: the server does not show it; --resend-secrets sends it again"
                );
                let _ = writeln!(out, "\n{}", paint.yellow(text));
            }
            if item.disabled_by_platform {
                let text = format!("The platform has disabled {name} after errors; run doctor for more");
                let _ = writeln!(out, "\n{}", paint.yellow(text));
            }
        }
    }
}

fn plan_item(out: &mut String, paint: Paint, item: &Item) {
    let name = title(&item.name, item.id);
    let _ = match item.action {
        Action::Create => writeln!(out, "  {} {name}", paint.green("+ create")),
        Action::Delete => writeln!(out, "  {} {name}", paint.red("- delete")),
        _ => writeln!(out, "  {} {name}", paint.yellow("~ update")),
    };
    for Change { field, before, after } in item.changes.iter().map(Change::of) {
        match item.action {
            Action::Create => {
                let _ = writeln!(out, "      {}: {}", visible(field), value(after));
            }
            _ => change(out, paint, field, before, after),
        }
    }
    if !item.cannot_compare.is_empty() && item.action == Action::Update {
        let paths = item.cannot_compare.iter().map(|path| visible(path)).collect::<Vec<_>>().join(", ");
        let text = format!("cannot compare {paths}; an update replaces the whole webhook, so the file's value is sent");
        let _ = writeln!(out, "      {}", paint.faint(text));
    }
}

struct Change<'a> {
    field: &'a str,
    before: &'a Value,
    after: &'a Value,
}

impl<'a> Change<'a> {
    fn of(change: &'a crate::item::Change) -> Self {
        Self { field: &change.field, before: &change.before, after: &change.after }
    }
}

fn guard(guard: &GuardReport, paint: Paint) -> String {
    let deletes = format!("Guard: deletes {} of {} managed webhooks", guard.deletes, guard.managed);
    match (&guard.limit, guard.allowed) {
        (Some(limit), Some(allowed)) if guard.exceeded => {
            paint.red(format!("{deletes}; max_deletes = {limit} allows {allowed}, so apply refuses this plan."))
        }
        (Some(limit), Some(allowed)) => format!("{deletes}; max_deletes = {limit} allows {allowed}."),
        _ => format!("{deletes}; no limit is set ([guard] max_deletes)."),
    }
}

impl Drift {
    /// The drift as text for people.
    #[must_use]
    pub fn to_text(&self, color: bool) -> String {
        let paint = Paint(color);
        let mut out = String::new();
        let target = target(self.server.as_deref(), self.org);
        let _ = writeln!(out, "{}", paint.bold(format!("Drift of {target} (file -> server)")));
        for item in &self.items {
            let name = title(&item.name, item.id);
            out.push('\n');
            let _ = match item.kind {
                DriftKind::Changed => writeln!(out, "  {} {name}", paint.yellow("~ changed")),
                DriftKind::Missing => {
                    writeln!(out, "  {} {name}: it is in the file, but not on the server", paint.red("- missing"))
                }
                DriftKind::Present => {
                    writeln!(
                        out,
                        "  {} {name}: the file has absent = true, but it is still on the server",
                        paint.green("+ present")
                    )
                }
            };
            for field in &item.fields {
                change(&mut out, paint, &field.field, &field.file, &field.server);
            }
        }
        if !self.unmanaged.is_empty() {
            let names = named(self.unmanaged.iter().map(|mention| (mention.name.as_str(), mention.id)));
            let _ = writeln!(out, "\n{}", paint.faint(format!("Not in the file: {names}")));
        }
        for mention in &self.cannot_compare {
            let paths = mention.fields.iter().map(|path| visible(path)).collect::<Vec<_>>().join(", ");
            let text = format!("Cannot compare {paths} of {}", title(&mention.name, mention.id));
            let _ = writeln!(out, "\n{}", paint.yellow(text));
        }
        out.push('\n');
        if self.is_empty() {
            let _ = writeln!(out, "No drift: {} the file.", matching(self.managed));
        } else {
            let count = self.items.len();
            let differ = if count == 1 { "differs" } else { "differ" };
            let _ = writeln!(out, "{count} of {} webhooks {differ} from the file.", self.managed);
        }
        out
    }
}

impl ItemReport {
    /// How the item ended, on one line.
    #[must_use]
    pub fn to_text(&self, color: bool) -> String {
        let paint = Paint(color);
        let name = title(&self.name, self.id);
        let message = self.message.as_deref().map(|message| format!(": {}", visible(message))).unwrap_or_default();
        match self.outcome {
            Outcome::Done => {
                let done = match self.action {
                    Action::Create => "created",
                    Action::Delete => "deleted",
                    _ => "updated",
                };
                format!("{} {name}{message}", paint.green(done))
            }
            Outcome::Skipped => format!("{} {name}{message}", paint.faint("skipped")),
            outcome => format!("{} to {} {name}{message}", paint.red(outcome.as_str()), self.action.as_str()),
        }
    }
}

impl Report {
    /// How the apply ended, on one line.
    #[must_use]
    pub fn to_text(&self, color: bool) -> String {
        let paint = Paint(color);
        if self.items.is_empty() {
            return "Nothing to do.\n".into();
        }
        let all = [Outcome::Done, Outcome::Conflict, Outcome::Failed, Outcome::Unknown, Outcome::Skipped];
        let counts: Vec<_> = all
            .into_iter()
            .map(|outcome| (self.count(outcome), outcome))
            .filter(|(count, _)| *count > 0)
            .map(|(count, outcome)| {
                let text = format!("{count} {}", outcome.as_str());
                if outcome == Outcome::Done { paint.green(text) } else { paint.red(text) }
            })
            .collect();
        let again = if self.is_complete() { "" } else { " Plan again to see what is left." };
        format!("{}: {}.{again}\n", plural(self.items.len(), "change"), counts.join(", "))
    }
}

impl Diagnosis {
    /// The diagnosis as text for people.
    #[must_use]
    pub fn to_text(&self, color: bool) -> String {
        let paint = Paint(color);
        let mut out = String::new();
        for notice in &self.notices {
            let weight = match notice.weight {
                Weight::Unhealthy => paint.red("unhealthy"),
                Weight::Advice => paint.yellow("advice"),
            };
            let about = match (notice.id, notice.name.as_str()) {
                (None, "") => String::new(),
                (id, name) => format!(" {}", title(name, id)),
            };
            let _ = writeln!(out, "{weight}{about}: {} [{}]", visible(&notice.message), notice.code.as_str());
        }
        let unhealthy = self.notices.iter().filter(|notice| notice.weight == Weight::Unhealthy).count();
        let advice = self.notices.len() - unhealthy;
        let healthy = if unhealthy == 0 { paint.green("Healthy") } else { paint.red("Unhealthy") };
        let advice = if advice == 1 { "1 piece of advice".into() } else { format!("{advice} pieces of advice") };
        let _ = writeln!(
            out,
            "{healthy}: {}, {unhealthy} unhealthy, {advice}. The API does not show the cause of failures.",
            plural(self.webhooks, "webhook")
        );
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_are_a_diff() {
        let mut out = String::new();
        change(&mut out, Paint(false), "body", &"a\nb\nc\n".into(), &"a\nB\nc\n".into());
        assert_eq!(out, "      body:\n          a\n        - b\n        + B\n          c\n");
    }
}
