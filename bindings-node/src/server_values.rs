//! Enum values that this version does not know and a server has sent: they may go back.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use blynk_webhooks::Webhook;

/// Values that are remembered. A server has a handful; the bound holds off one that invents them.
const MAX_VALUES: usize = 1_000;
/// Longest value that is remembered, in bytes.
const MAX_LENGTH: usize = 200;

/// For all threads: a webhook may be read in one worker and written in another.
static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Remembers the unknown enum values of a webhook from a server; true where there are any.
pub(crate) fn note(webhook: &Webhook) -> bool {
    let (trigger, method, status) = (webhook.trigger(), webhook.method(), webhook.status());
    let (content_type, auth_type) = (webhook.content_type(), webhook.auth_type());
    let unknown = [
        trigger.as_ref().filter(|value| !value.is_known()).map(|value| value.as_str()),
        method.as_ref().filter(|value| !value.is_known()).map(|value| value.as_str()),
        content_type.as_ref().filter(|value| !value.is_known()).map(|value| value.as_str()),
        auth_type.as_ref().filter(|value| !value.is_known()).map(|value| value.as_str()),
        status.as_ref().filter(|value| !value.is_known()).map(|value| value.as_str()),
    ];
    if unknown.iter().all(Option::is_none) {
        return false;
    }
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = seen.get_or_insert_default();
    for value in unknown.into_iter().flatten().filter(|value| value.len() <= MAX_LENGTH) {
        if seen.len() < MAX_VALUES {
            seen.insert(value.to_owned());
        }
    }
    true
}

/// The remembered values.
pub(crate) fn seen() -> Vec<String> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).iter().flatten().cloned().collect()
}
