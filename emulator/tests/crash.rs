//! kill -9 at any moment: whatever the program acknowledged is there when it starts again.
//!
//! `CRASH_ROUNDS` says how often it is killed (20 unless it is set); `make test-emulator FULL=1` does it 200 times.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod running;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use blynk_webhooks::{Client, Status, Trigger, WebhookSpec};
use running::{Running, program};

const WRITERS: usize = 8;
const SEED: &str = r#"{"clients": [{"clientId": "id", "clientSecret": "secret"}],
    "limits": {"webhooks": 100000, "runsPerMinute": 1000000, "requestsPerMinute": 100000000}}"#;
/// What each writer leaves standing when it begins a round; beyond it it deletes.
const KEPT: usize = 12;

/// What the program has acknowledged, and what it may have done without.
#[derive(Debug, Default)]
struct Ledger {
    webhooks: HashMap<i32, Known>,
    /// Names of webhooks whose creation was not acknowledged.
    perhaps_created: HashSet<String>,
    highest_id: i32,
    /// Attempts of the webhook that runs: acknowledged, and begun.
    attempts: (i32, i32),
    acknowledged: usize,
    /// Writes that were under way when the program was killed.
    cut_off: usize,
}

#[derive(Debug)]
struct Known {
    name: String,
    perhaps: Option<Perhaps>,
}

#[derive(Debug)]
enum Perhaps {
    Renamed(String),
    Deleted,
}

fn spec(name: &str, trigger: Trigger) -> WebhookSpec {
    WebhookSpec::new(name, trigger, "http://127.0.0.1:9/").method("POST").content_type("JSON").auth_type("NONE")
}

fn client(running: &Running) -> Client {
    Client::builder().base_url(running.url()).client_credentials("id", "secret").max_retries(0).build().unwrap()
}

/// Creates, renames and deletes its own webhooks until the program is gone.
async fn write(client: Client, ledger: Arc<Mutex<Ledger>>, writer: usize, round: usize) {
    let mut own: Vec<i32> = Vec::new();
    for step in 0.. {
        let name = format!("writer {writer} round {round} step {step}");
        let lock = || ledger.lock().unwrap();
        let done = match step % 4 {
            3 if own.len() > KEPT / 4 => {
                let id = own.remove(0);
                lock().webhooks.get_mut(&id).unwrap().perhaps = Some(Perhaps::Deleted);
                let answer = client.delete(id).await;
                answer.is_ok() && lock().webhooks.remove(&id).is_some()
            }
            1 if !own.is_empty() => {
                let id = own[step % own.len()];
                lock().webhooks.get_mut(&id).unwrap().perhaps = Some(Perhaps::Renamed(name.clone()));
                let answer = client.update(id, spec(&name, Trigger::DeviceAdded)).await;
                answer.is_ok() && lock().webhooks.insert(id, Known { name, perhaps: None }).is_some()
            }
            _ => {
                lock().perhaps_created.insert(name.clone());
                match client.create(spec(&name, Trigger::DeviceAdded)).await {
                    Ok(webhook) => {
                        let mut ledger = lock();
                        assert!(!ledger.webhooks.contains_key(&webhook.id()), "id {} was given twice", webhook.id());
                        ledger.perhaps_created.remove(&name);
                        ledger.highest_id = ledger.highest_id.max(webhook.id());
                        ledger.webhooks.insert(webhook.id(), Known { name, perhaps: None });
                        own.push(webhook.id());
                        true
                    }
                    Err(_) => false,
                }
            }
        };
        let mut ledger = lock();
        if !done {
            ledger.cut_off += 1;
            return;
        }
        ledger.acknowledged += 1;
    }
}

/// Runs one webhook again and again, through the control API, until the program is gone.
async fn run(url: String, ledger: Arc<Mutex<Ledger>>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    loop {
        ledger.lock().unwrap().attempts.1 += 1;
        let request = http
            .post(format!("{url}/_emulator/trigger"))
            .header("Content-Type", "application/json")
            .body(r#"{"trigger": "NEW_USER"}"#);
        let acknowledged = async {
            let answer = request.send().await?.error_for_status()?;
            answer.bytes().await
        };
        if acknowledged.await.is_err() {
            return;
        }
        let mut ledger = ledger.lock().unwrap();
        ledger.attempts.0 += 1;
        ledger.acknowledged += 1;
    }
}

/// Compares what is there with what was acknowledged, and takes it for known from now on.
async fn check(client: &Client, ledger: &mut Ledger, runner: i32) {
    let mut found: HashMap<i32, String> = HashMap::new();
    for webhook in client.list().await.unwrap().iter() {
        if webhook.id() == runner {
            let attempts = webhook.attempt_count().unwrap();
            let (acknowledged, begun) = ledger.attempts;
            assert!((acknowledged..=begun).contains(&attempts), "{attempts} attempts, not {acknowledged} to {begun}");
            assert_eq!(webhook.status(), Some(Status::Enabled));
            ledger.attempts = (attempts, attempts);
        } else {
            found.insert(webhook.id(), webhook.name().unwrap().to_owned());
        }
    }
    for (id, known) in &ledger.webhooks {
        match (found.get(id), &known.perhaps) {
            (Some(name), _) if *name == known.name => {}
            (Some(name), Some(Perhaps::Renamed(new))) if name == new => {}
            (None, Some(Perhaps::Deleted)) => {}
            (found, _) => panic!("webhook {id} is {found:?}, acknowledged was {known:?}"),
        }
    }
    for (id, name) in &found {
        let known = ledger.webhooks.contains_key(id) || ledger.perhaps_created.contains(name);
        assert!(known, "webhook {id} '{name}' was deleted or never made");
    }
    ledger.highest_id = found.keys().copied().fold(ledger.highest_id, i32::max);
    ledger.webhooks = found.into_iter().map(|(id, name)| (id, Known { name, perhaps: None })).collect();
    ledger.perhaps_created.clear();
}

/// Deletes all but the newest, so that rounds stay short.
async fn thin_out(client: &Client, ledger: &mut Ledger) {
    let mut ids: Vec<i32> = ledger.webhooks.keys().copied().collect();
    ids.sort_unstable();
    for id in &ids[..ids.len().saturating_sub(WRITERS * KEPT)] {
        client.delete(*id).await.unwrap();
        ledger.webhooks.remove(id);
        ledger.acknowledged += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_nothing_that_was_acknowledged() {
    let rounds: usize = std::env::var("CRASH_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    let folder = std::env::temp_dir().join(format!("blynk-emulator-crash-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| -> PathBuf { folder.join(name) };
    fs::write(file("seed.json"), SEED).unwrap();
    let (seed, database) = (file("seed.json"), file("crash.db"));
    let arguments = ["--seed", seed.to_str().unwrap(), "--db", database.to_str().unwrap()];

    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut runner = None;
    for round in 0..rounds {
        if round % 5 == 4 {
            // While it starts, too.
            let mut child = program(&arguments).spawn().unwrap();
            tokio::time::sleep(Duration::from_micros(fastrand::u64(0..15_000))).await;
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let mut running = Running::start(&arguments);
        let client = client(&running);
        let runner = match runner {
            Some(id) => id,
            None => *runner.insert(client.create(spec("Runner", Trigger::NewUser)).await.unwrap().id()),
        };
        let mut known = std::mem::take(&mut *ledger.lock().unwrap());
        check(&client, &mut known, runner).await;
        thin_out(&client, &mut known).await;
        let new = client.create(spec("New", Trigger::DeviceAdded)).await.unwrap().id();
        assert!(new > known.highest_id, "id {new} was given before: {}", known.highest_id);
        client.delete(new).await.unwrap();
        known.highest_id = new;
        *ledger.lock().unwrap() = known;

        let mut tasks: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(client.clone(), Arc::clone(&ledger), writer, round)))
            .collect();
        tasks.push(tokio::spawn(run(running.url(), Arc::clone(&ledger))));
        tokio::time::sleep(Duration::from_micros(fastrand::u64(2_000..80_000))).await;
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        for task in tasks {
            task.await.unwrap();
        }
    }
    let running = Running::start(&arguments);
    let mut known = std::mem::take(&mut *ledger.lock().unwrap());
    check(&client(&running), &mut known, runner.unwrap()).await;
    println!(
        "killed {rounds} times with kill -9: {} acknowledged writes, none lost; {} were cut off",
        known.acknowledged, known.cut_off
    );
    assert!(known.acknowledged > rounds && known.cut_off > 0, "hardly anything was under way");
    let _ = fs::remove_dir_all(&folder);
}
