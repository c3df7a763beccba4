//! JSON as a tree.

use blynk_webhooks::bindings::MAX_DEPTH;
use serde_json::value::RawValue;

use crate::finding::{Finding, FindingCode};
use crate::source::Span;
use crate::value::{Node, depth, read};

/// Reads a JSON text. A name that stands twice is a finding.
pub(crate) fn parse(text: &str, source: usize, findings: &mut Vec<Finding>) -> Option<Node> {
    let raw: &RawValue = match serde_json::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let at = offset(text, error.line(), error.column());
            let message = error.to_string();
            let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
            let span = Span::new(source, at..at);
            findings.push(Finding::error(FindingCode::Syntax, span, format!("not JSON: {message}")));
            return None;
        }
    };
    let root = text.as_ptr() as usize;
    let place = move |part: &str| {
        let start = (part.as_ptr() as usize).saturating_sub(root);
        Span::new(source, start..start + part.len())
    };
    if depth(raw.get()) > MAX_DEPTH {
        let message = format!(
            "nested deeper than {MAX_DEPTH} levels; write {{ \"json\": \"…\" }} with the deep value as a text in it"
        );
        findings.push(Finding::error(FindingCode::Syntax, place(raw.get()), message));
        return None;
    }
    Some(read(raw.get(), &place, &mut |name, first, second| {
        let message = format!("'{name}' is defined twice; remove one");
        findings.push(Finding::error(FindingCode::Duplicate, second, message).related(first, "the first one"));
    }))
}

/// Where a line and a column (of bytes, from 1) are in a text.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
