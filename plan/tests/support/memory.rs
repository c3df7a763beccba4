//! A server in memory, by the rules that are assumed of the platform: an update replaces the whole webhook, a status that
//! it leaves out stays.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use blynk_webhooks::{Result, Status, Webhook, WebhookSpec, field};
use blynk_webhooks_plan::{ReadWebhooks, WriteWebhooks};

#[derive(Default)]
pub struct Memory {
    state: Mutex<State>,
    pub writes: AtomicUsize,
}

#[derive(Default)]
struct State {
    webhooks: BTreeMap<i32, String>,
    clock: i64,
}

impl Memory {
    pub fn holding(webhooks: &[Webhook]) -> Self {
        let state = State { webhooks: webhooks.iter().map(|w| (w.id(), w.to_json())).collect(), clock: 1_000 };
        Self { state: Mutex::new(state), writes: AtomicUsize::new(0) }
    }

    pub fn all(&self) -> Vec<Webhook> {
        self.state.lock().unwrap().webhooks.values().map(|json| Webhook::from_json(json.clone()).unwrap()).collect()
    }

    /// Changes a webhook behind everybody's back.
    pub fn change(&self, id: i32, change: impl FnOnce(WebhookSpec) -> WebhookSpec) {
        let mut state = self.state.lock().unwrap();
        let spec = change(Webhook::from_json(state.webhooks[&id].clone()).unwrap().spec());
        state.put(id, &spec);
    }
}

impl State {
    fn put(&mut self, id: i32, spec: &WebhookSpec) -> Webhook {
        self.clock += 1;
        let members = spec.to_json();
        let comma = if members == "{}" { "" } else { "," };
        let json = format!(
            r#"{{"id":{id}{comma}{},"{}":{}}}"#,
            &members[1..members.len() - 1],
            field::LAST_MODIFIED,
            self.clock
        );
        self.webhooks.insert(id, json.clone());
        Webhook::from_json(json).unwrap()
    }
}

impl ReadWebhooks for Memory {
    async fn list(&self, _org: Option<i32>) -> Result<Vec<Webhook>> {
        Ok(self.all())
    }

    async fn get(&self, id: i32) -> Result<Option<Webhook>> {
        let found = self.state.lock().unwrap().webhooks.get(&id).cloned();
        Ok(found.map(|json| Webhook::from_json(json).unwrap()))
    }
}

impl WriteWebhooks for Memory {
    async fn create(&self, _org: Option<i32>, spec: WebhookSpec) -> Result<Webhook> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state.lock().unwrap();
        let id = state.webhooks.keys().max().copied().unwrap_or(0) + 1;
        Ok(state.put(id, &spec.status(Status::Enabled)))
    }

    async fn update(&self, id: i32, mut spec: WebhookSpec) -> Result<Option<Webhook>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state.lock().unwrap();
        let Some(held) = state.webhooks.get(&id) else { return Ok(None) };
        let held = Webhook::from_json(held.clone()).unwrap();
        if spec.status.is_none() || spec.status == Some(Status::DisabledDueToErrors) {
            spec.status = held.status();
        }
        Ok(Some(state.put(id, &spec)))
    }

    async fn delete(&self, id: i32) -> Result<()> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.state.lock().unwrap().webhooks.remove(&id);
        Ok(())
    }
}
