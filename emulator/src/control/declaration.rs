//! What a command of the control API is: its parameters, its result and its HTTP route.

use std::pin::Pin;
use std::sync::Arc;

use axum::http::HeaderName;

use super::parameters::Parameters;
use crate::app::{AppState, EmulatorError};

/// One command of the control API.
pub struct Command {
    /// Its name in `{"do": …}`, e.g. `wait_for_delivery`.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// More about it; may be empty.
    pub description: &'static str,
    /// Its parameters, in the order of their importance.
    pub parameters: &'static [Parameter],
    /// What it returns.
    pub returns: Returns,
    /// How it is called over HTTP; none if another command says the same over HTTP.
    pub route: Option<Route>,
    pub(crate) run: Run,
}

impl Command {
    /// Runs it. Parameters that it does not have are refused.
    pub(crate) async fn call(&self, app: &Arc<AppState>, parameters: Parameters) -> Outcome {
        let mut names: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name).collect();
        if names.contains(&"outcome") {
            names.push(FILTER);
        }
        parameters.check_names(&names)?;
        (self.run)(Arc::clone(app), parameters).await
    }
}

/// A parameter of a command.
pub struct Parameter {
    /// Its name in JSON, in a query or in a path.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
    /// Where it stands in an HTTP request.
    pub place: Place,
    /// What it says, in one line.
    pub doc: &'static str,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An integer of 32 bits.
    Int32,
    /// An integer of 0 or more; the greatest that is taken.
    Unsigned(u64),
    /// Milliseconds; the greatest number over HTTP.
    Millis(u64),
    /// A moment in milliseconds since 1970 (UTC), or null.
    Moment,
    /// Any text.
    Text,
    /// A member of an enumeration, or an object, that the OpenAPI document describes under this name.
    Schema(&'static str),
    /// True or false.
    Bool,
    /// Placeholder values by name.
    Values,
}

/// Where a parameter stands in an HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// A member of the JSON body.
    Body,
    /// It is the JSON body; up to so many bytes are taken.
    WholeBody(usize),
    /// Nowhere: over HTTP, another parameter says the same.
    Command,
}

/// What a command returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// Nothing: null, and 204 over HTTP.
    Nothing,
    /// A moment in milliseconds since 1970 (UTC).
    Moment,
    /// What the OpenAPI document describes under this name, with a description.
    One(&'static str, &'static str),
    /// A list of it, with a description.
    List(&'static str, &'static str),
    /// A part of a list of it, with a description. Headers say what is beyond the part.
    Page(&'static str, &'static str),
}

/// How a command is called over HTTP.
pub struct Route {
    /// HTTP method.
    pub method: &'static str,
    /// Path, with `{name}` for a parameter.
    pub path: &'static str,
    /// The command whose result is answered in place of nothing.
    pub then: Option<&'static str>,
    /// Statuses of errors in addition to those that follow from the parameters.
    pub errors: &'static [u16],
}

/// What a command says.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// JSON; none: nothing.
    pub(crate) json: Option<String>,
    pub(crate) headers: Vec<(HeaderName, String)>,
}

impl Reply {
    /// Nothing to say.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    pub(crate) fn text(json: String) -> Self {
        Self { json: Some(json), headers: Vec::new() }
    }

    pub(crate) fn of(value: &impl serde::Serialize) -> Self {
        // What the emulator says has text keys and finite numbers only, so it always serializes.
        Self::text(serde_json::to_string(value).unwrap_or_default())
    }
}

pub(crate) type Outcome = Result<Reply, EmulatorError>;
pub(crate) type Run = fn(Arc<AppState>, Parameters) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Header of the log: the number of the last delivery, regardless of the filter.
pub(crate) const LAST_DELIVERY: HeaderName = HeaderName::from_static("x-last-delivery");
/// Header of the log: which log it is. Another one after the log was cleared, when numbers start again at 1.
pub(crate) const LOG: HeaderName = HeaderName::from_static("x-log");
/// Header of a page: how many there are on all pages.
pub(crate) const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// Default wait for a delivery, in milliseconds.
pub(crate) const DEFAULT_WAIT_MS: u64 = 5_000;
/// Names of the parameters that choose deliveries; a command may also give them as members of an object.
pub(crate) const FILTER: &str = "filter";
