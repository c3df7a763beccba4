//! An emulator with known webhooks, and the program started against it.

#![allow(dead_code, clippy::unwrap_used, reason = "not every test needs all of it; a test may panic")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use blynk_webhooks_emulator::{Emulator, State};
use snapbox::cmd::Command;

/// Planted in the state and the environment: none of them may be printed anywhere.
pub const SECRETS: [&str; 4] =
    ["planted-client-secret", "planted-target-secret", "planted-url-password", "planted-url-key"];

const STATE: &str = include_str!("state.json");

/// An emulator that begins with the webhooks of `state.json`; its clock stands still.
pub fn emulator() -> Emulator {
    Emulator::builder().state(State::from_json(STATE).unwrap()).start().unwrap()
}

/// The program, with this emulator's credentials in its environment and settings of its own.
pub fn program(emulator: &Emulator, settings: &Folder) -> Command {
    bare_program(settings)
        .env("BLYNK_BASE_URL", emulator.url())
        .env("BLYNK_CLIENT_ID", emulator.client_id())
        .env("BLYNK_CLIENT_SECRET", emulator.client_secret())
}

/// The program without any credentials.
pub fn bare_program(settings: &Folder) -> Command {
    let mut command = Command::new(snapbox::cmd::cargo_bin!("blynk-webhooks"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BLYNK_") || name == "NO_COLOR") {
        command = command.env_remove(name);
    }
    command.env("XDG_CONFIG_HOME", settings.path()).current_dir(settings.path())
}

/// A folder that goes when the test ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("blynk-webhooks-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
