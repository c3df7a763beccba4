//! The Node add-on: converts values and errors between JavaScript and the core, and nothing else.
//!
//! JavaScript never sees this module; the TypeScript in `ts/` is its only caller and gives it text. Everything that
//! fails here does so with the text of `failure`, which the TypeScript turns into an error of the tree.
// In a test build napi registers nothing, and nobody calls its functions.
#![cfg_attr(test, allow(dead_code))]

mod answer;
mod bridge;
mod client;
mod emulator;
mod errors;
mod exact_numbers;
mod functions;
mod log;
mod loopback;
mod members;
mod plan;
mod program;
mod promise;
mod runtime;
mod server_values;
mod settings;
mod spec;
mod version;
