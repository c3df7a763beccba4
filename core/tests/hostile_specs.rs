//! Specifications and webhooks that nobody writes by hand: very long, very deep, very many, and beyond what Rust's types hold.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use blynk_webhooks::{
    Client, Code, Error, Field, FieldValue, Purpose, Violation, Webhook, WebhookPatch, WebhookSpec, placeholders,
};
use serde_json::{Map, Value, json};

fn spec() -> WebhookSpec {
    WebhookSpec::new("n", "NEW_USER", "https://example.com").method("GET").content_type("JSON").auth_type("NONE")
}

/// Distinct placeholders, 8 MB of them: what takes the square of their number does not end.
fn very_many_placeholders() -> String {
    (0..600_000).map(|n| format!("{{user_{n:06}}}")).collect()
}

fn bounded(found: &[Violation]) {
    assert!(!found.is_empty() && found.len() < 100, "{} violations", found.len());
    for violation in found {
        assert!(violation.to_string().len() < 1_000, "{violation}");
    }
    let text = Error::from(found.to_vec()).to_string();
    assert!(text.len() < 20_000, "{} bytes", text.len());
}

#[test]
fn very_many_placeholders_are_found_in_one_pass() {
    let body = very_many_placeholders();
    assert_eq!(placeholders(&body).len(), 600_000);
    let found = spec().body(&*body).validate();
    assert_eq!((found.len(), found[0].code), (1, Code::TooLong));
    bounded(&found);
    bounded(&spec().body(body).render(&Map::new()).unwrap_err());
}

#[test]
fn a_body_of_braces_and_a_name_without_end_take_one_pass() {
    for body in [
        "{".repeat(4_000_000),
        "{a".repeat(2_000_000),
        "{a[1".repeat(1_000_000),
        "{".to_owned() + &"a".repeat(4_000_000),
    ] {
        assert_eq!(placeholders(&body).len(), 0);
        bounded(&spec().body(body.clone()).validate());
        bounded(&spec().url(body).validate());
    }
}

#[test]
fn violations_are_bounded_in_number_and_length() {
    let many = |item: Value| Value::from(vec![item; 20_000]);
    let long = "x".repeat(1_000_000);
    let texts = [
        json!({"failureReceivers": many("x".into())}),
        json!({"failureReceivers": many(json!({"a": ["x".repeat(100)]}))}),
        json!({"failureReceivers": [1], "failureLimit": "9".repeat(10_000)}),
        json!({"name": long, "url": long, "body": long, "trigger": long, "method": long, "status": long}),
        json!({"url": format!("https://e.com/?{}token=x", "y".repeat(10_000)), "body": "{user_x}".repeat(100)}),
        (0..20_000).map(|n| (format!("nam{n}"), Value::from(1))).collect::<Map<_, _>>().into(),
        json!({(long.clone()): 1}),
    ];
    for text in texts {
        bounded(&WebhookSpec::from_json_for(&text.to_string(), Purpose::Either).unwrap_err());
    }
    let digits =
        format!(r#"{{"failureLimit":{},"failureReceivers":[{}]}}"#, "9".repeat(1_000_000), "9".repeat(1_000_000));
    bounded(&WebhookSpec::from_json(&digits).unwrap_err());
    let mut twice = spec();
    twice.extra = (0..20_000).map(|n| (format!("x{}", n % 100), Value::from(n).into())).collect();
    bounded(&twice.validate());
}

#[tokio::test]
async fn what_extra_can_never_send_is_an_error_with_validation_and_without() {
    let client =
        |validate| Client::builder().base_url("http://127.0.0.1:9").token("t").validate(validate).build().unwrap();
    for (extra, code) in [
        (&["failureLimit"][..], Code::UnknownField),
        (&["body"], Code::UnknownField),
        (&["id"], Code::NotSettable),
        (&["lastTriggeredTs"], Code::NotSettable),
        (&["x", "x"], Code::Duplicate),
    ] {
        let mut spec = spec();
        spec.extra = extra.iter().map(|name| ((*name).to_owned(), Value::from(1).into())).collect();
        let found = spec.validate();
        assert_eq!(found.iter().map(|found| (&*found.path, found.code)).collect::<Vec<_>>(), [(extra[0], code)]);
        for validate in [true, false] {
            for error in [
                client(validate).create(spec.clone()).await.unwrap_err(),
                client(validate).update(1, spec.clone()).await.unwrap_err(),
            ] {
                let Error::Validation(found) = error else { panic!("{error}") };
                assert_eq!(found[0].code, code);
            }
        }
    }
}

/// Values of unknown fields that a reader into Rust's types would refuse or round.
fn odd_values() -> Vec<String> {
    let deep = |depth: usize| format!("{}0{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}0{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let mut values: Vec<String> = [
        "1e400",
        "-1E-400",
        "18446744073709551617",
        "0.10000000000000000555111512312578270211815834045410156250",
        "123456789012345678901234567890.5e+10",
        "-0",
        "1.0",
        r#""\ud800""#,
        r#""a\udfff\ud83d\ude00\u0000""#,
        r#"{"b":1,"a":2,"b":3}"#,
        r#"{ "white" : [ 1 ,2 ] }"#,
        r#"{"\ud800":1}"#,
        r#""\u0041\/""#,
        "null",
        "true",
    ]
    .map(String::from)
    .into();
    values.extend([deep(101), deep(128), deep(10_000), deep(1_000_000), objects(10_000)]);
    values
}

#[test]
fn every_byte_of_an_unknown_value_is_kept() {
    for value in odd_values() {
        let shown: String = value.chars().take(60).collect();
        let text = format!(r#"{{"id":7,"name":"n","status":"PAUSED","x":{value},"y":{value}}}"#);
        let webhook = Webhook::from_json(text.clone()).unwrap();
        assert!(webhook.to_json() == text, "{shown}");
        assert!(webhook.extra() == [("x", &*value), ("y", &*value)], "{shown}");
        assert_eq!(Webhook::from_json(webhook.to_json()).unwrap(), webhook);
        assert!(!format!("{webhook:?}").is_empty() && webhook.redacted_json().contains(r#""x":"***""#));
        // What is sent back, changed or not.
        let spec = webhook.spec();
        let sent = format!(r#"{{"name":"n","status":"PAUSED","x":{value},"y":{value}}}"#);
        assert!(spec.to_json() == sent, "{shown}");
        let again = WebhookSpec::from_json(&sent).unwrap();
        assert!(again.to_json() == sent && again == spec, "{shown}");
        let patched = WebhookPatch::new().set(Field::Name, "m").clear("y").apply(&spec).unwrap();
        assert!(patched.to_json() == format!(r#"{{"name":"m","status":"PAUSED","x":{value}}}"#), "{shown}");
        let patch = WebhookPatch::from_json(&format!(r#"{{"z":{value}}}"#)).unwrap();
        let patched = patch.apply(&WebhookSpec::default()).unwrap();
        // A null clears.
        let expected = if value == "null" { "{}".to_owned() } else { format!(r#"{{"z":{value}}}"#) };
        assert!(patched.to_json() == expected, "{shown}");
        drop(spec.validate());
    }
}

#[test]
fn half_of_a_surrogate_pair_survives_in_known_fields_and_in_names() {
    let text = r#"{"id":1,"name":"\ud800 n","body":"\udc00","a\ud800":1}"#;
    let webhook = Webhook::from_json(text).unwrap();
    assert_eq!(webhook.to_json(), text);
    assert_eq!(webhook.name(), Some("\u{fffd} n"));
    assert_eq!(webhook.extra(), [("a\u{fffd}", "1")]);
    assert_eq!(webhook.spec().to_json(), r#"{"name":"\ud800 n","body":"\udc00","a\ud800":1}"#);
    let patched = WebhookPatch::new().set(Field::Body, "new").apply(&webhook.spec()).unwrap();
    assert_eq!(patched.to_json(), r#"{"name":"\ud800 n","body":"new","a\ud800":1}"#);
}

#[test]
fn a_webhook_of_an_id_and_a_specification() {
    let spec = spec().body("{}").extra("x", json!({"a": 1}));
    let webhook = Webhook::new(7, &spec).unwrap();
    assert_eq!((webhook.id(), webhook.spec()), (7, spec));
    assert_eq!(webhook.get(Field::Body), Some(FieldValue::Text("{}")));
    assert_eq!(Webhook::new(1, &WebhookSpec::default()).unwrap().to_json(), r#"{"id":1}"#);
    assert!(Webhook::new(1, &WebhookSpec::default().data_trigger(json!(5))).is_err());
}
