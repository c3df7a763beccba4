//! The operations: arguments of Python to a request of the core that is sent when it is polled.

use std::future::{Future, IntoFuture};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use blynk_webhooks::bindings::panicked;
use blynk_webhooks::{Call, CallOptions, Client, Code, Error, Operation, Purpose, Violation, WebhookList};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::errors::invalid;
use crate::fields::{self, Given, unknown_keyword};
use crate::json;
use crate::logs::{self, CallLog};
use crate::options;
use crate::webhook::{Kept, Webhook};

/// What a call brings.
pub(crate) enum Answer {
    Webhook(Box<blynk_webhooks::Webhook>),
    List(WebhookList),
    /// JSON of the emulator.
    Json(String),
    Nothing,
}

/// A call's end.
pub(crate) type Outcome = Result<Answer, Error>;

/// A call under way, or about to be. Dropping it closes its request on the wire; a panic inside is its error.
pub(crate) struct Request {
    future: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    log: Option<CallLog>,
}

impl Request {
    pub(crate) fn new(future: impl Future<Output = Outcome> + Send + 'static, log: Option<CallLog>) -> Self {
        Self { future: Box::pin(future), log }
    }

    /// Where its log records are collected.
    pub(crate) fn log(&self) -> Option<CallLog> {
        self.log.clone()
    }
}

impl Future for Request {
    type Output = Outcome;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let Self { future, log } = &mut *self;
        CallLog::within(log.as_ref(), || {
            // A future that has panicked is never polled again, so nobody sees it in a broken state.
            let poll = || {
                #[cfg(feature = "test-hooks")]
                crate::test_hooks::panic_if_asked();
                future.as_mut().poll(context)
            };
            catch_unwind(AssertUnwindSafe(poll)).unwrap_or_else(|_| Poll::Ready(Err(panicked())))
        })
    }
}

/// The value of an outcome, or its exception.
pub(crate) fn to_py(py: Python<'_>, outcome: Outcome) -> PyResult<Py<PyAny>> {
    match outcome {
        Ok(Answer::Webhook(webhook)) => Ok(Py::new(py, Webhook(Kept::One(webhook)))?.into_any()),
        Ok(Answer::List(list)) => {
            let list = Arc::new(list);
            // A response is bounded far below 2^32 webhooks.
            let webhook = |place| Py::new(py, Webhook(Kept::OfList(Arc::clone(&list), place)));
            let webhooks: Vec<_> = (0..list.len() as u32).map(webhook).collect::<PyResult<_>>()?;
            Ok(PyList::new(py, webhooks)?.into_any().unbind())
        }
        Ok(Answer::Json(text)) => json::parse(py, &text).map(Bound::unbind),
        Ok(Answer::Nothing) => Ok(py.None()),
        Err(error) => Err(crate::errors::to_py(py, &error)),
    }
}

/// A call as the generated methods pass it on: the operation's name, its arguments, its options in the order of the
/// table, and keywords that the method does not know.
pub(crate) struct Arguments<'a, 'py> {
    pub(crate) operation: &'a str,
    pub(crate) given: &'a Bound<'py, PyTuple>,
    pub(crate) options: &'a Bound<'py, PyTuple>,
    pub(crate) unknown: &'a Bound<'py, PyDict>,
}

impl Arguments<'_, '_> {
    /// The request of the call.
    pub(crate) fn request(&self, py: Python<'_>, client: &Client) -> PyResult<Request> {
        let operation = Operation::from_name(self.operation)
            .ok_or_else(|| PyValueError::new_err(format!("there is no operation '{}'", self.operation)))?;
        let mut faults = Vec::new();
        let options = options::of_call(operation, self.options, self.unknown, &mut faults)?;
        let mut refused = |fields: &mut Given| -> PyResult<()> {
            // A misspelt keyword may have been meant as a field.
            if let Some(fault) = faults.first_mut().filter(|fault| fault.code == Code::UnknownField) {
                let others = operation.options().map(|option| option.info().snake);
                *fault = unknown_keyword(&fault.path.clone(), others);
            }
            fields.faults.append(&mut faults);
            Ok(())
        };
        let request = match operation {
            Operation::Create => {
                let spec = self.given.get_item(0)?;
                let mut fields = self.fields(1, |value| value.is_none())?;
                refused(&mut fields)?;
                let spec = match spec.is_none() {
                    true => fields.spec(py, Some(Purpose::Create))?,
                    false if fields.is_empty() => fields::any_spec(&spec, Purpose::Create)?,
                    false => {
                        let message = "is given together with fields as keywords; pass one of them, or spec.replace(…)";
                        return Err(invalid(py, vec![Violation::error("spec", Code::NotSettable, message)]));
                    }
                };
                call(py, client.create(spec), options, webhook)?
            }
            Operation::Patch => {
                let id = self.id()?;
                let unset = options::unset(py)?;
                let mut fields = self.fields(1, |value| value.is(unset))?;
                refused(&mut fields)?;
                call(py, client.patch(id, fields.patch(py)?), options, webhook)?
            }
            Operation::List => call(py, client.list(), options, Answer::List)?,
            Operation::Get => call(py, client.get(self.id()?), options, webhook)?,
            Operation::Update => {
                let (id, spec) = (self.id()?, fields::any_spec(&self.given.get_item(1)?, Purpose::Update)?);
                call(py, client.update(id, spec), options, webhook)?
            }
            Operation::Delete => call(py, client.delete(self.id()?), options, |()| Answer::Nothing)?,
            Operation::Enable => call(py, client.enable(self.id()?), options, webhook)?,
            Operation::Disable => call(py, client.disable(self.id()?), options, webhook)?,
            other => return Err(PyValueError::new_err(format!("{other:?} has no form in Python"))),
        };
        if faults.is_empty() { Ok(request) } else { Err(invalid(py, faults)) }
    }

    fn id(&self) -> PyResult<i32> {
        options::id("webhook_id", &self.given.get_item(0)?)
    }

    fn fields(&self, place: usize, is_absent: impl Fn(&Bound<'_, PyAny>) -> bool) -> PyResult<Given> {
        Given::of_values(self.given.get_item(place)?.cast()?, is_absent)
    }
}

fn call<T: Send + 'static>(
    py: Python<'_>,
    call: Call<T>,
    options: CallOptions,
    answer: fn(T) -> Answer,
) -> PyResult<Request> {
    let log = logs::begin(py)?;
    // Built within its log, because spans are opened here.
    let answering = CallLog::within(log.as_ref(), || call.options(options).into_future());
    Ok(Request::new(async move { answering.await.map(answer) }, log))
}

fn webhook(webhook: blynk_webhooks::Webhook) -> Answer {
    Answer::Webhook(Box::new(webhook))
}
