//! The core's log events on their way to Python's `logging`: each with the time it happened and for the call it belongs to.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event as LogEvent, Level, Metadata, Subscriber};

use crate::events::{self, CallEvents, Event};
use crate::fork::PerProcess;

/// Where the core's events come from, and the name of the logger.
const LOGGER: &str = "blynk_webhooks";

/// `logging`'s levels.
const DEBUG: u8 = 10;
const INFO: u8 = 20;
const WARNING: u8 = 30;
const ERROR: u8 = 40;
const OFF: u8 = u8::MAX;

/// The lowest level that may be heard; events below it are not even formatted. Whether it really is heard is asked where
/// records are handed over.
static LEVEL: AtomicU8 = AtomicU8::new(OFF);

thread_local! {
    /// The spans whose futures this thread is polling, outermost first.
    static SPANS_HERE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

struct Span {
    id: u64,
    holders: usize,
    fields: String,
    call: Option<CallEvents>,
}

/// Living spans. Threads without the interpreter lock them, for moments in which nobody waits for the interpreter.
static SPANS: PerProcess<Mutex<Vec<Span>>> = PerProcess::new();

fn spans() -> Option<MutexGuard<'static, Vec<Span>>> {
    SPANS.get().map(|spans| spans.lock().unwrap_or_else(PoisonError::into_inner))
}

fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // Nothing else in this library installs one, and it is not shared with other extension modules.
        let _ = tracing::subscriber::set_global_default(ToLogging);
    });
    let Ok(_) = SPANS.get_or_try_init(|| Ok::<_, std::convert::Infallible>(Mutex::default()));
    events::prepare();
}

/// Looks whether the logger wants to hear anything of a new call. A program that has not imported `logging` does not.
pub(crate) fn are_wanted(py: Python<'_>) -> PyResult<bool> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    static ASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let ask = match ASK.get(py) {
        Some(ask) => ask,
        None => {
            let modules = MODULES.get_or_try_init(py, || {
                Ok::<_, PyErr>(PyModule::import(py, "sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind())
            })?;
            let Some(logging) = modules.bind(py).get_item(intern!(py, "logging"))? else { return Ok(false) };
            ASK.get_or_try_init(py, || {
                logging.call_method1("getLogger", (LOGGER,))?.getattr("isEnabledFor").map(Bound::unbind)
            })?
        }
    };
    let enabled = |level: u8| ask.bind(py).call1((level,))?.is_truthy();
    // Warnings are rare, so whether they are heard is asked where there is one.
    let level = if !enabled(INFO)? {
        WARNING
    } else if enabled(DEBUG)? {
        DEBUG
    } else {
        INFO
    };
    install();
    if LEVEL.swap(level, Ordering::Relaxed) != level {
        // Spans and events below the level then cost one look at a number each.
        tracing::callsite::rebuild_interest_cache();
    }
    Ok(true)
}

/// Puts events into the queue, each with the fields of the spans it belongs to.
struct ToLogging;

impl Subscriber for ToLogging {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // The default asks `enabled` once for good, but logging is switched on and off.
        if metadata.target().split("::").next() == Some(LOGGER) { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match LEVEL.load(Ordering::Relaxed) {
            DEBUG => LevelFilter::TRACE,
            INFO => LevelFilter::INFO,
            WARNING => LevelFilter::WARN,
            _ => LevelFilter::ERROR,
        })
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        level_of(*metadata.level()) >= LEVEL.load(Ordering::Relaxed)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut fields = Fields::default();
        span.record(&mut fields);
        if let Some(mut spans) = spans() {
            let call = current_call(&spans);
            spans.push(Span { id, holders: 1, fields: fields.text, call });
        }
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &LogEvent<'_>) {
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(spans) = spans() else { return };
        let within = SPANS_HERE.with_borrow(|here| {
            let text_of = |id: &u64| spans.iter().find(|span| span.id == *id).map(|span| span.fields.as_str());
            here.iter().filter_map(text_of).collect::<String>()
        });
        let call = current_call(&spans);
        drop(spans);
        let text = format!("{}:{within}{}", fields.message, fields.text);
        let level = level_of(*event.metadata().level());
        events::push(call.as_ref(), Event::Log { level, nanoseconds, text });
    }

    fn enter(&self, span: &Id) {
        SPANS_HERE.with_borrow_mut(|spans| spans.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        SPANS_HERE.with_borrow_mut(|spans| {
            if let Some(place) = spans.iter().rposition(|id| *id == span.into_u64()) {
                spans.remove(place);
            }
        });
    }

    fn clone_span(&self, span: &Id) -> Id {
        if let Some(known) = spans().iter_mut().flat_map(|spans| spans.iter_mut()).find(|known| known.is(span)) {
            known.holders += 1;
        }
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let Some(mut spans) = spans() else { return false };
        let Some(place) = spans.iter().position(|known| known.is(&span)) else { return false };
        spans[place].holders -= 1;
        if spans[place].holders > 0 {
            return false;
        }
        spans.swap_remove(place);
        true
    }
}

impl Span {
    fn is(&self, id: &Id) -> bool {
        self.id == id.into_u64()
    }
}

/// The call that this thread is working on, else the one that the innermost span was opened for.
fn current_call(spans: &[Span]) -> Option<CallEvents> {
    CallEvents::current().or_else(|| {
        let innermost = SPANS_HERE.with_borrow(|here| here.last().copied())?;
        spans.iter().find(|span| span.id == innermost).and_then(|span| span.call.clone())
    })
}

fn level_of(level: Level) -> u8 {
    match level {
        Level::ERROR => ERROR,
        Level::WARN => WARNING,
        Level::INFO => INFO,
        _ => DEBUG,
    }
}

/// The fields of an event or a span, as `name=value`, and its message. Those with a dot in their name are for traces, and
/// say once more what others say.
#[derive(Default)]
struct Fields {
    message: String,
    text: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if !value.is_empty() && !field.name().contains('.') {
            let _ = write!(self.text, " {}={value}", field.name());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        } else if !field.name().contains('.') {
            let _ = write!(self.text, " {}={value:?}", field.name());
        }
    }
}
