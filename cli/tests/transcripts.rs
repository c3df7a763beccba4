//! Transcripts of the program: each file in `tests/cmd/` is run against an emulator of its own, from the same state. After a wanted
//! change, `TRYCMD=overwrite cargo test -p blynk-webhooks-cli --test transcripts` writes them anew; read the diff.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::path::Path;

use support::{Folder, SECRETS, emulator};

#[test]
fn transcripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "trycmd"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let emulator = emulator();
        let settings = Folder::new();
        let cases = trycmd::TestCases::new();
        cases
            .env("BLYNK_BASE_URL", emulator.url())
            .env("BLYNK_CLIENT_ID", emulator.client_id())
            .env("BLYNK_CLIENT_SECRET", emulator.client_secret())
            .env("XDG_CONFIG_HOME", settings.path().to_str().unwrap())
            .insert_var("[SERVER]", emulator.url().to_owned())
            .unwrap()
            .insert_var("[CONFIG]", settings.path().to_str().unwrap().to_owned())
            .unwrap()
            .case(&file);
        cases.run();
        let text = fs::read_to_string(&file).unwrap();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{}: a transcript shows the secret {secret}", file.display());
        }
    }
}
