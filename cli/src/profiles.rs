//! Profiles: which server, organization and client a name stands for, and where its secret is. Never the secret itself.
//!
//! ```toml
//! default = "production"
//!
//! [profile.production]
//! server = "https://fra1.blynk.cloud"
//! org = 101
//! client_id = "oa2-client-id_…"
//! credential_command = ["op", "read", "op://Infra/blynk/secret"]
//! ```

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use blynk_webhooks::bindings::nearest;
use etcetera::BaseStrategy as _;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use crate::error::{CliError, Result};
use crate::output::visible;
use crate::process::CommandLine;

/// The folder of the program in the platform's configuration folder.
const FOLDER: &str = "blynk-webhooks";
/// The file in it.
const FILE: &str = "profiles.toml";
/// Time for a `credential_command`, where the profile names no other.
pub const DEFAULT_CREDENTIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Names in the file.
mod key {
    pub(super) const DEFAULT: &str = "default";
    pub(super) const PROFILE: &str = "profile";
    pub(super) const SERVER: &str = "server";
    pub(super) const ORG: &str = "org";
    pub(super) const CLIENT_ID: &str = "client_id";
    pub(super) const CREDENTIAL_COMMAND: &str = "credential_command";
    pub(super) const CREDENTIAL_TIMEOUT: &str = "credential_timeout";
    pub(super) const CREDENTIAL_FILE: &str = "credential_file";
    pub(super) const CA_FILE: &str = "ca_file";
    pub(super) const ALLOW_HTTP: &str = "allow_http";
    pub(super) const ALL: [&str; 8] =
        [SERVER, ORG, CLIENT_ID, CREDENTIAL_COMMAND, CREDENTIAL_TIMEOUT, CREDENTIAL_FILE, CA_FILE, ALLOW_HTTP];
}

/// What a profile says. All of it is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Base URL of the server.
    pub server: Option<String>,
    /// Organization of `list` and `create`.
    pub org: Option<i32>,
    /// OAuth2 client ID; where it is there, the credential is its client secret, else a token.
    pub client_id: Option<String>,
    /// A program that prints the credential.
    pub credential_command: Option<CommandLine>,
    /// Time for that program.
    pub credential_timeout: Option<Duration>,
    /// A file that holds the credential and that only its owner can read.
    pub credential_file: Option<PathBuf>,
    /// PEM file of certificate authorities to trust in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Plain http to a host other than this machine.
    pub allow_http: Option<bool>,
}

/// The file with the profiles. Comments and order survive each change.
#[derive(Debug)]
pub struct Profiles {
    path: PathBuf,
    document: DocumentMut,
}

impl Profiles {
    /// The file's path: below `$XDG_CONFIG_HOME` or `~/.config`, on Windows below `%APPDATA%`.
    ///
    /// # Errors
    /// If this user has no home folder.
    pub fn path() -> Result<PathBuf> {
        let strategy = etcetera::choose_base_strategy()
            .map_err(|cause| CliError::usage(format!("cannot find the settings folder: {cause}")))?;
        Ok(strategy.config_dir().join(FOLDER).join(FILE))
    }

    /// Reads the file; one that is not there holds no profile.
    ///
    /// # Errors
    /// If it cannot be read, is no TOML, or holds something that is no setting.
    pub fn load() -> Result<Self> {
        let path = Self::path()?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(CliError::usage(format!("{}: {cause}", path.display()))),
        };
        let document = text
            .parse::<DocumentMut>()
            .map_err(|cause| CliError::usage(format!("{}: {}", path.display(), cause.to_string().trim_end())))?;
        let profiles = Self { path, document };
        profiles.check()?;
        Ok(profiles)
    }

    fn problem(&self, text: impl std::fmt::Display) -> CliError {
        CliError::usage(format!("{}: {text}", self.path.display()))
    }

    fn check(&self) -> Result<()> {
        for (name, item) in self.document.iter() {
            let right = match name {
                key::DEFAULT => item.is_str(),
                key::PROFILE => item.is_table_like(),
                _ => {
                    let known = [key::DEFAULT, key::PROFILE];
                    return Err(self.problem(format_args!(
                        "'{}' is not a setting{}",
                        visible(name),
                        meant(name, known)
                    )));
                }
            };
            if !right {
                return Err(self.problem(format_args!("'{name}' has the wrong type")));
            }
        }
        self.names().iter().try_for_each(|name| self.get(name).map(|_| ()))
    }

    fn table(&self) -> Option<&dyn TableLike> {
        self.document.get(key::PROFILE).and_then(Item::as_table_like)
    }

    /// Where the profiles are kept.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.path
    }

    /// Names of the profiles, in the file's order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.table().map(|table| table.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
    }

    /// The profile that is used where none is named.
    #[must_use]
    pub fn default_name(&self) -> Option<&str> {
        self.document.get(key::DEFAULT).and_then(Item::as_str)
    }

    /// One profile.
    ///
    /// # Errors
    /// If there is none of this name, or a setting of it is wrong.
    pub fn get(&self, name: &str) -> Result<Profile> {
        let Some(item) = self.table().and_then(|table| table.get(name)) else {
            return Err(self.unknown(name));
        };
        let about = |problem: String| self.problem(format_args!("profile '{}': {problem}", visible(name)));
        let table = item.as_table_like().ok_or_else(|| about("must be a table".into()))?;
        let mut profile = Profile::default();
        for (setting, item) in table.iter() {
            let wrong = |expected: &str| about(format!("{setting} must be {expected}"));
            let text = || item.as_str().map(str::to_owned).ok_or_else(|| wrong("a string"));
            match setting {
                key::SERVER => profile.server = Some(text()?),
                key::ORG => {
                    let number = item.as_integer().and_then(|number| i32::try_from(number).ok());
                    profile.org = Some(number.ok_or_else(|| wrong("an integer (int32)"))?);
                }
                key::CLIENT_ID => profile.client_id = Some(text()?),
                key::CREDENTIAL_COMMAND => {
                    let command = command_line(item);
                    profile.credential_command =
                        Some(command.ok_or_else(|| wrong("an array of strings, or one string for the shell"))?);
                }
                key::CREDENTIAL_TIMEOUT => {
                    let seconds = item.as_float().or_else(|| item.as_integer().map(|whole| whole as f64));
                    let limit = seconds
                        .filter(|seconds| *seconds > 0.0)
                        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                    profile.credential_timeout = Some(limit.ok_or_else(|| wrong("a number of seconds above 0"))?);
                }
                key::CREDENTIAL_FILE => profile.credential_file = Some(text()?.into()),
                key::CA_FILE => profile.ca_file = Some(text()?.into()),
                key::ALLOW_HTTP => profile.allow_http = Some(item.as_bool().ok_or_else(|| wrong("true or false"))?),
                _ => {
                    let told =
                        format!("'{}' is not a setting of a profile{}", visible(setting), meant(setting, key::ALL));
                    // Someone who writes a secret here needs to hear where it goes instead.
                    return Err(about(match setting.contains("token") || setting.contains("secret") {
                        true => {
                            format!("{told}; do not put a secret in this file: say where it is with credential_command")
                        }
                        false => told,
                    }));
                }
            }
        }
        if profile.credential_command.is_some() && profile.credential_file.is_some() {
            return Err(about("has both credential_command and credential_file; leave one out".into()));
        }
        Ok(profile)
    }

    fn unknown(&self, name: &str) -> CliError {
        let names = self.names();
        let hint = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("; did you mean '{}'?", visible(near)),
            None if names.is_empty() => "; there is none yet: blynk-webhooks profile add NAME".into(),
            None => format!("; there are {}", names.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ")),
        };
        CliError::usage(format!("no profile '{}' in {}{hint}", visible(name), self.path.display()))
    }

    /// Adds a profile, or replaces one.
    ///
    /// # Errors
    /// If `profile` tables of the file are written in a way that takes no further one.
    pub fn set(&mut self, name: &str, profile: &Profile) -> Result<()> {
        let mut parent = Table::new();
        parent.set_implicit(true);
        let parent = self.document.entry(key::PROFILE).or_insert(Item::Table(parent));
        let Some(parent) = parent.as_table_like_mut() else {
            return Err(CliError::usage("'profile' must be a table"));
        };
        let mut table = Table::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                table.insert(name, Item::Value(value));
            }
        };
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned().into());
        put(key::SERVER, profile.server.clone().map(Value::from));
        put(key::ORG, profile.org.map(|org| i64::from(org).into()));
        put(key::CLIENT_ID, profile.client_id.clone().map(Value::from));
        put(
            key::CREDENTIAL_COMMAND,
            profile.credential_command.clone().map(|command| match command {
                CommandLine::Shell(line) => line.into(),
                CommandLine::Program(words) => words.into_iter().collect(),
            }),
        );
        put(
            key::CREDENTIAL_TIMEOUT,
            profile.credential_timeout.map(|limit| match limit.subsec_nanos() {
                0 => i64::try_from(limit.as_secs()).unwrap_or(i64::MAX).into(),
                _ => limit.as_secs_f64().into(),
            }),
        );
        put(key::CREDENTIAL_FILE, path(&profile.credential_file));
        put(key::CA_FILE, path(&profile.ca_file));
        put(key::ALLOW_HTTP, profile.allow_http.map(Value::from));
        parent.insert(name, Item::Table(table));
        Ok(())
    }

    /// Removes a profile; the default goes with it.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        let table = self.document.get_mut(key::PROFILE).and_then(Item::as_table_like_mut);
        if table.and_then(|table| table.remove(name)).is_none() {
            return Err(self.unknown(name));
        }
        if self.default_name() == Some(name) {
            self.remove_default();
        }
        Ok(())
    }

    fn remove_default(&mut self) {
        let key = self.document.key(key::DEFAULT);
        let comment = key.and_then(|key| key.leaf_decor().prefix()?.as_str()).unwrap_or_default().to_owned();
        self.document.remove(key::DEFAULT);
        if comment.trim().is_empty() {
            return;
        }
        // What stands at the head of the file is about the file.
        let profiles = self.document.get_mut(key::PROFILE).and_then(Item::as_table_mut);
        let first = profiles.and_then(|profiles| profiles.iter_mut().find_map(|(_, item)| item.as_table_mut()));
        match first {
            Some(table) => {
                let own = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
                table.decor_mut().set_prefix(format!("{comment}{own}"));
            }
            None => self.document.set_trailing(comment),
        }
    }

    /// Makes a profile the one that is used where none is named.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn set_default(&mut self, name: &str) -> Result<()> {
        self.get(name)?;
        let mut new = Value::from(name);
        match self.document.get_mut(key::DEFAULT).and_then(Item::as_value_mut) {
            Some(value) => {
                // With the comment behind it.
                *new.decor_mut() = value.decor().clone();
                *value = new;
            }
            None => {
                self.document.insert(key::DEFAULT, Item::Value(new));
            }
        }
        Ok(())
    }

    /// Writes the file: whole or not at all, and readable by its owner alone.
    ///
    /// # Errors
    /// If the folder cannot be made or written.
    pub fn save(&self) -> Result<()> {
        let about = |cause: std::io::Error| CliError::failure(format!("{}: {cause}", self.path.display()));
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(about)?;
        }
        write_whole(&self.path, self.document.to_string().as_bytes()).map_err(about)
    }
}

fn command_line(item: &Item) -> Option<CommandLine> {
    if let Some(line) = item.as_str() {
        return (!line.trim().is_empty()).then(|| CommandLine::Shell(line.into()));
    }
    let words: Option<Vec<_>> = item.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect();
    words.filter(|words| words.first().is_some_and(|program| !program.is_empty())).map(CommandLine::Program)
}

fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

/// Writes a file beside its place and moves it there, so that it is never half-written.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // A link stays a link: people keep their settings in a repository.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        let _ = fs::remove_file(&beside);
    }
    moved
}
