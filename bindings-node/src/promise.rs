//! A promise that native code settles later.

use napi::bindgen_prelude::{JsValue, PromiseRaw, ToNapiValue, Unknown};
use napi::{Env, check_status, sys};

use crate::answer::Answer;
use crate::errors;

/// Makes an object of the add-on, on the JavaScript thread.
pub(crate) type Made = Box<dyn FnOnce(&Env) -> napi::Result<sys::napi_value> + Send>;

/// How a call has ended.
pub(crate) enum Outcome {
    /// It brought an answer; none for a call that has nothing to say.
    Answer(Option<Answer>),
    /// It made an object of the add-on.
    Object(Made),
    /// It failed, with the text of [`crate::errors`].
    Failed(String),
}

/// The settling end of a promise. Belongs to the environment it was made in, and is settled once.
pub(crate) struct Deferred(sys::napi_deferred);

impl Deferred {
    /// A promise and its settling end.
    pub(crate) fn new<'env>(env: &'env Env) -> napi::Result<(Self, PromiseRaw<'env, Unknown<'env>>)> {
        let (mut deferred, mut promise) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: `env` is the environment of the running callback, and both pointers are valid to write to.
        check_status!(unsafe { sys::napi_create_promise(env.raw(), &mut deferred, &mut promise) })?;
        Ok((Self(deferred), PromiseRaw::new(env.raw(), promise)))
    }

    /// Settles the promise. Its reactions run after the native code has returned.
    pub(crate) fn settle(self, env: &Env, outcome: Outcome) -> napi::Result<()> {
        let answer = match outcome {
            Outcome::Answer(None) => ().into_unknown(env).map(|value| value.raw()),
            Outcome::Answer(Some(answer)) => answer.into_value(env),
            Outcome::Object(make) => make(env),
            Outcome::Failed(text) => return self.reject(env, &text),
        };
        match answer {
            // SAFETY: `self` holds a deferred of this environment that nobody has settled: settling consumes it.
            Ok(value) => check_status!(unsafe { sys::napi_resolve_deferred(env.raw(), self.0, value) }),
            Err(problem) => self.reject(env, &errors::internal(problem)),
        }
    }

    fn reject(self, env: &Env, text: &str) -> napi::Result<()> {
        let text = env.create_string(text)?;
        // SAFETY: as in `settle`.
        check_status!(unsafe { sys::napi_reject_deferred(env.raw(), self.0, text.raw()) })
    }
}
