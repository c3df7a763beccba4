//! The core's thread of sockets, which carries the requests of event loops. It never waits for the interpreter.

use blynk_webhooks::Error;
use tokio::runtime::Handle;

use crate::fork::PerProcess;

/// Remembered, because the core tells a forked child from its parent by a system call.
static RUNTIME: PerProcess<Handle> = PerProcess::new();

/// The runtime of this process's thread, which starts when it is first asked for.
pub(crate) fn runtime() -> Result<Handle, Error> {
    let failed = |problem| Error::Config(format!("cannot start the I/O thread: {problem}").into());
    RUNTIME.get_or_try_init(blynk_webhooks::io_thread).cloned().map_err(failed)
}
