//! The control API: what only the emulator has. Events, log, faults, time and state, as JSON commands and over HTTP.

pub(crate) mod changes;
mod commands;
pub(crate) mod declaration;
mod http;
pub(crate) mod origin;
mod parameters;
pub(crate) mod shell;
mod table;

use std::sync::Arc;

use axum::Router;

pub(crate) use self::commands::state::environment;
use self::parameters::{Parameters, Required};
pub use self::table::COMMANDS;
pub(crate) use self::table::command;
use crate::app::{AppState, EmulatorError};

/// The routes of the control API.
pub(crate) fn router() -> Router<Arc<AppState>> {
    COMMANDS.iter().fold(shell::router().merge(changes::router()), http::add_route)
}

/// Runs a command given as `{"do": name, "with": {parameters}}`; returns its value as JSON.
///
/// # Errors
/// If there is no such command, its parameters cannot be, or it fails.
pub(crate) async fn execute(app: &Arc<AppState>, text: &str) -> Result<String, EmulatorError> {
    let mut members = Parameters::parse(text)?;
    members.check_names(&["do", "with"])?;
    let name: String = members.take("do").required("do")?;
    let unknown = || {
        let names = COMMANDS.iter().map(|command| command.name);
        let meant = blynk_webhooks::nearest(&name, names).map(|meant| format!("; did you mean {meant}?"));
        let message = format!("there is no command '{name}'{}", meant.unwrap_or_default());
        blynk_webhooks::Violation::error("do", blynk_webhooks::Code::UnknownValue, message)
    };
    let command = command(&name).ok_or_else(unknown)?;
    let parameters = members.take("with")?.unwrap_or_default();
    Ok(command.call(app, parameters).await?.json.unwrap_or_else(|| "null".into()))
}

#[cfg(test)]
mod tests {
    use blynk_webhooks::Error;
    use serde_json::{Value, json};

    use crate::Emulator;

    async fn command_of(emulator: &Emulator, command: &str) -> Result<Value, Error> {
        emulator.command(command).await.map(|text| serde_json::from_str(&text).unwrap())
    }

    #[tokio::test]
    async fn commands_do_what_their_methods_do() {
        let emulator = Emulator::start().unwrap();
        assert_eq!(command_of(&emulator, r#"{"do": "set_time", "with": {"now": 5}}"#).await.unwrap(), Value::Null);
        assert_eq!(command_of(&emulator, r#"{"do": "advance_time", "with": {"byMs": 2}}"#).await.unwrap(), Value::Null);
        assert_eq!(command_of(&emulator, r#"{"do": "now"}"#).await.unwrap(), 7);
        let fault = r#"{"do": "fail_next", "with": {"fault": {"kind": "status", "status": 503, "retryAfter": 0}}}"#;
        assert_eq!(command_of(&emulator, fault).await.unwrap(), Value::Null);
        let spec = r#"{"name":"n","trigger":"NEW_USER","url":"http://127.0.0.1:9","method":"GET","contentType":"JSON","authType":"NONE","x":18446744073709551617}"#;
        let tried = command_of(&emulator, &format!(r#"{{"do": "test", "with": {{"spec": {spec}}}}}"#)).await.unwrap();
        assert_eq!(tried["outcome"], "failed");
        let log =
            command_of(&emulator, r#"{"do": "deliveries", "with": {"filter": {"outcome": "failed"}}}"#).await.unwrap();
        assert_eq!(log, json!([tried]));
    }

    #[tokio::test]
    async fn commands_that_cannot_be_are_validation_errors() {
        let emulator = Emulator::start().unwrap();
        for (command, says) in [
            (r#"{"do": "fly"}"#, "fly"),
            (r#"{"do": "trigger", "with": {"trigger": "DEVICE_ADED"}}"#, "DEVICE_ADDED"),
            (r#"{"do": "trigger", "with": {"trigger": "NEW_USER", "value": {}}}"#, "value"),
            (r#"{"do": "trigger", "with": {"trigger": "NEW_USER", "orgId": 9}}"#, "no organization 9"),
            (r#"{"do": "fail_next", "with": {"fault": {"kind": "status", "status": 5000}}}"#, "from 200 to 599"),
            (r#"{"do": "fail_next", "with": {"fault": {"kind": "reset"}, "times": 0}}"#, "1 or more"),
            (r#"{"do": "redeliver", "with": {"deliveryId": 4}}"#, "delivery 4"),
            (r#"{"do": "test", "with": {"spec": {"name": 5}}}"#, "must be a string"),
        ] {
            let error = command_of(&emulator, command).await.unwrap_err();
            assert!(matches!(&error, Error::Validation(_)) && error.to_string().contains(says), "{command}: {error}");
        }
        let wait = r#"{"do": "wait_for_delivery", "with": {"timeoutMs": 10}}"#;
        assert_eq!(command_of(&emulator, wait).await.unwrap_err().kind().class(), "RequestTimeoutError");
    }
}
