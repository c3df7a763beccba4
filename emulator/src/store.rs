//! What the emulated organization holds, in memory.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use blynk_webhooks::{Status, WebhookSpec, field};

/// The webhooks of one organization.
#[derive(Debug, Default)]
pub(crate) struct Store {
    webhooks: BTreeMap<i32, Record>,
    last_id: i32,
}

/// One webhook as the server keeps it, with the JSON that answers hold.
#[derive(Debug)]
struct Record {
    spec: WebhookSpec,
    attempt_count: i32,
    created_at: i64,
    last_modified_at: i64,
    json: String,
}

impl Store {
    /// The webhook as JSON.
    pub(crate) fn get(&self, id: i32) -> Option<String> {
        self.webhooks.get(&id).map(|record| record.json.clone())
    }

    /// All webhooks, oldest first, as a JSON array.
    pub(crate) fn list(&self) -> String {
        let mut list = String::from("[");
        for (index, record) in self.webhooks.values().enumerate() {
            list.push_str(if index == 0 { "" } else { "," });
            list.push_str(&record.json);
        }
        list.push(']');
        list
    }

    pub(crate) fn create(&mut self, spec: WebhookSpec) -> Option<String> {
        let id = self.last_id.checked_add(1)?;
        self.last_id = id;
        let now = now_ms();
        let spec = spec.status(Status::Enabled);
        let mut record = Record { spec, attempt_count: 0, created_at: now, last_modified_at: now, json: String::new() };
        record.write(id);
        let json = record.json.clone();
        self.webhooks.insert(id, record);
        Some(json)
    }

    /// Replaces a webhook. A status that the update leaves out, or that only the platform sets, stays as it was.
    pub(crate) fn update(&mut self, id: i32, mut spec: WebhookSpec) -> Option<String> {
        let record = self.webhooks.get_mut(&id)?;
        if matches!(spec.status, None | Some(Status::DisabledDueToErrors)) {
            spec.status = record.spec.status.take();
        }
        record.spec = spec;
        record.last_modified_at = now_ms();
        record.write(id);
        Some(record.json.clone())
    }

    pub(crate) fn delete(&mut self, id: i32) -> bool {
        self.webhooks.remove(&id).is_some()
    }
}

impl Record {
    fn write(&mut self, id: i32) {
        let spec = self.spec.to_json();
        // The spec is an object with at least its name, so its members follow the id.
        let members = spec.strip_prefix('{').and_then(|spec| spec.strip_suffix('}')).unwrap_or_default();
        self.json.clear();
        let _ = write!(
            self.json,
            r#"{{"{}":{id},{members},"{}":{},"{}":{},"{}":{}}}"#,
            field::ID,
            field::ATTEMPT_COUNT,
            self.attempt_count,
            field::CREATED_AT,
            self.created_at,
            field::LAST_MODIFIED,
            self.last_modified_at,
        );
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use blynk_webhooks::{Json, Webhook};

    #[test]
    fn what_was_stored_comes_back() {
        let mut store = Store::default();
        let spec = WebhookSpec::new("n", "DEVICE_ADDED", "https://example.com")
            .extra("a", Json::parse(r#"{"b":{}}"#).unwrap());
        let created = Webhook::from_json(store.create(spec.clone()).unwrap()).unwrap();
        assert_eq!(created.spec(), spec.clone().status(Status::Enabled));
        assert_eq!(created.created_at(), created.last_modified_at());

        store.update(1, spec.clone().status(Status::Disabled)).unwrap();
        let updated =
            Webhook::from_json(store.update(1, spec.clone().status(Status::DisabledDueToErrors)).unwrap()).unwrap();
        assert_eq!(updated.status(), Some(&Status::Disabled));
        assert!(store.delete(1) && !store.delete(1) && store.list() == "[]");
        assert_eq!(Webhook::from_json(store.create(spec).unwrap()).unwrap().id(), 2);
    }
}
