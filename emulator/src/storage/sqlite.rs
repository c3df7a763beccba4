//! An SQLite file that keeps what the emulator holds, but for a time that is set: each change is in it before it is acknowledged.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use blynk_webhooks::Json;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use crate::state::State;
use crate::storage::{PersistError, Storage};

/// Marks the file as ours (`application_id` in its header).
const APPLICATION: i32 = 0x626c_796b;
/// Version of the tables (`user_version` in its header).
const VERSION: i32 = 1;
/// How long another program may hold the file.
const BUSY_TIMEOUT: Duration = Duration::from_millis(500);

const SCHEMA: &str = "
    CREATE TABLE webhooks (id INTEGER PRIMARY KEY, json TEXT NOT NULL);
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";
/// Organizations, clients and limits as they are now, and the time that the state last taken began with; no webhooks.
const STATE: &str = "state";
const LAST_ID: &str = "lastWebhookId";

#[derive(Debug)]
pub(crate) struct Database {
    connection: Connection,
    /// As it is named in messages.
    path: String,
}

impl Database {
    /// Opens a file, or creates it.
    ///
    /// # Errors
    /// If the file cannot be opened, is damaged, in use, or not ours. It is left as it was then.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        Self::open_checked(path).map_err(|problem| format!("{}: {problem}", path.display()))
    }

    fn open_checked(path: &Path) -> Result<Self, String> {
        // Of two threads that open one new file at once, each could keep the other from it.
        static OPENING: Mutex<()> = Mutex::new(());
        let _opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        create_for_owner(path).map_err(|problem| format!("cannot be opened: {problem}"))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        // This way of locking takes the file for this process alone at the first access, so of two processes that open one file
        // at once, exactly one gets it. The usual way reads under a lock that is shared, and neither gets the other.
        #[cfg(unix)]
        let connection = Connection::open_with_flags_and_vfs(path, flags, "unix-excl");
        #[cfg(not(unix))]
        let connection = Connection::open_with_flags(path, flags);
        let connection = connection.map_err(|error| explain(&error))?;
        let database = Self { connection, path: path.display().to_string() };
        database.check().map_err(|error| explain(&error))??;
        Ok(database)
    }

    /// Locks the file for this connection, and checks that it is ours and undamaged before anything is written to it.
    fn check(&self) -> rusqlite::Result<Result<(), String>> {
        let connection = &self.connection;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        if self.is_new()? {
            return Ok(Ok(()));
        }
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        if number("application_id")? != APPLICATION {
            return Ok(Err("is an SQLite database of another program; choose another file".into()));
        }
        let version = number("user_version")?;
        if version != VERSION {
            let problem = format!("was written by another version of the emulator (tables {version}, here {VERSION})");
            return Ok(Err(problem));
        }
        let found: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
        Ok(if found == "ok" { Ok(()) } else { Err(format!("is damaged: {found}")) })
    }

    fn is_new(&self) -> rusqlite::Result<bool> {
        let tables: i64 = self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let marked: i32 = self.connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        Ok(tables == 0 && marked == 0)
    }

    /// What is stored; none in a new file.
    ///
    /// # Errors
    /// If the file cannot be read, or is damaged.
    pub(crate) fn load(&self) -> Result<Option<State>, String> {
        self.read().map_err(|problem| self.about(&problem))
    }

    /// Prepares a new file and stores a state in it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn initialize(&mut self, state: &State, webhooks: &[(i32, String)]) -> Result<(), String> {
        self.create_tables(state, webhooks).map_err(|error| self.about(&explain(&error)))
    }

    /// Says that what is stored is damaged.
    pub(crate) fn damaged(&self, problem: &str) -> String {
        self.about(&damaged(problem))
    }

    /// Names the file in a message.
    fn about(&self, problem: &str) -> String {
        format!("{}: {problem}", self.path)
    }

    /// Creates the tables and writes a state to them, all in one transaction.
    fn create_tables(&mut self, state: &State, webhooks: &[(i32, String)]) -> rusqlite::Result<()> {
        self.set_journal_mode()?;
        let transaction = self.connection.transaction()?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute_batch(SCHEMA)?;
        write_everything(&transaction, state, webhooks)?;
        transaction.commit()
    }

    /// A write is in the log before it is acknowledged, so the end of this process loses none; only the machine's own end
    /// can lose the last moments, and never damages the file.
    fn set_journal_mode(&self) -> rusqlite::Result<()> {
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "NORMAL")
    }

    fn read(&self) -> Result<Option<State>, String> {
        if self.is_new().map_err(|error| explain(&error))? {
            return Ok(None);
        }
        self.set_journal_mode().map_err(|error| explain(&error))?;
        let state = self.state()?;
        let last_webhook_id = self.setting(LAST_ID)?.parse().map_err(|_| damaged(LAST_ID))?;
        let rows: rusqlite::Result<Vec<(i32, String)>> = self
            .connection
            .prepare("SELECT id, json FROM webhooks ORDER BY id")
            .and_then(|mut statement| statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect());
        let rows = rows.map_err(|error| explain(&error))?;
        let webhooks = rows.iter().enumerate().map(|(index, (id, text))| {
            let webhook = Json::parse(text).map_err(|error| damaged(&format!("webhooks[{index}]: {error}")))?;
            let has_id = serde_json::from_str::<Id>(text).is_ok_and(|found| found.id == *id);
            if has_id { Ok(webhook) } else { Err(damaged(&format!("webhooks[{index}]: its id is not {id}"))) }
        });
        Ok(Some(State { last_webhook_id, webhooks: webhooks.collect::<Result<_, String>>()?, ..state }))
    }

    fn setting(&self, name: &str) -> Result<String, String> {
        let found = self.connection.query_row("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get(0));
        found.optional().map_err(|error| explain(&error))?.ok_or_else(|| damaged(name))
    }

    fn state(&self) -> Result<State, String> {
        State::from_json(&self.setting(STATE)?).map_err(|problem| damaged(&format!("{STATE}: {problem}")))
    }

    fn in_transaction(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), PersistError> {
        let all = || {
            let transaction = self.connection.transaction()?;
            work(&transaction)?;
            transaction.commit()
        };
        all().map_err(|error| PersistError(explain(&error)))
    }
}

impl Storage for Database {
    fn put(&mut self, id: i32, webhook: &str, last_id: i32) -> Result<(), PersistError> {
        self.in_transaction(|transaction| {
            write_webhook(transaction, id, webhook)?;
            write_setting(transaction, LAST_ID, &last_id.to_string())
        })
    }

    fn remove(&mut self, id: i32) -> Result<(), PersistError> {
        self.in_transaction(|transaction| {
            transaction.prepare("DELETE FROM webhooks WHERE id = ?1")?.execute([id]).map(drop)
        })
    }

    fn replace(&mut self, state: &State, webhooks: &[(i32, String)]) -> Result<(), PersistError> {
        self.in_transaction(|transaction| write_everything(transaction, state, webhooks))
    }
}

#[derive(serde::Deserialize)]
struct Id {
    id: i32,
}

/// Creates a file that only its owner can read, because it contains the clients' secrets. One that exists is not touched: closing it
/// would give up the locks that this process may have on it.
fn create_for_owner(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(problem) if problem.kind() != io::ErrorKind::AlreadyExists => Err(problem),
        _ => Ok(()),
    }
}

fn write_everything(connection: &Connection, state: &State, webhooks: &[(i32, String)]) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM webhooks", [])?;
    for (id, webhook) in webhooks {
        write_webhook(connection, *id, webhook)?;
    }
    write_setting(connection, LAST_ID, &state.last_webhook_id.to_string())?;
    write_setting(connection, STATE, &State { webhooks: Vec::new(), ..state.clone() }.to_json())
}

fn write_webhook(connection: &Connection, id: i32, webhook: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("INSERT OR REPLACE INTO webhooks (id, json) VALUES (?1, ?2)")?;
    statement.execute(params![id, webhook]).map(drop)
}

fn write_setting(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)")?;
    statement.execute([name, value]).map(drop)
}

fn damaged(part: &str) -> String {
    format!("is damaged: {part}")
}

/// What SQLite says, in words that say what to do.
fn explain(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => "is not an SQLite database; choose another file".into(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
            "is in use by another program; stop that program or choose another file".into()
        }
        Some(rusqlite::ErrorCode::CannotOpen) => format!("cannot be opened: {error}"),
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => damaged(&error.to_string()),
        _ => error.to_string(),
    }
}
