//! What has changed.

use serde::{Serialize, Serializer};

/// A number for each part of the live state, which is different after each change of that part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Revision {
    /// Which log it is; another one after a reset, when numbers start again at 1. As text, because not every language has 64-bit integers.
    #[serde(serialize_with = "as_text")]
    pub(crate) log: u64,
    /// Number of the last delivery.
    pub(crate) deliveries: u64,
    pub(crate) webhooks: u64,
    pub(crate) notices: u64,
    pub(crate) faults: u64,
    pub(crate) clock: u64,
}

fn as_text<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}
