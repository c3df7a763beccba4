//! `--verbose`: what the client tells of its requests, as lines on standard error. It holds no token, no secret and no body.

use std::fmt::{self, Write as _};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::json::JSON_VERSION;
use crate::json::Tree;
use crate::output::{Output, style, styled, visible};

/// Prints the events of the client while `run` runs.
pub(crate) fn with_log<T>(wanted: bool, json: bool, color: anstream::ColorChoice, run: impl FnOnce() -> T) -> T {
    if !wanted {
        return run();
    }
    tracing::subscriber::with_default(Lines { out: Output::new(json, false, color) }, run)
}

struct Lines {
    out: Output,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !metadata.is_span() && *metadata.level() <= Level::DEBUG && metadata.target().starts_with("blynk_webhooks")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let text = visible(&format!("{}{}", line.message, line.fields));
        if self.out.is_json() {
            let members = [("version", Value::from(JSON_VERSION)), ("log", text.into())];
            self.out.tell(Tree::object(members.map(|(name, value)| (name, Tree::from(value)))).to_text());
        } else {
            self.out.tell(styled(style::FAINT, text));
        }
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
    fn record_str(&mut self, field: &Field, value: &str) {
        // Writing to a String cannot fail.
        let _ = write!(self.fields, " {}={value}", field.name());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
