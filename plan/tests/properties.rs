//! What holds for every webhook that a server may hold and for every file: by generated cases, without sockets.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use blynk_webhooks::{Status, Webhook, field};
use blynk_webhooks_plan::{
    Action, ApplyOptions, Desired, ImportOptions, Input, Plan, PlanError, PlanOptions, import, plan,
};
use proptest::collection::vec;
use proptest::prelude::*;
use support::generate::{file_of, odd_webhooks, wanted};
use support::memory::Memory;

const CASES: u32 = 10_000;

fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::default() }
}

fn parse(name: &str, text: &str) -> Desired {
    Desired::parse([Input::new(name, text)]).unwrap_or_else(|findings| panic!("{findings}\n{text}"))
}

/// Time stands still in it, so that pauses cost nothing.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_import_plans_to_nothing(live in odd_webhooks(1..4), pin_ids: bool, with_secrets: bool) {
        let options = ImportOptions::new().pin_ids(pin_ids).with_secrets(with_secrets);
        let imported = import(&live, &options).unwrap();
        let text = &imported.text;
        let plan = Plan::new(&parse("webhooks.toml", text), &live, &PlanOptions::new());
        let plan = plan.unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert!(plan.is_empty(), "{:#?}\n{text}", plan.items);
        prop_assert!(plan.items.iter().all(|item| item.action == Action::Unchanged), "{text}");
        prop_assert_eq!(plan.items.len(), live.len(), "{}", text);
        let no_difference = |warning: &String| !warning.contains("differs");
        prop_assert!(imported.warnings.iter().all(no_difference), "{:?}", imported.warnings);
        prop_assert!(with_secrets || !text.contains("hunter2hunter2"), "{text}");
        // Into itself, nothing changes.
        let again = import(&live, &options.existing(Input::new("webhooks.toml", text.as_str()))).unwrap();
        prop_assert_eq!(&again.text, text);
    }
}

proptest! {
    #![proptest_config(config())]

    /// Between two imports the server changes: webhooks come, go and become others.
    #[test]
    fn an_import_into_a_file_plans_to_nothing_but_for_what_only_the_file_has(
        before in odd_webhooks(1..4), after in odd_webhooks(1..5), pin_ids: bool, with_secrets: bool,
    ) {
        // Names that stay, so that tables are found again, and stay one of a kind.
        let named = |webhooks: &[Webhook]| -> Vec<Webhook> {
            let named = |webhook: &Webhook| {
                let json = webhook.to_json();
                Webhook::from_json(format!(r#"{},"name":"W {}"}}"#, &json[..json.len() - 1], webhook.id())).unwrap()
            };
            webhooks.iter().map(named).collect()
        };
        let (before, after) = (named(&before), named(&after));
        let options = ImportOptions::new().pin_ids(pin_ids).with_secrets(with_secrets);
        let first = import(&before, &options).unwrap().text;
        let first = format!("# The head.\n{first}# The end.\n");
        // A pinned webhook that is gone is an error, which says so.
        let gone = before.iter().any(|webhook| after.iter().all(|other| other.id() != webhook.id()));
        let merged = match import(&after, &options.clone().existing(Input::new("webhooks.toml", first.as_str()))) {
            Ok(merged) => merged,
            Err(error) => {
                prop_assert!(pin_ids && gone, "{error}\n{first}");
                return Ok(());
            }
        };
        prop_assert!(merged.text.starts_with("# The head.\n") && merged.text.contains("# The end."), "{}", merged.text);
        let desired = parse("webhooks.toml", &merged.text);
        // What only the file has may be beyond the contract.
        let planned = Plan::new(&desired, &after, &PlanOptions::new());
        if merged.only_in_file.is_empty() {
            let planned = planned.unwrap_or_else(|error| panic!("{error}\n{first}\n->\n{}", merged.text));
            prop_assert!(planned.is_empty(), "{}\n{first}\n->\n{}", planned.to_text(false), merged.text);
        } else if let Ok(planned) = planned {
            let other = |action: Action| action.is_change() && action != Action::Create;
            prop_assert!(!planned.items.iter().any(|item| other(item.action)), "{}", planned.to_text(false));
        }
    }
}

static REFUSED: AtomicU32 = AtomicU32::new(0);

#[test]
fn a_plan_that_was_applied_plans_to_nothing() {
    proptest!(config(), |(live in odd_webhooks(0..4), wanted in vec(wanted(), 1..4))| {
        let text = file_of(&wanted, &live);
        let desired = parse("webhooks.json", &text);
        let server = Memory::holding(&live);
        let planned = match block_on(plan(&server, &desired, PlanOptions::new())) {
            Ok(planned) => planned,
            // A webhook that is partly as the server has it may break the contract anew.
            Err(PlanError::Findings(_)) => {
                REFUSED.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Err(error) => panic!("{error}"),
        };
        prop_assert_eq!(server.writes.load(Ordering::Relaxed), 0, "a plan has written");
        let report = block_on(planned.apply(&server, ApplyOptions::new())).unwrap();
        prop_assert!(report.is_complete(), "{report:#?}\n{text}");
        let again = block_on(plan(&server, &desired, PlanOptions::new())).unwrap();
        prop_assert!(again.is_empty(), "{:#?}\n{text}\n{live:#?}", again.items);

        let all = server.all();
        let count = |action: Action| planned.items.iter().filter(|item| item.action == action).count();
        prop_assert_eq!(all.len(), live.len() + count(Action::Create) - count(Action::Delete));
        let untouched: BTreeSet<_> = planned
            .items
            .iter()
            .filter(|item| matches!(item.action, Action::Unmanaged | Action::Unchanged))
            .filter_map(|item| item.id)
            .collect();
        for webhook in live.iter().filter(|webhook| untouched.contains(&webhook.id())) {
            let held = all.iter().find(|held| held.id() == webhook.id()).unwrap();
            prop_assert_eq!(held, webhook);
        }
        // What the platform has disabled, no plan switches on; unknown fields survive.
        for webhook in &live {
            let Some(held) = all.iter().find(|held| held.id() == webhook.id()) else { continue };
            if webhook.status() == Some(Status::DisabledDueToErrors) {
                prop_assert_eq!(held.status(), webhook.status());
            }
            for (name, value) in webhook.extra() {
                if name != "formBody" && name != field::ORG_ID {
                    prop_assert!(held.extra().contains(&(name, value)), "{name} was lost");
                }
            }
        }
    });
    let refused = REFUSED.load(Ordering::Relaxed);
    assert!(refused < CASES / 4, "{refused} of {CASES} cases were refused, so they show little");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES / 5, ..config() })]

    #[test]
    fn a_digest_names_what_would_be_sent(live in odd_webhooks(1..3), wanted in vec(wanted(), 1..3), other in wanted()) {
        let text = file_of(&wanted, &live);
        let digest = |text: &str, live: &[Webhook]| {
            Plan::new(&parse("webhooks.json", text), live, &PlanOptions::new()).ok().map(|plan| (plan.digest.clone(), plan.to_json()))
        };
        let Some((first, json)) = digest(&text, &live) else { return Ok(()) };
        prop_assert_eq!(&digest(&text, &live).unwrap().0, &first);
        // The order of the server's list does not count.
        let reversed: Vec<_> = live.iter().rev().cloned().collect();
        prop_assert_eq!(&digest(&text, &reversed).unwrap().0, &first);
        // Neither the plan nor its digest hold a secret of the file.
        prop_assert!(!json.contains("another secret"), "{json}");
        // Whatever else is wanted is another plan, unless it comes to the same.
        let mut more = wanted.clone();
        more[0] = other;
        let Some((second, other_json)) = digest(&file_of(&more, &live), &live) else { return Ok(()) };
        let changes = |json: &str| {
            let plan: serde_json::Value = serde_json::from_str(json).unwrap();
            let items = plan["items"].as_array().unwrap().clone();
            let changing = |item: &serde_json::Value| !matches!(item["action"].as_str(), Some("unchanged" | "unmanaged"));
            let mut items: Vec<_> = items.into_iter().filter(changing).map(|item| item.to_string()).collect();
            items.sort();
            items
        };
        if changes(&json) != changes(&other_json) {
            prop_assert_ne!(first, second);
        }
    }
}
