//! Plans: what would change, and carrying it out.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use blynk_webhooks::{Client, Code, Error, Violation, Webhook};
use blynk_webhooks_plan::{ApplyOptions, Desired, Plan, PlanOptions, ReadWebhooks, Secrets, load};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

use crate::errors::{config, invalid};
use crate::events::{self, CallEvents, Event};
use crate::json::{self, refusal, type_name};
use crate::observers::{self, Observers};
use crate::request::{Answer, Observation, Request};
use crate::{errors, spec, webhook_class};

/// A plan, behind the `Plan` of `plans.py`.
#[pyclass(frozen, module = "blynk_webhooks._native")]
pub(crate) struct NativePlan(Arc<Plan>);

impl From<Box<Plan>> for NativePlan {
    fn from(plan: Box<Plan>) -> Self {
        Self(Arc::from(plan))
    }
}

#[pymethods]
impl NativePlan {
    /// The plan as JSON, without secrets.
    fn json(&self) -> String {
        self.0.to_json()
    }

    /// The plan for people, without secrets.
    fn text(&self) -> String {
        self.0.to_text(false)
    }

    /// What is worth knowing about the webhooks that change.
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let warnings: Vec<_> = self.0.warnings.as_slice().iter().map(|finding| finding.to_violation()).collect();
        Ok(errors::list(py, &warnings)?.into_any())
    }
}

/// Where what is wanted stands.
enum Source {
    /// Files and folders.
    Files(Vec<PathBuf>),
    /// JSON of specifications, or of the file's shape.
    Json(String),
}

/// Reads what a caller wants: paths, specifications with names, or an object of the file's shape.
fn source(desired: &Bound<'_, PyAny>) -> PyResult<Source> {
    let py = desired.py();
    let is_path = |value: &Bound<'_, PyAny>| -> PyResult<bool> {
        Ok(value.is_instance_of::<PyString>() || value.is_instance(&py.import("os")?.getattr("PathLike")?)?)
    };
    if is_path(desired)? {
        return Ok(Source::Files(vec![desired.extract()?]));
    }
    let mut faults = Vec::new();
    if desired.cast::<PyMapping>().is_ok() {
        let text = json::text("desired", desired, &mut faults)?.ok_or_else(|| invalid(py, faults))?;
        return Ok(Source::Json(text));
    }
    let items: Vec<Bound<'_, PyAny>> = match desired.try_iter() {
        Ok(items) => items.collect::<PyResult<_>>()?,
        Err(raised) => {
            refusal(py, raised)?;
            let message = format!("must be specifications, paths or a mapping, is {}", type_name(desired));
            return Err(invalid(py, vec![Violation::error("desired", Code::WrongType, message)]));
        }
    };
    let paths = items.iter().map(is_path).collect::<PyResult<Vec<_>>>()?;
    if !paths.is_empty() && paths.iter().all(|is_path| *is_path) {
        return Ok(Source::Files(items.iter().map(|path| path.extract()).collect::<PyResult<_>>()?));
    }
    let texts: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(place, item)| wanted(&format!("desired[{place}]"), item, &mut faults))
        .collect::<PyResult<Vec<_>>>()?;
    if !faults.is_empty() {
        return Err(invalid(py, faults));
    }
    Ok(Source::Json(format!("[{}]", texts.into_iter().flatten().collect::<Vec<_>>().join(","))))
}

/// One webhook that is wanted, as JSON.
fn wanted(path: &str, item: &Bound<'_, PyAny>, faults: &mut Vec<Violation>) -> PyResult<Option<String>> {
    if let Ok(spec) = item.cast::<spec::WebhookSpec>() {
        Ok(Some(spec.get().0.to_json()))
    } else if let Ok(webhook) = item.cast::<webhook_class::Webhook>() {
        // A webhook of the server is found by its ID.
        let held = &webhook.get().0;
        let spec = held.spec().to_json();
        let separator = if spec == "{}" { "" } else { "," };
        Ok(Some(format!("{{\"id\":{}{separator}{}", held.id(), &spec[1..])))
    } else if item.cast::<PyMapping>().is_ok() {
        json::text(path, item, faults)
    } else {
        let message =
            format!("must be a WebhookSpec, a Webhook or a mapping with the wire's names, is {}", type_name(item));
        faults.push(Violation::error(path, Code::WrongType, message));
        Ok(None)
    }
}

/// The making of a plan. Files, and programs that print secrets, are read beside the thread of sockets.
pub(crate) fn make(
    desired: &Bound<'_, PyAny>,
    client: Client,
    org_id: Option<i32>,
    resend_secrets: bool,
    observers: &Observers,
) -> PyResult<Request> {
    let py = desired.py();
    let source = source(desired)?;
    let environment: HashMap<String, String> = {
        let environment = py.import("os")?.getattr("environ")?;
        let items = environment.cast::<PyMapping>()?.items()?;
        items.iter().filter_map(|item| item.extract().ok()).collect()
    };
    let secrets = Secrets::with_environment(move |name| environment.get(name).cloned());
    let options =
        PlanOptions::new().secrets(secrets).org(org_id).resend_secrets(resend_secrets).server(client.base_url());
    let observation = Observation::of_events(py, observers, false)?;
    Ok(Request::new(
        async move { plan(&client, source, options).await.map(|plan| Answer::Plan(Box::new(plan))) },
        observation,
    ))
}

async fn plan(client: &Client, source: Source, options: PlanOptions) -> Result<Plan, Error> {
    let read = move || match source {
        Source::Files(paths) => load(&paths),
        Source::Json(text) => Desired::from_json(&text),
    };
    let lost = |_| blynk_webhooks::bindings::panicked();
    let desired = tokio::task::spawn_blocking(read).await.map_err(lost)?;
    let desired = desired.map_err(blynk_webhooks_plan::PlanError::from)?;
    desired.check_target(options.server.as_deref(), options.org)?;
    let live: Vec<Webhook> = ReadWebhooks::list(client, options.org.or(desired.org())).await?;
    let compare = move || Plan::new(&desired, &live, &options);
    Ok(tokio::task::spawn_blocking(compare).await.map_err(lost)??)
}

/// The carrying out of a plan.
pub(crate) fn apply(
    plan: &Bound<'_, NativePlan>,
    client: Client,
    concurrency: usize,
    digest: Option<String>,
    on_progress: Option<&Bound<'_, PyAny>>,
    observers: &Observers,
) -> PyResult<Request> {
    let py = plan.py();
    if concurrency == 0 {
        return Err(config(py, "concurrency: must be 1 or more, is 0"));
    }
    if let Some(on_progress) = on_progress.filter(|value| !value.is_callable()) {
        return Err(config(py, format!("on_progress: must be a function, is {}", type_name(on_progress))));
    }
    let observation = Observation::of_events(py, observers, on_progress.is_some())?;
    let mut options = ApplyOptions::new().concurrency(concurrency);
    options.digest = digest;
    if let Some(on_progress) = on_progress {
        let on_progress = Arc::new((on_progress.clone().unbind(), observers::Failed::default()));
        options = options.on_progress(move |progress| {
            let (done, total) = (progress.done, progress.total);
            let item = serde_json::to_string(progress.item).unwrap_or_default();
            let on_progress = Arc::clone(&on_progress);
            let tell = move |py: Python<'_>| {
                let told = py
                    .import("blynk_webhooks.plans")
                    .and_then(|plans| plans.call_method1("progress", (done, total, item)))
                    .and_then(|progress| on_progress.0.call1(py, (progress,)));
                on_progress.1.report_once(py, "on_progress", told)
            };
            events::push(CallEvents::current().as_ref(), Event::Call(Box::new(tell)));
        });
    }
    let plan = Arc::clone(&plan.get().0);
    let applying = async move {
        let report = plan.apply(&client, options).await.map_err(Error::from);
        report.map(|report| Answer::Json(report.to_json()))
    };
    Ok(Request::new(applying, observation))
}
