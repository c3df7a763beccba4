//! Async calls: outcomes are queued without the interpreter, one wake-up of the event loop settles a batch of them.

use std::collections::HashMap;
use std::mem;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use blynk_webhooks::Error;
use pyo3::exceptions::{PyNotImplementedError, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::{MutexExt, PyOnceLock};
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use tokio::task::AbortHandle;

use crate::background;
use crate::calls::{self, Outcome, Request};
use crate::errors::to_py;
use crate::logs;
use crate::wakeup::{self, Waker, Way};
use crate::wakeup_thread::Caller;

/// Outcomes on their way to one event loop; the background thread's side of a bridge.
struct Outbox {
    outcomes: Mutex<Vec<(u64, Outcome)>>,
    waker: OnceLock<Waker>,
}

impl Outbox {
    /// Queues an outcome; the first of a batch wakes the loop.
    fn put(&self, call: u64, outcome: Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let first = outcomes.is_empty();
        outcomes.push((call, outcome));
        drop(outcomes);
        if first && let Some(waker) = self.waker.get() {
            waker.wake();
        }
    }
}

/// The event loop's side: which asyncio future waits for which call.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct Bridge {
    process: u32,
    event_loop: Py<PyWeakrefReference>,
    outbox: Arc<Outbox>,
    /// Locked while attached only.
    waiting: Mutex<HashMap<u64, Py<PyAny>>>,
    next: AtomicU64,
}

/// A bridge for each event loop that lives. Locked while attached only.
static BRIDGES: Mutex<Vec<Py<Bridge>>> = Mutex::new(Vec::new());

impl Bridge {
    /// The bridge of the running event loop; made on its first call.
    fn of_running_loop(py: Python<'_>) -> PyResult<(Bound<'_, PyAny>, Bound<'_, Self>)> {
        static RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let event_loop = RUNNING_LOOP.import(py, "asyncio", "get_running_loop")?.call0()?;
        let process = process::id();
        let known = lock(py, &BRIDGES).iter().find_map(|bridge| {
            let bridge = bridge.bind(py);
            let same =
                bridge.get().process == process && bridge.get().loop_of(py).is_some_and(|known| known.is(&event_loop));
            same.then(|| bridge.clone())
        });
        let bridge = match known {
            Some(bridge) => bridge,
            None => Self::new(&event_loop)?,
        };
        Ok((event_loop, bridge))
    }

    fn new<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let py = event_loop.py();
        let weak = PyWeakrefReference::new(event_loop)?.unbind();
        let outbox = Arc::new(Outbox { outcomes: Mutex::default(), waker: OnceLock::new() });
        let bridge = Self {
            process: process::id(),
            event_loop: weak.clone_ref(py),
            outbox: Arc::clone(&outbox),
            waiting: Mutex::default(),
            next: AtomicU64::new(0),
        };
        let bridge = Bound::new(py, bridge)?;
        let drain = bridge.getattr("drain")?;
        // Filled a moment before the first call can end.
        let _ = outbox.waker.set(waker(event_loop, weak, &drain)?);
        Self::forget_ended(py)?;
        lock(py, &BRIDGES).push(bridge.clone().unbind());
        Ok(bridge)
    }

    /// Lets go of the bridges of loops that are closed, gone, or another process's.
    fn forget_ended(py: Python<'_>) -> PyResult<()> {
        // Taken out first: asking a loop runs Python code, which may come back here.
        let known = mem::take(&mut *lock(py, &BRIDGES));
        let mut living = Vec::with_capacity(known.len());
        for bridge in known {
            let event_loop = bridge.get().loop_of(py).filter(|_| bridge.get().process == process::id());
            let closed = event_loop.map_or(Ok(true), |known| known.call_method0(intern!(py, "is_closed"))?.is_truthy());
            if !closed.unwrap_or(false) {
                living.push(bridge);
            }
        }
        lock(py, &BRIDGES).append(&mut living);
        Ok(())
    }

    fn loop_of<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.event_loop.bind(py).upgrade()
    }
}

#[pymethods]
impl Bridge {
    /// Settles what has ended since the last time; called by the event loop.
    fn drain(&self, py: Python<'_>) {
        if let Some(waker) = self.outbox.waker.get() {
            waker.clear();
        }
        logs::flush(py);
        let ended = mem::take(&mut *self.outbox.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
        for (call, outcome) in ended {
            let Some(future) = lock(py, &self.waiting).remove(&call) else { continue };
            // One future that refuses its outcome must not take the others' away.
            if let Err(problem) = settle(future.bind(py), outcome) {
                problem.write_unraisable(py, Some(future.bind(py)));
            }
        }
    }
}

fn settle(future: &Bound<'_, PyAny>, outcome: Outcome) -> PyResult<()> {
    let py = future.py();
    if future.call_method0(intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    match calls::to_py(py, outcome) {
        Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
        Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
    };
    Ok(())
}

/// The best waker that this loop takes.
fn waker(event_loop: &Bound<'_, PyAny>, weak: Py<PyWeakrefReference>, drain: &Bound<'_, PyAny>) -> PyResult<Waker> {
    let py = event_loop.py();
    for way in wakeup::ways() {
        if way == Way::Threadsafe {
            break;
        }
        let Some(waker) = Waker::watched(way)? else { continue };
        match event_loop.call_method1(intern!(py, "add_reader"), (waker.descriptor(), drain)) {
            Ok(_) => return Ok(waker),
            Err(problem) if problem.is_instance_of::<PyNotImplementedError>(py) => break,
            Err(problem) => return Err(problem),
        }
    }
    Caller::new(py, weak, drain.clone().unbind()).map(Waker::Threadsafe)
}

fn lock<'a, T>(py: Python<'_>, mutex: &'a Mutex<T>) -> MutexGuard<'a, T> {
    mutex.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
}

/// Starts a call on the background thread.
pub(crate) fn start(py: Python<'_>, request: Request) -> PyResult<Awaitable> {
    let (event_loop, bridge) = Bridge::of_running_loop(py)?;
    let future = event_loop.call_method0(intern!(py, "create_future"))?;
    let runtime = background::runtime(py).map_err(|error: Error| to_py(py, &error))?;
    let (bridge, inner) = (bridge.clone().unbind(), bridge.get());
    let call = inner.next.fetch_add(1, Ordering::Relaxed);
    let outbox = Arc::clone(&inner.outbox);
    lock(py, &inner.waiting).insert(call, future.clone().unbind());
    let task = runtime.spawn(async move { outbox.put(call, request.await) });
    Ok(Awaitable { future: future.unbind(), call, task: task.abort_handle(), bridge })
}

/// What a coroutine awaits. It goes away with the coroutine's `await`, and takes a request that is not wanted any more with it.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct Awaitable {
    future: Py<PyAny>,
    call: u64,
    task: AbortHandle,
    bridge: Py<Bridge>,
}

#[pymethods]
impl Awaitable {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// Hands the future to the task that awaits, then its result.
    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let future = self.future.bind(py);
        if future.call_method0(intern!(py, "done"))?.is_truthy()? {
            let value = future.call_method0(intern!(py, "result"))?;
            return Err(PyStopIteration::new_err((value.unbind(),)));
        }
        future.setattr(intern!(py, "_asyncio_future_blocking"), true)?;
        Ok(self.future.clone_ref(py))
    }
}

impl Drop for Awaitable {
    fn drop(&mut self) {
        if self.task.is_finished() {
            return;
        }
        self.task.abort();
        Python::try_attach(|py| drop(lock(py, &self.bridge.get().waiting).remove(&self.call)));
    }
}
