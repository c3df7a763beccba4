//! The variables that a client heeds.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

/// Certificates in the place of the system's, as OpenSSL reads them.
pub(crate) const CERT_FILE: &str = "SSL_CERT_FILE";
/// Folders of them.
pub(crate) const CERT_DIR: &str = "SSL_CERT_DIR";
/// Proxies for https.
pub(crate) const HTTPS_PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// Proxies for http.
pub(crate) const HTTP_PROXY: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
/// Hosts that need no proxy.
pub(crate) const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The process's own variables, or those that the caller looked up. `Debug` shows no value: a proxy's may hold a password.
#[derive(Clone, Default)]
pub(crate) enum Environment {
    #[default]
    Process,
    Given(Arc<BTreeMap<&'static str, String>>),
}

impl Environment {
    pub(crate) fn given(variable: impl Fn(&str) -> Option<String>) -> Self {
        let names = [CERT_FILE, CERT_DIR].into_iter().chain(HTTPS_PROXY).chain(HTTP_PROXY).chain(NO_PROXY);
        Self::Given(Arc::new(names.filter_map(|name| Some((name, variable(name)?))).collect()))
    }

    /// A variable; an empty one counts as absent.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        let value = match self {
            Self::Process => std::env::var_os(name),
            Self::Given(variables) => variables.get(name).map(Into::into),
        };
        value.filter(|value| !value.is_empty())
    }

    /// The first of several variables that is there.
    pub(crate) fn first<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, OsString)> {
        names.into_iter().find_map(|name| Some((name, self.variable(name)?)))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Process => "Process",
            Self::Given(_) => "Given",
        })
    }
}
