//! The emulator's time.

use std::sync::Arc;
use std::time::Duration;

use blynk_webhooks::{Code, Violation};
use serde_json::json;

use crate::app::AppState;
use crate::clock::{LATEST, Millis};
use crate::control::declaration::{Outcome, Reply};
use crate::control::parameters::{Parameters, Required, invalid};
use crate::integral;
use crate::json::explain_value;

pub(crate) async fn now(app: Arc<AppState>, _: Parameters) -> Outcome {
    Ok(Reply::of(&app.live().clock.now()))
}

pub(crate) async fn clock(app: Arc<AppState>, _: Parameters) -> Outcome {
    let live = app.live();
    Ok(Reply::of(&json!({"now": live.clock.now(), "standing": live.clock.standing().is_some()})))
}

pub(crate) async fn set_time(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    // Null is a value here: the machine's time.
    let now = Ok(parameters.take_raw("now")).required("now")?;
    let now: Option<Millis> = integral::optional(&mut serde_json::Deserializer::from_str(now.get()))
        .map_err(|problem: serde_json::Error| invalid("now", explain_value(&problem)))?;
    if let Some(now) = now.filter(|now| !(0..=LATEST).contains(now)) {
        let message = format!("must be from 0 to {LATEST}, is {now}");
        return Err(Violation::error("now", Code::OutOfRange, message).into());
    }
    app.live().clock.set(now);
    Ok(Reply::nothing())
}

pub(crate) async fn advance_time(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let by = parameters.take_integer::<u64>("byMs").required("byMs")?;
    app.live().clock.advance(Duration::from_millis(by));
    Ok(Reply::nothing())
}
