//! Which webhook is which: by id, by the former name, by the name.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use blynk_webhooks::Webhook;
use blynk_webhooks_plan::{Action, Desired, Input, Plan, PlanError, PlanOptions};

const REST: &str = "trigger = \"DEVICE_ADDED\"\nurl = \"https://e.example\"\nmethod = \"POST\"\ncontentType = \"JSON\"\nauthType = \"NONE\"\n";

fn live(named: &[(i32, &str)]) -> Vec<Webhook> {
    let webhook = |(id, name): &(i32, &str)| {
        let rest = r#""trigger":"DEVICE_ADDED","url":"https://e.example","method":"POST","contentType":"JSON","authType":"NONE""#;
        Webhook::from_json(format!(r#"{{"id":{id},"name":{name:?},{rest}}}"#)).unwrap()
    };
    named.iter().map(webhook).collect()
}

/// A file of tables, each with its keys.
fn plan(tables: &[(&str, &str)], held: &[(i32, &str)]) -> Result<Plan, PlanError> {
    let text: String = tables.iter().map(|(name, keys)| format!("[webhook.{name:?}]\n{keys}\n{REST}\n")).collect();
    let desired = Desired::parse([Input::new("webhooks.toml", text)]).map_err(PlanError::from)?;
    Plan::new(&desired, &live(held), &PlanOptions::new())
}

/// Action, name and id of each item.
fn items(tables: &[(&str, &str)], held: &[(i32, &str)]) -> Vec<(Action, String, Option<i32>)> {
    let plan = plan(tables, held).unwrap_or_else(|error| panic!("{error}"));
    plan.items.iter().map(|item| (item.action, item.name.clone(), item.id)).collect()
}

fn error(tables: &[(&str, &str)], held: &[(i32, &str)]) -> String {
    plan(tables, held).map(|plan| plan.to_text(false)).unwrap_err().to_string()
}

fn row(action: Action, name: &str, id: impl Into<Option<i32>>) -> (Action, String, Option<i32>) {
    (action, name.to_owned(), id.into())
}

use Action::{Create, Delete, Unchanged, Unmanaged, Update};

#[test]
fn a_name_is_compared_exactly() {
    assert_eq!(items(&[("A", "")], &[(1, "A")]), [row(Unchanged, "A", 1)]);
    assert_eq!(
        items(&[("A", "")], &[(1, "a"), (2, "A ")]),
        [row(Create, "A", None), row(Unmanaged, "a", 1), row(Unmanaged, "A ", 2)]
    );
}

#[test]
fn an_id_goes_before_every_name() {
    assert_eq!(items(&[("A", "id = 2")], &[(1, "A"), (2, "B")]), [row(Update, "A", 2), row(Unmanaged, "A", 1)]);
    assert!(error(&[("A", "id = 3")], &[(1, "A")]).contains("no webhook with id 3; remove id"));
    assert_eq!(
        items(&[("A", "id = 3\nabsent = true")], &[(1, "A")]),
        [row(Unchanged, "A", None), row(Unmanaged, "A", 1)]
    );
    assert_eq!(items(&[("A", "id = 1\nabsent = true")], &[(1, "B")]), [row(Delete, "B", 1)]);
    // Webhooks of one name, each with its id.
    let twins = [("A", "id = 1"), ("A again", "id = 2\nname = \"A\"")];
    assert_eq!(items(&twins, &[(1, "A"), (2, "A")]), [row(Unchanged, "A", 1), row(Unchanged, "A", 2)]);
    assert!(error(&[("A", "id = 1"), ("B", "name = \"A\"")], &[(1, "A"), (2, "A")]).contains("defined twice"));
}

#[test]
fn several_of_one_name_are_an_error_only_where_the_file_means_one_of_them() {
    let held = [(1, "A"), (2, "A"), (3, "B"), (4, "B")];
    let told = error(&[("A", "")], &held);
    assert!(told.contains("several webhooks called 'A', with the ids 1 and 2"), "{told}");
    assert!(error(&[("A", "absent = true")], &held).contains("ids 1 and 2"));
    assert!(error(&[("C", "was = \"A\"")], &held).contains("called 'A', with the ids 1 and 2"));
    let of_c = items(&[("C", "")], &held);
    assert_eq!(of_c.iter().filter(|(action, ..)| *action == Unmanaged).count(), 4);
}

#[test]
fn a_rename_finds_the_webhook_before_and_after() {
    assert_eq!(items(&[("New", "was = \"Old\"")], &[(1, "Old")]), [row(Update, "New", 1)]);
    assert_eq!(items(&[("New", "was = \"Old\"")], &[(1, "New")]), [row(Unchanged, "New", 1)]);
    assert_eq!(items(&[("New", "was = \"Old\"")], &[]), [row(Create, "New", None)]);
    assert_eq!(items(&[("New", "was = \"New\"")], &[(1, "New")]), [row(Unchanged, "New", 1)]);
    let both = error(&[("New", "was = \"Old\"")], &[(1, "Old"), (2, "New")]);
    assert!(both.contains("both 'New' (id 2) and 'Old' (id 1)"), "{both}");
    assert!(error(&[("A", "was = \"X\""), ("B", "was = \"X\"")], &[(1, "X")]).contains("two webhooks have was = 'X'"));
}

#[test]
fn names_that_renames_free_are_taken_anew() {
    // A chain: C becomes B, B becomes A.
    let chain = [("B", "was = \"C\""), ("A", "was = \"B\"")];
    assert_eq!(items(&chain, &[(2, "B"), (3, "C")]), [row(Update, "B", 3), row(Update, "A", 2)]);
    assert_eq!(items(&chain, &[(2, "A"), (3, "B")]), [row(Unchanged, "B", 3), row(Unchanged, "A", 2)]);
    // A new webhook takes the former name; once it is there, nothing changes any more.
    let reused = [("New", "was = \"Old\""), ("Old", "")];
    assert_eq!(items(&reused, &[(1, "Old")]), [row(Update, "New", 1), row(Create, "Old", None)]);
    assert_eq!(items(&reused, &[(1, "New"), (2, "Old")]), [row(Unchanged, "New", 1), row(Unchanged, "Old", 2)]);
}

#[test]
fn names_in_a_circle_need_ids() {
    let swap = [("A", "was = \"B\""), ("B", "was = \"A\"")];
    for held in [&[(1, "A"), (2, "B")][..], &[(1, "A")], &[]] {
        let told = error(&swap, held);
        assert!(
            told.contains("'A' was 'B', 'B' was 'A'") && told.contains("replace 'was' with the webhook's id"),
            "{told}"
        );
        assert_eq!(told.matches("error:").count(), 1, "{told}");
    }
    // The way into a circle is no part of it; two circles are two errors.
    let tables = [
        ("Z", "was = \"A\""),
        ("A", "was = \"B\""),
        ("B", "was = \"C\""),
        ("C", "was = \"A\""),
        ("D", "was = \"E\""),
        ("E", "was = \"D\""),
    ];
    let told = error(&tables, &[]);
    assert!(told.contains("error: 'A' was 'B', 'B' was 'C', 'C' was 'A': "), "{told}");
    assert!(told.contains("error: 'D' was 'E', 'E' was 'D': "), "{told}");
    // With ids the webhooks are renamed, once.
    let pinned = [("A", "id = 2"), ("B", "id = 1")];
    assert_eq!(items(&pinned, &[(1, "A"), (2, "B")]), [row(Update, "A", 2), row(Update, "B", 1)]);
    assert_eq!(items(&pinned, &[(1, "B"), (2, "A")]), [row(Unchanged, "A", 2), row(Unchanged, "B", 1)]);
    // Where one of them has its id, the other's former name is no circle.
    let half = [("A", "id = 2"), ("B", "was = \"A\"")];
    assert_eq!(items(&half, &[(1, "A"), (2, "B")]), [row(Update, "A", 2), row(Update, "B", 1)]);
}

#[test]
fn what_the_console_made_does_not_stop_a_plan() {
    let long = "x".repeat(600);
    let held = Webhook::from_json(format!(
        r#"{{"id":1,"name":"A","trigger":"BRAND_NEW","url":"https://e.example/{long}","method":"POST","contentType":"JSON","authType":"NONE"}}"#
    ))
    .unwrap();
    let text = |url: &str, more: &str| {
        format!(
            "[webhook.A]\ntrigger = \"BRAND_NEW\"\nurl = \"https://e.example/{url}\"\nmethod = \"POST\"\ncontentType = \"JSON\"\nauthType = \"NONE\"\n{more}"
        )
    };
    let plan = |text: String| {
        let desired = Desired::parse([Input::new("webhooks.toml", text)]).unwrap();
        Plan::new(&desired, std::slice::from_ref(&held), &PlanOptions::new())
    };
    assert!(plan(text(&long, "")).unwrap().is_empty());
    assert_eq!(plan(text(&long, "body = \"{}\"\n")).unwrap().items[0].action, Update);
    // A person may not go beyond the contract.
    let longer = plan(text(&format!("{long}y"), "")).unwrap_err().to_string();
    assert!(longer.starts_with("webhooks.toml:3:7: error: url: has 619 characters"), "{longer}");
    // A rule that a change breaks anew is no old sin.
    let trigger = plan(text(&long, "").replace("BRAND_NEW", "PRODUCT_LOG_EVENT")).unwrap_err().to_string();
    assert!(trigger.contains("dataTrigger: is required for PRODUCT_LOG_EVENT"), "{trigger}");
}
