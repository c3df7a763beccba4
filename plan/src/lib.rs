//! Webhooks of a Blynk organization as code.
#![forbid(unsafe_code)]

mod apply;
mod compare;
mod desired;
mod digest;
mod doctor;
mod drift;
mod file;
mod finding;
mod identity;
mod import;
mod pace;
mod plan;
mod redact;
mod render;
mod schema;
mod secret;
mod server;
mod source;
mod value;

pub use apply::{
    ApplyError, ApplyOptions, Cancel, DEFAULT_CONCURRENCY, ItemReport, OnProgress, Outcome, Progress, Report,
};
pub use desired::{Desired, DesiredWebhook};
pub use doctor::{
    DEFAULT_WEBHOOK_LIMIT, Diagnosis, DiagnosisCode, DoctorOptions, Enabled, Notice, Observation, Weight, diagnose,
    enable,
};
pub use drift::{Drift, DriftItem, DriftKind, DriftedField, Mention, drift};
pub use file::{Input, load};
pub use finding::{Finding, FindingCode, Findings};
pub use import::{ImportOptions, Imported, import};
pub use plan::{Action, Change, GuardReport, Item, Plan, PlanError, PlanOptions, Summary, plan};
pub use schema::schema;
pub use secret::Secrets;
pub use server::{ReadWebhooks, WriteWebhooks};
pub use source::Place;
