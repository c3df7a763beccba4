//! What several test files share: the scripted server, a run in an environment of its own, a log to read.

#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{Arc, Mutex, OnceLock};

pub use scripted_server::{Received, Reply, Server};

/// Tests that need an environment of their own run themselves again with it.
pub fn again_with(test: &str, variables: &[(&str, &str)]) {
    let me = std::env::current_exe().unwrap();
    let variables = variables.iter().copied().chain([(INNER, "1")]);
    let output = std::process::Command::new(me).args(["--exact", test]).envs(variables).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
}

const INNER: &str = "BLYNK_TEST_INNER";

pub fn is_inner() -> bool {
    std::env::var_os(INNER).is_some()
}

/// What a subscriber of traces has written.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn subscriber(&self, level: tracing::Level) -> impl tracing::Subscriber + Send + Sync + use<> {
        // With one subscriber alone, `tracing` asks that of the thread which reaches a callsite first, and remembers its
        // answer for all: with others beside it, all are asked.
        static OTHERS: OnceLock<[tracing::Dispatch; 2]> = OnceLock::new();
        OTHERS.get_or_init(|| [(); 2].map(|()| tracing_subscriber::fmt().with_writer(std::io::sink).finish().into()));
        let writer = self.clone();
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
