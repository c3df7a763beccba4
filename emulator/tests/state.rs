//! The state document: what it may hold, what it keeps to the letter, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use blynk_webhooks::{Status, WebhookPatch, field};
use blynk_webhooks_emulator::{Emulator, State};

/// Members that every webhook has, and these.
fn webhook(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    let full = r#""name":"n","trigger":"DEVICE_ADDED","url":"http://127.0.0.1:9/","method":"POST","contentType":"JSON","authType":"NONE""#;
    format!("{{{full}{comma}{members}}}")
}

fn start(webhooks: &str) -> Emulator {
    let state = State::from_json(&format!(r#"{{"webhooks": [{webhooks}]}}"#)).unwrap();
    Emulator::builder().state(state).start().unwrap()
}

/// What a client reads of the first webhook, as text.
async fn served(emulator: &Emulator) -> String {
    emulator.client().unwrap().list().await.unwrap().as_json().to_owned()
}

#[tokio::test]
async fn numbers_of_any_size_and_unknown_fields_are_kept_byte_for_byte() {
    let unknown =
        r#""big":18446744073709551617,"tiny":1.10e-400,"deep":{"list":[1e400,null]},"half":"\ud800","none":null"#;
    let emulator = start(&webhook(unknown));
    let text = emulator.command(r#"{"do": "snapshot"}"#).await.unwrap();
    let again = Emulator::builder().state(State::from_json(&text).unwrap()).start().unwrap();
    for emulator in [&emulator, &again] {
        let served = served(emulator).await;
        for member in [
            r#""big":18446744073709551617"#,
            r#""tiny":1.10e-400"#,
            r#""deep":{"list":[1e400,null]}"#,
            r#""half":"\ud800""#,
            r#""none":null"#,
        ] {
            assert!(served.contains(member) && text.contains(member), "{member}: {served}");
        }
    }
    assert_eq!(again.snapshot(), emulator.snapshot());
}

#[tokio::test]
async fn a_state_holds_what_the_api_would_refuse() {
    let long = "x".repeat(5_000);
    let odd = format!(
        r#"{{"id":7,"name":"","trigger":"NEXT_YEAR","url":"https://e.com/{long}","method":"HEAD","contentType":null,"authType":"MTLS","body":"{long}","status":"PAUSED","failureReceivers":[1,1,2,3,4,5,6,7,8,9,10,11],"dataTrigger":null}}"#
    );
    let emulator = start(&odd);
    let client = emulator.client().unwrap();
    let held = client.get(7).await.unwrap();
    assert_eq!(
        (held.name(), held.body(), held.status()),
        (Some(""), Some(long.as_str()), Some(Status::from("PAUSED")))
    );
    let text = served(&emulator).await;
    assert!(text.contains(r#""contentType":null"#) && text.contains(r#""dataTrigger":null"#), "{text}");
    // The API itself refuses it.
    let unchecked = emulator.client_builder().validate(false).build().unwrap();
    let error = unchecked.update(7, held.spec()).await.unwrap_err();
    assert_eq!(error.kind(), blynk_webhooks::ErrorKind::BadRequest);
    // An update that it takes leaves no null behind.
    let spec = blynk_webhooks::WebhookSpec::from_json(&webhook("")).unwrap();
    client.update(7, spec).await.unwrap();
    assert!(!served(&emulator).await.contains("null"));
}

#[tokio::test]
async fn an_unknown_field_named_like_the_counter_is_kept_once() {
    let emulator = Emulator::start().unwrap();
    let client = emulator.client().unwrap();
    let spec = blynk_webhooks::WebhookSpec::from_json(&webhook(r#""consecutiveFailures":"theirs""#)).unwrap();
    let id = client.create(spec).await.unwrap().id();
    emulator.trigger("DEVICE_ADDED", ()).await.unwrap();
    let text = emulator.snapshot().to_json();
    assert_eq!(text.matches(r#""consecutiveFailures":"#).count(), 1, "{text}");
    let again = Emulator::builder().state(State::from_json(&text).unwrap()).start().unwrap();
    assert_eq!(again.snapshot().to_json(), text);
    let kept = again.client().unwrap().get(id).await.unwrap();
    assert!(kept.to_json().contains(r#""consecutiveFailures":"theirs""#), "{}", kept.to_json());
}

#[tokio::test]
async fn a_patch_of_another_field_does_not_forget_failures() {
    let emulator = start(&webhook(r#""failureLimit":2"#));
    let client = emulator.client().unwrap();
    emulator.trigger("DEVICE_ADDED", ()).await.unwrap();
    client.patch(1, WebhookPatch::new().set(field::NAME, "Renamed")).await.unwrap();
    emulator.trigger("DEVICE_ADDED", ()).await.unwrap();
    assert_eq!(client.get(1).await.unwrap().status(), Some(Status::DisabledDueToErrors));
}

#[test]
fn an_array_is_no_object() {
    for text in [
        "[]",
        r#"{"organizations": [[7]]}"#,
        r#"{"clients": [["id", "secret"]]}"#,
        r#"{"limits": []}"#,
        r#"{"limits": [1, 2, 3, 4, 5, 6]}"#,
    ] {
        assert!(State::from_json(text).is_err(), "{text}");
        assert!(serde_json::from_str::<State>(text).is_err(), "{text}");
    }
    let state = State::from_json(r#"{"webhooks": [[]]}"#).unwrap();
    let problem = Emulator::builder().state(state).start().unwrap_err();
    assert!(problem.is_about_state() && problem.to_string().contains("webhooks[0]"), "{problem}");
}

#[tokio::test]
async fn a_refused_state_changes_nothing() {
    let emulator = start(&webhook(""));
    let before = emulator.snapshot();
    for state in ["[]", "5", "null", r#"{"limits": []}"#, r#"{"webhooks": [5]}"#, r#"{"webhooks": {}}"#] {
        let command = format!(r#"{{"do": "restore", "with": {{"state": {state}}}}}"#);
        let error = emulator.command(&command).await.unwrap_err();
        assert!(matches!(error, blynk_webhooks::Error::Validation(_)), "{state}: {error}");
        assert_eq!(emulator.snapshot(), before, "{state}");
    }
    for command in [
        "[]",
        r#"["reset"]"#,
        r#"{"do": "trigger", "with": []}"#,
        r#"{"do": "fail_next", "with": {"fault": ["reset"]}}"#,
    ] {
        assert!(emulator.command(command).await.is_err(), "{command}");
    }
    assert_eq!(emulator.command(r#"{"do": "faults"}"#).await.unwrap(), "[]");
}

#[test]
fn a_byte_order_mark_does_not_matter() {
    assert_eq!(State::from_json("\u{feff}{\"clock\": 5}").unwrap().clock, Some(5));
}

#[tokio::test]
async fn the_limit_of_webhooks_tells_how_to_raise_it() {
    let state = State::from_json(r#"{"limits": {"webhooks": 0}}"#).unwrap();
    let emulator = Emulator::builder().state(state).start().unwrap();
    let spec = blynk_webhooks::WebhookSpec::from_json(&webhook("")).unwrap();
    let message = emulator.client().unwrap().create(spec).await.unwrap_err().to_string();
    assert!(message.contains(r#"{"limits": {"webhooks": "#), "{message}");
}
