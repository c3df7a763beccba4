//! Numbers that JavaScript's own cannot hold, marked in a JSON text so that its parser passes them through.

use std::hash::{BuildHasher, RandomState};

/// Digits of 2^53 - 1, the largest integer up to which JavaScript's numbers are exact.
const LARGEST_SAFE: &str = "9007199254740991";
const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
/// A decimal of this many digits is the same after it was a double.
const SAFE_DIGITS: usize = 15;
/// A number of fewer digits than this is exact, unless its exponent is out of a double's range.
const INEXACT_DIGITS: usize = LARGEST_SAFE.len();

/// A text whose inexact numbers are strings that begin with the marker.
#[derive(Debug)]
pub(crate) struct Marked {
    pub(crate) json: String,
    /// No server can guess it, so no string of its own begins with it, whichever escapes it is written with.
    pub(crate) marker: String,
}

/// Marks the numbers that a double would alter: integers beyond 2^53 - 1, decimals of too many digits, exponents out of
/// range. None where the text, which is known to be JSON, holds no such number.
pub(crate) fn mark(json: &str) -> Option<Marked> {
    if !may_hold_inexact(json.as_bytes()) {
        return None;
    }
    let mut marker = None;
    let (mut marked, mut rest) = (String::new(), json);
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, token) = rest.split_at(at);
        marked.push_str(before);
        let (token, after) = token.split_at(if token.starts_with('"') { string_end(token) } else { number_end(token) });
        if is_inexact(token) {
            let marker = marker.get_or_insert_with(|| format!("{:016x}:", RandomState::new().hash_one(json)));
            marked.extend(["\"", marker, token, "\""]);
        } else {
            marked.push_str(token);
        }
        rest = after;
    }
    marked.push_str(rest);
    marker.map(|marker| Marked { json: marked, marker })
}

/// Cheap: most texts hold neither a long number nor one with an exponent.
fn may_hold_inexact(json: &[u8]) -> bool {
    has_long_number(json) || has_exponent(json)
}

/// Looks at every sixteenth byte, and around it where that may belong to a number.
fn has_long_number(json: &[u8]) -> bool {
    let in_number = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    (INEXACT_DIGITS - 1..json.len()).step_by(INEXACT_DIGITS).any(|at| {
        in_number(&&json[at])
            && json[..at].iter().rev().take(INEXACT_DIGITS).take_while(in_number).count()
                + json[at..].iter().take(INEXACT_DIGITS).take_while(in_number).count()
                >= INEXACT_DIGITS
    })
}

/// Without an early end, so that the compiler can look at many bytes at once.
fn has_exponent(json: &[u8]) -> bool {
    let triples = json.iter().zip(json.get(1..).unwrap_or_default()).zip(json.get(2..).unwrap_or_default());
    triples.fold(false, |found, ((first, second), third)| {
        found | (first.is_ascii_digit() & (*second | 0x20 == b'e') & !third.is_ascii_alphabetic())
    })
}

/// Where the string ends that the text begins with.
fn string_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    text.len()
}

fn number_end(text: &str) -> usize {
    text.bytes().position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).unwrap_or(text.len())
}

/// True for a number that a double does not hold with all its digits.
fn is_inexact(token: &str) -> bool {
    let unsigned = token.strip_prefix('-').unwrap_or(token);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return (unsigned.len(), unsigned) > (LARGEST_SAFE.len(), LARGEST_SAFE);
    }
    if unsigned.len() < INEXACT_DIGITS && !unsigned.contains(['e', 'E']) {
        return false;
    }
    match unsigned.parse::<f64>() {
        Ok(double) if double.is_finite() => {
            let written = decimal(unsigned);
            // The shortest text that is read as this double says the same as the token, or the double has altered it.
            // Integers beyond 2^53 of many digits are refused where they are written: a typed one may have been altered.
            written != decimal(&format!("{double:e}"))
                || (double > MAX_SAFE && double < 1e21 && double.fract() == 0.0 && written.0.len() > SAFE_DIGITS)
        }
        _ => true,
    }
}

/// A number as its digits without zeros at either end, and the power of ten of the first.
fn decimal(number: &str) -> (String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{integer}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return (String::new(), 0);
    }
    // An exponent that does not fit is out of every double's range; any such place tells it from those that are in.
    let exponent: i64 = exponent.trim_start_matches('+').parse().unwrap_or(i64::MAX / 2);
    let zeros = (digits.len() - significant.len()) as i64;
    (significant.trim_end_matches('0').into(), exponent.saturating_add(integer.len() as i64 - zeros))
}
