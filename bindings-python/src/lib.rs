//! The native half of the Python package `blynk_webhooks`: converts values and errors, waits for answers, decides nothing.

mod bridge;
mod calls;
mod client;
mod datetime;
mod docs;
mod emulator;
mod enums;
mod errors;
mod events;
mod fields;
mod fork;
mod io_thread;
mod json;
mod logs;
mod observers;
mod options;
mod plan;
mod process_client;
mod program;
mod properties;
mod pydantic;
mod rendered;
mod request;
mod schema;
mod settings;
mod signals;
mod signature;
mod spec;
mod telemetry;
#[cfg(feature = "test-hooks")]
mod test_hooks;
mod token;
mod violation;
mod wakeup;
mod webhook;
mod webhook_class;
mod worker;

use blynk_webhooks::Field;
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
    use super::plan::NativePlan;
    #[pymodule_export]
    use super::program::run_program;
    #[pymodule_export]
    use super::rendered::{RenderedRequest, restore_rendered};
    #[pymodule_export]
    use super::schema::json_schema;
    #[pymodule_export]
    use super::settings::{set_loopback_only, settings_of_environment};
    #[pymodule_export]
    use super::spec::{WebhookSpec, restore_spec};
    #[cfg(feature = "test-hooks")]
    #[pymodule_export]
    use super::test_hooks::{force_wakeup, panic_once};
    #[pymodule_export]
    use super::violation::Violation;
    #[pymodule_export]
    use super::webhook_class::Webhook;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::fork::register(module.py())?;
        let py = module.py();
        module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
        super::enums::add(module)?;
        super::properties::add::<WebhookSpec>(py, Field::SETTABLE)?;
        super::properties::add::<Webhook>(py, Field::ALL)?;
        let settable = super::fields::settable();
        let (id, read_only) = Field::READ_ONLY.split_at(1);
        super::signature::add::<Webhook>(py, id, [&settable, read_only].concat())?;
        super::signature::add::<WebhookSpec>(py, &[], settable)?;
        super::errors::add_table(module)
    }
}
