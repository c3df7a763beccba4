//! The core's log events on their way to Python's `logging`: queued without the interpreter, handed over when it is at hand.

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, OnceLock, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::{MutexExt, PyOnceLock};
use pyo3::types::{PyDict, PyModule};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
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
/// Without a lock on the sending side, so that a fork cannot find one held.
static QUEUE: OnceLock<Sender<Entry>> = OnceLock::new();
/// Locked while attached only.
static ENTRIES: Mutex<Option<Receiver<Entry>>> = Mutex::new(None);

struct Entry {
    level: u8,
    text: String,
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
        install(py);
    }
    ENABLED.store(enabled, Ordering::Relaxed);
    Ok(())
}

fn install(py: Python<'_>) {
    QUEUE.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        *ENTRIES.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner) = Some(receiver);
        // Nothing else in this library installs one, and it is not shared with other extension modules.
        let _ = tracing::subscriber::set_global_default(ToLogging);
        sender
    });
}

/// Hands over what was logged since the last time.
pub(crate) fn flush(py: Python<'_>) {
    if QUEUE.get().is_none() {
        return;
    }
    let entries: Vec<_> = {
        let entries = ENTRIES.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        entries.as_ref().map(|entries| entries.try_iter().collect()).unwrap_or_default()
    };
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

/// Living spans: id, holders, fields. Held for moments, and only while logging is on.
static SPANS: Mutex<Vec<(u64, usize, String)>> = Mutex::new(Vec::new());

fn of_core(metadata: &Metadata<'_>) -> bool {
    metadata.target().split("::").next() == Some(LOGGER)
}

impl Subscriber for ToLogging {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ENABLED.load(Ordering::Relaxed) && of_core(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut fields = Fields::default();
        span.record(&mut fields);
        SPANS.lock().unwrap_or_else(PoisonError::into_inner).push((id, 1, fields.text));
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some(queue) = QUEUE.get() else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = match *event.metadata().level() {
            Level::ERROR => ERROR,
            Level::WARN => WARNING,
            Level::INFO => INFO,
            _ => DEBUG,
        };
        let within = SPANS_HERE.with_borrow(|here| {
            let spans = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
            let text_of = |id: &u64| spans.iter().find(|(known, ..)| known == id).map(|(.., text)| text.as_str());
            here.iter().filter_map(text_of).collect::<String>()
        });
        let _ = queue.send(Entry { level, text: format!("{}:{within}{}", fields.message, fields.text) });
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
        let mut spans = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, holders, _)) = spans.iter_mut().find(|(id, ..)| *id == span.into_u64()) {
            *holders += 1;
        }
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut spans = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = spans.iter().position(|(id, ..)| *id == span.into_u64()) else { return false };
        spans[place].1 -= 1;
        if spans[place].1 > 0 {
            return false;
        }
        spans.swap_remove(place);
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
