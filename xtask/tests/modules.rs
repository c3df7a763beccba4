//! The modules of each crate form layers: no circle among them. A folder counts as one module.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 6] = ["core", "plan", "emulator", "cli", "bindings-python", "bindings-node"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// What follows each `crate::` of the code: the first word, or those of a list in braces.
fn used(code: &str) -> impl Iterator<Item = &str> {
    let word = |text| str::split(text, |c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or_default();
    code.split("crate::").skip(1).flat_map(move |rest| {
        let list = rest.strip_prefix('{').and_then(|list| list.split('}').next()).unwrap_or(rest);
        let several = if rest.starts_with('{') { usize::MAX } else { 1 };
        list.split(',').take(several).map(move |item| word(item.trim_start()))
    })
}

/// Each module with those that it uses.
fn modules(source: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut paths = Vec::new();
    files(source, &mut paths);
    let mut modules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
        let inside = path.strip_prefix(source).unwrap().with_extension("");
        let module = inside.iter().next().unwrap().to_str().unwrap().to_owned();
        if module == "lib" || module == "main" {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        modules.entry(module).or_default().extend(used(&code).map(str::to_owned));
    }
    let names: BTreeSet<String> = modules.keys().cloned().collect();
    for (module, uses) in &mut modules {
        uses.retain(|other| other != module && names.contains(other));
    }
    modules
}

#[test]
fn no_circle_among_modules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for name in CRATES {
        let mut left = modules(&root.join(name).join("src"));
        assert!(left.values().any(|uses| !uses.is_empty()), "{name}: nothing was read");
        // The lowest layer uses nothing; what is left when it is taken away again and again is a circle, and what uses it.
        while let Some(lowest) = left.iter().find(|(_, uses)| uses.is_empty()).map(|(module, _)| module.clone()) {
            left.remove(&lowest);
            left.values_mut().for_each(|uses| {
                uses.remove(&lowest);
            });
        }
        assert!(left.is_empty(), "{name}: a circle of modules, or several, and what uses them: {left:#?}");
    }
}
