//! Ctrl-C and the system's request to end, so that a command can stop in good order.

use std::io;

use tokio::sync::watch;

use crate::exit::Exit;

/// Tells when the program shall end. Cheap to clone; every clone sees every signal.
#[derive(Clone, Debug)]
pub struct Interrupt {
    signals: watch::Receiver<Received>,
}

#[derive(Clone, Copy, Debug)]
struct Received {
    count: u32,
    exit: Exit,
}

impl Interrupt {
    /// Listens from now on. Must be called within a tokio runtime. `hang_up`: also where the terminal is closed.
    ///
    /// # Errors
    /// Where the system has no place for a signal handler.
    pub(crate) fn listen(hang_up: bool) -> io::Result<Self> {
        let (sender, signals) = watch::channel(Received { count: 0, exit: Exit::Interrupted });
        let mut kinds = Kinds::listen(hang_up)?;
        tokio::spawn(async move {
            loop {
                let exit = kinds.next().await;
                sender.send_modify(|received| *received = Received { count: received.count + 1, exit });
            }
        });
        Ok(Self { signals })
    }

    /// Ends with the first signal; at once where there was one.
    pub async fn wait(&self) -> Exit {
        self.nth(1).await
    }

    /// Ends with the signal of this number.
    pub(crate) async fn nth(&self, count: u32) -> Exit {
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
    fn listen(hang_up: bool) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: hang_up.then(|| signal(SignalKind::hangup())).transpose()?,
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

#[cfg(windows)]
struct Kinds(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Kinds {
    fn listen(_: bool) -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> Exit {
        self.0.recv().await;
        Exit::Interrupted
    }
}
