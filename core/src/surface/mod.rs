//! The declaration of the surface: every field, enum, setting, option, operation and error, each as one row of a table.
//!
//! The rest of the crate and the bindings derive from these tables; nothing here depends on another module. To add a
//! field, a setting, an option, an operation or an error, add its row here and use it where it has an effect.

pub(crate) mod enums;
mod errors;
mod fields;
mod name;
mod naming;
mod operations;
mod settings;

pub use enums::*;
pub use errors::{Attribute, AttributeKind, ErrorKind};
pub(crate) use fields::limit_of;
pub use fields::{Access, Field, FieldInfo, FieldKind, oauth2};
pub use name::Name;
pub use naming::Naming;
pub use operations::{Argument, ArgumentKind, HttpCall, Operation, OperationInfo, Returns, path};
pub use settings::{
    CallOption, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT, OptionDefault, OptionInfo, OptionKind, Setting, env,
};
pub(crate) use settings::{for_each_call_option, for_each_setting};
