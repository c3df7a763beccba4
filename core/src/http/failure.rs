//! Why a request brought no response, in words for its user.

use std::error::Error as StdError;

use tokio::sync::AcquireError;

use crate::http::config::Config;
use crate::http::proxy::Proxy;
use crate::http::tls;
use crate::message::{Message, message};
use crate::surface::Setting;

/// Why a request brought no response.
#[derive(Debug)]
pub(crate) enum SendError {
    /// The HTTP client could not be made.
    Setup(Message),
    /// No connection was made; with the name of the cause, see [`Failure::cause_code`](crate::Failure::cause_code).
    Connect(Message, Option<&'static str>),
    /// The connection broke, or the response could not be read to its end.
    Lost(Message),
    /// The response is not one that is taken.
    Response(Message),
}

impl SendError {
    pub(crate) fn message(&self) -> &Message {
        let (Self::Setup(message) | Self::Connect(message, _) | Self::Lost(message) | Self::Response(message)) = self;
        message
    }

    /// A word for what failed, which has few values: `error.type` of OpenTelemetry's conventions.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Setup(_) => "setup",
            Self::Connect(..) => "connect",
            Self::Lost(_) => "connection_lost",
            Self::Response(_) => "response",
        }
    }
}

impl From<AcquireError> for SendError {
    fn from(_: AcquireError) -> Self {
        Self::Setup("the client is closed".into())
    }
}

/// The HTTP client cannot be set up.
pub(crate) fn setup(error: &reqwest::Error) -> SendError {
    SendError::Setup(root_cause(error).into())
}

/// No connection was made.
pub(crate) fn connect(error: reqwest::Error, config: &Config, proxy: Option<&Proxy>) -> SendError {
    let error = error.without_url();
    let host = config.base_url.host_str().unwrap_or_default();
    if let Some(problem) = certificate_problem(&error, host) {
        return problem;
    }
    let port = config.base_url.port_or_known_default().unwrap_or_default();
    let cause = if error.is_timeout() {
        format!("no connection within {:?}", config.connect_timeout)
    } else {
        root_cause(&error)
    };
    let message = match proxy {
        Some(Proxy { shown, .. }) => message![
            format!("cannot connect to {host}:{port} through the proxy {shown}: {cause}. Is "),
            Setting::Proxy,
            " right, and is the proxy running?"
        ],
        None => message![
            format!("cannot connect to {host}:{port}: {cause}. Is "),
            Setting::BaseUrl,
            " right, and is the server running?"
        ],
    };
    SendError::Connect(message, name_problem(&error))
}

/// The connection broke.
pub(crate) fn lost(error: &hyper::Error) -> SendError {
    SendError::Lost(format!("the connection broke: {}", root_cause(error)).into())
}

/// The response broke off, or its bytes are not what its headers say.
pub(crate) fn decode(error: &(dyn StdError + 'static)) -> SendError {
    SendError::Lost(format!("the response cannot be decoded: {}", root_cause(error)).into())
}

/// The first cause of an error: those around it only say that a request was sent.
fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// What is wrong with the server's certificate, if that is why the connection failed.
fn certificate_problem(error: &(dyn StdError + 'static), host: &str) -> Option<SendError> {
    use rustls::{CertificateError as Problem, Error as Tls};
    let mut next = Some(error);
    while let Some(cause) = next {
        next = cause.source();
        let Some(tls) = innermost(cause).downcast_ref::<Tls>() else { continue };
        if let Tls::Other(rustls::OtherError(problem)) = tls
            && let Some(tls::NoRoots(problem)) = problem.downcast_ref()
        {
            return Some(SendError::Setup(problem.clone()));
        }
        let code = match tls {
            Tls::InvalidCertificate(problem) => tls::code_of(problem),
            _ => None,
        };
        let unknown_authority = message![
            format!("the certificate of {host} comes from an unknown authority; pass "),
            Setting::CaFile,
            " if it is your own"
        ];
        let untrusted = tls::Untrusted::of(tls);
        let message = match tls {
            _ if untrusted.is_some_and(|untrusted| untrusted.is_self_signed) => message![
                format!("the certificate of {host} is self-signed and not among those that are trusted; pass it as "),
                Setting::CaFile,
                " if the server is your own"
            ],
            _ if untrusted.is_some() => unknown_authority,
            Tls::InvalidCertificate(Problem::Expired | Problem::ExpiredContext { .. }) => format!(
                "the certificate of {host} has expired; the server's owner must renew it (or this machine's clock is wrong)"
            )
            .into(),
            Tls::InvalidCertificate(Problem::NotValidForName | Problem::NotValidForNameContext { .. }) => {
                message![format!("the certificate is for another host than {host}; check "), Setting::BaseUrl]
            }
            Tls::InvalidCertificate(Problem::UnknownIssuer | Problem::BadSignature) => unknown_authority,
            other => format!("TLS with {host} failed: {other}").into(),
        };
        return Some(SendError::Connect(message, code));
    }
    None
}

/// The name for a host name that was not found, if that is why the connection failed.
fn name_problem(error: &dyn StdError) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(cause) = next {
        next = cause.source();
        // The resolver gives no number, and the connector says it in these words.
        if cause.to_string() == "dns error" {
            let told = next.map(ToString::to_string).unwrap_or_default();
            return Some(if told.contains("emporary failure") { "EAI_AGAIN" } else { "ENOTFOUND" });
        }
    }
    None
}

/// What an I/O error wraps, which is not among its sources.
fn innermost<'a>(mut error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    while let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        error = inner;
    }
    error
}
