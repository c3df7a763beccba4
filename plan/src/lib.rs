//! Webhooks of a Blynk organization as code.
#![forbid(unsafe_code)]

mod apply;
mod compare;
mod desired;
mod digest;
mod file;
mod finding;
mod identity;
mod import;
mod pace;
mod plan;
mod redact;
mod secret;
mod server;
mod source;
mod value;

pub use apply::{ApplyError, ApplyOptions, Cancel, DEFAULT_CONCURRENCY, ItemReport, Outcome, Progress, Report};
pub use desired::{Desired, DesiredWebhook};
pub use file::{Input, load};
pub use finding::{Finding, FindingCode, Findings};
pub use import::{ImportOptions, Imported, import};
pub use plan::{Action, Change, GuardReport, Item, Plan, PlanError, PlanOptions, Summary, plan};
pub use secret::Secrets;
pub use server::{ReadWebhooks, WriteWebhooks};
pub use source::Place;
