//! Async calls. The I/O thread never waits for the interpreter: outcomes are queued, and one wake-up of the event loop
//! settles a batch of them. The other way too, the calls of one turn of the event loop share one wake-up of the I/O thread.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blynk_webhooks::bindings;
use pyo3::exceptions::{PyNotImplementedError, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::{MutexExt, PyOnceLock};
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::calls;
use crate::errors::to_py;
use crate::events::CallEvents;
use crate::fork;
use crate::io_thread;
use crate::json::refusal;
use crate::request::{Observation, Outcome, Request};
use crate::wakeup::{self, Caller, Waker, Way};

/// News of calls on their way to one event loop, each with its call; the I/O thread's side of a bridge.
type Outbox = bindings::Outbox<(u64, News), Waker>;

enum News {
    Ended(Outcome),
    /// There are events that somebody wants to hear of now.
    Events,
}

/// A call on its way to the I/O thread.
struct Submission {
    call: u64,
    request: Request,
    /// Ends where the call is no longer wanted.
    cancelled: oneshot::Receiver<()>,
}

impl Submission {
    async fn run(self, outbox: Arc<Outbox>) {
        tokio::select! {
            biased;
            _ = self.cancelled => {}
            outcome = self.request => outbox.put((self.call, News::Ended(outcome))),
        }
    }
}

/// The event loop's side: which asyncio future waits for which call.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct Bridge {
    generation: u32,
    event_loop: Py<PyWeakrefReference>,
    runtime: Handle,
    outbox: Arc<Outbox>,
    /// Locked while attached only.
    waiting: Mutex<HashMap<u64, Waiting>>,
    /// Calls of this turn of the event loop. Locked while attached only.
    submitted: Mutex<Vec<Submission>>,
    next: AtomicU64,
}

/// A call that has not ended.
struct Waiting {
    future: Py<PyAny>,
    /// Where its events are handed over before its end: in the `contextvars` context of the call.
    live: Option<(CallEvents, Py<PyAny>)>,
}

/// A bridge for each event loop that lives. Locked while attached only.
static BRIDGES: Mutex<Vec<Py<Bridge>>> = Mutex::new(Vec::new());

impl Bridge {
    /// The bridge of the running event loop; made on its first call.
    fn of_running_loop(py: Python<'_>) -> PyResult<(Bound<'_, PyAny>, Bound<'_, Self>)> {
        static RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        if let Some(event_loop) = loop_of_hooks(py)
            && let Some(bridge) = Self::known(&event_loop)
        {
            return Ok((event_loop, bridge));
        }
        let event_loop = RUNNING_LOOP.import(py, "asyncio", "get_running_loop")?.call0()?;
        let bridge = match Self::known(&event_loop) {
            Some(bridge) => bridge,
            None => Self::new(&event_loop)?,
        };
        Ok((event_loop, bridge))
    }

    fn known<'py>(event_loop: &Bound<'py, PyAny>) -> Option<Bound<'py, Self>> {
        let (py, generation) = (event_loop.py(), fork::generation());
        lock(py, &BRIDGES).iter().find_map(|bridge| {
            let bridge = bridge.bind(py);
            let same = bridge.get().generation == generation
                && bridge.get().loop_of(py).is_some_and(|known| known.is(event_loop));
            same.then(|| bridge.clone())
        })
    }

    fn new<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let py = event_loop.py();
        let weak = PyWeakrefReference::new(event_loop)?.unbind();
        let outbox = Arc::<Outbox>::default();
        let bridge = Self {
            generation: fork::generation(),
            event_loop: weak.clone_ref(py),
            runtime: io_thread::runtime().map_err(|error| to_py(py, &error))?,
            outbox: Arc::clone(&outbox),
            waiting: Mutex::default(),
            submitted: Mutex::default(),
            next: AtomicU64::new(0),
        };
        let bridge = Bound::new(py, bridge)?;
        let drain = bridge.getattr("drain")?;
        // Filled a moment before the first call can end.
        outbox.set_waker(waker(event_loop, weak, &drain)?);
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
            let event_loop = bridge.get().loop_of(py).filter(|_| bridge.get().generation == fork::generation());
            let closed = event_loop.map_or(Ok(true), |known| known.call_method0(intern!(py, "is_closed"))?.is_truthy());
            if !closed.unwrap_or(false) {
                living.push(bridge);
            }
        }
        lock(py, &BRIDGES).append(&mut living);
        Ok(())
    }

    /// An event loop that runs and on which a call waits.
    pub(crate) fn waiting_loop(py: Python<'_>) -> Option<Bound<'_, PyAny>> {
        let generation = fork::generation();
        let loops: Vec<_> = lock(py, &BRIDGES)
            .iter()
            .map(|bridge| bridge.bind(py).get())
            .filter(|bridge| bridge.generation == generation && !lock(py, &bridge.waiting).is_empty())
            .filter_map(|bridge| bridge.loop_of(py))
            .collect();
        let runs = |event_loop: &Bound<'_, PyAny>| -> PyResult<bool> {
            event_loop.call_method0(intern!(py, "is_running"))?.is_truthy()
        };
        loops.into_iter().find(|event_loop| runs(event_loop).unwrap_or(false))
    }

    fn loop_of<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.event_loop.bind(py).upgrade()
    }

    /// Hands a call to the I/O thread: at once where no other is under way, else at the end of this turn of the event
    /// loop, together with the others of this turn.
    fn submit(
        slf: &Bound<'_, Self>,
        event_loop: &Bound<'_, PyAny>,
        submission: Submission,
        alone: bool,
    ) -> PyResult<()> {
        let (py, bridge) = (slf.py(), slf.get());
        let mut submitted = lock(py, &bridge.submitted);
        let first = submitted.is_empty();
        if first && alone {
            bridge.runtime.spawn(submission.run(Arc::clone(&bridge.outbox)));
            return Ok(());
        }
        submitted.push(submission);
        drop(submitted);
        if first {
            event_loop.call_method1(intern!(py, "call_soon"), (slf.getattr(intern!(py, "flush"))?,))?;
        }
        Ok(())
    }
}

#[pymethods]
impl Bridge {
    /// Hands the calls of this turn to the I/O thread; called by the event loop.
    fn flush(&self, py: Python<'_>) {
        let submitted = mem::take(&mut *lock(py, &self.submitted));
        let outbox = Arc::clone(&self.outbox);
        self.runtime.spawn(async move {
            for submission in submitted {
                tokio::spawn(submission.run(Arc::clone(&outbox)));
            }
        });
    }

    /// Settles what has ended since the last time; called by the event loop.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(waker) = self.outbox.waker() {
            waker.clear();
        }
        let news = self.outbox.take();
        let mut interrupted = Ok(());
        for (call, news) in news {
            let told = match news {
                News::Ended(outcome) => {
                    let Some(Waiting { future, .. }) = lock(py, &self.waiting).remove(&call) else { continue };
                    settle(future.bind(py), outcome)
                }
                News::Events => {
                    let live = lock(py, &self.waiting).get(&call).and_then(|waiting| waiting.live(py));
                    live.map_or(Ok(()), |(events, context)| events.flush_within(context.bind(py)))
                }
            };
            // One future that refuses its outcome must not take the others' away.
            if let Err(raised) = told {
                match refusal(py, raised) {
                    Ok(raised) => raised.write_unraisable(py, None),
                    Err(raised) => interrupted = Err(raised),
                }
            }
        }
        interrupted
    }
}

impl Waiting {
    fn live(&self, py: Python<'_>) -> Option<(CallEvents, Py<PyAny>)> {
        self.live.as_ref().map(|(events, context)| (events.clone(), context.clone_ref(py)))
    }
}

/// The event loop that runs on this thread, where Python's own answer takes a system call: before 3.12, asyncio asks for
/// the process each time. A loop that runs has set the hooks of asynchronous generators, which belong to the thread.
fn loop_of_hooks(py: Python<'_>) -> Option<Bound<'_, PyAny>> {
    static HOOKS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if py.version_info() >= (3, 12) {
        return None;
    }
    let hooks = HOOKS.import(py, "sys", "get_asyncgen_hooks").ok()?.call0().ok()?;
    hooks.get_item(0).ok()?.getattr(intern!(py, "__self__")).ok()
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

/// Starts a call on the I/O thread.
pub(crate) fn start(py: Python<'_>, request: Request) -> PyResult<Awaitable> {
    let (event_loop, bridge) = Bridge::of_running_loop(py)?;
    let future = event_loop.call_method0(intern!(py, "create_future"))?;
    let inner = bridge.get();
    let call = inner.next.fetch_add(1, Ordering::Relaxed);
    let (cancel, cancelled) = oneshot::channel();
    let observation = request.observation();
    let live = match observation.events.clone().filter(CallEvents::is_live) {
        Some(events) => {
            static CONTEXT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
            let outbox = Arc::clone(&inner.outbox);
            events.wake_by(move || outbox.put((call, News::Events)));
            Some((events, CONTEXT.import(py, "contextvars", "copy_context")?.call0()?.unbind()))
        }
        None => None,
    };
    let mut waiting = lock(py, &inner.waiting);
    let alone = waiting.is_empty();
    waiting.insert(call, Waiting { future: future.clone().unbind(), live });
    drop(waiting);
    Bridge::submit(&bridge, &event_loop, Submission { call, request, cancelled }, alone)?;
    let ended = AtomicBool::new(false);
    Ok(Awaitable { future: future.unbind(), call, observation, ended, _cancel: cancel, bridge: bridge.unbind() })
}

fn cancelled(py: Python<'_>) -> PyErr {
    static CANCELLED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CANCELLED.import(py, "asyncio", "CancelledError");
    class.and_then(|class| class.call0()).map_or_else(|problem| problem, PyErr::from_value)
}

/// What a coroutine awaits. It goes away with the coroutine's `await`, and takes a request that is not wanted any more with it.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct Awaitable {
    future: Py<PyAny>,
    call: u64,
    observation: Observation,
    ended: AtomicBool,
    /// Cancels the call when it is dropped.
    _cancel: oneshot::Sender<()>,
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
            self.ended.store(true, Ordering::Relaxed);
            let value = future.call_method0(intern!(py, "result"));
            // Here, in the task that made the call, not where the outcome comes in.
            let value = self.observation.end(py, value)?;
            return Err(PyStopIteration::new_err((value.unbind(),)));
        }
        future.setattr(intern!(py, "_asyncio_future_blocking"), true)?;
        Ok(self.future.clone_ref(py))
    }
}

impl Drop for Awaitable {
    fn drop(&mut self) {
        if !*self.ended.get_mut() {
            Python::try_attach(|py| {
                drop(lock(py, &self.bridge.get().waiting).remove(&self.call));
                // An exception, e.g. `CancelledError`, may be on its way while its frames let go of this value.
                let raised = PyErr::take(py);
                let cut_off = raised.as_ref().map_or_else(|| cancelled(py), |raised| raised.clone_ref(py));
                // It goes on whatever is told here.
                let _ = self.observation.end::<()>(py, Err(cut_off));
                if let Some(raised) = raised {
                    raised.restore(py);
                }
            });
        }
    }
}
