//! How text from outside is shown: it cannot move the cursor or disguise itself.

use std::fmt::Write as _;

/// A text from outside, in quotes: what could steer a terminal or turn the writing around is escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c => push_visible(c, &mut out),
        }
    }
    out.push('"');
    out
}

fn push_visible(c: char, out: &mut String) {
    // Joiners are left: scripts and emoji need them.
    let hides = matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() || hides => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// A text from outside on one line: control characters, and those that are not seen or turn the writing around, are escaped.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        push_visible(c, &mut out);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_steer_a_terminal() {
        assert_eq!(quoted("a\u{1b}[31m\u{202e}\"\n"), r#""a\u{1b}[31m\u{202e}\"\n""#);
        assert_eq!(visible("a\u{200b}\u{feff}\u{2028}\r"), r"a\u{200b}\u{feff}\u{2028}\r");
        assert_eq!(
            visible("\u{645}\u{6cc}\u{200c}\u{62e} \u{1f469}\u{200d}\u{1f4bb}"),
            "\u{645}\u{6cc}\u{200c}\u{62e} \u{1f469}\u{200d}\u{1f4bb}"
        );
    }
}
