//! Settings and options from JavaScript, checked for type and name; what they mean is the core's.

use std::time::Duration;

use blynk_webhooks::{CallOptions, ClientBuilder, Code, Error, Violation, int32, nearest};
use blynk_webhooks_emulator::{Emulator, EmulatorBuilder, State};
use serde_json::{Map, Value};

/// Settings of a client, by their names in Node.
const CLIENT: [&str; 14] = [
    "baseUrl",
    "token",
    "clientId",
    "clientSecret",
    "orgId",
    "timeoutMs",
    "connectTimeoutMs",
    "maxRetries",
    "validate",
    "proxy",
    "caFile",
    "allowHttp",
    "headers",
    "maxConnections",
];

/// Options of a call.
const CALL: [&str; 5] = ["orgId", "timeoutMs", "maxRetries", "headers", "reconcile"];

/// Applies the settings of a JSON object to a builder.
///
/// # Errors
/// [`Error::Config`], all faults in one message.
pub(crate) fn client(mut builder: ClientBuilder, settings: &str) -> Result<ClientBuilder, Error> {
    let mut given = OptionsReader::read(settings, "a client has no setting of this name", &CLIENT);
    macro_rules! apply {
        ($($name:literal $read:ident $setter:ident),+ $(,)?) => {
            $( if let Some(value) = given.$read($name) { builder = builder.$setter(value); } )+
        };
    }
    apply! {
        "baseUrl" text base_url, "token" text token, "clientId" text client_id, "clientSecret" text client_secret,
        "orgId" int32 org_id, "timeoutMs" deadline timeout, "connectTimeoutMs" duration connect_timeout,
        "maxRetries" count max_retries, "validate" boolean validate, "proxy" text proxy, "caFile" text ca_file,
        "allowHttp" boolean allow_http,
    }
    if let Some(most) = given.count("maxConnections") {
        builder = builder.max_connections(most as usize);
    }
    for (name, value) in given.headers() {
        builder = builder.header(name, value);
    }
    if given.faults.is_empty() {
        return Ok(builder);
    }
    let faults: Vec<_> = given.faults.iter().map(|fault| format!("{} {}", fault.path, fault.message)).collect();
    Err(Error::Config(faults.join("; ")))
}

/// Options of a call from a JSON object.
///
/// # Errors
/// [`Error::Validation`] with every fault.
pub(crate) fn call(options: Option<&str>) -> Result<CallOptions, Error> {
    let Some(options) = options else { return Ok(CallOptions::default()) };
    let mut given = OptionsReader::read(options, "a call has no option of this name", &CALL);
    let read = CallOptions {
        timeout: given.deadline("timeoutMs"),
        max_retries: given.count("maxRetries"),
        headers: given.headers(),
        org_id: given.int32("orgId"),
        reconcile: given.boolean("reconcile").unwrap_or_default(),
        ..CallOptions::default()
    };
    if given.faults.is_empty() { Ok(read) } else { Err(given.faults.into()) }
}

/// An emulator's settings from a JSON object.
///
/// # Errors
/// [`Error::Config`], all faults in one message.
pub(crate) fn emulator(settings: &str, state: Option<&str>) -> Result<EmulatorBuilder, Error> {
    // The state comes by itself; its name is known all the same, for what a misspelt one was meant to be.
    const NAMES: [&str; 3] = ["port", "state", "allowRemoteTargets"];
    let mut given = OptionsReader::read(settings, "an emulator has no setting of this name", &NAMES);
    let mut builder = Emulator::builder();
    match given.take("port").map(|port| port.as_u64().and_then(|port| u16::try_from(port).ok())) {
        None => {}
        Some(Some(port)) => builder = builder.port(port),
        Some(None) => given.fault("port", Code::WrongType, "must be an integer from 0 to 65535"),
    }
    match given.take("allowRemoteTargets").map(|allow| allow.as_bool()) {
        None => {}
        Some(Some(allow)) => builder = builder.allow_remote_targets(allow),
        Some(None) => given.fault("allowRemoteTargets", Code::WrongType, "must be a boolean"),
    }
    match state.map(State::from_json) {
        None => {}
        Some(Ok(state)) => builder = builder.state(state),
        Some(Err(problem)) => given.fault("state", Code::WrongType, &format!("cannot be loaded: {problem}")),
    }
    match given.faults.first() {
        None => Ok(builder),
        Some(fault) => Err(Error::Config(format!("{} {}", fault.path, fault.message))),
    }
}

/// A webhook's id from a JSON value.
///
/// # Errors
/// [`Error::Validation`] where it is no int32.
pub(crate) fn webhook_id(json: &str) -> Result<i32, Error> {
    const NAME: &str = "webhookId";
    let fault = |code, message: String| Error::from(vec![Violation::error(NAME, code, message)]);
    match serde_json::from_str(json) {
        Ok(Value::Number(number)) => match number.as_i64() {
            Some(id) => int32(NAME, id),
            None if number.is_f64() => Err(fault(Code::WrongType, format!("must be an integer (int32), is {number}"))),
            None => Err(fault(Code::OutOfRange, format!("{number} does not fit int32"))),
        },
        Ok(Value::Null) | Err(_) => Err(fault(Code::Required, "is required, an integer (int32)".into())),
        Ok(other) => Err(fault(Code::WrongType, format!("must be an integer (int32), is {}", kind(&other)))),
    }
}

/// What was given, taken out member by member.
struct OptionsReader {
    members: Map<String, Value>,
    faults: Vec<Violation>,
}

impl OptionsReader {
    /// Takes the members of the known names; each other one is a fault.
    fn read(text: &str, unknown: &str, known: &[&str]) -> Self {
        let mut given = Self { members: Map::new(), faults: Vec::new() };
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => given.members = members,
            Ok(other) => given.fault("options", Code::WrongType, &format!("must be an object, is {}", kind(&other))),
            Err(problem) => given.fault("options", Code::WrongType, &format!("cannot be read: {problem}")),
        }
        for name in given.members.keys().filter(|name| !known.contains(&name.as_str())) {
            let meant = nearest(name, known.iter().copied());
            let meant = meant.map(|meant| format!("; did you mean '{meant}'?")).unwrap_or_default();
            given.faults.push(Violation::error(name, Code::UnknownField, format!("is unknown: {unknown}{meant}")));
        }
        given
    }

    fn fault(&mut self, name: &str, code: Code, message: &str) {
        self.faults.push(Violation::error(name, code, message));
    }

    fn wrong_type(&mut self, name: &str, expected: &str, value: &Value) {
        self.fault(name, Code::WrongType, &format!("must be {expected}, is {}", kind(value)));
    }

    fn wrong_number(&mut self, name: &str, expected: &str, value: &Value) {
        match value {
            Value::Number(number) => self.fault(name, Code::OutOfRange, &format!("must be {expected}, is {number}")),
            other => self.wrong_type(name, expected, other),
        }
    }

    /// A value that is there; null counts as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong_type(name, "a string", &other);
                None
            }
        }
    }

    fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(value) => Some(value),
            other => {
                self.wrong_type(name, "true or false", &other);
                None
            }
        }
    }

    fn int32(&mut self, name: &str) -> Option<i32> {
        let value = self.take(name)?;
        match value.as_i64().map(|number| int32(name, number)) {
            Some(Ok(number)) => Some(number),
            Some(Err(Error::Validation(found))) => {
                self.faults.extend(found);
                None
            }
            _ => {
                self.wrong_number(name, "an integer (int32)", &value);
                None
            }
        }
    }

    fn count(&mut self, name: &str) -> Option<u32> {
        let value = self.take(name)?;
        let count = value.as_u64().map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        if count.is_none() {
            self.wrong_number(name, "an integer of 0 or more", &value);
        }
        count
    }

    fn duration(&mut self, name: &str) -> Option<Duration> {
        let value = self.take(name)?;
        let duration = value.as_f64().and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok());
        if duration.is_none() {
            self.wrong_number(name, "milliseconds, a number of more than 0", &value);
        }
        duration
    }

    /// Null means no deadline.
    fn deadline(&mut self, name: &str) -> Option<Option<Duration>> {
        if self.members.get(name).is_some_and(Value::is_null) {
            return Some(None);
        }
        self.duration(name).map(Some)
    }

    fn headers(&mut self) -> Vec<(String, String)> {
        let Some(value) = self.take("headers") else { return Vec::new() };
        let Value::Object(members) = value else {
            self.wrong_type("headers", "an object of names and values", &value);
            return Vec::new();
        };
        let mut headers = Vec::with_capacity(members.len());
        for (name, value) in members {
            match value {
                Value::String(text) => headers.push((name, text)),
                // The value may be a secret, so it is not shown.
                other => self.wrong_type(&format!("headers.{name}"), "a string", &other),
            }
        }
        headers
    }
}

/// What a value is; never the value itself, which may be a secret.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
