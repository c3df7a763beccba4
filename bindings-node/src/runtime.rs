//! The one thread on which every call of this process runs.

use std::future::pending;
use std::io;

use once_cell::sync::OnceCell;
use tokio::runtime::{Builder, Handle};

static HANDLE: OnceCell<Handle> = OnceCell::new();

/// The runtime, started by the first call. One thread serves all JavaScript threads: a call is mostly waiting, and
/// handing it between workers costs more than it takes.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    HANDLE.get_or_try_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let run = move || runtime.block_on(pending::<()>());
        std::thread::Builder::new().name("blynk-webhooks".into()).spawn(run)?;
        Ok(handle)
    })
}
