//! The core's log events on their way to Python's `logging`. They are queued without the interpreter, each with the time it
//! happened and for the call it belongs to; the caller's own thread or task hands its records over.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::mem;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::fork;

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

/// The records of one call.
#[derive(Clone, Default)]
pub(crate) struct CallLog(Arc<Mutex<Vec<Entry>>>);

struct Entry {
    level: u8,
    nanoseconds: u64,
    text: String,
}

thread_local! {
    /// The call that this thread is working on.
    static CURRENT: RefCell<Option<CallLog>> = const { RefCell::new(None) };
    /// The spans whose futures this thread is polling, outermost first.
    static SPANS_HERE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

impl CallLog {
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a part of the call: what it logs is the call's.
    pub(crate) fn within<T>(log: Option<&Self>, part: impl FnOnce() -> T) -> T {
        let Some(log) = log else { return part() };
        let outer = CURRENT.replace(Some(log.clone()));
        let value = part();
        CURRENT.set(outer);
        value
    }
}

/// The spans and the records of no call. Threads without the interpreter lock `kept`, so a fork may find it locked: the
/// child has logs of its own, and its parent's records are not its to hand over.
struct ProcessLogs {
    generation: u32,
    kept: Mutex<Kept>,
    of_child: OnceLock<Box<ProcessLogs>>,
}

/// Locked for moments, in which nobody waits for the interpreter.
#[derive(Default)]
struct Kept {
    /// Records of work that several calls share.
    entries: Vec<Entry>,
    spans: Vec<Span>,
}

struct Span {
    id: u64,
    holders: usize,
    fields: String,
    call: Option<CallLog>,
}

/// Those of the first process that logged; the ones of its child hang on them, and so on. Filled while attached only.
static LOGS: OnceLock<ProcessLogs> = OnceLock::new();

impl ProcessLogs {
    fn new() -> Self {
        Self { generation: fork::generation(), kept: Mutex::default(), of_child: OnceLock::new() }
    }
}

/// This process's logs, once there are any.
fn here() -> Option<MutexGuard<'static, Kept>> {
    let mut logs = LOGS.get()?;
    while logs.generation != fork::generation() {
        logs = logs.of_child.get()?;
    }
    Some(logs.kept.lock().unwrap_or_else(PoisonError::into_inner))
}

fn install() {
    let mut logs = LOGS.get_or_init(|| {
        // Nothing else in this library installs one, and it is not shared with other extension modules.
        let _ = tracing::subscriber::set_global_default(ToLogging);
        ProcessLogs::new()
    });
    while logs.generation != fork::generation() {
        logs = logs.of_child.get_or_init(|| ProcessLogs::new().into());
    }
}

/// Looks whether the logger wants to hear anything, and gives the log of a new call then. A program that has not imported
/// `logging` does not.
pub(crate) fn begin(py: Python<'_>) -> PyResult<Option<CallLog>> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    static ASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let ask = match ASK.get(py) {
        Some(ask) => ask,
        None => {
            let modules = MODULES.get_or_try_init(py, || {
                Ok::<_, PyErr>(PyModule::import(py, "sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind())
            })?;
            let Some(logging) = modules.bind(py).get_item(intern!(py, "logging"))? else { return Ok(None) };
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
    LEVEL.store(level, Ordering::Relaxed);
    Ok(Some(CallLog::default()))
}

/// Hands over what was logged since the last time, by the call's own thread or task.
pub(crate) fn flush(py: Python<'_>, log: Option<&CallLog>) {
    let Some(log) = log else { return };
    let of_call = mem::take(&mut *log.lock());
    let of_no_call = here().map(|mut kept| mem::take(&mut kept.entries)).unwrap_or_default();
    for Entry { level, nanoseconds, text } in of_no_call.into_iter().chain(of_call) {
        static EMIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let emit = EMIT.import(py, "blynk_webhooks._logs", "emit");
        if let Err(problem) = emit.and_then(|emit| emit.call1((level, nanoseconds, text))) {
            problem.write_unraisable(py, None);
        }
    }
}

/// Puts events into the queue, each with the fields of the spans it belongs to.
struct ToLogging;

impl Subscriber for ToLogging {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // The default asks `enabled` once for good, but logging is switched on and off.
        if metadata.target().split("::").next() == Some(LOGGER) { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        level_of(*metadata.level()) >= LEVEL.load(Ordering::Relaxed)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut fields = Fields::default();
        span.record(&mut fields);
        if let Some(mut kept) = here() {
            let call = current_call(&kept);
            kept.spans.push(Span { id, holders: 1, fields: fields.text, call });
        }
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(mut kept) = here() else { return };
        let within = SPANS_HERE.with_borrow(|here| {
            let text_of = |id: &u64| kept.spans.iter().find(|span| span.id == *id).map(|span| span.fields.as_str());
            here.iter().filter_map(text_of).collect::<String>()
        });
        let text = format!("{}:{within}{}", fields.message, fields.text);
        let entry = Entry { level: level_of(*event.metadata().level()), nanoseconds, text };
        match current_call(&kept) {
            Some(call) => call.lock().push(entry),
            None => kept.entries.push(entry),
        }
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
        let mut kept = here();
        let spans = kept.iter_mut().flat_map(|kept| &mut kept.spans);
        for known in spans.filter(|known| known.id == span.into_u64()) {
            known.holders += 1;
        }
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let Some(mut kept) = here() else { return false };
        let Some(place) = kept.spans.iter().position(|known| known.id == span.into_u64()) else { return false };
        kept.spans[place].holders -= 1;
        if kept.spans[place].holders > 0 {
            return false;
        }
        kept.spans.swap_remove(place);
        true
    }
}

/// The call that this thread is working on, else the one that the innermost span was opened for.
fn current_call(kept: &Kept) -> Option<CallLog> {
    CURRENT.with_borrow(Clone::clone).or_else(|| {
        SPANS_HERE.with_borrow(|here| {
            let span = here.last().and_then(|id| kept.spans.iter().find(|span| span.id == *id));
            span.and_then(|span| span.call.clone())
        })
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

/// The fields of an event or a span, as `name=value`, and its message.
#[derive(Default)]
struct Fields {
    message: String,
    text: String,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        if !value.is_empty() {
            let _ = write!(self.text, " {}={value}", field.name());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, "{value:?}");
        } else {
            let _ = write!(self.text, " {}={value:?}", field.name());
        }
    }
}
