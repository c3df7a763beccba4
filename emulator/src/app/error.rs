//! Errors of the emulator.

use std::fmt;
use std::time::Duration;

use blynk_webhooks::{Code, Violation};

/// Why a method of the emulator failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum EmulatorError {
    /// The emulator was stopped.
    Stopped,
    /// The log has no such delivery, or its webhook was deleted.
    NoDelivery(u64),
    /// An argument is not valid: a spec breaks the contract, a trigger is unknown, a status is out of range.
    Invalid(Vec<Violation>),
    /// The webhook, organization or target does not exist.
    NotFound(Violation),
    /// The parts of a state contradict each other.
    Conflict(Violation),
    /// The change failed, e.g. because the database file cannot be written. Nothing has changed.
    Unchanged(String),
    /// No delivery came in time.
    TimedOut(Duration),
    /// Too few deliveries matched in time. The message names the closest ones and how they differ.
    NotExpected(String),
    /// The arguments exclude each other, e.g. two faults in one call.
    Usage(String),
}

impl EmulatorError {
    /// There is no webhook with this id.
    pub(crate) fn no_webhook(id: i32) -> Self {
        let message = format!("there is no webhook {id} in the emulator");
        Self::NotFound(Violation::error(blynk_webhooks::field::WEBHOOK_ID, Code::UnknownValue, message))
    }

    /// There is no organization with this id.
    pub(crate) fn no_organization(id: i32) -> Self {
        let message = format!("there is no organization {id} in the emulator");
        Self::NotFound(Violation::error(blynk_webhooks::field::ORG_ID, Code::UnknownValue, message))
    }
}

impl fmt::Display for EmulatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the emulator was stopped; start another"),
            Self::NoDelivery(id) => {
                write!(f, "there is no delivery {id} that can be repeated: deliveries() lists them")
            }
            Self::Unchanged(problem) | Self::NotExpected(problem) | Self::Usage(problem) => f.write_str(problem),
            Self::Invalid(violations) => blynk_webhooks::Error::from(violations.clone()).fmt(f),
            Self::NotFound(violation) | Self::Conflict(violation) => write!(f, "{}", violation.message),
            Self::TimedOut(timeout) => {
                write!(f, "no such delivery ended within {timeout:?}; deliveries() lists those that did")
            }
        }
    }
}

impl std::error::Error for EmulatorError {}

impl From<Violation> for EmulatorError {
    fn from(violation: Violation) -> Self {
        Self::Invalid(vec![violation])
    }
}

impl From<Vec<Violation>> for EmulatorError {
    fn from(violations: Vec<Violation>) -> Self {
        Self::Invalid(violations)
    }
}

/// For the bindings, whose errors are the client's.
impl From<EmulatorError> for blynk_webhooks::Error {
    fn from(error: EmulatorError) -> Self {
        let message = error.to_string();
        match error {
            EmulatorError::Stopped | EmulatorError::Unchanged(_) | EmulatorError::Usage(_) => {
                Self::Config(message.into())
            }
            EmulatorError::NoDelivery(_) => vec![Violation::error("deliveryId", Code::UnknownValue, message)].into(),
            EmulatorError::Invalid(violations) => violations.into(),
            EmulatorError::NotFound(violation) | EmulatorError::Conflict(violation) => vec![violation].into(),
            EmulatorError::TimedOut(_) | EmulatorError::NotExpected(_) => Self::timed_out(message),
        }
    }
}
