//! `cargo run -p xtask -- generate` writes the files that are derived from the core's tables; `--check` fails if one of
//! them is not what the tables say.

mod python;
/// What the native half shows at run time, the stubs show too.
#[path = "../../bindings-python/src/docs.rs"]
mod python_docs;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

/// A generated file: its path from the top of the repository, and its content.
struct Generated {
    path: PathBuf,
    content: String,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["generate"] => write(),
        ["generate", "--check"] => check(),
        _ => {
            eprintln!("usage: cargo run -p xtask -- generate [--check]");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn files() -> Vec<Generated> {
    python::files()
}

/// The top of the repository.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn write() -> io::Result<bool> {
    for file in files() {
        let path = top().join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if fs::read_to_string(&path).ok().as_deref() != Some(&file.content) {
            fs::write(&path, &file.content)?;
            println!("wrote {}", file.path.display());
        }
    }
    Ok(true)
}

fn check() -> io::Result<bool> {
    let mut is_current = true;
    for file in files() {
        let found = fs::read_to_string(top().join(&file.path)).unwrap_or_default();
        if found == file.content {
            continue;
        }
        is_current = false;
        let line = found.lines().zip(file.content.lines()).take_while(|(found, wanted)| found == wanted).count() + 1;
        eprintln!("{}:{line} is not what the tables say; run: cargo run -p xtask -- generate", file.path.display());
    }
    Ok(is_current)
}
