//! `probe` asks its questions and leaves nothing behind, however it ends.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use blynk_webhooks_emulator::{Emulator, Fault, Operation};
use support::{Folder, emulator, program, run};

fn names(emulator: &Emulator) -> Vec<String> {
    let state: serde_json::Value = serde_json::from_str(&emulator.snapshot().to_json()).unwrap();
    let webhooks = state["webhooks"].as_array().unwrap();
    webhooks.iter().map(|webhook| webhook["name"].as_str().unwrap().to_owned()).collect()
}

const BEFORE: [&str; 4] = ["Device status", "Moisture", "Twin", "Twin"];

#[test]
fn it_learns_how_the_emulator_answers_and_leaves_it_as_it_was() {
    let (emulator, settings) = (emulator(), Folder::new());
    let ended = run(&mut program(&emulator, &settings), &["probe", "--org", "101", "--yes"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(names(&emulator), BEFORE);
    let document = ended.json();
    assert_eq!((&document["version"], &document["server"]), (&1.into(), &"another".into()));
    let facts = &document["facts"];
    assert_eq!(facts["create"]["answer"], "webhook");
    assert_eq!(facts["kept"]["secretByGet"], "shown");
    assert_eq!(facts["unknownField"]["answer"]["kept"], true);
    assert_eq!(facts["putWithoutOptionalFields"]["body"], "cleared");
    assert_eq!(facts["putWithOneField"]["answer"]["status"], 400);
    assert_eq!(facts["putWithOneField"]["othersKept"], true);
    assert_eq!(facts["failureLimitBelowOne"]["answers"][0]["held"], 0);
    assert_eq!(facts["status"]["answers"][0]["held"], "DISABLED");
    assert_eq!(facts["limits"]["answers"]["url of 513 characters"]["status"], 400);
    assert_eq!(facts["limits"]["answers"]["body of 1,024 two-byte characters"]["status"], 200);
    assert_eq!(facts["whiteSpace"]["answer"]["kept"], true);
    assert_eq!(facts["paging"]["answer"], "not paged");
    assert_eq!(facts["delete"]["getAfterwards"]["status"], 404);
    assert!(facts.as_object().unwrap().values().all(|fact| fact["error"].is_null()), "{facts}");
    let told = [ended.stdout, ended.stderr].concat();
    assert!(
        !told.contains("probe-planted-secret") && !told.contains(emulator.url()) && !told.contains("\"id\":"),
        "{told}"
    );
}

#[test]
fn it_asks_first_and_needs_an_organization() {
    let (emulator, settings) = (emulator(), Folder::new());
    let unasked = run(&mut program(&emulator, &settings), &["probe", "--org", "101"]);
    assert_eq!(unasked.code, Some(2), "{unasked:?}");
    assert!(unasked.stderr.contains("--yes"), "{unasked:?}");
    let unnamed = run(&mut program(&emulator, &settings), &["probe", "--yes"]);
    assert_eq!(unnamed.code, Some(2), "{unnamed:?}");
    assert!(unnamed.stderr.contains("--org"), "{unnamed:?}");
    assert_eq!(names(&emulator), BEFORE);
}

#[test]
fn a_question_that_cannot_be_asked_does_not_hold_up_the_others() {
    let (emulator, settings) = (emulator(), Folder::new());
    emulator.fail_next(Some(Operation::Get), Fault::status(500), 9).unwrap();
    let args = ["probe", "--org", "101", "--yes", "--timeout", "2"];
    let facts = run(&mut program(&emulator, &settings), &args).json()["facts"].clone();
    assert!(facts["kept"]["error"].as_str().unwrap().starts_with("500"), "{facts}");
    assert_eq!(facts["paging"]["answer"], "not paged");
    assert_eq!(names(&emulator), BEFORE);
}

#[test]
fn what_cannot_be_deleted_is_told() {
    let (emulator, settings) = (emulator(), Folder::new());
    emulator.fail_next(Some(Operation::Delete), Fault::status(403), 99).unwrap();
    let ended = run(&mut program(&emulator, &settings), &["probe", "--org", "101", "--yes", "--json"]);
    assert_eq!(ended.code, Some(6), "{ended:?}");
    assert_eq!(ended.error()["webhookId"], 5);
    assert!(ended.error()["message"].as_str().unwrap().contains("blynk-webhooks delete 5"), "{ended:?}");
    // The next one tells of what the first has left.
    emulator.clear_faults();
    let next = run(&mut program(&emulator, &settings), &["probe", "--org", "101", "--yes"]);
    assert!(next.stderr.contains("was left by an earlier probe"), "{next:?}");
    assert_eq!(names(&emulator).len(), 5);
}

#[cfg(unix)]
#[test]
fn ctrl_c_at_any_moment_leaves_nothing_behind() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    for round in 0..25_u64 {
        let (emulator, settings) = (emulator(), Folder::new());
        if round % 3 == 1 {
            // The create is carried out although the program is stopped before it is answered.
            emulator.fail_next(Some(Operation::Create), Fault::Delay { delay_ms: 300 }, 1).unwrap();
        }
        let signal = ["-INT", "-TERM", "-HUP"][(round % 3) as usize];
        let mut command = program(&emulator, &settings);
        command.args(["probe", "--org", "101", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(round * 4));
        std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        let code = output.status.code();
        // One that has ended already, or has not begun to listen yet, ends otherwise.
        assert!(matches!(code, Some(0 | 130 | 143) | None), "round {round}: {output:?}");
        let deadline = Instant::now() + Duration::from_secs(30);
        while names(&emulator) != BEFORE {
            assert!(Instant::now() < deadline, "round {round}: {:?} {output:?}", names(&emulator));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
