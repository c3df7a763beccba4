//! One call before it is sent: what it may do differently, and the future that sends it.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::IntoFuture;
use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::call_future::{BoxFuture, CallFuture, lost};
use crate::client::Client;
use crate::config::config;
use crate::error;
use crate::http::caller_runtime::Stop;
use crate::http::io_thread;
use crate::options::{OptionValue, Options, setter, unknown_name};
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
            None => {
                let known: Vec<Cow<'static, str>> = operation.options().map(|option| option.name(naming)).collect();
                Err(unknown_name(name, "an option of this call", &known))
            }
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

    pub(crate) fn timeout(&self) -> Option<Option<Duration>> {
        self.options.deadline(CallOption::Timeout)
    }

    pub(crate) fn max_retries(&self) -> Option<u32> {
        self.options.count(CallOption::MaxRetries)
    }

    pub(crate) fn headers(&self) -> HeaderMap {
        self.options.headers(CallOption::Headers).cloned().unwrap_or_default()
    }

    pub(crate) fn org_id(&self) -> Option<i32> {
        self.options.int32(CallOption::OrgId)
    }

    pub(crate) fn validate(&self) -> Option<bool> {
        self.options.truth(CallOption::Validate)
    }

    pub(crate) fn reconcile(&self) -> bool {
        self.options.truth(CallOption::Reconcile).unwrap_or_default()
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
pub(crate) type Start<T> = Box<dyn FnOnce(CallOptions) -> error::Result<BoxFuture<error::Result<T>>> + Send>;

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
    };
}
for_each_call_option!(setters);

impl<T> Call<T> {
    /// A header for this call. It replaces the client's of the same name.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = vec![(name.into(), OptionValue::Text(value.into()))];
        self.with(CallOption::Headers, OptionValue::Headers(header))
    }

    /// All options at once.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    fn with(mut self, option: CallOption, value: impl Into<OptionValue>) -> Self {
        self.options = self.options.with(option, value);
        self
    }
}

impl<T: Send + 'static> IntoFuture for Call<T> {
    type Output = error::Result<T>;
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
    pub fn wait(self) -> error::Result<T> {
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
