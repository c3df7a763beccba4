//! The settings of a client and the options of a call.

use std::borrow::Cow;
use std::time::Duration;

use super::{Naming, Operation};

/// The server that is called where no other is named (vendor's documentation).
pub const DEFAULT_BASE_URL: &str = "https://blynk.cloud";
/// Time for a whole call: token, attempts and pauses.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for making one connection.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Repeats after the first attempt.
pub const DEFAULT_MAX_RETRIES: u32 = 2;
/// Sockets of one client.
pub const DEFAULT_MAX_CONNECTIONS: u32 = 100;

/// Environment variables that [`ClientBuilder::from_env`](crate::ClientBuilder::from_env) reads.
pub mod env {
    /// Base URL.
    pub const BASE_URL: &str = "BLYNK_BASE_URL";
    /// Static token.
    pub const TOKEN: &str = "BLYNK_TOKEN";
    /// OAuth2 client ID.
    pub const CLIENT_ID: &str = "BLYNK_CLIENT_ID";
    /// OAuth2 client secret.
    pub const CLIENT_SECRET: &str = "BLYNK_CLIENT_SECRET";
    /// Organization ID.
    pub const ORG_ID: &str = "BLYNK_ORG_ID";
    /// Refuse every host but loopback; on unless it is empty, `0`, `false`, `no` or `off`.
    pub const LOOPBACK_ONLY: &str = "BLYNK_LOOPBACK_ONLY";
}

/// Calls a macro with the table of client settings.
///
/// A row: documentation, `Identity: snake_name, Kind`, then marks: `default(…)`, `env(…)`, `at_least(…)`.
macro_rules! for_each_setting {
    ($callback:ident) => {
        $callback! {
            /// Server: scheme, host, and a path if the API is not at the root.
            BaseUrl: base_url, Text, default(OptionDefault::Text(DEFAULT_BASE_URL)), env(env::BASE_URL);
            /// Token that was obtained elsewhere. It is not renewed.
            Token: token, Secret, env(env::TOKEN);
            /// OAuth2 client ID, together with the client secret. Tokens are fetched, kept and renewed.
            ClientId: client_id, Text, env(env::CLIENT_ID);
            /// OAuth2 client secret, together with the client ID.
            ClientSecret: client_secret, Secret, env(env::CLIENT_SECRET);
            /// Organization of `list` and `create` if a call names no other. Without it, the organization of the token.
            OrgId: org_id, Int32, env(env::ORG_ID);
            /// Time for a whole call: token, attempts and pauses together. No value: no deadline.
            Timeout: timeout, Deadline, default(OptionDefault::Duration(DEFAULT_TIMEOUT));
            /// Time for making one connection.
            ConnectTimeout: connect_timeout, Duration, default(OptionDefault::Duration(DEFAULT_CONNECT_TIMEOUT));
            /// Number of retries after the first attempt, if a retry is safe.
            MaxRetries: max_retries, Count, default(OptionDefault::Count(DEFAULT_MAX_RETRIES));
            /// Whether specifications are checked before they are sent.
            Validate: validate, Bool, default(OptionDefault::Bool(true));
            /// URL of an HTTP proxy for every request. Without it, the system's (`HTTPS_PROXY`, `NO_PROXY`, …).
            Proxy: proxy, Secret;
            /// PEM file with certificate authorities to trust in addition to the system's.
            CaFile: ca_file, Path;
            /// Certificate authorities to trust in addition to the system's, as PEM text.
            Ca: ca, Pem;
            /// Allows plain http to hosts other than loopback: the token is then readable on the way.
            AllowHttp: allow_http, Bool, default(OptionDefault::Bool(false));
            /// Headers for every request.
            Headers: headers, Headers;
            /// Most sockets open at once. Further calls wait, within their time.
            MaxConnections: max_connections, Count, default(OptionDefault::Count(DEFAULT_MAX_CONNECTIONS)), at_least(1);
            /// Name of the application, e.g. `doors/1.4`, before the library's own in the header `User-Agent`.
            UserAgent: user_agent, Text;
        }
    };
}
pub(crate) use for_each_setting;

/// Calls a macro with the table of call options: a row as in [`for_each_setting`], with the mark `only_for(…)`.
macro_rules! for_each_call_option {
    ($callback:ident) => {
        $callback! {
            /// Organization, instead of the client's.
            OrgId: org_id, Int32, only_for(&[Operation::List, Operation::Create]);
            /// Time for this call: token, attempts and pauses together. No value: no deadline.
            Timeout: timeout, Deadline;
            /// Number of retries after the first attempt, if a retry is safe.
            MaxRetries: max_retries, Count;
            /// Headers for this call. One of them replaces the client's of the same name.
            Headers: headers, Headers;
            /// If the outcome of the create is unknown, look for the webhook in the list before answering.
            Reconcile: reconcile, Bool, default(OptionDefault::Bool(false)), only_for(&[Operation::Create]);
            /// Whether the specification is checked before it is sent, instead of the client's setting.
            Validate: validate, Bool, only_for(&[Operation::Create, Operation::Update]);
        }
    };
}
pub(crate) use for_each_call_option;

/// What kind of value a setting or an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionKind {
    /// A string.
    Text,
    /// A string that is never shown.
    Secret,
    /// A path of a file.
    Path,
    /// PEM text.
    Pem,
    /// A 32-bit integer.
    Int32,
    /// An integer of 0 or more.
    Count,
    /// `true` or `false`.
    Bool,
    /// A duration of more than 0.
    Duration,
    /// A duration of more than 0, or no value for no deadline.
    Deadline,
    /// Names and values of headers.
    Headers,
    /// A function.
    Function,
}

/// What a setting or an option is without a value.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum OptionDefault {
    /// Not set.
    Absent,
    /// A string.
    Text(&'static str),
    /// A duration.
    Duration(Duration),
    /// A number.
    Count(u32),
    /// `true` or `false`.
    Bool(bool),
}

impl OptionDefault {
    /// The default as a language writes it, e.g. `30.0` in Python and `30000` in Node.
    #[must_use]
    pub fn render(self, naming: Naming) -> String {
        match self {
            Self::Absent => match naming {
                Naming::Rust | Naming::Python => "None".into(),
                Naming::Node => "undefined".into(),
                Naming::Program => "none".into(),
            },
            Self::Text(text) => format!("{text:?}"),
            Self::Duration(duration) => match naming {
                Naming::Node => duration.as_millis().to_string(),
                Naming::Python | Naming::Rust | Naming::Program => format!("{:?}", duration.as_secs_f64()),
            },
            Self::Count(count) => count.to_string(),
            Self::Bool(truth) => match (naming, truth) {
                (Naming::Python, true) => "True".into(),
                (Naming::Python, false) => "False".into(),
                _ => truth.to_string(),
            },
        }
    }
}

/// A row of the tables of settings and options.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OptionInfo {
    /// Name in Rust and Python.
    pub snake: &'static str,
    /// Kind of its value.
    pub kind: OptionKind,
    /// What it is without a value.
    pub default: OptionDefault,
    /// Environment variable that sets it.
    pub env: Option<&'static str>,
    /// Least value of a number.
    pub least: u32,
    /// The operations that take it; all where there is no list.
    pub only_for: Option<&'static [Operation]>,
    /// What it means.
    pub doc: &'static str,
}

impl OptionInfo {
    const fn new(snake: &'static str, kind: OptionKind, doc: &'static str) -> Self {
        let doc = super::errors::first_line(doc);
        Self { snake, kind, default: OptionDefault::Absent, env: None, least: 0, only_for: None, doc }
    }

    const fn default(mut self, default: OptionDefault) -> Self {
        self.default = default;
        self
    }

    const fn env(mut self, variable: &'static str) -> Self {
        self.env = Some(variable);
        self
    }

    const fn at_least(mut self, least: u32) -> Self {
        self.least = least;
        self
    }

    const fn only_for(mut self, operations: &'static [Operation]) -> Self {
        self.only_for = Some(operations);
        self
    }

    /// The name as a language writes it; Node names the unit of a duration.
    #[must_use]
    pub fn name(&self, naming: Naming) -> Cow<'static, str> {
        let name = naming.identifier(self.snake);
        match (naming, self.kind) {
            (Naming::Node, OptionKind::Duration | OptionKind::Deadline) => name + "Ms",
            (Naming::Program, _) => match self.snake {
                // These come from elsewhere as often as from a flag, and no flag holds a secret.
                "base_url" => "server".into(),
                "token" | "client_id" | "client_secret" => self.snake.replace('_', " ").into(),
                "org_id" => "--org".into(),
                _ => format!("--{name}").into(),
            },
            _ => name,
        }
    }
}

/// Declares the identities of a table, and what they all have.
macro_rules! declare {
    ($(#[$meta:meta])* $type:ident: $(
        $(#[doc = $doc:literal])+
        $option:ident: $snake:ident, $kind:ident $(, $mark:ident($value:expr))*;
    )+) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $type { $( $(#[doc = $doc])+ $option, )+ }

        impl $type {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$option),+];

            /// Its row.
            #[must_use]
            pub const fn info(self) -> OptionInfo {
                match self {
                    $( Self::$option =>
                        OptionInfo::new(stringify!($snake), OptionKind::$kind, concat!($($doc, "\n"),+))
                            $(.$mark($value))*, )+
                }
            }

            /// The name as a language writes it; Node names the unit of a duration, e.g. `timeoutMs`.
            #[must_use]
            pub fn name(self, naming: Naming) -> Cow<'static, str> {
                self.info().name(naming)
            }

            /// The one of this name in a language.
            #[must_use]
            pub fn from_name(name: &str, naming: Naming) -> Option<Self> {
                Self::ALL.iter().copied().find(|option| option.name(naming) == name)
            }
        }
    };
}

macro_rules! settings {
    ($($row:tt)+) => { declare! {
        /// The identity of a client's setting. Its row says how it is named, what it takes and what it means.
        Setting: $($row)+
    } };
}
for_each_setting!(settings);

impl Setting {
    /// The names of all settings in a language, with those that only its package has: they hold functions of the language.
    #[must_use]
    pub fn names(naming: Naming) -> Vec<Cow<'static, str>> {
        let others: &[&str] = match naming {
            Naming::Python => &["on_attempt", "open_telemetry"],
            Naming::Node => &["onAttempt", "openTelemetry", "logger", "logLevel"],
            Naming::Rust | Naming::Program => &[],
        };
        let others = others.iter().map(|name| Cow::Borrowed(*name));
        Self::ALL.iter().map(|setting| setting.name(naming)).chain(others).collect()
    }
}

macro_rules! call_options {
    ($($row:tt)+) => { declare! {
        /// The identity of an option of a call. Its row says how it is named, what it takes and what it means.
        CallOption: $($row)+
    } };
}
for_each_call_option!(call_options);

impl CallOption {
    /// True if an operation takes the option.
    #[must_use]
    pub fn is_taken_by(self, operation: Operation) -> bool {
        self.info().only_for.is_none_or(|operations| operations.contains(&operation))
    }
}

impl Operation {
    /// The options it takes.
    pub fn options(self) -> impl Iterator<Item = CallOption> {
        CallOption::ALL.iter().copied().filter(move |option| option.is_taken_by(self))
    }

    /// The names of its options in a language, those without a row in the table included.
    #[must_use]
    pub fn option_names(self, naming: Naming) -> Vec<Cow<'static, str>> {
        let others = [("expected", self.takes_expected()), ("signal", naming == Naming::Node)];
        let others = others.into_iter().filter(|(_, taken)| *taken).map(|(name, _)| Cow::Borrowed(name));
        self.options().map(|option| option.name(naming)).chain(others).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_defaults_follow_the_language() {
        assert_eq!(Setting::from_name("connectTimeoutMs", Naming::Node), Some(Setting::ConnectTimeout));
        assert_eq!(Setting::from_name("connectTimeoutMs", Naming::Python), None);
        assert_eq!(Setting::Timeout.info().default.render(Naming::Python), "30.0");
        assert_eq!(Setting::Timeout.info().default.render(Naming::Node), "30000");
        assert!(CallOption::Reconcile.is_taken_by(Operation::Create));
        assert!(!CallOption::OrgId.is_taken_by(Operation::Get));
        assert!(Setting::ALL.iter().all(|setting| setting.info().doc.ends_with(['.', ')'])));
    }
}
