//! Why a delivery did not succeed.

/// Why a delivery did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SendError {
    /// Nothing was sent, and the target is not to blame.
    NotSent(String),
    /// The target, or its token URL, failed.
    Failed(String),
}
