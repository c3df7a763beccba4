//! `probe`: asks a real server what nobody has published, with a webhook of its own that it deletes in every case.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use blynk_webhooks::bindings::{RawResponse, path};
use blynk_webhooks::{Client, Error, Naming, Webhook, WebhookList};
use serde_json::{Map, Value, json};
use url::Url;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::json::Tree;
use crate::output::{Output, visible};

/// Find out how a real server behaves where the API is not documented. Asks first.
///
/// It creates one webhook in the organization, changes and reads it about twenty times, deletes it in every case, and prints what it found
/// as JSON. The webhook points at a host that cannot exist (.invalid), so nothing is sent to anybody. No other webhook is touched. The
/// output contains no secret, no name and no id. Please send it to the maintainers.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks probe --org 101
  blynk-webhooks probe --org 101 --yes > facts.json

After Ctrl-C, the command deletes the webhook first; a second Ctrl-C leaves it on the server. Exit code 6: it could not be deleted, and
the error shows its id.")]
pub struct Args {}

/// Begins the name of the webhook, so that one that was left behind is known.
const NAME: &str = "blynk-webhooks probe";
/// Nobody can own a host of this domain.
const TARGET: &str = "https://blynk-webhooks-probe.invalid/";
/// Of no account: it is sent to see whether it comes back.
const PLANTED_SECRET: &str = "probe-planted-secret";

/// How often and how patiently the webhook is deleted.
const CLEAN_UP_ATTEMPTS: u32 = 3;
const CLEAN_UP_PAUSE: Duration = Duration::from_secs(1);
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(10);

/// What the questions have learnt, and what is left on the server. Shared with the task that asks.
#[derive(Debug, Default)]
struct Learnt {
    facts: Vec<(&'static str, Value)>,
    /// A create was sent, so that a webhook may be there.
    create_was_sent: bool,
    webhook_id: Option<i32>,
}

#[derive(Clone)]
struct Probe {
    client: Client,
    org: i32,
    name: String,
    learnt: Arc<Mutex<Learnt>>,
}

pub(super) async fn run(_: Args, context: &Context) -> Result<Exit> {
    let Some(org) = context.global.connection.org else {
        return Err(CliError::usage("name the organization with --org: probe creates a webhook in it"));
    };
    let client = interruptible(context, context.client()).await?;
    let server = client.base_url().to_owned();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = format!("{NAME} {}", since.as_millis());
    let question = format!("Create, change and delete a webhook '{name}' in organization {org} on {server}?");
    interruptible(context, context.confirm(&question)).await?;
    let held = interruptible(context, async { Ok(client.list().org_id(org).await?) }).await?;
    warn_of_leftovers(&held, &context.out);

    let probe = Probe { client, org, name, learnt: Arc::default() };
    // A task of its own: a panic in it is no reason to leave the webhook there.
    let mut asking = tokio::spawn(probe.clone().ask_all(held.len()));
    let asked = tokio::select! {
        biased;
        exit = context.interrupt.wait() => Err(CliError::interrupted(exit)),
        asked = &mut asking => match asked {
            Ok(outcome) => outcome,
            Err(problem) => Err(CliError::new(Exit::Failure, "INTERNAL", format!("internal error: {problem}"))),
        },
    };
    if asked.as_ref().is_err_and(|error| matches!(error.exit(), Exit::Interrupted | Exit::Terminated)) {
        context.out.note("Deleting the webhook of the probe. Press Ctrl-C again to leave it on the server.");
        asking.abort();
        let _ = asking.await;
    }
    probe.clean_up().await?;
    let learnt = probe.learnt().facts.clone();
    asked?;
    print(&learnt, &server, &context.out);
    Ok(Exit::Done)
}

/// Before there is anything to clean up, Ctrl-C ends the program as everywhere.
async fn interruptible<T>(context: &Context, run: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        exit = context.interrupt.wait() => Err(CliError::interrupted(exit)),
        outcome = run => outcome,
    }
}

fn warn_of_leftovers(held: &WebhookList, out: &Output) {
    for webhook in held.iter().filter(|webhook| webhook.name().is_some_and(|name| name.starts_with(NAME))) {
        let (id, name) = (webhook.id(), visible(webhook.name().unwrap_or_default()));
        out.warning(format_args!("webhook {id} '{name}' was left by an earlier probe: blynk-webhooks delete {id}"));
    }
}

/// The facts are JSON with or without `--json`: they are to be sent on.
fn print(facts: &[(&'static str, Value)], server: &str, out: &Output) {
    // The vendor's own servers differ; whose a self-hosted one is, is nobody's business.
    let host = Url::parse(server).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let is_vendors = host == "blynk.cloud" || host.ends_with(".blynk.cloud");
    let host = if is_vendors { host } else { "another".into() };
    let date = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let facts = facts.iter().map(|(name, fact)| (*name, Tree::from(fact.clone())));
    out.json([
        ("client", Tree::from(json!(concat!("blynk-webhooks/", env!("CARGO_PKG_VERSION"))))),
        ("server", Tree::from(json!(host))),
        ("date", Tree::from(json!(date))),
        ("facts", Tree::object(facts)),
    ]);
}

impl Probe {
    fn learnt(&self) -> std::sync::MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fact(&self, name: &'static str, fact: Value) {
        self.learnt().facts.push((name, fact));
    }

    /// The body of the webhook: what a create and an update must hold, and these members in their place or beside it.
    fn body(&self, members: Value) -> String {
        let mut body = json!({
            "name": self.name, "trigger": "ORGANIZATION_ADDED", "url": TARGET, "method": "POST", "contentType": "JSON",
            "authType": "NONE",
        });
        if let (Value::Object(body), Value::Object(members)) = (&mut body, members) {
            body.extend(members);
        }
        body.to_string()
    }

    async fn ask_all(self, held: usize) -> Result<()> {
        let id = self.create().await?;
        let questions = [
            self.what_is_kept(id).await,
            self.unknown_field(id).await,
            self.put_without_optional_fields(id).await,
            self.put_with_one_field(id).await,
            self.failure_limit_below_one(id).await,
            self.status(id).await,
            self.limits(id).await,
            self.white_space(id).await,
            self.unchanged_put(id).await,
            self.paging(held + 1).await,
            self.delete(id).await,
        ];
        // One that could not be asked says why among the facts, and does not hold up the others.
        for (name, problem) in questions.into_iter().filter_map(Result::err) {
            self.fact(name, json!({"error": problem.render(Naming::Program)}));
        }
        Ok(())
    }

    /// What does a create answer?
    async fn create(&self) -> Result<i32> {
        let body = json!({
            "orgId": self.org, "body": "{\"id\": \"{user_id}\"}", "failureLimit": 7, "authType": "OAUTH2",
            "oAuth2Request": {"clientId": "probe", "clientSecret": PLANTED_SECRET, "tokenUrl": TARGET},
        });
        self.learnt().create_was_sent = true;
        let response = match self.client.raw("POST", path::CREATE, Vec::new(), Some(self.body(body))).await {
            Ok(response) => response,
            Err(error) => return Err(CliError::from(error).about("cannot create the webhook of the probe")),
        };
        let members = serde_json::from_str::<Map<String, Value>>(&response.body).ok();
        let answered_id = members.as_ref().and_then(|members| members.get("id")?.as_i64());
        let id = match answered_id.and_then(|id| i32::try_from(id).ok()) {
            Some(id) => id,
            None => self.find().await?.ok_or_else(|| {
                CliError::failure("the server accepted the webhook of the probe, but its list does not show it")
            })?,
        };
        self.learnt().webhook_id = Some(id);
        let shape = match &members {
            Some(members) if members.contains_key("name") && members.contains_key("id") => "webhook",
            Some(members) if members.contains_key("id") => "id",
            Some(_) => "object without id",
            None if response.body.trim().is_empty() => "empty",
            None => "no object",
        };
        let mut names: Vec<String> = members.iter().flat_map(Map::keys).cloned().collect();
        names.sort();
        self.fact(
            "create",
            json!({
                "question": "What does a create answer?", "status": response.status, "answer": shape, "members": names,
                "contentType": header(&response, "content-type"), "location": header(&response, "location").is_some(),
                "secret": secret_in(members.as_ref()), "status_field": members.as_ref().and_then(|members| members.get("status")),
            }),
        );
        let mut headers: Vec<&str> = response.headers.iter().map(|(name, _)| name.as_str()).collect();
        headers.sort_unstable();
        headers.dedup();
        self.fact("headers", json!({"question": "Which headers does an answer have?", "names": headers}));
        Ok(id)
    }

    async fn find(&self) -> Result<Option<i32>> {
        let list = self.client.list().org_id(self.org).await?;
        Ok(list.iter().find(|webhook| webhook.name() == Some(&self.name)).map(Webhook::id))
    }

    async fn get(&self, id: i32) -> Result<Map<String, Value>, Error> {
        let response = self.client.raw("GET", path::WEBHOOK, vec![("webhookId", id.to_string())], None).await?;
        Ok(serde_json::from_str(&response.body).unwrap_or_default())
    }

    /// Replaces the webhook. What the server says of it: its status, and the text of a refusal.
    async fn put(&self, id: i32, body: String) -> Result<Value, Error> {
        match self.client.raw("PUT", path::WEBHOOK, vec![("webhookId", id.to_string())], Some(body)).await {
            Ok(response) => Ok(json!({"status": response.status})),
            Err(Error::Api(answer)) if answer.status < 500 && answer.status != 401 && answer.status != 429 => {
                Ok(json!({"status": answer.status, "message": answer.message.replace(&id.to_string(), "ID")}))
            }
            Err(error) => Err(error),
        }
    }

    /// Are the fields of a create kept, and does the server show a secret?
    async fn what_is_kept(&self, id: i32) -> Asked {
        let asking = named("kept");
        let held = self.get(id).await.map_err(asking)?;
        let list = self
            .client
            .raw("GET", path::WEBHOOKS, vec![("orgId", self.org.to_string())], None)
            .await
            .map_err(asking)?;
        let list: Vec<Map<String, Value>> = serde_json::from_str(&list.body).unwrap_or_default();
        let listed = list.into_iter().find(|webhook| webhook.get("id").and_then(Value::as_i64) == Some(id.into()));
        let mut names: Vec<&String> = held.keys().collect();
        names.sort();
        self.fact(
            "kept",
            json!({
                "question": "Which fields does a webhook have, and are secrets shown?", "members": names,
                "secretByGet": secret_in(Some(&held)), "secretByList": secret_in(listed.as_ref()),
                "body": held.get("body").map(|body| body == "{\"id\": \"{user_id}\"}"),
                "failureLimit": held.get("failureLimit").map(|limit| limit == 7),
            }),
        );
        Ok(())
    }

    /// What becomes of a field that the server does not know?
    async fn unknown_field(&self, id: i32) -> Asked {
        let asking = named("unknownField");
        let answer = self.put(id, self.body(json!({"blynkWebhooksProbe": {"a": 1}}))).await.map_err(asking)?;
        let held = self.get(id).await.map_err(asking)?;
        let answer =
            if is_refused(&answer) { answer } else { json!({"kept": held.contains_key("blynkWebhooksProbe")}) };
        self.fact("unknownField", json!({"question": "What happens to an unknown field?", "answer": answer}));
        Ok(())
    }

    /// Does a PUT replace the webhook, or change the fields that it names?
    async fn put_without_optional_fields(&self, id: i32) -> Asked {
        let asking = named("putWithoutOptionalFields");
        let full = json!({"body": "x", "failureLimit": 7, "failureReceivers": []});
        self.put(id, self.body(full)).await.map_err(asking)?;
        let answer = self.put(id, self.body(json!({}))).await.map_err(asking)?;
        let held = self.get(id).await.map_err(asking)?;
        let kept = |name: &str| held.get(name).is_some_and(|value| !value.is_null() && value != "");
        self.fact(
            "putWithoutOptionalFields",
            json!({
                "question": "Is an optional field that a PUT leaves out cleared or kept?", "answer": answer,
                "body": if kept("body") { "kept" } else { "cleared" },
                "failureLimit": match held.get("failureLimit") {
                    Some(limit) if *limit == 7 => json!("kept"),
                    Some(limit) if !limit.is_null() => json!({"reset": limit}),
                    _ => json!("cleared"),
                },
            }),
        );
        Ok(())
    }

    /// Does a PUT need all required fields?
    async fn put_with_one_field(&self, id: i32) -> Asked {
        let asking = named("putWithOneField");
        let answer = self.put(id, json!({"name": self.name}).to_string()).await.map_err(asking)?;
        let held = self.get(id).await.map_err(asking)?;
        let kept = held.get("url").is_some_and(|url| url == TARGET);
        self.fact(
            "putWithOneField",
            json!({"question": "Is a PUT without required fields accepted, and are they kept?", "answer": answer, "othersKept": kept}),
        );
        // Whatever came of it, the webhook is whole again afterwards.
        self.put(id, self.body(json!({}))).await.map_err(asking)?;
        Ok(())
    }

    /// Is a failure limit below 1 taken?
    async fn failure_limit_below_one(&self, id: i32) -> Asked {
        let asking = named("failureLimitBelowOne");
        let mut answers = Vec::new();
        for limit in [0, -1] {
            let answer = self.put(id, self.body(json!({"failureLimit": limit}))).await.map_err(asking)?;
            let held = self.get(id).await.map_err(asking)?;
            answers.push(json!({"sent": limit, "answer": answer, "held": held.get("failureLimit")}));
        }
        self.fact(
            "failureLimitBelowOne",
            json!({"question": "Is a failureLimit below 1 accepted?", "answers": answers}),
        );
        Ok(())
    }

    /// Which statuses can be set?
    async fn status(&self, id: i32) -> Asked {
        let asking = named("status");
        let mut answers = Vec::new();
        for status in ["DISABLED", "DISABLED_DUE_TO_ERRORS", "ENABLED", "NO_SUCH_STATUS"] {
            let answer = self.put(id, self.body(json!({"status": status}))).await.map_err(asking)?;
            let held = self.get(id).await.map_err(asking)?;
            answers.push(json!({"sent": status, "answer": answer, "held": held.get("status")}));
        }
        self.put(id, self.body(json!({"status": "DISABLED"}))).await.map_err(asking)?;
        self.put(id, self.body(json!({}))).await.map_err(asking)?;
        let held = self.get(id).await.map_err(asking)?;
        answers.push(json!({"sent": null, "before": "DISABLED", "held": held.get("status")}));
        self.fact("status", json!({"question": "Which statuses can an update set?", "answers": answers}));
        Ok(())
    }

    /// Are the limits of the contract enforced, and in which unit?
    async fn limits(&self, id: i32) -> Asked {
        let asking = named("limits");
        let url = |length: usize| format!("{TARGET}{}", "x".repeat(length - TARGET.len()));
        let long = [
            ("url of 513 characters", json!({"url": url(513)})),
            ("url of 1,025 characters", json!({"url": url(1025)})),
            ("body of 1,025 characters", json!({"body": "x".repeat(1025)})),
            ("body of 5,121 characters", json!({"body": "x".repeat(5121)})),
            ("body of 1,024 two-byte characters", json!({"body": "ü".repeat(1024)})),
            ("http url", json!({"url": TARGET.replace("https", "http")})),
        ];
        let mut answers = Map::new();
        for (what, members) in long {
            let answer = self.put(id, self.body(members)).await.map_err(asking)?;
            answers.insert(what.into(), answer);
        }
        self.fact("limits", json!({"question": "Are the contract's limits enforced?", "answers": answers}));
        Ok(())
    }

    /// Does the server rewrite a text?
    async fn white_space(&self, id: i32) -> Asked {
        let asking = named("whiteSpace");
        let sent = " \u{fc} x\n ";
        let answer = self.put(id, self.body(json!({"body": sent}))).await.map_err(asking)?;
        let held = self.get(id).await.map_err(asking)?;
        let kept = held.get("body").and_then(Value::as_str) == Some(sent);
        let trimmed = held.get("body").and_then(Value::as_str) == Some(sent.trim());
        let answer = json!({"answer": answer, "kept": kept, "trimmed": trimmed});
        self.fact("whiteSpace", json!({"question": "Is white space around a body kept?", "answer": answer}));
        Ok(())
    }

    /// Does a PUT that changes nothing count as a change?
    async fn unchanged_put(&self, id: i32) -> Asked {
        let asking = named("unchangedPut");
        self.put(id, self.body(json!({}))).await.map_err(asking)?;
        let before = self.get(id).await.map_err(asking)?;
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.put(id, self.body(json!({}))).await.map_err(asking)?;
        let after = self.get(id).await.map_err(asking)?;
        let time = "lastModifiedTs";
        let present = before.contains_key(time);
        let moved = present.then(|| before.get(time) != after.get(time));
        let question = "Does a PUT that changes nothing move lastModifiedTs?";
        self.fact("unchangedPut", json!({"question": question, "moved": moved}));
        Ok(())
    }

    /// Is the list paged?
    async fn paging(&self, expected: usize) -> Asked {
        let asking = named("paging");
        let page = |page: &str, size: &str| {
            vec![("orgId", self.org.to_string()), ("page", page.to_owned()), ("size", size.to_owned())]
        };
        let mut counts = Vec::new();
        for query in [page("0", "1"), page("1", "1000")] {
            let response = self.client.raw("GET", path::WEBHOOKS, query, None).await.map_err(asking)?;
            counts.push(serde_json::from_str::<Vec<Value>>(&response.body).map_or(0, |list| list.len()));
        }
        let [first, second] = [counts[0], counts[1]];
        let answer = match (first, second) {
            (_, 0) => "paged",
            (1, _) if expected > 1 => "paged",
            (first, second) if first == second => "not paged",
            _ => "unclear",
        };
        self.fact("paging", json!({"question": "Do page and size count for the list?", "answer": answer}));
        Ok(())
    }

    /// What does a delete answer, and what a get after it?
    async fn delete(&self, id: i32) -> Asked {
        let asking = named("delete");
        let query = || vec![("webhookId", id.to_string())];
        let deleted = self.client.raw("DELETE", path::WEBHOOK, query(), None).await.map_err(asking)?;
        self.learnt().webhook_id = None;
        let again = match self.client.raw("DELETE", path::WEBHOOK, query(), None).await {
            Ok(response) => response.status,
            Err(Error::Api(answer)) => answer.status,
            Err(error) => return Err(asking(error)),
        };
        let get = match self.client.raw("GET", path::WEBHOOK, query(), None).await {
            Ok(response) => json!({"status": response.status}),
            Err(Error::Api(answer)) => {
                json!({"status": answer.status, "message": answer.message.replace(&id.to_string(), "ID")})
            }
            Err(error) => return Err(asking(error)),
        };
        let question = "What do a delete, a second delete and a get after it answer?";
        self.fact(
            "delete",
            json!({
                "question": question, "status": deleted.status, "empty": deleted.body.trim().is_empty(),
                "again": again, "getAfterwards": get,
            }),
        );
        Ok(())
    }

    /// Leaves nothing behind. An error says what is left, and how to delete it.
    async fn clean_up(&self) -> Result<()> {
        let (create_was_sent, mut id) = {
            let learnt = self.learnt();
            (learnt.create_was_sent, learnt.webhook_id)
        };
        let deleted = self.learnt().facts.iter().any(|(name, fact)| *name == "delete" && fact.get("error").is_none());
        if !create_was_sent || (deleted && id.is_none()) {
            return Ok(());
        }
        let left = |id: Option<i32>, problem: String| {
            let how = match id {
                Some(id) => format!("blynk-webhooks delete {id}"),
                None => format!("if it is there: blynk-webhooks delete '{}'", self.name),
            };
            let message = format!("the webhook of the probe, '{}', could not be deleted: {problem}. {how}", self.name);
            CliError::new(Exit::Partial, "LEFT_BEHIND", message)
                .with("webhook", self.name.as_str())
                .with("webhookId", id)
        };
        let mut problem = None;
        for attempt in 0..CLEAN_UP_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(CLEAN_UP_PAUSE).await;
            }
            match self.try_to_delete(&mut id).await {
                // A create that was cut off may still come.
                Ok(None) => problem = None,
                Ok(Some(())) => return Ok(()),
                Err(error) => problem = Some(error),
            }
        }
        problem.map_or(Ok(()), |problem| Err(left(id, problem.render(Naming::Program))))
    }

    /// Deletes the webhook, looked for in the list unless its id is known; none if there is none.
    async fn try_to_delete(&self, id: &mut Option<i32>) -> Result<Option<()>, Error> {
        if id.is_none() {
            let list = self.client.list().org_id(self.org).timeout(CLEAN_UP_TIMEOUT).await?;
            *id = list.iter().find(|webhook| webhook.name() == Some(&self.name)).map(Webhook::id);
        }
        let Some(id) = *id else { return Ok(None) };
        match self.client.delete(id).timeout(CLEAN_UP_TIMEOUT).await {
            Err(Error::Api(answer)) if answer.status == 404 => Ok(Some(())),
            deleted => deleted.map(Some),
        }
    }
}

/// How a question ended: where it could not be asked, its name and why.
type Asked = Result<(), (&'static str, Error)>;

fn named(name: &'static str) -> impl Fn(Error) -> (&'static str, Error) + Copy {
    move |error| (name, error)
}

fn is_refused(answer: &Value) -> bool {
    answer.get("status").and_then(Value::as_u64).is_some_and(|status| status >= 400)
}

fn header<'a>(response: &'a RawResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// How a webhook shows the planted secret. The secret itself is of no account, and is not repeated.
fn secret_in(webhook: Option<&Map<String, Value>>) -> Value {
    let request = webhook.and_then(|webhook| webhook.get("oAuth2Request"));
    match request.and_then(|request| request.get("clientSecret")) {
        Some(Value::String(secret)) if secret == PLANTED_SECRET => json!("shown"),
        Some(Value::String(secret)) if secret.is_empty() => json!("empty"),
        Some(Value::Null) => json!("null"),
        Some(_) => json!("masked"),
        None if request.is_some() => json!("absent"),
        None => json!("absent with its object"),
    }
}
