//! What every HTTP handler of the emulator uses: connections, responses, bodies and query parameters.

mod body;
pub(crate) mod http1;
mod query;
mod response;

pub(crate) use body::{BODY_TIMEOUT, json_body, read_body};
pub(crate) use query::Query;
pub(crate) use response::{ErrorResponse, json_response};
