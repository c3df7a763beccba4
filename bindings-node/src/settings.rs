//! Settings and options from JavaScript: converted here, checked by the core.

use blynk_webhooks::bindings::{int32, nearest};
use blynk_webhooks::{
    CallOptions, ClientBuilder, Code, Error, Message, Name, Naming, Operation, OptionValue, Violation,
};
use blynk_webhooks_emulator::{Emulator, EmulatorBuilder, State};
use serde_json::{Map, Value};

/// Applies the settings of a JSON object to a builder.
///
/// # Errors
/// [`Error::Config`], all violations in one message.
pub(crate) fn client(mut builder: ClientBuilder, settings: &str) -> Result<ClientBuilder, Error> {
    let (members, mut found) = members(settings);
    for (name, value) in members {
        found.extend(builder.set_named(&name, self::value(value), Naming::Node).err());
    }
    if found.is_empty() {
        return Ok(builder);
    }
    let messages = found
        .iter()
        .map(|found| Message::from(format!("{}: {}", found.path_in(Naming::Node), found.message.render(Naming::Node))));
    Err(Error::Config(Message::join(messages, "; ")))
}

/// Options of a call from a JSON object.
///
/// # Errors
/// [`Error::Validation`] with every violation.
pub(crate) fn call(operation: Operation, options: Option<&str>) -> Result<CallOptions, Error> {
    let mut read = CallOptions::default();
    let Some(options) = options else { return Ok(read) };
    let (members, mut found) = members(options);
    for (name, value) in members {
        found.extend(read.set_named(operation, &name, self::value(value), Naming::Node).err());
    }
    if found.is_empty() { Ok(read) } else { Err(found.into()) }
}

fn members(text: &str) -> (Map<String, Value>, Vec<Violation>) {
    let wrong = |message: String| (Map::new(), vec![Violation::error("options", Code::WrongType, message)]);
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => (members, Vec::new()),
        Ok(other) => wrong(format!("must be an object, is {}", kind(&other))),
        Err(problem) => wrong(format!("cannot be read: {problem}")),
    }
}

/// A value for a setting or an option.
fn value(value: Value) -> OptionValue {
    match value {
        Value::Null => OptionValue::Null,
        Value::Bool(truth) => truth.into(),
        Value::String(text) => text.into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => integer.into(),
            (None, Some(float)) => float.into(),
            (None, None) => OptionValue::LargeInteger(number.to_string()),
        },
        Value::Object(members) => {
            OptionValue::Headers(members.into_iter().map(|(name, value)| (name, self::value(value))).collect())
        }
        other @ Value::Array(_) => OptionValue::Other(kind(&other).into()),
    }
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
        Some(fault) => Err(Error::Config(format!("{} {}", fault.path, fault.message).into())),
    }
}

/// A webhook's id from a JSON value.
///
/// # Errors
/// [`Error::Validation`] where it is no int32.
pub(crate) fn webhook_id(json: &str) -> Result<i32, Error> {
    const NAME: &str = "webhook_id";
    let fault = |code, message: String| Error::from(vec![Violation::about(Name::Identifier(NAME), code, message)]);
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
        self.faults.push(Violation::error(name, code, message.to_owned()));
    }

    /// A value that is there; null counts as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
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
