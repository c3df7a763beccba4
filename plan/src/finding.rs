//! What is wrong with a file or with what it asks for: as data, and as text with the lines in question.

use std::collections::HashSet;
use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use blynk_webhooks::{Code, Severity, Violation};
use serde::Serialize;

use crate::source::{Place, Sources, Span};

/// What kind of finding it is. The text of a code is stable; messages may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FindingCode {
    /// The file cannot be read, or there is none.
    Unreadable,
    /// Not TOML, not JSON.
    Syntax,
    /// Nothing is defined: an empty file, or a folder without files.
    Empty,
    /// No key of the file, or what looks like a misspelt field.
    UnknownKey,
    /// The value has another type than the key asks for.
    WrongType,
    /// The value is out of its range, or no text of the kind that is asked for.
    InvalidValue,
    /// Defined twice.
    Duplicate,
    /// Two parts contradict each other.
    Conflict,
    /// The contract of the API refuses the value; the message says why.
    Contract,
    /// A secret cannot be read.
    Secret,
    /// Several webhooks of the server fit.
    Ambiguous,
    /// The server has no webhook that the file pins.
    Missing,
}

impl FindingCode {
    /// The stable text of this code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Syntax => "syntax",
            Self::Empty => "empty",
            Self::UnknownKey => "unknown_key",
            Self::WrongType => "wrong_type",
            Self::InvalidValue => "invalid_value",
            Self::Duplicate => "duplicate",
            Self::Conflict => "conflict",
            Self::Contract => "contract",
            Self::Secret => "secret",
            Self::Ambiguous => "ambiguous",
            Self::Missing => "missing",
        }
    }
}

/// One finding.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// Errors stop a plan, warnings do not.
    pub severity: Severity,
    /// What kind; stable.
    pub code: FindingCode,
    /// What is wrong and what to do. Never holds a secret.
    pub message: String,
    /// Where, if it is about a place in a file.
    pub place: Option<Place>,
    /// Other places that belong to it, each with what stands there.
    pub related: Vec<(Place, String)>,
    span: Span,
    related_spans: Vec<(Span, String)>,
    /// The contract's code for it, if it is about a value.
    violation: Option<Code>,
}

impl Finding {
    pub(crate) fn error(code: FindingCode, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            place: None,
            related: Vec::new(),
            span,
            related_spans: Vec::new(),
            violation: None,
        }
    }

    pub(crate) fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related_spans.push((span, label.into()));
        self
    }

    pub(crate) fn of_violation(violation: &Violation, span: Span, message: String) -> Self {
        let finding = Self { severity: violation.severity, ..Self::error(FindingCode::Contract, span, message) };
        Self { violation: Some(violation.code), ..finding }
    }

    /// The finding as the client reports it: its path is the place in the file.
    #[must_use]
    pub fn to_violation(&self) -> Violation {
        let code = self.violation.unwrap_or(match self.code {
            FindingCode::UnknownKey => Code::UnknownField,
            FindingCode::Empty | FindingCode::Missing | FindingCode::Secret => Code::Required,
            FindingCode::Duplicate | FindingCode::Conflict | FindingCode::Ambiguous => Code::NotSettable,
            FindingCode::InvalidValue => Code::UnknownValue,
            _ => Code::WrongType,
        });
        let path = self.place.as_ref().map(ToString::to_string).unwrap_or_default();
        match self.severity {
            Severity::Error => Violation::error(path, code, self.message.clone()),
            _ => Violation::warning(path, code, self.message.clone()),
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// True if this finding stops a plan.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// On one line: `webhooks.toml:3:1: error: …`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: {}", self.severity.as_str(), self.message)?;
        for (place, label) in &self.related {
            write!(f, " ({label}: {place})")?;
        }
        Ok(())
    }
}

impl Serialize for Finding {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Related<'a> {
            message: &'a str,
            #[serde(flatten)]
            place: &'a Place,
        }
        #[derive(Serialize)]
        struct Shown<'a> {
            severity: &'a str,
            code: &'a str,
            message: &'a str,
            #[serde(flatten, skip_serializing_if = "Option::is_none")]
            place: &'a Option<Place>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            related: Vec<Related<'a>>,
        }
        Shown {
            severity: self.severity.as_str(),
            code: self.code.as_str(),
            message: &self.message,
            place: &self.place,
            related: self.related.iter().map(|(place, message)| Related { message, place }).collect(),
        }
        .serialize(serializer)
    }
}

/// All findings of one run, with the texts they are about.
#[derive(Clone, Default)]
pub struct Findings {
    list: Vec<Finding>,
    sources: Sources,
    /// Parts of the texts that are never shown.
    hidden: Vec<Span>,
}

impl Findings {
    pub(crate) fn new(mut list: Vec<Finding>, sources: &Sources, hidden: &[Span]) -> Self {
        // One table may make several webhooks, and one place says one thing once.
        let mut seen = HashSet::new();
        list.retain(|finding| {
            finding.span == Span::NONE
                || seen.insert((finding.span.source(), finding.span.range(), finding.message.clone()))
        });
        for finding in &mut list {
            finding.place = sources.place(finding.span);
            finding.related = finding
                .related_spans
                .iter()
                .filter_map(|(span, label)| Some((sources.place(*span)?, label.clone())))
                .collect();
        }
        Self { list, sources: sources.clone(), hidden: hidden.to_vec() }
    }

    /// The findings, in the order they were found.
    #[must_use]
    pub fn as_slice(&self) -> &[Finding] {
        &self.list
    }

    /// True if nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// True if one of the findings stops a plan.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(Finding::is_error)
    }

    /// As text, each with the lines it is about; with ANSI colours where `color` is set.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for finding in &self.list {
            out.push_str(&self.render_one(finding, &renderer));
            out.push('\n');
        }
        out
    }

    fn render_one(&self, finding: &Finding, renderer: &Renderer) -> String {
        let level = if finding.is_error() { Level::ERROR } else { Level::WARNING };
        let title = level.primary_title(annotate_snippets::normalize_untrusted_str(&finding.message));
        let mut snippets = Vec::new();
        let mut add = |span: Span, label: Option<&str>| {
            let Some(excerpt) = self.excerpt(span) else { return };
            let kind = if label.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
            snippets.push(
                Snippet::source(excerpt.text)
                    .path(excerpt.file)
                    .line_start(excerpt.line)
                    .annotation(kind.span(excerpt.range).label(label.map(str::to_owned))),
            );
        };
        add(finding.span, None);
        for (span, label) in &finding.related_spans {
            add(*span, Some(label));
        }
        renderer.render(&[title.elements(snippets)])
    }

    /// The lines of a span, with what must not be shown replaced.
    fn excerpt(&self, span: Span) -> Option<Excerpt> {
        /// Bytes of an excerpt; a webhook's line is far shorter.
        const LONGEST: usize = 4096;
        let source = self.sources.get(span)?;
        let text: &str = &source.text;
        let range = span.range();
        let start = text.get(..range.start)?.rfind('\n').map_or(0, |end| end + 1);
        // Of a span over several lines the first says where it is.
        let end = text[range.start..].find('\n').map_or(text.len(), |end| range.start + end);
        let mut bytes = text.as_bytes()[start..end].to_vec();
        for hidden in self.hidden.iter().filter(|hidden| hidden.source() == span.source()) {
            let hidden = hidden.range();
            for at in hidden.start.max(start)..hidden.end.min(end) {
                bytes[at - start] = b'*';
            }
        }
        let mut shown = String::from_utf8(bytes).ok()?;
        // The marker of an empty text needs a column to stand in.
        if shown.len() == range.start - start {
            shown.push(' ');
        }
        if shown.len() > LONGEST {
            return None;
        }
        let range = range.start - start..range.end.min(end).max(range.start + 1) - start;
        let line = text[..start].matches('\n').count() + 1;
        Some(Excerpt { range: range.start..range.end.min(shown.len()), text: shown, file: source.name.clone(), line })
    }
}

struct Excerpt {
    text: String,
    file: String,
    line: usize,
    range: std::ops::Range<usize>,
}

/// One line for each finding.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            finding.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(ToString::to_string)).finish()
    }
}

impl std::error::Error for Findings {}

impl Serialize for Findings {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}
