//! The state: webhooks, organizations and clients.

use std::sync::Arc;

use blynk_webhooks::{Code, Status, Trigger, Violation, env, field};
use serde_json::json;

use crate::app::{AppState, EmulatorError};
use crate::control::declaration::{Outcome, Reply, TOTAL};
use crate::control::parameters::{Parameters, Required, invalid};
use crate::json::explain;
use crate::state::State;
use crate::storage::webhooks::WebhookFilter;

pub(crate) async fn snapshot(app: Arc<AppState>, _: Parameters) -> Outcome {
    Ok(Reply::text(app.live().snapshot().to_json()))
}

pub(crate) async fn restore(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let state = Ok(parameters.take_raw("state")).required("state")?;
    let state = State::from_json(state.get()).map_err(|problem| invalid("state", explain(&problem)))?;
    app.live().restore(state)?;
    Ok(Reply::nothing())
}

pub(crate) async fn reset(app: Arc<AppState>, _: Parameters) -> Outcome {
    app.reset()?;
    Ok(Reply::nothing())
}

pub(crate) async fn environ(app: Arc<AppState>, _: Parameters) -> Outcome {
    Ok(Reply::of(&json!(environment(&app, app.url()).into_iter().collect::<std::collections::BTreeMap<_, _>>())))
}

/// The environment variables that make a client of this emulator, which is reached at `url`.
pub(crate) fn environment(app: &AppState, url: &str) -> [(&'static str, String); 3] {
    let client = app.live().oauth.clients.first().cloned();
    let (id, secret) = client.map(|client| (client.client_id, client.client_secret)).unwrap_or_default();
    [(env::BASE_URL, url.to_owned()), (env::CLIENT_ID, id), (env::CLIENT_SECRET, secret)]
}

/// Webhooks of all organizations, as a state holds them.
pub(crate) async fn webhooks(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let filter = WebhookFilter {
        search: parameters.take("search")?,
        status: parameters.take::<String>(field::STATUS)?.map(Status::from),
        trigger: parameters.take::<String>(field::TRIGGER)?.map(Trigger::from),
        org_id: parameters.take_integer(field::ORG_ID)?,
        offset: parameters.take_integer("offset")?.unwrap_or_default(),
        limit: parameters.take_integer("limit")?,
    };
    let (json, total) = app.live().store.find(&filter);
    Ok(Reply { headers: vec![(TOTAL, total.to_string())], ..Reply::text(json) })
}

/// What the console's switch does.
pub(crate) async fn set_status(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let id = parameters.take_integer(field::WEBHOOK_ID).required(field::WEBHOOK_ID)?;
    let status = match Status::from(parameters.take::<String>(field::STATUS).required(field::STATUS)?) {
        status @ (Status::Enabled | Status::Disabled) => status,
        other => {
            let settable = [Status::Enabled, Status::Disabled].map(|status| status.to_string()).join(" or ");
            let message = format!("must be {settable}, is '{other}'");
            return Err(Violation::error(field::STATUS, Code::UnknownValue, message).into());
        }
    };
    let mut live = app.live();
    let now = live.clock.now();
    let changed = live.store.set_status(id, status, now)?;
    changed.map(Reply::text).ok_or_else(|| EmulatorError::no_webhook(id))
}
