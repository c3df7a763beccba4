//! Where changes go before they are acknowledged, if anywhere.

pub(crate) mod record;
#[cfg(feature = "database")]
pub(crate) mod sqlite;
pub(crate) mod webhooks;

use std::fmt;

use crate::state::State;

/// Keeps what an emulator holds beyond its end. A change that it has taken is never lost; one that it refuses has not happened.
pub(crate) trait Storage: fmt::Debug + Send {
    /// Keeps a webhook, given as a state holds it, and the highest id given so far.
    fn put(&mut self, id: i32, webhook: &str, last_id: i32) -> Result<(), PersistError>;

    /// Forgets a webhook.
    fn remove(&mut self, id: i32) -> Result<(), PersistError>;

    /// Keeps these webhooks and all else that the state says, in place of everything kept so far.
    fn replace(&mut self, state: &State, webhooks: &[(i32, String)]) -> Result<(), PersistError>;
}

/// Why a change could not be kept.
#[derive(Debug)]
pub(crate) struct PersistError(pub(crate) String);

impl fmt::Display for PersistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the change could not be saved and was not made: {}", self.0)
    }
}
