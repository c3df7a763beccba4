//! The core's log events on their way to Python's `logging`: queued without the interpreter, handed over when it is at hand.

use std::fmt::{self, Write as _};
use std::mem;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyModule};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

/// Where the core's events come from, and the name of the logger.
const LOGGER: &str = "blynk_webhooks";

/// `logging`'s levels.
const DEBUG: u8 = 10;
const INFO: u8 = 20;
const WARNING: u8 = 30;
const ERROR: u8 = 40;

/// True while the logger takes debug messages; without it the core does not even format an event.
static ENABLED: AtomicBool = AtomicBool::new(false);

/// The logs of one process. Threads without the interpreter lock `kept`, so a fork may find it locked: the child has logs
/// of its own, and its parent's messages are not its to hand over.
struct Logs {
    process: u32,
    kept: Mutex<Kept>,
    of_child: OnceLock<Box<Logs>>,
}

/// Locked for moments, in which nobody waits for the interpreter.
#[derive(Default)]
struct Kept {
    entries: Vec<Entry>,
    /// Living spans: id, holders, fields.
    spans: Vec<(u64, usize, String)>,
}

struct Entry {
    level: u8,
    text: String,
}

/// Those of the first process that logged; the ones of its child hang on them, and so on. Filled while attached only.
static LOGS: OnceLock<Logs> = OnceLock::new();

impl Logs {
    fn new() -> Self {
        Self { process: process::id(), kept: Mutex::default(), of_child: OnceLock::new() }
    }
}

/// This process's logs, once there are any.
fn here() -> Option<MutexGuard<'static, Kept>> {
    let mut logs = LOGS.get()?;
    while logs.process != process::id() {
        logs = logs.of_child.get()?;
    }
    Some(logs.kept.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Looks whether the logger wants to hear anything; called before each call. Who has not imported `logging` does not.
pub(crate) fn refresh(py: Python<'_>) -> PyResult<()> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    static ASK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let ask = match ASK.get(py) {
        Some(ask) => ask,
        None => {
            let modules = MODULES.get_or_try_init(py, || {
                Ok::<_, PyErr>(PyModule::import(py, "sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind())
            })?;
            let Some(logging) = modules.bind(py).get_item(intern!(py, "logging"))? else { return Ok(()) };
            ASK.get_or_try_init(py, || {
                logging.call_method1("getLogger", (LOGGER,))?.getattr("isEnabledFor").map(Bound::unbind)
            })?
        }
    };
    let enabled = ask.bind(py).call1((DEBUG,))?.is_truthy()?;
    if enabled {
        install();
    }
    ENABLED.store(enabled, Ordering::Relaxed);
    Ok(())
}

fn install() {
    let mut logs = LOGS.get_or_init(|| {
        // Nothing else in this library installs one, and it is not shared with other extension modules.
        let _ = tracing::subscriber::set_global_default(ToLogging);
        Logs::new()
    });
    while logs.process != process::id() {
        logs = logs.of_child.get_or_init(|| Logs::new().into());
    }
}

/// Hands over what was logged since the last time.
pub(crate) fn flush(py: Python<'_>) {
    let entries = here().map(|mut kept| mem::take(&mut kept.entries)).unwrap_or_default();
    for Entry { level, text } in entries {
        static LOG: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let logged = LOG
            .get_or_try_init(py, || {
                py.import("logging")?.call_method1("getLogger", (LOGGER,))?.getattr("log").map(Bound::unbind)
            })
            .and_then(|log| log.call1(py, (level, "%s", text)));
        if let Err(problem) = logged {
            problem.write_unraisable(py, None);
        }
    }
}

/// Puts events into the queue, each with the fields of the spans it belongs to.
struct ToLogging;

thread_local! {
    /// The spans whose futures this thread is polling, outermost first.
    static SPANS_HERE: std::cell::RefCell<Vec<u64>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Subscriber for ToLogging {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // The default asks `enabled` once for good, but logging is switched on and off.
        if metadata.target().split("::").next() == Some(LOGGER) { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        ENABLED.load(Ordering::Relaxed)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut fields = Fields::default();
        span.record(&mut fields);
        if let Some(mut kept) = here() {
            kept.spans.push((id, 1, fields.text));
        }
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = match *event.metadata().level() {
            Level::ERROR => ERROR,
            Level::WARN => WARNING,
            Level::INFO => INFO,
            _ => DEBUG,
        };
        let Some(mut kept) = here() else { return };
        let within = SPANS_HERE.with_borrow(|here| {
            let text_of = |id: &u64| kept.spans.iter().find(|(known, ..)| known == id).map(|(.., text)| text.as_str());
            here.iter().filter_map(text_of).collect::<String>()
        });
        kept.entries.push(Entry { level, text: format!("{}:{within}{}", fields.message, fields.text) });
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
        for (_, holders, _) in spans.filter(|(id, ..)| *id == span.into_u64()) {
            *holders += 1;
        }
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let Some(mut kept) = here() else { return false };
        let Some(place) = kept.spans.iter().position(|(id, ..)| *id == span.into_u64()) else { return false };
        kept.spans[place].1 -= 1;
        if kept.spans[place].1 > 0 {
            return false;
        }
        kept.spans.swap_remove(place);
        true
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
