//! The placeholder values of an event.

use blynk_webhooks::{Code, Violation, WebhookSpec, nearest, sample_value};
use serde_json::{Map, Value};

use crate::clock::{Millis, iso8601};
use crate::json::json_length;

/// Bytes of an event's values as JSON.
const MAX_VALUES_BYTES: usize = 256 * 1024;
/// Names that are warned of in one event, and characters of each that are shown.
const MAX_WARNINGS: usize = 20;
const MAX_SHOWN: usize = 60;

/// The values of an event, shared by all webhooks that it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EventValues {
    values: Map<String, Value>,
    bytes: usize,
    /// When the event happened.
    at: Millis,
}

impl EventValues {
    /// # Errors
    /// If there are too many of them.
    pub(crate) fn new(values: Map<String, Value>, at: Millis) -> Result<Self, Violation> {
        let bytes = json_length(&values);
        if bytes > MAX_VALUES_BYTES {
            let message = format!("must be at most {MAX_VALUES_BYTES} bytes as JSON, are {bytes}");
            return Err(Violation::error("values", Code::TooLong, message));
        }
        Ok(Self { values, bytes, at })
    }

    /// Their bytes as JSON.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn as_map(&self) -> &Map<String, Value> {
        &self.values
    }

    /// What a webhook's templates need: the event's values, and for what they leave open the time, a sample for every other
    /// placeholder of the platform, and an unknown one's own text, since the platform leaves it as it is (assumed).
    pub(crate) fn for_spec(&self, spec: &WebhookSpec) -> Map<String, Value> {
        let mut found = Map::new();
        for name in spec.placeholders() {
            let base = name.split('[').next().unwrap_or_default();
            if let Some(value) = self.values.get(&name) {
                found.insert(name, value.clone());
                continue;
            }
            // A part of a list that the event has.
            if let Some(value) = self.values.get(base) {
                found.entry(base).or_insert_with(|| value.clone());
                continue;
            }
            let value = match name.as_str() {
                "timestamp_unix" => Value::from(self.at / 1_000),
                "timestamp_iso8601" => Value::from(iso8601(self.at)),
                _ => sample_value(&name).unwrap_or_else(|| format!("{{{name}}}").into()),
            };
            found.insert(name, value);
        }
        found
    }

    /// Names that neither the platform has nor any webhook uses: misspelt ones would go unnoticed, since samples stand for what
    /// an event leaves open. `used` gives the names that each webhook uses.
    pub(crate) fn warnings<'a, Names: Iterator<Item = &'a [String]>>(&self, used: impl Fn() -> Names) -> Vec<String> {
        let base = |name: &'a str| name.split('[').next().unwrap_or_default();
        let is_used = |name: &str| used().flatten().any(|used| used == name || base(used) == name);
        let unknown = self.values.keys().filter(|name| sample_value(name).is_none() && !is_used(name));
        let warn = |name: &String| {
            let shown: String = name.chars().take(MAX_SHOWN).collect();
            let open = used().flatten().map(String::as_str).filter(|used| !self.values.contains_key(*used));
            match nearest(&shown, open) {
                Some(meant) => format!("no webhook uses the value '{shown}'; did you mean '{meant}'?"),
                None => format!("no webhook uses the value '{shown}'"),
            }
        };
        unknown.take(MAX_WARNINGS).map(warn).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(values: Value) -> EventValues {
        EventValues::new(values.as_object().unwrap().clone(), 5_000).unwrap()
    }

    #[test]
    fn only_what_the_templates_need_is_taken() {
        let spec = WebhookSpec::new("n", "DEVICE_ADDED", "http://e/{device_id}")
            .body("{device_pinValue[1]} {device_pinValue} {timestamp_unix} {own} {device_name}");
        let values = event(json!({"device_id": 7, "device_pinValue": [1, 2], "other": 3})).for_spec(&spec);
        let expected = json!({"device_id": 7, "device_pinValue": [1, 2], "timestamp_unix": 5, "own": "{own}",
            "device_name": "device_name"});
        assert_eq!(Value::Object(values), expected);
        // A sample of a part does not stand for the whole, nor the other way round.
        let spec = WebhookSpec::new("n", "DEVICE_ADDED", "http://e/").body("{device_pinValue} {device_pinValue[1]}");
        assert_eq!(event(json!({})).for_spec(&spec).len(), 2);
    }

    #[test]
    fn misspelt_names_are_warned_of() {
        let used = ["device_id", "dataStreamId", "device_pinValue[2]"].map(String::from);
        let warnings =
            event(json!({"deviceId": 1, "user_name": "", "dataStreamId": 5, "device_pinValue": [], "colour": 3}))
                .warnings(|| std::iter::once(&used[..]));
        assert_eq!(
            warnings,
            ["no webhook uses the value 'colour'", "no webhook uses the value 'deviceId'; did you mean 'device_id'?"]
        );
        let many: Map<String, Value> = (0..100).map(|n| (format!("{n}{}", "x".repeat(1_000)), n.into())).collect();
        let warnings = EventValues::new(many, 0).unwrap().warnings(std::iter::empty);
        assert_eq!((warnings.len(), warnings[0].len() < 100), (20, true));
    }

    #[test]
    fn too_large_events_are_refused() {
        let values = |bytes: usize| json!({"a": "x".repeat(bytes)}).as_object().unwrap().clone();
        assert!(EventValues::new(values(MAX_VALUES_BYTES - 8), 0).is_ok());
        assert!(EventValues::new(values(MAX_VALUES_BYTES - 7), 0).is_err());
    }
}
