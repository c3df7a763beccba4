//! The operations, each a promise of the answer's text.

use std::collections::HashMap;
use std::future::IntoFuture as _;

use blynk_webhooks::{
    Call, CallOptions, Client, ClientBuilder, Error, Operation, Purpose, WebhookPatch, env as variable,
};
use napi::Env;
use napi::bindgen_prelude::{PromiseRaw, Unknown};
use napi_derive::napi;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;

use crate::answer::Answer;
use crate::bridge::Bridge;
use crate::promise::Outcome;
use crate::{errors, log, settings, spec};

/// A client, behind the `WebhookClient` of the TypeScript.
#[napi]
pub struct NativeClient {
    client: Client,
    log: Option<Dispatch>,
}

/// Where a client's events go.
#[napi(object)]
pub struct LogTarget {
    /// `error`, `warn`, `info`, `debug`, `trace` or `off`.
    pub level: String,
    /// Number of a logger that `onLog`'s function knows; standard error without one.
    pub logger: Option<u32>,
}

/// The arguments of one call, as the TypeScript hands them over.
struct Arguments {
    operation: String,
    webhook_id: Option<String>,
    text: Option<String>,
    trusted: Option<String>,
    options: Option<String>,
}

#[napi]
impl NativeClient {
    /// A client of these settings, a JSON object; on top of those of the environment where `from_env` says so.
    ///
    /// `environment` has the caller's variables, as a JSON object: `process.env` is not the process's environment in a
    /// worker, in Jest and in Bun.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: &Env,
        settings: String,
        platform: String,
        environment: String,
        from_env: bool,
        log: Option<LogTarget>,
    ) -> napi::Result<Self> {
        let configure = || {
            let variables: HashMap<String, String> = serde_json::from_str(&environment).unwrap_or_default();
            let builder = if from_env {
                ClientBuilder::from_variables(|name| variables.get(name).cloned())?
            } else {
                let loopback_only = variables.get(variable::LOOPBACK_ONLY).map(String::as_str);
                Client::builder()
                    .switches(|name| loopback_only.filter(|_| name == variable::LOOPBACK_ONLY).map(Into::into))
            };
            settings::client(builder.platform(platform), &settings)
        };
        let builder = configure().map_err(|error| errors::thrown(&error))?;
        let client = builder.build().map_err(|error| napi::Error::from_reason(errors::text(&error)))?;
        let log = log.map(|log| log::dispatch(env, &log.level, log.logger)).transpose()?.flatten();
        Ok(Self { client, log })
    }

    /// Submits a call, which starts with the next `flush`. The promise is rejected with the text of a failure.
    ///
    /// `operation` is `list`, `get`, `create`, `update`, `patch`, `delete`, `enable` or `disable`; `webhook_id`, `text`
    /// (the spec or the changes) and `options` are JSON, `trusted` a JSON array of the unknown enum values in the spec
    /// that came from the server, `call_id` a number of `nextCallId` where the call may be cancelled.
    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments, reason = "reading an object's members takes longer than the rest of this")]
    pub fn call<'env>(
        &self,
        env: &'env Env,
        operation: String,
        webhook_id: Option<String>,
        text: Option<String>,
        trusted: Option<String>,
        options: Option<String>,
        call_id: Option<u32>,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let arguments = Arguments { operation, webhook_id, text, trusted, options };
        let read = || {
            let operation = Given::read(&arguments)?;
            let options = settings::call(operation.identity(), arguments.options.as_deref())?;
            Ok((operation, options))
        };
        match read() {
            Ok((operation, options)) => self.start(env, operation, options, call_id),
            Err(error) => Bridge::refuse(env, errors::text(&error)),
        }
    }

    /// The server that is called.
    #[napi(getter, catch_unwind)]
    pub fn base_url(&self) -> String {
        self.client.base_url().into()
    }

    /// Closes idle connections and refuses further calls.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.client.close();
    }

    fn start<'env>(
        &self,
        env: &'env Env,
        operation: Given,
        options: CallOptions,
        call_id: Option<u32>,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let (client, submitter) = (&self.client, Submitter { env, call_id, options, log: self.log.as_ref() });
        match operation {
            Given::List => submitter.submit(client.list(), |list| Some(Answer::many(&list))),
            Given::Delete(id) => submitter.submit(client.delete(id), |()| None),
            Given::Get(id) => submitter.submit(client.get(id), one),
            Given::Create(spec) => submitter.submit(client.create(*spec), one),
            Given::Update(id, spec) => submitter.submit(client.update(id, *spec), one),
            Given::Patch(id, patch) => submitter.submit(client.patch(id, patch), one),
            Given::Enable(id) => submitter.submit(client.enable(id), one),
            Given::Disable(id) => submitter.submit(client.disable(id), one),
        }
    }
}

fn one(webhook: blynk_webhooks::Webhook) -> Option<Answer> {
    Some(Answer::one(&webhook))
}

/// What a call is submitted with, whatever its operation.
struct Submitter<'a, 'env> {
    env: &'env Env,
    call_id: Option<u32>,
    options: CallOptions,
    log: Option<&'a Dispatch>,
}

impl<'env> Submitter<'_, 'env> {
    fn submit<T: Send + 'static>(
        self,
        call: Call<T>,
        answer: impl FnOnce(T) -> Option<Answer> + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        // Made a future here, on the caller's thread, so that a `close` that follows does not refuse it.
        let start = || call.options(self.options).into_future();
        let call = match self.log {
            Some(log) => tracing::dispatcher::with_default(log, start).with_subscriber(log.clone()),
            None => start().with_current_subscriber(),
        };
        Bridge::of(self.env)?.borrow_mut().submit(self.env, self.call_id, async move {
            match call.await {
                Ok(value) => Outcome::Answer(answer(value)),
                Err(error) => Outcome::Failed(errors::text(&error)),
            }
        })
    }
}

enum Given {
    List,
    Get(i32),
    Create(Box<blynk_webhooks::WebhookSpec>),
    Update(i32, Box<blynk_webhooks::WebhookSpec>),
    Patch(i32, WebhookPatch),
    Delete(i32),
    Enable(i32),
    Disable(i32),
}

impl Given {
    fn read(arguments: &Arguments) -> Result<Self, Error> {
        let webhook_id = || settings::webhook_id(arguments.webhook_id.as_deref().unwrap_or("null"));
        let text = arguments.text.as_deref().unwrap_or("null");
        let spec = |purpose| spec::read(text, arguments.trusted.as_deref(), purpose).map(Box::new);
        Ok(match arguments.operation.as_str() {
            "list" => Self::List,
            "get" => Self::Get(webhook_id()?),
            "create" => Self::Create(spec(Purpose::Create)?),
            "update" => Self::Update(webhook_id()?, spec(Purpose::Update)?),
            "patch" => Self::Patch(webhook_id()?, WebhookPatch::from_json(text)?),
            "delete" => Self::Delete(webhook_id()?),
            "enable" => Self::Enable(webhook_id()?),
            "disable" => Self::Disable(webhook_id()?),
            other => return Err(Error::Config(format!("there is no operation '{other}'").into())),
        })
    }
}

/// Starts the calls that were submitted in this turn of the event loop.
#[napi(catch_unwind)]
pub fn flush(env: &Env) -> napi::Result<()> {
    Bridge::of(env)?.borrow_mut().flush();
    Ok(())
}

impl Given {
    fn identity(&self) -> Operation {
        match self {
            Self::List => Operation::List,
            Self::Get(_) => Operation::Get,
            Self::Create(_) => Operation::Create,
            Self::Update(..) => Operation::Update,
            Self::Patch(..) => Operation::Patch,
            Self::Delete(_) => Operation::Delete,
            Self::Enable(_) => Operation::Enable,
            Self::Disable(_) => Operation::Disable,
        }
    }
}

/// A number for a call that may be cancelled.
#[napi(catch_unwind)]
pub fn next_call_id(env: &Env) -> napi::Result<u32> {
    Ok(Bridge::of(env)?.borrow_mut().next_id())
}

/// Ends a call and closes its request; its promise is resolved with undefined.
#[napi(catch_unwind)]
pub fn cancel_call(env: &Env, call_id: u32) -> napi::Result<()> {
    Bridge::of(env)?.borrow_mut().cancel(env, call_id)
}

/// A call that panics. Debug builds have it, for the test that such a call is rejected.
#[cfg(debug_assertions)]
#[napi(catch_unwind)]
pub fn panic_in_call<'env>(env: &'env Env, under_way: bool) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
    assert!(under_way, "a panic before the call");
    Bridge::of(env)?.borrow_mut().submit(env, None, async {
        let message = String::from("a panic under way");
        if !message.is_empty() {
            std::panic::panic_any(message);
        }
        Outcome::Answer(None)
    })
}
