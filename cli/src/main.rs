//! The program `blynk-webhooks`, as cargo installs it.

use std::process;

fn main() {
    process::exit(blynk_webhooks_cli::run(std::env::args_os()));
}
