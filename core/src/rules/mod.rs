//! The rules of the API, all pure: placeholders, templates, validation and violations.

pub(crate) mod placeholder;
pub(crate) mod template;
pub(crate) mod validation;
pub(crate) mod violation;
