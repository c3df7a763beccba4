//! The program `blynk-webhooks`, as the Python package carries it.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the program with a command line, its own name first, and returns its exit code.
#[pyfunction]
#[pyo3(signature = (arguments, /))]
pub(crate) fn run_program(py: Python<'_>, arguments: Vec<OsString>) -> PyResult<i32> {
    // Python's handler of Ctrl-C only sets a flag, which nobody looks at while the program runs; the program listens by itself.
    let signal = py.import("_signal")?;
    signal.call_method1("signal", (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?))?;
    Ok(py.detach(|| blynk_webhooks_cli::run(arguments)))
}
