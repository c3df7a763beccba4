//! Messages that name settings as Node writes them: the core speaks of its own.

use blynk_webhooks::Error;

/// Settings whose name says at once that a setting is meant.
const SETTINGS: [(&str, &str); 10] = [
    ("allow_http", "allowHttp"),
    ("base_url", "baseUrl"),
    ("ca_file", "caFile"),
    ("client_id", "clientId"),
    ("client_secret", "clientSecret"),
    ("connect_timeout", "connectTimeoutMs"),
    ("from_env", "fromEnv"),
    ("max_connections", "maxConnections"),
    ("max_retries", "maxRetries"),
    ("set_loopback_only", "setLoopbackOnly"),
];

/// Phrases around names that are ordinary words, and those in messages that also hold a server's own text.
const PHRASES: [(&str, &str); 4] = [
    ("raise max_retries and timeout", "raise maxRetries and timeoutMs"),
    ("raise timeout", "raise timeoutMs"),
    ("set base_url to the server", "set baseUrl to the server"),
    ("timeout must be", "timeoutMs must be"),
];

/// The message of an error. A server's text stays as it came.
pub(crate) fn of_error(error: &Error) -> String {
    let mut message = error.to_string();
    for (core, node) in PHRASES {
        message = message.replace(core, node);
    }
    if matches!(error, Error::Config(_) | Error::Connect(_) | Error::Timeout(_)) {
        message = message.replace("timeout and ", "timeoutMs and ");
        for (core, node) in SETTINGS {
            message = message.replace(core, node);
        }
    }
    message
}
