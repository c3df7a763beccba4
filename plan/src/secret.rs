//! Secrets that a file names and does not hold: from the environment, from a file, from a program.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::process_group;
use crate::value::Reference;

/// Time for a program that prints a secret.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest secret.
const MAX_BYTES: u64 = 64 * 1024;

/// Where the secrets of a file come from. By default from this process's environment, its files, and programs it may start.
#[derive(Clone, Default)]
pub struct Secrets {
    environment: Option<Arc<Environment>>,
    stopped: Option<Arc<Stopped>>,
}

/// True once nobody waits for a secret any more.
type Stopped = dyn Fn() -> bool + Send + Sync;

/// Gives the value of a variable.
type Environment = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Secrets {
    /// With another environment than the process's own, e.g. the caller's `process.env`.
    #[must_use]
    pub fn with_environment(environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { environment: Some(Arc::new(environment)), ..Self::default() }
    }

    /// Asks, while a program runs that prints a secret, whether to stop it, e.g. because the user has pressed Ctrl-C.
    #[must_use]
    pub fn stopped_by(mut self, stopped: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.stopped = Some(Arc::new(stopped));
        self
    }

    fn variable(&self, name: &str) -> Option<String> {
        match &self.environment {
            Some(environment) => environment(name),
            None => std::env::var(name).ok(),
        }
    }

    fn read(&self, reference: &Reference, folder: Option<&Path>) -> Result<String, String> {
        let secret = match reference {
            Reference::Env(name) => match self.variable(name) {
                Some(value) if !value.is_empty() => return Ok(value),
                Some(_) => return Err(format!("the environment variable {name} is empty")),
                None => return Err(format!("the environment variable {name} is not set")),
            },
            Reference::File(path) => {
                let path = folder.map_or_else(|| PathBuf::from(path), |folder| folder.join(path));
                read_file(&path).map_err(|problem| format!("the secret's file {} {problem}", path.display()))?
            }
            Reference::Command(command) => run(command, folder, self.stopped.as_deref())
                .map_err(|problem| format!("the command {} {problem}", command[0]))?,
        };
        // Files and programs end a line.
        let secret = secret.strip_suffix('\n').map_or(secret.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        if secret.is_empty() {
            Err(format!("the secret of {} is empty", source_name(reference)))
        } else {
            Ok(secret.into())
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

fn source_name(reference: &Reference) -> String {
    match reference {
        Reference::Env(name) => format!("the environment variable {name}"),
        Reference::File(path) => format!("the file {path}"),
        Reference::Command(command) => format!("the command {}", command[0]),
    }
}

fn read_file(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    bounded(file)
}

fn bounded(reader: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("contains more than {MAX_BYTES} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".into())
}

/// What a program prints. It is started without a shell, and has no input. Where it takes too long or is stopped, what it has
/// started ends with it.
fn run(command: &[String], folder: Option<&Path>, stopped: Option<&Stopped>) -> Result<String, String> {
    let mut process = Command::new(&command[0]);
    process.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(folder) = folder {
        process.current_dir(folder);
    }
    let has_group = process_group::is_own();
    #[cfg(unix)]
    if has_group {
        std::os::unix::process::CommandExt::process_group(&mut process, 0);
    }
    let mut child = process.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let (sender, receiver) = std::sync::mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || sender.send(bounded(output)));
    }
    let deadline = Instant::now() + COMMAND_TIMEOUT;
    let mut output = None;
    // Its output ends where every process that holds it has ended, which may be later than the program.
    let status = loop {
        output = output.or_else(|| receiver.try_recv().ok());
        let problem = match child.try_wait() {
            Ok(Some(status)) if output.is_some() || !status.success() => break status,
            Ok(_) if stopped.is_some_and(|stopped| stopped()) => "was stopped".to_owned(),
            Ok(_) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
            Ok(_) => format!("did not end within {COMMAND_TIMEOUT:?}"),
            Err(error) => format!("cannot be waited for: {error}"),
        };
        if has_group {
            process_group::kill(child.id());
        }
        let _ = child.kill();
        let _ = child.wait();
        return Err(problem);
    };
    if !status.success() {
        return Err(format!("failed ({status}); run it by hand to see why"));
    }
    output.unwrap_or_else(|| Err("printed nothing".into()))
}

/// Reads each secret once.
pub(crate) struct SecretCache<'a> {
    secrets: &'a Secrets,
    read: BTreeMap<(Reference, Option<PathBuf>), Result<String, String>>,
}

impl<'a> SecretCache<'a> {
    pub(crate) fn new(secrets: &'a Secrets) -> Self {
        Self { secrets, read: BTreeMap::new() }
    }

    pub(crate) fn read(&mut self, reference: &Reference, folder: Option<&Path>) -> Result<String, String> {
        let key = (reference.clone(), folder.map(Path::to_owned));
        self.read.entry(key).or_insert_with(|| self.secrets.read(reference, folder)).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_come_from_three_places_without_their_line_end() {
        let folder = std::env::temp_dir().join(format!("blynk-webhooks-plan-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("secret"), "from a file\r\n").unwrap();
        let secrets = Secrets::with_environment(|name| (name == "SET").then(|| "from the environment\n".to_owned()));
        let read = |reference: Reference| secrets.read(&reference, Some(&folder));
        assert_eq!(read(Reference::Env("SET".into())).unwrap(), "from the environment\n");
        assert!(read(Reference::Env("UNSET".into())).unwrap_err().contains("UNSET is not set"));
        assert_eq!(read(Reference::File("secret".into())).unwrap(), "from a file");
        assert!(read(Reference::File("none".into())).unwrap_err().contains("cannot be read"));
        let command = |parts: &[&str]| Reference::Command(parts.iter().map(|part| (*part).to_owned()).collect());
        assert_eq!(read(command(&["cat", "secret"])).unwrap(), "from a file");
        assert!(read(command(&["sh", "-c", "echo hunter2; exit 3"])).unwrap_err().contains("failed"));
        assert!(read(command(&["no-such-program"])).unwrap_err().contains("cannot be started"));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    /// As on Ctrl-C.
    #[cfg(unix)]
    #[test]
    fn a_program_that_is_stopped_ends_with_what_it_has_started() {
        let mark = std::env::temp_dir().join(format!("blynk-webhooks-plan-stop-{}", std::process::id()));
        let stop_when = mark.clone();
        let secrets = Secrets::default().stopped_by(move || stop_when.exists());
        let script = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", mark.display());
        let reference = Reference::Command(["sh", "-c", &script].map(str::to_owned).into());
        let problem = secrets.read(&reference, None).unwrap_err();
        assert!(problem.contains("was stopped"), "{problem}");
        let pid = std::fs::read_to_string(&mark).unwrap();
        let alive = || Command::new("kill").args(["-0", pid.trim()]).stderr(Stdio::null()).status().unwrap().success();
        // Whoever adopts it may take a moment to ask how it ended.
        let is_zombie = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
            state.is_ok_and(|state| state.contains(") Z "))
        };
        if !process_group::is_own() {
            let _ = Command::new("kill").arg(pid.trim()).status();
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        while alive() && !is_zombie() {
            assert!(Instant::now() < deadline, "it still runs");
            std::thread::sleep(Duration::from_millis(10));
        }
        std::fs::remove_file(mark).unwrap();
    }
}
