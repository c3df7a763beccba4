//! The modules of the crate form layers: each uses only those below it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules, the lowest first.
const LAYERS: [&str; 21] = [
    "surface",
    "message",
    "violation",
    "secret",
    "redact",
    "model",
    "rules",
    "error",
    "options",
    "futures",
    "response",
    "token_provider",
    "attempt",
    "environment",
    "http",
    "config",
    "reconcile",
    "call_future",
    "call",
    "client",
    "bindings",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn no_module_uses_one_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    files(&source, &mut paths);
    let mut seen = BTreeSet::new();
    for path in paths {
        let inside = path.strip_prefix(&source).unwrap().with_extension("");
        let module = inside.iter().next().unwrap().to_str().unwrap().to_owned();
        if module == "lib" {
            continue;
        }
        let layer = LAYERS.iter().position(|known| *known == module);
        let layer = layer.unwrap_or_else(|| panic!("add the module {module} to the layers"));
        seen.insert(LAYERS[layer]);
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let used = line
                .split("crate::")
                .skip(1)
                .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '_').next());
            for used in used.flatten() {
                if let Some(other) = LAYERS.iter().position(|known| *known == used) {
                    assert!(other <= layer, "{module} uses {used}, which is above it: {line}");
                }
            }
        }
    }
    assert_eq!(seen.len(), LAYERS.len(), "a layer has no module");
}
