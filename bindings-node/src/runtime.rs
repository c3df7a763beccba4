//! The one thread on which every call of this process runs.

use std::io;

use once_cell::sync::OnceCell;
use tokio::runtime::Handle;

static HANDLE: OnceCell<Handle> = OnceCell::new();

/// The runtime of the core's thread, started by the first call. One thread serves all JavaScript threads: a call is mostly
/// waiting, and handing it between workers costs more than it takes.
pub(crate) fn handle() -> io::Result<&'static Handle> {
    HANDLE.get_or_try_init(blynk_webhooks::io_thread)
}
