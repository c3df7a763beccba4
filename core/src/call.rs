//! One call before it is sent: what it may do differently, and the future that sends it.

use std::convert::Infallible;
use std::future::IntoFuture;
use std::time::Duration;

use crate::call_future::{BoxFuture, CallFuture, lost};
use crate::client::Client;
use crate::config::config;
use crate::error::Result;
use crate::http::caller_runtime::Stop;
use crate::http::io_thread;

/// What one call may do differently from its client. `Debug` shows names of headers without their values.
#[derive(Clone, Default)]
pub struct CallOptions {
    /// Time for the whole call; `Some(None)`: no deadline.
    pub timeout: Option<Option<Duration>>,
    /// Repeats after the first attempt.
    pub max_retries: Option<u32>,
    /// Headers beside the client's.
    pub headers: Vec<(String, String)>,
    /// Organization of `list` and `create`.
    pub org_id: Option<i32>,
    /// For `create`: where the outcome is unknown, look for the webhook in the list before answering. One that is equal
    /// in every field of the spec and has the highest id is taken for the created one. A quarter of the call's time is
    /// kept for it.
    pub reconcile: bool,
    /// Whether the spec of `create` and `update` is checked before it is sent; `None`: as the client does. A webhook that
    /// was made in the console may be beyond the contract, and can be written back only unchecked.
    pub validate: Option<bool>,
}

impl std::fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .field("headers", &self.headers.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("org_id", &self.org_id)
            .field("reconcile", &self.reconcile)
            .field("validate", &self.validate)
            .finish()
    }
}

/// A call that is sent when it is awaited. Dropping it ends the request on the wire.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T> {
    pub(crate) client: Client,
    pub(crate) options: CallOptions,
    pub(crate) start: Start<T>,
}

/// Makes the future of a call; fails where the call cannot be sent.
pub(crate) type Start<T> = Box<dyn FnOnce(CallOptions) -> Result<BoxFuture<Result<T>>> + Send>;

impl<T> std::fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

impl<T> Call<T> {
    /// Time for this call: token, attempts and pauses together. `None`: no deadline.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.options.timeout = Some(timeout.into());
        self
    }

    /// Repeats after the first attempt, where a repeat is safe.
    pub fn max_retries(mut self, max_retries: u32) -> Self {
        self.options.max_retries = Some(max_retries);
        self
    }

    /// A header for this call, in the place of the client's of the same name.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.push((name.into(), value.into()));
        self
    }

    /// The organization, for `list` and `create`.
    pub fn org_id(mut self, org_id: i32) -> Self {
        self.options.org_id = Some(org_id);
        self
    }

    /// For `create`: see [`CallOptions::reconcile`].
    pub fn reconcile(mut self, reconcile: bool) -> Self {
        self.options.reconcile = reconcile;
        self
    }

    /// For `create` and `update`: see [`CallOptions::validate`].
    pub fn validate(mut self, validate: bool) -> Self {
        self.options.validate = Some(validate);
        self
    }

    /// All options at once.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }
}

impl<T: Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T>;
    type IntoFuture = CallFuture<T>;
    fn into_future(self) -> Self::IntoFuture {
        match (self.start)(self.options) {
            Ok(run) => CallFuture::new(self.client, run),
            Err(error) => CallFuture::failed(error),
        }
    }
}

impl<T: Send + 'static> Call<T> {
    /// Waits for the call on this thread; for programs without async. Needs no runtime, and blocks one it is called in.
    ///
    /// ```no_run
    /// # use blynk_webhooks::Client;
    /// let client = Client::builder().token("…").build()?;
    /// println!("{} webhooks", client.list().wait()?.len());
    /// # Ok::<(), blynk_webhooks::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the call.
    pub fn wait(self) -> Result<T> {
        if io_thread::is_current() {
            return Err(config("the library's own thread cannot wait for a call; await it there"));
        }
        let client = self.client.clone();
        match client.wait_for(self.into_future(), None, || Ok::<_, Stop<Infallible>>(())) {
            Ok(outcome) => outcome.unwrap_or_else(|| Err(lost())),
            Err(never) => match never {},
        }
    }
}
