//! The emulator, started inside this process.

use blynk_webhooks::Error;
use blynk_webhooks_emulator::Emulator;
use napi_derive::napi;

use crate::{failure, settings};

/// A running emulator, behind the `Emulator` of the TypeScript. Stops when it is collected.
#[napi]
pub struct NativeEmulator {
    emulator: Emulator,
}

#[napi]
impl NativeEmulator {
    /// Starts an emulator with these settings, a JSON object. It takes requests when this returns.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: String) -> napi::Result<Self> {
        let start = || {
            let port = settings::emulator(&settings)?;
            Emulator::builder().port(port).start().map_err(|problem| Error::Config(problem.to_string()))
        };
        start().map(|emulator| Self { emulator }).map_err(|error| failure::thrown(&error))
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

    /// Stops it and closes its connections.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.emulator.stop();
    }
}
