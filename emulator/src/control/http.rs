//! The commands over HTTP.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use serde_json::value::{RawValue, to_raw_value};

use super::declaration::{Command, Kind, Parameter, Place, Reply};
use super::parameters::Parameters;
use super::table::command;
use crate::app::{AppState, EmulatorError};
use crate::http::{ErrorResponse, Query, json_body, json_response};

impl From<EmulatorError> for ErrorResponse {
    fn from(error: EmulatorError) -> Self {
        let status = match error {
            EmulatorError::Invalid(violations) => return violations.into(),
            EmulatorError::NotFound(_)
            | EmulatorError::NoDelivery(_)
            | EmulatorError::TimedOut(_)
            | EmulatorError::NotExpected(_) => StatusCode::NOT_FOUND,
            EmulatorError::Usage(_) => StatusCode::BAD_REQUEST,
            EmulatorError::Conflict(_) => StatusCode::CONFLICT,
            EmulatorError::Stopped | EmulatorError::Unchanged(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match self.json {
            Some(json) => json_response(json),
            None => StatusCode::NO_CONTENT.into_response(),
        };
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Adds the route of a command that has one.
pub(super) fn add_route(router: Router<Arc<AppState>>, command: &'static Command) -> Router<Arc<AppState>> {
    let Some(route) = &command.route else { return router };
    let Ok(method) =
        MethodFilter::try_from(axum::http::Method::from_bytes(route.method.as_bytes()).unwrap_or_default())
    else {
        return router;
    };
    let handler = move |State(app): State<Arc<AppState>>,
                        Path(path): Path<HashMap<String, String>>,
                        request: Request| { handle(command, app, path, request) };
    let mut handler = on(method, handler);
    for parameter in command.parameters {
        if let Place::WholeBody(max_bytes) = parameter.place {
            handler = handler.layer(DefaultBodyLimit::max(max_bytes));
        }
    }
    router.route(route.path, handler)
}

async fn handle(
    command: &'static Command,
    app: Arc<AppState>,
    path: HashMap<String, String>,
    request: Request,
) -> Result<Reply, ErrorResponse> {
    let mut parameters = Parameters::default();
    let mut query = Query::of(request.uri())?;
    let mut given = Vec::new();
    for parameter in command.parameters {
        let text = match parameter.place {
            Place::Path => path.get(parameter.name).cloned(),
            Place::Query => query.take::<String>(parameter.name, "text")?,
            Place::Body | Place::WholeBody(_) | Place::Command => None,
        };
        if let Some(text) = text {
            given.push((parameter.name, value(parameter, &text)?));
        }
    }
    if command.takes(Place::Query) || command.route.as_ref().is_some_and(|route| route.method == "GET") {
        query.end()?;
    }
    let whole = command.parameters.iter().find(|parameter| matches!(parameter.place, Place::WholeBody(_)));
    if let Some(parameter) = whole {
        given.push((parameter.name, json_body(request).await?));
    } else if command.takes_body() && (command.requires_body() || has_body(&request)) {
        parameters = json_body(request).await?;
        let body: Vec<&str> = command
            .parameters
            .iter()
            .filter(|parameter| parameter.place == Place::Body)
            .map(|parameter| parameter.name)
            .collect();
        parameters.check_names(&body)?;
    }
    for (name, value) in given {
        parameters.add(name.into(), value).map_err(ErrorResponse::bad_request)?;
    }
    let is_missing = |parameter: &&Parameter| {
        // Null is a moment: the machine's.
        let has_value =
            parameters.get(parameter.name).is_some_and(|value| parameter.kind == Kind::Moment || value != "null");
        parameter.required && !has_value
    };
    if let Some(parameter) = command.parameters.iter().find(is_missing) {
        return Err(ErrorResponse::bad_request(format!("{}: is required", parameter.name)));
    }
    let reply = command.call(&app, parameters).await?;
    match command.route.as_ref().and_then(|route| route.then).and_then(self::command) {
        Some(then) => Ok(then.call(&app, Parameters::default()).await?),
        None => Ok(reply),
    }
}

impl Command {
    fn takes(&self, place: Place) -> bool {
        self.parameters.iter().any(|parameter| parameter.place == place)
    }

    /// Whether a request has a JSON body.
    pub(crate) fn takes_body(&self) -> bool {
        self.parameters.iter().any(Parameter::is_in_body)
    }

    /// Whether a request without a body is refused.
    pub(crate) fn requires_body(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.is_in_body() && parameter.required)
    }
}

impl Parameter {
    pub(crate) fn is_in_body(&self) -> bool {
        matches!(self.place, Place::Body | Place::WholeBody(_))
    }
}

/// The JSON value of a parameter that came as text.
fn value(parameter: &Parameter, text: &str) -> Result<Box<RawValue>, ErrorResponse> {
    let name = parameter.name;
    let refuse = |what: &str| ErrorResponse::bad_request(format!("{name}: must be {what}, is '{text}'"));
    let number = match parameter.kind {
        Kind::Int32 => text.parse::<i32>().map(i128::from).map_err(|_| refuse("an int32"))?,
        Kind::Unsigned(max) => {
            let number = text.parse::<u64>().ok().filter(|number| *number <= max);
            number.ok_or_else(|| refuse(&format!("a number from 0 to {max}")))?.into()
        }
        Kind::Millis(max) => {
            let number = text.parse::<u64>().ok().filter(|number| *number <= max);
            number.ok_or_else(|| refuse(&format!("a number of milliseconds from 0 to {max}")))?.into()
        }
        _ => return Ok(to_raw_value(text).unwrap_or_default()),
    };
    Ok(RawValue::from_string(number.to_string()).unwrap_or_default())
}

fn has_body(request: &Request) -> bool {
    use axum::body::HttpBody as _;
    !request.body().is_end_stream()
}
