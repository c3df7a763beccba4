//! The identity of something that has a name in each language.

use std::borrow::Cow;

use super::{CallOption, Field, Naming, Setting};

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
    /// An operation in `snake_case`, as it is called: `list()`, in the program its command.
    Call(&'static str),
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
            Self::Call(snake) => match naming {
                Naming::Program => format!("'blynk-webhooks {}'", naming.identifier(snake)).into(),
                _ => naming.identifier(snake) + "()",
            },
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
