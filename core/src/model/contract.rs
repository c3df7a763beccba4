//! The contract's table: wire names, which fields are required, and their limits.
//!
//! Source: the API's published reference, unless a line says otherwise.

/// Wire names of a webhook's fields.
pub mod field {
    /// Webhook ID; read-only.
    pub const ID: &str = "id";
    /// Name.
    pub const NAME: &str = "name";
    /// Trigger.
    pub const TRIGGER: &str = "trigger";
    /// Data trigger.
    pub const DATA_TRIGGER: &str = "dataTrigger";
    /// URL template.
    pub const URL: &str = "url";
    /// HTTP method.
    pub const METHOD: &str = "method";
    /// Content type.
    pub const CONTENT_TYPE: &str = "contentType";
    /// Authentication type.
    pub const AUTH_TYPE: &str = "authType";
    /// Body template.
    pub const BODY: &str = "body";
    /// OAuth2 configuration.
    pub const OAUTH2_REQUEST: &str = "oAuth2Request";
    /// User IDs told of a failure.
    pub const FAILURE_RECEIVERS: &str = "failureReceivers";
    /// Consecutive failures before the platform disables the webhook.
    pub const FAILURE_LIMIT: &str = "failureLimit";
    /// Status; set by an update only.
    pub const STATUS: &str = "status";
    /// Attempts so far; read-only.
    pub const ATTEMPT_COUNT: &str = "attemptCount";
    /// Creation time; read-only.
    pub const CREATED_AT: &str = "createdAt";
    /// Time of the last change; read-only.
    pub const LAST_MODIFIED: &str = "lastModifiedTs";
    /// Time of the last attempt; read-only.
    pub const LAST_TRIGGERED: &str = "lastTriggeredTs";
    /// The organization a created webhook belongs to: part of create's body, not of a webhook.
    pub const ORG_ID: &str = "orgId";
    /// The webhook an operation is about: a query parameter.
    pub const WEBHOOK_ID: &str = "webhookId";

    /// What a person decides.
    pub const SETTABLE: [&str; 12] = [
        NAME,
        TRIGGER,
        DATA_TRIGGER,
        URL,
        METHOD,
        CONTENT_TYPE,
        AUTH_TYPE,
        BODY,
        OAUTH2_REQUEST,
        FAILURE_RECEIVERS,
        STATUS,
        FAILURE_LIMIT,
    ];
    /// Required in the body of create and update.
    pub const REQUIRED: [&str; 6] = [NAME, TRIGGER, URL, METHOD, CONTENT_TYPE, AUTH_TYPE];
    /// What the server alone decides; never sent.
    pub const READ_ONLY: [&str; 5] = [ID, ATTEMPT_COUNT, CREATED_AT, LAST_MODIFIED, LAST_TRIGGERED];
}

/// Limits, lengths in Unicode code points (that unit is assumed; nobody published it).
pub mod limit {
    /// Longest name.
    pub const NAME: usize = 100;
    /// Longest name the platform's console takes (vendor's documentation).
    pub const CONSOLE_NAME: usize = 80;
    /// Longest URL template.
    pub const URL: usize = 512;
    /// Longest body template.
    pub const BODY: usize = 1024;
    /// Most failure receivers.
    pub const FAILURE_RECEIVERS: usize = 10;
}

/// Wire names inside `oAuth2Request` (assumed; the console asks for these three).
pub mod oauth2 {
    /// Client ID.
    pub const CLIENT_ID: &str = "clientId";
    /// Client secret.
    pub const CLIENT_SECRET: &str = "clientSecret";
    /// Where the platform fetches the token.
    pub const TOKEN_URL: &str = "tokenUrl";
}

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
