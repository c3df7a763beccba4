//! What a file says: its settings and its webhooks, each value with its place.

use std::collections::HashMap;
use std::time::Duration;

use blynk_webhooks::{field, nearest};

use crate::desired::{Desired, DesiredWebhook, Guard, Located};
use crate::file::expand::{self, Bindings};
use crate::file::keys::{FILE_VERSION, IGNORED, REFERENCE_KEYS, ROOT_KEYS, WEBHOOK_KEYS, key};
use crate::finding::{Finding, FindingCode};
use crate::redact;
use crate::server::same_server;
use crate::source::{Sources, Span};
use crate::value::{Member, Node, Reference, Value, find};

/// Stands in shown webhooks in the place of a secret.
const REDACTED: &str = "<redacted>";

/// A text that was read, as a tree.
pub(crate) struct Document {
    pub(crate) source: usize,
    pub(crate) root: Node,
}

/// What all documents together want.
pub(crate) fn read_documents(documents: Vec<Document>, sources: Sources, mut findings: Vec<Finding>) -> Desired {
    let mut reader = Reader { findings: &mut findings, hidden: Vec::new() };
    let mut settings = Settings::default();
    let mut webhooks = Vec::new();
    for document in documents {
        reader.document(document, &mut settings, &mut webhooks);
    }
    reader.hide(&webhooks);
    let hidden = reader.hidden;
    refuse_repeated(&webhooks, &mut findings);
    refuse_circular_renames(&webhooks, &mut findings);
    if webhooks.is_empty() && !findings.iter().any(Finding::is_error) {
        let message = "no webhook is defined, so there is nothing to plan; define one, or run import";
        findings.push(Finding::error(FindingCode::Empty, settings.first, message));
    }
    Desired {
        server: settings.server,
        org: settings.org,
        guard: settings.guard.map(|guard| guard.value),
        webhooks,
        sources,
        hidden,
        findings,
    }
}

/// Settings of all files, which must agree.
struct Settings {
    server: Option<Located<String>>,
    org: Option<Located<i32>>,
    guard: Option<Located<Guard>>,
    /// The beginning of the first file.
    first: Span,
}

impl Default for Settings {
    fn default() -> Self {
        Self { server: None, org: None, guard: None, first: Span::NONE }
    }
}

/// What `[defaults]` gives each webhook of its file.
#[derive(Default)]
struct Defaults(Vec<Member>);

struct Reader<'a> {
    findings: &'a mut Vec<Finding>,
    hidden: Vec<Span>,
}

impl Reader<'_> {
    fn error(&mut self, code: FindingCode, span: Span, message: impl Into<String>) {
        self.findings.push(Finding::error(code, span, message));
    }

    fn document(&mut self, document: Document, settings: &mut Settings, webhooks: &mut Vec<DesiredWebhook>) {
        let Document { source, root } = document;
        settings.first = settings.first.or(Span::new(source, 0..0));
        let members = match root.value {
            Value::Object(members) => members,
            Value::Array(items) => return self.list(items, webhooks),
            other => {
                let message = format!("must be a table, or an array of webhooks, is {}", other.kind_name());
                return self.error(FindingCode::WrongType, root.span, message);
            }
        };
        if members.is_empty() {
            let message = "the file is empty, so there is nothing to plan; define a webhook, or run import";
            return self.error(FindingCode::Empty, Span::new(source, 0..0), message);
        }
        let mut defaults = Defaults::default();
        let mut tables = Vec::new();
        for member in members {
            match member.name.as_str() {
                key::VERSION => self.version(&member),
                key::SERVER => self.server(&member, &mut settings.server),
                key::ORG => self.org(&member, &mut settings.org),
                key::GUARD => self.guard(member, &mut settings.guard),
                key::DEFAULTS => defaults = self.defaults(member),
                key::WEBHOOK => tables = self.object(member.node, "a table of webhooks"),
                name => {
                    let meant = nearest(name, ROOT_KEYS).map(|meant| format!("; did you mean '{meant}'?"));
                    let message =
                        format!("'{name}' is not a key of this file{}", meant.unwrap_or_else(|| known(&ROOT_KEYS)));
                    self.error(FindingCode::UnknownKey, member.name_span, message);
                }
            }
        }
        for member in tables {
            self.webhook(member, &defaults, webhooks);
        }
    }

    /// Webhooks as a list of specs with names.
    fn list(&mut self, items: Vec<Node>, webhooks: &mut Vec<DesiredWebhook>) {
        for (index, node) in items.into_iter().enumerate() {
            let name = match &node.value {
                Value::Object(members) => find(members, field::NAME).and_then(|member| member.node.value.as_str()),
                _ => None,
            };
            let label = name.map_or_else(|| format!("webhook {index}"), str::to_owned);
            let named = name.is_some();
            let before = webhooks.len();
            let member = Member { name: label, name_span: node.span, node };
            self.webhook(member, &Defaults::default(), webhooks);
            for webhook in webhooks.iter_mut().skip(before).filter(|webhook| !named && webhook.id.is_none()) {
                let message = "a webhook of a list needs a name, or the id of the webhook that it is";
                self.findings.push(Finding::error(FindingCode::Missing, webhook.span, message));
                webhook.name = None;
            }
        }
    }

    fn version(&mut self, member: &Member) {
        match integer(&member.node.value) {
            Some(FILE_VERSION) => {}
            Some(other) => {
                let message = format!("version {other} is not supported; this program supports version {FILE_VERSION}");
                self.error(FindingCode::InvalidValue, member.node.span, message);
            }
            None => self.wrong_type(&member.node, "an integer"),
        }
    }

    fn server(&mut self, member: &Member, server: &mut Option<Located<String>>) {
        let Some(text) = self.text(&member.node) else { return };
        let found =
            url::Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        match found {
            None => {
                let message = "must be the address of a server, e.g. \"https://fra1.blynk.cloud\"";
                self.error(FindingCode::InvalidValue, member.node.span, message);
            }
            Some(url) if !url.username().is_empty() || url.password().is_some() => {
                self.hidden.push(member.node.span);
                let message = "contains credentials; remove them: credentials come from a profile or the environment";
                self.error(FindingCode::InvalidValue, member.node.span, message);
            }
            Some(_) => {
                self.agree(key::SERVER, server, Located { value: text, span: member.node.span }, |a, b| {
                    same_server(a, b)
                });
            }
        }
    }

    fn org(&mut self, member: &Member, org: &mut Option<Located<i32>>) {
        match integer(&member.node.value).and_then(|id| i32::try_from(id).ok()) {
            Some(id) => self.agree(key::ORG, org, Located { value: id, span: member.node.span }, PartialEq::eq),
            None => self.wrong_type(&member.node, "an organization's id (int32)"),
        }
    }

    /// A setting that several files may have must be the same in all.
    fn agree<T>(
        &mut self,
        name: &str,
        known: &mut Option<Located<T>>,
        found: Located<T>,
        same: impl Fn(&T, &T) -> bool,
    ) {
        match known {
            None => *known = Some(found),
            Some(first) if same(&first.value, &found.value) => {}
            Some(first) => {
                let message = format!("'{name}' must be the same in all files");
                self.findings.push(
                    Finding::error(FindingCode::Conflict, found.span, message).related(first.span, "the other one"),
                );
            }
        }
    }

    fn guard(&mut self, member: Member, guard: &mut Option<Located<Guard>>) {
        let span = member.name_span;
        for member in self.object(member.node, "a table") {
            if member.name != key::MAX_DELETES {
                let keys = [key::MAX_DELETES];
                let message = format!("'{}' is not a key of [guard]{}", member.name, known(&keys));
                self.error(FindingCode::UnknownKey, member.name_span, message);
                continue;
            }
            let found = match &member.node.value {
                Value::Number(_) => {
                    integer(&member.node.value).and_then(|most| usize::try_from(most).ok()).map(Guard::Count)
                }
                Value::String(text) => text
                    .strip_suffix('%')
                    .and_then(|percent| percent.trim().parse().ok())
                    .filter(|percent| *percent <= 100)
                    .map(Guard::Percent),
                _ => None,
            };
            match found {
                Some(value) => {
                    let span = member.node.span.or(span);
                    self.agree(key::MAX_DELETES, guard, Located { value, span }, PartialEq::eq);
                }
                None => {
                    let message = "must be a number of webhooks, or a percentage such as \"30%\"";
                    self.error(FindingCode::InvalidValue, member.node.span, message);
                }
            }
        }
    }

    fn defaults(&mut self, member: Member) -> Defaults {
        let members = self.object(member.node, "a table of fields");
        let allowed = |name: &str| {
            name == key::EXPECT || name == key::EXTRA || (name != field::NAME && !WEBHOOK_KEYS.contains(&name))
        };
        let (kept, refused): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| allowed(&member.name));
        for member in refused {
            let message = format!("'{}' belongs to one webhook; it cannot be a default", member.name);
            self.error(FindingCode::UnknownKey, member.name_span, message);
        }
        Defaults(kept)
    }

    /// One table of the file: one webhook, or several with `for_each`.
    fn webhook(&mut self, member: Member, defaults: &Defaults, webhooks: &mut Vec<DesiredWebhook>) {
        let Member { name: label, name_span, node } = member;
        let span = name_span.or(node.span);
        let mut members = self.object(node, "a table of fields");
        let for_each = members.iter().position(|member| member.name == key::FOR_EACH).map(|at| members.remove(at));
        let is_absent =
            find(&members, key::ABSENT).is_some_and(|member| matches!(member.node.value, Value::Bool(true)));
        if !is_absent {
            let given = |name: &str| find(&members, name).is_some();
            let missing: Vec<_> = defaults.0.iter().filter(|default| !given(&default.name)).cloned().collect();
            members.extend(missing);
        }
        let Some(for_each) = for_each else {
            let webhook = self.instance(label.clone(), label, span, members, None);
            webhooks.push(webhook);
            return;
        };
        let all = expand::bindings(&for_each, self.findings);
        let before = webhooks.len();
        for bindings in all {
            let members = members.iter().map(|member| expand::member(member, &bindings)).collect();
            let expanded = expand::text(&label, &bindings);
            let webhook = self.instance(label.clone(), expanded, span, members, Some(bindings));
            webhooks.push(webhook);
        }
        let made = &webhooks[before..];
        if made.len() > 1 && made.iter().all(|webhook| webhook.name == made[0].name && webhook.id.is_none()) {
            let message = "for_each makes several webhooks of one name; put its variable into the name, as {variable}";
            self.error(FindingCode::Duplicate, span, message);
            webhooks.truncate(before + 1);
        }
    }

    fn instance(
        &mut self,
        table: String,
        label: String,
        span: Span,
        members: Vec<Member>,
        bindings: Option<Bindings>,
    ) -> DesiredWebhook {
        let mut webhook = DesiredWebhook {
            table,
            name: Some(label.clone()),
            label,
            span,
            id: None,
            was: None,
            absent: false,
            max_silence: None,
            fields: Vec::with_capacity(members.len()),
            suspects: Vec::new(),
            bindings,
        };
        let mut name = None;
        for mut member in members {
            match member.name.as_str() {
                field::ID => webhook.id = self.id(&member.node),
                key::WAS => webhook.was = self.text(&member.node).filter(|was| !was.is_empty()),
                key::ABSENT => match member.node.value {
                    Value::Bool(absent) => webhook.absent = absent,
                    _ => self.wrong_type(&member.node, "true or false"),
                },
                key::EXPECT => webhook.max_silence = self.expect(member.node),
                key::EXTRA if matches!(member.node.value, Value::Object(_)) => {
                    self.extra(member.node, &mut webhook.fields)
                }
                ignored if IGNORED.contains(&ignored) => {}
                _ => {
                    if let Some(meant) = misspelt(&member.name) {
                        webhook.suspects.push((member.name.clone(), member.name_span, meant));
                    }
                    self.references(&mut member.node);
                    if member.name == field::URL && member.node.value.as_str().is_some_and(has_hidden_part) {
                        let message =
                            "was copied from output that hides its credentials; write them, or { keep = true }";
                        self.error(FindingCode::InvalidValue, member.node.span, message);
                    }
                    if member.name == field::NAME {
                        name = Some(member);
                    } else {
                        webhook.fields.push(member);
                    }
                }
            }
        }
        match name {
            None => {
                let node = Node { value: Value::String(webhook.label.clone()), span };
                webhook.fields.push(Member { name: field::NAME.into(), name_span: span, node });
            }
            Some(member) => {
                match &member.node.value {
                    Value::String(text) => webhook.name = Some(text.clone()),
                    Value::Null => webhook.name = None,
                    _ => self.wrong_type(&member.node, "a string: a webhook is found by its name"),
                }
                webhook.fields.push(member);
            }
        }
        webhook
    }

    fn id(&mut self, node: &Node) -> Option<i32> {
        let id = integer(&node.value).and_then(|id| i32::try_from(id).ok());
        if id.is_none() {
            self.wrong_type(node, "a webhook's id (int32)");
        }
        id
    }

    /// What `doctor` reads; never sent.
    fn expect(&mut self, node: Node) -> Option<Duration> {
        let mut max_silence = None;
        for member in self.object(node, "a table, e.g. { maxSilence = \"2h\" }") {
            if member.name != key::MAX_SILENCE {
                let keys = [key::MAX_SILENCE];
                let meant = nearest(&member.name, keys).map(|meant| format!("; did you mean '{meant}'?"));
                let message =
                    format!("'{}' is not a key of expect{}", member.name, meant.unwrap_or_else(|| known(&keys)));
                self.error(FindingCode::UnknownKey, member.name_span, message);
                continue;
            }
            let Some(text) = self.text(&member.node) else { continue };
            match humantime::parse_duration(&text) {
                Ok(duration) if !duration.is_zero() => max_silence = Some(duration),
                _ => {
                    let message = format!("'{text}' is not a duration; write e.g. \"2h\", \"30m\" or \"7days\"");
                    self.error(FindingCode::InvalidValue, member.node.span, message);
                }
            }
        }
        max_silence
    }

    /// Fields that this version does not know, under any name.
    fn extra(&mut self, node: Node, fields: &mut Vec<Member>) {
        for mut member in self.object(node, "a table of fields") {
            let name = member.name.as_str();
            if field::SETTABLE.contains(&name) || field::READ_ONLY.contains(&name) || name == field::ORG_ID {
                let message = format!("'{name}' is a field that this version knows; write it outside of extra");
                self.error(FindingCode::UnknownKey, member.name_span, message);
                continue;
            }
            self.references(&mut member.node);
            fields.retain(|known| known.name != member.name);
            fields.push(member);
        }
    }

    /// Replaces the tables that stand for another value.
    fn references(&mut self, node: &mut Node) {
        match &mut node.value {
            // What the program's `get` prints in the place of a secret.
            Value::String(text) if text == REDACTED => node.value = Value::Keep,
            Value::Array(items) => items.iter_mut().for_each(|item| self.references(item)),
            Value::Object(members) => {
                let [member] = members.as_slice() else {
                    return members.iter_mut().for_each(|member| self.references(&mut member.node));
                };
                if !REFERENCE_KEYS.contains(&member.name.as_str()) {
                    return members.iter_mut().for_each(|member| self.references(&mut member.node));
                }
                match reference(member) {
                    Ok(value) => node.value = value,
                    Err(expected) => {
                        let message = format!(
                            "{{ {0} = … }} must have {expected}; a table with the one member '{0}' is written {{ json = '{{\"{0}\": …}}' }}",
                            member.name
                        );
                        self.findings.push(Finding::error(FindingCode::WrongType, node.span, message));
                        node.value = Value::Null;
                    }
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong_type(node, "a string");
                None
            }
        }
    }

    fn object(&mut self, node: Node, expected: &str) -> Vec<Member> {
        match node.value {
            Value::Object(members) => members,
            _ => {
                self.wrong_type(&node, expected);
                Vec::new()
            }
        }
    }

    fn wrong_type(&mut self, node: &Node, expected: &str) {
        let message = match &node.value {
            Value::Number(text) => format!("must be {expected}, is {text:.40}"),
            other => format!("must be {expected}, is {}", other.kind_name()),
        };
        self.error(FindingCode::WrongType, node.span, message);
    }

    /// Notes which parts of the texts hold secrets: no finding shows them.
    fn hide(&mut self, webhooks: &[DesiredWebhook]) {
        for member in webhooks.iter().flat_map(|webhook| &webhook.fields) {
            redact::visit_scalars(&member.name, &member.node, &mut |place, node| match &node.value {
                // An argument may be a secret.
                Value::Reference(reference) if matches!(**reference, Reference::Command(_)) => {
                    self.hidden.push(node.span)
                }
                Value::Null | Value::Bool(_) | Value::Keep | Value::Reference(_) => {}
                Value::String(text)
                    if member.name == field::URL && blynk_webhooks::without_credentials(text) != *text =>
                {
                    self.hidden.push(node.span);
                }
                _ if place.is_hidden() => self.hidden.push(node.span),
                _ => {}
            });
        }
    }
}

/// True for a URL whose credentials are hidden.
pub(crate) fn has_hidden_part(url: &str) -> bool {
    url.contains("://***@") || url.contains("=***")
}

/// What a table with one member stands for; else what the member must be.
fn reference(member: &Member) -> Result<Value, &'static str> {
    let strings = |items: &[Node]| -> Option<Vec<String>> {
        items.iter().map(|item| item.value.as_str().map(str::to_owned)).collect()
    };
    Ok(match (member.name.as_str(), &member.node.value) {
        ("env", Value::String(name)) if !name.is_empty() => Value::Reference(Box::new(Reference::Env(name.clone()))),
        ("env", _) => return Err("the name of an environment variable"),
        ("file", Value::String(path)) if !path.is_empty() => Value::Reference(Box::new(Reference::File(path.clone()))),
        ("file", _) => return Err("the path of a file"),
        ("command", Value::Array(items)) if !items.is_empty() => match strings(items) {
            Some(command) => Value::Reference(Box::new(Reference::Command(command))),
            None => return Err("a program and its arguments, all strings"),
        },
        ("command", _) => return Err("an array: a program and its arguments"),
        ("keep", Value::Bool(true)) => Value::Keep,
        ("keep", _) => return Err("the value true"),
        (_, Value::String(json)) => match blynk_webhooks::Json::parse(json) {
            Ok(json) => Value::parse(json.as_str()),
            Err(_) => return Err("a string with JSON in it"),
        },
        _ => return Err("a string with JSON in it"),
    })
}

/// The name that a misspelt field was probably meant to have.
fn misspelt(name: &str) -> Option<&'static str> {
    if field::SETTABLE.contains(&name) {
        return None;
    }
    nearest(name, field::SETTABLE.into_iter().chain(WEBHOOK_KEYS))
}

fn known(keys: &[&str]) -> String {
    format!("; known keys: {}", keys.join(", "))
}

/// An integer, also one that is written with a fraction.
fn integer(value: &Value) -> Option<i64> {
    let Value::Number(text) = value else { return None };
    text.parse().ok().or_else(|| {
        let number: f64 = text.parse().ok()?;
        let is_exact = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
        // Such a float is an integer exactly.
        #[allow(clippy::cast_possible_truncation)]
        is_exact.then_some(number as i64)
    })
}

/// A webhook that is defined twice is an error with both places. Several of one name need an `id` each.
fn refuse_repeated(webhooks: &[DesiredWebhook], findings: &mut Vec<Finding>) {
    let mut by_name: HashMap<&str, &DesiredWebhook> = HashMap::new();
    let mut by_id: HashMap<i32, &DesiredWebhook> = HashMap::new();
    let mut by_former_name: HashMap<&str, &DesiredWebhook> = HashMap::new();
    let mut refuse = |webhook: &DesiredWebhook, first: &DesiredWebhook, message: String| {
        findings.push(
            Finding::error(FindingCode::Duplicate, webhook.span, message).related(first.span, "the first definition"),
        );
    };
    for webhook in webhooks {
        if let Some(id) = webhook.id
            && let Some(first) = by_id.insert(id, webhook)
        {
            refuse(webhook, first, format!("the webhook with id {id} is defined twice; remove one definition"));
        }
        if let Some(was) = &webhook.was
            && let Some(first) = by_former_name.insert(was, webhook)
        {
            refuse(webhook, first, format!("two webhooks have was = '{was}'; remove it from one of them"));
        }
        let Some(name) = &webhook.name else { continue };
        match by_name.get(name.as_str()) {
            Some(first) if webhook.id.is_none() || first.id.is_none() => {
                let message =
                    format!("'{name}' is defined twice; remove one definition, or pin both webhooks with their id");
                refuse(webhook, first, message);
            }
            Some(_) => {}
            None => {
                by_name.insert(name, webhook);
            }
        }
    }
}

/// Former names in a circle (A was B, B was A) say the same before and after the renaming, so that no plan could come to an end.
fn refuse_circular_renames(webhooks: &[DesiredWebhook], findings: &mut Vec<Finding>) {
    let renamed = webhooks.iter().filter_map(|webhook| match (&webhook.id, &webhook.name, &webhook.was) {
        (None, Some(name), Some(was)) if name != was => Some((name.as_str(), (was.as_str(), webhook))),
        _ => None,
    });
    let mut renamed: HashMap<&str, (&str, &DesiredWebhook)> = renamed.collect();
    for start in webhooks.iter().filter_map(DesiredWebhook::name) {
        // What was followed once need not be followed again.
        let mut path = Vec::new();
        let mut name = start;
        while let Some((was, webhook)) = renamed.remove(name) {
            path.push((name, was, webhook));
            name = was;
        }
        let Some(first) = path.iter().position(|(member, ..)| *member == name) else { continue };
        let circle = &path[first..];
        let named: Vec<_> = circle.iter().map(|(name, was, _)| format!("'{name}' was '{was}'")).collect();
        let message = format!(
            "{}: the names are the same before and after the renaming, so they cannot tell which webhook is which; in each of \
             these tables, replace 'was' with the webhook's id: id = …",
            named.join(", ")
        );
        findings.push(Finding::error(FindingCode::Ambiguous, circle[0].2.span, message));
    }
}
