//! Columns for people.

use unicode_width::UnicodeWidthStr as _;

use crate::output::{style, styled};

/// Rows below their headings, each column as wide as its widest cell. Cells are plain text; the last column is not filled up.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = headings.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |cells: [&str; N]| {
        let filled = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))));
        filled.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heading = styled(style::STRONG, line(headings));
    std::iter::once(heading).chain(rows.iter().map(|row| line(row.each_ref().map(String::as_str)))).collect()
}
