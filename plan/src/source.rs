//! The texts that webhooks are read from, and places in them.

use std::sync::Arc;

/// A part of a text, or no place at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Which text; [`u32::MAX`] for none.
    source: u32,
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) const NONE: Self = Self { source: u32::MAX, start: 0, end: 0 };

    pub(crate) fn new(source: usize, range: std::ops::Range<usize>) -> Self {
        match (u32::try_from(source), u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(source), Ok(start), Ok(end)) => Self { source, start, end },
            _ => Self::NONE,
        }
    }

    pub(crate) fn source(self) -> Option<usize> {
        (self.source != u32::MAX).then_some(self.source as usize)
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// This place, or another where this is none.
    pub(crate) fn or(self, other: Self) -> Self {
        if self == Self::NONE { other } else { self }
    }
}

/// A text and its name.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// As it is shown, e.g. `webhooks.toml`.
    pub(crate) name: String,
    pub(crate) text: Arc<str>,
    /// The folder that relative paths in it start from.
    pub(crate) folder: Option<std::path::PathBuf>,
}

/// All texts of one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources(pub(crate) Vec<Source>);

/// A place as people and editors name it: lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Place {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Sources {
    pub(crate) fn get(&self, span: Span) -> Option<&Source> {
        self.0.get(span.source()?)
    }

    pub(crate) fn place(&self, span: Span) -> Option<Place> {
        let source = self.get(span)?;
        let before = source.text.get(..span.range().start)?;
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Some(Place {
            file: source.name.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        })
    }
}
