//! The operations, each a promise of the answer's text.

use std::collections::HashMap;
use std::future::IntoFuture as _;
use std::sync::Arc;

use blynk_webhooks::{
    Call, CallOptions, Client, ClientBuilder, Code, Error, Operation, Purpose, Violation, Webhook, WebhookList,
    WebhookPatch,
};
use napi::Env;
use napi::bindgen_prelude::{PromiseRaw, Unknown};
use napi_derive::napi;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;

use crate::answer::Answer;
use crate::bridge::Bridge;
use crate::functions::{self, ClientExtras, Hooks};
use crate::promise::Outcome;
use crate::{errors, log, plan, settings, spec};

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
    /// Number of a logger that `onEvent`'s function knows; standard error without one.
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
        extras: ClientExtras,
    ) -> napi::Result<Self> {
        let configure = || {
            let variables: HashMap<String, String> = serde_json::from_str(&environment).unwrap_or_default();
            let variable = |name: &str| variables.get(name).cloned();
            let builder = if from_env { ClientBuilder::from_variables(variable)? } else { Client::builder() };
            let builder = builder.environment(variable);
            settings::client(builder.platform(platform), &settings)
        };
        let builder = configure().map_err(|error| errors::thrown(&error))?;
        let client = functions::apply(env, builder, extras)?.build().map_err(|error| errors::thrown(&error))?;
        let log = log.map(|log| log::dispatch(env, &log.level, log.logger)).transpose()?.flatten();
        Ok(Self { client, log })
    }

    /// A client that shares connections and tokens with this one and whose calls have other defaults, a JSON object.
    #[napi(catch_unwind)]
    pub fn with_options(&self, options: String) -> napi::Result<Self> {
        let options = settings::defaults(&options).map_err(|error| errors::thrown(&error))?;
        Ok(Self { client: self.client.with_options(options), log: self.log.clone() })
    }

    /// Submits a call, which starts with the next `flush`. The promise is rejected with the text of a failure.
    ///
    /// `operation` is `list`, `get`, `create`, `update`, `patch`, `delete`, `enable` or `disable`; `webhook_id`, `text`
    /// (the spec or the changes) and `options` are JSON, `trusted` a JSON array of the unknown enum values in the spec
    /// that came from the server, `call_id` a number of `nextCallId` where the call may be cancelled, `more` what few calls
    /// have.
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
        more: Option<MoreArguments>,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let arguments = Arguments { operation, webhook_id, text, trusted, options };
        let more = more.unwrap_or_default();
        let read = || {
            let name = &arguments.operation;
            let operation = Operation::from_name(name).ok_or_else(|| no_operation(name))?;
            let call = AnyCall::new(&self.client, operation, &arguments)?;
            let options = settings::call(operation, arguments.options.as_deref())?;
            let expected = more.expected.as_deref().map(expected_webhook).transpose()?;
            Ok((call, options, expected))
        };
        let (call, options, expected) = match read() {
            Ok(read) => read,
            Err(error) => return Bridge::refuse(env, errors::text(&error)),
        };
        let hooks = match more.hooks {
            None => None,
            Some(listener) => {
                let messages = Bridge::of(env)?.borrow().messages();
                Some(Arc::new(Hooks { listener, asks: more.asks_for_headers.unwrap_or_default(), messages }))
            }
        };
        let with_response = more.with_response.unwrap_or_default();
        let log = self.log.as_ref();
        let submitter = Submitter { env, call_id, options, expected, hooks, with_response, log };
        match call {
            AnyCall::List(call) => submitter.submit(call, Answer::many),
            AnyCall::Webhook(call) => submitter.submit(call, Answer::one),
            AnyCall::Nothing(call) => submitter.submit(call, |()| Answer::nothing()),
        }
    }

    /// Compares what is wanted with what the server holds; sends nothing but the list. The promise is of a `NativePlan`.
    ///
    /// `files` names files and folders; without it, `text` is JSON of specs or of the file's shape. `environment` is the
    /// caller's whole environment, which may hold secrets that the file names.
    #[napi(catch_unwind)]
    pub fn plan<'env>(
        &self,
        env: &'env Env,
        files: Option<Vec<String>>,
        text: String,
        options: Option<String>,
        environment: String,
        call_id: Option<u32>,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let desired = files.map_or(plan::Source::Json(text), plan::Source::Files);
        let made = plan::options(options.as_deref(), &environment)
            .map(|options| plan::make(self.client.clone(), desired, options));
        match made {
            Ok(made) => Bridge::of(env)?.borrow_mut().submit(env, call_id, made),
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
}

/// What few calls have.
#[napi(object)]
#[derive(Default)]
pub struct MoreArguments {
    /// The webhook that the server must hold still, as JSON.
    pub expected: Option<String>,
    /// Whether the answer tells of its response.
    pub with_response: Option<bool>,
    /// Number of a function that is told of each attempt.
    pub hooks: Option<u32>,
    /// Whether that function gives headers for each attempt.
    pub asks_for_headers: Option<bool>,
}

fn expected_webhook(json: &str) -> Result<Webhook, Error> {
    Webhook::from_json(json).map_err(|problem| {
        let message = format!("must be a webhook as the server sent it: {problem}");
        vec![Violation::error("expected", Code::WrongType, message)].into()
    })
}

/// What a call is submitted with, whatever its operation.
struct Submitter<'a, 'env> {
    env: &'env Env,
    call_id: Option<u32>,
    options: CallOptions,
    expected: Option<Webhook>,
    hooks: Option<Arc<Hooks>>,
    with_response: bool,
    log: Option<&'a Dispatch>,
}

impl<'env> Submitter<'_, 'env> {
    fn submit<T: Send + 'static>(
        mut self,
        call: Call<T>,
        answer: impl FnOnce(&T) -> Answer + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let mut call = call.options(std::mem::take(&mut self.options));
        if let Some(expected) = &self.expected {
            call = call.expected(expected);
        }
        if let Some(hooks) = self.hooks.take() {
            call = call.attempt_hooks(hooks);
        }
        if self.with_response {
            self.run(call.with_response(), |response| answer(&response.value).with_response(response))
        } else {
            self.run(call, answer)
        }
    }

    fn run<T: Send + 'static>(
        self,
        call: Call<T>,
        answer: impl FnOnce(&T) -> Answer + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        // Made a future here, on the caller's thread, so that a `close` that follows does not refuse it.
        let start = || call.into_future();
        let call = match self.log {
            Some(log) => tracing::dispatcher::with_default(log, start).with_subscriber(log.clone()),
            None => start().with_current_subscriber(),
        };
        Bridge::of(self.env)?.borrow_mut().submit(self.env, self.call_id, async move {
            match call.await {
                Ok(value) => Outcome::Answer(Some(answer(&value))),
                Err(error) => Outcome::Failed(errors::text(&error)),
            }
        })
    }
}

/// A call of any type.
enum AnyCall {
    List(Call<WebhookList>),
    Webhook(Call<Webhook>),
    Nothing(Call<()>),
}

impl AnyCall {
    fn new(client: &Client, operation: Operation, arguments: &Arguments) -> Result<Self, Error> {
        let webhook_id = || settings::webhook_id(arguments.webhook_id.as_deref().unwrap_or("null"));
        let text = arguments.text.as_deref().unwrap_or("null");
        let spec = |purpose| spec::read(text, arguments.trusted.as_deref(), purpose);
        Ok(match operation {
            Operation::List => Self::List(client.list()),
            Operation::Get => Self::Webhook(client.get(webhook_id()?)),
            Operation::Create => Self::Webhook(client.create(spec(Purpose::Create)?)),
            Operation::Update => Self::Webhook(client.update(webhook_id()?, spec(Purpose::Update)?)),
            Operation::Patch => Self::Webhook(client.patch(webhook_id()?, WebhookPatch::from_json(text)?)),
            Operation::Delete => Self::Nothing(client.delete(webhook_id()?)),
            Operation::Enable => Self::Webhook(client.enable(webhook_id()?)),
            Operation::Disable => Self::Webhook(client.disable(webhook_id()?)),
            other => return Err(no_operation(other.name())),
        })
    }
}

fn no_operation(name: &str) -> Error {
    Error::Config(format!("there is no operation '{name}'").into())
}

/// Starts the calls that were submitted in this turn of the event loop.
#[napi(catch_unwind)]
pub fn flush(env: &Env) -> napi::Result<()> {
    Bridge::of(env)?.borrow_mut().flush();
    Ok(())
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
