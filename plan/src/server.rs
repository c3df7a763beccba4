//! What a plan needs of a server: reads, and writes. Planning only needs the reads.

use std::future::Future;

use blynk_webhooks::{Client, ErrorKind, Result, Webhook, WebhookSpec};

/// Reads webhooks. Nothing that takes only this can send a write.
pub trait ReadWebhooks: Sync {
    /// All webhooks of an organization; by default that of the credentials.
    fn list(&self, org: Option<i32>) -> impl Future<Output = Result<Vec<Webhook>>> + Send;

    /// One webhook; none if there is no such webhook.
    fn get(&self, id: i32) -> impl Future<Output = Result<Option<Webhook>>> + Send;

    /// The address of the server, if it has one.
    fn base_url(&self) -> Option<&str> {
        None
    }
}

/// Writes webhooks. Each call is one attempt: a write is repeated only after a read.
pub trait WriteWebhooks: ReadWebhooks {
    /// A new webhook.
    fn create(&self, org: Option<i32>, spec: WebhookSpec) -> impl Future<Output = Result<Webhook>> + Send;

    /// Replaces a webhook; none if there is no such webhook.
    fn update(&self, id: i32, spec: WebhookSpec) -> impl Future<Output = Result<Option<Webhook>>> + Send;

    /// Deletes a webhook. One that is not there is deleted already.
    fn delete(&self, id: i32) -> impl Future<Output = Result<()>> + Send;
}

impl ReadWebhooks for Client {
    async fn list(&self, org: Option<i32>) -> Result<Vec<Webhook>> {
        let call = Client::list(self);
        let call = match org {
            Some(org) => call.org_id(org),
            None => call,
        };
        Ok(call.await?.into_vec())
    }

    async fn get(&self, id: i32) -> Result<Option<Webhook>> {
        found(Client::get(self, id).max_retries(0).await)
    }

    fn base_url(&self) -> Option<&str> {
        Some(Client::base_url(self))
    }
}

/// Specs are sent unchecked: a plan has checked what it changes, and the rest is as the server has it.
impl WriteWebhooks for Client {
    async fn create(&self, org: Option<i32>, spec: WebhookSpec) -> Result<Webhook> {
        let call = Client::create(self, spec).max_retries(0).validate(false);
        match org {
            Some(org) => call.org_id(org).await,
            None => call.await,
        }
    }

    async fn update(&self, id: i32, spec: WebhookSpec) -> Result<Option<Webhook>> {
        found(Client::update(self, id, spec).max_retries(0).validate(false).await)
    }

    async fn delete(&self, id: i32) -> Result<()> {
        found(Client::delete(self, id).max_retries(0).await).map(|_| ())
    }
}

/// Nothing, if the server answered that there is no such webhook.
fn found<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// True if two addresses name one server.
pub(crate) fn same_server(a: &str, b: &str) -> bool {
    let normal = |text: &str| {
        url::Url::parse(text).map_or_else(|_| text.to_owned(), |url| url.as_str().trim_end_matches('/').to_owned())
    };
    normal(a) == normal(b)
}
