//! The rules of the API, all pure: placeholders, templates and validation.

mod placeholder;
mod template;
mod validation;

pub use placeholder::sample_value;
pub use template::{RenderedRequest, placeholders};
pub use validation::Purpose;
