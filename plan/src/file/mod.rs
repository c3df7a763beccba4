//! The file: TOML or JSON as a tree of values, each with its place, and the webhooks that the tree describes.

mod document;
mod expand;
pub(crate) mod json;
mod load;
pub(crate) mod toml;

pub(crate) use document::{
    Document, FILE_VERSION, REFERENCE_KEYS, WEBHOOK_KEYS, has_hidden_part, key, read_documents, same_server,
};
pub use load::{Input, check, load};
