//! What the emulated organization holds, in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use blynk_webhooks::{Status, WebhookSpec, field};
use serde_json::{Map, Value};

/// One webhook as the server keeps it.
#[derive(Clone, Debug)]
struct Record {
    spec: WebhookSpec,
    attempt_count: i32,
    created_at: i64,
    last_modified_at: i64,
    last_triggered_at: Option<i64>,
}

impl Record {
    fn to_value(&self, id: i32) -> Value {
        let mut members: Map<String, Value> = serde_json::from_str(&self.spec.to_json()).unwrap_or_default();
        members.insert(field::ID.into(), id.into());
        members.insert(field::ATTEMPT_COUNT.into(), self.attempt_count.into());
        members.insert(field::CREATED_AT.into(), self.created_at.into());
        members.insert(field::LAST_MODIFIED.into(), self.last_modified_at.into());
        if let Some(last_triggered_at) = self.last_triggered_at {
            members.insert(field::LAST_TRIGGERED.into(), last_triggered_at.into());
        }
        Value::Object(members)
    }
}
