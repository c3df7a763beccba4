//! How each language writes a name.

use std::borrow::Cow;

use super::{CallOption, Field, Setting};

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

/// The identity of something that each language names its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Name {
    /// A setting of a client.
    Setting(Setting),
    /// An option of a call.
    Option(CallOption),
    /// A field of a webhook.
    Field(Field),
    /// A method or an argument, in `snake_case`.
    Identifier(&'static str),
    /// No value: `None` or `null`.
    Null,
    /// The unit of a duration that is passed as a number.
    DurationUnit,
}

impl Name {
    /// The name as a language writes it.
    #[must_use]
    pub fn render(self, naming: Naming) -> Cow<'static, str> {
        match self {
            Self::Setting(setting) => setting.name(naming),
            Self::Option(option) => option.name(naming),
            Self::Field(field) => field.name(naming),
            Self::Identifier(snake) => naming.identifier(snake),
            Self::Null => Cow::Borrowed(naming.null()),
            Self::DurationUnit => Cow::Borrowed(naming.duration_unit()),
        }
    }
}

impl From<Setting> for Name {
    fn from(setting: Setting) -> Self {
        Self::Setting(setting)
    }
}

impl From<CallOption> for Name {
    fn from(option: CallOption) -> Self {
        Self::Option(option)
    }
}

impl From<Field> for Name {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_a_name_its_own_way() {
        let names = |name: Name| [Naming::Rust, Naming::Python, Naming::Node].map(|naming| name.render(naming));
        assert_eq!(names(Setting::BaseUrl.into()), ["base_url", "base_url", "baseUrl"]);
        assert_eq!(names(Setting::ConnectTimeout.into()), ["connect_timeout", "connect_timeout", "connectTimeoutMs"]);
        assert_eq!(names(Field::OAuth2Request.into()), ["oauth2_request", "oauth2_request", "oAuth2Request"]);
        assert_eq!(names(Name::Identifier("set_loopback_only"))[2], "setLoopbackOnly");
        let flag = |name: Name| name.render(Naming::Program);
        assert_eq!(flag(Setting::BaseUrl.into()), "server");
        assert_eq!(flag(Setting::AllowHttp.into()), "--allow-http");
        assert_eq!(flag(Field::OAuth2Request.into()), "oAuth2Request");
    }
}
