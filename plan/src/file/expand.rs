//! `for_each`: one table of the file as several webhooks, each with values for the variables.

use blynk_webhooks::sample_value;

use crate::file::keys::{STRING_FIELDS, key};
use crate::finding::{Finding, FindingCode};
use crate::value::{Member, Node, Value};

/// Most webhooks that one table may make.
const MAX_INSTANCES: usize = 100_000;

/// A value for each variable.
pub(crate) type Bindings = Vec<(String, Value)>;

/// The bindings of each webhook that `for_each` makes: a table of lists gives every combination, an array of tables
/// gives one for each table.
pub(crate) fn bindings(for_each: &Member, findings: &mut Vec<Finding>) -> Vec<Bindings> {
    let mut refuse = |code, span, message: &str| {
        findings.push(Finding::error(code, span, message));
        Vec::new()
    };
    let span = for_each.node.span.or(for_each.name_span);
    let empty = "for_each has no values, so it makes no webhook; add values, or remove the table";
    let all = match &for_each.node.value {
        Value::Object(variables) if !variables.is_empty() => {
            let mut all: Vec<Bindings> = vec![Vec::new()];
            for variable in variables {
                let Value::Array(values) = &variable.node.value else {
                    return refuse(FindingCode::WrongType, variable.node.span, "must be an array of values");
                };
                if values.is_empty() {
                    return refuse(FindingCode::Empty, variable.node.span, empty);
                }
                if all.len().saturating_mul(values.len()) > MAX_INSTANCES {
                    let message = "for_each makes more than 100,000 webhooks; shorten its lists";
                    return refuse(FindingCode::InvalidValue, span, message);
                }
                all = all
                    .into_iter()
                    .flat_map(|bindings| {
                        values.iter().map(move |value| {
                            let mut bindings = bindings.clone();
                            bindings.push((variable.name.clone(), value.value.clone()));
                            bindings
                        })
                    })
                    .collect();
            }
            all
        }
        Value::Array(tables) if !tables.is_empty() => {
            let mut all = Vec::with_capacity(tables.len());
            for table in tables {
                let Value::Object(variables) = &table.value else {
                    return refuse(FindingCode::WrongType, table.span, "must be a table of variables");
                };
                all.push(variables.iter().map(|member| (member.name.clone(), member.node.value.clone())).collect());
            }
            all
        }
        Value::Object(_) | Value::Array(_) => return refuse(FindingCode::Empty, span, empty),
        _ => {
            let message = "must be a table of lists, e.g. { pin = [\"V1\", \"V2\"] }, or an array of tables";
            return refuse(FindingCode::WrongType, span, message);
        }
    };
    for (name, value) in all.iter().flatten() {
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        if !is_name {
            let message = format!("'{name}' is not a name of a variable; use letters, digits, '_' and '-'");
            return refuse(FindingCode::InvalidValue, span, &message);
        }
        if sample_value(name).is_some() {
            let message = format!("{{{name}}} is a placeholder of the platform; give the variable another name");
            return refuse(FindingCode::Conflict, span, &message);
        }
        if !matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)) {
            let message = format!("a value of '{name}' must be a string, a number or a boolean");
            return refuse(FindingCode::WrongType, span, &message);
        }
    }
    all
}

/// A text with each `{variable}` replaced.
pub(crate) fn text(text: &str, bindings: &Bindings) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let found = bindings
            .iter()
            .find(|(name, _)| from[1..].strip_prefix(name.as_str()).is_some_and(|after| after.starts_with('}')));
        match found {
            Some((name, value)) => {
                out.push_str(&plain(value));
                rest = &from[name.len() + 2..];
            }
            None => {
                out.push('{');
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// A member with each `{variable}` replaced. A string that is a variable and nothing else takes the variable's type, but in
/// a field that is a string.
pub(crate) fn member(member: &Member, bindings: &Bindings) -> Member {
    let name = member.name.as_str();
    let typed = !STRING_FIELDS.contains(&name) && name != key::WAS;
    Member { name: member.name.clone(), name_span: member.name_span, node: node(&member.node, bindings, typed) }
}

fn node(from: &Node, bindings: &Bindings, typed: bool) -> Node {
    let value = match &from.value {
        Value::String(template) => {
            let whole = template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let bound = whole.and_then(|whole| bindings.iter().find(|(name, _)| name == whole));
            match bound {
                Some((_, value)) if typed => value.clone(),
                _ => Value::String(text(template, bindings)),
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| node(item, bindings, typed)).collect()),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|member| Member {
                    name: member.name.clone(),
                    name_span: member.name_span,
                    node: node(&member.node, bindings, typed),
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node { value, span: from.span }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_json(),
    }
}
