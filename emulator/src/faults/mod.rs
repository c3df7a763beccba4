//! Faults on purpose: which request meets which, in the order they were scripted.

use std::collections::VecDeque;
use std::time::Duration;

use blynk_webhooks::{Code, Violation};
use serde::{Deserialize, Serialize};

use crate::integral;
use crate::json::read_from_objects_only;

/// What goes wrong. The operation is not carried out, so a fault never changes what is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// An answer with this status and the API's error envelope.
    Status {
        /// HTTP status, 200 to 599.
        #[serde(deserialize_with = "integral::number")]
        status: u16,
        /// `Retry-After` in seconds.
        #[serde(
            default,
            rename = "retryAfter",
            deserialize_with = "integral::optional",
            skip_serializing_if = "Option::is_none"
        )]
        retry_after: Option<u32>,
    },
    /// The connection is reset.
    Reset,
    /// The answer promises more bytes than come, then the connection is closed.
    Truncate,
    /// An answer with status 200 that is not JSON.
    Malformed,
    /// The operation is carried out, only later.
    Delay {
        /// How much later.
        #[serde(rename = "delayMs", deserialize_with = "integral::number")]
        delay_ms: u64,
    },
}

read_from_objects_only!(Fault);

impl Fault {
    /// An answer with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None }
    }

    /// The operation is carried out, only later.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self::Delay { delay_ms: delay.as_millis().try_into().unwrap_or(u64::MAX) }
    }

    /// Says what is wrong with a fault that cannot happen.
    fn check(&self) -> Result<(), Violation> {
        match self {
            Self::Status { status, .. } if !STATUSES.contains(status) => {
                let message = format!("must be from {} to {}, is {status}", STATUSES.start(), STATUSES.end());
                Err(Violation::error("status", Code::OutOfRange, message))
            }
            _ => Ok(()),
        }
    }
}

/// Statuses that end an exchange.
pub(crate) const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;

/// What a fault can be scripted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Operation {
    /// All webhooks.
    List,
    /// One webhook.
    Get,
    /// A new webhook.
    Create,
    /// A replaced webhook.
    Update,
    /// A deleted webhook.
    Delete,
    /// The token endpoint.
    Token,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 6] = [Self::List, Self::Get, Self::Create, Self::Update, Self::Delete, Self::Token];

    /// `list`, `get`, `create`, `update`, `delete` or `token`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Token => "token",
        }
    }
}

/// Faults that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    scripted: VecDeque<Scripted>,
    revision: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Scripted {
    /// Absent: the next request of the API, whichever it is (not the token endpoint's).
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    fault: Fault,
    times: u32,
}

impl Faults {
    /// Scripts a fault; says what is wrong with one that would never happen.
    pub(crate) fn add(&mut self, operation: Option<Operation>, fault: Fault, times: u32) -> Result<(), Violation> {
        fault.check()?;
        if times == 0 {
            return Err(Violation::error("times", Code::OutOfRange, "must be 1 or more"));
        }
        self.revision += 1;
        self.scripted.push_back(Scripted { operation, fault, times });
        Ok(())
    }

    /// Another number after each change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// In the order in which they come.
    pub(crate) fn scripted(&self) -> &VecDeque<Scripted> {
        &self.scripted
    }

    pub(crate) fn clear(&mut self) {
        self.revision += 1;
        self.scripted.clear();
    }

    /// The fault that this request meets.
    pub(crate) fn take(&mut self, operation: Operation) -> Option<Fault> {
        let place = self.scripted.iter().position(|scripted| match scripted.operation {
            Some(named) => named == operation,
            None => operation != Operation::Token,
        })?;
        self.revision += 1;
        let scripted = &mut self.scripted[place];
        scripted.times -= 1;
        let fault = scripted.fault.clone();
        if scripted.times == 0 {
            self.scripted.remove(place);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_in_their_order_and_end() {
        let mut faults = Faults::default();
        faults.add(None, Fault::status(503), 2).unwrap();
        faults.add(Some(Operation::Get), Fault::Reset, 1).unwrap();
        faults.add(Some(Operation::Token), Fault::Malformed, 1).unwrap();
        assert_eq!(faults.take(Operation::Token), Some(Fault::Malformed));
        assert_eq!(faults.take(Operation::Get), Some(Fault::status(503)));
        assert_eq!(faults.take(Operation::List), Some(Fault::status(503)));
        assert_eq!(faults.take(Operation::List), None);
        assert_eq!(faults.take(Operation::Get), Some(Fault::Reset));
        assert_eq!(faults.take(Operation::Get), None);
    }
}
