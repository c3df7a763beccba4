//! A client's settings, from keywords to the core's builder; the core's defaults, for signatures.

use std::path::PathBuf;

use blynk_webhooks::{
    ClientBuilder, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT, Violation,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::config;
use crate::fields::unknown_keyword;
use crate::options;

const NAMES: [&str; 13] = [
    "base_url",
    "token",
    "client_id",
    "client_secret",
    "org_id",
    "timeout",
    "connect_timeout",
    "max_retries",
    "validate",
    "proxy",
    "ca_file",
    "allow_http",
    "headers",
];
const MAX_CONNECTIONS: &str = "max_connections";

/// What a client is made of, and made of again in a forked process.
pub(crate) struct Settings {
    pub(crate) builder: ClientBuilder,
}

/// Reads settings onto a builder. `None` leaves the core's default, but for `timeout`, where it means no deadline.
pub(crate) fn read(builder: ClientBuilder, settings: &Bound<'_, PyDict>) -> PyResult<Settings> {
    let py = settings.py();
    let version = py.version_info();
    let mut builder = builder.platform(format!("python/{}.{}", version.major, version.minor));
    for (name, value) in settings {
        let name = name.to_string();
        if value.is_none() && name != "timeout" {
            continue;
        }
        let outcome = if name == MAX_CONNECTIONS {
            options::integer(&name, &value).map(|number| {
                // A negative number is refused like 0, by the core.
                builder.clone().max_connections(usize::try_from(number).unwrap_or_default())
            })
        } else {
            set(builder.clone(), &name, &value)
        };
        builder = outcome.map_err(|fault| config(py, format!("{} {}", fault.path, fault.message)))?;
    }
    Ok(Settings { builder })
}

fn set(builder: ClientBuilder, name: &str, value: &Bound<'_, PyAny>) -> Result<ClientBuilder, Violation> {
    let text = || options::string(name, value);
    Ok(match name {
        "base_url" => builder.base_url(text()?),
        "token" => builder.token(text()?),
        "client_id" => builder.client_id(text()?),
        "client_secret" => builder.client_secret(text()?),
        "org_id" => builder.org_id(options::org_id(value)?),
        "timeout" => builder.timeout(options::seconds(name, value)?),
        "connect_timeout" => match options::seconds(name, value)? {
            Some(time) => builder.connect_timeout(time),
            None => builder,
        },
        "max_retries" => builder.max_retries(options::repeats(name, value)?),
        "validate" => builder.validate(options::truth(name, value)?),
        "proxy" => builder.proxy(text()?),
        "ca_file" => {
            let path = value.extract::<PathBuf>();
            builder.ca_file(path.map_err(|_| options::wrong_type(name, "a path (str or os.PathLike)", value))?)
        }
        "allow_http" => builder.allow_http(options::truth(name, value)?),
        "headers" => {
            let headers = options::headers(name, value)?;
            headers.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value))
        }
        _ => return Err(unknown_keyword(name, NAMES.into_iter().chain([MAX_CONNECTIONS]))),
    })
}

/// Makes every client made from now on in this process refuse hosts other than loopback, so that no test reaches the
/// real service. The environment variable ``BLYNK_LOOPBACK_ONLY=1`` does the same.
///
/// Example::
///
///     blynk_webhooks.set_loopback_only(True)
#[pyfunction]
#[pyo3(signature = (only=true, /))]
pub(crate) fn set_loopback_only(only: bool) {
    blynk_webhooks::set_loopback_only(only);
}

/// The core's defaults and version, under the names that signatures show.
pub(crate) fn add_defaults(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    module.add("DEFAULT_BASE_URL", DEFAULT_BASE_URL)?;
    module.add("DEFAULT_TIMEOUT", DEFAULT_TIMEOUT.as_secs_f64())?;
    module.add("DEFAULT_CONNECT_TIMEOUT", DEFAULT_CONNECT_TIMEOUT.as_secs_f64())?;
    module.add("DEFAULT_MAX_RETRIES", DEFAULT_MAX_RETRIES)?;
    module.add("DEFAULT_MAX_CONNECTIONS", DEFAULT_MAX_CONNECTIONS)
}
