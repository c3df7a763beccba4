//! Scripted faults.

use std::sync::Arc;

use blynk_webhooks::{Code, Violation};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::app::{AppState, EmulatorError};
use crate::control::declaration::{Outcome, Reply};
use crate::control::parameters::{Parameters, invalid};
use crate::faults::flags::{FAULT_KINDS, FaultKind, fault_of_flags};
use crate::faults::{DeliveryFault, Fault, OfOperation, OfWebhook, Operation};
use crate::json::explain_value;

/// Status of a fault that is not named.
const DEFAULT_STATUS: u16 = 503;

pub(crate) async fn faults(app: Arc<AppState>, _: Parameters) -> Outcome {
    Ok(Reply::of(app.live().faults.scripted()))
}

pub(crate) async fn delivery_faults(app: Arc<AppState>, _: Parameters) -> Outcome {
    Ok(Reply::of(app.live().delivery_faults.scripted()))
}

pub(crate) async fn fail_next(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let fault = fault(&mut parameters, |kind| kind.of_requests)?;
    let operation = parameters.take::<Operation>("operation")?;
    let times = parameters.take_integer("times")?.unwrap_or(1);
    let fault = fault.unwrap_or_else(|| Fault::status(DEFAULT_STATUS));
    fault.check()?;
    app.live().faults.add(OfOperation { operation }, fault, times)?;
    Ok(Reply::nothing())
}

pub(crate) async fn fail_next_delivery(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let fault = fault::<DeliveryFault>(&mut parameters, |kind| kind.of_deliveries)?;
    let webhook_id = parameters.take_integer("webhookId")?;
    let times = parameters.take_integer("times")?.unwrap_or(1);
    let fault = fault.ok_or_else(|| {
        let flags: Vec<&str> = FAULT_KINDS.iter().filter(|kind| kind.of_deliveries).map(|kind| kind.flag).collect();
        Violation::error("fault", Code::Required, format!("is required: one of {}", flags.join(", ")))
    })?;
    app.live().delivery_faults.add(OfWebhook { webhook_id }, fault, times)?;
    Ok(Reply::nothing())
}

pub(crate) async fn clear_faults(app: Arc<AppState>, _: Parameters) -> Outcome {
    let mut live = app.live();
    live.faults.clear();
    live.delivery_faults.clear();
    Ok(Reply::nothing())
}

/// The fault that is given as an object or named by flags.
fn fault<F: DeserializeOwned>(
    parameters: &mut Parameters,
    applies: impl Fn(&FaultKind) -> bool,
) -> Result<Option<F>, EmulatorError> {
    let given = parameters.take::<F>("fault")?;
    let mut flags = Map::new();
    for name in FAULT_KINDS.iter().filter(|kind| applies(kind)).flat_map(|kind| [Some(kind.flag), kind.with]).flatten()
    {
        if let Some(value) = parameters.take::<Value>(name)? {
            flags.insert(name.to_owned(), value);
        }
    }
    let named = fault_of_flags(&flags, applies).map_err(EmulatorError::Usage)?;
    match (given, named) {
        (Some(_), Some(_)) => Err(EmulatorError::Usage("name a fault either as an object or by its flags".into())),
        (Some(fault), None) => Ok(Some(fault)),
        (None, Some(named)) => {
            serde_json::from_value(named).map(Some).map_err(|problem| invalid("fault", explain_value(&problem)))
        }
        (None, None) => Ok(None),
    }
}
