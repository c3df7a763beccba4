//! A thread that runs Python code for threads that must not wait for the interpreter.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use pyo3::prelude::*;

use crate::fork::PerProcess;

type Job = Box<dyn FnOnce(Python<'_>) + Send>;

enum Message {
    Job(Job),
    Stop,
}

struct Worker {
    jobs: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

static WORKER: PerProcess<Worker> = PerProcess::new();

/// Starts this process's worker, unless it runs.
pub(crate) fn start(py: Python<'_>) -> PyResult<()> {
    if WORKER.get().is_some() {
        return Ok(());
    }
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(stop, py)?,))?;
    let start = || -> std::io::Result<Worker> {
        let (jobs, queue) = mpsc::channel();
        let thread = std::thread::Builder::new().name("blynk-webhooks-python".into());
        let thread = thread.spawn(move || carry_out(&queue))?;
        Ok(Worker { jobs, thread: Mutex::new(Some(thread)) })
    };
    WORKER.get_or_try_init(start)?;
    Ok(())
}

/// Has the worker run a job. One that comes after the end of the interpreter has begun is dropped: then nobody waits for it
/// any more.
pub(crate) fn submit(job: impl FnOnce(Python<'_>) + Send + 'static) {
    if let Some(worker) = WORKER.get() {
        let _ = worker.jobs.send(Message::Job(Box::new(job)));
    }
}

fn carry_out(queue: &Receiver<Message>) {
    while let Ok(Message::Job(job)) = queue.recv() {
        Python::attach(job);
    }
}

/// Ends the thread before the interpreter ends: one that waits to attach then would take the process down.
#[pyfunction]
fn stop(py: Python<'_>) {
    let Some(worker) = WORKER.get() else { return };
    let thread = worker.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(thread) = thread {
        py.detach(|| {
            let _ = worker.jobs.send(Message::Stop);
            let _ = thread.join();
        });
    }
}
