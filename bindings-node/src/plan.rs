//! Plans: what would change, and carrying it out.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use blynk_webhooks::{Client, Error, Webhook};
use blynk_webhooks_plan::{
    ApplyOptions, Cancel, DEFAULT_CONCURRENCY, Desired, Finding, Findings, Plan, PlanError, PlanOptions, ReadWebhooks,
    Secrets, load,
};
use napi::Env;
use napi::bindgen_prelude::{JavaScriptClassExt, JsValue, PromiseRaw, Unknown};
use napi_derive::napi;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::bridge::Bridge;
use crate::errors;
use crate::members::Members;
use crate::promise::Outcome;

/// Where what is wanted stands.
pub(crate) enum Source {
    /// Files and folders.
    Files(Vec<String>),
    /// JSON of specs, or of the file's shape.
    Json(String),
}

/// The options of a plan from a JSON object; `environment` has the variables of secrets.
pub(crate) fn options(options: Option<&str>, environment: &str) -> Result<PlanOptions, Error> {
    let mut given = Members::read(options.unwrap_or("{}"), "an option of a plan", &["orgId", "resendSecrets"]);
    let org = given.integer("orgId", i32::MIN, i32::MAX);
    let resend = given.boolean("resendSecrets").unwrap_or_default();
    given.end()?;
    let variables: HashMap<String, String> = serde_json::from_str(environment).unwrap_or_default();
    let secrets = Secrets::with_environment(move |name| variables.get(name).cloned());
    Ok(PlanOptions::new().secrets(secrets).org(org).resend_secrets(resend))
}

/// Makes a plan. Files, and programs that print secrets, are read beside the thread of sockets.
pub(crate) async fn make(client: Client, source: Source, options: PlanOptions) -> Outcome {
    match make_plan(&client, source, options).await {
        Ok(plan) => Outcome::Object(Box::new(|env| {
            let plan = NativePlan { plan: Arc::new(plan), client, running: Mutex::default() };
            Ok(plan.into_instance(env)?.raw())
        })),
        Err(Failure::Plan(error)) => Outcome::Failed(text_of(&error)),
        Err(Failure::Lost) => Outcome::Failed(errors::internal("making the plan failed")),
    }
}

enum Failure {
    Plan(PlanError),
    /// A thread has panicked.
    Lost,
}

impl<E: Into<PlanError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Plan(error.into())
    }
}

async fn make_plan(client: &Client, source: Source, mut options: PlanOptions) -> Result<Plan, Failure> {
    let read = move || match source {
        Source::Files(paths) => load(&paths.into_iter().map(PathBuf::from).collect::<Vec<_>>()),
        Source::Json(text) => Desired::from_json(&text),
    };
    let desired = tokio::task::spawn_blocking(read).await.map_err(|_| Failure::Lost)??;
    options.server = Some(client.base_url().to_owned());
    desired.check_target(options.server.as_deref(), options.org)?;
    let live: Vec<Webhook> = ReadWebhooks::list(client, options.org.or(desired.org())).await?;
    let compare = move || Plan::new(&desired, &live, &options);
    Ok(tokio::task::spawn_blocking(compare).await.map_err(|_| Failure::Lost)??)
}

fn text_of(error: &PlanError) -> String {
    match error {
        PlanError::Client(error) => errors::text(error),
        PlanError::Findings(findings) => {
            let message = format!("nothing was planned\n{}", findings.render(false).trim_end());
            json!({ "class": "ValidationError", "message": message, "violations": violations(findings) }).to_string()
        }
        other => errors::text(&Error::Config(other.to_string().into())),
    }
}

/// Findings as the TypeScript declares violations; the path is a place in a file, where there is one.
fn violations(findings: &Findings) -> Value {
    let violation = |finding: &Finding| {
        json!({
            "path": finding.place.as_ref().map(ToString::to_string).unwrap_or_default(),
            "code": finding.code.as_str(),
            "message": finding.message,
            "severity": finding.severity.as_str(),
        })
    };
    findings.as_slice().iter().map(violation).collect()
}

/// A plan and the client it was made with, behind the `Plan` of the TypeScript.
#[napi]
pub struct NativePlan {
    plan: Arc<Plan>,
    client: Client,
    /// What stops the runs of `apply` that are under way.
    running: Mutex<Vec<Cancel>>,
}

#[napi]
impl NativePlan {
    /// The plan as JSON, without secrets.
    #[napi(catch_unwind)]
    pub fn json(&self) -> String {
        let mut plan = serde_json::to_value(&*self.plan).unwrap_or_default();
        plan["warnings"] = violations(&self.plan.warnings);
        plan.to_string()
    }

    /// The plan for people, without secrets.
    #[napi(catch_unwind)]
    pub fn text(&self) -> String {
        self.plan.to_text(false)
    }

    /// Carries the plan out; the promise is of the report. `listener` is told how each item ended.
    #[napi(catch_unwind)]
    pub fn apply<'env>(
        &self,
        env: &'env Env,
        options: Option<String>,
        listener: Option<u32>,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let mut given =
            Members::read(options.as_deref().unwrap_or("{}"), "an option of apply", &["concurrency", "digest"]);
        let concurrency = given.integer("concurrency", 1, 1_000_i64).map_or(DEFAULT_CONCURRENCY, |most| most as usize);
        let digest = given.text("digest");
        if let Err(found) = given.end() {
            return Bridge::refuse(env, errors::text(&found.into()));
        }
        let cancel = Cancel::new();
        self.running.lock().unwrap_or_else(PoisonError::into_inner).push(cancel.clone());
        let (plan, client) = (Arc::clone(&self.plan), self.client.clone());
        let bridge = Bridge::of(env)?;
        let messages = bridge.borrow().messages();
        bridge.borrow_mut().submit(env, None, async move {
            let mut options = ApplyOptions::new().concurrency(concurrency).cancel(cancel);
            options.digest = digest;
            if let Some(listener) = listener {
                options = options.on_progress(move |progress| messages.tell(listener, &json!(progress)));
            }
            match plan.apply(&client, options).await {
                Ok(report) => Outcome::Answer(Some(Answer::plain(report.to_json()))),
                Err(refused) => Outcome::Failed(errors::text(&Error::Config(refused.to_string().into()))),
            }
        })
    }

    /// Lets no further item of `apply` begin; those under way end.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        for running in self.running.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            running.cancel();
        }
    }
}
