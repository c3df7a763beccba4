//! A text that cannot be printed and is wiped when it is dropped, and what is taken away from one that was pasted.

use std::fmt;

use http::HeaderValue;
use zeroize::Zeroizing;

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that sends it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A token as it was pasted: without spaces and invisible characters at its ends, and without `Bearer` before it.
///
/// # Errors
/// What is wrong with it, as the end of a sentence about it.
pub(crate) fn token(text: &str) -> Result<&str, String> {
    let mut token = trim(text);
    if let Some((scheme, rest)) = token.split_once(char::is_whitespace)
        && scheme.eq_ignore_ascii_case("bearer")
    {
        token = trim(rest);
    }
    check(token, |character| character.is_ascii_graphic())
}

/// A client ID or secret as it was pasted: without spaces and invisible characters at its ends.
///
/// # Errors
/// What is wrong with it, as the end of a sentence about it.
pub(crate) fn credential(text: &str) -> Result<&str, String> {
    let is_printed = |character: char| character == ' ' || !(character.is_whitespace() || is_invisible(character));
    check(trim(text), is_printed)
}

/// The header that carries a token; `None` where a header cannot.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

fn check(text: &str, is_fine: impl Fn(char) -> bool) -> Result<&str, String> {
    if text.is_empty() {
        return Err("is empty".into());
    }
    match unfit(text, is_fine) {
        None => Ok(text),
        Some(found) => Err(format!("contains {found}, which is not allowed there; copy it again")),
    }
}

/// The first character that does not fit, in words and without the text around it: "a tab (U+0009) at position 3".
pub(crate) fn unfit(text: &str, is_fine: impl Fn(char) -> bool) -> Option<String> {
    let (index, character) = text.chars().enumerate().find(|(_, character)| !is_fine(*character))?;
    Some(format!("{} (U+{:04X}) at position {}", name(character), u32::from(character), index + 1))
}

/// Whether the value of a header can have this character.
pub(crate) fn fits_header(character: char) -> bool {
    character == '\t' || !character.is_ascii_control()
}

/// Control characters, and what text editors and web pages leave between others.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

fn name(character: char) -> &'static str {
    match character {
        '\n' | '\r' => "a line break",
        '\t' => "a tab",
        ' ' => "a space",
        '\u{A0}' => "a no-break space",
        '\u{AD}' => "a soft hyphen",
        '\u{200B}' => "a zero width space",
        '\u{200C}' => "a zero width non-joiner",
        '\u{200D}' => "a zero width joiner",
        '\u{FEFF}' => "a byte order mark",
        character if character.is_control() => "a control character",
        character if is_invisible(character) => "an invisible character",
        _ => "a character",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pasting_adds_at_the_ends_is_taken_away() {
        for pasted in
            ["t0ken", " t0ken\n", "Bearer t0ken", "bearer  t0ken\r\n", "\u{FEFF}t0ken\u{200B}", "\u{A0}BEARER\tt0ken"]
        {
            assert_eq!(token(pasted), Ok("t0ken"), "{pasted:?}");
        }
        assert_eq!(token("bearer"), Ok("bearer"));
        assert_eq!(credential("\t s3 cret\n"), Ok("s3 cret"));
        assert_eq!(credential("gehe\u{EF}m"), Ok("gehe\u{EF}m"));
    }

    #[test]
    fn what_stands_in_the_middle_is_named() {
        for (text, says) in [
            ("to\u{200B}ken", "contains a zero width space (U+200B) at position 3, which is not allowed there"),
            ("to\nken", "a line break (U+000A) at position 3"),
            ("to ken", "a space (U+0020)"),
            ("t\u{F6}ken", "a character (U+00F6) at position 2"),
            (" \u{FEFF}", "is empty"),
        ] {
            let problem = token(text).unwrap_err();
            assert!(problem.contains(says), "{says} is not in {problem}");
            assert!(!problem.contains("ken"), "{problem}");
        }
        assert!(credential("s3\u{200D}cret").unwrap_err().contains("zero width joiner"));
        let unfit = unfit("\u{E9}\ta\nb", fits_header);
        assert_eq!(unfit.as_deref(), Some("a line break (U+000A) at position 4"));
        assert!(credential("s3\u{A0}cret").unwrap_err().contains("no-break space"));
    }
}
