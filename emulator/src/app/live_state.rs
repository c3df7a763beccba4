//! The state of the running emulator.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use blynk_webhooks::{Code, Violation};

use crate::app::oauth::{OAuth, random_text};
use crate::app::{EmulatorError, Revision};
use crate::clock::{Clock, LATEST, MINUTE, Millis};
use crate::delivery::log::{Delivery, DeliveryFilter, DeliveryLog, Page};
use crate::delivery::tokens::TokenCache;
use crate::faults::{DeliveryFault, Fault, Faults, OfOperation, OfWebhook};
use crate::state::{Limits, OAuthClient, Organization, State, StateError};
use crate::storage::PersistError;
#[cfg(feature = "database")]
use crate::storage::sqlite::Database;
use crate::storage::webhooks::WebhookStore;

#[derive(Debug)]
pub(crate) struct LiveState {
    /// Another one after each reset: what began before it changes nothing after it.
    pub(crate) generation: u64,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) oauth: OAuth,
    pub(crate) store: WebhookStore,
    pub(crate) faults: Faults<OfOperation, Fault>,
    pub(crate) delivery_faults: Faults<OfWebhook, DeliveryFault>,
    pub(crate) log: DeliveryLog,
    /// Tokens that webhooks have got from their token URLs.
    pub(crate) target_tokens: Arc<TokenCache>,
    /// Begin of the current minute and requests within it, by organization.
    requests: HashMap<i32, (Millis, u32)>,
    /// What `reset` goes back to.
    pub(crate) seed: State,
}

impl From<StateError> for EmulatorError {
    fn from(error: StateError) -> Self {
        let violation = Violation::error("state", Code::WrongType, error.message);
        if error.is_contradiction { Self::Conflict(violation) } else { Self::Invalid(vec![violation]) }
    }
}

impl From<PersistError> for EmulatorError {
    fn from(error: PersistError) -> Self {
        Self::Unchanged(error.to_string())
    }
}

impl LiveState {
    /// The live state that a database file holds, or else of `seed`; and whether the file held one.
    ///
    /// # Errors
    /// If what is stored is damaged, or the seed cannot be loaded or stored.
    #[cfg(feature = "database")]
    pub(crate) fn stored_in(mut database: Database, seed: State) -> Result<(Self, bool), StateError> {
        let stored = database.load().map_err(StateError::invalid)?;
        let held = stored.is_some();
        let mut live = match stored {
            Some(state) => {
                let mut live =
                    Self::new(state).map_err(|error| StateError::invalid(database.damaged(&error.message)))?;
                live.seed = live.snapshot();
                live
            }
            None => {
                let live = Self::new(seed).map_err(StateError::of_seed)?;
                let written = database.initialize(&live.snapshot(), &live.store.texts());
                written.map_err(StateError::invalid)?;
                live
            }
        };
        live.store.storage = Some(Box::new(database));
        Ok((live, held))
    }

    /// The live state of a state document; what the state leaves open is filled in: an organization with id 1 and a client with random
    /// credentials.
    ///
    /// # Errors
    /// If the state breaks the contract or contradicts itself.
    pub(crate) fn new(mut state: State) -> Result<Self, StateError> {
        if state.organizations.is_empty() {
            state.organizations.push(Organization { id: 1, name: "Emulated organization".into() });
        }
        if state.clients.is_empty() {
            let client_id = format!("oa2-client-id_{}", random_text());
            state.clients.push(OAuthClient {
                client_id,
                client_secret: random_text(),
                org_id: None,
                permissions: None,
            });
        }
        let known = |id: i32| state.organizations.iter().any(|organization| organization.id == id);
        for (index, client) in state.clients.iter().enumerate() {
            if let Some(id) = client.org_id.filter(|id| !known(*id)) {
                let problem = format!("clients[{index}]: there is no organization {id}");
                return Err(StateError::contradiction(problem));
            }
        }
        for (index, client) in state.clients.iter().enumerate() {
            let names = [("clientId", &client.client_id), ("clientSecret", &client.client_secret)];
            if let Some((name, _)) = names.into_iter().find(|(_, value)| value.is_empty()) {
                return Err(StateError::invalid(format!("clients[{index}]: {name}: must not be empty")));
            }
        }
        if let Some(id) = first_duplicate(state.clients.iter().map(|client| &client.client_id)) {
            return Err(StateError::contradiction(format!("clients: two have the clientId '{id}'")));
        }
        if let Some(id) = first_duplicate(state.organizations.iter().map(|organization| organization.id)) {
            return Err(StateError::contradiction(format!("organizations: two have the id {id}")));
        }
        let mut clock = Clock::default();
        if let Some(now) = state.clock {
            if !(0..=LATEST).contains(&now) {
                return Err(StateError::invalid(format!("clock: must be from 0 to {LATEST}, is {now}")));
            }
            clock.set(Some(now));
        }
        if state.last_webhook_id < 0 {
            return Err(StateError::invalid("lastWebhookId: must not be negative"));
        }
        let first = state.organizations[0].id;
        let store = WebhookStore::load(&state.webhooks, state.last_webhook_id, first, clock.now())?;
        if let Some((id, org_id)) = store.organizations().find(|(_, org_id)| !known(*org_id)) {
            let problem = format!("webhook {id}: there is no organization {org_id}");
            return Err(StateError::contradiction(problem));
        }
        Ok(Self {
            generation: fastrand::u64(..),
            clock,
            limits: state.limits.clone(),
            organizations: state.organizations.clone(),
            oauth: OAuth::new(state.clients.clone()),
            store,
            faults: Faults::default(),
            delivery_faults: Faults::default(),
            log: DeliveryLog::default(),
            target_tokens: Arc::default(),
            requests: HashMap::new(),
            seed: state,
        })
    }

    /// The state as it is now; the log, tokens and scripted faults are not part of it.
    pub(crate) fn snapshot(&self) -> State {
        State {
            organizations: self.organizations.clone(),
            clients: self.oauth.clients.clone(),
            webhooks: self.store.dump(),
            last_webhook_id: self.store.last_id(),
            clock: self.clock.standing(),
            limits: self.limits.clone(),
        }
    }

    pub(crate) fn revision(&self) -> Revision {
        Revision {
            log: self.generation,
            deliveries: self.log.last_id(),
            webhooks: self.store.revision(),
            notices: self.log.notification_count(),
            faults: self.faults.revision().wrapping_add(self.delivery_faults.revision()),
            clock: self.clock.revision(),
        }
    }

    /// The deliveries that match.
    pub(crate) fn find_deliveries(&self, filter: &DeliveryFilter) -> Page {
        self.log.find(filter, &|id| self.store.name(id))
    }

    /// The first delivery that matches.
    pub(crate) fn find_first(&self, filter: &DeliveryFilter) -> Option<Arc<Delivery>> {
        self.log.first(filter, &|id| self.store.name(id))
    }

    /// Replaces the state; the log, tokens and faults are forgotten.
    pub(crate) fn restore(&mut self, state: State) -> Result<(), EmulatorError> {
        let mut live = Self::new(state)?;
        if let Some(storage) = &mut self.store.storage {
            storage.replace(&live.snapshot(), &live.store.texts())?;
        }
        live.store.storage = self.store.storage.take();
        *self = Self { seed: std::mem::take(&mut self.seed), ..live };
        Ok(())
    }

    /// Goes back to the state it began with; the log, tokens and faults are forgotten.
    pub(crate) fn reset(&mut self) -> Result<(), EmulatorError> {
        self.restore(self.seed.clone())
    }

    /// The organization that a client's tokens are bound to.
    pub(crate) fn organization_of(&self, client: &OAuthClient) -> i32 {
        client.org_id.unwrap_or_else(|| self.first_organization())
    }

    pub(crate) fn has_organization(&self, id: i32) -> bool {
        self.organizations.iter().any(|organization| organization.id == id)
    }

    /// The default organization. There is always one.
    pub(crate) fn first_organization(&self) -> i32 {
        self.organizations.first().map_or(1, |organization| organization.id)
    }

    /// Counts a request; the seconds to wait if the organization has sent too many within this minute.
    pub(crate) fn count_request(&mut self, org_id: i32) -> Option<i64> {
        let now = self.clock.now();
        let (begin, count) = self.requests.entry(org_id).or_insert((now, 0));
        if now - *begin >= MINUTE || now < *begin {
            (*begin, *count) = (now, 0);
        }
        if *count >= self.limits.requests_per_minute {
            return Some((MINUTE - (now - *begin) + 999) / 1_000);
        }
        *count += 1;
        None
    }
}

/// The first that stands there twice.
fn first_duplicate<T: Eq + Hash + Copy>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = HashSet::new();
    values.find(|value| !seen.insert(*value))
}
