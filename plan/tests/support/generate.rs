//! Generated webhooks, odd ones included.

use blynk_webhooks::{AuthType, ContentType, Method, Trigger, Webhook, field};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// A JSON text with a string in it.
fn quoted(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    text.prop_map(|text| Value::from(text).to_string())
}

/// Texts that mean something somewhere: in TOML, in templates, on terminals.
fn odd_text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        " ",
        "Doors",
        "Moisture {pin}",
        "{pin}",
        "a.b",
        "a \"quoted\" 'name'",
        "'''",
        "\"\"\"",
        "back\\slash",
        "line\nbreak\r\n",
        "tab\t\u{0}\u{7f}\u{1b}[31m",
        "émoji 😀",
        "\u{202e}reversed",
        "[webhook.\"x\"]",
        "# no comment",
        "***",
        "true",
        "1979-05-27",
    ];
    prop_oneof![select(odd.to_vec()).prop_map(str::to_owned), any::<String>(), "[a-zA-Z0-9 _-]{1,12}"]
}

fn number() -> impl Strategy<Value = String> {
    let odd = [
        "0",
        "-0",
        "-0.0",
        "1.0",
        "1e5",
        "1E-7",
        "0.1",
        "-1.5e+3",
        "123456789012345678901234567890",
        "0.123456789012345678901234567890",
        "1e400",
        "1.7976931348623157e309",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
    ];
    prop_oneof![
        select(odd.to_vec()).prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("JSON has no infinity", |n| n.is_finite()).prop_map(|n| Value::from(n).to_string()),
    ]
}

/// Any JSON text.
pub fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        number(),
        quoted(odd_text()),
        // Half of a surrogate pair: JSON text that no string holds.
        Just(r#""\ud800""#.to_owned()),
    ];
    let nested = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))), object_of(inner),]
    });
    let deep = (1..18_usize, nested.clone())
        .prop_map(|(depth, inner)| format!("{}{inner}{}", r#"{"a":["#.repeat(depth), "]}".repeat(depth)));
    prop_oneof![20 => nested, 1 => deep]
}

fn object_of(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let names = ["env", "file", "command", "json", "keep", "clientSecret", "password", "a", "b", "x.y", "\u{1b}"];
    let name = prop_oneof![4 => select(names.to_vec()).prop_map(str::to_owned), 1 => odd_text()];
    vec((quoted(name), value), 0..3).prop_map(|members| {
        let members: Vec<_> = members.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

fn object() -> impl Strategy<Value = String> {
    prop_oneof![Just("null".to_owned()), object_of(json())]
}

fn one_of(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![6 => select(known).prop_map(|name| format!("{name:?}")), 1 => Just(r#""BRAND_NEW""#.to_owned()), 1 => Just("null".to_owned())]
}

/// Names of fields that this version does not know, some of which look like something else.
fn unknown_name() -> impl Strategy<Value = String> {
    let names = [
        "formBody",
        "urls",
        "triggers",
        "extra",
        "was",
        "absent",
        "for_each",
        "expect",
        "env",
        "json",
        "headers",
        "basicAuth",
        "apiKey",
        "a.b",
        "",
        "naem",
        "orgId",
        "version",
        "ids",
    ];
    let known = |name: &String| field::SETTABLE.contains(&name.as_str()) || field::READ_ONLY.contains(&name.as_str());
    prop_oneof![select(names.to_vec()).prop_map(str::to_owned), odd_text()]
        .prop_filter("an unknown name", move |n| !known(n))
}

/// The members of a webhook as a server may hold it, without its id.
pub fn odd_members() -> impl Strategy<Value = String> {
    let oauth = prop_oneof![
        Just(r#"{"clientId":"id","clientSecret":"hunter2hunter2","tokenUrl":"https://t.example"}"#.to_owned()),
        Just(r#"{"clientId":"id","clientSecret":"********"}"#.to_owned()),
        Just(r#"{"clientId":"id","clientSecret":null,"scope":{"a":1}}"#.to_owned()),
        object(),
    ];
    let long_url = (0..700_usize).prop_map(|length| format!(r#""https://e.example/{}""#, "x".repeat(length)));
    let fields = (
        of(quoted(odd_text())),
        of(one_of(Trigger::NAMES)),
        of(object()),
        of(prop_oneof![
            long_url,
            quoted(odd_text()),
            Just(r#""https://u:hunter2@e.example/?token=hunter2""#.to_owned())
        ]),
        of(one_of(Method::NAMES)),
        of(one_of(ContentType::NAMES)),
        of(one_of(AuthType::NAMES)),
        of(prop_oneof![quoted(odd_text()), (0..1500_usize).prop_map(|n| format!("{:?}", "{".repeat(n)))]),
        of(oauth),
        of(select(&["null", "[]", "[1,2,3]", "[1.0,-5]", "[1,2,3,4,5,6,7,8,9,10,11,12]"][..]).prop_map(str::to_owned)),
        of(one_of(&["ENABLED", "DISABLED", "DISABLED_DUE_TO_ERRORS"])),
        of(select(&["null", "10", "0", "-3", "10.0", "1e1"][..]).prop_map(str::to_owned)),
    );
    (fields, vec((unknown_name(), json()), 0..3)).prop_map(|(fields, unknown)| {
        let (name, trigger, data_trigger, url, method, content_type, auth_type, body, oauth, receivers, status, limit) =
            fields;
        let known = [
            (field::NAME, name),
            (field::TRIGGER, trigger),
            (field::DATA_TRIGGER, data_trigger),
            (field::URL, url),
            (field::METHOD, method),
            (field::CONTENT_TYPE, content_type),
            (field::AUTH_TYPE, auth_type),
            (field::BODY, body),
            (field::OAUTH2_REQUEST, oauth),
            (field::FAILURE_RECEIVERS, receivers),
            (field::STATUS, status),
            (field::FAILURE_LIMIT, limit),
        ];
        let known = known.into_iter().filter_map(|(name, value)| Some(format!("{name:?}:{}", value?)));
        let unknown = unknown.into_iter().map(|(name, value)| format!("{}:{value}", Value::from(name)));
        known.chain(unknown).collect::<Vec<_>>().join(",")
    })
}

/// A webhook of these members.
pub fn webhook(id: i32, members: &str) -> Webhook {
    let comma = if members.is_empty() { "" } else { "," };
    let json = format!(r#"{{"id":{id}{comma}{members},"attemptCount":3,"createdAt":1,"lastModifiedTs":2}}"#);
    Webhook::from_json(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// Webhooks of one server.
pub fn odd_webhooks(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Webhook>> {
    vec(odd_members(), count).prop_map(|all| all.iter().zip(1..).map(|(members, id)| webhook(id, members)).collect())
}

/// The members of a webhook that the contract takes.
fn valid_members() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let oauth = r#"{"clientId":"id","clientSecret":"another secret","tokenUrl":"https://t.example"}"#;
    let data_trigger = (0..3).prop_map(|id| format!(r#"{{"dataStreamId":{id}}}"#));
    let fields = (
        select(Trigger::NAMES).prop_map(|name| format!("{name:?}")),
        data_trigger,
        (0..5).prop_map(|n| format!(r#""https://e.example/{n}/{{device_id}}""#)),
        select(Method::NAMES).prop_map(|name| format!("{name:?}")),
        select(ContentType::NAMES).prop_map(|name| format!("{name:?}")),
        select(AuthType::NAMES).prop_map(|name| format!("{name:?}")),
        of(quoted("[a-z{}\" ]{0,20}")),
        of(select(vec!["[]", "[7]", "[7,8]"]).prop_map(str::to_owned)),
        of(select(vec!["1", "10"]).prop_map(str::to_owned)),
        of(select(vec![r#""ENABLED""#, r#""DISABLED""#]).prop_map(str::to_owned)),
        of(json()),
    );
    fields.prop_map(move |(trigger, data, url, method, content, auth, body, receivers, limit, status, unknown)| {
        let mut members = vec![
            (field::TRIGGER, trigger),
            (field::DATA_TRIGGER, data),
            (field::URL, url),
            (field::METHOD, method),
            (field::CONTENT_TYPE, content),
            (field::AUTH_TYPE, auth),
            (field::OAUTH2_REQUEST, oauth.to_owned()),
        ];
        let mut push = |name, value: Option<String>| members.extend(value.map(|value| (name, value)));
        push(field::BODY, body);
        push(field::FAILURE_RECEIVERS, receivers);
        push(field::FAILURE_LIMIT, limit);
        push(field::STATUS, status);
        // A value that the server takes as it is, also one that would read as a reference.
        push("formBody", unknown.map(|json| format!(r#"{{"json":{}}}"#, Value::from(json))));
        members
    })
}

/// What a file says of one webhook.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which webhook of the server, if it is one.
    pub of: Option<prop::sample::Index>,
    pub members: Vec<(&'static str, String)>,
    pub absent: bool,
    pub pinned: bool,
    pub renamed: bool,
    /// Only these many members; the others stay as the server has them.
    pub only: Option<usize>,
}

pub fn wanted() -> impl Strategy<Value = Wanted> {
    let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.3), prop::bool::weighted(0.2));
    (of(any::<prop::sample::Index>()), valid_members(), flags, prop::option::weighted(0.3, 0..5_usize)).prop_map(
        |(of, members, (absent, pinned, renamed), only)| Wanted { of, members, absent, pinned, renamed, only },
    )
}

/// A file, as JSON, of what is wanted. Each webhook of the server is named once at most.
pub fn file_of(wanted: &[Wanted], live: &[Webhook]) -> String {
    let mut used = std::collections::HashSet::new();
    let mut tables = Vec::new();
    for (index, wanted) in wanted.iter().enumerate() {
        let held = wanted.of.filter(|_| !live.is_empty()).map(|of| of.get(live));
        if held.is_some_and(|held| !used.insert(held.id())) {
            continue;
        }
        let mut members: Vec<String> = wanted.members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        let is_alone =
            |name: &&str| live.iter().filter(|other| other.name() == Some(name)).count() == 1 && !name.is_empty();
        let name = held.and_then(Webhook::name).filter(is_alone);
        let mut label = format!("new {index}");
        match (held, name) {
            (Some(_), Some(name)) if wanted.renamed => members.push(format!(r#""was":{}"#, Value::from(name))),
            (Some(held), Some(name)) => {
                label = name.to_owned();
                if wanted.pinned {
                    members.push(format!(r#""id":{}"#, held.id()));
                }
            }
            (Some(held), None) => members.push(format!(r#""id":{}"#, held.id())),
            (None, _) => {}
        }
        if let (Some(only), Some(held)) = (wanted.only, held) {
            // The first members as wanted, the others as the server has them.
            let spec = held.to_json();
            let held: std::collections::BTreeMap<String, &serde_json::value::RawValue> =
                serde_json::from_str(&spec).unwrap();
            for (member, (name, _)) in members.iter_mut().zip(&wanted.members).skip(only) {
                let plain = |json: &str| !json.starts_with(['{', '[']);
                if let Some(value) = held.get(*name).filter(|value| plain(value.get())) {
                    *member = format!("{name:?}:{}", value.get());
                }
            }
        }
        if wanted.absent {
            members.push(r#""absent":true"#.into());
        }
        tables.push(format!("{}:{{{}}}", Value::from(label), members.join(",")));
    }
    format!(r#"{{"version":1,"webhook":{{{}}}}}"#, tables.join(","))
}
