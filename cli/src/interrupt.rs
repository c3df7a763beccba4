//! Ctrl-C and the system's request to end, so that a command can stop in good order.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::exit::Exit;

/// How long the program may take to end after the last signal. It is longer only where it cannot go on by itself, e.g. because nobody
/// reads its output.
const GRACE: Duration = Duration::from_millis(500);

/// Tells when the program shall end. Cheap to clone; every clone sees every signal.
#[derive(Clone, Debug)]
pub struct Interrupt {
    signals: watch::Receiver<Received>,
    /// Set when the program has come to its end, so that nothing else ends it.
    ended: Arc<AtomicBool>,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Received {
    count: u32,
    exit: Exit,
}

impl Interrupt {
    /// Listens from now on, on a thread of its own. The signal number `last` ends the program whatever it does. The closing of the
    /// terminal counts too, unless this process is to outlive it.
    ///
    /// # Errors
    /// If the system has no place for a signal handler.
    pub(crate) fn listen(last: u32) -> io::Result<Self> {
        let (sender, signals) = watch::channel(Received { count: 0, exit: Exit::Interrupted });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let mut kinds = {
            let _entered = runtime.enter();
            Kinds::listen()?
        };
        let ended = Arc::new(AtomicBool::new(false));
        let has_ended = Arc::clone(&ended);
        let watch = move || {
            for count in 1.. {
                let exit = runtime.block_on(kinds.next());
                sender.send_modify(|received| *received = Received { count, exit });
                if count >= last {
                    thread::sleep(GRACE);
                    if !has_ended.load(Ordering::Acquire) {
                        std::process::exit(exit.code());
                    }
                }
            }
        };
        thread::Builder::new().name("blynk-signals".into()).spawn(watch)?;
        Ok(Self { signals, ended, last })
    }

    /// Says that the program has come to its end.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Ends with the signal that ends the program.
    pub(crate) async fn last(&self) -> Exit {
        self.nth(self.last).await
    }

    /// The first signal's exit, if there was a signal.
    pub(crate) fn received(&self) -> Option<Exit> {
        let received = *self.signals.borrow();
        (received.count > 0).then_some(received.exit)
    }

    /// Ends with the first signal; at once where there was one.
    pub async fn wait(&self) -> Exit {
        self.nth(1).await
    }

    async fn nth(&self, count: u32) -> Exit {
        let mut signals = self.signals.clone();
        match signals.wait_for(|received| received.count >= count).await {
            Ok(received) => received.exit,
            // Nobody listens any more, so that no signal can come.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(unix)]
struct Kinds {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Kinds {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: (!ignores_hang_up()).then(|| signal(SignalKind::hangup())).transpose()?,
        })
    }

    async fn next(&mut self) -> Exit {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
            _ = hang_up => Exit::Terminated,
        }
    }
}

/// True if whoever started this process wants it to outlive its terminal, as `nohup` does. Only Linux tells.
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // One bit for each signal, from 1; SIGHUP is the first.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(windows)]
struct Kinds(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Kinds {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> Exit {
        self.0.recv().await;
        Exit::Interrupted
    }
}
