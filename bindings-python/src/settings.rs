//! A client's settings, from keywords to the core's builder; the core's defaults, for signatures.

use blynk_webhooks::{
    ClientBuilder, DEFAULT_BASE_URL, DEFAULT_CONNECT_TIMEOUT, DEFAULT_MAX_CONNECTIONS, DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT, Naming,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::config;
use crate::options;

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
        builder
            .set_named(&name, options::value(&value), Naming::Python)
            .map_err(|found| config(py, format!("{}: {}", found.path, found.message.render(Naming::Python))))?;
    }
    Ok(Settings { builder })
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
