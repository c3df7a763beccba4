//! The webhooks of all organizations, in memory, and what their runs have made of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use blynk_webhooks::{Status, Trigger, WebhookSpec, field};
use serde_json::{Map, Value};

use crate::clock::{MINUTE, Millis};
use crate::delivery::log::contains;
use crate::integral;
use crate::state::{CONSECUTIVE_FAILURES, StateError, spec_of};
use crate::storage::{PersistError, Storage};

#[derive(Debug, Default)]
pub(crate) struct WebhookStore {
    webhooks: BTreeMap<i32, Record>,
    last_id: i32,
    revision: u64,
    /// Takes each change before it is made here.
    pub(crate) storage: Option<Box<dyn Storage>>,
}

/// One webhook as the server keeps it, with the JSON that answers hold.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) org_id: i32,
    pub(crate) spec: WebhookSpec,
    attempt_count: i32,
    created_at: Millis,
    last_modified_at: Millis,
    last_triggered_at: Option<Millis>,
    consecutive_failures: i32,
    /// Times of the runs of the last minute.
    runs: Vec<Millis>,
    json: String,
}

/// What a run has changed beside the counters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    None,
    /// The webhook was disabled after so many failures; these users are told.
    Disabled {
        failures: i32,
        receivers: Vec<i64>,
    },
}

/// Which webhooks are meant; absent settings do not restrict.
#[derive(Clone, Debug, Default)]
pub(crate) struct WebhookFilter {
    /// Whose id is this text, or whose name, URL or trigger holds it.
    pub(crate) search: Option<String>,
    pub(crate) status: Option<Status>,
    pub(crate) trigger: Option<Trigger>,
    pub(crate) org_id: Option<i32>,
    /// Without so many at the beginning.
    pub(crate) offset: usize,
    /// At most so many.
    pub(crate) limit: Option<usize>,
}

impl WebhookFilter {
    fn matches(&self, id: i32, record: &Record) -> bool {
        let spec = &record.spec;
        self.status.as_ref().is_none_or(|status| spec.status.as_ref() == Some(status))
            && self.trigger.as_ref().is_none_or(|trigger| spec.trigger.as_ref() == Some(trigger))
            && self.org_id.is_none_or(|org_id| record.org_id == org_id)
            && self.search.as_ref().is_none_or(|text| {
                let trigger = spec.trigger.as_ref().map(Trigger::as_str);
                let texts = [spec.name.as_deref(), spec.url.as_deref(), trigger];
                id.to_string() == *text || texts.into_iter().flatten().any(|found| contains(found, text))
            })
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunResult {
    Succeeded,
    Failed,
    /// It was a test, which says nothing of failures in a row (assumed).
    Tested,
}

impl WebhookStore {
    /// The webhook as JSON, if this organization has it.
    pub(crate) fn get(&self, org_id: i32, id: i32) -> Option<String> {
        self.webhooks.get(&id).filter(|record| record.org_id == org_id).map(|record| record.json.clone())
    }

    /// An organization's webhooks, oldest first, as a JSON array.
    pub(crate) fn list(&self, org_id: i32) -> String {
        let mut list = String::from("[");
        for record in self.webhooks.values().filter(|record| record.org_id == org_id) {
            list.push_str(if list.len() == 1 { "" } else { "," });
            list.push_str(&record.json);
        }
        list.push(']');
        list
    }

    pub(crate) fn count(&self, org_id: i32) -> usize {
        self.webhooks.values().filter(|record| record.org_id == org_id).count()
    }

    /// Puts a webhook in its place, once it is kept.
    fn put(&mut self, id: i32, mut record: Record) -> Result<String, PersistError> {
        record.write(id);
        let last_id = self.last_id.max(id);
        if let Some(storage) = &mut self.storage {
            storage.put(id, &record.state_json(), last_id)?;
        }
        self.last_id = last_id;
        self.revision += 1;
        let json = record.json.clone();
        self.webhooks.insert(id, record);
        Ok(json)
    }

    /// Adds a webhook; none where all ids are used up.
    pub(crate) fn create(
        &mut self,
        org_id: i32,
        spec: WebhookSpec,
        now: Millis,
    ) -> Result<Option<String>, PersistError> {
        let Some(id) = self.last_id.checked_add(1) else { return Ok(None) };
        let record = Record {
            org_id,
            spec: spec.status(Status::Enabled),
            attempt_count: 0,
            created_at: now,
            last_modified_at: now,
            last_triggered_at: None,
            consecutive_failures: 0,
            runs: Vec::new(),
            json: String::new(),
        };
        self.put(id, record).map(Some)
    }

    /// Replaces a webhook. A status that the update leaves out, or that only the platform sets, stays as it was; setting
    /// it to enabled forgets the failures.
    pub(crate) fn update(
        &mut self,
        org_id: i32,
        id: i32,
        mut spec: WebhookSpec,
        now: Millis,
    ) -> Result<Option<String>, PersistError> {
        let found = self.webhooks.get(&id).filter(|record| record.org_id == org_id);
        let Some(mut record) = found.cloned() else { return Ok(None) };
        match spec.status {
            Some(Status::Enabled) => record.consecutive_failures = 0,
            None | Some(Status::DisabledDueToErrors) => spec.status = record.spec.status.clone(),
            _ => {}
        }
        if spec != record.spec {
            record.spec = spec;
            record.last_modified_at = now;
        }
        self.put(id, record).map(Some)
    }

    /// Removes a webhook; false where this organization has none with this id.
    pub(crate) fn delete(&mut self, org_id: i32, id: i32) -> Result<bool, PersistError> {
        if self.webhooks.get(&id).is_none_or(|record| record.org_id != org_id) {
            return Ok(false);
        }
        if let Some(storage) = &mut self.storage {
            storage.remove(id)?;
        }
        self.revision += 1;
        Ok(self.webhooks.remove(&id).is_some())
    }

    /// Each webhook's id and organization.
    pub(crate) fn organizations(&self) -> impl Iterator<Item = (i32, i32)> {
        self.webhooks.iter().map(|(id, record)| (*id, record.org_id))
    }

    pub(crate) fn record(&self, id: i32) -> Option<&Record> {
        self.webhooks.get(&id)
    }

    /// Ids of the enabled webhooks that this event runs, in the order of their creation.
    pub(crate) fn matching(&self, org_id: i32, trigger: &Trigger, values: &Map<String, Value>) -> Vec<i32> {
        let runs = |record: &Record| {
            record.org_id == org_id
                && record.spec.status == Some(Status::Enabled)
                && record.spec.trigger.as_ref() == Some(trigger)
                && data_trigger_matches(&record.spec, values)
        };
        self.webhooks.iter().filter(|(_, record)| runs(record)).map(|(id, _)| *id).collect()
    }

    /// Notes that a run begins; false where the webhook has run often enough within the last minute.
    pub(crate) fn begin_run(&mut self, id: i32, now: Millis, runs_per_minute: u32) -> bool {
        let Some(record) = self.webhooks.get_mut(&id) else { return false };
        // A run later than now is from before the clock was set back.
        record.runs.retain(|run| (0..MINUTE).contains(&(now - run)));
        if record.runs.len() >= runs_per_minute as usize {
            return false;
        }
        record.runs.push(now);
        true
    }

    /// Counts an attempt. The webhook may have been deleted meanwhile.
    pub(crate) fn end_run(&mut self, id: i32, result: RunResult, now: Millis) -> Result<Consequence, PersistError> {
        let Some(mut record) = self.webhooks.get(&id).cloned() else { return Ok(Consequence::None) };
        record.attempt_count = record.attempt_count.saturating_add(1);
        record.last_triggered_at = Some(now);
        match result {
            RunResult::Succeeded => record.consecutive_failures = 0,
            RunResult::Failed => record.consecutive_failures = record.consecutive_failures.saturating_add(1),
            RunResult::Tested => {}
        }
        let limit_reached = result == RunResult::Failed
            && record.spec.failure_limit.is_some_and(|limit| record.consecutive_failures >= limit.max(1));
        let disabled = limit_reached && record.spec.status == Some(Status::Enabled);
        if disabled {
            record.spec.status = Some(Status::DisabledDueToErrors);
        }
        let failures = record.consecutive_failures;
        let receivers = record.spec.failure_receivers.clone().unwrap_or_default();
        self.put(id, record)?;
        Ok(if disabled { Consequence::Disabled { failures, receivers } } else { Consequence::None })
    }

    /// Switches a webhook on or off; switching it on forgets the failures.
    pub(crate) fn set_status(&mut self, id: i32, status: Status, now: Millis) -> Result<Option<String>, PersistError> {
        let Some(record) = self.webhooks.get(&id) else { return Ok(None) };
        self.update(record.org_id, id, record.spec.clone().status(status), now)
    }

    /// All webhooks as a state holds them, and the highest id given so far.
    pub(crate) fn dump(&self) -> (Vec<Map<String, Value>>, i32) {
        (serde_json::from_str(&self.find(&WebhookFilter::default()).0).unwrap_or_default(), self.last_id)
    }

    /// The webhooks that are meant, as a state holds them, as a JSON array; and how many there are on all pages.
    pub(crate) fn find(&self, filter: &WebhookFilter) -> (String, usize) {
        let matching: Vec<&Record> = self
            .webhooks
            .iter()
            .filter(|(id, record)| filter.matches(**id, record))
            .map(|(_, record)| record)
            .collect();
        let page = matching.iter().skip(filter.offset).take(filter.limit.unwrap_or(usize::MAX));
        let page: Vec<String> = page.map(|record| record.state_json()).collect();
        (format!("[{}]", page.join(",")), matching.len())
    }

    /// A webhook's name.
    pub(crate) fn name(&self, id: i32) -> Option<String> {
        self.webhooks.get(&id)?.spec.name.clone()
    }

    /// Another number after each change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Each webhook as a state holds it, by id.
    pub(crate) fn texts(&self) -> Vec<(i32, String)> {
        self.webhooks.iter().map(|(id, record)| (*id, record.state_json())).collect()
    }

    /// The webhooks of a state; `default_org` is that of a webhook which names none.
    pub(crate) fn load(webhooks: &[String], last_id: i32, default_org: i32, now: Millis) -> Result<Self, StateError> {
        let mut store = Self { webhooks: BTreeMap::new(), last_id, revision: 0, storage: None };
        for (index, text) in webhooks.iter().enumerate() {
            let failed = |problem: String| StateError::Invalid(format!("webhooks[{index}]: {problem}"));
            let mut spec = spec_of(text).map_err(failed)?;
            let webhook: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
            spec.status.get_or_insert(Status::Enabled);
            let int = |name: &str| match webhook.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(value) => {
                    integral::optional::<_, i64>(value).map_err(|problem| failed(format!("{name}: {problem}")))
                }
            };
            let int32 = |name: &str| {
                let value = int(name)?.map(i32::try_from).transpose();
                value.map_err(|_| failed(format!("{name} does not fit int32")))
            };
            let id = int32(field::ID)?.unwrap_or_else(|| store.last_id.saturating_add(1));
            let created_at = int(field::CREATED_AT)?.unwrap_or(now);
            let mut record = Record {
                org_id: int32(field::ORG_ID)?.unwrap_or(default_org),
                spec,
                attempt_count: int32(field::ATTEMPT_COUNT)?.unwrap_or_default(),
                created_at,
                last_modified_at: int(field::LAST_MODIFIED)?.unwrap_or(created_at),
                last_triggered_at: int(field::LAST_TRIGGERED)?,
                consecutive_failures: int32(CONSECUTIVE_FAILURES)?.unwrap_or_default(),
                runs: Vec::new(),
                json: String::new(),
            };
            record.write(id);
            store.last_id = store.last_id.max(id);
            if store.webhooks.insert(id, record).is_some() {
                let problem = format!("webhooks[{index}]: another webhook has the id {id}");
                return Err(StateError::Contradiction(problem));
            }
        }
        Ok(store)
    }
}

/// Assumed, since the inner names are not published: a webhook is run by an event that contradicts none of the members of its
/// `dataTrigger`. A member that the event does not name does not matter.
fn data_trigger_matches(spec: &WebhookSpec, values: &Map<String, Value>) -> bool {
    let wanted = spec.data_trigger.as_ref().map(blynk_webhooks::Json::to_value);
    let Some(Value::Object(wanted)) = wanted else { return true };
    wanted.iter().all(|(name, value)| values.get(name).is_none_or(|given| given == value))
}

impl Record {
    /// The webhook as a state holds it.
    fn state_json(&self) -> String {
        let members = self.json.strip_suffix('}').unwrap_or_default();
        let (org_id, failures) = (self.org_id, self.consecutive_failures);
        format!(r#"{members},"{}":{org_id},"{CONSECUTIVE_FAILURES}":{failures}}}"#, field::ORG_ID)
    }

    fn write(&mut self, id: i32) {
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
        if let Some(last_triggered_at) = self.last_triggered_at {
            let _ = write!(self.json, r#","{}":{last_triggered_at}"#, field::LAST_TRIGGERED);
        }
        self.json.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use blynk_webhooks::{Json, Webhook};

    const ORG: i32 = 1;

    fn spec() -> WebhookSpec {
        WebhookSpec::new("n", "DEVICE_ADDED", "https://example.com")
            .method("POST")
            .content_type("JSON")
            .auth_type("NONE")
    }

    fn read(json: Result<Option<String>, PersistError>) -> Webhook {
        Webhook::from_json(json.unwrap().unwrap()).unwrap()
    }

    #[test]
    fn what_was_stored_comes_back() {
        let mut store = WebhookStore::default();
        let spec = spec().extra("a", Json::parse(r#"{"b":{}}"#).unwrap());
        let created = read(store.create(ORG, spec.clone(), 5));
        assert_eq!(created.spec(), spec.clone().status(Status::Enabled));
        assert_eq!((created.created_at(), created.last_modified_at()), (Some(5), Some(5)));
        store.update(ORG, 1, spec.clone().status(Status::Disabled), 6).unwrap();
        let updated = read(store.update(ORG, 1, spec.clone().status(Status::DisabledDueToErrors), 7));
        assert_eq!((updated.status(), updated.last_modified_at()), (Some(Status::Disabled), Some(6)));
        assert!(store.get(2, 1).is_none() && !store.delete(2, 1).unwrap() && store.list(2) == "[]");
        assert!(store.delete(ORG, 1).unwrap() && !store.delete(ORG, 1).unwrap() && store.list(ORG) == "[]");
        assert_eq!(read(store.create(ORG, spec, 8)).id(), 2);
    }

    #[test]
    fn failures_disable_and_enabling_forgets_them() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec().failure_limit(2).failure_receivers(vec![9]), 1).unwrap().unwrap();
        assert_eq!(store.end_run(1, RunResult::Failed, 2).unwrap(), Consequence::None);
        assert_eq!(store.end_run(1, RunResult::Succeeded, 3).unwrap(), Consequence::None);
        assert_eq!(store.end_run(1, RunResult::Failed, 4).unwrap(), Consequence::None);
        assert_eq!(
            store.end_run(1, RunResult::Failed, 5).unwrap(),
            Consequence::Disabled { failures: 2, receivers: vec![9] }
        );
        let disabled = read(Ok(store.get(ORG, 1)));
        assert_eq!((disabled.attempt_count(), disabled.last_triggered_at()), (Some(4), Some(5)));
        assert_eq!((disabled.status(), disabled.last_modified_at()), (Some(Status::DisabledDueToErrors), Some(1)));
        assert!(store.matching(ORG, &Trigger::DeviceAdded, &Map::new()).is_empty());
        store.update(ORG, 1, disabled.spec().status(Status::Enabled), 6).unwrap();
        assert_eq!(store.end_run(1, RunResult::Failed, 7).unwrap(), Consequence::None);
    }

    #[test]
    fn runs_are_limited_within_a_minute() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec(), 0).unwrap().unwrap();
        assert!(store.begin_run(1, 0, 2) && store.begin_run(1, 30_000, 2) && !store.begin_run(1, 59_999, 2));
        assert!(store.begin_run(1, 60_000, 2));
        // The clock is set back.
        assert!(store.begin_run(1, 10_000, 2) && store.begin_run(1, 10_000, 2) && !store.begin_run(1, 10_000, 2));
    }

    #[test]
    fn an_event_runs_what_it_does_not_contradict() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec().data_trigger(serde_json::json!({"dataStreamId": 5, "other": 1})), 0).unwrap().unwrap();
        let runs = |store: &WebhookStore, values: Value| {
            !store.matching(ORG, &Trigger::DeviceAdded, values.as_object().unwrap()).is_empty()
        };
        assert!(runs(&store, serde_json::json!({})) && runs(&store, serde_json::json!({"dataStreamId": 5})));
        assert!(!runs(&store, serde_json::json!({"dataStreamId": 6})));
    }

    #[test]
    fn a_dump_can_be_loaded() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec().failure_limit(9), 1).unwrap().unwrap();
        store.create(2, spec(), 2).unwrap().unwrap();
        store.delete(2, 2).unwrap();
        store.end_run(1, RunResult::Failed, 3).unwrap();
        let last_id = store.dump().1;
        let texts: Vec<String> = store.texts().into_iter().map(|(_, text)| text).collect();
        let loaded = WebhookStore::load(&texts, last_id, ORG, 9).unwrap();
        assert_eq!((loaded.dump(), last_id), (store.dump(), 2));
        let problem = WebhookStore::load(&[r#"{"name": 5}"#.into()], 0, ORG, 0).unwrap_err().to_string();
        assert!(problem.starts_with("webhooks[0]: name: must be a string"), "{problem}");
    }

    #[derive(Debug)]
    struct Full;

    impl Storage for Full {
        fn put(&mut self, _: i32, _: &str, _: i32) -> Result<(), PersistError> {
            Err(PersistError("the disk is full".into()))
        }
        fn remove(&mut self, _: i32) -> Result<(), PersistError> {
            self.put(0, "", 0)
        }
        fn replace(&mut self, _: &State, _: &[(i32, String)]) -> Result<(), PersistError> {
            self.put(0, "", 0)
        }
    }

    #[test]
    fn what_cannot_be_kept_does_not_happen() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec().failure_limit(1), 1).unwrap().unwrap();
        let before = store.dump();
        store.storage = Some(Box::new(Full));
        assert!(store.create(ORG, spec(), 2).unwrap_err().to_string().contains("the disk is full"));
        assert!(store.update(ORG, 1, spec().status(Status::Disabled), 2).is_err());
        assert!(store.delete(ORG, 1).is_err() && store.end_run(1, RunResult::Failed, 2).is_err());
        assert_eq!(store.dump(), before);
        store.storage = None;
        assert_eq!(read(store.create(ORG, spec(), 3)).id(), 2);
    }
}
