//! The webhooks of all organizations, in memory, and what their runs have made of them.

use std::collections::BTreeMap;

use blynk_webhooks::{Json, Status, Trigger, WebhookSpec};

use crate::clock::Millis;
use crate::delivery::log::contains;
use crate::state::StateError;
use crate::storage::record::Record;
use crate::storage::{PersistError, Storage};

#[derive(Debug, Default)]
pub(crate) struct WebhookStore {
    webhooks: BTreeMap<i32, Record>,
    last_id: i32,
    revision: u64,
    /// Takes each change before it is made here.
    pub(crate) storage: Option<Box<dyn Storage>>,
}

/// What a run has changed in addition to the counters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    None,
    /// The webhook was disabled after so many failures; these users are notified.
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
        self.webhooks.get(&id).filter(|record| record.org_id == org_id).map(|record| record.json().to_owned())
    }

    /// An organization's webhooks, oldest first, as a JSON array.
    pub(crate) fn list(&self, org_id: i32) -> String {
        let mut list = String::from("[");
        for record in self.webhooks.values().filter(|record| record.org_id == org_id) {
            list.push_str(if list.len() == 1 { "" } else { "," });
            list.push_str(record.json());
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
        let json = record.json().to_owned();
        self.webhooks.insert(id, record);
        Ok(json)
    }

    /// Adds a webhook; none if all ids are used up.
    pub(crate) fn create(
        &mut self,
        org_id: i32,
        spec: WebhookSpec,
        now: Millis,
    ) -> Result<Option<String>, PersistError> {
        let Some(id) = self.last_id.checked_add(1) else { return Ok(None) };
        let record = Record::new(org_id, spec, now);
        self.put(id, record).map(Some)
    }

    /// Replaces a webhook. A status that the update leaves out, or that only the platform sets, stays as it was.
    pub(crate) fn update(
        &mut self,
        org_id: i32,
        id: i32,
        mut spec: WebhookSpec,
        now: Millis,
    ) -> Result<Option<String>, PersistError> {
        let found = self.webhooks.get(&id).filter(|record| record.org_id == org_id);
        let Some(mut record) = found.cloned() else { return Ok(None) };
        if matches!(spec.status, None | Some(Status::DisabledDueToErrors)) {
            spec.status = record.spec.status.clone();
        }
        // Assumed: failures in a row are forgotten when a webhook is switched on, and not when an update merely says once more
        // that it is on.
        if spec.status == Some(Status::Enabled) && record.spec.status != Some(Status::Enabled) {
            record.consecutive_failures = 0;
        }
        record.replace_spec(spec, now);
        self.put(id, record).map(Some)
    }

    /// Removes a webhook; false if this organization has none with this id.
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

    /// The webhooks of all organizations, in the order of their creation.
    pub(crate) fn all(&self) -> impl Iterator<Item = (i32, &Record)> {
        self.webhooks.iter().map(|(id, record)| (*id, record))
    }

    /// An organization's webhooks, in the order of their creation.
    pub(crate) fn records(&self, org_id: i32) -> impl Iterator<Item = (i32, &Record)> {
        self.webhooks.iter().filter(move |(_, record)| record.org_id == org_id).map(|(id, record)| (*id, record))
    }

    /// An organization's webhooks of a trigger.
    pub(crate) fn of_trigger<'a>(&'a self, org_id: i32, trigger: &'a Trigger) -> impl Iterator<Item = &'a Record> {
        self.records(org_id).map(|(_, record)| record).filter(|record| record.spec.trigger.as_ref() == Some(trigger))
    }

    /// Notes that a run begins; false if the webhook has run often enough within the last minute.
    pub(crate) fn begin_run(&mut self, id: i32, now: Millis, runs_per_minute: u32) -> bool {
        let Some(record) = self.webhooks.get_mut(&id) else { return false };
        let allowed = !record.is_at_limit(now, runs_per_minute);
        if allowed {
            record.begin_run(now);
        }
        allowed
    }

    /// Counts an attempt. The webhook may have been deleted meanwhile.
    pub(crate) fn end_run(&mut self, id: i32, result: RunResult, now: Millis) -> Result<Consequence, PersistError> {
        let Some(mut record) = self.webhooks.get(&id).cloned() else { return Ok(Consequence::None) };
        record.attempt_count = record.attempt_count.saturating_add(1);
        // A run that began earlier may end later.
        record.last_triggered_at = record.last_triggered_at.max(Some(now));
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
        let mut receivers: Vec<i64> = Vec::new();
        for receiver in record.spec.failure_receivers.iter().flatten() {
            if !receivers.contains(receiver) {
                receivers.push(*receiver);
            }
        }
        self.put(id, record)?;
        Ok(if disabled { Consequence::Disabled { failures, receivers } } else { Consequence::None })
    }

    /// Switches a webhook on or off; switching it on forgets the failures.
    pub(crate) fn set_status(&mut self, id: i32, status: Status, now: Millis) -> Result<Option<String>, PersistError> {
        let Some(record) = self.webhooks.get(&id) else { return Ok(None) };
        self.update(record.org_id, id, record.spec.clone().status(status), now)
    }

    /// All webhooks as a state document has them.
    pub(crate) fn dump(&self) -> Vec<Json> {
        // What a record writes is JSON.
        self.webhooks.values().filter_map(|record| Json::parse(&record.state_json()).ok()).collect()
    }

    /// The highest id given so far.
    pub(crate) fn last_id(&self) -> i32 {
        self.last_id
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

    /// The webhooks of a state document; `default_org` is that of a webhook which names none.
    ///
    /// # Errors
    /// If one cannot be read, or two have one id.
    pub(crate) fn load(webhooks: &[Json], last_id: i32, default_org: i32, now: Millis) -> Result<Self, StateError> {
        let mut store = Self { last_id, ..Self::default() };
        for (index, webhook) in webhooks.iter().enumerate() {
            let read = Record::from_state(webhook, default_org, now);
            let (id, mut record) = read.map_err(|problem| StateError::invalid(problem).of_webhook(index))?;
            let id = id.unwrap_or_else(|| store.last_id.saturating_add(1));
            record.write(id);
            store.last_id = store.last_id.max(id);
            if store.webhooks.insert(id, record).is_some() {
                let problem = StateError::contradiction(format!("another webhook has the id {id}"));
                return Err(problem.of_webhook(index));
            }
        }
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use blynk_webhooks::Webhook;

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
        assert!(store.record(1).unwrap().mismatch(&Trigger::DeviceAdded, &serde_json::Map::new()).is_some());
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
    fn a_dump_can_be_loaded() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec().failure_limit(9), 1).unwrap().unwrap();
        store.create(2, spec(), 2).unwrap().unwrap();
        store.delete(2, 2).unwrap();
        store.end_run(1, RunResult::Failed, 3).unwrap();
        let loaded = WebhookStore::load(&store.dump(), store.last_id(), ORG, 9).unwrap();
        assert_eq!((loaded.dump(), loaded.last_id()), (store.dump(), 2));
        let wrong = Json::parse(r#"{"name": 5}"#).unwrap();
        let problem = WebhookStore::load(&[wrong], 0, ORG, 0).unwrap_err().to_string();
        assert!(problem.starts_with("webhooks[0]: name: must be a string"), "{problem}");
    }

    #[test]
    fn only_a_change_of_status_forgets_failures() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec().failure_limit(3), 1).unwrap().unwrap();
        store.end_run(1, RunResult::Failed, 2).unwrap();
        store.update(ORG, 1, spec().failure_limit(3).name("renamed").status(Status::Enabled), 3).unwrap();
        store.update(ORG, 1, spec().failure_limit(3), 4).unwrap();
        store.set_status(1, Status::Enabled, 5).unwrap();
        assert_eq!(store.record(1).unwrap().consecutive_failures, 1);
        store.set_status(1, Status::Disabled, 6).unwrap();
        assert_eq!(store.record(1).unwrap().consecutive_failures, 1);
        store.set_status(1, Status::Enabled, 7).unwrap();
        assert_eq!(store.record(1).unwrap().consecutive_failures, 0);
    }

    #[test]
    fn a_run_that_ends_late_does_not_turn_the_time_back() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec(), 1).unwrap().unwrap();
        store.end_run(1, RunResult::Succeeded, 9).unwrap();
        store.end_run(1, RunResult::Failed, 4).unwrap();
        let record = store.record(1).unwrap();
        assert_eq!((record.last_triggered_at, record.attempt_count), (Some(9), 2));
    }

    #[test]
    fn a_receiver_is_told_once() {
        let mut store = WebhookStore::default();
        store.create(ORG, spec().failure_limit(1).failure_receivers(vec![9, 8, 9]), 1).unwrap().unwrap();
        let consequence = store.end_run(1, RunResult::Failed, 2).unwrap();
        assert_eq!(consequence, Consequence::Disabled { failures: 1, receivers: vec![9, 8] });
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
