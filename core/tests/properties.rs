//! Properties that hold for any webhook, template, patch and answer: 10,000 cases each.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use blynk_webhooks::{
    ContentType, Json, Method, Status, Trigger, Webhook, WebhookList, WebhookPatch, WebhookSpec, field, placeholders,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const CASES: u32 = 10_000;

/// Any JSON value, not deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    vec((any::<String>(), any_json()), 0..4).prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// A known enum value or any other text.
fn any_name(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![proptest::sample::select(known).prop_map(String::from), "[A-Z_]{1,20}"]
}

/// Any webhook as a server may send it: any subset of the fields, known and unknown.
fn any_webhook() -> impl Strategy<Value = Map<String, Value>> {
    let texts = (of(any::<String>()), of(any_name(Trigger::NAMES)), of(any::<String>()), of(any_name(Method::NAMES)));
    let more = (of(any_name(ContentType::NAMES)), of(any_name(Status::NAMES)), of(any::<String>()));
    let objects = (of(any_object()), of(any_object()), of(vec(any::<i64>(), 0..12)));
    let numbers = (any::<i32>(), of(any::<i32>()), of(any::<i64>()), of(any::<i64>()), of(any::<i32>()));
    let unknown = vec(("x[a-zA-Z\"\\\\é]{0,6}", any_json()), 0..4);
    (texts, more, objects, numbers, unknown).prop_map(|(texts, more, objects, numbers, unknown)| {
        let mut webhook = Map::new();
        let mut put = |name: &str, value: Option<Value>| value.map(|value| webhook.insert(name.into(), value));
        put(field::ID, Some(numbers.0.into()));
        put(field::NAME, texts.0.map(Into::into));
        put(field::TRIGGER, texts.1.map(Into::into));
        put(field::URL, texts.2.map(Into::into));
        put(field::METHOD, texts.3.map(Into::into));
        put(field::CONTENT_TYPE, more.0.map(Into::into));
        put(field::STATUS, more.1.map(Into::into));
        put(field::BODY, more.2.map(Into::into));
        put(field::DATA_TRIGGER, objects.0);
        put(field::OAUTH2_REQUEST, objects.1);
        put(field::FAILURE_RECEIVERS, objects.2.map(Into::into));
        put(field::ATTEMPT_COUNT, numbers.1.map(Into::into));
        put(field::CREATED_AT, numbers.2.map(Into::into));
        put(field::LAST_TRIGGERED, numbers.3.map(Into::into));
        put(field::FAILURE_LIMIT, numbers.4.map(Into::into));
        unknown.into_iter().for_each(|(name, value)| drop(webhook.insert(name, value)));
        webhook
    })
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_webhook_survives_the_round_trip(webhook in any_webhook()) {
        let text = Value::from(webhook.clone()).to_string();
        let read = Webhook::from_json(text.as_str()).unwrap();
        prop_assert_eq!(value(&read.to_json()), Value::from(webhook.clone()));
        let again = Webhook::from_json(read.to_json()).unwrap();
        prop_assert_eq!(&again, &read);
        let list = WebhookList::from_json(format!("[{text}, {text}]")).unwrap();
        prop_assert_eq!(&list[1], &read);

        let mut settable = webhook;
        field::READ_ONLY.iter().for_each(|name| drop(settable.remove(*name)));
        prop_assert_eq!(value(&read.spec().to_json()), Value::from(settable));
        prop_assert_eq!(WebhookSpec::from_json(&read.to_json()).unwrap(), read.spec());
    }

    #[test]
    fn a_webhook_from_the_server_has_no_unknown_value_error(webhook in any_webhook()) {
        let read = Webhook::from_json(Value::from(webhook).to_string()).unwrap();
        for violation in read.spec().validate() {
            prop_assert!(!(violation.is_error() && violation.code.as_str() == "unknown_value"), "{}", violation);
        }
    }

    #[test]
    fn a_patch_changes_what_it_says(webhook in any_webhook(), name in of(any::<String>()), body in of(of(any::<String>())), extra in of(of(any_json()))) {
        let spec = Webhook::from_json(Value::from(webhook).to_string()).unwrap().spec();
        let mut expected = value(&spec.to_json());
        let mut patch = WebhookPatch::new();
        let mut change = |key: &str, to: Option<Value>| {
            let to = to.unwrap_or_default();
            patch = std::mem::take(&mut patch).set(key, to.clone());
            if to.is_null() { expected.as_object_mut().unwrap().remove(key); } else { expected[key] = to; }
        };
        if let Some(name) = name { change(field::NAME, Some(name.into())); }
        if let Some(body) = body { change(field::BODY, body.map(Into::into)); }
        if let Some(extra) = extra { change("xa", extra); }
        prop_assert_eq!(value(&patch.apply(&spec).unwrap().to_json()), expected);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = (Webhook::from_json(text.as_ref()), WebhookList::from_json(text.as_ref()), Json::parse(&text));
        let _ = (WebhookSpec::from_json(&text), WebhookPatch::from_json(&text), placeholders(&text));
    }

    #[test]
    fn no_json_makes_a_reader_panic(members in vec((proptest::sample::select(&field::SETTABLE[..]), any_json()), 0..6)) {
        let object: Map<String, Value> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let text = Value::from(object).to_string();
        let _ = (Webhook::from_json(text.as_str()), WebhookPatch::from_json(&text));
        if let Ok(spec) = WebhookSpec::from_json(&text) {
            let _ = (spec.validate(), spec.placeholders(), spec.render(&Map::new()), format!("{spec:?}"));
        }
    }

    #[test]
    fn a_rendered_json_body_is_json_and_holds_the_value(name in any::<String>(), id in any::<i64>(), object in any_object()) {
        let body = r#"{"quoted": "<{device_name}>", "{device_name}": {device_id}, "bare": {device_name}, "object": {user_object}}"#;
        let spec = WebhookSpec::new("n", Trigger::DeviceAdded, "https://example.com").method("POST").content_type("JSON").body(body);
        let values = json!({"device_name": name, "device_id": id, "user_object": object});
        let request = spec.render(values.as_object().unwrap()).unwrap();
        let mut expected = Map::new();
        expected.insert("quoted".into(), format!("<{name}>").into());
        expected.insert(name.clone(), id.into());
        expected.insert("bare".into(), name.into());
        expected.insert("object".into(), object);
        prop_assert_eq!(value(&request.body.unwrap()), Value::from(expected));
    }

    #[test]
    fn a_rendered_url_and_form_hold_the_value(name in any::<String>()) {
        let spec = WebhookSpec::new("n", Trigger::DeviceAdded, "https://example.com/a{device_name}b?q={device_name}#f")
            .method("POST").content_type("URL_ENCODED_FORM").body("x={device_name}&y=1");
        let request = spec.render(json!({"device_name": name}).as_object().unwrap()).unwrap();
        let url = url::Url::parse(&request.url).unwrap();
        let segment = percent_encoding::percent_decode_str(url.path_segments().unwrap().next_back().unwrap()).decode_utf8().unwrap().into_owned();
        prop_assert_eq!(segment, format!("a{name}b"));
        prop_assert_eq!(url.query_pairs().next().unwrap().1.into_owned(), name.clone());
        prop_assert_eq!(url.host_str(), Some("example.com"));
        let form: Vec<_> = url::form_urlencoded::parse(request.body.unwrap().as_bytes()).into_owned().collect();
        prop_assert_eq!(form, [("x".to_owned(), name), ("y".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn validation_never_panics(name in any::<String>(), url in any::<String>(), body in any::<String>(), limit in any::<i32>()) {
        let spec = WebhookSpec::new(name, Trigger::NewUser, format!("https://{url}")).content_type("JSON").body(body).failure_limit(limit);
        let _ = (spec.validate(), spec.placeholders(), spec.render(&Map::new()), format!("{spec:?}"));
    }
}
