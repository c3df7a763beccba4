//! Commands of an emulator as JSON: the interface of the bindings.

use std::time::Duration;

use blynk_webhooks::{Code, Error, Trigger, Violation, WebhookSpec};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::clock::Millis;
use crate::delivery::log::DeliveryFilter;
use crate::emulator::{Emulator, EmulatorError};
use crate::faults::{Fault, Operation, once};

/// A command: an object whose member `do` says which, and `with` holds its parameters.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", content = "with", rename_all = "snake_case", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Command {
    Trigger {
        trigger: String,
        #[serde(default)]
        values: Map<String, Value>,
        org_id: Option<i32>,
    },
    Redeliver {
        delivery_id: u64,
    },
    Test {
        spec: Box<RawValue>,
        #[serde(default)]
        values: Map<String, Value>,
    },
    Deliveries {
        #[serde(default)]
        filter: DeliveryFilter,
    },
    WaitForDelivery {
        #[serde(default)]
        filter: DeliveryFilter,
        timeout_ms: u64,
    },
    Notices,
    FailNext {
        fault: Fault,
        operation: Option<Operation>,
        #[serde(default = "once")]
        times: u32,
    },
    ClearFaults,
    Now,
    SetTime {
        now: Millis,
    },
    AdvanceTime {
        by_ms: u64,
    },
    Snapshot,
    Reset,
}

impl Emulator {
    /// Carries out a command given as JSON, and returns its value as JSON: `{"do": "trigger", "with": {"trigger":
    /// "DEVICE_ADDED", "values": {}}}` returns the deliveries. `do` names a method, `with` holds its parameters; `do` comes
    /// first.
    ///
    /// # Errors
    /// [`Error::Validation`] where the command cannot be, else what the method raises.
    pub async fn command(&self, text: &str) -> Result<String, Error> {
        let command = serde_json::from_str::<Command>(text)
            .map_err(|problem| wrong("emulator", Code::WrongType, problem.to_string()))?;
        Ok(self.carry_out(command).await?.to_string())
    }

    async fn carry_out(&self, command: Command) -> Result<Value, Error> {
        let value = match command {
            Command::Trigger { trigger, values, org_id } => {
                json!(self.event(org_id, Trigger::from(trigger), values).await?)
            }
            Command::Redeliver { delivery_id } => json!(self.redeliver(delivery_id).await?),
            Command::Test { spec, values } => json!(self.test(WebhookSpec::from_json(spec.get())?, values).await?),
            Command::Deliveries { filter } => json!(self.deliveries(&filter)),
            Command::WaitForDelivery { filter, timeout_ms } => {
                json!(self.wait_for_delivery(filter, Duration::from_millis(timeout_ms)).await?)
            }
            Command::Notices => json!(self.notices()),
            Command::FailNext { fault, operation, times } => json!(self.fail_next(operation, fault, times)?),
            Command::ClearFaults => json!(self.clear_faults()),
            Command::Now => json!(self.now()),
            Command::SetTime { now } => json!(self.set_time(now)),
            Command::AdvanceTime { by_ms } => json!(self.advance_time(Duration::from_millis(by_ms))),
            Command::Snapshot => json!(self.snapshot()),
            Command::Reset => json!(self.reset()?),
        };
        Ok(value)
    }
}

fn wrong(path: &str, code: Code, message: impl Into<String>) -> Error {
    vec![Violation::error(path, code, message)].into()
}

impl From<EmulatorError> for Error {
    fn from(error: EmulatorError) -> Self {
        let message = error.to_string();
        match error {
            EmulatorError::Stopped | EmulatorError::Unchanged(_) => Self::Config(message),
            EmulatorError::NoDelivery(_) => vec![Violation::error("deliveryId", Code::UnknownValue, message)].into(),
            EmulatorError::Invalid(violations) => violations.into(),
            EmulatorError::TimedOut(_) => Self::timed_out(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn carry_out(emulator: &Emulator, command: &str) -> Result<Value, Error> {
        emulator.command(command).await.map(|text| serde_json::from_str(&text).unwrap())
    }

    #[tokio::test]
    async fn commands_do_what_their_methods_do() {
        let emulator = Emulator::start().unwrap();
        assert_eq!(carry_out(&emulator, r#"{"do": "set_time", "with": {"now": 5}}"#).await.unwrap(), Value::Null);
        assert_eq!(carry_out(&emulator, r#"{"do": "advance_time", "with": {"byMs": 2}}"#).await.unwrap(), Value::Null);
        assert_eq!(carry_out(&emulator, r#"{"do": "now"}"#).await.unwrap(), 7);
        let fault = r#"{"do": "fail_next", "with": {"fault": {"kind": "status", "status": 503, "retryAfter": 0}}}"#;
        assert_eq!(carry_out(&emulator, fault).await.unwrap(), Value::Null);
        let spec = r#"{"name":"n","trigger":"NEW_USER","url":"http://127.0.0.1:9","method":"GET","contentType":"JSON","authType":"NONE","x":18446744073709551617}"#;
        let tried = carry_out(&emulator, &format!(r#"{{"do": "test", "with": {{"spec": {spec}}}}}"#)).await.unwrap();
        assert_eq!(tried["outcome"], "failed");
        let log =
            carry_out(&emulator, r#"{"do": "deliveries", "with": {"filter": {"outcome": "failed"}}}"#).await.unwrap();
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
            let error = carry_out(&emulator, command).await.unwrap_err();
            assert!(matches!(&error, Error::Validation(_)) && error.to_string().contains(says), "{command}: {error}");
        }
        let wait = r#"{"do": "wait_for_delivery", "with": {"timeoutMs": 10}}"#;
        assert_eq!(carry_out(&emulator, wait).await.unwrap_err().kind().class(), "RequestTimeoutError");
    }
}
