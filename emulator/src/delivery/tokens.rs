//! OAuth2 tokens for targets: fetched once for all webhooks that share a client, and kept until they end or are refused.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::SendError;
use crate::clock::Millis;

/// Whose token it is: token URL, client id and client secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenKey {
    pub(crate) url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// An access token and when it ends, on the emulator's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) value: String,
    /// None: unknown.
    pub(crate) expires: Option<Millis>,
}

/// The tokens of all targets.
#[derive(Debug, Default)]
pub(crate) struct TokenCache(Mutex<HashMap<TokenKey, Arc<Slot>>>);

#[derive(Debug, Default)]
struct Slot {
    /// How many times a token was asked for.
    calls: AtomicU64,
    /// What the last call brought. It is locked while a call is under way.
    last: tokio::sync::Mutex<Option<Result<Token, SendError>>>,
}

impl TokenCache {
    /// The token of a client. It is fetched if there is none that is good at `now`; a caller that comes while a call is in progress waits
    /// for that call, and shares its outcome.
    pub(crate) async fn get(
        &self,
        key: &TokenKey,
        now: Millis,
        fetch: impl Future<Output = Result<Token, SendError>>,
    ) -> Result<Token, SendError> {
        let slot = self.slot(key);
        let calls = slot.calls.load(Ordering::Acquire);
        let mut last = slot.last.lock().await;
        match &*last {
            Some(Ok(token)) if token.expires.is_none_or(|expires| expires > now) => return Ok(token.clone()),
            Some(outcome) if slot.calls.load(Ordering::Acquire) > calls => return outcome.clone(),
            _ => {}
        }
        let fetched = fetch.await;
        slot.calls.fetch_add(1, Ordering::AcqRel);
        *last = Some(fetched.clone());
        fetched
    }

    /// Forgets a token that a target refused, unless there is a newer one already.
    pub(crate) async fn forget(&self, key: &TokenKey, refused: &Token) {
        let slot = self.slot(key);
        let mut last = slot.last.lock().await;
        if last.as_ref().is_some_and(|last| last.as_ref().is_ok_and(|token| token.value == refused.value)) {
            *last = None;
        }
    }

    fn slot(&self, key: &TokenKey) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key.clone()).or_default())
    }
}
