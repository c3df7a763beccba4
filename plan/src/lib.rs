//! Webhooks of a Blynk organization as code: a file in git describes the desired webhooks, a plan shows what would change, and
//! apply makes exactly these changes.
//!
//! ```no_run
//! # async fn example(client: blynk_webhooks::Client) -> Result<(), Box<dyn std::error::Error>> {
//! use blynk_webhooks_plan::{ApplyOptions, PlanOptions, load, plan};
//!
//! let desired = load(&["webhooks.toml".into()])?;
//! let plan = plan(&client, &desired, PlanOptions::new()).await?;
//! println!("{}", plan.to_text(false));
//! let report = plan.apply(&client, ApplyOptions::new()).await?;
//! assert!(report.is_complete());
//! # Ok(()) }
//! ```
//!
//! # The file
//!
//! TOML with the API's own names, or JSON of the same shape. [`schema`] is its JSON Schema.
//!
//! ```toml
//! version = 1
//! server = "https://fra1.blynk.cloud"      # credentials of another server are refused
//! org = 101
//!
//! [guard]
//! max_deletes = "30%"                      # or a number; without it there is no limit
//!
//! [defaults]                               # defaults for every webhook of this file
//! method = "POST"
//! contentType = "JSON"
//! authType = "NONE"
//!
//! [webhook."Moisture"]                     # the name, by which the webhook is found
//! trigger = "PRODUCT_DATASTREAM_UPDATE"
//! dataTrigger = { dataStreamId = 5 }
//! url = "https://ingest.example/{device_id}"
//! expect = { maxSilence = "2h" }           # read by `diagnose`, never sent
//!
//! [webhook."Pin {pin}"]                    # one webhook for each value
//! for_each = { pin = ["V1", "V2"] }
//! trigger = "PRODUCT_DATASTREAM_UPDATE"
//! dataTrigger = { pin = "{pin}" }
//! url = "https://ingest.example/{pin}"
//!
//! [webhook."Old"]
//! absent = true                            # deletes the webhook
//! ```
//!
//! | key of a webhook | meaning |
//! |---|---|
//! | a field of the API | its value. A field that the file leaves out is cleared, with three exceptions: `failureLimit` and fields that this version does not know keep the server's value, and `status` defaults to `ENABLED` |
//! | `id` | finds the webhook, regardless of its name |
//! | `was` | its former name: renames the webhook instead of creating another |
//! | `name` | its name, if it differs from the header of the table: two webhooks of one name need an `id` each |
//! | `absent` | deletes the webhook |
//! | `for_each` | a table of lists gives every combination, an array of tables one webhook for each table |
//! | `expect` | what [`diagnose`] expects: `maxSilence`, a duration such as `"2h"` |
//! | `extra` | fields that this version does not know and whose name looks misspelt, or is a key of this table |
//!
//! A table with exactly one of these members replaces a value anywhere in the file:
//!
//! | table | meaning |
//! |---|---|
//! | `{ env = "NAME" }` | the environment variable; never shown |
//! | `{ file = "path" }` | the text of a file, without the line break at its end; the path is relative to this file; never shown |
//! | `{ command = ["op", "read", "…"] }` | what the program prints; never shown |
//! | `{ keep = true }` | the server's value, which is not compared and sent back unchanged |
//! | `{ json = "null" }` | any JSON: null, integers beyond 64 bits, or an object that looks like one of these tables |
//!
//! There is no state file. A webhook is found by `id`, else by `was`, else by its exact name; webhooks that the file
//! does not name stay as they are. If the platform has disabled a webhook, that is a matter of its health and not a difference; only
//! [`enable`] enables it again.
#![forbid(unsafe_code)]

mod apply;
mod compare;
mod desired;
mod digest;
mod doctor;
mod drift;
mod error;
mod file;
mod finding;
mod identity;
mod import;
mod item;
mod pace;
mod plan;
#[doc(hidden)]
pub mod process_group;
mod redact;
mod render;
mod schema;
mod secret;
mod server;
mod source;
mod value;
#[doc(hidden)]
pub mod visible;

pub use apply::{
    ApplyError, ApplyOptions, Cancel, DEFAULT_CONCURRENCY, ItemReport, OnProgress, Outcome, Progress, Report,
};
pub use desired::{Desired, DesiredWebhook};
pub use doctor::{
    DEFAULT_WEBHOOK_LIMIT, Diagnosis, DiagnosisCode, DoctorOptions, Enabled, Notice, Observation, Weight, diagnose,
    enable,
};
pub use drift::{Drift, DriftItem, DriftKind, DriftedField, Mention, drift};
pub use error::PlanError;
pub use file::{Input, check, load};
pub use finding::{Finding, FindingCode, Findings};
pub use import::{ImportOptions, Imported, import};
pub use item::{Action, Change, Item};
pub use plan::{GuardReport, Plan, PlanOptions, Summary, plan};
pub use schema::schema;
pub use secret::Secrets;
pub use server::{ReadWebhooks, WriteWebhooks};
pub use source::Place;
