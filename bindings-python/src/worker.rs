//! The fallback for event loops that watch no descriptor: a thread that calls `loop.call_soon_threadsafe`.

use std::mem;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use crate::fork;

/// What to call on which loop.
struct Target {
    event_loop: Py<PyWeakrefReference>,
    drain: Py<PyAny>,
}

enum Job {
    Call(Arc<Target>),
    Stop,
}

struct Running {
    generation: u32,
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

/// Locked while attached only.
static THREAD: Mutex<Option<Running>> = Mutex::new(None);

/// Asks the thread for one call.
pub(crate) struct Caller {
    target: Arc<Target>,
    jobs: Sender<Job>,
}

impl Caller {
    pub(crate) fn new(py: Python<'_>, event_loop: Py<PyWeakrefReference>, drain: Py<PyAny>) -> PyResult<Self> {
        let mut running = THREAD.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        let jobs = match &*running {
            Some(running) if running.generation == fork::generation() => running.jobs.clone(),
            _ => {
                let (jobs, queue) = mpsc::channel();
                let thread = std::thread::Builder::new().name("blynk-webhooks-wake".into());
                let thread = thread.spawn(move || carry_out(&queue))?;
                let new = Running { generation: fork::generation(), jobs: jobs.clone(), thread };
                // The parent's thread, if there is one, is not this process's to wait for.
                mem::forget(running.replace(new));
                drop(running);
                py.import("atexit")?.call_method1("register", (wrap_pyfunction!(stop, py)?,))?;
                jobs
            }
        };
        Ok(Self { target: Arc::new(Target { event_loop, drain }), jobs })
    }

    pub(crate) fn call(&self) {
        // Refused after the interpreter's end began: then nobody waits for the outcome any more.
        let _ = self.jobs.send(Job::Call(Arc::clone(&self.target)));
    }
}

fn carry_out(queue: &Receiver<Job>) {
    while let Ok(Job::Call(target)) = queue.recv() {
        Python::attach(|py| target.call(py));
    }
}

/// Ends the thread before the interpreter ends: one that waits to attach then would take the process down.
#[pyfunction]
fn stop(py: Python<'_>) {
    let running = THREAD.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner).take();
    match running {
        Some(running) if running.generation == fork::generation() => py.detach(|| {
            let _ = running.jobs.send(Job::Stop);
            let _ = running.thread.join();
        }),
        of_the_parent => mem::forget(of_the_parent),
    }
}

impl Target {
    fn call(&self, py: Python<'_>) {
        if let Some(event_loop) = self.event_loop.bind(py).upgrade() {
            // Refused where the loop is closed: then nobody waits for the outcome any more.
            let _ = event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (&self.drain,));
        }
    }
}
