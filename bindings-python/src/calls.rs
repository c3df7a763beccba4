//! The operations: arguments of Python to a request of the core that is sent when it is polled.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use blynk_webhooks::{Call, CallOptions, Client, Code, Error, Naming, Operation, Violation, WebhookList};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::invalid;
use crate::fields;
use crate::json;
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

/// A call under way, or about to be. Dropping it closes its request on the wire.
pub(crate) type Request = Pin<Box<dyn Future<Output = Outcome> + Send>>;

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

fn request<T: Send + 'static>(call: Call<T>, options: CallOptions, answer: fn(T) -> Answer) -> Request {
    let answering = call.options(options).into_future();
    Box::pin(async move { answering.await.map(answer) })
}

fn webhook(webhook: blynk_webhooks::Webhook) -> Answer {
    Answer::Webhook(Box::new(webhook))
}

pub(crate) fn list(client: &Client, options: Options<'_, '_>) -> PyResult<Request> {
    Ok(request(client.list(), options::read(options, Operation::List)?, Answer::List))
}

pub(crate) fn get(client: &Client, webhook_id: &Bound<'_, PyAny>, options: Options<'_, '_>) -> PyResult<Request> {
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    Ok(request(client.get(webhook_id), options::read(options, Operation::Get)?, webhook))
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
    Ok(request(client.create(spec), options, webhook))
}

pub(crate) fn update(
    client: &Client,
    webhook_id: &Bound<'_, PyAny>,
    spec: &Bound<'_, PyAny>,
    options: Options<'_, '_>,
) -> PyResult<Request> {
    let (webhook_id, spec) = (id(WEBHOOK_ID, webhook_id)?, fields::any_spec(spec)?);
    Ok(request(client.update(webhook_id, spec), options::read(options, Operation::Update)?, webhook))
}

/// `patch` takes its changes and its options as keywords; no field is called like an option.
pub(crate) fn patch(client: &Client, webhook_id: &Bound<'_, PyAny>, keywords: &Bound<'_, PyDict>) -> PyResult<Request> {
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    let options = take_options(keywords, Operation::Patch)?;
    let patch = fields::patch(keywords)?;
    Ok(request(client.patch(webhook_id, patch), options, webhook))
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
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    Ok(request(client.delete(webhook_id), options::read(options, Operation::Delete)?, |()| Answer::Nothing))
}

pub(crate) fn enable(client: &Client, webhook_id: &Bound<'_, PyAny>, options: Options<'_, '_>) -> PyResult<Request> {
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    Ok(request(client.enable(webhook_id), options::read(options, Operation::Enable)?, webhook))
}

pub(crate) fn disable(client: &Client, webhook_id: &Bound<'_, PyAny>, options: Options<'_, '_>) -> PyResult<Request> {
    let webhook_id = id(WEBHOOK_ID, webhook_id)?;
    Ok(request(client.disable(webhook_id), options::read(options, Operation::Disable)?, webhook))
}
