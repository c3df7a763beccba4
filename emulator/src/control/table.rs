//! The control API: every command with its parameters, its result and its HTTP route.
//!
//! The routes, `Emulator::command` and the OpenAPI document are made from this table.

use super::commands::{clock, deliveries, events, faults, state, targets};
use super::declaration::{Command, Kind, Parameter, Place, Returns, Route};

/// An async function as a function pointer.
macro_rules! run {
    ($function:path) => {
        |app, parameters| Box::pin($function(app, parameters))
    };
}

/// Longest wait for a delivery in one HTTP request, in milliseconds.
const MAX_WAIT_MS: u64 = 60_000;
/// Largest state that can be put.
const MAX_STATE_BYTES: usize = 64 * 1024 * 1024;
const MAX_UINT32: u64 = u32::MAX as u64;

const fn parameter(name: &'static str, kind: Kind, place: Place, doc: &'static str) -> Parameter {
    Parameter { name, kind, required: false, place, doc }
}

const fn required(name: &'static str, kind: Kind, place: Place, doc: &'static str) -> Parameter {
    Parameter { name, kind, required: true, place, doc }
}

const fn route(method: &'static str, path: &'static str, errors: &'static [u16]) -> Option<Route> {
    Some(Route { method, path, then: None, errors })
}

/// A route that answers what another command returns.
const fn route_then(
    method: &'static str,
    path: &'static str,
    errors: &'static [u16],
    then: &'static str,
) -> Option<Route> {
    Some(Route { method, path, then: Some(then), errors })
}

const VALUES: Parameter =
    parameter("values", Kind::Values, Place::Body, "Placeholder values; other placeholders get samples");
const EVENT: &[Parameter] = &[
    required("trigger", Kind::Schema("Trigger"), Place::Body, "The event"),
    VALUES,
    parameter("orgId", Kind::Int32, Place::Body, "The organization; default: the first one"),
];
const TIMES: Parameter = parameter("times", Kind::Schema("Times"), Place::Body, "How many of them; 1");
const TARGET: Parameter = required("targetId", Kind::Unsigned(u64::MAX), Place::Path, "The target");
const OF_WEBHOOK: Parameter = parameter("webhookId", Kind::Int32, Place::Query, "Only of this webhook");
const OF_OUTCOME: Parameter =
    parameter("outcome", Kind::Schema("Outcome"), Place::Query, "Only deliveries with this outcome");
const OF_TRIGGER: Parameter = parameter("trigger", Kind::Text, Place::Query, "Only of this trigger");
const OF_STATUS: Parameter = parameter(
    "statusCode",
    Kind::Unsigned(999),
    Place::Query,
    "Only deliveries whose target answered with this status",
);
const AFTER: Parameter =
    parameter("after", Kind::Unsigned(u64::MAX), Place::Query, "Only deliveries with a greater number");
const BEFORE: Parameter =
    parameter("before", Kind::Unsigned(u64::MAX), Place::Query, "Only deliveries with a smaller number");
const SEARCH_LOG: Parameter = parameter(
    "search",
    Kind::Text,
    Place::Query,
    "Only deliveries whose URL, body, response, reason or webhook name contains this text; ignores case in ASCII",
);
/// Every command of the control API.
pub static COMMANDS: &[Command] = &[
    Command {
        name: "snapshot",
        summary: "Get the state: organizations, clients with their secrets, webhooks, limits, time",
        description: "",
        parameters: &[],
        returns: Returns::One("State", "The state"),
        route: route("GET", "/_emulator/state", &[]),
        run: run!(state::snapshot),
    },
    Command {
        name: "restore",
        summary: "Replace the state; clears the log and all tokens",
        description: "",
        parameters: &[required("state", Kind::Schema("State"), Place::WholeBody(MAX_STATE_BYTES), "The new state")],
        returns: Returns::Nothing,
        route: route_then("PUT", "/_emulator/state", &[409, 503], "snapshot"),
        run: run!(state::restore),
    },
    Command {
        name: "reset",
        summary: "Restore the initial state; clears the log and all tokens",
        description: "",
        parameters: &[],
        returns: Returns::Nothing,
        route: route_then("POST", "/_emulator/reset", &[503], "snapshot"),
        run: run!(state::reset),
    },
    Command {
        name: "environ",
        summary: "Get the BLYNK_* environment variables for a client of this emulator",
        description: "",
        parameters: &[],
        returns: Returns::One("Environment", "Values by name"),
        route: None,
        run: run!(state::environ),
    },
    Command {
        name: "webhooks",
        summary: "List the webhooks of all organizations",
        description: "",
        parameters: &[
            parameter(
                "search",
                Kind::Text,
                Place::Query,
                "Only webhooks whose ID is this text, or whose name, URL or trigger contains it; ignores case in ASCII",
            ),
            parameter("status", Kind::Text, Place::Query, "Only with this status"),
            OF_TRIGGER,
            parameter("orgId", Kind::Int32, Place::Query, "Only of this organization"),
            parameter("offset", Kind::Unsigned(MAX_UINT32), Place::Query, "Skip this many"),
            parameter("limit", Kind::Unsigned(MAX_UINT32), Place::Query, "Return at most this many"),
        ],
        returns: Returns::Page("StateWebhook", "The webhooks, oldest first"),
        route: route("GET", "/_emulator/webhooks", &[]),
        run: run!(state::webhooks),
    },
    Command {
        name: "set_status",
        summary: "Enable or disable a webhook, like the console",
        description: "",
        parameters: &[
            required("webhookId", Kind::Int32, Place::Path, "The webhook"),
            required("status", Kind::Schema("SettableStatus"), Place::Body, "ENABLED or DISABLED"),
        ],
        returns: Returns::One("Webhook", "The webhook as it is now"),
        route: route("PUT", "/_emulator/webhooks/{webhookId}/status", &[404, 503]),
        run: run!(state::set_status),
    },
    Command {
        name: "test_webhook",
        summary: "Send one webhook once, like the console's Test button",
        description: "The webhook runs regardless of its status and rate limit. The run counts as an attempt. A failure does \
            not count towards failureLimit (assumed).",
        parameters: &[required("webhookId", Kind::Int32, Place::Path, "The webhook"), VALUES],
        returns: Returns::One("Delivery", "The delivery"),
        route: route("POST", "/_emulator/webhooks/{webhookId}/test", &[404, 503]),
        run: run!(events::test_webhook),
    },
    Command {
        name: "trigger",
        summary: "Fire an event; responds when all matching webhooks have been sent",
        description: "Runs each enabled webhook of the trigger, unless the values contradict a member of its dataTrigger: with \
            {\"dataStreamId\": 5}, values that say 6 do not run it, while 5 or no dataStreamId at all do (assumed; the inner \
            names are not published). A webhook that does not run does not appear in the log.",
        parameters: EVENT,
        returns: Returns::List("Delivery", "The deliveries, in the order of their webhooks"),
        route: route("POST", "/_emulator/trigger", &[404, 503]),
        run: run!(events::trigger),
    },
    Command {
        name: "trigger_report",
        summary: "Fire an event; responds also for each webhook whether it ran, and why not",
        description: "",
        parameters: EVENT,
        returns: Returns::One("EventReport", "The deliveries, every webhook of the organization, and warnings"),
        route: route("POST", "/_emulator/trigger/report", &[404, 503]),
        run: run!(events::trigger_report),
    },
    Command {
        name: "explain",
        summary: "Say for each webhook of the organization whether an event would run it, and why not; sends nothing",
        description: "",
        parameters: EVENT,
        returns: Returns::List("WebhookMatch", "Every webhook of the organization"),
        route: route("POST", "/_emulator/trigger/explain", &[404]),
        run: run!(events::explain),
    },
    Command {
        name: "test",
        summary: "Send a spec once without storing a webhook, like the console's Test button",
        description: "",
        parameters: &[required("spec", Kind::Schema("WebhookSpec"), Place::Body, "The spec"), VALUES],
        returns: Returns::One("Delivery", "The delivery"),
        route: route("POST", "/_emulator/test", &[503]),
        run: run!(events::test),
    },
    Command {
        name: "deliveries",
        summary: "List deliveries",
        description: "`limit` with `after` returns the first matches after that number. `limit` alone or with `before` returns the \
            last matches. To get the previous page, pass the number of the first delivery of a page as `before`.",
        parameters: &[
            OF_WEBHOOK,
            OF_OUTCOME,
            OF_TRIGGER,
            OF_STATUS,
            SEARCH_LOG,
            AFTER,
            BEFORE,
            parameter("limit", Kind::Unsigned(MAX_UINT32), Place::Query, "Return at most this many"),
        ],
        returns: Returns::Page("Delivery", "The deliveries that match, oldest first"),
        route: route("GET", "/_emulator/deliveries", &[]),
        run: run!(deliveries::deliveries),
    },
    Command {
        name: "wait_for_delivery",
        summary: "Wait for the first delivery that matches",
        description: "",
        parameters: &[
            OF_WEBHOOK,
            OF_OUTCOME,
            OF_TRIGGER,
            OF_STATUS,
            SEARCH_LOG,
            AFTER,
            parameter("timeoutMs", Kind::Millis(MAX_WAIT_MS), Place::Query, "How long to wait, in milliseconds; 5,000"),
        ],
        returns: Returns::One("Delivery", "The delivery"),
        route: route("GET", "/_emulator/deliveries/wait", &[404]),
        run: run!(deliveries::wait_for_delivery),
    },
    Command {
        name: "expect",
        summary: "Wait until enough deliveries match; otherwise the error names the closest ones",
        description: "",
        parameters: &[
            OF_WEBHOOK,
            OF_OUTCOME,
            OF_TRIGGER,
            OF_STATUS,
            SEARCH_LOG,
            AFTER,
            parameter(
                "count",
                Kind::Unsigned(MAX_UINT32),
                Place::Query,
                "How many are enough; 1. With 0, fail if one matches within the time",
            ),
            parameter("timeoutMs", Kind::Millis(MAX_WAIT_MS), Place::Query, "How long to wait, in milliseconds; 5,000"),
        ],
        returns: Returns::List("Delivery", "The deliveries, oldest first"),
        route: route("GET", "/_emulator/deliveries/expect", &[404]),
        run: run!(deliveries::expect),
    },
    Command {
        name: "redeliver",
        summary: "Send the request of an earlier delivery again",
        description: "",
        parameters: &[required("deliveryId", Kind::Unsigned(u64::MAX), Place::Path, "The earlier delivery")],
        returns: Returns::One("Delivery", "The new delivery"),
        route: route("POST", "/_emulator/deliveries/{deliveryId}/redeliver", &[404]),
        run: run!(events::redeliver),
    },
    Command {
        name: "notices",
        summary: "List failure notifications: mails that the platform would have sent",
        description: "",
        parameters: &[],
        returns: Returns::List("FailureNotification", "The notifications, oldest first"),
        route: route("GET", "/_emulator/notices", &[]),
        run: run!(deliveries::notices),
    },
    Command {
        name: "faults",
        summary: "List pending faults of requests",
        description: "",
        parameters: &[],
        returns: Returns::List("ScriptedFault", "The faults, in their order"),
        route: route("GET", "/_emulator/faults", &[]),
        run: run!(faults::faults),
    },
    Command {
        name: "fail_next",
        summary: "Inject a fault into the next requests to the API",
        description: "",
        parameters: &[
            required("fault", Kind::Schema("Fault"), Place::Body, "What goes wrong"),
            parameter(
                "operation",
                Kind::Schema("Operation"),
                Place::Body,
                "Only requests of this operation; default: every operation except the token endpoint",
            ),
            TIMES,
            parameter("status", Kind::Unsigned(599), Place::Command, "The fault of this kind, with this status"),
            parameter(
                "retryAfter",
                Kind::Unsigned(MAX_UINT32),
                Place::Command,
                "`Retry-After` in seconds, with a status",
            ),
            parameter("reset", Kind::Bool, Place::Command, "The fault of this kind"),
            parameter("truncate", Kind::Bool, Place::Command, "The fault of this kind"),
            parameter("malformed", Kind::Bool, Place::Command, "The fault of this kind"),
            parameter("delayMs", Kind::Unsigned(u64::MAX), Place::Command, "The fault of this kind, with this delay"),
        ],
        returns: Returns::Nothing,
        route: route("POST", "/_emulator/faults", &[]),
        run: run!(faults::fail_next),
    },
    Command {
        name: "delivery_faults",
        summary: "List pending faults of deliveries",
        description: "",
        parameters: &[],
        returns: Returns::List("ScriptedDeliveryFault", "The faults, in their order"),
        route: route("GET", "/_emulator/delivery-faults", &[]),
        run: run!(faults::delivery_faults),
    },
    Command {
        name: "fail_next_delivery",
        summary: "Inject a fault into the next deliveries to targets",
        description: "",
        parameters: &[
            required("fault", Kind::Schema("DeliveryFault"), Place::Body, "What goes wrong"),
            parameter("webhookId", Kind::Int32, Place::Body, "Only deliveries of this webhook"),
            TIMES,
            parameter("delayMs", Kind::Unsigned(u64::MAX), Place::Command, "It is sent so many milliseconds later"),
            parameter("drop", Kind::Bool, Place::Command, "It never arrives and fails"),
            parameter("duplicate", Kind::Bool, Place::Command, "It arrives twice; the first response counts"),
            parameter(
                "reset",
                Kind::Bool,
                Place::Command,
                "It arrives, its connection is reset before the response is read, and it fails",
            ),
        ],
        returns: Returns::Nothing,
        route: route("POST", "/_emulator/delivery-faults", &[]),
        run: run!(faults::fail_next_delivery),
    },
    Command {
        name: "clear_faults",
        summary: "Remove all pending faults, of requests and of deliveries",
        description: "",
        parameters: &[],
        returns: Returns::Nothing,
        route: route("DELETE", "/_emulator/faults", &[]),
        run: run!(faults::clear_faults),
    },
    Command {
        name: "target",
        summary: "Start a built-in target, which records requests and sends the responses it is given",
        description: "It runs until the emulator stops.",
        parameters: &[parameter(
            "tls",
            Kind::Bool,
            Place::Body,
            "Whether to serve https, with a certificate that deliveries trust; false",
        )],
        returns: Returns::One("Target", "The target"),
        route: route("POST", "/_emulator/targets", &[503]),
        run: run!(targets::target),
    },
    Command {
        name: "target_requests",
        summary: "List the requests that a target received",
        description: "",
        parameters: &[TARGET],
        returns: Returns::List("TargetRequest", "The requests, oldest first"),
        route: route("GET", "/_emulator/targets/{targetId}/requests", &[404]),
        run: run!(targets::target_requests),
    },
    Command {
        name: "target_respond",
        summary: "Set the response of a target, from now on or for the next requests",
        description: "",
        parameters: &[
            TARGET,
            parameter("status", Kind::Schema("ResponseStatus"), Place::Body, "HTTP status; 200"),
            parameter("headers", Kind::Schema("Headers"), Place::Body, "Header names and values"),
            parameter("body", Kind::Text, Place::Body, "The body; empty"),
            parameter(
                "delayMs",
                Kind::Unsigned(u64::MAX),
                Place::Body,
                "How long it waits before it responds, in milliseconds; 0",
            ),
            parameter("times", Kind::Schema("Times"), Place::Body, "Only for the next requests, this many"),
        ],
        returns: Returns::Nothing,
        route: route("PUT", "/_emulator/targets/{targetId}/response", &[404]),
        run: run!(targets::target_respond),
    },
    Command {
        name: "clear_target",
        summary: "Remove a target's recorded requests and responses",
        description: "",
        parameters: &[TARGET],
        returns: Returns::Nothing,
        route: route("DELETE", "/_emulator/targets/{targetId}/requests", &[404]),
        run: run!(targets::clear_target),
    },
    Command {
        name: "target_ca",
        summary: "Get the certificate authority of targets on https, as PEM",
        description: "",
        parameters: &[],
        returns: Returns::One("Pem", "The certificate"),
        route: route("GET", "/_emulator/targets/ca", &[503]),
        run: run!(targets::target_ca),
    },
    Command {
        name: "now",
        summary: "Get the emulator's time",
        description: "",
        parameters: &[],
        returns: Returns::Moment,
        route: None,
        run: run!(clock::now),
    },
    Command {
        name: "clock",
        summary: "Get the emulator's time, and whether the clock is stopped",
        description: "",
        parameters: &[],
        returns: Returns::One("Clock", "The time"),
        route: route("GET", "/_emulator/clock", &[]),
        run: run!(clock::clock),
    },
    Command {
        name: "set_time",
        summary: "Set the time and stop the clock; null returns to the machine's time",
        description: "",
        parameters: &[required("now", Kind::Moment, Place::Body, "The time, or null")],
        returns: Returns::Nothing,
        route: route_then("PUT", "/_emulator/clock", &[], "clock"),
        run: run!(clock::set_time),
    },
    Command {
        name: "advance_time",
        summary: "Move the time forward, so that tokens expire and rate limits end",
        description: "",
        parameters: &[required("byMs", Kind::Unsigned(u64::MAX), Place::Body, "How far, in milliseconds")],
        returns: Returns::Nothing,
        route: route_then("POST", "/_emulator/clock/advance", &[], "clock"),
        run: run!(clock::advance_time),
    },
];

/// The command of this name.
pub(crate) fn command(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}
