//! TOML as a tree, and a tree's values as TOML.
//!
//! TOML has no null, its integers end at 64 bits, and its dates are no JSON. Whatever it cannot write stands as JSON text
//! in `{ json = "…" }`; so does an object that would read as a reference.

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_edit::{Array, InlineTable};

use crate::file::keys::REFERENCE_KEYS;
use crate::finding::{Finding, FindingCode};
use crate::source::Span;
use crate::value::{Member, Node, Value};

/// Deeper values are written as JSON text: TOML parsers bound the depth.
const MAX_TABLE_DEPTH: usize = 24;

/// Reads a TOML text.
pub(crate) fn parse(text: &str, source: usize, findings: &mut Vec<Finding>) -> Option<Node> {
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            findings.push(syntax_error(text, source, &error));
            return None;
        }
    };
    let mut reader = Reader { source, findings };
    let members = reader.members(document.into_inner());
    Some(Node { value: Value::Object(members), span: Span::new(source, 0..text.len()) })
}

fn syntax_error(text: &str, source: usize, error: &toml::de::Error) -> Finding {
    let range = error.span().unwrap_or(0..0);
    let span = Span::new(source, range.clone());
    if error.message().contains("duplicate key") {
        let name = text.get(range.clone()).unwrap_or_default().trim();
        let finding = Finding::error(FindingCode::Duplicate, span, format!("{name} is defined twice; remove one"));
        return match first_definition(text, source, range.start) {
            Some(first) => finding.related(first, "the first one"),
            None => finding,
        };
    }
    Finding::error(FindingCode::Syntax, span, format!("not TOML: {}", error.message()))
}

/// Where the key that stands a second time at `at` stands first: a table's header, or a key of the same table.
fn first_definition(text: &str, source: usize, at: usize) -> Option<Span> {
    let line_start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let line = text[line_start..line_end].trim();
    // What stands before is a document of its own, and so is the line.
    let before = DeTable::parse(&text[..line_start]).ok()?;
    if line.starts_with('[') {
        let header = DeTable::parse(line).ok()?;
        let (mut wanted, mut held) = (header.get_ref(), before.get_ref());
        loop {
            let (name, next) = wanted.iter().next()?;
            let (key, item) = held.iter().find(|(key, _)| key.get_ref() == name.get_ref())?;
            let next = next.get_ref().as_table()?;
            if next.is_empty() {
                return Some(Span::new(source, key.span()));
            }
            (wanted, held) = (next, item.get_ref().as_table()?);
        }
    }
    let key = line.split('=').next()?.trim();
    let mut end = line_start;
    for line in text[..line_start].lines().rev().take_while(|line| !line.trim_start().starts_with('[')) {
        let start = text[..end].trim_end_matches(['\n', '\r']).len() - line.trim_end_matches('\r').len();
        if line.split('=').next().is_some_and(|name| name.trim() == key) {
            return Some(Span::new(source, start..start + line.len()));
        }
        end = start;
    }
    None
}

struct Reader<'a> {
    source: usize,
    findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    /// Takes the table apart as it goes: a large file does not stand in memory twice.
    fn members(&mut self, table: DeTable<'_>) -> Vec<Member> {
        table
            .into_iter()
            .map(|(key, value)| {
                let name_span = Span::new(self.source, key.span());
                Member { name: key.into_inner().into_owned(), name_span, node: self.value(value) }
            })
            .collect()
    }

    fn value(&mut self, value: Spanned<DeValue<'_>>) -> Node {
        let span = Span::new(self.source, value.span());
        let value = match value.into_inner() {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Boolean(flag) => Value::Bool(flag),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Number(number.to_string().into()),
                Err(_) => self.refused(span, "TOML has integers of 64 bits only; write { json = \"…\" } with the number in it"),
            },
            DeValue::Float(number) => match float_as_json(number.as_str()) {
                Some(text) => Value::Number(text.into()),
                None => self.refused(span, "JSON has no infinity and no NaN, and TOML no larger floats; write { json = \"…\" } with the number in it"),
            },
            DeValue::Datetime(_) => self.refused(span, "JSON has no dates; write the date as a string, in quotes"),
            DeValue::Array(items) => Value::Array(items.into_iter().map(|item| self.value(item)).collect()),
            DeValue::Table(table) => Value::Object(self.members(table)),
        };
        Node { value, span }
    }

    fn refused(&mut self, span: Span, message: &str) -> Value {
        self.findings.push(Finding::error(FindingCode::WrongType, span, message));
        Value::Null
    }
}

/// A float as a JSON number with the digits it was written with: more than a double holds survive.
fn float_as_json(written: &str) -> Option<String> {
    let number: f64 = written.parse().ok()?;
    if !number.is_finite() {
        return None;
    }
    let text = written.trim_start_matches('+');
    let is_json = serde_json::from_str::<serde_json::Number>(text).is_ok();
    Some(if is_json { text.to_owned() } else { number.to_string() })
}

/// A value as TOML writes it.
pub(crate) fn to_toml(value: &Value) -> toml_edit::Value {
    write(value, 0)
}

fn write(value: &Value, depth: usize) -> toml_edit::Value {
    match value {
        Value::Bool(flag) => (*flag).into(),
        Value::String(text) | Value::Secret(text) => text.as_str().into(),
        Value::Number(text) => number(text).unwrap_or_else(|| as_json(value)),
        Value::Keep => single("keep", true.into()),
        Value::Reference(_) | Value::Null | Value::Raw(_) => as_json(value),
        Value::Array(_) | Value::Object(_) if depth >= MAX_TABLE_DEPTH => as_json(value),
        Value::Array(items) => {
            let mut array = Array::new();
            for item in items {
                array.push(write(&item.value, depth + 1));
            }
            array.into()
        }
        Value::Object(members) => {
            if let [member] = members.as_slice()
                && REFERENCE_KEYS.contains(&member.name.as_str())
            {
                return as_json(value);
            }
            let mut table = InlineTable::new();
            for member in members {
                table.insert(&member.name, write(&member.node.value, depth + 1));
            }
            table.into()
        }
    }
}

fn single(key: &str, value: toml_edit::Value) -> toml_edit::Value {
    let mut table = InlineTable::new();
    table.insert(key, value);
    table.into()
}

/// What TOML cannot write, as JSON text. What is kept has no text, so around it the whole is kept.
fn as_json(value: &Value) -> toml_edit::Value {
    if holds_kept(value) { single("keep", true.into()) } else { single("json", value.to_json().into()) }
}

fn holds_kept(value: &Value) -> bool {
    match value {
        Value::Keep => true,
        Value::Array(items) => items.iter().any(|item| holds_kept(&item.value)),
        Value::Object(members) => members.iter().any(|member| holds_kept(&member.node.value)),
        _ => false,
    }
}

/// A number with the digits it has, where TOML can write it.
fn number(text: &str) -> Option<toml_edit::Value> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return text.parse::<i64>().ok().filter(|_| text != "-0").map(Into::into);
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    // The digits stay as they are written only if the value is read from them.
    let value: toml_edit::Value = text.parse().ok()?;
    matches!(value, toml_edit::Value::Float(_)).then_some(value)
}
