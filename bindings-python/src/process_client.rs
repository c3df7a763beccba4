//! A client of the core that survives a fork: each process has its own.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use blynk_webhooks::{Client, ClientBuilder};
use pyo3::prelude::*;
use pyo3::sync::RwLockExt;
use pyo3::types::PyDict;

use crate::errors::to_py;
use crate::fork;
use crate::options;

/// What belongs to one process: connections and tokens.
pub(crate) struct ProcessClient {
    generation: u32,
    pub(crate) client: Client,
}

/// A client's settings, and the client made of them for this process.
pub(crate) struct Connection {
    builder: ClientBuilder,
    closed: AtomicBool,
    /// Locked only while attached to the interpreter and never across a wait, so that no fork finds it locked.
    process_client: RwLock<Arc<ProcessClient>>,
}

impl Connection {
    pub(crate) fn new(settings: &Bound<'_, PyDict>) -> PyResult<Self> {
        let builder = options::settings(settings)?;
        let process_client = RwLock::new(build(settings.py(), &builder)?);
        Ok(Self { builder, closed: AtomicBool::new(false), process_client })
    }

    /// This process's process_client; made anew on the first call after a fork.
    pub(crate) fn process_client(&self, py: Python<'_>) -> PyResult<Arc<ProcessClient>> {
        let current =
            Arc::clone(&*self.process_client.read_py_attached(py).unwrap_or_else(|poisoned| poisoned.into_inner()));
        if current.generation == fork::generation() {
            return Ok(current);
        }
        let new = build(py, &self.builder)?;
        if self.closed.load(Ordering::Relaxed) {
            new.client.close();
        }
        let mut process_client =
            self.process_client.write_py_attached(py).unwrap_or_else(|poisoned| poisoned.into_inner());
        if process_client.generation != fork::generation() {
            *process_client = new;
        }
        Ok(Arc::clone(&*process_client))
    }

    /// Closes idle connections and refuses further calls.
    pub(crate) fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.closed.store(true, Ordering::Relaxed);
        let process_client = self.process_client(py)?;
        py.detach(|| process_client.client.close());
        Ok(())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}

fn build(py: Python<'_>, builder: &ClientBuilder) -> PyResult<Arc<ProcessClient>> {
    let client = builder.clone().build().map_err(|error| to_py(py, &error))?;
    Ok(Arc::new(ProcessClient { generation: fork::generation(), client }))
}

impl Drop for ProcessClient {
    fn drop(&mut self) {
        // In a forked child the connections and the epoll instance are still the parent's: to take them down here would
        // take them down there. They stay as they are until the child ends.
        if self.generation != fork::generation() {
            mem::forget(self.client.clone());
        }
    }
}
