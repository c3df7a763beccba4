//! The core's events as lines on standard error, or as records for a logger that is JavaScript's. They hold no token, no
//! secret and no body.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::{Arc, Once};
use std::time::{SystemTime, UNIX_EPOCH};

use napi::Env;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Level, Metadata, Subscriber};

use crate::bridge::{Bridge, Messages};

/// Where a client's events go; none where nobody asked for them.
///
/// # Errors
/// A message where the level is none.
pub(crate) fn dispatch(env: &Env, level: &str, logger: Option<u32>) -> napi::Result<Option<Dispatch>> {
    let Ok(filter) = level.parse::<LevelFilter>() else {
        say_unknown_level(level);
        return Ok(None);
    };
    if filter == LevelFilter::OFF {
        return Ok(None);
    }
    let output = match logger {
        None => Output::StandardError,
        Some(logger) => Output::Logger(logger, Bridge::of(env)?.borrow().messages()),
    };
    Ok(Some(Dispatch::new(Log { filter, output })))
}

/// Once in a process: a client is made in many places, the variable is set in one.
fn say_unknown_level(level: &str) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let shown: String = level.chars().take(40).flat_map(char::escape_debug).collect();
        // Nobody is left to tell where standard error is closed.
        let _ = writeln!(
            std::io::stderr().lock(),
            "blynk-webhooks: '{shown}' is not a log level; use error, warn, info, debug, trace or off"
        );
    });
}

struct Log {
    filter: LevelFilter,
    output: Output,
}

enum Output {
    StandardError,
    Logger(u32, Arc<Messages>),
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.is_span() && *metadata.level() <= self.filter && metadata.target().starts_with("blynk_webhooks")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.filter)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let level = event.metadata().level();
        match &self.output {
            Output::StandardError => {
                let mut line = Line::default();
                event.record(&mut line);
                // Nobody is left to tell where standard error is closed.
                let _ = writeln!(
                    std::io::stderr().lock(),
                    "blynk-webhooks {}.{:03} {level} {}{}",
                    time.as_secs(),
                    time.subsec_millis(),
                    line.message,
                    line.fields
                );
            }
            Output::Logger(logger, messages) => {
                let mut members = Members::default();
                members.fields.insert("time".into(), (time.as_micros() as f64 / 1000.0).into());
                event.record(&mut members);
                let record =
                    json!({ "level": level_name(*level), "message": members.message, "fields": members.fields });
                messages.tell(*logger, &record);
            }
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

#[derive(Default)]
struct Members {
    message: String,
    fields: Map<String, Value>,
}

impl Members {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.insert(field.name().into(), value.into());
    }
}

impl Visit for Members {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.insert(field, format!("{value:?}"));
        }
    }
}
