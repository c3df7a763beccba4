//! What happens during a call and is for the caller's own thread or task: log records, attempts. Collected without the
//! interpreter, handed over where the caller waits.

use std::cell::RefCell;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::fork::PerProcess;
use crate::json::refusal;

/// What happens during one call.
#[derive(Clone)]
pub(crate) struct CallEvents(Arc<Inner>);

struct Inner {
    events: Mutex<Vec<Numbered>>,
    /// True where somebody wants to hear of an event before the end of the call.
    live: bool,
    /// Tells the caller's event loop that there is something to hand over.
    wake: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// An event and its number, by the order in which all events happened.
type Numbered = (u64, Event);

pub(crate) enum Event {
    Log {
        level: u8,
        nanoseconds: u64,
        text: String,
    },
    /// Something of the program's that is to be called.
    Call(Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>),
}

thread_local! {
    /// The call that this thread is working on.
    static CURRENT: RefCell<Option<CallEvents>> = const { RefCell::new(None) };
}

/// What belongs to no call, e.g. a request for a token, for which several calls wait.
static OF_NO_CALL: PerProcess<Mutex<Vec<Numbered>>> = PerProcess::new();

impl CallEvents {
    pub(crate) fn new(live: bool) -> Self {
        Self(Arc::new(Inner { events: Mutex::default(), live, wake: OnceLock::new() }))
    }

    /// True where events are to be handed over while the call goes on.
    pub(crate) fn is_live(&self) -> bool {
        self.0.live
    }

    /// Says how the caller's event loop is told.
    pub(crate) fn wake_by(&self, wake: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.wake.set(Box::new(wake));
    }

    /// The call that this thread is working on.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Runs a part of the call: what happens there is the call's.
    pub(crate) fn within<T>(events: Option<&Self>, part: impl FnOnce() -> T) -> T {
        let Some(events) = events else { return part() };
        let outer = CURRENT.replace(Some(events.clone()));
        let value = part();
        CURRENT.set(outer);
        value
    }

    /// Hands over what has happened within a `contextvars` context.
    pub(crate) fn flush_within(self, context: &Bound<'_, PyAny>) -> PyResult<()> {
        context.call_method1(intern!(context.py(), "run"), (Flush(self),)).map(drop)
    }

    fn push(&self, event: Numbered) {
        let mut events = lock(&self.0.events);
        events.push(event);
        let first = events.len() == 1;
        drop(events);
        if first
            && self.0.live
            && let Some(wake) = self.0.wake.get()
        {
            wake();
        }
    }
}

/// Hands over a call's events; for `Context.run`.
#[pyclass(frozen, module = "blynk_webhooks._native")]
struct Flush(CallEvents);

#[pymethods]
impl Flush {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        flush(py, Some(&self.0))
    }
}

/// Adds an event to a call's, else to those of no call.
pub(crate) fn push(call: Option<&CallEvents>, event: Event) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let event = (NEXT.fetch_add(1, Ordering::Relaxed), event);
    match call {
        Some(call) => call.push(event),
        None => {
            if let Some(of_no_call) = OF_NO_CALL.get() {
                lock(of_no_call).push(event);
            }
        }
    }
}

/// Makes room for what belongs to no call.
pub(crate) fn prepare() {
    let Ok(_) = OF_NO_CALL.get_or_try_init(|| Ok::<_, std::convert::Infallible>(Mutex::default()));
}

/// Hands over what has happened since the last time; by the call's own thread or task. `Err`: an observer raised what is no
/// `Exception`, e.g. `KeyboardInterrupt`.
pub(crate) fn flush(py: Python<'_>, call: Option<&CallEvents>) -> PyResult<()> {
    let Some(call) = call else { return Ok(()) };
    let mut events = mem::take(&mut *lock(&call.0.events));
    if let Some(of_no_call) = OF_NO_CALL.get() {
        events.append(&mut lock(of_no_call));
        events.sort_unstable_by_key(|(number, _)| *number);
    }
    for (_, event) in events {
        match event {
            Event::Log { level, nanoseconds, text } => {
                static EMIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
                let emit = EMIT.import(py, "blynk_webhooks._logs", "emit");
                if let Err(raised) = emit.and_then(|emit| emit.call1((level, nanoseconds, text))) {
                    refusal(py, raised)?.write_unraisable(py, None);
                }
            }
            Event::Call(call) => call(py)?,
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
