//! The file: what it may say, and what is found in it, where.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use blynk_webhooks::Webhook;
use blynk_webhooks_plan::{Action, Desired, FindingCode, Findings, Input, Plan, PlanError, PlanOptions, Secrets, load};

fn toml(text: &str) -> Result<Desired, Findings> {
    Desired::parse([Input::new("webhooks.toml", text)])
}

fn parsed(text: &str) -> Desired {
    toml(text).unwrap_or_else(|findings| panic!("{findings}"))
}

/// The findings of a text, one on each line.
fn found(text: &str) -> Vec<String> {
    let findings = match toml(text) {
        Ok(desired) => desired.validate(),
        Err(findings) => findings,
    };
    findings.as_slice().iter().filter(|finding| finding.is_error()).map(ToString::to_string).collect()
}

const REST: &str = "trigger = \"DEVICE_ADDED\"\nurl = \"https://e.example\"\nmethod = \"POST\"\ncontentType = \"PLAIN_TEXT\"\nauthType = \"NONE\"\n";

fn plan_of(text: &str, live: &[Webhook]) -> Result<Plan, PlanError> {
    Plan::new(&parsed(text), live, &PlanOptions::new())
}

fn sent(plan: &Plan, item: usize, field: &str) -> serde_json::Value {
    let change = plan.items[item].changes.iter().find(|change| change.field == field);
    change.unwrap_or_else(|| panic!("{field} does not change: {:?}", plan.items[item])).after.clone()
}

#[test]
fn every_finding_has_its_line_and_column() {
    let cases = [
        ("", "webhooks.toml:1:1: error: the file is empty"),
        ("  # only a comment\n", "webhooks.toml:1:1: error: the file is empty"),
        ("version = 1\n", "webhooks.toml:1:1: error: no webhook is defined"),
        ("[webhook]\n", "webhooks.toml:1:1: error: no webhook is defined"),
        ("version = 2\n[webhook.A]", "webhooks.toml:1:11: error: version 2 is not supported"),
        (
            "verison = 1\n[webhook.A]",
            "webhooks.toml:1:1: error: 'verison' is not a key of this file; did you mean 'version'?",
        ),
        ("server = \"blynk.cloud\"\n[webhook.A]", "webhooks.toml:1:10: error: must be the address of a server"),
        ("server = \"https://me:hunter2@e.com\"\n[webhook.A]", "webhooks.toml:1:10: error: contains credentials"),
        ("org = \"x\"\n[webhook.A]", "webhooks.toml:1:7: error: must be an organization's id (int32), is a string"),
        ("[guard]\nmax_delete = 1\n[webhook.A]", "webhooks.toml:2:1: error: 'max_delete' is not a key of [guard]"),
        ("[guard]\nmax_deletes = \"130%\"\n[webhook.A]", "webhooks.toml:2:15: error: must be a number of webhooks"),
        ("[guard]\nmax_deletes = -1\n[webhook.A]", "webhooks.toml:2:15: error: must be a number of webhooks"),
        ("[defaults]\nname = \"x\"\n[webhook.A]", "webhooks.toml:2:1: error: 'name' belongs to one webhook"),
        ("[webhook.A]\nurl = \"x\n", "webhooks.toml:2:9: error: not TOML: invalid basic string"),
        ("webhook = 5\n", "webhooks.toml:1:11: error: must be a table of webhooks, is 5"),
        ("[webhook.A]\nabsent = \"yes\"\n", "webhooks.toml:2:10: error: must be true or false, is a string"),
        ("[webhook.A]\nid = 1.5\n", "webhooks.toml:2:6: error: must be a webhook's id (int32), is 1.5"),
        (
            "[webhook.A]\nexpect = { maxSilnce = \"2h\" }\n",
            "webhooks.toml:2:12: error: 'maxSilnce' is not a key of expect; did you mean 'maxSilence'?",
        ),
        ("[webhook.A]\nexpect = { maxSilence = \"soon\" }\n", "webhooks.toml:2:25: error: 'soon' is not a duration"),
        ("[webhook.A]\nfor_each = { pin = [] }\n", "webhooks.toml:2:20: error: for_each has no values"),
        (
            "[webhook.\"{device_id}\"]\nfor_each = { device_id = [1] }\n",
            "webhooks.toml:2:12: error: {device_id} is a placeholder of the platform",
        ),
        (
            "[webhook.A]\nfor_each = { pin = [1, 2] }\n",
            "webhooks.toml:1:10: error: for_each makes several webhooks of one name",
        ),
        (
            "[webhook.A]\nbody = { env = 5 }\n",
            "webhooks.toml:2:8: error: { env = … } must have the name of an environment variable",
        ),
        (
            "[webhook.A]\nbody = { json = \"{\" }\n",
            "webhooks.toml:2:8: error: { json = … } must have a string with JSON in it",
        ),
        ("[webhook.A]\nbody = { keep = false }\n", "webhooks.toml:2:8: error: { keep = … } must have the value true"),
        ("[webhook.A]\nx = 2020-01-01\n", "webhooks.toml:2:5: error: JSON has no dates"),
        ("[webhook.A]\nx = inf\n", "webhooks.toml:2:5: error: JSON has no infinity"),
        (
            "[webhook.A]\nextra = { url = \"x\" }\n",
            "webhooks.toml:2:11: error: 'url' is a field that this version knows",
        ),
        (
            "[webhook.A]\nname = { env = \"X\" }\n",
            "webhooks.toml:2:8: error: must be a string: a webhook is found by its name",
        ),
    ];
    for (text, expected) in cases {
        let found = found(text);
        assert!(found.iter().any(|finding| finding.starts_with(expected)), "{text:?}: {found:#?}");
    }
}

#[test]
fn columns_are_counted_in_characters() {
    let found = found(&format!("[webhook.\"Türen 🚪\"]\n{REST}body = \"ä\"\nfailureReceivers = [ \"é\" ]\n"));
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("webhooks.toml:8:22: error: failureReceivers[0]: must be an integer"), "{found:?}");
}

#[test]
fn a_misspelt_field_is_named_with_what_was_meant() {
    let found = found(&format!("[webhook.A]\n{REST}conentType = \"JSON\"\n"));
    assert!(
        found[0].starts_with(
            "webhooks.toml:7:1: error: 'conentType' is not a field of a webhook; did you mean 'contentType'?"
        ),
        "{found:?}"
    );
    // A field that the server's webhook has is no typo.
    let live = Webhook::from_json(
        r#"{"id":1,"name":"A","trigger":"DEVICE_ADDED","url":"https://e.example","method":"POST","contentType":"PLAIN_TEXT","authType":"NONE","urls":[1]}"#,
    )
    .unwrap();
    let plan = plan_of(&format!("[webhook.A]\n{REST}urls = [1]\n"), std::slice::from_ref(&live)).unwrap();
    assert!(plan.is_empty());
    let error = plan_of(&format!("[webhook.B]\n{REST}urls = [1]\n"), &[live]).unwrap_err();
    assert!(error.to_string().contains("did you mean 'url'?"), "{error}");
    // In `extra` it is what it says.
    let plan = plan_of(&format!("[webhook.B]\n{REST}extra = {{ urls = [1], was = 5 }}\n"), &[]).unwrap();
    assert_eq!(
        plan.items[0].changes.iter().filter(|change| ["urls", "was"].contains(&change.field.as_str())).count(),
        2
    );
}

#[test]
fn a_value_out_of_the_contract_is_found_at_its_place() {
    let found = found(&format!(
        "[webhook.A]\n{}body = \"{}\"\n",
        REST.replace("\"POST\"", "\"PSOT\"").replace("https://e.example", "e.example"),
        "x".repeat(1025)
    ));
    assert!(
        found.iter().any(|finding| finding.starts_with("webhooks.toml:4:10: error: method: 'PSOT' is not one of")),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|finding| finding.starts_with("webhooks.toml:3:7: error: url: must be an absolute URL")),
        "{found:#?}"
    );
    assert!(
        found.iter().any(|finding| finding.starts_with("webhooks.toml:7:8: error: body: has 1025 characters")),
        "{found:#?}"
    );
    let missing = found_in_plan("[webhook.A]\nurl = \"https://e.example\"\n");
    assert!(
        missing
            .iter()
            .any(|finding| finding.starts_with(r#"webhooks.toml:1:10: error: webhook "A": trigger: is required"#)),
        "{missing:#?}"
    );
    // One table makes several webhooks: the message says which one.
    let repeated =
        found_in_plan("[webhook.\"Pin {pin}\"]\nfor_each = { pin = [\"V1\", \"V2\"] }\nurl = \"https://e.example\"\n");
    for pin in ["V1", "V2"] {
        let message = format!("webhook \"Pin {pin}\": trigger: is required");
        assert!(repeated.iter().any(|finding| finding.contains(&message)), "{repeated:#?}");
    }
}

fn found_in_plan(text: &str) -> Vec<String> {
    match plan_of(text, &[]) {
        Err(PlanError::Findings(findings)) => findings.as_slice().iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_webhook_that_is_defined_twice_is_an_error_with_both_places() {
    let twice = found("[webhook.A]\nurl = \"x\"\n\n[webhook.B]\n\n[webhook.A]\nurl = \"y\"\n");
    assert_eq!(
        twice,
        ["webhooks.toml:6:10: error: A is defined twice; remove one (the first one: webhooks.toml:1:10)"]
    );
    let same_key = found("[webhook.A]\nurl = \"x\"\nurl = \"y\"\n");
    assert_eq!(
        same_key,
        ["webhooks.toml:3:1: error: url is defined twice; remove one (the first one: webhooks.toml:2:1)"]
    );
    let by_name = found("[webhook.A]\n\n[webhook.B]\nname = \"A\"\n");
    assert_eq!(
        by_name,
        [
            "webhooks.toml:3:10: error: 'A' is defined twice; remove one definition, or pin both webhooks with their id (the first definition: webhooks.toml:1:10)"
        ]
    );
    let by_id = found("[webhook.A]\nid = 7\n\n[webhook.B]\nid = 7\n");
    assert!(by_id[0].starts_with("webhooks.toml:4:10: error: the webhook with id 7 is defined twice"), "{by_id:?}");

    let one = Input::new("one.toml", "[webhook.A]\n");
    let two = Input::new("two.json", r#"{"webhook": {"B": {}, "A": {}}}"#);
    let findings = Desired::parse([one, two]).err().unwrap().to_string();
    assert!(findings.starts_with("two.json:1:24: error: 'A' is defined twice"), "{findings}");
    assert!(findings.contains("one.toml:1:10"), "{findings}");
    let repeated =
        Desired::parse([Input::new("x.json", "{\"webhook\": {\"A\": {},\n\"A\": {}}}")]).err().unwrap().to_string();
    assert_eq!(repeated, "x.json:2:2: error: 'A' is defined twice; remove one (the first one: x.json:1:15)");
}

#[test]
fn several_files_must_agree_on_what_they_are_about() {
    let input = |name: &str, text: &str| Input::new(name, text);
    let one = input("one.toml", "server = \"https://fra1.blynk.cloud/\"\norg = 1\n[webhook.A]\n");
    let same = input("two.toml", "server = \"https://fra1.blynk.cloud\"\n[webhook.B]\n");
    let desired = Desired::parse([one.clone(), same]).unwrap();
    assert_eq!((desired.org(), desired.webhooks().len()), (Some(1), 2));
    let other = input("two.toml", "org = 2\n[webhook.B]\n");
    let findings = Desired::parse([one, other]).err().unwrap();
    assert_eq!(findings.as_slice()[0].code, FindingCode::Conflict);
    assert_eq!(
        findings.to_string(),
        "two.toml:1:7: error: 'org' must be the same in all files (the other one: one.toml:2:7)"
    );
}

#[test]
fn files_and_folders_are_read_and_what_is_missing_is_said() {
    let folder = std::env::temp_dir().join(format!("blynk-webhooks-plan-files-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("below")).unwrap();
    let missing = load(&[folder.join("webhooks.toml")]).err().unwrap().to_string();
    assert!(missing.contains("does not exist; import writes it"), "{missing}");
    let empty = load(std::slice::from_ref(&folder)).err().unwrap();
    assert_eq!(empty.as_slice()[0].code, FindingCode::Empty);
    std::fs::write(folder.join("b.toml"), "\u{feff}[webhook.B]\n").unwrap();
    std::fs::write(folder.join("a.json"), r#"[{"name": "A"}]"#).unwrap();
    std::fs::write(folder.join(".hidden.toml"), "not toml").unwrap();
    std::fs::write(folder.join("below/c.toml"), "not toml").unwrap();
    std::fs::write(folder.join("notes.md"), "not toml").unwrap();
    let desired = load(&[folder.clone(), folder.join("b.toml")]).unwrap();
    assert_eq!(desired.webhooks().iter().map(|webhook| webhook.label()).collect::<Vec<_>>(), ["A", "B"]);
    std::fs::write(folder.join("b.toml"), [0xff, 0xfe]).unwrap();
    let broken = load(&[folder.join("b.toml")]).err().unwrap().to_string();
    assert!(broken.contains("is not UTF-8"), "{broken}");
    std::fs::write(folder.join("b.toml"), "").unwrap();
    // One empty file is an error, also beside a full one.
    let empty = load(std::slice::from_ref(&folder)).err().unwrap().to_string();
    assert!(empty.contains("b.toml:1:1: error: the file is empty"), "{empty}");
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(load(&[] as &[PathBuf]).is_err());
}

#[test]
fn for_each_fills_names_and_fields() {
    let text = format!(
        "[webhook.\"Pin {{pin}} of {{product}}\"]\nfor_each = {{ pin = [\"V1\", \"V2\"], product = [5, 6] }}\n{}dataTrigger = {{ pin = \"{{pin}}\", product = \"{{product}}\", text = \"p{{product}}\" }}\nbody = '{{{{\"v\": \"{{device_pinValue}}\", \"pin\": \"{{pin}}\", \"p\": {{product}}}}}}'\n",
        REST.replace("https://e.example", "https://e.example/{pin}/{device_id}")
    );
    let plan = plan_of(&text, &[]).unwrap();
    let names: Vec<_> = plan.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["Pin V1 of 5", "Pin V1 of 6", "Pin V2 of 5", "Pin V2 of 6"]);
    assert_eq!(sent(&plan, 1, "url"), "https://e.example/V1/{device_id}");
    assert_eq!(sent(&plan, 1, "dataTrigger").to_string(), r#"{"pin":"V1","product":6,"text":"p6"}"#);
    assert_eq!(sent(&plan, 1, "body"), r#"{{"v": "{device_pinValue}", "pin": "V1", "p": 6}}"#);

    let text = format!(
        "[webhook.\"Pin {{pin}}\"]\nfor_each = [{{ pin = \"V1\", n = 7 }}, {{ pin = \"V2\", n = 8 }}]\n{REST}failureLimit = \"{{n}}\"\n"
    );
    let plan = plan_of(&text, &[]).unwrap();
    assert_eq!((sent(&plan, 0, "failureLimit"), sent(&plan, 1, "failureLimit")), (7.into(), 8.into()));
}

#[test]
fn defaults_fill_what_a_webhook_leaves_out() {
    let text = format!(
        "[defaults]\n{REST}body = \"default\"\nfailureLimit = 3\nnewField = 1\n[webhook.A]\nbody = \"own\"\n[webhook.B]\nfailureLimit = {{ json = \"null\" }}\n"
    );
    let plan = plan_of(&text, &[]).unwrap();
    assert_eq!((sent(&plan, 0, "body"), sent(&plan, 1, "body")), ("own".into(), "default".into()));
    assert_eq!(sent(&plan, 0, "failureLimit"), 3);
    assert!(plan.items[1].changes.iter().all(|change| change.field != "failureLimit"));
    assert_eq!(plan.items[1].changes.iter().filter(|change| change.field == "newField").count(), 1);
}

#[test]
fn secrets_are_read_from_elsewhere_and_never_shown() {
    let secrets = Secrets::with_environment(|name| (name == "TARGET_SECRET").then(|| "hunter2 hunter2".to_owned()));
    let options = PlanOptions::new().secrets(secrets);
    let text = format!(
        "[webhook.A]\n{}oAuth2Request = {{ clientId = \"x\", clientSecret = {{ env = \"TARGET_SECRET\" }} }}\nbody = {{ env = \"TARGET_SECRET\" }}\n",
        REST.replace("NONE", "OAUTH2")
    );
    let plan = Plan::new(&parsed(&text), &[], &options).unwrap();
    assert_eq!(sent(&plan, 0, "oAuth2Request").to_string(), r#"{"clientId":"x","clientSecret":"***"}"#);
    assert_eq!(sent(&plan, 0, "body"), "***");
    assert!(
        !plan.to_json().contains("hunter2")
            && !plan.to_text(false).contains("hunter2")
            && !format!("{plan:?}").contains("hunter2")
    );
    // Without the variable, the place says so.
    let none = PlanOptions::new().secrets(Secrets::with_environment(|_| None));
    let error = Plan::new(&parsed(&text), &[], &none).unwrap_err().to_string();
    assert!(
        error.starts_with("webhooks.toml:7:50: error: the environment variable TARGET_SECRET is not set"),
        "{error}"
    );
}

#[test]
fn lines_are_shown_without_the_secrets_in_them() {
    let text = format!(
        "[webhook.A]\n{}oAuth2Request = {{ clientSecret = \"hunter2\", tokenUrl = 2020-01-01 }}\n[webhook.B]\n{REST}url2 = {{ x = 1 }}\nbasicAuth = {{ password = \"hunter2\", at = 2020-01-01 }}\n[webhook.C]\n{}failureLimit = \"x\"\n",
        REST.replace("NONE", "OAUTH2"),
        REST.replace("https://e.example", "https://me:hunter2@e.example")
    );
    let Err(findings) = toml(&text) else { panic!("it has dates") };
    let shown = findings.render(false);
    assert!(shown.contains("JSON has no dates") && shown.contains("clientSecret = *********"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    // The caret stands under the value.
    let caret = shown.lines().find(|line| line.contains('^')).unwrap();
    let line = shown.lines().find(|line| line.contains("tokenUrl")).unwrap();
    assert_eq!(caret.find('^'), line.find("2020"), "{shown}");
    assert!(findings.render(true).contains("\u{1b}["));
}

#[test]
fn a_line_that_is_no_toml_is_shown_without_its_secret() {
    for text in ["[webhook.A]\noAuth2Request = { clientSecret = \"hunter2 }\n", "[webhook.A]\nbasicAuth = hunter2\n"] {
        let Err(findings) = toml(text) else { panic!("no TOML") };
        let shown = findings.render(false);
        assert!(shown.contains("webhooks.toml:2:") && !shown.contains("hunter2"), "{shown}");
    }
    let Err(findings) = Desired::parse([Input::new("x.json", "{\"webhook\": {\"A\":\n {\"password\": hunter2}}}")])
    else {
        panic!("no JSON")
    };
    assert!(findings.render(false).contains("x.json:2:") && !findings.render(false).contains("hunter2"));
}

#[test]
fn numbers_and_nulls_survive() {
    let text = format!(
        "[webhook.A]\n{REST}newField = {{ big = {{ json = \"18446744073709551617\" }}, none = {{ json = \"null\" }}, pi = 3.14159265358979323846, n = 1_000, h = 0xff, f = +1.5, e = 1e3 }}\n"
    );
    let live = Webhook::from_json(
        r#"{"id":1,"name":"A","trigger":"DEVICE_ADDED","url":"https://e.example","method":"POST","contentType":"PLAIN_TEXT","authType":"NONE","newField":{"big":18446744073709551617,"none":null,"pi":3.14159265358979323846,"n":1000,"h":255,"f":1.5,"e":1000}}"#,
    )
    .unwrap();
    assert!(plan_of(&text, std::slice::from_ref(&live)).unwrap().is_empty());
    let other = text.replace("18446744073709551617", "18446744073709551618");
    assert_eq!(plan_of(&other, &[live]).unwrap().items[0].action, Action::Update);
}

#[test]
fn what_get_prints_goes_in_unchanged() {
    let live = r#"{"id":7,"name":"A","trigger":"DEVICE_ADDED","url":"https://e.example","method":"POST","contentType":"JSON","authType":"NONE","body":"{}","status":"ENABLED","failureLimit":10,"formBody":{"a":[1,null]},"attemptCount":3,"createdAt":1,"lastModifiedTs":2,"lastTriggeredTs":3}"#;
    let webhook = [Webhook::from_json(live).unwrap()];
    for text in [format!("[{live}]"), format!(r#"{{"version":1,"webhook":{{"A":{live}}}}}"#)] {
        let desired = Desired::from_json(&text).unwrap_or_else(|findings| panic!("{findings}"));
        assert!(Plan::new(&desired, &webhook, &PlanOptions::new()).unwrap().is_empty());
    }
}

#[test]
fn what_was_shown_without_its_secret_keeps_it() {
    let live = Webhook::from_json(
        r#"{"id":7,"name":"A","trigger":"DEVICE_ADDED","url":"https://me:hunter2@e.example","method":"POST","contentType":"JSON","authType":"OAUTH2","oAuth2Request":{"clientId":"x","clientSecret":"hunter2"}}"#,
    )
    .unwrap();
    let text = live.to_json().replace(r#""hunter2""#, r#""<redacted>""#);
    let desired = Desired::from_json(&format!("[{text}]")).unwrap();
    assert!(Plan::new(&desired, &[live], &PlanOptions::new()).unwrap().is_empty());
    let url = Desired::from_json(&format!("[{}]", text.replace("me:hunter2@", "***@"))).err().unwrap().to_string();
    assert!(url.contains("hides its credentials"), "{url}");
}

#[test]
fn a_list_has_no_places_and_no_empty_list_is_a_plan() {
    let empty = Desired::from_json("[]").err().unwrap();
    assert_eq!(empty.as_slice()[0].code, FindingCode::Empty);
    assert!(empty.as_slice()[0].place.is_none());
    assert!(Desired::from_json("").is_err() && Desired::from_json("5").is_err() && Desired::from_json("{}").is_err());
    let nameless = Desired::from_json(r#"[{"url":"https://e.example"}]"#).err().unwrap().to_string();
    assert!(nameless.contains("needs a name"), "{nameless}");
    let twice = Desired::from_json(r#"[{"name":"A"},{"name":"A"}]"#).err().unwrap().to_string();
    assert!(twice.contains("'A' is defined twice"), "{twice}");
}
