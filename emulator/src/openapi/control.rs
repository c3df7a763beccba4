//! The control API in the document.

use blynk_webhooks::field;
use serde_json::{Value, json};

use super::schemas::{self, reference};
use super::{Operation, operation, query};
use crate::control::{LAST_DELIVERY, LOG, LONGEST_WAIT_MS, WAIT_MS, control_path as path, parameter};
use crate::delivery::log::Outcome;

pub(super) fn operations() -> Vec<Operation> {
    let list = |of: &str| Some(json!({"type": "array", "items": reference(of)}));
    let of = |name: &str| Some(reference(name));
    vec![
        control(path::STATE, "get", "getState", "Organizations, clients with their secrets, webhooks, limits, time")
            .answers("200", "The state", of("State")),
        shell_settings(),
        writes(path::STATE, "put", "putState", "Take another state in place of this one; log and tokens are forgotten")
            .body(reference("State"))
            .answers("200", "The state, with what it left open filled in", of("State"))
            .refuses(&["409", "503"]),
        control(path::RESET, "post", "reset", "Go back to the state it was started with; log and tokens are forgotten")
            .answers("200", "The state", of("State"))
            .refuses(&["503"]),
        control(path::WEBHOOKS, "get", "getAllWebhooks", "The webhooks of all organizations").answers(
            "200",
            "The webhooks, oldest first",
            list("StateWebhook"),
        ),
        writes(path::STATUS, "put", "setStatus", "Switch a webhook on or off, as the console does")
            .with("parameters", json!([in_path(field::WEBHOOK_ID, schemas::int32())]))
            .body(reference("StatusInput"))
            .answers("200", "The webhook as it is now", of("Webhook"))
            .refuses(&["404", "503"]),
        trigger(),
        writes(path::TEST, "post", "testSpec", "Run a spec once without a webhook, as the console's button does")
            .body(reference("TestInput"))
            .answers("200", "The delivery", of("Delivery"))
            .refuses(&["503"]),
        deliveries(),
        control(path::WAIT, "get", "waitForDelivery", "The first delivery that is meant, as soon as there is one")
            .with("parameters", wait_parameters())
            .answers("200", "The delivery", of("Delivery"))
            .refuses(&["400", "404"]),
        control(path::REDELIVER, "post", "redeliver", "Send the request of an earlier delivery once more")
            .with("parameters", json!([in_path("deliveryId", schemas::unsigned(u64::MAX))]))
            .answers("200", "The new delivery", of("Delivery"))
            .refuses(&["400", "404"]),
        control(path::NOTICES, "get", "getNotices", "Mails that failure receivers would have got").answers(
            "200",
            "The notices, oldest first",
            list("FailureNotification"),
        ),
        control(path::FAULTS, "get", "getFaults", "Faults that are still to come").answers(
            "200",
            "The faults, in their order",
            list("ScriptedFault"),
        ),
        writes(path::FAULTS, "post", "addFault", "Script a fault for the next requests of the API")
            .body(reference("FaultInput"))
            .answers("204", "It is scripted", None),
        control(path::FAULTS, "delete", "clearFaults", "Forget the faults that are still to come").answers(
            "204",
            "They are forgotten",
            None,
        ),
        control(path::CLOCK, "get", "getClock", "The emulator's time").answers("200", "The time", of("Clock")),
        writes(
            path::CLOCK,
            "put",
            "setClock",
            "Set the time, which stands still from then on; null lets it follow the machine's again",
        )
        .body(reference("ClockInput"))
        .answers("200", "The time", of("Clock")),
        writes(path::ADVANCE, "post", "advanceClock", "Move the time forward: tokens expire, limits end")
            .body(reference("AdvanceInput"))
            .answers("200", "The time", of("Clock")),
    ]
}

fn control(path: &'static str, method: &'static str, id: &str, summary: &str) -> Operation {
    operation(path, method, "control", id, summary).with("security", json!([])).refuses(&["403"])
}

/// An operation with a JSON body.
fn writes(path: &'static str, method: &'static str, id: &str, summary: &str) -> Operation {
    control(path, method, id, summary).refuses(&["400", "415"])
}

/// The first delivery's number leads to its repetition.
fn trigger() -> Operation {
    let summary = "Let an event happen; answers when every matching webhook has been sent";
    let deliveries = json!({"type": "array", "items": reference("Delivery")});
    let matching = "Runs each enabled webhook of the trigger, unless the values contradict a member of its dataTrigger: with \
        {\"dataStreamId\": 5}, values that say 6 do not run it, while 5 or no dataStreamId at all do (assumed; the inner names are \
        not published). A webhook that does not run leaves nothing in the log.";
    let mut operation = writes(path::TRIGGER, "post", "trigger", summary)
        .with("description", matching.into())
        .body(reference("Event"))
        .answers("200", "The deliveries, in the order of their webhooks", Some(deliveries))
        .refuses(&["404", "503"]);
    let link = json!({"operationId": "redeliver", "parameters": {"deliveryId": "$response.body#/0/id"}});
    operation.value["responses"]["200"]["links"] = json!({"redeliver": link});
    operation
}

fn shell_settings() -> Operation {
    let summary = "Base URL, client id and secret as a shell takes them: eval \"$(curl -s …)\"";
    let mut operation = control(path::ENVIRONMENT, "get", "getEnvironment", summary);
    operation.value["responses"]["200"] = json!({
        "description": "Lines of the form export NAME='value'",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    });
    operation
}

fn deliveries() -> Operation {
    let mut parameters = filter_parameters();
    parameters.push(query(
        parameter::LIMIT,
        false,
        "Only so many: the first of those after the number given, else the last of all",
        schemas::unsigned(u32::MAX.into()),
    ));
    let all = json!({"type": "array", "items": reference("Delivery")});
    let mut operation = control(path::DELIVERIES, "get", "getDeliveries", "The log of deliveries")
        .with("parameters", parameters.into())
        .answers("200", "The deliveries that are meant, oldest first", Some(all))
        .refuses(&["400"]);
    let header =
        |description: &str| json!({"description": description, "schema": {"type": "string", "pattern": "^[0-9]+$"}});
    operation.value["responses"]["200"]["headers"] = json!({
        LAST_DELIVERY.as_str(): header("Number of the last delivery of all"),
        LOG.as_str(): header("Which log it is; another one once it was forgotten, where numbers begin anew"),
    });
    operation
}

fn filter_parameters() -> Vec<Value> {
    let outcomes = json!({"enum": Outcome::ALL.map(Outcome::as_str)});
    vec![
        query(field::WEBHOOK_ID, false, "Only of this webhook", schemas::int32()),
        query(parameter::OUTCOME, false, "Only those that ended this way", outcomes),
        query(parameter::AFTER, false, "Only those with a greater number", schemas::unsigned(u64::MAX)),
    ]
}

fn wait_parameters() -> Value {
    let mut timeout = schemas::unsigned(LONGEST_WAIT_MS);
    timeout["default"] = WAIT_MS.into();
    let mut parameters = filter_parameters();
    parameters.push(query(parameter::TIMEOUT_MS, false, "How long to wait, in milliseconds", timeout));
    parameters.into()
}

fn in_path(name: &str, schema: Value) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}
