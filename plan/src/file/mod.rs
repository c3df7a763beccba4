//! The file: TOML or JSON as a tree of values, each with its place, and the webhooks that the tree describes.

mod document;
mod expand;
pub(crate) mod json;
mod keys;
mod load;
pub(crate) mod toml;

pub(crate) use document::has_hidden_part;
pub(crate) use keys::{FILE_VERSION, REFERENCE_KEYS, WEBHOOK_KEYS, key};
pub use load::{Input, check, load};
