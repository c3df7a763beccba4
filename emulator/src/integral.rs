//! Integers as JSON Schema has them: `10.0` is one, `10.5` is none. For `#[serde(deserialize_with)]`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

const MIN_INT64: f64 = -9_223_372_036_854_775_808.0;
const BEYOND_UINT64: f64 = 18_446_744_073_709_551_616.0;

/// # Errors
/// If the value is no whole number or does not fit.
pub(crate) fn number<'de, D: Deserializer<'de>, T: TryFrom<i128>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(Integral(PhantomData))
}

/// Like [`number`]; null is none.
///
/// # Errors
/// If the value is neither null nor a whole number, or does not fit.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: TryFrom<i128>>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_option(OrNull(PhantomData))
}

/// The integer that a float is. A float at the ends of the 64 bits may be an integer beyond them that was rounded.
fn of_float(float: f64) -> Option<i128> {
    // Within this range the conversion is exact.
    #[allow(clippy::cast_possible_truncation)]
    (float.fract() == 0.0 && float > MIN_INT64 && float < BEYOND_UINT64).then_some(float as i128)
}

struct Integral<T>(PhantomData<T>);

impl<T: TryFrom<i128>> Visitor<'_> for Integral<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = size_of::<T>() * 8;
        write!(f, "a whole number that fits {bits} bits")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        T::try_from(number.into()).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::try_from(number.into()).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        let whole = of_float(number).and_then(|whole| T::try_from(whole).ok());
        whole.ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}

struct OrNull<T>(PhantomData<T>);

impl<'de, T: TryFrom<i128>> Visitor<'de> for OrNull<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Integral(self.0).expecting(f)
    }

    fn visit_none<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        number(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Sample {
        #[serde(deserialize_with = "super::number")]
        small: i32,
        #[serde(default, deserialize_with = "super::optional")]
        large: Option<u64>,
    }

    #[test]
    fn whole_numbers_are_taken_however_they_are_written() {
        let read = |text: &str| serde_json::from_str::<Sample>(text).map(|sample| (sample.small, sample.large)).ok();
        assert_eq!(read(r#"{"small": -2}"#), Some((-2, None)));
        assert_eq!(read(r#"{"small": 1e3, "large": null}"#), Some((1_000, None)));
        assert_eq!(read(r#"{"small": -0.0, "large": 18446744073709551615}"#), Some((0, Some(u64::MAX))));
        for text in [
            r#"{"small": 1.5}"#,
            r#"{"small": "1"}"#,
            r#"{"small": 2147483648}"#,
            r#"{"small": null}"#,
            r#"{"small": 1, "large": 18446744073709551616}"#,
            r#"{"small": 1, "large": -1}"#,
            r#"{"small": 1, "large": 1.8446744073709552e19}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
