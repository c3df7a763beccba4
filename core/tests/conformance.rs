//! Plays `tests/conformance/*.json`: see the README there for the format.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use blynk_webhooks::bindings::int32;
use blynk_webhooks::{
    Call, CallOptions, Client, Error, Naming, Operation, OptionValue, Purpose, Violation, Webhook, WebhookPatch,
    WebhookSpec,
};
use scripted_server::{Script, Scripted, Step};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Operation, method, number and status of an attempt.
type AttemptSeen = (String, String, u32, Option<u16>);

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
    response: Option<ExpectedResponse>,
    attempts: Option<Vec<AttemptSeen>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedResponse {
    status: u16,
    attempts: u32,
    request_id: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What a token function gives.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provided {
    #[serde(default)]
    token: String,
    expires_in: Option<f64>,
    error: Option<String>,
}

/// Tells `"value": null` from no value.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Default, Deserialize)]
struct Settings {
    provided: Option<Vec<Provided>>,
    /// Settings by the names of the core's table; a duration is in milliseconds.
    #[serde(flatten)]
    named: Map<String, Value>,
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
    options: Map<String, Value>,
    expected: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(default)]
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
    provider_error: Option<String>,
    current: Option<Value>,
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
    let scripted = Scripted::start(Script::Exchange(case.exchange.clone()), true).await;
    let told = Told::default();
    let outcome = run(&case, &scripted.server.url, &told).await;
    let problems = scripted.problems();
    assert!(problems.is_empty(), "{}: {problems:#?}; the call gave {outcome:?}", case.name);
    if let Some(attempts) = &case.attempts {
        assert_eq!(*told.attempts.lock().unwrap(), *attempts, "{}", case.name);
    }
    if let Some(expected) = &case.response {
        let (status, attempts, request_id, headers) = told.response.lock().unwrap().take().expect("a response");
        assert_eq!((status, attempts, request_id), (expected.status, expected.attempts, expected.request_id.clone()));
        for header in &expected.headers {
            assert!(headers.iter().any(|(name, value)| (name, value) == header), "{}: {header:?}", case.name);
        }
    }
    match (case.value, case.error, outcome) {
        (Some(expected), None, Ok(value)) => assert_eq!(value, expected, "{}", case.name),
        (None, Some(expected), Err(error)) => check(&case.name, &expected, &error),
        (_, _, outcome) => panic!("{}: unexpected outcome {outcome:?}", case.name),
    }
}

/// What a call has told beside its value.
#[derive(Clone, Default)]
struct Told {
    attempts: Arc<Mutex<Vec<AttemptSeen>>>,
    response: Arc<Mutex<Option<ResponseOf>>>,
}

type ResponseOf = (u16, u32, Option<String>, Vec<(String, String)>);

/// The value of a call, as the case makes it.
async fn made<T: Send + 'static>(case: &Case, told: &Told, mut call: Call<T>) -> Result<T, Error> {
    call = call.options(options(&case.call)?);
    if let Some(expected) = &case.call.expected {
        call = call.expected(&Webhook::from_json(expected.to_string()).unwrap());
    }
    if case.response.is_none() {
        return call.await;
    }
    let response = call.with_response().await?;
    let parts = (response.status, response.attempts, response.request_id, response.headers);
    *told.response.lock().unwrap() = Some(parts);
    Ok(response.value)
}

async fn run(case: &Case, url: &str, told: &Told) -> Result<Value, Error> {
    let call = &case.call;
    let text = call.spec.to_string();
    let spec = || WebhookSpec::from_json(&text).map_err(Error::from);
    let spec_for = |purpose| match case.client.named.get("validate").and_then(Value::as_bool) {
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
    let client = client(case, url, told)?;
    let id = int32("webhook_id", call.webhook_id)?;
    let json = |text: String| serde_json::from_str(&text).unwrap();
    let webhook = |webhook: Webhook| json(webhook.to_json());
    match call.operation.as_str() {
        "list" => {
            let list = made(case, told, client.list()).await?;
            Ok(list.iter().map(|webhook| json(webhook.to_json())).collect())
        }
        "get" => made(case, told, client.get(id)).await.map(webhook),
        "create" => made(case, told, client.create(spec_for(Purpose::Create)?)).await.map(webhook),
        "update" => made(case, told, client.update(id, spec_for(Purpose::Update)?)).await.map(webhook),
        "patch" => {
            let patch = WebhookPatch::from_json(&call.changes.to_string())?;
            made(case, told, client.patch(id, patch)).await.map(webhook)
        }
        "enable" => made(case, told, client.enable(id)).await.map(webhook),
        "disable" => made(case, told, client.disable(id)).await.map(webhook),
        "delete" => made(case, told, client.delete(id)).await.map(|()| Value::Null),
        other => panic!("no operation is called {other}"),
    }
}

fn options(call: &CallOf) -> Result<CallOptions, Error> {
    let operation = Operation::from_name(&call.operation).unwrap();
    let mut options = CallOptions::default();
    for (name, value) in &call.options {
        let (name, value) = named(name, value);
        options.set_named(operation, name, value, Naming::Rust).map_err(|violation| Error::from(vec![violation]))?;
    }
    Ok(options)
}

/// A setting or an option as the core's table names it.
fn named<'a>(name: &'a str, value: &Value) -> (&'a str, OptionValue) {
    if let Some(name) = name.strip_suffix("_ms") {
        return (name, Duration::from_millis(value.as_u64().unwrap()).into());
    }
    let value = match value {
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => number.as_i64().unwrap().into(),
        Value::String(text) => text.as_str().into(),
        Value::Object(headers) => {
            let header = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap().into());
            OptionValue::Headers(headers.iter().map(header).collect())
        }
        other => panic!("{name} is {other}"),
    };
    (name, value)
}

fn client(case: &Case, url: &str, told: &Told) -> Result<Client, Error> {
    let settings = &case.client;
    let mut builder = Client::builder().base_url(url).timeout(Duration::from_secs(5));
    if let Some(provided) = &settings.provided {
        let provided = Mutex::new(provided.clone().into_iter());
        builder = builder.token_provider(move || {
            let next = provided.lock().unwrap().next();
            async move {
                let next = next.expect("a token more than the case provides");
                let life = next.expires_in.map(Duration::from_secs_f64);
                next.error.map_or(Ok((next.token, life)), Err)
            }
        });
    } else if !settings.named.contains_key("client_id") {
        builder = builder.token("test-token");
    }
    if case.attempts.is_some() {
        let attempts = Arc::clone(&told.attempts);
        builder = builder.on_attempt(move |attempt| {
            let row = (attempt.operation.to_owned(), attempt.method.clone(), attempt.number, attempt.status);
            attempts.lock().unwrap().push(row);
        });
    }
    for (name, value) in &settings.named {
        let (name, value) = named(name, value);
        builder.set_named(name, value, Naming::Rust).unwrap();
    }
    builder.build()
}

fn check(name: &str, expected: &Expected, error: &Error) {
    let message = error.to_string();
    if let Some(expected) = &expected.provider_error {
        let source = std::error::Error::source(error).unwrap_or_else(|| panic!("{name}: {error:?} has no source"));
        return assert_eq!(source.to_string(), *expected, "{name}");
    }
    if let Some(current) = &expected.current {
        let Error::PreconditionFailed { current: held } = error else { panic!("{name}: {error:?} has no current") };
        assert_eq!(serde_json::from_str::<Value>(&held.to_json()).unwrap(), *current, "{name}");
    }
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
