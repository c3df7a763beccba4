//! The database file: what outlives an emulator, and which files are left alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use blynk_webhooks::{Json, Status, Trigger, WebhookSpec};
use blynk_webhooks_emulator::{Emulator, EmulatorError, State};
use rusqlite::Connection;
use serde_json::Map;

/// A new folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("blynk-emulator-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn spec(name: &str) -> WebhookSpec {
    WebhookSpec::new(name, Trigger::DeviceAdded, "http://127.0.0.1:9/")
        .method("POST")
        .content_type("JSON")
        .auth_type("NONE")
        .failure_limit(1)
}

fn problem(path: &Path) -> String {
    Emulator::builder().database(path).start().unwrap_err().to_string()
}

#[tokio::test]
async fn what_was_acknowledged_outlives_the_emulator() {
    let folder = Folder::new("kept");
    let path = folder.file("kept.db");
    let seed = State::from_json(r#"{"limits": {"webhooks": 3}}"#).unwrap();
    let first = Emulator::builder().database(&path).state(seed.clone()).start().unwrap();
    let client = first.client().unwrap();
    // A number beyond 64 bits shows that fields nobody knows are kept to the letter.
    let unknown = Json::parse(r#"{"n": 18446744073709551617, "far": 1e400, "half": "\ud800"}"#).unwrap();
    let kept = client.create(spec("Kept").extra("unknown", unknown)).await.unwrap();
    let renamed = client.create(spec("Old name")).await.unwrap();
    client.update(renamed.id(), spec("New name")).await.unwrap();
    let deleted = client.create(spec("Deleted")).await.unwrap();
    first.trigger(Trigger::DeviceAdded, Map::new()).await.unwrap();
    client.delete(deleted.id()).await.unwrap();
    let before = client.list().await.unwrap().as_json().to_owned();
    first.stop();
    drop(first);

    let second = Emulator::builder().database(&path).state(State::default()).start().unwrap();
    let client = second.client().unwrap();
    assert_eq!(client.list().await.unwrap().as_json(), before);
    assert!(before.contains(r#"{"n": 18446744073709551617, "far": 1e400, "half": "\ud800"}"#), "{before}");
    let kept = client.get(kept.id()).await.unwrap();
    assert_eq!((kept.attempt_count(), kept.status()), (Some(1), Some(Status::DisabledDueToErrors)));
    assert_eq!(client.create(spec("Next")).await.unwrap().id(), deleted.id() + 1);
    // The limit is the first seed's: that of a file which holds a state does not count.
    assert!(client.create(spec("One too many")).await.unwrap_err().to_string().contains("limit"));

    client.delete(kept.id()).await.unwrap();
    second.reset().unwrap();
    assert_eq!(client.list().await.unwrap().len(), 2);
    drop(second);
    let third = Emulator::builder().database(&path).start().unwrap();
    assert_eq!(third.client().unwrap().list().await.unwrap().len(), 2);
}

#[test]
fn a_file_of_somebody_else_is_left_as_it_was() {
    let folder = Folder::new("foreign");
    let text = folder.file("notes.txt");
    fs::write(&text, "my notes, ".repeat(200)).unwrap();
    let short = folder.file("short.txt");
    fs::write(&short, "hi").unwrap();
    let foreign = folder.file("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)").unwrap();
    let newer = folder.file("newer.db");
    drop(Emulator::builder().database(&newer).start().unwrap());
    Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    for (path, says) in
        [(&text, "not an SQLite"), (&short, "not an SQLite"), (&foreign, "another program"), (&newer, "version")]
    {
        let before = fs::read(path).unwrap();
        let problem = problem(path);
        assert!(problem.contains(says) && problem.contains(&path.display().to_string()), "{problem}");
        assert!(fs::read(path).unwrap() == before, "{} was changed", path.display());
    }
    assert!(problem(&folder.0).contains("cannot be opened"));
}

#[test]
fn a_damaged_file_is_named_and_left_as_it_was() {
    let folder = Folder::new("damaged");
    let whole = folder.file("whole.db");
    drop(Emulator::builder().database(&whole).start().unwrap());
    let bytes = fs::read(&whole).unwrap();
    let mut overwritten = bytes.clone();
    overwritten[4096..].fill(0xAA);
    let cases = [("cut.db", bytes[..bytes.len() / 2].to_vec()), ("overwritten.db", overwritten)];
    for (name, bytes) in cases {
        let path = folder.file(name);
        fs::write(&path, &bytes).unwrap();
        let problem = problem(&path);
        assert!(problem.contains("damaged"), "{name}: {problem}");
        assert!(fs::read(&path).unwrap() == bytes, "{name} was changed");
    }
    let path = folder.file("wrong.db");
    fs::copy(&whole, &path).unwrap();
    Connection::open(&path).unwrap().execute_batch("INSERT INTO webhooks VALUES (1, '{}')").unwrap();
    assert!(problem(&path).contains("webhooks[0]"), "{}", problem(&path));
}

#[tokio::test]
async fn a_reset_that_fails_says_so() {
    let folder = Folder::new("reset");
    let path = folder.file("reset.db");
    let emulator = Emulator::builder().database(&path).start().unwrap();
    emulator.client().unwrap().create(spec("n")).await.unwrap();
    drop(emulator);
    let spoil = "CREATE TRIGGER spoil BEFORE DELETE ON webhooks BEGIN SELECT RAISE(ABORT, 'spoilt'); END";
    Connection::open(&path).unwrap().execute_batch(spoil).unwrap();
    let emulator = Emulator::builder().database(&path).start().unwrap();
    let before = emulator.snapshot();
    let problem = emulator.reset().unwrap_err();
    assert!(matches!(&problem, EmulatorError::Unchanged(_)) && problem.to_string().contains("spoilt"), "{problem}");
    assert_eq!(emulator.snapshot(), before);
}

#[test]
fn two_emulators_cannot_share_a_file() {
    let folder = Folder::new("shared");
    let path = folder.file("one.db");
    let first = Emulator::builder().database(&path).start().unwrap();
    assert!(problem(&path).contains("in use"));
    drop(first);
    Emulator::builder().database(&path).start().unwrap();
}

#[cfg(unix)]
#[test]
fn the_file_with_the_secrets_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("private");
    let path = folder.file("private.db");
    let emulator = Emulator::builder().database(&path).start().unwrap();
    for file in [path.clone(), folder.file("private.db-wal")] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    drop(emulator);
}
