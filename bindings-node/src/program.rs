//! The program `blynk-webhooks`, as the npm package carries it.

use std::ffi::OsString;

use napi_derive::napi;

/// Runs the program with a command line, its own name first, and returns its exit code. The calling thread stands still meanwhile.
#[napi(catch_unwind)]
pub fn run_program(arguments: Vec<String>) -> i32 {
    blynk_webhooks_cli::run(arguments.into_iter().map(OsString::from))
}
