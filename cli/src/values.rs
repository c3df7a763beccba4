//! Values for placeholders: given ones, and samples for the rest.

use std::path::PathBuf;
use std::time::SystemTime;

use blynk_webhooks::WebhookSpec;
use blynk_webhooks::bindings::{nearest, sample_value};
use clap::Args;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::fields::pair;
use crate::input::{read_text, shown};
use crate::output::visible;

/// Values for placeholders.
#[derive(Debug, Args)]
#[command(next_help_heading = "Values of placeholders")]
pub struct ValueArgs {
    /// Value of a placeholder: JSON, else text, e.g. device_id=7. Can be given more than once
    #[arg(long = "value", value_name = "NAME=VALUE", value_parser = pair)]
    values: Vec<(String, String)>,

    /// JSON file with an object of values, `-` for standard input
    #[arg(long = "values", value_name = "FILE")]
    file: Option<PathBuf>,

    /// Fail if a placeholder has no value, instead of using a sample
    #[arg(long)]
    no_samples: bool,
}

/// Values for every placeholder of a spec.
#[derive(Debug)]
pub struct Values {
    /// Name to value.
    pub values: Map<String, Value>,
    /// Names whose value is a sample.
    pub samples: Vec<String>,
}

impl ValueArgs {
    /// The given values, completed by samples, which are told: the time of now, a number, an object or the placeholder's own name.
    ///
    /// # Errors
    /// If the file cannot be read or is no JSON object.
    pub async fn values(&self, spec: &WebhookSpec, context: &Context) -> Result<Values> {
        let mut values = Map::new();
        if let Some(path) = &self.file {
            let text = read_text(path, &context.out).await?;
            let read: serde_json::Result<Map<String, Value>> = serde_json::from_str(&text);
            // The parser's message may repeat a value, which may be a secret.
            values = read.map_err(|cause| {
                let place = format!("line {} column {}", cause.line(), cause.column());
                CliError::failure(format!("{}: not a JSON object of values ({place})", shown(path)))
            })?;
        }
        for (name, text) in &self.values {
            let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()));
            values.insert(name.clone(), value);
        }
        let mut open = spec.placeholders();
        for name in values.keys().filter(|name| !open.iter().any(|used| names(used, name))) {
            let near = nearest(name, open.iter().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean {}?", visible(near))).unwrap_or_default();
            context.out.warning(format_args!("the webhook has no placeholder {{{}}}{hint}", visible(name)));
        }
        open.retain(|name| !values.keys().any(|given| names(name, given)));
        if self.no_samples {
            open.clear();
        }
        for name in &open {
            values.insert(name.clone(), sample(name));
        }
        if !open.is_empty() {
            let names = open.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
            context.out.note(format_args!("Sample values: {names}"));
        }
        Ok(Values { values, samples: open })
    }
}

/// True if a value of this name fills the placeholder: `device_pinValue` fills `device_pinValue[1]` too.
fn names(placeholder: &str, given: &str) -> bool {
    placeholder == given || placeholder.split_once('[').is_some_and(|(base, _)| base == given)
}

fn sample(name: &str) -> Value {
    let now = SystemTime::now();
    match name {
        "timestamp_unix" => {
            now.duration_since(SystemTime::UNIX_EPOCH).map(|time| time.as_secs()).unwrap_or_default().into()
        }
        "timestamp_iso8601" => humantime::format_rfc3339_seconds(now).to_string().into(),
        // The platform leaves what it does not know as it is (assumed).
        _ => sample_value(name).unwrap_or_else(|| format!("{{{name}}}").into()),
    }
}
