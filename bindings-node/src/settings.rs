//! Settings and options from JavaScript: converted here, checked by the core.

use blynk_webhooks::bindings::{config_error, int32, json_kind};
use blynk_webhooks::{
    CallOption, CallOptions, ClientBuilder, Code, Error, Name, Naming, Operation, OptionValue, Violation,
};
use blynk_webhooks_emulator::{Emulator, EmulatorBuilder, State};
use napi_derive::napi;
use serde_json::{Map, Value};

use crate::errors;
use crate::members::Members;

/// Applies the settings of a JSON object to a builder.
///
/// # Errors
/// [`Error::Config`], all violations in one message.
pub(crate) fn client(mut builder: ClientBuilder, settings: &str) -> Result<ClientBuilder, Error> {
    let (members, mut found) = members(settings);
    for (name, value) in members {
        found.extend(builder.set_named(&name, self::value(value), Naming::Node).err());
    }
    if found.is_empty() { Ok(builder) } else { Err(config_error(&found, Naming::Node)) }
}

/// Refuses names that are no settings of a client.
#[napi(catch_unwind)]
pub fn check_setting_names(names: Vec<String>) -> napi::Result<()> {
    let mut builder = ClientBuilder::default();
    let unknown = names.iter().filter_map(|name| builder.set_named(name, OptionValue::Null, Naming::Node).err());
    let unknown: Vec<_> = unknown.filter(|found| found.code == Code::UnknownField).collect();
    if unknown.is_empty() { Ok(()) } else { Err(errors::thrown(&config_error(&unknown, Naming::Node))) }
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

/// Options that all calls of a client have, from a JSON object.
///
/// # Errors
/// [`Error::Config`], all violations in one message.
pub(crate) fn defaults(options: &str) -> Result<CallOptions, Error> {
    let (members, mut found) = members(options);
    let mut read = CallOptions::default();
    for (name, value) in members {
        match CallOption::from_name(&name, Naming::Node) {
            Some(option) => found.extend(read.set(option, self::value(value), Naming::Node).err()),
            // The message lists what there is.
            None => found.extend(read.set_named(Operation::Create, &name, self::value(value), Naming::Node).err()),
        }
    }
    if found.is_empty() { Ok(read) } else { Err(config_error(&found, Naming::Node)) }
}

fn members(text: &str) -> (Map<String, Value>, Vec<Violation>) {
    let wrong = |message: String| (Map::new(), vec![Violation::error("options", Code::WrongType, message)]);
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => (members, Vec::new()),
        Ok(other) => wrong(format!("must be an object, is {}", json_kind(&other))),
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
        other @ Value::Array(_) => OptionValue::Other(json_kind(&other).into()),
    }
}

/// An emulator's settings from a JSON object.
///
/// # Errors
/// [`Error::Config`], all faults in one message.
pub(crate) fn emulator(settings: &str, state: Option<&str>) -> Result<EmulatorBuilder, Error> {
    // The state comes by itself; its name is known all the same, for what a misspelt one was meant to be.
    let names = ["port", "state", "allowRemoteTargets", "allowTargets", "targetCa"];
    let mut given = Members::read(settings, "a setting of an emulator", &names);
    let mut builder = Emulator::builder();
    if let Some(port) = given.integer("port", 0, u16::MAX) {
        builder = builder.port(port);
    }
    if let Some(allow) = given.boolean("allowRemoteTargets") {
        builder = builder.allow_remote_targets(allow);
    }
    for host in given.texts("allowTargets").unwrap_or_default() {
        builder = builder.allow_target(host);
    }
    if let Some(authorities) = given.text("targetCa") {
        builder = builder.target_ca_pem(authorities);
    }
    match state.map(State::from_json) {
        None => {}
        Some(Ok(state)) => builder = builder.state(state),
        Some(Err(problem)) => given.violation("state", Code::WrongType, format!("cannot be loaded: {problem}")),
    }
    given.end().map_err(|found| config_error(&found, Naming::Node))?;
    Ok(builder)
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
        Ok(other) => Err(fault(Code::WrongType, format!("must be an integer (int32), is {}", json_kind(&other)))),
    }
}
