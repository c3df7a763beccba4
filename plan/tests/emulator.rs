//! Plans against the emulator: what is sent, and what comes of faults, conflicts and interruptions.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use blynk_webhooks::{Client, Status, Webhook, WebhookPatch, WebhookSpec, field};
use blynk_webhooks_emulator::{Emulator, Fault, Operation, State};
use blynk_webhooks_plan::{
    Action, ApplyError, ApplyOptions, Cancel, Desired, DoctorOptions, Drift, ImportOptions, Input, Outcome, Plan,
    PlanError, PlanOptions, ReadWebhooks, Report, Secrets, WriteWebhooks, diagnose, drift, enable, import, plan,
};
use proptest::collection::vec;
use proptest::prelude::*;
use support::generate::{file_of, odd_webhooks, wanted};
use support::proxy::{Fate, Proxy};

fn emulator() -> Emulator {
    let state = State::from_json(
        r#"{"clients":[{"clientId":"id","clientSecret":"planted-client-secret"}],"limits":{"webhooks":20000}}"#,
    );
    Emulator::builder().state(state.unwrap()).start().unwrap()
}

/// A client whose calls go through a proxy.
fn through(proxy: &Proxy, emulator: &Emulator) -> Client {
    emulator.client_builder().base_url(&proxy.url).timeout(Duration::from_secs(20)).build().unwrap()
}

fn parsed(text: &str) -> Desired {
    Desired::parse([Input::new("webhooks.toml", text)]).unwrap_or_else(|findings| panic!("{findings}"))
}

/// A file with webhooks `W 0`, `W 1`, …, whose URLs end with `version`.
fn file(count: usize, version: &str) -> String {
    let numbers: Vec<_> = (0..count).map(|n| n.to_string()).collect();
    format!(
        "[webhook.\"W {{n}}\"]\nfor_each = {{ n = [{}] }}\ntrigger = \"DEVICE_ADDED\"\nurl = \"https://e.example/{{n}}/{version}\"\nmethod = \"POST\"\ncontentType = \"PLAIN_TEXT\"\nauthType = \"NONE\"\n",
        numbers.join(", ")
    )
}

async fn planned(client: &Client, text: &str) -> Plan {
    plan(client, &parsed(text), PlanOptions::new()).await.unwrap()
}

async fn applied(client: &Client, text: &str) -> Report {
    planned(client, text).await.apply(client, ApplyOptions::new()).await.unwrap()
}

/// Every webhook once, each as the file says.
async fn assert_converged(client: &Client, text: &str, count: usize) {
    let plan = planned(client, text).await;
    assert!(plan.is_empty(), "{}", plan.to_text(false));
    assert_eq!(client.list().await.unwrap().len(), count);
}

#[tokio::test]
async fn plan_drift_and_doctor_send_reads_only() {
    let emulator = emulator();
    applied(&emulator.client().unwrap(), &file(3, "v1")).await;
    let proxy = Proxy::start(emulator.url(), Duration::ZERO, |_, _| Fate::Pass).await;
    let client = through(&proxy, &emulator);
    let text = format!(
        "{}\n[webhook.\"New\"]\ntrigger = \"NEW_USER\"\nurl = \"https://e.example\"\nmethod = \"GET\"\ncontentType = \"JSON\"\nauthType = \"NONE\"\n[webhook.\"W 9\"]\nabsent = true\n",
        file(2, "v2")
    );
    let plan = planned(&client, &text).await;
    let actions: Vec<_> = plan.items.iter().map(|item| item.action).collect();
    use Action::{Create, Unchanged, Unmanaged, Update};
    assert_eq!(actions, [Update, Update, Create, Unchanged, Unmanaged]);
    let found = drift(&client, &parsed(&text), PlanOptions::new()).await.unwrap();
    assert_eq!(found.items.len(), 3);
    diagnose(&client.list().await.unwrap(), Some(&parsed(&text)), &DoctorOptions::new(0)).unwrap();
    let (reads, writes) = (&proxy.counts.reads, &proxy.counts.writes);
    assert_eq!((reads.load(Ordering::SeqCst), writes.load(Ordering::SeqCst)), (3, 0));
}

#[tokio::test]
async fn a_plan_is_applied_with_progress_and_then_there_is_nothing_left() {
    let emulator = emulator();
    let client = emulator.client().unwrap();
    applied(&client, &file(5, "v1")).await;
    let text = format!("{}\n[webhook.\"W 4\"]\nabsent = true\n", file(4, "v2"));
    let plan = planned(&client, &text).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let options = ApplyOptions::new()
        .digest(&plan.digest[..12])
        .on_progress(move |progress| noted.lock().unwrap().push((progress.done, progress.total, progress.item.action)));
    let report = plan.apply(&client, options).await.unwrap();
    assert!(report.is_complete() && !report.interrupted, "{report:?}");
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.iter().map(|(done, ..)| *done).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(seen.iter().all(|(_, total, _)| *total == 5));
    // Updates first, deletes last.
    assert_eq!(seen.last().unwrap().2, Action::Delete);
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!((&json["version"], &json["summary"]["done"]), (&1.into(), &5.into()));
    assert_converged(&client, &text, 4).await;
}

#[tokio::test]
async fn what_is_refused_is_refused_before_anything_is_sent() {
    let emulator = emulator();
    let client = emulator.client().unwrap();
    applied(&client, &file(3, "v1")).await;
    let text = format!(
        "{}\n[webhook.\"W 1\"]\nabsent = true\n[webhook.\"W 2\"]\nabsent = true\n[guard]\nmax_deletes = \"30%\"\n",
        file(1, "v2")
    );
    let proxy = Proxy::start(emulator.url(), Duration::ZERO, |_, _| Fate::Pass).await;
    let counted = through(&proxy, &emulator);
    let guarded = planned(&counted, &text).await;
    assert_eq!((guarded.guard.deletes, guarded.guard.managed, guarded.guard.allowed), (2, 3, Some(0)));
    let refusal = guarded.apply(&counted, ApplyOptions::new()).await.unwrap_err();
    assert!(matches!(&refusal, ApplyError::Guard(message) if message.contains("deletes 2 of 3")), "{refusal}");
    let raised = text.replace("\"30%\"", "2");
    let plan = planned(&counted, &raised).await;
    for digest in ["0000000000000000", &plan.digest[..4], ""] {
        let refusal = plan.apply(&counted, ApplyOptions::new().digest(digest)).await.unwrap_err();
        assert!(matches!(&refusal, ApplyError::StaleDigest(message) if message.contains(&plan.digest)), "{refusal}");
    }
    let other = plan.apply(&client, ApplyOptions::new()).await.unwrap_err();
    assert!(matches!(other, ApplyError::WrongTarget(_)));
    assert_eq!(proxy.counts.writes.load(Ordering::SeqCst), 0);
    assert!(plan.apply(&counted, ApplyOptions::new().digest(plan.digest.as_str())).await.unwrap().is_complete());

    let elsewhere = parsed(&format!("server = \"https://fra1.blynk.cloud\"\n{}", file(1, "v2")));
    let before = proxy.counts.reads.load(Ordering::SeqCst);
    let error = blynk_webhooks_plan::plan(&counted, &elsewhere, PlanOptions::new()).await.unwrap_err();
    assert!(matches!(error, PlanError::WrongTarget(_)), "{error}");
    let org = parsed(&format!("org = 7\n{}", file(1, "v2")));
    let error = blynk_webhooks_plan::plan(&counted, &org, PlanOptions::new().org(8)).await.unwrap_err();
    assert!(matches!(error, PlanError::WrongTarget(_)), "{error}");
    assert_eq!(proxy.counts.reads.load(Ordering::SeqCst), before);
}

#[tokio::test]
async fn a_digest_changes_with_the_server() {
    let emulator = emulator();
    let client = emulator.client().unwrap();
    applied(&client, &file(2, "v1")).await;
    let first = planned(&client, &file(2, "v2")).await.digest;
    assert_eq!(planned(&client, &file(2, "v2")).await.digest, first);
    client.patch(1, WebhookPatch::new().set(field::BODY, "by hand")).await.unwrap();
    assert_ne!(planned(&client, &file(2, "v2")).await.digest, first);
}

#[tokio::test]
async fn a_change_after_the_plan_stops_its_own_item_only() {
    let emulator = emulator();
    let client = emulator.client().unwrap();
    applied(&client, &file(5, "v1")).await;
    let text = format!(
        "{}\n[webhook.\"W 4\"]\nabsent = true\n[webhook.\"New\"]\ntrigger = \"NEW_USER\"\nurl = \"https://e.example\"\nmethod = \"GET\"\ncontentType = \"JSON\"\nauthType = \"NONE\"\n",
        file(4, "v2")
    );
    let plan = planned(&client, &text).await;
    let id = |name: &str| plan.items.iter().find(|item| item.name == name).unwrap().id.unwrap();
    // Changed, deleted, made, and brought to where it was wanted.
    client.patch(id("W 0"), WebhookPatch::new().set(field::BODY, "by hand")).await.unwrap();
    client.delete(id("W 1")).await.unwrap();
    client.patch(id("W 2"), WebhookPatch::new().set(field::URL, "https://e.example/2/v2")).await.unwrap();
    client.patch(id("W 4"), WebhookPatch::new().set(field::BODY, "by hand")).await.unwrap();
    let mut spec = client.get(id("W 0")).await.unwrap().spec().name("New");
    spec.status = None;
    client.create(spec).await.unwrap();
    let report = plan.apply(&client, ApplyOptions::new()).await.unwrap();
    let outcome = |name: &str| report.items.iter().find(|item| item.name == name).unwrap().outcome;
    use Outcome::{Conflict, Done};
    assert_eq!(
        ["W 0", "W 1", "W 2", "W 3", "W 4", "New"].map(outcome),
        [Conflict, Conflict, Done, Done, Conflict, Conflict]
    );
    assert_eq!(client.get(id("W 0")).await.unwrap().body(), Some("by hand"));
    assert!(client.get(id("W 4")).await.is_ok());
}

#[tokio::test]
async fn lost_answers_are_settled_and_nothing_is_made_twice() {
    for lost in [Fate::LoseAnswer, Fate::Drop] {
        let emulator = emulator();
        let proxy = Proxy::start(emulator.url(), Duration::ZERO, move |method, number| {
            // Each third write, and some reads.
            let meets = if method == "GET" { number % 7 == 5 } else { number % 3 == 1 };
            if meets { lost } else { Fate::Pass }
        })
        .await;
        let client = through(&proxy, &emulator);
        let direct = emulator.client().unwrap();
        let mut reports = Vec::new();
        for _ in 0..10 {
            let report = planned(&direct, &file(12, "v1")).await;
            let report = retarget(report, &proxy).apply(&client, ApplyOptions::new()).await.unwrap();
            let complete = report.is_complete();
            reports.push(report);
            if complete {
                break;
            }
        }
        if lost == Fate::LoseAnswer {
            assert_eq!(reports.len(), 1, "the list shows what came of a lost answer: {reports:#?}");
        }
        assert_converged(&direct, &file(12, "v1"), 12).await;
        let report =
            retarget(planned(&direct, &format!("{}[webhook.\"W 11\"]\nabsent = true\n", file(11, "v2"))).await, &proxy);
        let report = report.apply(&client, ApplyOptions::new()).await.unwrap();
        assert!(report.is_complete(), "{report:#?}");
        assert_converged(&direct, &file(11, "v2"), 11).await;
    }
}

/// The plan as if it had been made through the proxy.
fn retarget(mut plan: Plan, proxy: &Proxy) -> Plan {
    plan.server = Some(proxy.url.clone());
    plan
}

#[tokio::test]
async fn too_many_requests_make_it_slower_and_end_well() {
    let emulator = emulator();
    let proxy = Proxy::start(emulator.url(), Duration::from_millis(30), |_, _| Fate::Pass).await;
    let client = through(&proxy, &emulator);
    let plan = planned(&client, &file(40, "v1")).await;
    let counts = Arc::clone(&proxy.counts);
    emulator.fail_next(Some(Operation::Create), Fault::status(429), 1).unwrap();
    let report = plan
        .apply(
            &client,
            ApplyOptions::new().on_progress(move |progress| {
                // The first items may have begun before the answer; afterwards there are fewer.
                if progress.done == 10 {
                    counts.most_under_way.store(0, Ordering::SeqCst);
                }
            }),
        )
        .await
        .unwrap();
    assert!(report.is_complete(), "{report:#?}");
    let most = proxy.counts.most_under_way.load(Ordering::SeqCst);
    assert!((2..=5).contains(&most), "{most} requests at once after 429");
    assert_converged(&client, &file(40, "v1"), 40).await;
}

#[tokio::test]
async fn eight_at_once_or_as_many_as_asked_for() {
    for (concurrency, expected) in [(None, 8), (Some(3), 3), (Some(0), 1)] {
        let emulator = emulator();
        let proxy = Proxy::start(emulator.url(), Duration::from_millis(30), |_, _| Fate::Pass).await;
        let client = through(&proxy, &emulator);
        let mut options = ApplyOptions::new();
        options.concurrency = concurrency.unwrap_or(options.concurrency);
        let report = planned(&client, &file(24, "v1")).await.apply(&client, options).await.unwrap();
        assert!(report.is_complete());
        assert_eq!(proxy.counts.most_under_way.load(Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn a_cancelled_apply_ends_what_it_began_and_the_next_one_the_rest() {
    for now in [false, true] {
        let emulator = emulator();
        let proxy = Proxy::start(emulator.url(), Duration::from_millis(10), |_, _| Fate::Pass).await;
        let client = through(&proxy, &emulator);
        let cancel = Cancel::new();
        let raised = cancel.clone();
        let options = ApplyOptions::new().cancel(cancel).on_progress(move |progress| {
            if progress.done == 5 {
                if now { raised.abort() } else { raised.cancel() }
            }
        });
        let report = planned(&client, &file(40, "v1")).await.apply(&client, options).await.unwrap();
        assert!(report.interrupted && report.items.len() == 40);
        let count = |outcome| report.count(outcome);
        assert!(count(Outcome::Skipped) >= 40 - 5 - 8, "{report:#?}");
        assert_eq!(count(Outcome::Unknown) > 0, now, "{report:#?}");
        assert_eq!(count(Outcome::Done) + count(Outcome::Unknown) + count(Outcome::Skipped), 40);
        // What was still on its way comes to its end.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let report = applied(&client, &file(40, "v1")).await;
        assert!(report.is_complete(), "{report:#?}");
        assert_converged(&client, &file(40, "v1"), 40).await;
    }
}

#[tokio::test]
async fn an_apply_that_is_dropped_at_any_moment_converges() {
    let emulator = emulator();
    let client = emulator.client().unwrap();
    let mut version = 0;
    for moment in 0..40 {
        version += 1;
        let text = file(10, &format!("v{version}"));
        let plan = planned(&client, &text).await;
        let dropped =
            tokio::time::timeout(Duration::from_micros(300 * moment), plan.apply(&client, ApplyOptions::new())).await;
        drop(dropped);
        let report = applied(&client, &text).await;
        assert!(
            report.items.iter().all(|item| matches!(item.outcome, Outcome::Done | Outcome::Conflict)),
            "{report:#?}"
        );
        // A write of the dropped apply may have come in between; it says the same.
        let _ = applied(&client, &text).await;
        assert_converged(&client, &text, 10).await;
    }
}

/// A server whose first list comes only when both applies have one: neither sees what the other creates.
struct Together {
    client: Client,
    lists: tokio::sync::Barrier,
    listed: std::sync::atomic::AtomicUsize,
}

impl ReadWebhooks for Together {
    async fn list(&self, org: Option<i32>) -> blynk_webhooks::Result<Vec<Webhook>> {
        let list = ReadWebhooks::list(&self.client, org).await;
        if self.listed.fetch_add(1, Ordering::SeqCst) < 2 {
            self.lists.wait().await;
        }
        list
    }

    async fn get(&self, id: i32) -> blynk_webhooks::Result<Option<Webhook>> {
        ReadWebhooks::get(&self.client, id).await
    }
}

impl WriteWebhooks for Together {
    async fn create(&self, org: Option<i32>, spec: WebhookSpec) -> blynk_webhooks::Result<Webhook> {
        WriteWebhooks::create(&self.client, org, spec).await
    }

    async fn update(&self, id: i32, spec: WebhookSpec) -> blynk_webhooks::Result<Option<Webhook>> {
        WriteWebhooks::update(&self.client, id, spec).await
    }

    async fn delete(&self, id: i32) -> blynk_webhooks::Result<()> {
        WriteWebhooks::delete(&self.client, id).await
    }
}

#[tokio::test]
async fn two_applies_at_once_make_each_webhook_once() {
    let text = file(30, "v1");
    for text in [text.clone(), text + "status = \"DISABLED\"\n"] {
        for faults in [false, true] {
            let emulator = emulator();
            let client = emulator.client().unwrap();
            if faults {
                emulator.fail_next(Some(Operation::Create), Fault::Reset, 5).unwrap();
                emulator.fail_next(Some(Operation::Update), Fault::status(503), 3).unwrap();
                emulator.fail_next(Some(Operation::Delete), Fault::status(429), 3).unwrap();
            }
            let plans = [planned(&client, &text).await, planned(&client, &text).await];
            let lists = tokio::sync::Barrier::new(2);
            let server = Together { client: client.clone(), lists, listed: Default::default() };
            let (one, two) = tokio::join!(
                plans[0].apply(&server, ApplyOptions::new()),
                plans[1].apply(&server, ApplyOptions::new())
            );
            let held = client.list().await.unwrap();
            let mut removed = 0;
            for report in [one.unwrap(), two.unwrap()] {
                assert!(report.is_complete(), "{report:#?}");
                for item in &report.items {
                    let webhook = held.iter().find(|webhook| Some(webhook.id()) == item.id);
                    assert_eq!(webhook.and_then(Webhook::name), Some(item.name.as_str()), "{item:?}");
                    removed += usize::from(item.message.as_deref().is_some_and(|text| text.contains("was deleted")));
                }
            }
            // With faults, what a lost answer made is the twin.
            assert!(if faults { removed >= 1 } else { removed == 30 }, "{removed}");
            assert_converged(&client, &text, 30).await;
        }
    }
}

#[tokio::test]
async fn two_applies_at_once_of_different_webhooks_are_a_conflict() {
    let emulator = emulator();
    let client = emulator.client().unwrap();
    let plans = [planned(&client, &file(1, "v1")).await, planned(&client, &file(1, "v2")).await];
    let lists = tokio::sync::Barrier::new(2);
    let server = Together { client: client.clone(), lists, listed: Default::default() };
    let (one, two) =
        tokio::join!(plans[0].apply(&server, ApplyOptions::new()), plans[1].apply(&server, ApplyOptions::new()));
    let reports = [one.unwrap(), two.unwrap()];
    for (report, other) in [(&reports[0], &reports[1]), (&reports[1], &reports[0])] {
        let [item] = report.items.as_slice() else { panic!("{report:?}") };
        assert_eq!(item.outcome, Outcome::Conflict);
        let twin = format!("(id {})", other.items[0].id.unwrap());
        assert!(item.message.as_deref().unwrap().contains(&twin), "{report:?}");
    }
    assert_eq!(client.list().await.unwrap().len(), 2, "nobody knows which of the two is right");
}

#[tokio::test]
async fn statuses_are_set_and_what_the_platform_did_is_left_alone() {
    let emulator = emulator();
    let client = emulator.client().unwrap();
    let text = |status: &str| {
        format!(
            "[webhook.A]\n{status}trigger = \"DEVICE_ADDED\"\nurl = \"http://127.0.0.1:9/\"\nmethod = \"POST\"\ncontentType = \"PLAIN_TEXT\"\nauthType = \"NONE\"\nfailureLimit = 1\n"
        )
    };
    let disabled = text("status = \"DISABLED\"\n");
    assert!(applied(&client, &disabled).await.is_complete());
    assert_eq!(client.get(1).await.unwrap().status(), Some(Status::Disabled));
    assert_converged(&client, &disabled, 1).await;
    assert!(applied(&client, &text("")).await.is_complete());
    assert_eq!(client.get(1).await.unwrap().status(), Some(Status::Enabled));

    let values = serde_json::json!({});
    emulator.trigger("DEVICE_ADDED", values.as_object().unwrap().clone()).await.unwrap();
    assert_eq!(client.get(1).await.unwrap().status(), Some(Status::DisabledDueToErrors));
    for status in ["", "status = \"ENABLED\"\n", "status = \"DISABLED\"\n", "status = \"DISABLED_DUE_TO_ERRORS\"\n"] {
        let plan = planned(&client, &text(status)).await;
        assert!(plan.is_empty() && plan.items[0].disabled_by_platform, "{status}");
        assert!(drift(&client, &parsed(&text(status)), PlanOptions::new()).await.unwrap().is_empty());
    }
    // An update for another reason does not switch it on.
    let changed = text("status = \"ENABLED\"\nbody = \"new\"\n");
    assert!(applied(&client, &changed).await.is_complete());
    let held = client.get(1).await.unwrap();
    assert_eq!((held.status(), held.body()), (Some(Status::DisabledDueToErrors), Some("new")));

    let live = client.list().await.unwrap();
    let diagnosed = diagnose(&live, Some(&parsed(&changed)), &DoctorOptions::new(emulator.now())).unwrap();
    assert_eq!(diagnosed.disabled_by_platform(), [1]);
    let wanted_off = diagnose(&live, Some(&parsed(&disabled)), &DoctorOptions::new(emulator.now())).unwrap();
    assert!(!wanted_off.is_unhealthy(false));
    assert!(enable(&client, 1).await.unwrap().enabled);
    assert_eq!(client.get(1).await.unwrap().status(), Some(Status::Enabled));
}

#[tokio::test]
async fn what_the_server_refuses_fails_its_own_item_and_shows_no_secret() {
    // The emulator takes 2 webhooks only.
    let state = State::from_json(r#"{"limits":{"webhooks":2}}"#).unwrap();
    let emulator = Emulator::builder().state(state).start().unwrap();
    let client = emulator.client().unwrap();
    let report = applied(&client, &file(3, "v1")).await;
    let failed: Vec<_> = report.items.iter().filter(|item| item.outcome == Outcome::Failed).collect();
    assert_eq!((failed.len(), report.count(Outcome::Done)), (1, 2));
    assert!(failed[0].message.as_deref().unwrap().contains("limit"), "{failed:?}");
}

#[tokio::test]
async fn secrets_are_sent_kept_and_sent_again_when_asked() {
    let emulator = emulator();
    let client = emulator.client().unwrap();
    let text = |secret: &str| {
        format!(
            "[webhook.A]\ntrigger = \"DEVICE_ADDED\"\nurl = \"https://e.example\"\nmethod = \"POST\"\ncontentType = \"PLAIN_TEXT\"\nauthType = \"OAUTH2\"\noAuth2Request = {{ clientId = \"x\", tokenUrl = \"https://t.example\", clientSecret = {secret} }}\n"
        )
    };
    let secrets = Secrets::with_environment(|name| (name == "S").then(|| "planted-target-secret".to_owned()));
    let options = || PlanOptions::new().secrets(secrets.clone());
    let from_env = parsed(&text("{ env = \"S\" }"));
    let first = plan(&client, &from_env, options()).await.unwrap();
    assert!(first.apply(&client, ApplyOptions::new()).await.unwrap().is_complete());
    let secret_of = |webhook: &Webhook| webhook.oauth2_request().unwrap().contains("planted-target-secret");
    assert!(secret_of(&client.get(1).await.unwrap()));
    assert!(plan(&client, &from_env, options()).await.unwrap().is_empty());

    // Kept: the file holds none, an update sends the server's own.
    let kept = text("{ keep = true }").replace("https://e.example", "https://e2.example");
    assert!(applied(&client, &kept).await.is_complete());
    let held = client.get(1).await.unwrap();
    assert!(secret_of(&held) && held.url() == Some("https://e2.example"));

    // A server that masks it: nothing can be said, and nothing is sent unasked.
    for mask in [r#""********""#, "null", r#""""#] {
        let masked = Webhook::from_json(held.to_json().replace(r#""planted-target-secret""#, mask)).unwrap();
        let masked = std::slice::from_ref(&masked);
        let wanted = parsed(&text("{ env = \"S\" }").replace("https://e.example", "https://e2.example"));
        let plan = Plan::new(&wanted, masked, &options()).unwrap();
        assert!(plan.is_empty(), "{}", plan.to_text(false));
        assert_eq!(plan.items[0].cannot_compare, ["oAuth2Request.clientSecret"]);
        assert!(plan.to_text(false).contains("Cannot compare oAuth2Request.clientSecret"));
        let again = Plan::new(&wanted, masked, &options().resend_secrets(true)).unwrap();
        assert_eq!(again.items[0].action, Action::Update);
        assert_ne!(again.digest, plan.digest);
        // What is kept and not shown cannot be written.
        let error = Plan::new(&parsed(&text("{ keep = true }")), masked, &options()).unwrap_err().to_string();
        assert!(
            error.contains("oAuth2Request.clientSecret has keep = true, but the server does not show it"),
            "{error}"
        );
        let drift =
            Drift::new(&wanted, masked, &PlanOptions::new().secrets(Secrets::with_environment(|_| None))).unwrap();
        assert!(drift.is_empty() && drift.cannot_compare.len() == 1);
    }
    let again = plan(&client, &parsed(&text("\"other-secret-1\"")), options()).await.unwrap();
    assert!(!again.to_json().contains("other-secret-1") && !again.to_json().contains("planted-target-secret"));
}

/// 1,000 changes; with `FULL` 12,000, which take more than a minute's requests.
#[tokio::test]
async fn many_changes_stay_below_the_limit() {
    let count = if std::env::var_os("FULL").is_some() { 12_000 } else { 1_000 };
    let emulator = emulator();
    let proxy = Proxy::start(emulator.url(), Duration::ZERO, |_, _| Fate::Pass).await;
    let client = through(&proxy, &emulator);
    let text = file(count, "v1");
    let done = Arc::new(Mutex::new(0));
    let noted = Arc::clone(&done);
    let options = ApplyOptions::new().on_progress(move |progress| {
        assert_eq!((progress.total, progress.item.outcome), (count, Outcome::Done), "{:?}", progress.item);
        *noted.lock().unwrap() = progress.done;
    });
    let plan = planned(&client, &text).await;
    let report = plan.apply(&client, options).await.unwrap();
    assert!(report.is_complete());
    assert_eq!(*done.lock().unwrap(), count);
    // No request was refused and sent again.
    assert_eq!(proxy.counts.writes.load(Ordering::SeqCst), count);
    assert_converged(&emulator.client().unwrap(), &text, count).await;
}

/// Faults that the server has: answers that say nothing, late ones, broken ones.
fn faults() -> impl Strategy<Value = Vec<(Option<Operation>, Fault, u32)>> {
    let operation = proptest::option::of(proptest::sample::select(vec![
        Operation::List,
        Operation::Get,
        Operation::Create,
        Operation::Update,
        Operation::Delete,
    ]));
    let fault = proptest::sample::select(vec![
        Fault::status(503),
        Fault::status(500),
        Fault::status(429),
        Fault::Reset,
        Fault::Truncate,
        Fault::Malformed,
        Fault::delay(Duration::from_millis(5)),
    ]);
    vec((operation, fault, 1..3_u32), 0..3)
}

#[test]
fn generated_files_converge_against_the_emulator_with_faults() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Faults cost real pauses.
    let cases = if std::env::var_os("FULL").is_some() { 400 } else { 40 };
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() };
    proptest!(config, |(live in odd_webhooks(0..4), wanted in vec(wanted(), 1..4), faults in faults())| {
        runtime.block_on(async {
            // What the contract refuses, only the emulator's state can hold; here its own create makes them.
            let emulator = emulator();
            let client = emulator.client().unwrap();
            for webhook in &live {
                let mut spec = webhook.spec();
                spec.status = None;
                let _ = client.create(spec).await;
            }
            let live = client.list().await.unwrap().into_vec();
            let text = file_of(&wanted, &live);
            let desired = Desired::parse([Input::new("webhooks.json", text.as_str())]).unwrap();
            let Ok(first) = plan(&client, &desired, PlanOptions::new()).await else { return };
            for (operation, fault, times) in &faults {
                emulator.fail_next(*operation, fault.clone(), *times).unwrap();
            }
            let report = first.apply(&client, ApplyOptions::new()).await.unwrap();
            emulator.clear_faults();
            if !report.is_complete() {
                let again = plan(&client, &desired, PlanOptions::new()).await.unwrap();
                let report = again.apply(&client, ApplyOptions::new()).await.unwrap();
                assert!(report.is_complete(), "{report:#?}\n{text}");
            }
            let last = plan(&client, &desired, PlanOptions::new()).await.unwrap();
            assert!(last.is_empty(), "{}\n{text}", last.to_text(false));
            let count = |action| first.items.iter().filter(|item| item.action == action).count();
            let all = client.list().await.unwrap();
            assert_eq!(all.len(), live.len() + count(Action::Create) - count(Action::Delete), "{text}");
            // A server without webhooks gives a file without any, which is no plan.
            if !all.is_empty() {
                let imported = import(&all, &ImportOptions::new()).unwrap().text;
                let plan = plan(&client, &parsed(&imported), PlanOptions::new()).await.unwrap();
                assert!(plan.is_empty(), "{}\n{imported}", plan.to_text(false));
            }
        });
    });
}
