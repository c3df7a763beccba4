//! Which server is called, and with which credentials. Of each setting the first that is set counts: a flag, the environment,
//! the profile. A flag names where a secret is and never holds it: other users of the machine can read command lines.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use blynk_webhooks::bindings::without_credentials;
use blynk_webhooks::{Client, ClientBuilder, DEFAULT_BASE_URL, env};
use zeroize::Zeroizing;

use crate::args::ConnectionArgs;
use crate::error::{CliError, Result};
use crate::output::{Output, visible};
use crate::process::{self, CommandLine};
use crate::profiles::{DEFAULT_CREDENTIAL_TIMEOUT, Profile, Profiles};

/// Names the profile to use.
pub const PROFILE_VARIABLE: &str = "BLYNK_PROFILE";
const PROFILE_FLAG: &str = "--profile";
/// Most bytes of a file with a secret.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A flag of this command.
    Flag(&'static str),
    /// An environment variable.
    Environment(String),
    /// A setting of the profile.
    Profile(&'static str),
    /// Nobody named another.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Profile(setting) => write!(f, "{setting} of the profile"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting and where it comes from.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    /// The setting.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

/// Where the secret is.
#[derive(Clone, Debug)]
enum Place {
    Variable(String),
    /// A file that a flag names.
    File(PathBuf),
    Command(CommandLine, Duration),
    /// A file that a profile names; only its owner may be able to read it.
    PrivateFile(PathBuf),
}

/// What the secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// A token that was obtained elsewhere.
    Token,
    /// The secret of an OAuth2 client.
    ClientSecret,
}

impl SecretKind {
    /// `token` or `client_secret`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::ClientSecret => "client_secret",
        }
    }
}

/// Everything that is needed for calls; no secret was read yet.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Name of the profile, where one is used.
    pub profile: Option<Setting<String>>,
    /// Base URL.
    pub server: Setting<String>,
    /// Organization of `list` and `create`; absent: that of the credentials.
    pub org: Option<Setting<i32>>,
    /// OAuth2 client ID.
    pub client_id: Option<Setting<String>>,
    secret: Option<Secret>,
    timeout: Option<Duration>,
    ca_file: Option<PathBuf>,
    allow_http: bool,
}

#[derive(Clone, Debug)]
struct Secret {
    kind: SecretKind,
    source: Source,
    place: Place,
}

/// A variable that is set; an empty one counts as absent.
fn variable(name: &str) -> Result<Option<Zeroizing<String>>> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(Zeroizing::new(value))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(CliError::usage(format!("{name} is not UTF-8 text"))),
    }
}

fn plain_variable(name: &'static str) -> Result<Option<Setting<String>>> {
    let setting =
        |value: Zeroizing<String>| Setting { value: value.to_string(), source: Source::Environment(name.into()) };
    Ok(variable(name)?.map(setting))
}

impl Connection {
    /// Finds out which settings count. Reads the environment and the file of profiles.
    ///
    /// # Errors
    /// If settings contradict each other, or the profile is not there.
    pub fn resolve(args: &ConnectionArgs) -> Result<Self> {
        let name = match &args.profile {
            Some(name) => Some(Setting { value: name.clone(), source: Source::Flag(PROFILE_FLAG) }),
            None => plain_variable(PROFILE_VARIABLE)?,
        };
        let (name, profile) = match name {
            Some(name) => {
                let profile = Profiles::load()?.get(&name.value)?;
                (Some(name), profile)
            }
            None => default_profile()?,
        };
        let flag =
            |value: &Option<String>, name| value.clone().map(|value| Setting { value, source: Source::Flag(name) });
        let of_profile =
            |value: &Option<String>, name| value.clone().map(|value| Setting { value, source: Source::Profile(name) });
        let client_id = flag(&args.client_id, "--client-id");
        let client_id = match client_id {
            Some(id) => Some(id),
            None => plain_variable(env::CLIENT_ID)?.or_else(|| of_profile(&profile.client_id, "client_id")),
        };
        let server = match flag(&args.server, "--server") {
            Some(server) => Some(server),
            None => plain_variable(env::BASE_URL)?.or_else(|| of_profile(&profile.server, "server")),
        };
        let org = match args.org {
            Some(value) => Some(Setting { value, source: Source::Flag("--org") }),
            None => match plain_variable(env::ORG_ID)? {
                Some(text) => {
                    let value = text.value.parse().map_err(|_| {
                        CliError::usage(format!("{} must be an integer, is '{}'", env::ORG_ID, visible(&text.value)))
                    })?;
                    Some(Setting { value, source: text.source })
                }
                None => profile.org.map(|value| Setting { value, source: Source::Profile("org") }),
            },
        };
        let secret = match secret_of_flags(args)? {
            Some(secret) => Some(secret),
            None => match secret_of_environment()? {
                Some(secret) => Some(secret),
                None => secret_of_profile(&profile, client_id.is_some()),
            },
        };
        Ok(Self {
            profile: name,
            server: server.unwrap_or(Setting { value: DEFAULT_BASE_URL.into(), source: Source::Default }),
            org,
            client_id,
            secret,
            timeout: args.timeout,
            ca_file: args.ca_file.clone().or(profile.ca_file),
            allow_http: args.allow_http || profile.allow_http.unwrap_or(false),
        })
    }

    /// What the secret is and where it comes from; none if there is no credential at all.
    #[must_use]
    pub fn secret(&self) -> Option<(SecretKind, &Source)> {
        self.secret.as_ref().map(|secret| (secret.kind, &secret.source))
    }

    /// The server without credentials that somebody may have put into its URL.
    #[must_use]
    pub fn shown_server(&self) -> String {
        without_credentials(&self.server.value)
    }

    /// A client with these settings. Reads the secret, which may start the profile's program.
    ///
    /// # Errors
    /// If there are no credentials, they cannot be read, or a setting is wrong.
    pub async fn client(&self, out: &Output) -> Result<Client> {
        self.builder(out).await?.build().map_err(CliError::from)
    }

    async fn builder(&self, out: &Output) -> Result<ClientBuilder> {
        let Some(secret) = &self.secret else { return Err(self.no_credentials()) };
        let mut builder = Client::builder().base_url(&self.server.value).allow_http(self.allow_http).platform("cli");
        if let Some(org) = &self.org {
            builder = builder.org_id(org.value);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(path) = &self.ca_file {
            builder = builder.ca_file(path);
        }
        // A server that cannot be is found before a program is started for its secret.
        builder.clone().token("check").build().map_err(CliError::from)?;
        if secret.kind == SecretKind::ClientSecret && self.client_id.is_none() {
            return Err(CliError::authentication(format!(
                "{} gives a client secret, but there is no client id: pass --client-id, set {}, or put client_id into the profile",
                secret.source,
                env::CLIENT_ID
            )));
        }
        self.warn_of_environment(out);
        let text = secret.read(out).await?;
        Ok(match (secret.kind, &self.client_id) {
            (SecretKind::ClientSecret, Some(id)) => builder.client_credentials(&id.value, text.as_str()),
            _ => builder.token(text.as_str()),
        })
    }

    /// Who names a profile may not think of variables that go before it.
    fn warn_of_environment(&self, out: &Output) {
        let Some(profile) = self.profile.as_ref().filter(|profile| profile.source == Source::Flag(PROFILE_FLAG)) else {
            return;
        };
        let sources = [Some(&self.server.source), self.org.as_ref().map(|org| &org.source)];
        let sources = sources.into_iter().flatten();
        let sources =
            sources.chain(self.client_id.as_ref().map(|id| &id.source)).chain(self.secret().map(|(_, source)| source));
        let names: Vec<&str> = sources
            .filter_map(|source| match source {
                Source::Environment(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        if !names.is_empty() {
            let verb = if names.len() == 1 { "goes" } else { "go" };
            let profile = visible(&profile.value);
            out.warning(format_args!("{} {verb} before the profile '{profile}'", names.join(", ")));
        }
    }

    fn no_credentials(&self) -> CliError {
        let lacking = match &self.client_id {
            Some(id) => format!("no client secret for the client id of {}", id.source),
            None => "no credentials".into(),
        };
        CliError::authentication(format!(
            "{lacking}. The first of these that is set is used:\n  \
             --token-env NAME, --token-file FILE, --client-secret-env NAME, --client-secret-file FILE\n  \
             {}, or {} and {}\n  \
             a profile with credential_command or credential_file: blynk-webhooks profile add --help",
            env::TOKEN,
            env::CLIENT_ID,
            env::CLIENT_SECRET
        ))
    }
}

/// The profile of `profile use`; none if there is no file.
fn default_profile() -> Result<(Option<Setting<String>>, Profile)> {
    // Without a home folder there are no profiles, which is no reason to refuse credentials of the environment.
    if Profiles::path().is_err() {
        return Ok((None, Profile::default()));
    }
    let profiles = Profiles::load()?;
    match profiles.default_name() {
        None => Ok((None, Profile::default())),
        Some(name) => Ok((Some(Setting { value: name.into(), source: Source::Default }), profiles.get(name)?)),
    }
}

fn secret_of_flags(args: &ConnectionArgs) -> Result<Option<Secret>> {
    let variable = |name: &String, flag: &'static str| {
        // What looks like no name may be the secret itself, so it is not repeated.
        let valid = !name.is_empty()
            && name.len() <= 100
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        match valid {
            true => Ok((Source::Flag(flag), Place::Variable(name.clone()))),
            false => Err(CliError::usage(format!(
                "{flag} takes the name of an environment variable, not the secret: other users can read command lines"
            ))),
        }
    };
    let file = |path: &PathBuf, flag| Ok((Source::Flag(flag), Place::File(path.clone())));
    let given = [
        args.token_env.as_ref().map(|name| (SecretKind::Token, variable(name, "--token-env"))),
        args.token_file.as_ref().map(|path| (SecretKind::Token, file(path, "--token-file"))),
        args.client_secret_env.as_ref().map(|name| (SecretKind::ClientSecret, variable(name, "--client-secret-env"))),
        args.client_secret_file.as_ref().map(|path| (SecretKind::ClientSecret, file(path, "--client-secret-file"))),
    ];
    let mut given = given.into_iter().flatten();
    let Some((kind, found)) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(CliError::usage(
            "pass one of --token-env, --token-file, --client-secret-env and --client-secret-file",
        ));
    }
    let (source, place) = found?;
    Ok(Some(Secret { kind, source, place }))
}

fn secret_of_environment() -> Result<Option<Secret>> {
    let of = |kind, name: &str| Secret {
        kind,
        source: Source::Environment(name.into()),
        place: Place::Variable(name.into()),
    };
    match (variable(env::TOKEN)?, variable(env::CLIENT_SECRET)?) {
        (Some(_), Some(_)) => {
            Err(CliError::usage(format!("both {} and {} are set; unset one of them", env::TOKEN, env::CLIENT_SECRET)))
        }
        (Some(_), None) => Ok(Some(of(SecretKind::Token, env::TOKEN))),
        (None, Some(_)) => Ok(Some(of(SecretKind::ClientSecret, env::CLIENT_SECRET))),
        (None, None) => Ok(None),
    }
}

fn secret_of_profile(profile: &Profile, has_client_id: bool) -> Option<Secret> {
    let kind = if has_client_id { SecretKind::ClientSecret } else { SecretKind::Token };
    if let Some(command) = &profile.credential_command {
        let limit = profile.credential_timeout.unwrap_or(DEFAULT_CREDENTIAL_TIMEOUT);
        let place = Place::Command(command.clone(), limit);
        return Some(Secret { kind, source: Source::Profile("credential_command"), place });
    }
    let path = profile.credential_file.clone()?;
    Some(Secret { kind, source: Source::Profile("credential_file"), place: Place::PrivateFile(path) })
}

impl Secret {
    async fn read(&self, out: &Output) -> Result<Zeroizing<String>> {
        let text = match &self.place {
            Place::Variable(name) => variable(name)?.ok_or_else(|| {
                // Another spelling may be a secret that was pasted in the place of its name.
                let usual = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                let name = if name.chars().all(usual) { name } else { "it names" };
                CliError::authentication(format!(
                    "{}: the environment variable {name} is not set or empty",
                    self.source
                ))
            })?,
            Place::File(path) => {
                let (text, exposed) = read_file(path)?;
                if exposed {
                    let path = visible(&path.to_string_lossy());
                    out.warning(format_args!("{path} can be read by other users: chmod 600 {path}"));
                }
                text
            }
            Place::PrivateFile(path) => {
                let (text, exposed) = read_file(path)?;
                if exposed {
                    let path = visible(&path.to_string_lossy());
                    return Err(CliError::authentication(format!(
                        "{path} can be read by other users, so its secret is not used: chmod 600 {path}"
                    )));
                }
                text
            }
            Place::Command(command, limit) => {
                return process::secret_of(command, &self.source.to_string(), *limit, out).await;
            }
        };
        let text = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
        match process::check_secret(&text) {
            Ok(()) => Ok(text),
            Err(wrong) => Err(CliError::authentication(format!("{} contains {wrong}", self.source))),
        }
    }
}

/// The text of a file, and whether others than its owner can read it.
fn read_file(path: &Path) -> Result<(Zeroizing<String>, bool)> {
    let mut text = Zeroizing::new(String::new());
    let read = File::open(path).and_then(|file| {
        let exposed = others_can_read(&file.metadata()?);
        file.take(MAX_SECRET_BYTES).read_to_string(&mut text)?;
        Ok(exposed)
    });
    match read {
        Ok(exposed) => Ok((text, exposed)),
        Err(cause) => Err(CliError::authentication(format!("{}: {cause}", visible(&path.to_string_lossy())))),
    }
}

/// A pipe, as the shell's `<(…)` is one, is nobody else's.
#[cfg(unix)]
fn others_can_read(file: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.is_file() && file.permissions().mode() & 0o077 != 0
}

/// Windows keeps the folder of a user's settings from others by itself.
#[cfg(not(unix))]
fn others_can_read(_: &Metadata) -> bool {
    false
}
