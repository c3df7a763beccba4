//! Enum values that this version does not know and a server has sent: they may go back.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use blynk_webhooks::Webhook;
use blynk_webhooks::bindings::unknown_enum_values;

/// Values that are remembered. A server has a handful; the bound holds off one that invents them.
const MAX_VALUES: usize = 1_000;
/// Longest value that is remembered, in bytes.
const MAX_LENGTH: usize = 200;

/// For all threads: a webhook may be read in one worker and written in another.
static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);

/// Remembers the unknown enum values of a webhook from a server; true where there are any.
pub(crate) fn note(webhook: &Webhook) -> bool {
    let mut unknown = unknown_enum_values(webhook).peekable();
    if unknown.peek().is_none() {
        return false;
    }
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = seen.get_or_insert_default();
    for value in unknown.filter(|value| value.len() <= MAX_LENGTH) {
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
