//! Webhooks of a Blynk organization as code: a file in git says what is wanted, a plan what would change, an apply does just that.
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
//! [defaults]                               # for every webhook of this file that says nothing else
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
//! absent = true                            # deletes are listed, never implied
//! ```
//!
//! | key of a webhook | meaning |
//! |---|---|
//! | a field of the API | is sent. A field that the file leaves out is cleared, but `failureLimit` and fields this version does not know stay as the server has them, and a `status` that is left out is `ENABLED` |
//! | `id` | pins the webhook, whatever it is called |
//! | `was` | its former name: the webhook is renamed, not made anew |
//! | `name` | its name, where the header of the table is not it: two webhooks of one name have an `id` each |
//! | `absent` | the webhook is to be deleted |
//! | `for_each` | a table of lists gives every combination, an array of tables one webhook for each table |
//! | `expect` | what [`diagnose`] expects: `maxSilence`, a duration such as `"2h"` |
//! | `extra` | fields that this version does not know and whose name looks misspelt, or is a key of this table |
//!
//! A table with one of these members alone stands for another value, wherever a value stands:
//!
//! | table | meaning |
//! |---|---|
//! | `{ env = "NAME" }` | the environment variable; never shown |
//! | `{ file = "path" }` | the file's text without the end of its line, from this file's folder on; never shown |
//! | `{ command = ["op", "read", "…"] }` | what the program prints; never shown |
//! | `{ keep = true }` | what the server holds, whatever it is: not compared, and sent back as it is |
//! | `{ json = "null" }` | any JSON: null, integers beyond 64 bits, an object that would read as one of these |
//!
//! There is no state file. A webhook is found by `id`, else by `was`, else by its exact name; what the file does not name is left alone.
//! That the platform has disabled a webhook is its health and never a difference: [`enable`] alone switches it on.
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
