//! The log of deliveries and failure notifications.

use std::sync::Arc;
use std::time::Duration;

use crate::app::{AppState, EmulatorError, Expectation};
use crate::control::declaration::{DEFAULT_WAIT_MS, FILTER, LAST_DELIVERY, LOG, Outcome, Reply, TOTAL};
use crate::control::parameters::{Parameters, invalid};
use crate::delivery::log::DeliveryFilter;

pub(crate) async fn deliveries(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let filter = filter(&mut parameters)?;
    let (page, last, log) = {
        let live = app.live();
        (live.find_deliveries(&filter), live.log.last_id(), live.generation)
    };
    let headers = vec![(LAST_DELIVERY, last.to_string()), (LOG, log.to_string()), (TOTAL, page.total.to_string())];
    Ok(Reply { headers, ..Reply::of(&page.deliveries) })
}

pub(crate) async fn wait_for_delivery(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let filter = filter(&mut parameters)?;
    let timeout = parameters.take_integer("timeoutMs")?.unwrap_or(DEFAULT_WAIT_MS);
    Ok(Reply::of(&app.wait_for_delivery(filter, Duration::from_millis(timeout)).await?))
}

pub(crate) async fn expect(app: Arc<AppState>, mut parameters: Parameters) -> Outcome {
    let filter = filter(&mut parameters)?;
    let count = parameters.take_integer("count")?.unwrap_or(1);
    let timeout = Duration::from_millis(parameters.take_integer("timeoutMs")?.unwrap_or(DEFAULT_WAIT_MS));
    Ok(Reply::of(&app.expect(Expectation { filter, count, timeout }).await?))
}

pub(crate) async fn notices(app: Arc<AppState>, _: Parameters) -> Outcome {
    Ok(Reply::of(&app.live().log.notifications()))
}

/// The deliveries that are meant. Their parameters may also stand in one object.
fn filter(parameters: &mut Parameters) -> Result<DeliveryFilter, EmulatorError> {
    if let Some(members) = parameters.take::<Parameters>(FILTER)? {
        parameters.add_all(members).map_err(|problem| invalid(FILTER, problem))?;
    }
    Ok(DeliveryFilter {
        webhook_id: parameters.take_integer("webhookId")?,
        outcome: parameters.take("outcome")?,
        trigger: parameters.take::<String>("trigger")?.map(Into::into),
        status_code: parameters.take_integer("statusCode")?,
        search: parameters.take("search")?,
        after: parameters.take_integer("after")?,
        before: parameters.take_integer("before")?,
        limit: parameters.take_integer("limit")?,
    })
}
