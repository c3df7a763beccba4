//! The fields of a webhook.
//!
//! Source: the API's published reference, unless a line says otherwise. Lengths count Unicode code points (assumed).

use std::borrow::Cow;

use super::Naming;
use super::enums::*;

/// Calls a macro with the table of fields: three groups of rows, `id { … } settable { … } read_only { … }`.
///
/// A row: documentation, `Identity: snake_name = "wireName", Kind, Access`, then limits and marks.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_field {
    ($callback:ident) => {
        $callback! {
            id {
                /// Webhook ID.
                Id: id = "id", Int32, ReadOnly, example("1");
            }
            settable {
                /// Name, at most 100 characters.
                Name: name = "name", Text, Required, limit(100), example("Device Status Notification");
                /// The event that runs the webhook.
                Trigger: trigger = "trigger", Enum(Trigger), Required, example("DEVICE_ADDED");
                /// A JSON object, required for datastream and log-event triggers. Its members are not published.
                DataTrigger: data_trigger = "dataTrigger", Object, Optional;
                /// Absolute http(s) URL, at most 512 characters. May hold placeholders, e.g. `{device_id}`.
                Url: url = "url", Text, Required, limit(512), example("https://example.com/webhook/{device_id}");
                /// HTTP method of the request that the webhook sends.
                Method: method = "method", Enum(Method), Required, example("POST");
                /// How the body of the request is written.
                ContentType: content_type = "contentType", Enum(ContentType), Required, example("JSON");
                /// How the webhook authenticates to its target.
                AuthType: auth_type = "authType", Enum(AuthType), Required, example("NONE");
                /// Body template, at most 1,024 characters. May hold placeholders.
                Body: body = "body", Text, Optional, limit(1024), example(r#"{"device_id": "{device_id}"}"#);
                /// A JSON object, required when `authType` is `OAUTH2`. Holds a client secret.
                OAuth2Request: oauth2_request = "oAuth2Request", Object, Optional, secret();
                /// IDs of the users to notify when the webhook fails, at most 10.
                FailureReceivers: failure_receivers = "failureReceivers", Integers, Optional, limit(10);
                /// Whether the webhook runs. An update can set it; a new webhook is always enabled.
                Status: status = "status", Enum(Status), UpdateOnly, example("ENABLED");
                /// Number of consecutive failures after which the platform disables the webhook.
                FailureLimit: failure_limit = "failureLimit", Int32, Optional, example("10");
            }
            read_only {
                /// Number of attempts so far.
                AttemptCount: attempt_count = "attemptCount", Int32, ReadOnly, example("42");
                /// Creation time, in milliseconds since 1970 (UTC).
                CreatedAt: created_at = "createdAt", Timestamp, ReadOnly, example("1707244800000");
                /// Time of the last change, in milliseconds since 1970 (UTC).
                LastModifiedAt: last_modified_at = "lastModifiedTs", Timestamp, ReadOnly, example("1707244800000");
                /// Time of the last attempt, in milliseconds since 1970 (UTC).
                LastTriggeredAt: last_triggered_at = "lastTriggeredTs", Timestamp, ReadOnly, example("1707244800000");
            }
        }
    };
}
/// What kind of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// A string.
    Text,
    /// A string that is one of an enum's values, or a value newer than this version.
    Enum(&'static EnumInfo),
    /// A JSON object.
    Object,
    /// An array of 64-bit integers.
    Integers,
    /// A 32-bit integer.
    Int32,
    /// Milliseconds since 1970 (UTC), a 64-bit integer.
    Timestamp,
}

/// Who sets a field, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// The user must set it.
    Required,
    /// The user may set it.
    Optional,
    /// The user may set it by an update, not by a create.
    UpdateOnly,
    /// The server sets it.
    ReadOnly,
}

/// A row of the table of fields.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FieldInfo {
    /// Name in Rust and Python, e.g. `data_trigger`.
    pub snake: &'static str,
    /// Name on the wire and in Node, e.g. `dataTrigger`.
    pub wire: &'static str,
    /// Kind of its value.
    pub kind: FieldKind,
    /// Who sets it.
    pub access: Access,
    /// Most code points of a text, or most items of a list.
    pub limit: Option<usize>,
    /// True if its value holds a secret.
    pub secret: bool,
    /// An example value, as text.
    pub example: Option<&'static str>,
    /// What it means, one or two sentences.
    pub doc: &'static str,
}

impl FieldInfo {
    const fn new(snake: &'static str, wire: &'static str, kind: FieldKind, access: Access, doc: &'static str) -> Self {
        Self {
            snake,
            wire,
            kind,
            access,
            limit: None,
            secret: false,
            example: None,
            doc: super::errors::first_line(doc),
        }
    }

    const fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn example(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }
}

macro_rules! declare {
    (@count) => { 0 };
    (@count $head:ident $($tail:ident)*) => { 1 + declare!(@count $($tail)*) };
    (
        id { $($id:tt)+ }
        settable { $($settable:tt)+ }
        read_only { $($read_only:tt)+ }
    ) => {
        declare! { @rows $($id)+ $($settable)+ $($read_only)+ }
        declare! { @names SETTABLE "Fields that a user sets, in the order of the contract." $($settable)+ }
        declare! { @names READ_ONLY "Fields that only the server sets." $($id)+ $($read_only)+ }
    };
    (@names $list:ident $doc:literal $(
        $(#[doc = $text:literal])+
        $field:ident: $snake:ident = $wire:literal, $kind:ident $(($enum:ident))?, $access:ident
        $(, $mark:ident($($value:expr)?))*;
    )+) => {
        impl Field {
            #[doc = $doc]
            pub const $list: &'static [Self] = &[$(Self::$field),+];
        }
    };
    (@rows $(
        $(#[doc = $text:literal])+
        $field:ident: $snake:ident = $wire:literal, $kind:ident $(($enum:ident))?, $access:ident
        $(, $mark:ident($($value:expr)?))*;
    )+) => {
        /// The identity of a webhook's field. Its row says how it is named, what it holds and who sets it.
        ///
        /// ```
        /// use blynk_webhooks::{Field, WebhookPatch};
        /// let patch = WebhookPatch::new().set(Field::Name, "Renamed").clear(Field::Body);
        /// # let _ = patch;
        /// assert_eq!(Field::DataTrigger.wire(), "dataTrigger");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Field { $( $(#[doc = $text])+ $field, )+ }

        impl Field {
            /// How many fields there are.
            pub(crate) const COUNT: usize = declare!(@count $($field)+);

            /// Every field: the ID, then those that a user sets, then the rest.
            pub const ALL: &'static [Self] = &[$(Self::$field),+];

            /// The field's row.
            #[must_use]
            pub const fn info(self) -> &'static FieldInfo {
                const INFO: [FieldInfo; Field::COUNT] = [$(
                    FieldInfo::new(
                        stringify!($snake), $wire, FieldKind::$kind $((&<$enum>::INFO))?, Access::$access,
                        concat!($($text, "\n"),+),
                    ) $(.$mark($($value)?))*
                ),+];
                static TABLE: [FieldInfo; Field::COUNT] = INFO;
                &TABLE[self as usize]
            }

            /// The field of this wire name.
            #[must_use]
            #[inline]
            pub fn from_wire(name: &str) -> Option<Self> {
                match name {
                    $( $wire => Some(Self::$field), )+
                    _ => None,
                }
            }

            /// The name on the wire.
            #[must_use]
            pub const fn wire(self) -> &'static str {
                match self { $( Self::$field => $wire, )+ }
            }
        }
    };
}
crate::for_each_field!(declare);

impl Field {
    /// Name in Rust and Python, e.g. `data_trigger`.
    #[must_use]
    pub const fn snake(self) -> &'static str {
        self.info().snake
    }

    /// The name as a language writes it: Node uses the wire's own.
    #[must_use]
    pub fn name(self, naming: Naming) -> Cow<'static, str> {
        Cow::Borrowed(match naming {
            Naming::Rust | Naming::Python => self.snake(),
            Naming::Node | Naming::Program => self.wire(),
        })
    }

    /// True if the user sets the field.
    #[must_use]
    pub fn is_settable(self) -> bool {
        self.info().access != Access::ReadOnly
    }

    /// True if a create and an update must set the field.
    #[must_use]
    pub fn is_required(self) -> bool {
        self.info().access == Access::Required
    }
}

/// Most code points or items of a field.
pub(crate) const fn limit_of(field: Field) -> usize {
    match field.info().limit {
        Some(limit) => limit,
        None => usize::MAX,
    }
}

impl From<Field> for String {
    /// The wire name.
    fn from(field: Field) -> Self {
        field.wire().into()
    }
}

/// Wire names inside `oAuth2Request` (assumed; the console asks for these three).
pub mod oauth2 {
    /// Client ID.
    pub const CLIENT_ID: &str = "clientId";
    /// Client secret.
    pub const CLIENT_SECRET: &str = "clientSecret";
    /// URL from which the platform fetches the token.
    pub const TOKEN_URL: &str = "tokenUrl";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_without_doubles() {
        for (place, field) in Field::ALL.iter().enumerate() {
            assert_eq!(Field::from_wire(field.wire()), Some(*field));
            assert_eq!(*field as usize, place);
            assert!(field.info().doc.ends_with('.') && !field.info().doc.starts_with(' '), "{:?}", field.info().doc);
            assert_eq!(Field::READ_ONLY.contains(field), !field.is_settable());
            assert_eq!(Field::SETTABLE.contains(field), field.is_settable());
            if let FieldKind::Enum(info) = field.info().kind {
                assert!(super::super::enums::ENUMS.contains(info), "{} is not in ENUMS", info.name);
            }
        }
    }
}
