//! Fault injection: the pending faults, in the order in which they were added.

pub(crate) mod flags;

use std::collections::VecDeque;
use std::time::Duration;

use blynk_webhooks::{Code, Violation};
use serde::{Deserialize, Serialize};

use crate::integral;
use crate::json::read_from_objects_only;

/// A fault of a request to the API. The operation does not run, so a fault never changes stored data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// A response with this status and the API's error envelope.
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
    /// The response announces more bytes than it sends, then the connection is closed.
    Truncate,
    /// A response with status 200 that is not JSON.
    Malformed,
    /// The operation runs after a delay.
    Delay {
        /// The delay in milliseconds.
        #[serde(rename = "delayMs", deserialize_with = "integral::number")]
        delay_ms: u64,
    },
}

read_from_objects_only!(Fault);

impl Fault {
    /// A response with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after: None }
    }

    /// The operation runs after a delay.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self::Delay { delay_ms: delay.as_millis().try_into().unwrap_or(u64::MAX) }
    }

    /// # Errors
    /// If the fault cannot happen.
    pub(crate) fn check(&self) -> Result<(), Violation> {
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

/// An operation that a fault can apply to.
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

/// A fault of a delivery to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum DeliveryFault {
    /// The request is sent after a delay.
    Delay {
        /// The delay in milliseconds.
        #[serde(rename = "delayMs", deserialize_with = "integral::number")]
        delay_ms: u64,
    },
    /// The request does not arrive, and the delivery fails.
    Drop,
    /// The request arrives twice. The first response counts.
    Duplicate,
    /// The request arrives, but the connection is reset before the response is read, and the delivery fails.
    Reset,
}

read_from_objects_only!(DeliveryFault);

/// Faults that are still to come, each for a scope: an operation, or a webhook.
#[derive(Debug)]
pub(crate) struct Faults<Scope, F> {
    scripted: VecDeque<Scripted<Scope, F>>,
    revision: u64,
}

/// A fault for its next requests.
#[derive(Debug, Serialize)]
pub(crate) struct Scripted<Scope, F> {
    #[serde(flatten)]
    scope: Scope,
    fault: F,
    times: u32,
}

/// Which requests of the API a fault is for.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct OfOperation {
    /// None: the next request of the API, whichever it is (not the token endpoint's).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<Operation>,
}

impl OfOperation {
    pub(crate) fn includes(self, operation: Operation) -> bool {
        match self.operation {
            Some(named) => named == operation,
            None => operation != Operation::Token,
        }
    }
}

/// Which deliveries a fault is for.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfWebhook {
    /// None: the next delivery, whichever it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_id: Option<i32>,
}

impl OfWebhook {
    pub(crate) fn includes(self, webhook_id: Option<i32>) -> bool {
        self.webhook_id.is_none() || self.webhook_id == webhook_id
    }
}

impl<Scope, F> Default for Faults<Scope, F> {
    fn default() -> Self {
        Self { scripted: VecDeque::new(), revision: 0 }
    }
}

impl<Scope: Copy, F: Clone> Faults<Scope, F> {
    /// Scripts a fault.
    ///
    /// # Errors
    /// If it would never happen.
    pub(crate) fn add(&mut self, scope: Scope, fault: F, times: u32) -> Result<(), Violation> {
        if times == 0 {
            return Err(Violation::error("times", Code::OutOfRange, "must be 1 or more"));
        }
        self.revision += 1;
        self.scripted.push_back(Scripted { scope, fault, times });
        Ok(())
    }

    /// Another number after each change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// In the order in which they come.
    pub(crate) fn scripted(&self) -> &VecDeque<Scripted<Scope, F>> {
        &self.scripted
    }

    pub(crate) fn clear(&mut self) {
        self.revision += 1;
        self.scripted.clear();
    }

    /// The first fault whose scope includes this request.
    pub(crate) fn take(&mut self, includes: impl Fn(Scope) -> bool) -> Option<F> {
        let place = self.scripted.iter().position(|scripted| includes(scripted.scope))?;
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
        let of = |operation| OfOperation { operation };
        faults.add(of(None), Fault::status(503), 2).unwrap();
        faults.add(of(Some(Operation::Get)), Fault::Reset, 1).unwrap();
        faults.add(of(Some(Operation::Token)), Fault::Malformed, 1).unwrap();
        let mut take = |operation| faults.take(|scope: OfOperation| scope.includes(operation));
        assert_eq!(take(Operation::Token), Some(Fault::Malformed));
        assert_eq!(take(Operation::Get), Some(Fault::status(503)));
        assert_eq!(take(Operation::List), Some(Fault::status(503)));
        assert_eq!(take(Operation::List), None);
        assert_eq!(take(Operation::Get), Some(Fault::Reset));
        assert_eq!(take(Operation::Get), None);
    }
}
