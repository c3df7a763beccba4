//! Messages that name settings as Node writes them: the core speaks of its own.

use blynk_webhooks::{Error, ErrorKind};

/// Settings in messages about the settings themselves. Those that hold another's name come first.
const SETTINGS: [(&str, &str); 11] = [
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
    ("timeout", "timeoutMs"),
];

/// The message of an error that the core has made. What a user or a server wrote stays as it came.
pub(crate) fn of_core(error: &Error) -> String {
    let mut message = error.to_string();
    let advice: &[(&str, &str)] = match error {
        Error::Config(_) => return outside_quotes(&message),
        Error::Connect(_) => &[
            ("Is base_url right", "Is baseUrl right"),
            ("; check base_url", "; check baseUrl"),
            ("; pass ca_file if", "; pass caFile if"),
        ],
        Error::Timeout(_) => &[("; raise timeout if", "; raise timeoutMs if")],
        Error::Api(answer) if answer.location.is_some() => &[("set base_url to the", "set baseUrl to the")],
        Error::Api(_) if error.kind() == ErrorKind::RateLimited => {
            &[("raise max_retries and timeout", "raise maxRetries and timeoutMs")]
        }
        _ => &[],
    };
    for (core, node) in advice {
        // The advice comes after whatever the server said.
        if let Some(at) = message.rfind(core) {
            message.replace_range(at..at + core.len(), node);
        }
    }
    message
}

/// Names settings around the values that a message quotes; a value may hold quotes of its own.
fn outside_quotes(message: &str) -> String {
    let in_node = |text: &str| SETTINGS.iter().fold(text.to_owned(), |text, (core, node)| text.replace(core, node));
    match (message.find('\''), message.rfind('\'')) {
        (Some(first), Some(last)) => {
            [&in_node(&message[..first]), &message[first..last], &in_node(&message[last..])].concat()
        }
        _ => in_node(message),
    }
}
