//! The operations of a client.

/// Paths of the API.
pub mod path {
    /// `GET`: all webhooks of an organization.
    pub const WEBHOOKS: &str = "/api/v1/organization/webhooks";
    /// `GET`, `PUT`, `DELETE`: one webhook.
    pub const WEBHOOK: &str = "/api/v1/organization/webhook";
    /// `POST`: a new webhook.
    pub const CREATE: &str = "/api/v1/organization/webhook/create";
    /// `POST`: a token (vendor's documentation).
    pub const TOKEN: &str = "/oauth2/token";
}

/// A request of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpCall {
    /// HTTP method.
    pub method: &'static str,
    /// Path on the server.
    pub path: &'static str,
}

const fn http(method: &'static str, path: &'static str) -> HttpCall {
    HttpCall { method, path }
}

const LIST: HttpCall = http("GET", path::WEBHOOKS);
const POST: HttpCall = http("POST", path::CREATE);
const DELETE: HttpCall = http("DELETE", path::WEBHOOK);
const GET: HttpCall = http("GET", path::WEBHOOK);
const PUT: HttpCall = http("PUT", path::WEBHOOK);

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ArgumentKind {
    /// A webhook's ID.
    WebhookId,
    /// A whole specification.
    Spec,
    /// Some fields of a specification.
    Changes,
}

/// An argument of an operation, beside its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Argument {
    /// Name in `snake_case`.
    pub snake: &'static str,
    /// What it is.
    pub kind: ArgumentKind,
    /// What it means.
    pub doc: &'static str,
}

const WEBHOOK_ID: Argument = Argument { snake: "webhook_id", kind: ArgumentKind::WebhookId, doc: "ID of the webhook." };
const SPEC: Argument =
    Argument { snake: "spec", kind: ArgumentKind::Spec, doc: "What the webhook is to be, every field of it." };
const CHANGES: Argument = Argument {
    snake: "changes",
    kind: ArgumentKind::Changes,
    doc: "The fields to change. A null value clears a field; a field that is not named keeps its value.",
};

/// What an operation gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Returns {
    /// All webhooks.
    List,
    /// One webhook.
    Webhook,
    /// Nothing.
    Nothing,
}

/// A row of the table of operations.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OperationInfo {
    /// Name in every language.
    pub name: &'static str,
    /// The requests it makes, in their order.
    pub requests: &'static [HttpCall],
    /// Its arguments beside the options.
    pub arguments: &'static [Argument],
    /// What it gives back.
    pub returns: Returns,
    /// What it does.
    pub doc: &'static str,
}

macro_rules! operations {
    ($(
        $(#[doc = $doc:literal])+
        $operation:ident = $name:literal, $requests:expr, $arguments:expr, $returns:ident;
    )+) => {
        /// The identity of an operation of a client.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Operation { $( $(#[doc = $doc])+ $operation, )+ }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$operation),+];

            /// The operation's row.
            #[must_use]
            pub const fn info(self) -> OperationInfo {
                match self {
                    $( Self::$operation => OperationInfo {
                        name: $name,
                        requests: &$requests,
                        arguments: &$arguments,
                        returns: Returns::$returns,
                        doc: super::errors::first_line(concat!($($doc, "\n"),+)),
                    }, )+
                }
            }
        }
    };
}

operations! {
    /// Returns all webhooks of an organization.
    List = "list", [LIST], [], List;
    /// Returns one webhook.
    Get = "get", [GET], [WEBHOOK_ID], Webhook;
    /// Creates a webhook. Never retried if the first request may have run.
    Create = "create", [POST], [SPEC], Webhook;
    /// Replaces a webhook. A field that is left out is cleared (assumed).
    Update = "update", [PUT], [WEBHOOK_ID, SPEC], Webhook;
    /// Reads a webhook, changes the named fields and writes it. A change by another writer in between is overwritten.
    Patch = "patch", [GET, PUT], [WEBHOOK_ID, CHANGES], Webhook;
    /// Deletes a webhook.
    Delete = "delete", [DELETE], [WEBHOOK_ID], Nothing;
    /// Sets the status of a webhook to `ENABLED`.
    Enable = "enable", [GET, PUT], [WEBHOOK_ID], Webhook;
    /// Sets the status of a webhook to `DISABLED`.
    Disable = "disable", [GET, PUT], [WEBHOOK_ID], Webhook;
}

impl Operation {
    /// Its name, the same in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The operation of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.name() == name)
    }

    /// True if it writes to a webhook that exists, so that it takes the webhook that the caller expects there.
    #[must_use]
    pub fn takes_expected(self) -> bool {
        self.info().arguments.iter().any(|argument| argument.kind == ArgumentKind::WebhookId)
            && self.info().requests.iter().any(|request| request.method != "GET")
    }
}
