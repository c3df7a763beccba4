//! The placeholders of the platform: how they are written, which exist, and which a trigger offers.
//!
//! Names: the vendor's documentation. Which trigger offers which is not published; [`Group::offered_by`] is the one place
//! that assumes it.

use crate::surface::Trigger;
use crate::violation::nearest;

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Literal(&'a str),
    /// The name between the braces.
    Placeholder(&'a str),
}

/// Splits a template. `{name}` and `{name[3]}` are placeholders; any other brace is text, as in a JSON body.
pub(crate) fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut literal = 0;
    let mut from = 0;
    while let Some(open) = template[from..].find('{').map(|at| from + at) {
        let inside = &template[open + 1..];
        from = open + 1;
        if let Some(length) = name_length(inside)
            && inside[length..].starts_with('}')
        {
            if literal < open {
                parts.push(Part::Literal(&template[literal..open]));
            }
            parts.push(Part::Placeholder(&inside[..length]));
            from = open + length + 2;
            literal = from;
        }
    }
    if literal < template.len() {
        parts.push(Part::Literal(&template[literal..]));
    }
    parts
}

/// Length of the placeholder name that `text` begins with.
fn name_length(text: &str) -> Option<usize> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    if !bytes.first().is_some_and(|first| word(*first) && !first.is_ascii_digit()) {
        return None;
    }
    let name = bytes.iter().take_while(|byte| word(**byte)).count();
    if bytes.get(name) != Some(&b'[') {
        return Some(name);
    }
    let digits = bytes[name + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0 && bytes.get(name + 1 + digits) == Some(&b']')).then_some(name + digits + 2)
}

/// Splits `name[3]` into `name` and 3.
pub(crate) fn split_index(name: &str) -> (&str, Option<usize>) {
    match name.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((base, index)) => (base, index.parse().ok()),
        None => (name, None),
    }
}

/// What a placeholder tells about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Device,
    User,
    Timestamp,
}

impl Group {
    /// Assumed: `device_*` for the device, datastream and log-event triggers, `user_*` for the user triggers,
    /// `timestamp_*` for all; of other triggers nothing is known, so nothing is denied.
    pub(crate) fn offered_by(self, trigger: &Trigger) -> bool {
        match trigger {
            Trigger::NewUser | Trigger::DeletedUser | Trigger::UpdatedUser => self != Self::Device,
            Trigger::OrganizationAdded | Trigger::Unknown(_) => true,
            _ => self != Self::User,
        }
    }
}

/// What stands in a placeholder's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A number: valid JSON without quotes.
    Number,
    /// A JSON object.
    Object,
    /// Any text.
    Text,
}

pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    pub(crate) content: Content,
}

const fn known(name: &'static str, group: Group, content: Content) -> Known {
    Known { name, group, content }
}

/// The token with which anyone can act as the device.
pub(crate) const DEVICE_AUTH_TOKEN: &str = "device_authToken";

/// Every placeholder. A name that ends in `_X` stands for any id or name in the place of X.
const KNOWN: &[Known] = &[
    known("device_id", Group::Device, Content::Number),
    known("device_name", Group::Device, Content::Text),
    known(DEVICE_AUTH_TOKEN, Group::Device, Content::Text),
    known("device_templateId", Group::Device, Content::Text),
    known("device_productName", Group::Device, Content::Text),
    known("device_orgName", Group::Device, Content::Text),
    known("device_dataStream_X", Group::Device, Content::Text),
    known("device_dataStreamId", Group::Device, Content::Number),
    known("device_dateCreated", Group::Device, Content::Text),
    known("device_pin", Group::Device, Content::Text),
    known("device_pinValue", Group::Device, Content::Text),
    known("device_clientType", Group::Device, Content::Text),
    known("device_country", Group::Device, Content::Text),
    known("device_state", Group::Device, Content::Text),
    known("device_zipCode", Group::Device, Content::Text),
    known("device_metadata_X", Group::Device, Content::Text),
    known("device_tags", Group::Device, Content::Text),
    known("timestamp_unix", Group::Timestamp, Content::Number),
    known("timestamp_iso8601", Group::Timestamp, Content::Text),
    known("user_id", Group::User, Content::Number),
    known("user_object", Group::User, Content::Object),
    known("user_email", Group::User, Content::Text),
    known("user_name", Group::User, Content::Text),
    known("user_orgName", Group::User, Content::Text),
    known("user_dateCreated", Group::User, Content::Text),
    known("user_roleName", Group::User, Content::Text),
    known("user_title", Group::User, Content::Text),
    known("user_nickname", Group::User, Content::Text),
    known("user_phoneNumber", Group::User, Content::Text),
    known("user_country", Group::User, Content::Text),
    known("user_state", Group::User, Content::Text),
    known("user_zipCode", Group::User, Content::Text),
    known("user_assignedTags", Group::User, Content::Text),
    known("user_ownDevicesCount", Group::User, Content::Number),
    known("user_devicesCountByProductName", Group::User, Content::Text),
];

/// The only placeholder that takes an index: several values on one pin.
const INDEXED: &str = "device_pinValue";

/// The table's row for this name, if the platform has such a placeholder.
pub(crate) fn find(name: &str) -> Option<&'static Known> {
    let (base, index) = split_index(name);
    let indexed = name.ends_with(']');
    if indexed && (base != INDEXED || index.is_none()) {
        return None;
    }
    KNOWN.iter().find(|known| match known.name.strip_suffix('X') {
        Some(prefix) if prefix.ends_with('_') => base.strip_prefix(prefix).is_some_and(|id| !id.is_empty()),
        _ => known.name == base,
    })
}

/// A value that could stand in this placeholder's place: a number, an object, or its own name. None for a name that the
/// platform has no placeholder of. For previews and for events that leave a value open.
#[must_use]
pub fn sample_value(name: &str) -> Option<serde_json::Value> {
    find(name).map(|known| match known.content {
        Content::Number => 1.into(),
        Content::Object => serde_json::json!({"id": 1}),
        Content::Text => name.into(),
    })
}

/// The known name that was probably meant.
pub(crate) fn meant(name: &str) -> Option<&'static str> {
    nearest(split_index(name).0, KNOWN.iter().map(|known| known.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_braces_are_no_placeholders() {
        use Part::{Literal, Placeholder};
        assert_eq!(
            parts(r#"{"a": {"b": {device_id}}}"#),
            [Literal(r#"{"a": {"b": "#), Placeholder("device_id"), Literal("}}")]
        );
        assert_eq!(parts("{}{ a }{1a}{a[x]}{{b}}"), [Literal("{}{ a }{1a}{a[x]}{"), Placeholder("b"), Literal("}")]);
        assert_eq!(parts("{device_pinValue[12]}{"), [Placeholder("device_pinValue[12]"), Literal("{")]);
    }

    #[test]
    fn patterns_and_misspellings() {
        assert!(find("device_metadata_12").is_some() && find("device_metadata_").is_none());
        assert!(find("device_pinValue[3]").is_some() && find("device_id[3]").is_none());
        assert_eq!(meant("deviceid"), Some("device_id"));
        assert_eq!(meant("device_Name"), Some("device_name"));
        assert_eq!(meant("quite_else"), None);
    }
}
