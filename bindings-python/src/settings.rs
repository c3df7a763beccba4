//! Settings of clients: values of Python and of the environment as the core's, which checks them by its tables.

use blynk_webhooks::bindings::config_error;
use blynk_webhooks::{ClientBuilder, Naming, OptionKind, Setting, env};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::errors::{config, to_py};
use crate::observers::Observers;
use crate::options;
use crate::token;

/// What a client is made of.
pub(crate) struct Settings {
    pub(crate) builder: ClientBuilder,
    pub(crate) observers: Observers,
    /// True where a function provides tokens.
    pub(crate) asks_for_tokens: bool,
}

/// The settings that the environment has and the caller has not passed, with those that were passed: keywords of a client.
#[pyfunction]
#[pyo3(signature = (environment, settings, /))]
pub(crate) fn settings_of_environment<'py>(
    environment: &Bound<'py, PyAny>,
    settings: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = environment.py();
    let all = PyDict::new(py);
    let is_passed = |setting: Setting| -> PyResult<bool> {
        Ok(settings.get_item(&*setting.name(Naming::Python))?.is_some_and(|value| !value.is_none()))
    };
    let passes_token = is_passed(Setting::Token)?;
    let passes_client = is_passed(Setting::ClientId)? || is_passed(Setting::ClientSecret)?;
    for setting in Setting::ALL {
        let info = setting.info();
        let Some(text) = info.env.map(|name| variable(environment, name)).transpose()?.flatten() else { continue };
        match setting {
            // Credentials that were passed take the place of the environment's.
            Setting::Token if passes_client => {}
            Setting::ClientId | Setting::ClientSecret if passes_token => {}
            _ if info.kind == OptionKind::Int32 => {
                let number = text.trim().parse::<i32>();
                let variable = info.env.unwrap_or_default();
                let number = number.map_err(|_| config(py, format!("{variable} must be an int32, is '{text:.64}'")))?;
                all.set_item(info.snake, number)?;
            }
            _ => all.set_item(info.snake, text)?,
        }
    }
    for (name, value) in settings {
        // A deadline may be none; any other `None` says nothing.
        if !value.is_none() || !all.contains(&name)? {
            all.set_item(name, value)?;
        }
    }
    Ok(all)
}

/// A variable of the environment; an empty one counts as absent.
fn variable(environment: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<String>> {
    let value: Option<String> = environment.call_method1("get", (name,))?.extract()?;
    Ok(value.filter(|value| !value.is_empty()))
}

/// The settings of a client.
pub(crate) fn read(settings: &Bound<'_, PyDict>, for_event_loops: bool) -> PyResult<Settings> {
    let py = settings.py();
    let version = py.version_info();
    let environment = py.import("os")?.getattr("environ")?;
    let loopback_only = variable(&environment, env::LOOPBACK_ONLY)?;
    let mut builder = ClientBuilder::default()
        .platform(format!("python/{}.{}", version.major, version.minor))
        .switches(|name| loopback_only.clone().filter(|_| name == env::LOOPBACK_ONLY));
    let mut observers = Observers::default();
    let mut asks_for_tokens = false;
    let mut faults = Vec::new();
    for (name, value) in settings {
        let name = name.to_string();
        match name.as_str() {
            // What only Python has.
            "on_attempt" => observers.set_on_attempt(&value)?,
            "open_telemetry" => match value.cast::<PyBool>() {
                Ok(truth) => observers.open_telemetry = truth.is_true(),
                Err(_) => faults.push(options::wrong_type(&name, "a boolean", &value)),
            },
            "token" if value.is_callable() => {
                builder = token::provided_by(builder, &value, for_event_loops)?;
                asks_for_tokens = true;
            }
            _ => {
                let set = match options::option_value(&value) {
                    Ok(value) => builder.set_named(&name, value, Naming::Python),
                    Err(raised) => Err(options::unreadable(&name, raised, py)?),
                };
                faults.extend(set.err());
            }
        }
    }
    if faults.is_empty() {
        return Ok(Settings { builder: observers.watch(builder), observers, asks_for_tokens });
    }
    Err(to_py(py, &config_error(&faults, Naming::Python)))
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
