//! The native half of the Python package `blynk_webhooks`: converts values and errors, waits for answers, decides nothing.

mod bridge;
mod calls;
mod client;
mod emulator;
mod enums;
mod errors;
mod fields;
mod fork;
mod io_thread;
mod json;
mod logs;
mod options;
mod process_client;
mod program;
mod rendered;
mod schema;
mod settings;
mod signals;
mod spec;
#[cfg(feature = "test-hooks")]
mod test_hooks;
mod violation;
mod wakeup;
mod wakeup_thread;
mod webhook;

use pyo3::prelude::*;

/// Native half of `blynk_webhooks`; use the package itself.
#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::client::{AsyncCalls, BlockingCalls};
    #[pymodule_export]
    use super::emulator::EmulatorServer;
    #[pymodule_export]
    use super::program::run_program;
    #[pymodule_export]
    use super::rendered::RenderedRequest;
    #[pymodule_export]
    use super::schema::json_schema;
    #[pymodule_export]
    use super::settings::set_loopback_only;
    #[pymodule_export]
    use super::spec::{WebhookSpec, restore_spec};
    #[cfg(feature = "test-hooks")]
    #[pymodule_export]
    use super::test_hooks::{force_wakeup, panic_once};
    #[pymodule_export]
    use super::violation::Violation;
    #[pymodule_export]
    use super::webhook::Webhook;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::fork::register(module.py())?;
        super::settings::add_defaults(module)?;
        super::enums::add(module)?;
        super::errors::add_table(module)
    }
}
