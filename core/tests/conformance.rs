//! Plays `tests/conformance/*.json`: see the README there for the format.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use blynk_webhooks::bindings::int32;
use blynk_webhooks::{
    CallOption, CallOptions, Client, Error, Naming, OptionValue, Purpose, Violation, WebhookPatch, WebhookSpec,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::{Received, Reply, Server};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    client: Settings,
    call: CallOf,
    #[serde(default)]
    exchange: Vec<Step>,
    #[serde(default, deserialize_with = "present")]
    value: Option<Value>,
    error: Option<Expected>,
}

/// Tells `"value": null` from no value.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    org_id: Option<i32>,
    timeout_ms: Option<u64>,
    max_retries: Option<u32>,
    validate: Option<bool>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallOf {
    operation: String,
    #[serde(default)]
    webhook_id: i64,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    changes: Value,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(rename = "for")]
    purpose: Option<String>,
    #[serde(default)]
    options: Options,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    org_id: Option<i64>,
    timeout_ms: Option<u64>,
    max_retries: Option<u32>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    reconcile: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    request: Request,
    answer: Answer,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    method: String,
    path: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    json: Option<Value>,
    #[serde(default)]
    empty: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    text: Option<String>,
    fault: Option<String>,
    delay_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    class: String,
    status: Option<u16>,
    request_id: Option<String>,
    retry_after: Option<u64>,
    outcome_unknown: Option<bool>,
    #[serde(default)]
    contains: Vec<String>,
    violations: Option<Vec<(String, String)>>,
    auth_error: Option<String>,
    auth_error_description: Option<String>,
    #[serde(default)]
    secrets: Vec<String>,
}

#[tokio::test]
async fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut count = 0;
    for file in files {
        let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|problem| panic!("{}: {problem}", file.display()));
        for case in cases {
            println!("{}: {}", file.file_stem().unwrap().display(), case.name);
            play(case).await;
            count += 1;
        }
    }
    assert!(count > 50, "only {count} cases were found");
    println!("{count} cases hold");
}

async fn play(case: Case) {
    let steps = case.exchange.clone();
    let expected = steps.len();
    let server =
        Server::start(move |n, _| steps.get(n).map_or_else(|| Reply::status(599), |step| reply(&step.answer))).await;
    let outcome = run(&case, &server).await;
    for (step, request) in case.exchange.iter().zip(server.requests()) {
        compare(&case.name, &step.request, &request);
    }
    assert_eq!(server.count(), expected, "{}: requests that went out; the call gave {outcome:?}", case.name);
    match (case.value, case.error, outcome) {
        (Some(expected), None, Ok(value)) => assert_eq!(value, expected, "{}", case.name),
        (None, Some(expected), Err(error)) => check(&case.name, &expected, &error),
        (_, _, outcome) => panic!("{}: unexpected outcome {outcome:?}", case.name),
    }
}

fn reply(answer: &Answer) -> Reply {
    let reply = match answer.fault.as_deref() {
        Some("reset") => Reply::Reset,
        Some("close") => Reply::Close,
        Some("truncate") => Reply::Truncate,
        Some("garbage") => Reply::Garbage,
        Some("silence") => Reply::Silence,
        Some(other) => panic!("no fault is called {other}"),
        None => {
            let mut headers: Vec<_> = answer.headers.clone().into_iter().collect();
            let body = match (&answer.json, &answer.text) {
                (Some(json), _) => {
                    headers.push(("content-type".into(), "application/json".into()));
                    json.to_string()
                }
                (None, text) => text.clone().unwrap_or_default(),
            };
            Reply::Answer { status: answer.status, headers, body: body.into() }
        }
    };
    match answer.delay_ms {
        Some(delay) => Reply::Late(Duration::from_millis(delay), Box::new(reply)),
        None => reply,
    }
}

fn compare(name: &str, expected: &Request, sent: &Received) {
    assert_eq!((&sent.method, &sent.path, &sent.query), (&expected.method, &expected.path, &expected.query), "{name}");
    for (header, value) in &expected.headers {
        assert_eq!(sent.headers.get(header), value.as_ref(), "{name}: header {header}");
    }
    if let Some(json) = &expected.json {
        assert_eq!(&serde_json::from_slice::<Value>(&sent.body).unwrap(), json, "{name}: body");
    }
    if expected.empty {
        assert!(sent.body.is_empty(), "{name}: a body was sent");
    }
}

async fn run(case: &Case, server: &Server) -> Result<Value, Error> {
    let call = &case.call;
    let text = call.spec.to_string();
    let spec = || WebhookSpec::from_json(&text).map_err(Error::from);
    let spec_for = |purpose| match case.client.validate {
        Some(false) => spec(),
        _ => WebhookSpec::from_json_for(&text, purpose).map_err(Error::from),
    };
    match call.operation.as_str() {
        "validate" => {
            let purpose = match call.purpose.as_deref() {
                Some("create") => Purpose::Create,
                Some("update") => Purpose::Update,
                _ => Purpose::Either,
            };
            let findings = spec()?.validate_for(purpose);
            let row =
                |violation: Violation| json!([violation.path, violation.code.as_str(), violation.severity.as_str()]);
            return Ok(findings.into_iter().map(row).collect());
        }
        "placeholders" => return Ok(json!(spec()?.placeholders())),
        "render" => {
            let request = spec()?.render(&call.values)?;
            let headers: Map<_, _> = request.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
            return Ok(json!({"method": request.method, "url": request.url, "headers": headers, "body": request.body}));
        }
        _ => {}
    }
    let client = client(&case.client, server)?;
    let options = options(&call.options)?;
    let id = int32("webhook_id", call.webhook_id)?;
    let json = |text: String| serde_json::from_str(&text).unwrap();
    match call.operation.as_str() {
        "list" => {
            let list = client.list().options(options).await?;
            Ok(list.iter().map(|webhook| json(webhook.to_json())).collect())
        }
        "get" => client.get(id).options(options).await.map(|webhook| json(webhook.to_json())),
        "create" => {
            client.create(spec_for(Purpose::Create)?).options(options).await.map(|webhook| json(webhook.to_json()))
        }
        "update" => {
            client.update(id, spec_for(Purpose::Update)?).options(options).await.map(|webhook| json(webhook.to_json()))
        }
        "patch" => {
            let patch = WebhookPatch::from_json(&call.changes.to_string())?;
            client.patch(id, patch).options(options).await.map(|webhook| json(webhook.to_json()))
        }
        "enable" => client.enable(id).options(options).await.map(|webhook| json(webhook.to_json())),
        "disable" => client.disable(id).options(options).await.map(|webhook| json(webhook.to_json())),
        "delete" => client.delete(id).options(options).await.map(|()| Value::Null),
        other => panic!("no operation is called {other}"),
    }
}

fn options(given: &Options) -> Result<CallOptions, Error> {
    let mut options = CallOptions::default();
    let headers = given.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let values = [
        (CallOption::Timeout, given.timeout_ms.map(|ms| Duration::from_millis(ms).into())),
        (CallOption::MaxRetries, given.max_retries.map(Into::into)),
        (CallOption::Headers, Some(OptionValue::Headers(headers))),
        (CallOption::OrgId, given.org_id.map(Into::into)),
        (CallOption::Reconcile, Some(given.reconcile.into())),
    ];
    for (option, value) in values {
        if let Some(value) = value {
            options.set(option, value, Naming::Rust).map_err(|violation| Error::from(vec![violation]))?;
        }
    }
    Ok(options)
}

fn client(settings: &Settings, server: &Server) -> Result<Client, Error> {
    let timeout = Duration::from_millis(settings.timeout_ms.unwrap_or(5_000));
    let mut builder = Client::builder().base_url(&server.url).timeout(timeout);
    builder = match (&settings.client_id, &settings.client_secret) {
        (Some(id), Some(secret)) => builder.client_credentials(id, secret),
        _ => builder.token(settings.token.as_deref().unwrap_or("test-token")),
    };
    if let Some(org_id) = settings.org_id {
        builder = builder.org_id(org_id);
    }
    if let Some(max_retries) = settings.max_retries {
        builder = builder.max_retries(max_retries);
    }
    for (name, value) in &settings.headers {
        builder = builder.header(name, value);
    }
    builder.validate(settings.validate.unwrap_or(true)).build()
}

fn check(name: &str, expected: &Expected, error: &Error) {
    let message = error.to_string();
    assert_eq!(error.kind().class(), expected.class, "{name}: {message}");
    for text in &expected.contains {
        assert!(message.contains(text), "{name}: {text:?} is not in {message:?}");
    }
    for secret in &expected.secrets {
        assert!(!format!("{message} {error:?}").contains(secret), "{name}: {error:?} shows {secret}");
    }
    if let Some(status) = expected.status {
        let Error::Api(api) = error else { panic!("{name}: {error:?} has no status") };
        assert_eq!(api.status, status, "{name}");
    }
    if let Some(seconds) = expected.retry_after {
        let Error::Api(api) = error else { panic!("{name}: {error:?} has no retry_after") };
        assert_eq!(api.retry_after, Some(Duration::from_secs(seconds)), "{name}");
    }
    if let Some(request_id) = &expected.request_id {
        assert_eq!(error.request_id(), Some(request_id.as_str()), "{name}");
    }
    if let Some(outcome_unknown) = expected.outcome_unknown {
        assert_eq!(error.outcome_unknown(), outcome_unknown, "{name}: {error:?}");
    }
    if let Some(violations) = &expected.violations {
        let Error::Validation(found) = error else { panic!("{name}: {error:?} has no violations") };
        let errors = found.iter().filter(|violation| violation.is_error());
        let found: BTreeSet<_> =
            errors.map(|violation| (violation.path.clone(), violation.code.as_str().to_owned())).collect();
        assert_eq!(found, violations.iter().cloned().collect(), "{name}");
    }
    if let Some(code) = &expected.auth_error {
        let Error::Auth(auth) = error else { panic!("{name}: {error:?} is no AuthError") };
        assert_eq!(&auth.error, code, "{name}");
        assert_eq!(auth.error_description, expected.auth_error_description, "{name}");
    }
}
