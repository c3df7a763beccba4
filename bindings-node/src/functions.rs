//! Functions of the user that the core calls: they run on the JavaScript thread, and the core waits for their answers.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use blynk_webhooks::{Attempt, AttemptHooks, AttemptStart, ClientBuilder, ProvidedToken};
use napi::Env;
use napi_derive::napi;
use serde_json::{Value, json};

use crate::bridge::{Bridge, Messages};
use crate::errors;

/// What a client has beside its settings; functions by the numbers that JavaScript has given them.
#[napi(object)]
pub struct ClientExtras {
    /// Authorities to trust beside those of the settings, as PEM.
    pub certificates: Option<String>,
    /// Provides tokens.
    pub token: Option<u32>,
    /// Is told of each attempt.
    pub on_attempt: Option<u32>,
}

/// Adds the certificates, and makes the core call the functions.
pub(crate) fn apply(env: &Env, mut builder: ClientBuilder, extras: ClientExtras) -> napi::Result<ClientBuilder> {
    let messages = Bridge::of(env)?.borrow().messages();
    if let Some(listener) = extras.token {
        let messages = Arc::clone(&messages);
        builder = builder.token_provider(move || provide(Arc::clone(&messages), listener));
    }
    if let Some(listener) = extras.on_attempt {
        builder = builder.on_attempt(move |attempt| messages.tell(listener, &told(attempt)));
    }
    if let Some(certificates) = extras.certificates {
        // Without them first, so that the certificates do not hide that the user's are none.
        builder.clone().build().map_err(|error| errors::thrown(&error))?;
        builder = builder.ca_pem(certificates);
    }
    Ok(builder)
}

async fn provide(
    messages: Arc<Messages>,
    listener: u32,
) -> Result<ProvidedToken, Box<dyn StdError + Send + Sync + 'static>> {
    let answer = messages.ask(listener, json!({})).await.ok_or("the program has ended")?;
    let answer: Value = serde_json::from_str(&answer)?;
    if let Some(thrown) = answer["thrown"].as_u64() {
        return Err(Box::new(errors::Thrown(thrown)));
    }
    let token = answer["token"].as_str().ok_or("no token was given")?.to_owned();
    // A lifetime that no duration can hold has no end.
    let lifetime = answer["expiresIn"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok((token, lifetime).into())
}

/// Follows the attempts of one call.
pub(crate) struct Hooks {
    pub(crate) listener: u32,
    /// Whether the function gives headers for each attempt.
    pub(crate) asks: bool,
    pub(crate) messages: Arc<Messages>,
}

impl AttemptHooks for Hooks {
    fn before(&self, start: AttemptStart) -> Pin<Box<dyn Future<Output = Vec<(String, String)>> + Send>> {
        if !self.asks {
            return Box::pin(std::future::ready(Vec::new()));
        }
        let (listener, messages) = (self.listener, Arc::clone(&self.messages));
        let question = json!({ "start": { "method": start.method, "url": start.url, "number": start.number } });
        Box::pin(async move {
            let answer = messages.ask(listener, question).await.unwrap_or_default();
            let headers: HashMap<String, String> = serde_json::from_str(&answer).unwrap_or_default();
            headers.into_iter().collect()
        })
    }

    fn after(&self, attempt: &Attempt) {
        self.messages.tell(self.listener, &told(attempt));
    }
}

/// An attempt as the TypeScript declares it.
fn told(attempt: &Attempt) -> Value {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let started = attempt.started.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut value = json!({
        "operation": attempt.operation,
        "method": attempt.method,
        "url": attempt.url,
        "number": attempt.number,
        "startedAt": milliseconds(started),
        "elapsedMs": milliseconds(attempt.elapsed),
    });
    let mut add = |name: &str, member: Option<Value>| {
        if let Some(member) = member {
            value[name] = member;
        }
    };
    add("status", attempt.status.map(Value::from));
    add("error", attempt.error.as_deref().map(Value::from));
    add("requestId", attempt.request_id.as_deref().map(Value::from));
    add("pauseMs", attempt.pause.map(milliseconds).map(Value::from));
    value
}
