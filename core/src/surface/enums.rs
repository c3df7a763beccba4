//! The enums of the wire, each one table, each open to values newer than this version.

use super::errors::first_line;

/// An enum of the wire, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnumInfo {
    /// Name of the type in every language, e.g. `ContentType`.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// Its members, in the order of the contract.
    pub members: &'static [EnumMember],
}

/// A member of an enum of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnumMember {
    /// Name on the wire, e.g. `URL_ENCODED_FORM`.
    pub wire: &'static str,
    /// What it means.
    pub doc: &'static str,
}

impl EnumInfo {
    /// The wire names of all members.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        self.members.iter().map(|member| member.wire)
    }

    /// True for the wire name of a member.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }
}

/// Every enum of the wire.
pub const ENUMS: &[EnumInfo] = &[Trigger::INFO, Method::INFO, ContentType::INFO, AuthType::INFO, Status::INFO];

/// A value of one of the enums.
pub(crate) trait WireEnum: for<'a> From<&'a str> {
    fn wire(&self) -> &str;
}

/// Declares an enum whose members are known by their wire name and which keeps a name it does not know.
macro_rules! wire_enum {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $( $(#[doc = $member_doc:literal])+ $variant:ident = $wire:literal, )+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[doc = $member_doc])+ $variant, )+
            /// A value this version does not know, kept as it was written.
            Unknown(Box<str>),
        }

        impl $name {
            /// Wire names of all members, in the order of the contract.
            pub const NAMES: &'static [&'static str] = &[$($wire),+];

            /// The enum's row: its name, its documentation and its members.
            pub const INFO: EnumInfo = EnumInfo {
                name: stringify!($name),
                doc: first_line(concat!($($doc, "\n"),+)),
                members: &[$( EnumMember { wire: $wire, doc: first_line(concat!($($member_doc, "\n"),+)) } ),+],
            };

            /// The member of this wire name, or [`Self::Unknown`]. Names are compared exactly.
            #[must_use]
            pub fn from_wire(name: &str) -> Self {
                match name {
                    $( $wire => Self::$variant, )+
                    other => Self::Unknown(other.into()),
                }
            }

            /// The name on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $wire, )+
                    Self::Unknown(name) => name,
                }
            }

            /// False for a value this version does not know.
            #[must_use]
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }

            /// Position in [`Self::NAMES`]; `None` for an unknown value.
            #[must_use]
            pub fn index(&self) -> Option<usize> {
                #[derive(Clone, Copy)]
                enum Position { $( $variant, )+ }
                match self {
                    $( Self::$variant => Some(Position::$variant as usize), )+
                    Self::Unknown(_) => None,
                }
            }
        }

        impl WireEnum for $name {
            fn wire(&self) -> &str {
                self.as_str()
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::from_wire(name)
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self::from_wire(&name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

wire_enum! {
    /// The event that runs a webhook.
    ///
    /// Values: the vendor's published schema.
    ///
    /// ```
    /// use blynk_webhooks::Trigger;
    /// assert_eq!(Trigger::from("DEVICE_ADDED"), Trigger::DeviceAdded);
    /// assert!(!Trigger::from("SOMETHING_NEW").is_known());
    /// ```
    Trigger {
        /// A user was added.
        NewUser = "NEW_USER",
        /// A user was deleted.
        DeletedUser = "DELETED_USER",
        /// A user was changed.
        UpdatedUser = "UPDATED_USER",
        /// A device was added.
        DeviceAdded = "DEVICE_ADDED",
        /// A device was deleted.
        DeviceDeleted = "DEVICE_DELETED",
        /// A datastream of one device changed; needs `dataTrigger`.
        DeviceDatastreamUpdate = "DEVICE_DATASTREAM_UPDATE",
        /// A datastream of a product's devices changed; needs `dataTrigger`.
        ProductDatastreamUpdate = "PRODUCT_DATASTREAM_UPDATE",
        /// A datastream changed in any organization that holds the product; needs `dataTrigger`.
        GlobalProductDatastreamUpdate = "GLOBAL_PRODUCT_DATASTREAM_UPDATE",
        /// One device logged an event; needs `dataTrigger`.
        DeviceLogEvent = "DEVICE_LOG_EVENT",
        /// A product's device logged an event; needs `dataTrigger`.
        ProductLogEvent = "PRODUCT_LOG_EVENT",
        /// A device logged an event in any organization that holds the product; needs `dataTrigger`.
        GlobalProductLogEvent = "GLOBAL_PRODUCT_LOG_EVENT",
        /// The first device of an organization connected.
        FirstDeviceConnectionInOrg = "FIRST_DEVICE_CONNECTION_IN_ORG",
        /// An organization was added.
        OrganizationAdded = "ORGANIZATION_ADDED",
    }
}

impl Trigger {
    /// True for the six datastream and log-event triggers, which need a `dataTrigger` (contract).
    #[must_use]
    pub fn needs_data_trigger(&self) -> bool {
        matches!(
            self,
            Self::DeviceDatastreamUpdate
                | Self::ProductDatastreamUpdate
                | Self::GlobalProductDatastreamUpdate
                | Self::DeviceLogEvent
                | Self::ProductLogEvent
                | Self::GlobalProductLogEvent
        )
    }
}

wire_enum! {
    /// The HTTP method a webhook uses.
    ///
    /// Values: the vendor's published schema.
    Method {
        /// `GET`
        Get = "GET",
        /// `POST`
        Post = "POST",
        /// `PUT`
        Put = "PUT",
        /// `DELETE`
        Delete = "DELETE",
        /// `PATCH`
        Patch = "PATCH",
    }
}

wire_enum! {
    /// How the body of a webhook's request is written.
    ///
    /// Values: the vendor's published schema.
    ContentType {
        /// Plain text.
        PlainText = "PLAIN_TEXT",
        /// JSON.
        Json = "JSON",
        /// `application/x-www-form-urlencoded`.
        UrlEncodedForm = "URL_ENCODED_FORM",
    }
}

wire_enum! {
    /// How a webhook authenticates to its target.
    ///
    /// Values: the vendor's published schema.
    AuthType {
        /// No authentication.
        None = "NONE",
        /// HTTP Basic.
        Basic = "BASIC",
        /// A token fetched with `oAuth2Request`.
        OAuth2 = "OAUTH2",
    }
}

wire_enum! {
    /// Whether a webhook runs.
    Status {
        /// It runs.
        Enabled = "ENABLED",
        /// A person switched it off.
        Disabled = "DISABLED",
        /// The platform switched it off after `failureLimit` consecutive failures; ignored in an update (contract).
        DisabledDueToErrors = "DISABLED_DUE_TO_ERRORS",
    }
}
