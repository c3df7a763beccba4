//! The declaration of faults: their kinds, and how each is named by a flag, as `fail_next(reset=True)` has it.

use serde_json::{Map, Value, json};

/// A kind of fault.
#[derive(Debug)]
pub struct FaultKind {
    /// Its name in `{"kind": …}`.
    pub kind: &'static str,
    /// The flag that names it.
    pub flag: &'static str,
    /// Whether the flag holds a number, which is a member of the fault, and no boolean.
    pub has_number: bool,
    /// Another parameter that is a member of the fault.
    pub with: Option<&'static str>,
    /// Whether requests of the API can meet it.
    pub of_requests: bool,
    /// Whether deliveries can meet it.
    pub of_deliveries: bool,
    /// What it does, in one line.
    pub doc: &'static str,
}

const fn flag(kind: &'static str, of_requests: bool, of_deliveries: bool, doc: &'static str) -> FaultKind {
    FaultKind { kind, flag: kind, has_number: false, with: None, of_requests, of_deliveries, doc }
}

/// Every kind of fault.
pub const FAULT_KINDS: &[FaultKind] = &[
    FaultKind {
        kind: "status",
        flag: "status",
        has_number: true,
        with: Some("retryAfter"),
        of_requests: true,
        of_deliveries: false,
        doc: "An answer with this HTTP status, 200 to 599, and `Retry-After` in seconds",
    },
    flag("reset", true, true, "The connection is reset; a delivery has arrived by then"),
    flag("truncate", true, false, "The answer promises more bytes than come"),
    flag("malformed", true, false, "An answer with status 200 that is not JSON"),
    FaultKind {
        kind: "delay",
        flag: "delayMs",
        has_number: true,
        with: None,
        of_requests: true,
        of_deliveries: true,
        doc: "It is carried out, only so many milliseconds later",
    },
    flag("drop", false, true, "The delivery never arrives and fails"),
    flag("duplicate", false, true, "The delivery arrives twice"),
];

/// The fault that flags name, as JSON; none if they name none. Flags that are false or null do not count.
///
/// # Errors
/// If they name more than one.
pub(crate) fn fault_of_flags(
    flags: &Map<String, Value>,
    applies: impl Fn(&FaultKind) -> bool,
) -> Result<Option<Value>, String> {
    let is_named = |kind: &&FaultKind| match flags.get(kind.flag) {
        None | Some(Value::Null) => false,
        Some(value) => kind.has_number || *value != Value::Bool(false),
    };
    let named: Vec<&FaultKind> = FAULT_KINDS.iter().filter(|kind| applies(kind)).filter(is_named).collect();
    let kind = match named.as_slice() {
        [] => return Ok(None),
        [kind] => kind,
        several => {
            let names: Vec<&str> = several.iter().map(|kind| kind.kind).collect();
            return Err(format!("one fault at a time, not {}", names.join(" and ")));
        }
    };
    let mut fault = json!({"kind": kind.kind});
    for name in [kind.has_number.then_some(kind.flag), kind.with].into_iter().flatten() {
        if let Some(value) = flags.get(name).filter(|value| !value.is_null()) {
            fault[name] = value.clone();
        }
    }
    Ok(Some(fault))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{DeliveryFault, Fault};

    #[test]
    fn flags_name_one_fault() {
        let of = |flags: Value| fault_of_flags(flags.as_object().unwrap(), |kind| kind.of_requests);
        assert_eq!(of(json!({"reset": true, "truncate": false, "status": null})), Ok(Some(json!({"kind": "reset"}))));
        assert_eq!(
            of(json!({"status": 503, "retryAfter": 7})),
            Ok(Some(json!({"kind": "status", "status": 503, "retryAfter": 7})))
        );
        assert_eq!(of(json!({})), Ok(None));
        let problem = of(json!({"reset": true, "delayMs": 0})).unwrap_err();
        assert_eq!(problem, "one fault at a time, not reset and delay");
    }

    #[test]
    fn every_kind_that_is_declared_can_be_read() {
        for kind in FAULT_KINDS {
            let mut fault = json!({"kind": kind.kind});
            if kind.has_number {
                fault[kind.flag] = 500.into();
            }
            assert_eq!(serde_json::from_value::<Fault>(fault.clone()).is_ok(), kind.of_requests, "{}", kind.kind);
            assert_eq!(serde_json::from_value::<DeliveryFault>(fault).is_ok(), kind.of_deliveries, "{}", kind.kind);
        }
    }
}
