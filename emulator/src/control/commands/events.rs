//! Events and what else makes webhooks run.

use std::sync::Arc;

use blynk_webhooks::{Trigger, WebhookSpec, field};
use serde_json::{Map, Value};

use crate::app::{AppState, EmulatorError, Event};
use crate::control::declaration::{Outcome, Reply};
use crate::control::parameters::{Parameters, Required};

fn values(parameters: &mut Parameters) -> Result<Map<String, Value>, EmulatorError> {
    Ok(parameters.take("values")?.unwrap_or_default())
}

fn event(parameters: &mut Parameters) -> Result<Event, EmulatorError> {
    let trigger = Trigger::from(parameters.take::<String>(field::TRIGGER).required(field::TRIGGER)?);
    Ok(Event { trigger, org_id: parameters.take_integer(field::ORG_ID)?, values: values(parameters)? })
}

pub(crate) async fn trigger(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    Ok(Reply::of(&app.trigger(event(&mut parameters)?, false).await?.deliveries))
}

pub(crate) async fn trigger_report(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    Ok(Reply::of(&app.trigger(event(&mut parameters)?, true).await?))
}

pub(crate) async fn explain(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    Ok(Reply::of(&app.explain(event(&mut parameters)?)?))
}

pub(crate) async fn test(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let spec = Ok(parameters.take_raw("spec")).required("spec")?;
    let spec = WebhookSpec::from_json(spec.get())?;
    let values = values(&mut parameters)?;
    Ok(Reply::of(&app.test(spec, values).await?))
}

pub(crate) async fn test_webhook(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let id = parameters.take_integer(field::WEBHOOK_ID).required(field::WEBHOOK_ID)?;
    let values = values(&mut parameters)?;
    Ok(Reply::of(&app.test_webhook(id, values).await?))
}

pub(crate) async fn redeliver(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let id = parameters.take_integer("deliveryId").required("deliveryId")?;
    Ok(Reply::of(&app.redeliver(id).await?))
}
