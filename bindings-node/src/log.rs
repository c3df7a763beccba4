//! `BLYNK_LOG`: the core's events as lines on standard error.
//!
//! Levels: `error`, `warn`, `info`, `debug`, `trace`; anything else, and no variable, means silence. The core's events
//! hold no token, no secret and no body.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::Once;
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

const VARIABLE: &str = "BLYNK_LOG";

/// Starts writing, where the environment asks for it. Asked once in a process.
pub(crate) fn start() {
    static START: Once = Once::new();
    START.call_once(|| {
        if let Some(most) = std::env::var(VARIABLE).ok().and_then(|level| level.parse().ok()) {
            // Refused only where a subscriber is there already, which nothing else in this library sets.
            let _ = tracing::subscriber::set_global_default(Lines { most });
        }
    });
}

struct Lines {
    most: Level,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.is_span() && *metadata.level() <= self.most && metadata.target().starts_with("blynk_webhooks")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Nobody is left to tell where standard error is closed.
        let _ = writeln!(
            std::io::stderr().lock(),
            "blynk-webhooks {}.{:03} {} {}{}",
            time.as_secs(),
            time.subsec_millis(),
            event.metadata().level(),
            line.message,
            line.fields
        );
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
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
