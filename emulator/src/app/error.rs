//! Why the emulator did not do what it was asked.

use std::fmt;
use std::time::Duration;

use blynk_webhooks::{Code, Violation};

/// Why the emulator did not do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum EmulatorError {
    /// It was stopped.
    Stopped,
    /// There is no such delivery, or its webhook is gone.
    NoDelivery(u64),
    /// What was given cannot be: a spec breaks the contract, a trigger is unknown, a fault cannot happen.
    Invalid(Vec<Violation>),
    /// What was named is not there, e.g. a webhook or an organization.
    NotFound(Violation),
    /// The parts of what was given contradict each other.
    Conflict(Violation),
    /// The change could not be made, e.g. because its file could not take it; everything is as it was.
    Unchanged(String),
    /// No delivery came in time.
    TimedOut(Duration),
    /// Deliveries that were expected did not come in time; says what came instead.
    NotExpected(String),
    /// A method was used in a way that makes no sense, e.g. two faults were named at once.
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
