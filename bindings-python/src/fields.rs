//! Keywords of a specification in Python's names, as the wire's members; findings about them.

use std::borrow::Cow;

use blynk_webhooks::bindings::{extra_violations, nearest, read_spec};
use blynk_webhooks::{Access, Code, Field, FieldKind, Json, Purpose, Violation, WebhookPatch, WebhookSpec};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::datetime;
use crate::errors::invalid;
use crate::json::{self, Members};

/// Keyword of the unknown fields.
pub(crate) const EXTRA: &str = "extra";

/// The settable fields in Python's order: what only an update sets comes last.
pub(crate) fn settable() -> Vec<Field> {
    let mut fields = Field::SETTABLE.to_vec();
    fields.sort_by_key(|field| field.info().access == Access::UpdateOnly);
    fields
}

/// Fields as a caller gives them: those of the contract and those of `extra`, as members of JSON, and what is wrong with
/// them.
#[derive(Default)]
pub(crate) struct FieldArguments {
    known: Members,
    extra: Members,
    has_extra: bool,
    pub(crate) faults: Vec<Violation>,
}

impl FieldArguments {
    /// Of keywords by name.
    pub(crate) fn of_keywords(keywords: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut given = Self::default();
        given.take_all(keywords, Field::SETTABLE)?;
        Ok(given)
    }

    /// Takes keywords that name some of the fields.
    pub(crate) fn take_all(&mut self, keywords: &Bound<'_, PyDict>, fields: &[Field]) -> PyResult<()> {
        for (keyword, value) in keywords {
            let keyword = keyword.to_string();
            match fields.iter().find(|field| field.snake() == keyword) {
                Some(field) => self.take(*field, &value)?,
                None if keyword == EXTRA => self.take_extra(&value)?,
                None => self.faults.push(unknown_keyword(&keyword, &[])),
            }
        }
        Ok(())
    }

    /// All of them as the text of a JSON object.
    pub(crate) fn object(self, py: Python<'_>) -> PyResult<String> {
        let Self { mut known, extra, faults, .. } = self;
        if !faults.is_empty() {
            return Err(invalid(py, faults));
        }
        known.extend(extra);
        Ok(json::object(&known))
    }

    /// Of values in the order of [`settable`], then `extra`; one that `is_absent` counts as not given.
    pub(crate) fn of_values(
        values: &Bound<'_, PyTuple>,
        is_absent: impl Fn(&Bound<'_, PyAny>) -> bool,
    ) -> PyResult<Self> {
        let mut given = Self::default();
        let fields = settable().into_iter().map(Some).chain([None]);
        for (field, value) in fields.zip(values).filter(|(_, value)| !is_absent(value)) {
            match field {
                Some(field) => given.take(field, &value)?,
                None => given.take_extra(&value)?,
            }
        }
        Ok(given)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty() && !self.has_extra && self.faults.is_empty()
    }

    pub(crate) fn take(&mut self, field: Field, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if field.info().kind == FieldKind::Timestamp
            && let Some(millis) = datetime::to_millis(field, value)?
        {
            self.known.push((field.wire().into(), millis.to_string()));
            return Ok(());
        }
        let text = json::text(field.wire(), value, &mut self.faults)?;
        self.known.extend(text.map(|text| (field.wire().into(), text)));
        Ok(())
    }

    fn take_extra(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.has_extra = true;
        if !value.is_none() {
            self.extra = json::members(EXTRA, value, &mut self.faults)?;
            self.faults.extend(extra_violations(&with_extra(WebhookSpec::default(), &self.extra)));
        }
        Ok(())
    }

    /// A specification of them.
    pub(crate) fn spec(self, py: Python<'_>, purpose: Option<Purpose>) -> PyResult<WebhookSpec> {
        let Self { known, extra, faults, .. } = self;
        finished(py, read(&known, purpose).map(|spec| with_extra(spec, &extra)), faults)
    }

    /// A specification with these fields replaced: `None` takes a field away, `extra` is replaced as a whole.
    pub(crate) fn replaced(self, py: Python<'_>, spec: &WebhookSpec) -> PyResult<WebhookSpec> {
        let Self { known, extra, has_extra, faults } = self;
        let patch = WebhookPatch::from_json(&json::object(&known)).and_then(|patch| patch.apply(spec));
        let changed = patch.map(|mut changed| {
            if has_extra {
                changed.extra.clear();
            }
            with_extra(changed, &extra)
        });
        finished(py, changed, faults)
    }

    /// Changes of them: `None` clears, also inside `extra`.
    pub(crate) fn patch(mut self, py: Python<'_>) -> PyResult<WebhookPatch> {
        if self.has_extra && self.extra.is_empty() {
            let message = "cannot be cleared as a whole; name its fields: extra={\"name\": None}";
            self.faults.push(Violation::error(EXTRA, Code::WrongType, message));
        }
        let Self { mut known, extra, faults, .. } = self;
        // A field of its own is a finding already.
        known.extend(extra.into_iter().filter(|(name, _)| Field::from_wire(name).is_none()));
        finished(py, WebhookPatch::from_json(&json::object(&known)), faults)
    }
}

/// A specification of members. Where one of the wrong type is for a call, the call's other findings come with it.
fn read(members: &Members, purpose: Option<Purpose>) -> Result<WebhookSpec, Vec<Violation>> {
    let text = json::object(members);
    purpose.map_or_else(|| WebhookSpec::from_json(&text), |purpose| read_spec(&text, [], purpose))
}

fn with_extra(mut spec: WebhookSpec, extra: &Members) -> WebhookSpec {
    // What was written here is JSON.
    spec.extra.extend(extra.iter().filter_map(|(name, value)| Some((name.clone(), Json::parse(value).ok()?))));
    spec
}

/// What was read, or every finding at once.
fn finished<T>(py: Python<'_>, read: Result<T, Vec<Violation>>, mut faults: Vec<Violation>) -> PyResult<T> {
    match read {
        Ok(value) if faults.is_empty() => return Ok(value),
        Ok(_) => {}
        Err(found) => faults.extend(found),
    }
    Err(invalid(py, faults))
}

/// A keyword that nothing here takes; `others` are those that are no fields.
pub(crate) fn unknown_keyword(name: &str, others: &[Cow<'static, str>]) -> Violation {
    let others = others.iter().map(|other| &**other);
    let known: Vec<_> = Field::SETTABLE.iter().map(|field| field.snake()).chain([EXTRA]).chain(others).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean '{meant}'?"),
        None => format!("known are: {}", known.join(", ")),
    };
    let message = format!("is not a keyword here; {hint} (fields this version does not know go into extra={{…}})");
    Violation::error(name, Code::UnknownField, message)
}

/// A specification of a mapping with the wire's names.
pub(crate) fn spec_of_mapping(mapping: &Bound<'_, PyAny>, purpose: Option<Purpose>) -> PyResult<WebhookSpec> {
    let py = mapping.py();
    let mut faults = Vec::new();
    let members = json::members("spec", mapping, &mut faults)?;
    finished(py, read(&members, purpose), faults)
}
