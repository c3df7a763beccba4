//! Why there is no plan.

use std::fmt;

use blynk_webhooks::Error;

use crate::finding::{Finding, Findings};

/// Why there is no plan.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlanError {
    /// What is wanted cannot be; each finding says where and why.
    Findings(Box<Findings>),
    /// The credentials are those of another server or organization than the file's.
    WrongTarget(String),
    /// The webhooks cannot be read.
    Client(Error),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Findings(findings) => findings.fmt(f),
            Self::WrongTarget(message) => f.write_str(message),
            Self::Client(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PlanError {}

impl From<Findings> for PlanError {
    fn from(findings: Findings) -> Self {
        Self::Findings(Box::new(findings))
    }
}

impl From<Error> for PlanError {
    fn from(error: Error) -> Self {
        Self::Client(error)
    }
}

/// The same in the client's own errors, for a language that has no other.
impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Findings(findings) => {
                findings.as_slice().iter().map(Finding::to_violation).collect::<Vec<_>>().into()
            }
            PlanError::WrongTarget(message) => Self::Config(message.into()),
            PlanError::Client(error) => error,
        }
    }
}
