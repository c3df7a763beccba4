//! The emulator: started, commanded and stopped inside this process.

use std::sync::Arc;

use blynk_webhooks::Error;
use blynk_webhooks_emulator::Emulator;
use napi::Env;
use napi::bindgen_prelude::{PromiseRaw, Unknown};
use napi_derive::napi;

use crate::answer::{self, Answer};
use crate::bridge::Bridge;
use crate::promise::Outcome;
use crate::{errors, settings};

/// A running emulator, behind the `Emulator` of the TypeScript. Stops when it is collected.
#[napi]
pub struct NativeEmulator {
    emulator: Arc<Emulator>,
}

#[napi]
impl NativeEmulator {
    /// Starts an emulator with these settings, a JSON object, and this state, JSON as well: apart, since it may hold
    /// numbers that no parser on the way keeps. It takes requests when this returns.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: String, state: Option<String>) -> napi::Result<Self> {
        let start = || {
            let builder = settings::emulator(&settings, state.as_deref())?;
            builder.start().map_err(|problem| Error::Config(problem.to_string().into()))
        };
        start().map(|emulator| Self { emulator: Arc::new(emulator) }).map_err(|error| errors::thrown(&error))
    }

    /// The base URL.
    #[napi(getter, catch_unwind)]
    pub fn url(&self) -> String {
        self.emulator.url().into()
    }

    /// ID of the OAuth2 client.
    #[napi(getter, catch_unwind)]
    pub fn client_id(&self) -> String {
        self.emulator.client_id().into()
    }

    /// Secret of the OAuth2 client.
    #[napi(getter, catch_unwind)]
    pub fn client_secret(&self) -> String {
        self.emulator.client_secret().into()
    }

    /// Carries out a command, JSON to JSON. The promise is rejected with the text of a failure.
    #[napi(catch_unwind)]
    pub fn command<'env>(&self, env: &'env Env, command: String) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let emulator = Arc::clone(&self.emulator);
        let bridge = Bridge::of(env)?;
        let mut bridge = bridge.borrow_mut();
        bridge.submit(env, None, async move {
            match emulator.command(&command).await {
                Ok(json) => Outcome::Answer(Some(Answer::plain(json))),
                Err(error) => Outcome::Failed(errors::text(&error)),
            }
        })
    }

    /// Carries out a command that waits for nothing outside of this process, JSON to JSON.
    #[napi(catch_unwind)]
    pub fn command_now(&self, env: &Env, command: String) -> napi::Result<Unknown<'_>> {
        let internal = |problem: std::io::Error| napi::Error::from_reason(errors::internal(problem));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(internal)?;
        let answer = runtime.block_on(self.emulator.command(&command)).map_err(|error| errors::thrown(&error))?;
        answer::mark(env, answer)
    }

    /// Stops it and closes its connections.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.emulator.stop();
    }
}
