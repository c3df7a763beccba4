//! Tokens that a function of the program provides: from a vault, a gateway, a sidecar.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::futures::BoxFuture;
use crate::secret::Secret;

/// A token from elsewhere, with or without its life: see
/// [`ClientBuilder::token_provider`](crate::ClientBuilder::token_provider). `Debug` shows no token.
///
/// ```
/// use std::time::Duration;
/// use blynk_webhooks::ProvidedToken;
/// let token = ProvidedToken::from(("secret".to_owned(), Duration::from_secs(300)));
/// assert!(!format!("{token:?}").contains("secret"));
/// ```
#[derive(Clone, Debug)]
pub struct ProvidedToken {
    pub(crate) token: Secret,
    pub(crate) expires_in: Option<Duration>,
}

impl From<String> for ProvidedToken {
    fn from(token: String) -> Self {
        Self { token: Secret::new(token), expires_in: None }
    }
}

impl From<&str> for ProvidedToken {
    fn from(token: &str) -> Self {
        token.to_owned().into()
    }
}

impl From<(String, Duration)> for ProvidedToken {
    fn from((token, expires_in): (String, Duration)) -> Self {
        (token, Some(expires_in)).into()
    }
}

impl From<(String, Option<Duration>)> for ProvidedToken {
    fn from((token, expires_in): (String, Option<Duration>)) -> Self {
        Self { token: Secret::new(token), expires_in }
    }
}

/// Why a provider gave no token.
pub(crate) type ProviderError = Arc<dyn std::error::Error + Send + Sync>;

/// The function of the program.
#[derive(Clone)]
pub(crate) struct TokenProvider(Arc<dyn Fn() -> BoxFuture<Result<ProvidedToken, ProviderError>> + Send + Sync>);

impl TokenProvider {
    pub(crate) fn new<F, Fut, T, E>(provide: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Into<ProvidedToken>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(Arc::new(move || {
            let provided = provide();
            Box::pin(async move { provided.await.map(Into::into).map_err(|error| Arc::from(error.into())) })
        }))
    }

    pub(crate) async fn provide(&self) -> Result<ProvidedToken, ProviderError> {
        (self.0)().await
    }
}

impl fmt::Debug for TokenProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenProvider")
    }
}
