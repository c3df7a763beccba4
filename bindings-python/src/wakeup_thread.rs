//! The fallback for event loops that watch no descriptor: a thread that calls `loop.call_soon_threadsafe`.

use std::mem;
use std::process;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

/// What to call on which loop.
struct Target {
    event_loop: Py<PyWeakrefReference>,
    drain: Py<PyAny>,
}

struct Running {
    process: u32,
    jobs: Sender<Arc<Target>>,
}

/// Locked while attached only.
static THREAD: Mutex<Option<Running>> = Mutex::new(None);

/// Asks the thread for one call.
pub(crate) struct Caller {
    target: Arc<Target>,
    jobs: Sender<Arc<Target>>,
}

impl Caller {
    pub(crate) fn new(py: Python<'_>, event_loop: Py<PyWeakrefReference>, drain: Py<PyAny>) -> PyResult<Self> {
        let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = match &*thread {
            Some(running) if running.process == process::id() => running.jobs.clone(),
            _ => {
                let (jobs, queue) = mpsc::channel::<Arc<Target>>();
                let run = move || {
                    while let Ok(target) = queue.recv() {
                        // Nobody waits for an interpreter that is on its way out.
                        if Python::try_attach(|py| target.call(py)).is_none() {
                            mem::forget(target);
                        }
                    }
                };
                std::thread::Builder::new().name("blynk-webhooks-wake".into()).spawn(run)?;
                mem::forget(thread.replace(Running { process: process::id(), jobs: jobs.clone() }));
                jobs
            }
        };
        let _ = py;
        Ok(Self { target: Arc::new(Target { event_loop, drain }), jobs })
    }

    pub(crate) fn call(&self) {
        let _ = self.jobs.send(Arc::clone(&self.target));
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
