//! Built-in targets.

use std::sync::Arc;

use blynk_webhooks::{Code, Violation};
use serde_json::json;

use crate::app::{AppState, EmulatorError};
use crate::control::declaration::{Outcome, Reply};
use crate::control::parameters::{Parameters, Required};
use crate::targets::{Target, TargetResponse};

pub(crate) async fn target(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let target = app.start_target(parameters.take("tls")?.unwrap_or_default()).await?;
    Ok(Reply::of(&json!({"id": target.id(), "url": target.url()})))
}

pub(crate) async fn target_requests(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    Ok(Reply::of(&named(&app, &mut parameters)?.requests()))
}

pub(crate) async fn target_respond(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let target = named(&app, &mut parameters)?;
    let times = parameters.take_integer("times")?;
    let response = TargetResponse {
        status: parameters.take_integer("status")?.unwrap_or(200),
        headers: parameters
            .take::<std::collections::BTreeMap<String, String>>("headers")?
            .unwrap_or_default()
            .into_iter()
            .collect(),
        body: parameters.take("body")?.unwrap_or_default(),
        delay_ms: parameters.take_integer("delayMs")?.unwrap_or_default(),
    };
    let accepted = match times {
        Some(times) => target.respond_next(response, times),
        None => target.respond(response),
    };
    match accepted {
        Ok(()) => Ok(Reply::nothing()),
        Err(blynk_webhooks::Error::Validation(violations)) => Err(violations.into()),
        Err(error) => Err(EmulatorError::Usage(error.to_string())),
    }
}

pub(crate) async fn clear_target(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    named(&app, &mut parameters)?.clear();
    Ok(Reply::nothing())
}

pub(crate) async fn target_ca(app: Arc<AppState>, _: Parameters) -> Outcome {
    Ok(Reply::of(&app.authority()?.pem))
}

fn named(app: &AppState, parameters: &mut Parameters) -> Result<Arc<Target>, EmulatorError> {
    let id: u64 = parameters.take_integer("targetId").required("targetId")?;
    app.targets.get(id).ok_or_else(|| {
        let message = format!("there is no target {id} in the emulator");
        EmulatorError::NotFound(Violation::error("targetId", Code::UnknownValue, message))
    })
}
