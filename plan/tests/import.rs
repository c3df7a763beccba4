//! Import into an existing file.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use blynk_webhooks::Webhook;
use blynk_webhooks_plan::{Action, Desired, ImportOptions, Imported, Input, Plan, PlanError, PlanOptions, import};

const FILE: &str = r#"# Webhooks of the greenhouse.
version = 1

[defaults]   # for all
method = "POST"
contentType = "JSON"
authType = "NONE"

# The doors.
[webhook."Doors"]
trigger = "DEVICE_ADDED"      # when a device comes
url = "https://e.example/doors"  # ours
dataTrigger = { a = 1, b = 2 } # inner
expect = { maxSilence = "2h" }

[webhook."Pin {pin}"]
for_each = { pin = ["V1", "V2", "V3"] } # three pins
trigger = "PRODUCT_DATASTREAM_UPDATE"
dataTrigger = { pin = "{pin}" }
url = "https://e.example/{pin}"

[webhook.Auth]
trigger = "NEW_USER"
url = "https://e.example/auth"
authType = "OAUTH2"

# How it signs in.
[webhook.Auth.oAuth2Request]
clientId = "x" # public
clientSecret = { env = "NOT_SET_ANYWHERE" }

[webhook.Old]
absent = true
# The end.
"#;

fn webhook(id: i32, name: &str, trigger: &str, path: &str, more: &str) -> Webhook {
    Webhook::from_json(format!(
        r#"{{"id":{id},"name":"{name}","trigger":"{trigger}","url":"https://e.example/{path}","method":"POST","contentType":"JSON","authType":"NONE"{more}}}"#
    ))
    .unwrap()
}

/// The webhooks that the file describes.
fn live() -> Vec<Webhook> {
    let pin = |id, pin: &str| {
        let data = format!(r#","dataTrigger":{{"pin":"{pin}"}}"#);
        webhook(id, &format!("Pin {pin}"), "PRODUCT_DATASTREAM_UPDATE", pin, &data)
    };
    let auth = webhook(5, "Auth", "NEW_USER", "auth", r#","oAuth2Request":{"clientId":"x","clientSecret":"hunter2"}"#);
    vec![
        webhook(1, "Doors", "DEVICE_ADDED", "doors", r#","dataTrigger":{"a":1,"b":2}"#),
        pin(2, "V1"),
        pin(3, "V2"),
        pin(4, "V3"),
        Webhook::from_json(auth.to_json().replace("\"NONE\"", "\"OAUTH2\"")).unwrap(),
    ]
}

fn change(webhook: &mut Webhook, from: &str, to: &str) {
    let json = webhook.to_json();
    assert!(json.contains(from), "{json}");
    *webhook = Webhook::from_json(json.replace(from, to)).unwrap();
}

fn merged(text: &str, live: &[Webhook]) -> Imported {
    import(live, &ImportOptions::new().existing(Input::new("webhooks.toml", text))).unwrap()
}

fn lines_changed<'a>(before: &'a str, after: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let gone = before.lines().filter(|line| !after.lines().any(|other| other == *line)).collect();
    let new = after.lines().filter(|line| !before.lines().any(|other| other == *line)).collect();
    (gone, new)
}

/// But for the secret, which nobody can read here.
fn assert_plans_to_nothing(text: &str, live: &[Webhook]) {
    let text = text.replace("{ env = \"NOT_SET_ANYWHERE\" }", "{ keep = true }");
    let desired =
        Desired::parse([Input::new("webhooks.toml", text.as_str())]).unwrap_or_else(|f| panic!("{f}\n{text}"));
    let plan = Plan::new(&desired, live, &PlanOptions::new()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(plan.is_empty(), "{}\n{text}", plan.to_text(false));
}

#[test]
fn a_file_that_says_it_all_stays_to_the_letter() {
    let imported = merged(FILE, &live());
    assert_eq!(imported.text, FILE);
    assert!(imported.added.is_empty() && imported.changed.is_empty() && imported.warnings.is_empty(), "{imported:?}");
}

#[test]
fn line_ends_of_windows_stay() {
    let windows = FILE.replace('\n', "\r\n");
    assert_eq!(merged(&windows, &live()).text, windows);
    let mut live = live();
    change(&mut live[0], "doors", "gates");
    let imported = merged(&windows, &live);
    assert_eq!(imported.text, windows.replace("example/doors", "example/gates"));
    // A text with line ends of its own keeps them.
    change(&mut live[0], r#""trigger""#, r#""body":"a\nb","trigger""#);
    assert_plans_to_nothing(&merged(&windows, &live).text, &live);
}

#[test]
fn a_changed_value_is_changed_in_its_place() {
    let mut live = live();
    change(&mut live[0], "doors", "gates");
    change(&mut live[0], r#"{"a":1,"b":2}"#, r#"{"a":1,"b":3}"#);
    let imported = merged(FILE, &live);
    assert_eq!(imported.changed, ["Doors"]);
    let (gone, new) = lines_changed(FILE, &imported.text);
    assert_eq!(gone.len(), 2);
    assert_eq!(new, [r#"url = "https://e.example/gates"  # ours"#, "dataTrigger = { a = 1, b = 3 } # inner"]);
    assert_plans_to_nothing(&imported.text, &live);
}

#[test]
fn what_is_cleared_or_added_is_cleared_or_added() {
    let mut live = live();
    change(&mut live[0], r#","dataTrigger":{"a":1,"b":2}"#, r#","body":"{}","failureLimit":3,"status":"DISABLED""#);
    change(&mut live[0], r#""method":"POST","#, r#""method":"PUT","#);
    let imported = merged(FILE, &live);
    let (gone, mut new) = lines_changed(FILE, &imported.text);
    assert_eq!(gone, ["dataTrigger = { a = 1, b = 2 } # inner"]);
    new.sort_unstable();
    assert_eq!(new, [r#"body = "{}""#, r#"method = "PUT""#, r#"status = "DISABLED""#]);
    assert_plans_to_nothing(&imported.text, &live);
    // What `[defaults]` gives and the server has not, the webhook's table unsets.
    change(&mut live[0], r#""method":"PUT","#, "");
    let imported = merged(FILE, &live);
    assert!(imported.text.contains(r#"method = { json = "null" }"#), "{}", imported.text);
    assert_plans_to_nothing(&imported.text, &live);
}

#[test]
fn a_reference_to_a_secret_stays_where_the_rest_changes() {
    let mut live = live();
    change(&mut live[4], r#""clientId":"x""#, r#""clientId":"y","scope":"all""#);
    let imported = merged(FILE, &live);
    let (gone, new) = lines_changed(FILE, &imported.text);
    assert_eq!(gone, [r#"clientId = "x" # public"#]);
    assert_eq!(new, [r#"clientId = "y" # public"#, r#"scope = { keep = true }"#]);
    assert!(imported.text.contains(r#"clientSecret = { env = "NOT_SET_ANYWHERE" }"#));
    assert_plans_to_nothing(&imported.text, &live);
}

#[test]
fn one_of_for_each_that_differs_gets_a_table_of_its_own() {
    let mut live = live();
    change(&mut live[2], "example/V2", "example/other");
    let imported = merged(FILE, &live);
    assert_eq!(imported.changed, ["Pin V2"]);
    assert!(imported.text.contains(r#"for_each = [{ pin = "V1" }, { pin = "V3" }]"#), "{}", imported.text);
    assert!(imported.text.contains("[webhook.\"Pin V2\"]"), "{}", imported.text);
    assert_plans_to_nothing(&imported.text, &live);
    let mut all = self::live();
    for (at, pin) in [(1, "V1"), (2, "V2"), (3, "V3")] {
        change(&mut all[at], &format!("example/{pin}"), "example/same");
    }
    let imported = merged(FILE, &all);
    assert!(!imported.text.contains("for_each"), "{}", imported.text);
    assert_plans_to_nothing(&imported.text, &all);
}

#[test]
fn new_webhooks_come_behind_those_that_are_there() {
    let mut live = live();
    live.push(webhook(6, "Other", "NEW_USER", "other", r#","status":"DISABLED""#));
    live.push(webhook(7, "Twin", "NEW_USER", "twin", ""));
    live.push(webhook(8, "Twin", "NEW_USER", "twin", ""));
    let imported = merged(FILE, &live);
    assert_eq!(imported.added, ["Other", "Twin (7)", "Twin (8)"]);
    assert!(imported.text.starts_with(FILE.split("# The end.").next().unwrap()), "{}", imported.text);
    // What the defaults give is not repeated.
    let other = imported.text.split("[webhook.Other]").nth(1).unwrap().split('[').next().unwrap();
    assert!(!other.contains("method") && other.contains("status"), "{other}");
    assert_plans_to_nothing(&imported.text, &live);
}

#[test]
fn a_webhook_that_was_to_go_and_a_renamed_one_are_as_the_server_has_them() {
    let mut live = live();
    live.push(webhook(9, "Old", "NEW_USER", "old", ""));
    let renamed = FILE.replace("[webhook.\"Doors\"]", "[webhook.\"Gates\"]\nwas = \"Doors\"");
    let imported = merged(&renamed, &live);
    assert!(!imported.text.contains("absent") && !imported.text.contains("was ="), "{}", imported.text);
    assert!(
        imported.text.contains("[webhook.\"Gates\"]") && imported.text.contains("name = \"Doors\""),
        "{}",
        imported.text
    );
    assert_plans_to_nothing(&imported.text, &live);
}

#[test]
fn what_only_the_file_has_stays_and_is_told() {
    let live: Vec<_> = live().into_iter().skip(1).collect();
    let imported = merged(FILE, &live);
    assert_eq!(imported.only_in_file, ["Doors"]);
    assert_eq!(imported.text, FILE);
}

#[test]
fn add_only_leaves_the_others_alone() {
    let mut live = live();
    change(&mut live[0], "doors", "gates");
    live.push(webhook(6, "Other", "NEW_USER", "other", ""));
    let options = ImportOptions::new().add_only(true).existing(Input::new("webhooks.toml", FILE));
    let imported = import(&live, &options).unwrap();
    assert_eq!((imported.added.len(), imported.changed.len()), (1, 0));
    assert!(imported.text.contains("https://e.example/doors"));
}

#[test]
fn a_file_with_errors_or_of_another_server_is_not_touched() {
    let live = live();
    let options =
        |text: &str| ImportOptions::new().server("https://blynk.cloud").existing(Input::new("webhooks.toml", text));
    let broken = import(&live, &options("[webhook.A\n")).unwrap_err().to_string();
    assert!(broken.starts_with("webhooks.toml:1:"), "{broken}");
    let other = import(&live, &options("server = \"https://fra1.blynk.cloud\"\n")).unwrap_err();
    assert!(matches!(other, PlanError::WrongTarget(_)), "{other}");
    let input = Input::new("webhooks.json", "{\"webhook\": {\"A\": {}}}");
    let json = import(&live, &ImportOptions::new().existing(input)).unwrap_err().to_string();
    assert!(json.contains("import writes TOML"), "{json}");
    // Settings alone, or nothing at all, are a good place to begin.
    for text in ["# mine\nserver = \"https://blynk.cloud\"\n", "", "# nothing yet\n"] {
        let imported = import(&live, &options(text)).unwrap();
        assert_eq!(imported.added.len(), 5);
        assert!(imported.text.starts_with(text), "{}", imported.text);
        let desired = Desired::parse([Input::new("webhooks.toml", imported.text.as_str())]).unwrap();
        let plan = Plan::new(&desired, &live, &PlanOptions::new()).unwrap();
        assert!(plan.items.iter().all(|item| item.action == Action::Unchanged));
    }
}

#[test]
fn no_secret_is_written_unless_it_is_asked_for() {
    let live = [Webhook::from_json(
        r#"{"id":1,"name":"A","url":"https://me:hunter2@e.example/?token=hunter2","oAuth2Request":{"clientId":"x","clientSecret":"hunter2"},"basicAuth":{"user":"me","password":"hunter2"},"headers":{"Authorization":"hunter2"},"formBody":{"x":"plain"}}"#,
    )
    .unwrap()];
    let without = import(&live, &ImportOptions::new()).unwrap();
    assert!(!without.text.contains("hunter2") && without.text.contains("plain"), "{}", without.text);
    assert!(without.warnings[0].contains("the URL of 'A' contains credentials"), "{without:?}");
    let with = import(&live, &ImportOptions::new().with_secrets(true)).unwrap();
    assert_eq!(with.text.matches("hunter2").count(), 5);
    assert!(!format!("{with:?}").contains("hunter2"));
}

/// Deeper than a value is taken apart, and than TOML can nest.
#[test]
fn what_is_nested_deeply_is_imported_without_secrets_and_plans_to_nothing() {
    for levels in [20, 30, 126, 127, 128, 5_000] {
        let nested = format!("{}\"a\"{}", "[".repeat(levels), "]".repeat(levels));
        let more = format!(
            r#","dataTrigger":{{"a":{nested}}},"oAuth2Request":{{"clientSecret":"hunter2","new":{nested}}},"new":{{"password":"hunter2","x":{nested}}}"#
        );
        let live = [webhook(1, "Deep", "DEVICE_ADDED", "deep", &more)];
        let imported = import(&live, &ImportOptions::new()).unwrap();
        assert!(!imported.text.contains("hunter2"), "{levels}: {}", imported.text);
        assert_plans_to_nothing(&imported.text, &live);
    }
}

/// The server may hold a URL that somebody copied from where its credentials are hidden.
#[test]
fn a_url_that_looks_hidden_is_kept() {
    for url in ["https://***@e.example/", "https://e.example/?key=***"] {
        for with_secrets in [false, true] {
            let json = webhook(1, "A", "DEVICE_ADDED", "a", "").to_json().replace("https://e.example/a", url);
            let live = [Webhook::from_json(json).unwrap()];
            let options = ImportOptions::new().with_secrets(with_secrets);
            let imported = import(&live, &options).unwrap();
            assert!(imported.text.contains("url = { keep = true }"), "{}", imported.text);
            assert_plans_to_nothing(&imported.text, &live);
            let before = import(&[webhook(1, "A", "DEVICE_ADDED", "a", "")], &options).unwrap().text;
            let merged = import(&live, &options.existing(Input::new("webhooks.toml", before.as_str()))).unwrap();
            assert_plans_to_nothing(&merged.text, &live);
        }
    }
}
