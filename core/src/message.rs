//! Text for people that names settings, fields and methods by identity, so that each language writes its own names.

use std::borrow::Cow;
use std::fmt;

use crate::surface::{CallOption, Field, Name, Naming, Setting};

/// The text of an error or a violation. `Display` writes the names of this crate; [`Message::render`] those of another
/// language.
///
/// ```
/// use blynk_webhooks::{Client, Error, Naming};
/// let Err(Error::Config(message)) = Client::builder().token("t").base_url("http://example.com").build() else { panic!() };
/// assert!(message.to_string().contains("allow_http"));
/// assert!(message.render(Naming::Node).contains("allowHttp"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Message(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Text(Cow<'static, str>),
    Name(Name),
    /// What concerns callers in code alone; messages of the program leave it out.
    InCode(Message),
}

impl Message {
    pub(crate) fn of(parts: impl IntoIterator<Item = Part>) -> Self {
        Self(parts.into_iter().collect())
    }

    /// The text, with names as a language writes them.
    #[must_use]
    pub fn render(&self, naming: Naming) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Name(name) => text.push_str(&name.render(naming)),
                Part::InCode(_) if naming == Naming::Program => {}
                Part::InCode(more) => text.push_str(&more.render(naming)),
            }
        }
        text
    }

    /// Adds to the end.
    pub fn push(&mut self, more: impl Into<Self>) {
        self.0.extend(more.into().0);
    }

    /// Changes what was written, not the names in it.
    pub(crate) fn edit(&mut self, change: &dyn Fn(&mut String)) {
        for part in &mut self.0 {
            match part {
                Part::Text(text) => {
                    let mut changed = std::mem::take(text).into_owned();
                    change(&mut changed);
                    *text = changed.into();
                }
                Part::Name(_) => {}
                Part::InCode(more) => more.edit(change),
            }
        }
    }

    /// Several messages as one, with a text between them.
    pub fn join(messages: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let mut joined = Self::default();
        for message in messages {
            if !joined.0.is_empty() {
                joined.push(between);
            }
            joined.push(message);
        }
        joined
    }
}

/// A message of parts: texts, settings, options, fields and names.
macro_rules! message {
    ($($part:expr),+ $(,)?) => {
        $crate::message::Message::of([$($crate::message::Part::from($part)),+])
    };
}
pub(crate) use message;

impl From<&'static str> for Part {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Name> for Part {
    fn from(name: Name) -> Self {
        Self::Name(name)
    }
}

impl From<Setting> for Part {
    fn from(setting: Setting) -> Self {
        Self::Name(setting.into())
    }
}

impl From<CallOption> for Part {
    fn from(option: CallOption) -> Self {
        Self::Name(option.into())
    }
}

impl From<Field> for Part {
    fn from(field: Field) -> Self {
        Self::Name(field.into())
    }
}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Self(vec![text.into()])
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self(vec![text.into()])
    }
}

impl From<Name> for Message {
    fn from(name: Name) -> Self {
        Self(vec![name.into()])
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Naming::Rust))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_user_wrote_is_not_taken_for_a_name() {
        let message = message![Setting::BaseUrl, " 'base_url' is not a URL; pass ", Setting::Timeout];
        assert_eq!(message.render(Naming::Node), "baseUrl 'base_url' is not a URL; pass timeoutMs");
        assert_eq!(message.to_string(), "base_url 'base_url' is not a URL; pass timeout");
    }

    #[test]
    fn the_program_names_its_commands_and_leaves_out_what_is_for_code() {
        let in_code = Part::InCode(message![", or use ", CallOption::Reconcile]);
        let message = message!["check ", Name::Call("list"), in_code, "."];
        assert_eq!(message.render(Naming::Python), "check list(), or use reconcile.");
        assert_eq!(message.render(Naming::Program), "check 'blynk-webhooks list'.");
    }
}
