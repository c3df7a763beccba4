//! The operations: arguments of Python to a request of the core that is sent when it is polled.

use std::any::Any;
use std::future::{Future, IntoFuture};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use blynk_webhooks::{Call, CallOptions, Client, Code, Error, Naming, Operation, Violation, WebhookList};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::invalid;
use crate::fields;
use crate::json;
use crate::logs::{self, CallLog};
use crate::options::{self, id};
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
            catch_unwind(AssertUnwindSafe(poll)).unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
        })
    }
}

/// The error of a call that panicked.
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::Config(
        format!("the call panicked: {}; this is a defect of the library", text.unwrap_or("without a message")).into(),
    )
}

/// The outcome of a call that ended without one.
pub(crate) fn lost() -> Outcome {
    Err(Error::Config("the call ended without an outcome; this is a defect of the library".into()))
}

/// The argument that says which webhook an operation is about.
const WEBHOOK_ID: &str = "webhook_id";

type Options<'a, 'py> = Option<&'a Bound<'py, PyDict>>;

/// The value of an outcome, or its exception.
pub(crate) fn to_py(py: Python<'_>, outcome: Outcome) -> PyResult<Py<PyAny>> {
    match outcome {
        Ok(Answer::Webhook(webhook)) => Ok(Py::new(py, Webhook(Kept::One(webhook)))?.into_any()),
        Ok(Answer::List(list)) => {
            let list = Arc::new(list);
            // An answer is bounded far below 2^32 webhooks.
            let webhook = |place| Py::new(py, Webhook(Kept::OfList(Arc::clone(&list), place)));
            let webhooks: Vec<_> = (0..list.len() as u32).map(webhook).collect::<PyResult<_>>()?;
            Ok(PyList::new(py, webhooks)?.into_any().unbind())
        }
        Ok(Answer::Json(text)) => json::parse(py, &text).map(Bound::unbind),
        Ok(Answer::Nothing) => Ok(py.None()),
        Err(error) => Err(crate::errors::to_py(py, &error)),
    }
}

fn request<T: Send + 'static>(
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

pub(crate) fn list(py: Python<'_>, client: &Client, options: Options<'_, '_>) -> PyResult<Request> {
    request(py, client.list(), options::read(options, Operation::List)?, Answer::List)
}

pub(crate) fn get(client: &Client, webhook_id: &Bound<'_, PyAny>, options: Options<'_, '_>) -> PyResult<Request> {
    let py = webhook_id.py();
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    request(py, client.get(webhook_id), options::read(options, Operation::Get)?, webhook)
}

/// `create` takes a spec, or its fields among the keywords.
pub(crate) fn create(
    client: &Client,
    spec: Option<&Bound<'_, PyAny>>,
    keywords: &Bound<'_, PyDict>,
) -> PyResult<Request> {
    let py = keywords.py();
    let options = take_options(keywords, Operation::Create)?;
    let spec = match spec {
        None => fields::spec(keywords)?,
        Some(spec) if keywords.is_empty() => fields::any_spec(spec)?,
        Some(_) => {
            let message = "is given together with fields as keywords; pass one of them, or spec.replace(…)";
            return Err(invalid(py, vec![Violation::error("spec", Code::NotSettable, message)]));
        }
    };
    request(py, client.create(spec), options, webhook)
}

pub(crate) fn update(
    client: &Client,
    webhook_id: &Bound<'_, PyAny>,
    spec: &Bound<'_, PyAny>,
    options: Options<'_, '_>,
) -> PyResult<Request> {
    let py = spec.py();
    let (webhook_id, spec) = (id(WEBHOOK_ID, webhook_id)?, fields::any_spec(spec)?);
    request(py, client.update(webhook_id, spec), options::read(options, Operation::Update)?, webhook)
}

/// `patch` takes its changes and its options as keywords; no field is called like an option.
pub(crate) fn patch(client: &Client, webhook_id: &Bound<'_, PyAny>, keywords: &Bound<'_, PyDict>) -> PyResult<Request> {
    let py = webhook_id.py();
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    let options = take_options(keywords, Operation::Patch)?;
    let patch = fields::patch(keywords)?;
    request(py, client.patch(webhook_id, patch), options, webhook)
}

/// Takes an operation's options out of its keywords.
fn take_options(keywords: &Bound<'_, PyDict>, operation: Operation) -> PyResult<CallOptions> {
    let options = PyDict::new(keywords.py());
    for option in operation.options() {
        let name = option.name(Naming::Python);
        if let Some(value) = keywords.get_item(&*name)? {
            options.set_item(&*name, value)?;
            keywords.del_item(&*name)?;
        }
    }
    options::read(Some(&options), operation)
}

pub(crate) fn delete(client: &Client, webhook_id: &Bound<'_, PyAny>, options: Options<'_, '_>) -> PyResult<Request> {
    let py = webhook_id.py();
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    request(py, client.delete(webhook_id), options::read(options, Operation::Delete)?, |()| Answer::Nothing)
}

pub(crate) fn enable(client: &Client, webhook_id: &Bound<'_, PyAny>, options: Options<'_, '_>) -> PyResult<Request> {
    let py = webhook_id.py();
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    request(py, client.enable(webhook_id), options::read(options, Operation::Enable)?, webhook)
}

pub(crate) fn disable(client: &Client, webhook_id: &Bound<'_, PyAny>, options: Options<'_, '_>) -> PyResult<Request> {
    let py = webhook_id.py();
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    request(py, client.disable(webhook_id), options::read(options, Operation::Disable)?, webhook)
}
