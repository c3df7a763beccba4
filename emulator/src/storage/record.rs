//! One webhook as the server holds it, and as a state document has it.

use std::collections::HashMap;
use std::fmt::{self, Write as _};

use blynk_webhooks::{Json, Status, Trigger, Violation, WebhookSpec, field};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::clock::{MINUTE, Millis};
use crate::integral;
use crate::json::{explain, explain_value};

/// The counter of failures in a row among the members of a webhook of a state. Where the webhook has an unknown field of this
/// name, the counter has underscores before its name: one more than any such field.
pub(crate) const CONSECUTIVE_FAILURES: &str = "consecutiveFailures";

/// One webhook as the server holds it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) org_id: i32,
    pub(crate) spec: WebhookSpec,
    /// Members of the contract that a state has as null. They are answered as null until the webhook is replaced.
    nulls: Vec<&'static str>,
    pub(crate) attempt_count: i32,
    pub(crate) created_at: Millis,
    pub(crate) last_modified_at: Millis,
    pub(crate) last_triggered_at: Option<Millis>,
    pub(crate) consecutive_failures: i32,
    /// Times of the runs of the last minute.
    runs: Vec<Millis>,
    /// The webhook as the API answers it.
    json: String,
    /// The members of its `dataTrigger`.
    data_trigger: Map<String, Value>,
    /// Names of values that its templates and its `dataTrigger` use.
    names_used: Vec<String>,
}

/// Why an event does not run a webhook.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mismatch<'a> {
    Trigger(Option<&'a Trigger>),
    Status(Option<&'a Status>),
    DataTrigger { name: &'a str, wanted: &'a Value, given: &'a Value },
}

impl fmt::Display for Mismatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trigger(Some(own)) => write!(f, "its trigger is {own}"),
            Self::Trigger(None) => f.write_str("it has no trigger"),
            Self::Status(Some(own)) => write!(f, "its status is {own}"),
            Self::Status(None) => f.write_str("it has no status"),
            Self::DataTrigger { name, wanted, given } => {
                let (wanted, given) = (brief(wanted), brief(given));
                write!(f, "its {} wants {name} {wanted}, the event has {given}", field::DATA_TRIGGER)
            }
        }
    }
}

impl Record {
    /// A new webhook.
    pub(crate) fn new(org_id: i32, spec: WebhookSpec, now: Millis) -> Self {
        Self {
            org_id,
            spec: spec.status(Status::Enabled),
            nulls: Vec::new(),
            attempt_count: 0,
            created_at: now,
            last_modified_at: now,
            last_triggered_at: None,
            consecutive_failures: 0,
            runs: Vec::new(),
            json: String::new(),
            data_trigger: Map::new(),
            names_used: Vec::new(),
        }
    }

    /// A webhook of a state document, and its id if it has one. It may be what a real server may hold: only types are checked,
    /// no limit of the contract. Required fields may be null.
    ///
    /// # Errors
    /// What is wrong with it, on one line.
    pub(crate) fn from_state(webhook: &Json, default_org: i32, now: Millis) -> Result<(Option<i32>, Self), String> {
        let mut spec = WebhookSpec::from_json(webhook.as_str()).map_err(|violations| one_line(&violations))?;
        // Texts, since not every number and string that a webhook holds can be read.
        let members: HashMap<String, &RawValue> =
            serde_json::from_str(webhook.as_str()).map_err(|problem| explain(&problem))?;
        let integer = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(value) => integral::optional::<_, i64>(&mut serde_json::Deserializer::from_str(value.get()))
                .map_err(|problem| format!("{name}: {}", explain_value(&problem))),
        };
        let int32 = |name: &str| {
            integer(name)?.map(i32::try_from).transpose().map_err(|_| format!("{name}: does not fit int32"))
        };
        // Null says that the server has no value, which is no mistake; a field that is left out is one.
        if let Some(name) = field::REQUIRED.iter().find(|name| !members.contains_key(**name)) {
            return Err(format!("{name}: is required"));
        }
        let counter = counter_of(members.keys());
        let created_at = integer(field::CREATED_AT)?.unwrap_or(now);
        let own = [counter.as_deref(), Some(field::ORG_ID)];
        spec.extra.retain(|(name, _)| !own.contains(&Some(name.as_str())));
        let is_null = |name: &&'static str| members.get(*name).is_some_and(|value| value.get() == "null");
        // A webhook without a status is switched on.
        let nulls = field::SETTABLE.iter().filter(|name| **name != field::STATUS && is_null(name)).copied().collect();
        spec.status.get_or_insert(Status::Enabled);
        let record = Self {
            org_id: int32(field::ORG_ID)?.unwrap_or(default_org),
            spec,
            nulls,
            attempt_count: int32(field::ATTEMPT_COUNT)?.unwrap_or_default(),
            created_at,
            last_modified_at: integer(field::LAST_MODIFIED)?.unwrap_or(created_at),
            last_triggered_at: integer(field::LAST_TRIGGERED)?,
            consecutive_failures: counter.map(|name| int32(&name)).transpose()?.flatten().unwrap_or_default(),
            runs: Vec::new(),
            json: String::new(),
            data_trigger: Map::new(),
            names_used: Vec::new(),
        };
        Ok((int32(field::ID)?, record))
    }

    /// The webhook as the API answers it; empty before [`Self::write`].
    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// The webhook as a state document has it.
    pub(crate) fn state_json(&self) -> String {
        let members = self.json.strip_suffix('}').unwrap_or_default();
        let underscores = self.spec.extra.iter().filter_map(|(name, _)| underscores_of_counter(name));
        let counter = format!("{}{CONSECUTIVE_FAILURES}", "_".repeat(underscores.max().map_or(0, |most| most + 1)));
        format!(r#"{members},"{}":{},"{counter}":{}}}"#, field::ORG_ID, self.org_id, self.consecutive_failures)
    }

    /// Replaces what a person decides.
    pub(crate) fn replace_spec(&mut self, spec: WebhookSpec, now: Millis) {
        if spec != self.spec || !self.nulls.is_empty() {
            self.spec = spec;
            self.nulls.clear();
            self.last_modified_at = now;
        }
    }

    /// Makes what follows from the other fields, after each change: the JSON that answers hold, and what events look at.
    pub(crate) fn write(&mut self, id: i32) {
        self.data_trigger = match self.spec.data_trigger.as_ref().map(Json::to_value) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        self.names_used = self.spec.placeholders();
        self.names_used.extend(self.data_trigger.keys().cloned());
        let spec = self.spec.to_json();
        // The spec is an object with at least its status, so its members follow the id.
        let members = spec.strip_prefix('{').and_then(|spec| spec.strip_suffix('}')).unwrap_or_default();
        self.json.clear();
        // Writing to a string cannot fail.
        let _ = write!(
            self.json,
            r#"{{"{}":{id},{members},"{}":{},"{}":{},"{}":{}"#,
            field::ID,
            field::ATTEMPT_COUNT,
            self.attempt_count,
            field::CREATED_AT,
            self.created_at,
            field::LAST_MODIFIED,
            self.last_modified_at,
        );
        for name in &self.nulls {
            let _ = write!(self.json, r#","{name}":null"#);
        }
        if let Some(time) = self.last_triggered_at {
            let _ = write!(self.json, r#","{}":{time}"#, field::LAST_TRIGGERED);
        }
        self.json.push('}');
    }

    /// Why an event does not run it; none if it does.
    ///
    /// Assumed, since the inner names are not published: an event runs a webhook unless it contradicts a member of its
    /// `dataTrigger`. A member that the event does not name does not matter.
    pub(crate) fn mismatch<'a>(&'a self, trigger: &Trigger, values: &'a Map<String, Value>) -> Option<Mismatch<'a>> {
        if self.spec.trigger.as_ref() != Some(trigger) {
            return Some(Mismatch::Trigger(self.spec.trigger.as_ref()));
        }
        if self.spec.status != Some(Status::Enabled) {
            return Some(Mismatch::Status(self.spec.status.as_ref()));
        }
        self.data_trigger.iter().find_map(|(name, wanted)| {
            let given = values.get(name).filter(|given| *given != wanted)?;
            Some(Mismatch::DataTrigger { name, wanted, given })
        })
    }

    /// Names of values that its templates and its `dataTrigger` use.
    pub(crate) fn names_used(&self) -> &[String] {
        &self.names_used
    }

    /// Whether it has run often enough within the last minute.
    pub(crate) fn is_at_limit(&self, now: Millis, runs_per_minute: u32) -> bool {
        self.runs.iter().filter(|run| within_a_minute(**run, now)).count() >= runs_per_minute as usize
    }

    /// Notes that a run begins.
    pub(crate) fn begin_run(&mut self, now: Millis) {
        self.runs.retain(|run| within_a_minute(*run, now));
        self.runs.push(now);
    }
}

/// A run later than now is from before the clock was set back.
fn within_a_minute(run: Millis, now: Millis) -> bool {
    (0..MINUTE).contains(&(now - run))
}

/// How many underscores stand before the name of the counter; none for another name.
fn underscores_of_counter(name: &str) -> Option<usize> {
    let underscores = name.strip_suffix(CONSECUTIVE_FAILURES)?;
    underscores.bytes().all(|byte| byte == b'_').then_some(underscores.len())
}

/// The name of the counter in a webhook of a state: that with the most underscores.
fn counter_of<'a>(names: impl Iterator<Item = &'a String>) -> Option<String> {
    let names = names.filter_map(|name| Some((underscores_of_counter(name)?, name)));
    names.max().map(|(_, name)| name.clone())
}

/// A value as JSON, at most so long that a message stays readable.
fn brief(value: &Value) -> String {
    const MAX: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn one_line(violations: &[Violation]) -> String {
    violations.iter().filter(|violation| violation.is_error()).map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a webhook; required fields that are not given are null.
    fn read(text: &str) -> Record {
        let mut members = String::from("{");
        for name in field::REQUIRED.iter().filter(|name| !text.contains(&format!(r#""{name}":"#))) {
            members += &format!(r#""{name}":null,"#);
        }
        let text = text.replacen('{', &members, 1);
        let (id, mut record) = Record::from_state(&Json::parse(&text).unwrap(), 1, 5).unwrap();
        record.write(id.unwrap_or(1));
        record
    }

    #[test]
    fn a_state_holds_what_a_server_may_hold() {
        let long = "x".repeat(5_000);
        let text = format!(
            r#"{{"id":3,"name":"","trigger":"NEXT_YEAR","url":"https://e/{long}","method":"HEAD","body":null,"dataTrigger":null,"status":"PAUSED","own":{{"n":18446744073709551617,"d":1.10,"far":1e400}},"gone":null}}"#
        );
        let record = read(&text);
        let json: &str = record.json();
        for part in [
            r#""name":"""#,
            "NEXT_YEAR",
            &long,
            r#""body":null"#,
            r#""dataTrigger":null"#,
            "PAUSED",
            r#""own":{"n":18446744073709551617,"d":1.10,"far":1e400}"#,
            r#""gone":null"#,
        ] {
            assert!(json.contains(part), "{part}: {json}");
        }
        assert_eq!(read(&record.state_json()).state_json(), record.state_json());
    }

    #[test]
    fn an_unknown_field_named_like_the_counter_is_kept() {
        for fields in [
            "",
            r#","consecutiveFailures":"theirs""#,
            r#","consecutiveFailures":7,"_consecutiveFailures":8"#,
            r#","__consecutiveFailures":9"#,
        ] {
            let full = r#""name":"n","trigger":"NEW_USER","url":"http://e","method":"GET","contentType":"JSON","authType":"NONE""#;
            let spec = WebhookSpec::from_json(&format!("{{{full}{fields}}}")).unwrap();
            let mut record = Record::new(1, spec, 0);
            record.consecutive_failures = 3;
            record.write(1);
            let loaded = read(&record.state_json());
            assert_eq!((loaded.consecutive_failures, loaded.json()), (3, record.json()), "{fields}");
            let members: Vec<String> = serde_json::from_str::<Map<String, Value>>(&record.state_json())
                .unwrap()
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            for name in members {
                assert_eq!(record.state_json().matches(&format!(r#""{name}":"#)).count(), 1, "{name}");
            }
        }
    }

    #[test]
    fn an_event_runs_what_it_does_not_contradict() {
        let record = read(r#"{"trigger":"NEW_USER","dataTrigger":{"dataStreamId":5,"other":1}}"#);
        let reason = |trigger: Trigger, values: Value| {
            record.mismatch(&trigger, values.as_object().unwrap()).map(|mismatch| mismatch.to_string())
        };
        assert_eq!(reason(Trigger::NewUser, serde_json::json!({})), None);
        assert_eq!(reason(Trigger::NewUser, serde_json::json!({"dataStreamId": 5})), None);
        assert_eq!(
            reason(Trigger::NewUser, serde_json::json!({"dataStreamId": 6})).unwrap(),
            "its dataTrigger wants dataStreamId 5, the event has 6"
        );
        assert_eq!(reason(Trigger::DeviceAdded, serde_json::json!({})).unwrap(), "its trigger is NEW_USER");
        let off = read(r#"{"trigger":"NEW_USER","status":"DISABLED"}"#);
        assert_eq!(off.mismatch(&Trigger::NewUser, &Map::new()).unwrap().to_string(), "its status is DISABLED");
    }
}
