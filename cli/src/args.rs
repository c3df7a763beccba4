//! The flags that every command takes, and the values that more than one of them reads.

use std::path::PathBuf;
use std::time::Duration;

use anstream::ColorChoice;
use clap::{Args, ValueEnum};

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct GlobalArgs {
    /// File of webhooks, or a folder of such files; can be given more than once [default: webhooks.toml]
    #[arg(short, long = "file", global = true, value_name = "FILE", hide = true)]
    pub files: Vec<PathBuf>,

    /// Print JSON: data on standard output, errors on standard error
    #[arg(long, global = true)]
    pub json: bool,

    /// Answer yes to every question; a write without a terminal needs it
    #[arg(short, long, global = true)]
    pub yes: bool,

    /// Print only data, warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Show each request to the server on standard error
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// When to use colour: auto, always or never [default: auto: on a terminal, unless NO_COLOR is set]
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub color: Color,

    /// Where the calls go, and with which credentials.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// Where the calls go, and with which credentials.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Server and credentials (see: blynk-webhooks help credentials)")]
pub struct ConnectionArgs {
    /// Profile to use [env: BLYNK_PROFILE]
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub profile: Option<String>,

    /// Server, e.g. https://fra1.blynk.cloud [env: BLYNK_BASE_URL]
    #[arg(long, global = true, hide_short_help = true, value_name = "URL")]
    pub server: Option<String>,

    /// Organization; by default that of the credentials [env: BLYNK_ORG_ID]
    #[arg(long, global = true, hide_short_help = true, value_name = "ID", allow_negative_numbers = true, value_parser = id)]
    pub org: Option<i32>,

    /// OAuth2 client id [env: BLYNK_CLIENT_ID]
    #[arg(long, global = true, hide_short_help = true, value_name = "ID")]
    pub client_id: Option<String>,

    /// Environment variable that holds the client secret
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub client_secret_env: Option<String>,

    /// File that holds the client secret
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,

    /// Environment variable that holds a token
    #[arg(long, global = true, hide_short_help = true, value_name = "NAME")]
    pub token_env: Option<String>,

    /// File that holds a token
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Deadline of each call in seconds, with token, retries and pauses [default: 30]
    #[arg(long, global = true, hide_short_help = true, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,

    /// PEM file of certificate authorities to trust in addition to the system's
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,

    /// Allow plain http to another machine, although others can then read the token
    #[arg(long, global = true, hide_short_help = true)]
    pub allow_http: bool,
}

/// Where output is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// A time in seconds, e.g. `30` or `0.5`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(time),
        Err(_) if seconds > 0.0 => Err(format!("too large: must be at most {}", Duration::MAX.as_secs())),
        _ => Err("must be more than 0".into()),
    }
}

/// An id of the API.
pub(crate) fn id(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("must be an integer from {} to {}", i32::MIN, i32::MAX))
}
