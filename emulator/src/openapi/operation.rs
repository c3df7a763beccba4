//! An operation of the document: what all have in common is said once, here.

use serde_json::{Value, json};

use super::schemas;

/// One entry of `paths`.
pub(super) struct Operation {
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    pub(super) value: Value,
}

/// An operation under construction: what all have in common is said once, here.
pub(super) fn operation(path: &'static str, method: &'static str, tag: &str, id: &str, summary: &str) -> Operation {
    let value = json!({"tags": [tag], "operationId": id, "summary": summary, "responses": {}});
    Operation { path, method, value }
}

impl Operation {
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.value[name] = value;
        self
    }

    /// Takes a JSON body of this schema, which a client cannot leave out.
    pub(super) fn body(self, schema: Value) -> Self {
        let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
        self.with("requestBody", body).refuses(&["413"])
    }

    pub(super) fn answers(mut self, status: &str, description: &str, schema: Option<Value>) -> Self {
        let mut response = json!({"description": description});
        if let Some(schema) = schema {
            response["content"] = json!({"application/json": {"schema": schema}});
        }
        self.value["responses"][status] = response;
        self
    }

    /// Answers with the error envelope under these statuses.
    pub(super) fn refuses(mut self, statuses: &[&str]) -> Self {
        for status in statuses {
            let description = match *status {
                "400" => "The request is not valid; the message names every fault",
                "401" => "No token, or one that is unknown or has expired",
                "403" => "The caller may not do this",
                "404" => "It does not exist, or the caller may not see it",
                "409" => "The parts of the request contradict each other",
                "413" => "The body is too large",
                "415" => "The body is not declared as JSON",
                "429" => "Too many requests of this organization within a minute",
                _ => "The emulator cannot do this now, e.g. because its database file cannot be written",
            };
            self = self.answers(status, description, Some(schemas::reference("Error")));
        }
        self
    }
}

pub(super) fn query(name: &str, required: bool, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "required": required, "description": description, "schema": schema})
}
