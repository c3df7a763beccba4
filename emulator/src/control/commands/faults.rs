//! Scripted faults.

use std::sync::Arc;

use crate::app::AppState;
use crate::control::declaration::{Outcome, Reply};
use crate::control::parameters::{Parameters, Required};
use crate::faults::{Fault, Operation};

pub(crate) async fn faults(app: Arc<AppState>, _: Parameters) -> Outcome {
    Ok(Reply::of(app.live().faults.scripted()))
}

pub(crate) async fn fail_next(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let fault = parameters.take::<Fault>("fault").required("fault")?;
    let operation = parameters.take::<Operation>("operation")?;
    let times = parameters.take_integer("times")?.unwrap_or(1);
    app.live().faults.add(operation, fault, times)?;
    Ok(Reply::nothing())
}

pub(crate) async fn clear_faults(app: Arc<AppState>, _: Parameters) -> Outcome {
    app.live().faults.clear();
    Ok(Reply::nothing())
}
