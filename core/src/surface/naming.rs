//! How each language writes a name.

use std::borrow::Cow;

/// The language that reads a message: names of settings, fields and methods are written its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Naming {
    /// `snake_case`, durations in seconds.
    #[default]
    Rust,
    /// `snake_case`, durations in seconds.
    Python,
    /// `camelCase`, durations in milliseconds under names that end in `Ms`.
    Node,
    /// Flags of the program `blynk-webhooks`, durations in seconds; fields by their wire names.
    Program,
}

impl Naming {
    /// An identifier of this crate as the language writes it: `from_env` is `fromEnv` in Node.
    #[must_use]
    pub fn identifier(self, snake: &'static str) -> Cow<'static, str> {
        match self {
            Self::Rust | Self::Python => Cow::Borrowed(snake),
            Self::Node => camel_case(snake),
            Self::Program => Cow::Owned(snake.replace('_', "-")),
        }
    }

    /// What stands for no value: `None` or `null`.
    #[must_use]
    pub fn null(self) -> &'static str {
        match self {
            Self::Rust | Self::Python => "None",
            Self::Node | Self::Program => "null",
        }
    }

    /// The unit in which the language passes a duration as a number.
    #[must_use]
    pub fn duration_unit(self) -> &'static str {
        match self {
            Self::Rust | Self::Python | Self::Program => "seconds",
            Self::Node => "milliseconds",
        }
    }

    /// How many of [`Self::duration_unit`] a second has.
    #[must_use]
    pub fn units_per_second(self) -> f64 {
        match self {
            Self::Rust | Self::Python | Self::Program => 1.0,
            Self::Node => 1000.0,
        }
    }
}

fn camel_case(snake: &'static str) -> Cow<'static, str> {
    if !snake.contains('_') {
        return Cow::Borrowed(snake);
    }
    let mut words = snake.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    Cow::Owned(camel)
}
