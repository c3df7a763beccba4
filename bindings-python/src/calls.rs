//! The operations: arguments of Python to a request of the core that is sent when it is polled.

use std::future::IntoFuture;
use std::sync::Arc;

use blynk_webhooks::bindings::joined_headers;
use blynk_webhooks::{Call, CallOptions, Client, Code, Naming, Operation, Purpose, Response, Violation, WebhookList};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyList, PyMapping, PyModule, PyTuple};

use crate::errors::invalid;
use crate::events::CallEvents;
use crate::fields::{self, FieldArguments, unknown_keyword};
use crate::json;
use crate::observers::Observers;
use crate::options;
use crate::plan::NativePlan;
use crate::request::{Answer, Observation, Outcome, Request};
use crate::spec::WebhookSpec;
use crate::telemetry;
use crate::webhook_class::{Kept, Webhook};

/// The value of an outcome, or its exception.
pub(crate) fn to_py(py: Python<'_>, outcome: Outcome) -> PyResult<Py<PyAny>> {
    match outcome {
        Ok(Answer::Webhook(webhook)) => Ok(Webhook::object(py, Kept::One(webhook))?.into_any()),
        Ok(Answer::List(list)) => {
            let list = Arc::new(list);
            // A response is bounded far below 2^32 webhooks.
            let webhook = |place| Webhook::object(py, Kept::OfList(Arc::clone(&list), place));
            let webhooks: Vec<_> = (0..list.len() as u32).map(webhook).collect::<PyResult<_>>()?;
            Ok(PyList::new(py, webhooks)?.into_any().unbind())
        }
        Ok(Answer::Json(text)) => json::parse(py, &text).map(Bound::unbind),
        Ok(Answer::Plan(plan)) => Ok(Py::new(py, NativePlan::from(plan))?.into_any()),
        Ok(Answer::Nothing) => Ok(py.None()),
        Ok(Answer::Unread(read)) => to_py(py, read()),
        Ok(Answer::WithResponse(response)) => with_response(py, *response),
        Err(error) => Err(crate::errors::to_py(py, &error)),
    }
}

fn with_response(py: Python<'_>, response: Response<Answer>) -> PyResult<Py<PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || PyModule::import(py, "blynk_webhooks._response").map(Bound::unbind))?;
    let headers = joined_headers(&response).into_py_dict(py)?;
    let fields = PyDict::new(py);
    fields.set_item("value", to_py(py, Ok(response.value))?)?;
    fields.set_item("status", response.status)?;
    fields.set_item("headers", module.bind(py).getattr("Headers")?.call1((headers,))?)?;
    fields.set_item("request_id", response.request_id)?;
    fields.set_item("attempts", response.attempts)?;
    fields.set_item("elapsed", response.elapsed.as_secs_f64())?;
    Ok(module.bind(py).getattr("Response")?.call((), Some(&fields))?.unbind())
}

/// A call as the generated methods pass it on: the operation's name, its arguments, its options in the order of the
/// table, and keywords that the method does not know.
pub(crate) struct Arguments<'a, 'py> {
    pub(crate) operation: &'a str,
    pub(crate) given: &'a Bound<'py, PyTuple>,
    pub(crate) options: &'a Bound<'py, PyTuple>,
    pub(crate) unknown: &'a Bound<'py, PyDict>,
    /// Whether the value is to come with the metadata of its response.
    pub(crate) with_response: bool,
    /// Whether the response is read by the thread that takes the outcome.
    pub(crate) reads_late: bool,
}

/// How a call is made beside its arguments.
struct Setup {
    options: CallOptions,
    expected: Option<blynk_webhooks::Webhook>,
    observation: Observation,
    with_response: bool,
    reads_late: bool,
}

impl Arguments<'_, '_> {
    /// The request of the call.
    pub(crate) fn request(&self, py: Python<'_>, client: &Client, observers: &Observers) -> PyResult<Request> {
        let operation = Operation::from_name(self.operation)
            .ok_or_else(|| PyValueError::new_err(format!("there is no operation '{}'", self.operation)))?;
        let mut faults = Vec::new();
        let options = options::of_call(operation, self.options, self.unknown, &mut faults)?;
        let expected = self.expected(operation, &mut faults)?;
        let mut refused = |fields: &mut FieldArguments| -> PyResult<()> {
            // A misspelt keyword may have been meant as a field.
            if let Some(fault) = faults.first_mut().filter(|fault| fault.code == Code::UnknownField) {
                *fault = unknown_keyword(&fault.path.clone(), &operation.option_names(Naming::Python));
            }
            fields.faults.append(&mut faults);
            Ok(())
        };
        let call = match operation {
            Operation::Create => {
                let spec = self.given.get_item(0)?;
                let mut fields = self.fields(1, |value| value.is_none())?;
                refused(&mut fields)?;
                let spec = match spec.is_none() {
                    true => fields.spec(py, Some(Purpose::Create))?,
                    false if fields.is_empty() => any_spec(&spec, Purpose::Create)?,
                    false => {
                        let message = "is given together with fields as keywords; pass one of them, or spec.replace(…)";
                        return Err(invalid(py, vec![Violation::error("spec", Code::NotSettable, message)]));
                    }
                };
                AnyCall::Webhook(client.create(spec))
            }
            Operation::Patch => {
                let id = self.id()?;
                let unset = options::unset(py)?;
                let mut fields = self.fields(1, |value| value.is(unset))?;
                refused(&mut fields)?;
                AnyCall::Webhook(client.patch(id, fields.patch(py)?))
            }
            Operation::List => AnyCall::List(client.list()),
            Operation::Get => AnyCall::Webhook(client.get(self.id()?)),
            Operation::Update => {
                let (id, spec) = (self.id()?, any_spec(&self.given.get_item(1)?, Purpose::Update)?);
                AnyCall::Webhook(client.update(id, spec))
            }
            Operation::Delete => AnyCall::Nothing(client.delete(self.id()?)),
            Operation::Enable => AnyCall::Webhook(client.enable(self.id()?)),
            Operation::Disable => AnyCall::Webhook(client.disable(self.id()?)),
            other => return Err(PyValueError::new_err(format!("{other:?} has no form in Python"))),
        };
        if !faults.is_empty() {
            return Err(invalid(py, faults));
        }
        let observation = Observation::begin(py, operation, observers)?;
        let (with_response, reads_late) = (self.with_response, self.reads_late);
        let setup = Setup { options, expected, observation, with_response, reads_late };
        Ok(match call {
            AnyCall::List(call) => setup.request(call, Answer::List),
            AnyCall::Webhook(call) => setup.request(call, |webhook| Answer::Webhook(Box::new(webhook))),
            AnyCall::Nothing(call) => setup.request(call, |()| Answer::Nothing),
        })
    }

    /// What stands after the options of the table: the webhook that a write expects.
    fn expected(&self, operation: Operation, faults: &mut Vec<Violation>) -> PyResult<Option<blynk_webhooks::Webhook>> {
        let place = operation.options().count();
        // Asked for first, because an exception that is made and dropped costs as much as the rest of this file.
        if place >= self.options.len() {
            return Ok(None);
        }
        let value = self.options.get_item(place)?;
        match value.cast::<Webhook>() {
            Ok(webhook) => Ok(Some((*webhook.get().0).clone())),
            Err(_) if value.is_none() => Ok(None),
            Err(_) => {
                faults.push(options::wrong_type("expected", "a Webhook", &value));
                Ok(None)
            }
        }
    }

    fn id(&self) -> PyResult<i32> {
        options::id("webhook_id", &self.given.get_item(0)?)
    }

    fn fields(&self, place: usize, is_absent: impl Fn(&Bound<'_, PyAny>) -> bool) -> PyResult<FieldArguments> {
        FieldArguments::of_values(self.given.get_item(place)?.cast()?, is_absent)
    }
}

/// What a user may pass as a specification: a `WebhookSpec`, a `Webhook` or a mapping with the wire's names.
fn any_spec(value: &Bound<'_, PyAny>, purpose: Purpose) -> PyResult<blynk_webhooks::WebhookSpec> {
    if let Ok(spec) = value.cast::<WebhookSpec>() {
        Ok(spec.get().0.clone())
    } else if let Ok(webhook) = value.cast::<Webhook>() {
        Ok(webhook.get().0.spec())
    } else if value.cast::<PyMapping>().is_ok() {
        fields::spec_of_mapping(value, Some(purpose))
    } else {
        let message = format!(
            "must be a WebhookSpec, a Webhook or a mapping with the wire's names, is {}",
            json::type_name(value)
        );
        Err(invalid(value.py(), vec![Violation::error("spec", Code::WrongType, message)]))
    }
}

/// A call of any type.
enum AnyCall {
    List(Call<WebhookList>),
    Webhook(Call<blynk_webhooks::Webhook>),
    Nothing(Call<()>),
}

impl Setup {
    fn request<T: Send + 'static>(self, call: Call<T>, answer: fn(T) -> Answer) -> Request {
        let Self { options, expected, observation, with_response, reads_late } = self;
        let mut call = call.options(options);
        if let Some(expected) = expected {
            call = call.expected(&expected);
        }
        if let (Some(trace), Some(events)) = (&observation.trace, &observation.events) {
            let hooks = telemetry::Hooks { trace: Arc::clone(trace), events: events.clone() };
            call = call.attempt_hooks(Arc::new(hooks));
        }
        // Built within its events, because spans of the log are opened here.
        let events = observation.events.clone();
        CallEvents::within(events.as_ref(), || {
            if with_response {
                let answering = call.with_response().into_future();
                let answering = async move {
                    let response = answering.await?;
                    Ok(Answer::WithResponse(Box::new(response.map(answer))))
                };
                Request::new(answering, observation)
            } else if reads_late {
                let answering = call.into_future().received();
                let answering = async move {
                    let received = answering.await?;
                    Ok(Answer::Unread(Box::new(move || received.read().map(answer))))
                };
                Request::new(answering, observation)
            } else {
                let answering = call.into_future();
                Request::new(async move { answering.await.map(answer) }, observation)
            }
        })
    }
}
