//! A client of the core that survives a fork: each process has its own.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use blynk_webhooks::{CallOptions, Client};
use pyo3::prelude::*;
use pyo3::sync::RwLockExt;
use pyo3::types::PyDict;

use crate::errors::to_py;
use crate::events;
use crate::fork;
use crate::observers::Observers;
use crate::options;
use crate::settings::{self, Settings};
use crate::worker;

/// A client as Python code has it: connections, which it may share, and options that its calls have beside.
pub(crate) struct Connection {
    shared: Arc<Shared>,
    /// Those of each derivation, the first one first.
    options: Vec<CallOptions>,
}

/// A client's settings, and the client made of them for this process.
struct Shared {
    settings: Settings,
    closed: AtomicBool,
    /// Locked only while attached to the interpreter and never across a wait, so that no fork finds it locked.
    process_client: RwLock<ProcessClient>,
}

/// What belongs to one process: connections and tokens.
struct ProcessClient {
    generation: u32,
    client: Client,
}

impl Connection {
    pub(crate) fn new(settings: &Bound<'_, PyDict>, for_event_loops: bool) -> PyResult<Self> {
        let py = settings.py();
        let settings = settings::read(settings, for_event_loops)?;
        let process_client = RwLock::new(ProcessClient::new(py, &settings)?);
        Ok(Self {
            shared: Arc::new(Shared { settings, closed: AtomicBool::new(false), process_client }),
            options: vec![],
        })
    }

    /// The same client, whose calls have other options where they say nothing themselves.
    pub(crate) fn with_options(&self, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let more = options::of_client(options)?;
        let options = self.options.iter().cloned().chain([more]).collect();
        Ok(Self { shared: Arc::clone(&self.shared), options })
    }

    pub(crate) fn observers(&self) -> &Observers {
        &self.shared.settings.observers
    }

    /// This process's client; made anew on the first call after a fork.
    pub(crate) fn client(&self, py: Python<'_>) -> PyResult<Client> {
        let client = self.shared.client(py)?;
        Ok(self.options.iter().fold(client, |client, options| client.with_options(options.clone())))
    }

    /// Closes idle connections and refuses further calls.
    pub(crate) fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.shared.closed.store(true, Ordering::Relaxed);
        let client = self.shared.client(py)?;
        py.detach(|| client.close());
        Ok(())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn client(&self, py: Python<'_>) -> PyResult<Client> {
        let current = self.process_client.read_py_attached(py).unwrap_or_else(|poisoned| poisoned.into_inner());
        if current.generation == fork::generation() {
            return Ok(current.client.clone());
        }
        drop(current);
        let new = ProcessClient::new(py, &self.settings)?;
        if self.closed.load(Ordering::Relaxed) {
            new.client.close();
        }
        let mut current = self.process_client.write_py_attached(py).unwrap_or_else(|poisoned| poisoned.into_inner());
        if current.generation != fork::generation() {
            *current = new;
        }
        Ok(current.client.clone())
    }
}

impl ProcessClient {
    fn new(py: Python<'_>, settings: &Settings) -> PyResult<Self> {
        if settings.asks_for_tokens {
            worker::start(py)?;
        }
        if settings.observers.watch_attempts() {
            events::prepare();
        }
        let client = settings.builder.clone().build().map_err(|error| to_py(py, &error))?;
        Ok(Self { generation: fork::generation(), client })
    }
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
