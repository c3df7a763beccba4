//! What an emulator starts from and what a snapshot of it holds: one JSON document.

use std::time::Duration;

use blynk_webhooks::Json;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::integral;
use crate::json::{self, read_from_objects_only};

/// The permission that a user's token needs (contract).
pub const PERMISSION: &str = "MANAGE_WEB_HOOK";

/// Organizations, clients, webhooks, limits and the clock of an emulator. Every member is optional in JSON: `{}` describes an
/// emulator with one organization (id 1) and one client with random credentials.
///
/// ```
/// use blynk_webhooks_emulator::{Emulator, State};
/// let state = State::from_json(r#"{"clients": [{"clientId": "id", "clientSecret": "secret"}], "clock": 1707244800000}"#)?;
/// let emulator = Emulator::builder().state(state).start()?;
/// assert_eq!(emulator.client_id(), "id");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default, rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct State {
    /// Organizations. The first one is the default.
    pub organizations: Vec<Organization>,
    /// OAuth2 clients. The first one is [`crate::Emulator::client_id`].
    pub clients: Vec<OAuthClient>,
    /// Webhooks: objects with the API's field names, plus `orgId` and `consecutiveFailures`. They may hold what a real server may
    /// hold: texts beyond the API's limits, unknown values and fields, members that are null.
    #[serde(deserialize_with = "json::texts")]
    pub webhooks: Vec<Json>,
    /// The highest webhook ID assigned so far.
    #[serde(deserialize_with = "integral::number")]
    pub last_webhook_id: i32,
    /// A fixed time in milliseconds since 1970 (UTC). Absent: the machine's time.
    #[serde(deserialize_with = "integral::optional")]
    pub clock: Option<Millis>,
    /// Limits of the platform.
    pub limits: Limits,
}

impl State {
    /// Reads a state from JSON. Ignores a byte order mark.
    ///
    /// # Errors
    /// If the text is not JSON, a name is unknown or a value has the wrong type. The error has line and column.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json::without_byte_order_mark(text))
    }

    /// The state as JSON. Holds the clients' secrets.
    #[must_use]
    pub fn to_json(&self) -> String {
        // A state has text keys and finite numbers only, so it always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }
}

read_from_objects_only!(State, Organization, OAuthClient, Limits);

/// Without what the webhooks hold: credentials of their targets may be among it.
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("organizations", &self.organizations)
            .field("clients", &self.clients)
            .field("webhooks", &self.webhooks.len())
            .field("last_webhook_id", &self.last_webhook_id)
            .field("clock", &self.clock)
            .field("limits", &self.limits)
            .finish()
    }
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
pub struct Organization {
    /// Organization ID.
    #[serde(deserialize_with = "integral::number")]
    pub id: i32,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// An OAuth2 client whose tokens are bound to one organization.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "camelCase", deny_unknown_fields)]
pub struct OAuthClient {
    /// Client ID.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// The organization of its tokens. Absent: the first one.
    #[serde(default, deserialize_with = "integral::optional", skip_serializing_if = "Option::is_none")]
    pub org_id: Option<i32>,
    /// Permissions of the user that its tokens represent. Absent: the tokens represent no user and everything is allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
}

impl std::fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuthClient").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Limits of the platform (vendor's documentation), each settable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// Runs of one webhook within a minute; 10.
    #[serde(deserialize_with = "integral::number")]
    pub runs_per_minute: u32,
    /// Webhooks of one organization; 100.
    #[serde(deserialize_with = "integral::number")]
    pub webhooks: usize,
    /// Requests of one organization within a minute; 10,000.
    #[serde(deserialize_with = "integral::number")]
    pub requests_per_minute: u32,
    /// Bytes of a target's response that are read; 16,384.
    #[serde(deserialize_with = "integral::number")]
    pub response_bytes: usize,
    /// Time for one delivery in milliseconds; 10,000 (assumed).
    #[serde(deserialize_with = "integral::number")]
    pub delivery_timeout_ms: u64,
    /// Life of a token in seconds; 86,400.
    #[serde(deserialize_with = "integral::number")]
    pub token_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            runs_per_minute: 10,
            webhooks: 100,
            requests_per_minute: 10_000,
            response_bytes: 16 * 1024,
            delivery_timeout_ms: 10_000,
            token_seconds: 86_400,
        }
    }
}

impl Limits {
    pub(crate) fn delivery_timeout(&self) -> Duration {
        Duration::from_millis(self.delivery_timeout_ms)
    }
}

/// Why a state cannot be taken.
#[derive(Debug)]
pub(crate) struct StateError {
    pub(crate) message: String,
    /// Whether its parts are fine and do not fit together.
    pub(crate) is_contradiction: bool,
    /// Which of its webhooks is to blame.
    pub(crate) webhook: Option<usize>,
    /// Whether it is about the state to begin with.
    pub(crate) of_seed: bool,
}

impl StateError {
    /// A part of it is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_contradiction: false, webhook: None, of_seed: false }
    }

    /// Its parts are fine and do not fit together.
    pub(crate) fn contradiction(message: impl Into<String>) -> Self {
        Self { is_contradiction: true, ..Self::invalid(message) }
    }

    /// Says that it is the state to begin with.
    pub(crate) fn of_seed(self) -> Self {
        Self { message: format!("the state cannot be loaded: {}", self.message), of_seed: true, ..self }
    }

    /// Says which webhook is to blame.
    pub(crate) fn of_webhook(self, index: usize) -> Self {
        Self { message: format!("webhooks[{index}]: {}", self.message), webhook: Some(index), ..self }
    }
}

impl std::fmt::Display for StateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
