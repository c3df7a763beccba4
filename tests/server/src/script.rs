//! Scripts as data: what is expected and what is answered, as `tests/conformance/README.md` describes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{Received, Reply, Server};

/// What a server does, as data.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Script {
    /// Exactly these requests, in this order.
    Exchange(Vec<Step>),
    /// Each request gets the answer of the first step that it fits and that is not used up.
    Rules(Vec<Step>),
}

/// A request and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the request must be like.
    #[serde(default)]
    pub request: Request,
    /// What is answered.
    pub answer: Answer,
    /// How many requests a rule answers; absent: any number.
    pub times: Option<usize>,
}

/// What a request must be like; what is absent is not compared.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The method.
    pub method: Option<String>,
    /// The path without the query.
    pub path: Option<String>,
    /// All parameters of the query. In an exchange, absent means that there are none.
    pub query: Option<BTreeMap<String, String>>,
    /// Headers that must be equal, or absent where null. A value with `*` at its end is compared up to there.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// The body, as JSON.
    pub json: Option<Value>,
    /// The request has no body.
    #[serde(default)]
    pub empty: bool,
}

/// What is answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers beside `content-length` and, for JSON, `content-type`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body as JSON, sent as written.
    pub json: Option<Box<RawValue>>,
    /// The body as text. `${name}` stands for a parameter of the request's query, `${name:-1}` for 1 if there is none.
    pub text: Option<String>,
    /// What happens in the place of a response.
    pub fault: Option<Fault>,
    /// A pause before the answer, in milliseconds.
    pub delay_ms: Option<u64>,
    /// Answered once the test releases it.
    #[serde(default)]
    pub held: bool,
}

fn ok() -> u16 {
    200
}

/// What happens in the place of a response: see the variants of [`Reply`].
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the variants of Reply say it")]
pub enum Fault {
    Reset,
    Close,
    Truncate,
    Garbage,
    Silence,
}

impl Request {
    /// How a request differs from this one.
    pub fn differences(&self, request: &Received) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, expected: &dyn std::fmt::Debug, got: &dyn std::fmt::Debug, equal: bool| {
            if !equal {
                found.push(format!("{what} is {got:?}, not {expected:?}"));
            }
        };
        if let Some(method) = &self.method {
            compare("method", method, &request.method, *method == request.method);
        }
        if let Some(path) = &self.path {
            compare("path", path, &request.path, *path == request.path);
        }
        if let Some(query) = &self.query {
            compare("query", query, &request.query, *query == request.query);
        }
        for (name, expected) in &self.headers {
            let got = request.headers.get(&name.to_ascii_lowercase());
            let equal = match (expected, got) {
                (Some(expected), Some(got)) => match expected.strip_suffix('*') {
                    Some(start) => got.starts_with(start),
                    None => expected == got,
                },
                (expected, got) => expected.is_none() && got.is_none(),
            };
            compare(&format!("header {name}"), expected, &got, equal);
        }
        if let Some(json) = &self.json {
            let got = serde_json::from_slice::<Value>(&request.body).ok();
            compare("body", json, &String::from_utf8_lossy(&request.body), got.as_ref() == Some(json));
        }
        if self.empty {
            compare("body", &"", &String::from_utf8_lossy(&request.body), request.body.is_empty());
        }
        found
    }
}

impl Answer {
    fn reply(&self, request: &Received) -> Reply {
        let mut reply = match self.fault {
            Some(Fault::Reset) => Reply::Reset,
            Some(Fault::Close) => Reply::Close,
            Some(Fault::Truncate) => Reply::Truncate,
            Some(Fault::Garbage) => Reply::Garbage,
            Some(Fault::Silence) => Reply::Silence,
            None => {
                let mut headers: Vec<_> = self.headers.clone().into_iter().collect();
                let body = match (&self.json, &self.text) {
                    (Some(json), _) => {
                        headers.push(("content-type".into(), "application/json".into()));
                        json.get().to_owned()
                    }
                    (None, Some(text)) => filled(text, &request.query),
                    (None, None) => String::new(),
                };
                Reply::Answer { status: self.status, headers, body: body.into() }
            }
        };
        if self.held {
            reply = Reply::Held(Box::new(reply));
        }
        match self.delay_ms {
            Some(delay) => Reply::Late(Duration::from_millis(delay), Box::new(reply)),
            None => reply,
        }
    }
}

/// A text with the parameters of a query in their places.
fn filled(text: &str, query: &BTreeMap<String, String>) -> String {
    let mut parts = text.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) => {
                let (name, default) = name.split_once(":-").unwrap_or((name, ""));
                filled.push_str(query.get(name).map_or(default, String::as_str));
                filled.push_str(rest);
            }
            None => {
                filled.push_str("${");
                filled.push_str(part);
            }
        }
    }
    filled
}

/// A server that answers by data.
pub struct Scripted {
    /// The server.
    pub server: Server,
    progress: Arc<Mutex<Progress>>,
}

struct Progress {
    script: Script,
    /// How many requests of an exchange came.
    next: usize,
    problems: Vec<String>,
}

impl Progress {
    fn reply(&mut self, request: &Received) -> Reply {
        let answer = match &mut self.script {
            Script::Exchange(steps) => {
                self.next += 1;
                let found = match steps.get(self.next - 1) {
                    Some(step) => step.request.differences(request),
                    None => vec![format!("{} {} was not expected", request.method, request.path)],
                };
                let number = self.next;
                self.problems.extend(found.into_iter().map(|problem| format!("request {number}: {problem}")));
                steps.get(number - 1).map(|step| &step.answer)
            }
            Script::Rules(rules) => {
                let fits = |step: &&mut Step| step.times != Some(0) && step.request.differences(request).is_empty();
                let rule = rules.iter_mut().find(fits);
                if rule.is_none() {
                    self.problems.push(format!("no rule answers {} {}", request.method, request.path));
                }
                rule.map(|step| {
                    step.times = step.times.map(|times| times - 1);
                    &step.answer
                })
            }
        };
        answer.map_or_else(|| Reply::status(599), |answer| answer.reply(request))
    }
}

impl Scripted {
    /// Starts a server with a script; see [`Server::start_with`] for `keep`.
    pub async fn start(script: Script, keep: bool) -> Self {
        let progress = Arc::new(Mutex::new(Progress { script: prepared(script), next: 0, problems: Vec::new() }));
        let shared = Arc::clone(&progress);
        let server = Server::start_with(keep, move |_, request| shared.lock().unwrap().reply(request)).await;
        Self { server, progress }
    }

    /// Goes on with another script.
    pub fn go_on_with(&self, script: Script) {
        let mut progress = self.progress.lock().unwrap();
        progress.script = prepared(script);
        progress.next = 0;
    }

    /// What did not go as the script says.
    pub fn problems(&self) -> Vec<String> {
        let progress = self.progress.lock().unwrap();
        let mut problems = progress.problems.clone();
        if let Script::Exchange(steps) = &progress.script
            && progress.next < steps.len()
        {
            problems.push(format!("only {} of {} requests went out", progress.next, steps.len()));
        }
        problems
    }
}

fn prepared(mut script: Script) -> Script {
    if let Script::Exchange(steps) = &mut script {
        steps.iter_mut().for_each(|step| _ = step.request.query.get_or_insert_default());
    }
    script
}
