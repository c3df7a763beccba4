//! The operations, each a promise of the answer's text.

use blynk_webhooks::{Call, CallOptions, Client, ClientBuilder, Error, WebhookPatch};
use napi::Env;
use napi::bindgen_prelude::{PromiseRaw, Unknown};
use napi_derive::napi;

use crate::answer::Answer;
use crate::bridge::Bridge;
use crate::promise::Outcome;
use crate::{errors, log, settings, spec};

/// A client, behind the `WebhookClient` of the TypeScript.
#[napi]
pub struct NativeClient {
    client: Client,
}

/// The arguments of one call, as the TypeScript hands them over.
#[napi(object)]
pub struct Arguments {
    /// `list`, `get`, `create`, `update`, `patch`, `delete`, `enable` or `disable`.
    pub operation: String,
    /// The webhook's id, as JSON.
    pub webhook_id: Option<String>,
    /// The spec or the changes, as JSON.
    pub text: Option<String>,
    /// Unknown enum values in the spec that came from the server, as a JSON array.
    pub trusted: Option<String>,
    /// Options, as JSON.
    pub options: Option<String>,
    /// A number of `nextCallId`, where the call may be cancelled.
    pub call_id: Option<u32>,
}

#[napi]
impl NativeClient {
    /// A client of these settings, a JSON object; on top of those of the environment where `from_env` says so.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: String, platform: String, from_env: bool) -> napi::Result<Self> {
        log::start();
        let configure = || {
            let builder = if from_env { ClientBuilder::from_env()? } else { Client::builder() };
            settings::client(builder.platform(platform), &settings)
        };
        let builder = configure().map_err(|error| errors::thrown(&error))?;
        let client = builder.build().map_err(|error| napi::Error::from_reason(errors::of_core(&error)))?;
        Ok(Self { client })
    }

    /// Starts a call. The promise is rejected with the text of a failure.
    #[napi(catch_unwind)]
    pub fn call<'env>(&self, env: &'env Env, arguments: Arguments) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        match Operation::read(&arguments)
            .and_then(|operation| Ok((operation, settings::call(arguments.options.as_deref())?)))
        {
            Ok((operation, options)) => self.start(env, operation, options, arguments.call_id),
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
        operation: Operation,
        options: CallOptions,
        call_id: Option<u32>,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let client = &self.client;
        let bridge = Bridge::of(env)?;
        let mut bridge = bridge.borrow_mut();
        let id = call_id.unwrap_or_else(|| bridge.next_id());
        match operation {
            Operation::List => bridge.start(env, id, run(client.list(), options, |list| Some(Answer::many(&list)))),
            Operation::Delete(id_of) => bridge.start(env, id, run(client.delete(id_of), options, |()| None)),
            Operation::Get(id_of) => bridge.start(env, id, run(client.get(id_of), options, one)),
            Operation::Create(spec) => bridge.start(env, id, run(client.create(*spec), options, one)),
            Operation::Update(id_of, spec) => bridge.start(env, id, run(client.update(id_of, *spec), options, one)),
            Operation::Patch(id_of, patch) => bridge.start(env, id, run(client.patch(id_of, patch), options, one)),
            Operation::Enable(id_of) => bridge.start(env, id, run(client.enable(id_of), options, one)),
            Operation::Disable(id_of) => bridge.start(env, id, run(client.disable(id_of), options, one)),
        }
    }
}

fn one(webhook: blynk_webhooks::Webhook) -> Option<Answer> {
    Some(Answer::one(&webhook))
}

async fn run<T: Send + 'static>(
    call: Call<T>,
    options: CallOptions,
    answer: impl FnOnce(T) -> Option<Answer>,
) -> Outcome {
    match call.options(options).await {
        Ok(value) => Outcome::Answer(answer(value)),
        Err(error) => Outcome::Failed(errors::of_core(&error)),
    }
}

enum Operation {
    List,
    Get(i32),
    Create(Box<blynk_webhooks::WebhookSpec>),
    Update(i32, Box<blynk_webhooks::WebhookSpec>),
    Patch(i32, WebhookPatch),
    Delete(i32),
    Enable(i32),
    Disable(i32),
}

impl Operation {
    fn read(arguments: &Arguments) -> Result<Self, Error> {
        let webhook_id = || settings::webhook_id(arguments.webhook_id.as_deref().unwrap_or("null"));
        let text = arguments.text.as_deref().unwrap_or("null");
        let spec = || spec::read(text, arguments.trusted.as_deref()).map(Box::new);
        Ok(match arguments.operation.as_str() {
            "list" => Self::List,
            "get" => Self::Get(webhook_id()?),
            "create" => Self::Create(spec()?),
            "update" => Self::Update(webhook_id()?, spec()?),
            "patch" => Self::Patch(webhook_id()?, WebhookPatch::from_json(text)?),
            "delete" => Self::Delete(webhook_id()?),
            "enable" => Self::Enable(webhook_id()?),
            "disable" => Self::Disable(webhook_id()?),
            other => return Err(Error::Config(format!("there is no operation '{other}'"))),
        })
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
