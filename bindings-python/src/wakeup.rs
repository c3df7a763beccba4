//! Waking an event loop from a thread that never waits for the interpreter.

use std::io;
use std::sync::Arc;

use blynk_webhooks::bindings::Wake;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyWeakrefMethods, PyWeakrefReference};

use crate::worker;

/// The ways, best first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// An eventfd that the loop watches (Linux).
    EventFd,
    /// A pair of sockets, one of which the loop watches (any Unix).
    Sockets,
    /// `loop.call_soon_threadsafe`, called by the worker, which may wait for the interpreter (any loop).
    Threadsafe,
}

const WAYS: [(&str, Way); 3] = [("eventfd", Way::EventFd), ("sockets", Way::Sockets), ("threadsafe", Way::Threadsafe)];

/// The ways to try, in this order.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    #[cfg(feature = "test-hooks")]
    let is_allowed = crate::test_hooks::is_allowed;
    #[cfg(not(feature = "test-hooks"))]
    let is_allowed = |_: &str| true;
    WAYS.into_iter().filter(move |(name, _)| is_allowed(name)).map(|(_, way)| way)
}

/// Wakes one event loop.
pub(crate) enum Waker {
    #[cfg(target_os = "linux")]
    EventFd(std::os::fd::OwnedFd),
    #[cfg(unix)]
    Sockets {
        loops: std::os::unix::net::UnixStream,
        ours: std::os::unix::net::UnixStream,
    },
    Threadsafe(Caller),
}

impl Waker {
    /// A waker the loop watches by descriptor; `None` where this system has none of this way.
    #[cfg(unix)]
    pub(crate) fn watched(way: Way) -> io::Result<Option<Self>> {
        match way {
            #[cfg(target_os = "linux")]
            Way::EventFd => {
                use rustix::event::{EventfdFlags, eventfd};
                Ok(Some(Self::EventFd(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)))
            }
            Way::Sockets => {
                let (loops, ours) = std::os::unix::net::UnixStream::pair()?;
                loops.set_nonblocking(true)?;
                ours.set_nonblocking(true)?;
                Ok(Some(Self::Sockets { loops, ours }))
            }
            _ => Ok(None),
        }
    }

    /// No descriptor here that an event loop could watch.
    #[cfg(not(unix))]
    pub(crate) fn watched(_way: Way) -> io::Result<Option<Self>> {
        Ok(None)
    }

    /// The descriptor to watch.
    pub(crate) fn descriptor(&self) -> Option<i32> {
        #[cfg(unix)]
        use std::os::fd::AsRawFd;
        match self {
            #[cfg(target_os = "linux")]
            Self::EventFd(descriptor) => Some(descriptor.as_raw_fd()),
            #[cfg(unix)]
            Self::Sockets { loops, .. } => Some(loops.as_raw_fd()),
            Self::Threadsafe(_) => None,
        }
    }

    /// Takes back the wake-ups so far; done before the queue is read, so that none is lost.
    pub(crate) fn clear(&self) {
        match self {
            #[cfg(target_os = "linux")]
            Self::EventFd(descriptor) => drop(rustix::io::read(descriptor, &mut [0_u8; 8])),
            #[cfg(unix)]
            Self::Sockets { loops, .. } => drop(io::Read::read(&mut &*loops, &mut [0_u8; 64])),
            Self::Threadsafe(_) => {}
        }
    }
}

impl Wake for Waker {
    /// Wakes the loop. A full descriptor wakes it already.
    fn wake(&self) {
        match self {
            #[cfg(target_os = "linux")]
            Self::EventFd(descriptor) => drop(rustix::io::write(descriptor, &1_u64.to_ne_bytes())),
            #[cfg(unix)]
            Self::Sockets { ours, .. } => drop(io::Write::write(&mut &*ours, &[1])),
            Self::Threadsafe(caller) => caller.call(),
        }
    }
}

/// What to call on which loop.
pub(crate) struct Caller(Arc<(Py<PyWeakrefReference>, Py<PyAny>)>);

impl Caller {
    pub(crate) fn new(py: Python<'_>, event_loop: Py<PyWeakrefReference>, drain: Py<PyAny>) -> PyResult<Self> {
        worker::start(py)?;
        Ok(Self(Arc::new((event_loop, drain))))
    }

    fn call(&self) {
        let target = Arc::clone(&self.0);
        worker::submit(move |py| {
            if let Some(event_loop) = target.0.bind(py).upgrade() {
                // Refused where the loop is closed: then nobody waits for the outcome any more.
                let _ = event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (&target.1,));
            }
        });
    }
}
