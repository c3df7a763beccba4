//! One call before it is sent: what it may do differently, and the future that sends it.

use std::convert::Infallible;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::attempt::AttemptHooks;
use crate::call_future::{CallFuture, Received, lost};
use crate::error;
use crate::futures::BoxFuture;
use crate::http::caller_runtime::Stop;
use crate::http::driver::Driver;
use crate::http::{io_thread, lock};
use crate::model::Webhook;
use crate::options::{OptionValue, Options, setter, unknown_name};
use crate::response::{Response, ResponseParts};
use crate::surface::{CallOption, Naming, Operation, for_each_call_option};
use crate::violation::Violation;

/// What one call does differently from its client. `Debug` shows no values of headers.
///
/// [`Call`] has a method for each option. This type serves programs that have names and values instead.
///
/// ```
/// use blynk_webhooks::{CallOption, CallOptions, Naming};
/// let mut options = CallOptions::default();
/// options.set(CallOption::MaxRetries, 0.into(), Naming::Rust).unwrap();
/// let violation = options.set(CallOption::Timeout, 0.into(), Naming::Node).unwrap_err();
/// assert_eq!(violation.path_in(Naming::Node), "timeoutMs");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct CallOptions {
    options: Options<CallOption>,
}

impl CallOptions {
    /// Sets an option. A null sets nothing, except for a deadline. Headers are added to those that are set. A duration that
    /// is a number has the language's unit.
    ///
    /// # Errors
    /// If the value has the wrong type or is out of range.
    pub fn set(&mut self, option: CallOption, value: OptionValue, naming: Naming) -> Result<(), Violation> {
        self.options.set(option, value, naming)
    }

    /// Sets an option by its name in a language.
    ///
    /// # Errors
    /// If the operation takes no such option, or the value has the wrong type or is out of range.
    pub fn set_named(
        &mut self,
        operation: Operation,
        name: &str,
        value: OptionValue,
        naming: Naming,
    ) -> Result<(), Violation> {
        match CallOption::from_name(name, naming).filter(|option| option.is_taken_by(operation)) {
            Some(option) => self.set(option, value, naming),
            None => Err(unknown_name(name, "an option of this call", &operation.option_names(naming))),
        }
    }

    fn with(mut self, option: CallOption, value: impl Into<OptionValue>) -> Self {
        self.options.set_or_note(option, value);
        self
    }

    pub(crate) fn check(&self) -> Result<(), Vec<Violation>> {
        match self.options.violations() {
            [] => Ok(()),
            violations => Err(violations.to_vec()),
        }
    }

    pub(crate) fn values(&self) -> &Options<CallOption> {
        &self.options
    }

    /// A header. It replaces the client's of the same name.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = vec![(name.into(), OptionValue::Text(value.into()))];
        self.with(CallOption::Headers, OptionValue::Headers(header))
    }

    /// Takes other options, which take precedence; headers are added to those that are there.
    pub(crate) fn overlay(&mut self, others: Self) {
        self.options.overlay(others.options);
    }
}

/// What one call is started with.
#[derive(Default)]
pub(crate) struct CallSetup {
    pub(crate) options: CallOptions,
    /// The webhook that the server must hold still.
    pub(crate) expected: Option<Box<Webhook>>,
    pub(crate) hooks: Option<Arc<dyn AttemptHooks>>,
    /// Takes the last response, for a call that is asked for it.
    pub(crate) response: Option<Arc<Mutex<ResponseParts>>>,
}

/// A call that is sent when it is awaited. Dropping it ends the request on the wire.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T> {
    pub(crate) driver: Arc<Driver>,
    pub(crate) setup: CallSetup,
    pub(crate) start: Start<T>,
}

/// Makes the future of a call; fails where the call cannot be sent.
pub(crate) type Start<T> = Box<dyn FnOnce(CallSetup) -> error::Result<BoxFuture<error::Result<Received<T>>>> + Send>;

impl<T> std::fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

/// Declares the methods of the table's options.
macro_rules! setters {
    ($( $(#[doc = $doc:literal])+ $option:ident: $snake:ident, $kind:ident $(, $mark:ident($value:expr))*; )+) => {
        impl<T> Call<T> {
            $( setter! { CallOption, $option, $snake, $kind, concat!($($doc, "\n"),+) } )+
        }

        impl CallOptions {
            $( setter! { CallOption, $option, $snake, $kind, concat!($($doc, "\n"),+) } )+
        }
    };
}
for_each_call_option!(setters);

impl<T> Call<T> {
    /// A header for this call. It replaces the client's of the same name.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = vec![(name.into(), OptionValue::Text(value.into()))];
        self.with(CallOption::Headers, OptionValue::Headers(header))
    }

    /// Several options at once. They take precedence over those that were set before; headers are added.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.setup.options.overlay(options);
        self
    }

    /// For update, patch, delete, enable and disable: writes only if the server still holds this webhook. It is read again
    /// first, and compared in content and time of the last change; a difference is [`Error::PreconditionFailed`], which has
    /// the webhook as it is now. The API has no conditional requests, so another writer can still come between this reading
    /// and the write: the race is narrowed, not closed.
    ///
    /// ```no_run
    /// # use blynk_webhooks::{Client, Error};
    /// # async fn example(client: Client) -> blynk_webhooks::Result<()> {
    /// let webhook = client.get(7).await?;
    /// match client.update(7, webhook.spec().name("Doors")).expected(&webhook).await {
    ///     Err(Error::PreconditionFailed { current }) => println!("somebody else changed it: {current:?}"),
    ///     updated => drop(updated?),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// [`Error::PreconditionFailed`]: crate::Error::PreconditionFailed
    pub fn expected(mut self, webhook: &Webhook) -> Self {
        self.setup.expected = Some(Box::new(webhook.clone()));
        self
    }

    /// Follows the attempts of this call.
    #[doc(hidden)]
    pub fn attempt_hooks(mut self, hooks: Arc<dyn AttemptHooks>) -> Self {
        self.setup.hooks = Some(hooks);
        self
    }

    fn with(mut self, option: CallOption, value: impl Into<OptionValue>) -> Self {
        self.setup.options = self.setup.options.with(option, value);
        self
    }
}

impl<T: Send + 'static> IntoFuture for Call<T> {
    type Output = error::Result<T>;
    type IntoFuture = CallFuture<T>;
    fn into_future(self) -> Self::IntoFuture {
        match (self.start)(self.setup) {
            Ok(run) => CallFuture::new(self.driver, run),
            Err(error) => CallFuture::failed(error),
        }
    }
}

impl<T: Send + 'static> Call<T> {
    /// The value together with the response: status, headers, request ID, attempts and time.
    ///
    /// ```no_run
    /// # async fn example(client: blynk_webhooks::Client) -> blynk_webhooks::Result<()> {
    /// let response = client.get(7).with_response().await?;
    /// println!("{} {:?} after {} attempts", response.status, response.request_id, response.attempts);
    /// # Ok(()) }
    /// ```
    pub fn with_response(self) -> Call<Response<T>> {
        let Self { driver, setup, start } = self;
        let start = move |mut setup: CallSetup| -> error::Result<BoxFuture<error::Result<Received<Response<T>>>>> {
            let began = Instant::now();
            let parts = Arc::<Mutex<ResponseParts>>::default();
            setup.response = Some(Arc::clone(&parts));
            let run = start(setup)?;
            Ok(Box::pin(async move {
                let value = run.await?.read()?;
                let ResponseParts { status, headers, request_id, attempts } = std::mem::take(&mut *lock(&parts));
                Ok(Response { value, status, headers, request_id, attempts, elapsed: began.elapsed() }.into())
            }))
        };
        Call { driver, setup, start: Box::new(start) }
    }

    /// Waits for the call on this thread; for programs without async. Needs no runtime, and blocks one it is called in.
    ///
    /// ```no_run
    /// # use blynk_webhooks::Client;
    /// let client = Client::builder().token("your-token").build()?;
    /// println!("{} webhooks", client.list().wait()?.len());
    /// # Ok::<(), blynk_webhooks::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the call.
    pub fn wait(self) -> error::Result<T> {
        if io_thread::is_current() {
            return Err(error::Error::Config("the library's own thread cannot wait for a call; await it there".into()));
        }
        let driver = Arc::clone(&self.driver);
        match driver.wait_for(self.into_future(), None, || Ok::<_, Stop<Infallible>>(())) {
            Ok(outcome) => outcome.unwrap_or_else(|| Err(lost())),
            Err(never) => match never {},
        }
    }
}
