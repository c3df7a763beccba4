//! Writes what a server holds as a file, or into an existing one.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use blynk_webhooks::{Status, Webhook, field, nearest};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike};

use crate::compare::{self, Live};
use crate::desired::{Desired, DesiredWebhook};
use crate::error::PlanError;
use crate::file::toml::to_toml;
use crate::file::{FILE_VERSION, Input, REFERENCE_KEYS, WEBHOOK_KEYS, has_hidden_part, key};
use crate::finding::FindingCode;
use crate::identity;
use crate::item::Action;
use crate::plan::{Plan, PlanOptions};
use crate::redact::{self, Place};
use crate::secret::Secrets;
use crate::server::same_server;
use crate::value::{Member, Node, Value, find};

/// How webhooks are written into a file.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// An existing TOML file. Its comments and its order stay.
    pub existing: Option<Input>,
    /// Pins every webhook with its id, so that a rename by hand is seen as one.
    pub pin_ids: bool,
    /// Writes secrets as the server shows them. By default they are `{ keep = true }`: the server's own, never compared.
    pub with_secrets: bool,
    /// Only adds webhooks; those that are already in the file stay as they are.
    pub add_only: bool,
    /// The server, for the file's head.
    pub server: Option<String>,
    /// The organization, for the file's head.
    pub org: Option<i32>,
    /// Where the secrets of the existing file are read from.
    pub secrets: Secrets,
}

impl ImportOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An existing TOML file.
    #[must_use]
    pub fn existing(mut self, existing: Input) -> Self {
        self.existing = Some(existing);
        self
    }

    /// Whether every webhook is pinned with its id.
    #[must_use]
    pub fn pin_ids(mut self, pin_ids: bool) -> Self {
        self.pin_ids = pin_ids;
        self
    }

    /// Whether secrets are written as the server shows them.
    #[must_use]
    pub fn with_secrets(mut self, with_secrets: bool) -> Self {
        self.with_secrets = with_secrets;
        self
    }

    /// Whether webhooks that are already in the file stay as they are.
    #[must_use]
    pub fn add_only(mut self, add_only: bool) -> Self {
        self.add_only = add_only;
        self
    }

    /// The server, for the file's head.
    #[must_use]
    pub fn server(mut self, server: impl Into<String>) -> Self {
        self.server = Some(server.into());
        self
    }

    /// The organization, for the file's head.
    #[must_use]
    pub fn org(mut self, org: impl Into<Option<i32>>) -> Self {
        self.org = org.into();
        self
    }
}

/// A file that was written.
#[derive(Clone)]
#[non_exhaustive]
pub struct Imported {
    /// The file's text.
    pub text: String,
    /// Webhooks that the file did not have.
    pub added: Vec<String>,
    /// Webhooks that the file had otherwise.
    pub changed: Vec<String>,
    /// What the file has and the server has not: apply creates it.
    pub only_in_file: Vec<String>,
    /// What is worth knowing, e.g. a URL with credentials in it. Holds no secret.
    pub warnings: Vec<String>,
}

/// The text may hold secrets.
impl fmt::Debug for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imported")
            .field("added", &self.added)
            .field("changed", &self.changed)
            .field("only_in_file", &self.only_in_file)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Writes webhooks as a file whose plan is empty.
///
/// # Errors
/// [`PlanError::Findings`] if the existing file has errors, or is not the one that the webhooks belong to.
///
/// ```
/// use blynk_webhooks::Webhook;
/// use blynk_webhooks_plan::{Desired, ImportOptions, Input, Plan, PlanOptions, import};
///
/// let live = [Webhook::from_json(r#"{"id":7,"name":"Doors","trigger":"DEVICE_ADDED","url":"https://a.example","new":null}"#)?];
/// let file = import(&live, &ImportOptions::new())?.text;
/// assert!(file.contains("[webhook.Doors]") && file.contains(r#"new = { json = "null" }"#));
///
/// let desired = Desired::parse([Input::new("webhooks.toml", file)])?;
/// assert!(Plan::new(&desired, &live, &PlanOptions::new())?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn import(live: &[Webhook], options: &ImportOptions) -> Result<Imported, PlanError> {
    let live: Vec<Arc<Live>> = live.iter().cloned().map(Live::new).map(Arc::new).collect();
    let mut writer = match &options.existing {
        Some(existing) if !says_nothing(&existing.text) => Writer::into_existing(existing, &live, options)?,
        _ => Writer::new(options),
    };
    // Comments of a file that holds nothing else stay at its head.
    let head = options.existing.as_ref().map(|existing| existing.text.trim_end()).filter(|text| says_nothing(text));
    let known: HashSet<i32> = writer.held.iter().copied().collect();
    let duplicates = repeated_names(&live);
    for webhook in live.iter().filter(|webhook| !known.contains(&webhook.webhook.id())) {
        let is_repeated = webhook.webhook.name().is_none_or(|name| name.is_empty() || duplicates.contains(name));
        writer.append(webhook, is_repeated);
    }
    let mut imported = writer.finish();
    if let Some(head) = head.filter(|head| !head.is_empty()) {
        imported.text = format!("{head}\n{}", imported.text);
    }
    keep_line_ends(&mut imported, &live, options);
    if !options.add_only {
        imported.warnings.extend(still_differing(&imported, &live, options)?);
    }
    Ok(imported)
}

/// A file of Windows keeps its line ends, unless a text in it would become another by that.
fn keep_line_ends(imported: &mut Imported, live: &[Arc<Live>], options: &ImportOptions) {
    if options.existing.as_ref().is_none_or(|existing| !existing.text.contains("\r\n")) {
        return;
    }
    let text = imported.text.replace("\r\n", "\n").replace('\n', "\r\n");
    let converted = Imported { text, ..imported.clone() };
    let differing = |imported| still_differing(imported, live, options).ok();
    if differing(&converted) == differing(imported) {
        imported.text = converted.text;
    }
}

/// True for a file without a key.
fn says_nothing(text: &str) -> bool {
    text.trim().is_empty() || text.parse::<DocumentMut>().is_ok_and(|document| document.is_empty())
}

/// A plan of the file must have no changes, except for what is only in the file. What still differs is returned.
fn still_differing(imported: &Imported, live: &[Arc<Live>], options: &ImportOptions) -> Result<Vec<String>, PlanError> {
    if live.is_empty() {
        return Ok(Vec::new());
    }
    let folder = options.existing.as_ref().and_then(|existing| existing.folder.clone());
    let name = options.existing.as_ref().map_or("webhooks.toml", |existing| existing.name.as_str());
    let input = Input { name: name.to_owned(), text: imported.text.clone(), folder };
    let desired = Desired::parse([input])?;
    let mut plan_options = PlanOptions::new().secrets(options.secrets.clone());
    plan_options.org = desired.org();
    let plan = match Plan::of(&desired, live, &plan_options, false) {
        Ok(plan) => plan,
        // What only the file has may be beyond the contract; that is for plan to say.
        Err(PlanError::Findings(_)) if !imported.only_in_file.is_empty() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let left = plan.items.iter().filter(|item| item.action.is_change() && item.action != Action::Create);
    Ok(left
        .map(|item| {
            let fields: Vec<_> = item.changes.iter().map(|change| change.field.as_str()).collect();
            format!("'{}' still differs from the server in {}", item.name, fields.join(", "))
        })
        .collect())
}

fn repeated_names(live: &[Arc<Live>]) -> HashSet<String> {
    let (mut seen, mut repeated) = (HashSet::new(), HashSet::new());
    for name in live.iter().filter_map(|live| live.webhook.name()) {
        if !seen.insert(name) {
            repeated.insert(name.to_owned());
        }
    }
    repeated
}

struct Writer<'a> {
    options: &'a ImportOptions,
    document: DocumentMut,
    /// Fields that `[defaults]` gives, by wire name.
    defaults: Vec<Member>,
    /// Headers that are taken.
    labels: HashSet<String>,
    /// Names that are taken by a table without an id.
    names: HashSet<String>,
    /// Webhooks that the file has.
    held: Vec<i32>,
    imported: Imported,
}

impl<'a> Writer<'a> {
    fn new(options: &'a ImportOptions) -> Self {
        let mut document = DocumentMut::new();
        let root = document.as_table_mut();
        root.insert(key::VERSION, toml_edit::value(FILE_VERSION));
        if let Some(server) = &options.server {
            root.insert(key::SERVER, toml_edit::value(server.as_str()));
        }
        if let Some(org) = options.org {
            root.insert(key::ORG, toml_edit::value(i64::from(org)));
        }
        Self::of(document, options)
    }

    fn of(document: DocumentMut, options: &'a ImportOptions) -> Self {
        let imported = Imported {
            text: String::new(),
            added: Vec::new(),
            changed: Vec::new(),
            only_in_file: Vec::new(),
            warnings: Vec::new(),
        };
        Self {
            options,
            document,
            defaults: Vec::new(),
            labels: HashSet::new(),
            names: HashSet::new(),
            held: Vec::new(),
            imported,
        }
    }

    /// Brings the webhooks that the file has to the state of the server.
    fn into_existing(existing: &Input, live: &[Arc<Live>], options: &'a ImportOptions) -> Result<Self, PlanError> {
        let mut desired = Desired::read_all(vec![existing.clone()], Vec::new());
        // A file with settings alone is a good place to import to.
        desired.findings.retain(|finding| finding.code != FindingCode::Empty);
        let mut desired = desired.into_result()?;
        if let (Some(wanted), Some(given)) = (desired.server(), options.server.as_deref())
            && !same_server(wanted, given)
        {
            let message =
                format!("the file is for {wanted}, but the webhooks come from {given}; name another file with -f");
            return Err(PlanError::WrongTarget(message));
        }
        let text = existing.text.strip_prefix('\u{feff}').unwrap_or(&existing.text);
        let Ok(document) = text.parse::<DocumentMut>() else {
            let message = format!("{} is JSON; import writes TOML: name another file with -f", existing.name);
            return Err(PlanError::WrongTarget(message));
        };
        desired.resolve(&options.secrets, false).map_err(PlanError::from)?;
        let matched = identity::resolve(&desired, live).map_err(|list| PlanError::from(desired.findings_of(list)))?;
        let mut writer = Self::of(document, options);
        writer.defaults = defaults_of(text);
        for webhook in &desired.webhooks {
            writer.labels.insert(webhook.label.clone());
            writer.labels.insert(webhook.table.clone());
            writer.names.extend(webhook.name.clone());
        }
        let mut taken_out: Vec<(&DesiredWebhook, &Arc<Live>)> = Vec::new();
        for (webhook, matched) in desired.webhooks.iter().zip(&matched) {
            let Some(held) = matched.map(|index| &live[index]) else {
                if !webhook.absent {
                    writer.imported.only_in_file.push(webhook.label.clone());
                }
                continue;
            };
            writer.held.push(held.webhook.id());
            let as_wanted = !webhook.absent && compare::compare(webhook, held).differences.is_empty();
            if options.add_only || as_wanted {
                continue;
            }
            if webhook.bindings.is_some() {
                taken_out.push((webhook, held));
            } else if writer.bring_to(webhook, held) {
                writer.imported.changed.push(webhook.label.clone());
            }
        }
        writer.take_out(&desired, &taken_out);
        Ok(writer)
    }

    fn webhook_tables(&mut self) -> Option<&mut dyn TableLike> {
        let root = self.document.as_table_mut();
        let tables = root.entry(key::WEBHOOK).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        tables.as_table_like_mut()
    }

    /// Adds a webhook that the file has not.
    fn append(&mut self, live: &Live, needs_id: bool) {
        let id = live.webhook.id();
        let name = live.webhook.name();
        let needs_id = needs_id || name.is_none_or(|name| self.names.contains(name));
        let readable = name.filter(|name| !name.is_empty());
        let mut label = match readable {
            Some(name) if !needs_id => name.to_owned(),
            Some(name) => format!("{name} ({id})"),
            None => format!("webhook {id}"),
        };
        while !self.labels.insert(label.clone()) {
            label.push_str(&format!(" ({id})"));
        }
        let mut table = Table::new();
        if needs_id || self.options.pin_ids {
            table.insert(field::ID, toml_edit::value(i64::from(id)));
        }
        if name != Some(label.as_str()) {
            let name = name.map_or(Value::Null, |name| Value::String(name.to_owned()));
            table.insert(field::NAME, Item::Value(to_toml(&name)));
        }
        let mut extra = InlineTable::new();
        for name in field::SETTABLE.into_iter().filter(|name| *name != field::NAME) {
            let value = live.field(name).filter(|value| !value.is_null());
            let value = if name == field::STATUS { value.filter(|value| is_written(value)) } else { value };
            let default = find(&self.defaults, name).map(|member| &member.node.value);
            match (value, default) {
                (Some(value), Some(default)) if value == default => {}
                (Some(value), _) => {
                    table.insert(name, Item::Value(self.written(name, value)));
                }
                (None, Some(_)) => {
                    let unset = if name == field::STATUS { Value::Keep } else { Value::Null };
                    table.insert(name, Item::Value(to_toml(&unset)));
                }
                (None, None) => {}
            }
        }
        for member in live.fields.iter().filter(|member| !field::SETTABLE.contains(&member.name.as_str())) {
            // It is no part of a webhook, and no file names it there.
            if member.name == field::ORG_ID {
                continue;
            }
            let value = self.written(&member.name, &member.node.value);
            if needs_extra(&member.name) {
                extra.insert(&member.name, value);
            } else {
                table.insert(&member.name, Item::Value(value));
            }
        }
        // A default that the webhook has not is left alone by an update, but is wanted; so it is kept as it is.
        for default in &self.defaults {
            let name = default.name.as_str();
            if !field::SETTABLE.contains(&name) && live.field(name).is_none() {
                table.insert(name, Item::Value(to_toml(&Value::Keep)));
            }
        }
        if !extra.is_empty() {
            table.insert(key::EXTRA, toml_edit::value(extra));
        }
        self.warn_of_url(&label, live);
        if let Some(tables) = self.webhook_tables() {
            tables.insert(&label, Item::Table(table));
        }
        self.imported.added.push(label);
    }

    fn warn_of_url(&mut self, label: &str, live: &Live) {
        if !holds_credentials(live.webhook.url().unwrap_or_default()) {
            return;
        }
        self.imported.warnings.push(match self.options.with_secrets {
            true => format!("the URL of '{label}' contains credentials, which are now in the file; keep the file out of git"),
            false => format!(
                "the URL of '{label}' contains credentials, so the file says url = {{ keep = true }}; write url = {{ env = … }} to manage it"
            ),
        });
    }

    fn written(&self, name: &str, value: &Value) -> toml_edit::Value {
        let place = Place::of_field(name);
        // A file cannot say a URL that looks as if its credentials were hidden: it would be refused as a copy of what is shown.
        let is_kept = |url: &str| has_hidden_part(url) || (!self.options.with_secrets && holds_credentials(url));
        if name == field::URL && value.as_str().is_some_and(is_kept) {
            return to_toml(&Value::Keep);
        }
        to_toml(&if self.options.with_secrets { without_masks(place, value) } else { without_secrets(place, value) })
    }

    /// Makes a table say what the server holds; false if nothing could be changed.
    fn bring_to(&mut self, webhook: &DesiredWebhook, live: &Live) -> bool {
        let differences = compare::compare(webhook, live).differences;
        let rendered: Vec<_> = differences
            .iter()
            .map(|difference| {
                let name = difference.field.as_str();
                let known = field::SETTABLE.contains(&name);
                let value = live.field(name).filter(|value| !(value.is_null() || known && compare::is_empty(value)));
                (name.to_owned(), value.map(|value| (value.clone(), self.written(name, value))))
            })
            .collect();
        let has_default = |name: &str| find(&self.defaults, name).is_some();
        let defaults: HashSet<String> =
            differences.iter().map(|difference| difference.field.clone()).filter(|name| has_default(name)).collect();
        let with_secrets = self.options.with_secrets;
        let mut warnings = Vec::new();
        let Some(table) =
            self.webhook_tables().and_then(|tables| tables.get_mut(&webhook.table)).and_then(Item::as_table_like_mut)
        else {
            return false;
        };
        let was_absent = webhook.absent && table.remove(key::ABSENT).is_some();
        if webhook.was.as_deref().is_some_and(|was| live.webhook.name() == Some(was)) {
            table.remove(key::WAS);
        }
        let mut changed = was_absent;
        for (name, value) in rendered {
            let wanted = webhook.field(&name);
            let in_extra = needs_extra(&name)
                || table.get(key::EXTRA).and_then(Item::as_table_like).is_some_and(|extra| extra.contains_key(&name));
            let table: &mut dyn TableLike = match in_extra {
                true => {
                    let extra = table.entry(key::EXTRA).or_insert_with(|| toml_edit::value(InlineTable::new()));
                    let Some(extra) = extra.as_table_like_mut() else { continue };
                    extra
                }
                false => &mut *table,
            };
            match value {
                None if defaults.contains(&name) => set(table, &name, to_toml(&Value::Null)),
                None => {
                    table.remove(&name);
                }
                Some((value, written)) => match (table.get_mut(&name), wanted) {
                    (Some(item), Some(wanted)) => {
                        let place = Place::of_field(&name);
                        let mut sync = Sync { with_secrets, unread: Vec::new() };
                        sync.item(item, wanted, &value, written, place, &name);
                        warnings.extend(sync.unread.into_iter().map(|path| {
                            format!(
                                "'{}': {path} on the server differs from the value of the file's reference; the reference was kept",
                                webhook.label
                            )
                        }));
                    }
                    _ => set(table, &name, written),
                },
            }
            changed = true;
        }
        self.imported.warnings.extend(warnings);
        changed
    }

    /// Webhooks of a `for_each` that differ from their pattern get a table of their own.
    fn take_out(&mut self, desired: &Desired, taken_out: &[(&DesiredWebhook, &Arc<Live>)]) {
        let mut tables: Vec<&str> = taken_out.iter().map(|(webhook, _)| webhook.table.as_str()).collect();
        tables.dedup();
        for table_name in tables {
            let is_taken_out =
                |webhook: &DesiredWebhook| taken_out.iter().any(|(taken, _)| std::ptr::eq(*taken, webhook));
            let left: Vec<_> = desired
                .webhooks
                .iter()
                .filter(|webhook| webhook.table == table_name && !is_taken_out(webhook))
                .filter_map(|webhook| webhook.bindings.as_ref())
                .collect();
            let Some(tables) = self.webhook_tables() else { return };
            if left.is_empty() {
                tables.remove(table_name);
                continue;
            }
            let mut array = Array::new();
            for bindings in left {
                let mut table = InlineTable::new();
                for (name, value) in bindings {
                    table.insert(name, to_toml(value));
                }
                array.push(table);
            }
            if let Some(table) = tables.get_mut(table_name).and_then(Item::as_table_like_mut) {
                table.remove(key::FOR_EACH);
                table.insert(key::FOR_EACH, toml_edit::value(array));
            }
        }
        for (webhook, live) in taken_out {
            self.labels.remove(&webhook.label);
            self.names.remove(webhook.name.as_deref().unwrap_or_default());
            self.append(live, webhook.id.is_some());
            self.imported.added.pop();
            self.imported.changed.push(webhook.label.clone());
        }
    }

    fn finish(mut self) -> Imported {
        self.imported.text = self.document.to_string();
        self.imported
    }
}

fn holds_credentials(url: &str) -> bool {
    blynk_webhooks::without_credentials(url) != url
}

/// Enabled is what a file wants that says nothing, and what the platform did is no wish.
fn is_written(status: &Value) -> bool {
    status
        .as_str()
        .is_none_or(|status| status != Status::Enabled.as_str() && status != Status::DisabledDueToErrors.as_str())
}

/// True for an unknown field whose name would read as another key, or as a misspelt one.
fn needs_extra(name: &str) -> bool {
    !field::SETTABLE.contains(&name)
        && (WEBHOOK_KEYS.contains(&name) || nearest(name, field::SETTABLE.into_iter().chain(WEBHOOK_KEYS)).is_some())
}

/// Sets a member in its place: what stands around it stays.
fn set(table: &mut dyn TableLike, name: &str, value: toml_edit::Value) {
    match table.get_mut(name) {
        Some(item) => replace(item, value),
        None => {
            table.insert(name, Item::Value(value));
        }
    }
}

/// Puts a value in the place of an item: what stands around it stays.
fn replace(item: &mut Item, mut value: toml_edit::Value) {
    match item {
        Item::Value(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        item => *item = Item::Value(value),
    }
}

/// Brings one value of a table to the server's, member by member.
struct Sync {
    with_secrets: bool,
    /// References whose secret differs from the server's.
    unread: Vec<String>,
}

impl Sync {
    fn item(
        &mut self,
        item: &mut Item,
        wanted: &Node,
        live: &Value,
        written: toml_edit::Value,
        place: Place,
        path: &str,
    ) {
        if matches!(wanted.value, Value::Secret(_) | Value::Reference(_) | Value::Keep) {
            if !matches!(wanted.value, Value::Keep) {
                self.unread.push(path.to_owned());
            }
            return;
        }
        let is_reference =
            |table: &dyn TableLike| table.len() == 1 && table.iter().any(|(name, _)| REFERENCE_KEYS.contains(&name));
        let table = item.as_table_like_mut().filter(|table| !(is_reference(*table) || reads_as_reference(live)));
        let (Value::Object(wanted), Value::Object(live), Some(table)) = (&wanted.value, live, table) else {
            return replace(item, written);
        };
        for member in wanted {
            let is_gone = find(live, &member.name).is_none_or(|live| live.node.value.is_null());
            if is_gone && compare::differ(place.member(&member.name), &member.node.value, None) {
                table.remove(&member.name);
            }
        }
        for member in live {
            let place = place.member(&member.name);
            let path = format!("{path}.{}", member.name);
            let held = find(wanted, &member.name);
            if held.is_some_and(|held| !compare::differ(place, &held.node.value, Some(&member.node.value))) {
                continue;
            }
            let value = &member.node.value;
            let kept = if self.with_secrets { without_masks(place, value) } else { without_secrets(place, value) };
            match (table.get_mut(&member.name), held) {
                (Some(item), Some(held)) => self.item(item, &held.node, value, to_toml(&kept), place, &path),
                _ => set(table, &member.name, to_toml(&kept)),
            }
        }
        // What is left may have become what reads as a reference.
        if item.as_table_like().is_some_and(is_reference) {
            replace(item, written);
        }
    }
}

/// An object that cannot stand in a file as a table.
fn reads_as_reference(value: &Value) -> bool {
    let Value::Object(members) = value else { return false };
    matches!(members.as_slice(), [member] if REFERENCE_KEYS.contains(&member.name.as_str()))
}

/// A value as it may stand in a file: secrets are the server's own.
fn without_secrets(place: Place, value: &Value) -> Value {
    map_scalars(place, value, &|place, value| match value {
        Value::Null | Value::Bool(_) => None,
        // Nobody has looked for secrets in what is nested too deeply.
        Value::Raw(text) if place != Place::Open && text.starts_with(['[', '{']) => Some(Value::Keep),
        _ => place.is_secret().then_some(Value::Keep),
    })
}

/// A value with what the server masks kept: a mask is no secret.
fn without_masks(place: Place, value: &Value) -> Value {
    map_scalars(place, value, &|place, value| match value {
        Value::String(text) if place.is_secret() && redact::is_mask(text) => Some(Value::Keep),
        _ => None,
    })
}

fn map_scalars(place: Place, value: &Value, replace: &dyn Fn(Place, &Value) -> Option<Value>) -> Value {
    match value {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| Node::of(map_scalars(place, &item.value, replace))).collect())
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|member| {
                    let value = map_scalars(place.member(&member.name), &member.node.value, replace);
                    Member::of(&member.name, Node::of(value))
                })
                .collect(),
        ),
        other => replace(place, other).unwrap_or_else(|| other.clone()),
    }
}

/// What `[defaults]` of a file gives each webhook.
fn defaults_of(text: &str) -> Vec<Member> {
    let root = crate::file::toml::parse(text, 0, &mut Vec::new());
    let Some(Node { value: Value::Object(root), .. }) = root else { return Vec::new() };
    let Some(defaults) = root.into_iter().find(|member| member.name == key::DEFAULTS) else { return Vec::new() };
    let Value::Object(defaults) = defaults.node.value else { return Vec::new() };
    let mut all = Vec::new();
    for member in defaults {
        match (member.name.as_str(), member.node.value) {
            (key::EXTRA, Value::Object(extra)) => all.extend(extra),
            (key::EXPECT, _) => {}
            (_, value) => all.push(Member { node: Node::of(value), ..member }),
        }
    }
    all
}
