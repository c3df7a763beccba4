//! Values of settings and options: checked by the row of the table, stored by identity.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::message::{Message, message};
use crate::secret::{Secret, fits_header, unfit};
use crate::surface::{CallOption, Name, Naming, OptionInfo, OptionKind, Setting};
use crate::violation::{Code, Violation, nearest, shorten};

/// A value for a setting or an option, as a program of any language may give it.
///
/// `Debug` shows no text: it may be a secret.
#[derive(Clone)]
#[non_exhaustive]
pub enum OptionValue {
    /// No value: leaves the default, or means no deadline.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer; a duration in the unit of the language ([`Naming::duration_unit`]).
    Integer(i64),
    /// An integer beyond 64 bits, as text.
    LargeInteger(String),
    /// A number; a duration in the unit of the language.
    Float(f64),
    /// A string.
    Text(String),
    /// A path.
    Path(PathBuf),
    /// A duration.
    Duration(Duration),
    /// Names and values of headers.
    Headers(Vec<(String, OptionValue)>),
    /// A value of a type that no setting takes: the name of the type, e.g. `a list`.
    Other(String),
}

impl fmt::Debug for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.type_name())
    }
}

impl OptionValue {
    fn type_name(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::LargeInteger(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Path(_) => "a path",
            Self::Duration(_) => "a duration",
            Self::Headers(_) => "an object",
            Self::Other(name) => name,
        }
    }
}

macro_rules! from {
    ($($from:ty: $value:ident => $into:expr;)+) => {
        $( impl From<$from> for OptionValue {
            fn from($value: $from) -> Self {
                $into
            }
        } )+
    };
}
from! {
    bool: value => Self::Bool(value);
    i32: value => Self::Integer(value.into());
    u32: value => Self::Integer(value.into());
    i64: value => Self::Integer(value);
    f64: value => Self::Float(value);
    &str: value => Self::Text(value.into());
    String: value => Self::Text(value);
    PathBuf: value => Self::Path(value);
    Duration: value => Self::Duration(value);
    Option<Duration>: value => value.map_or(Self::Null, Self::Duration);
}

/// Declares the method that sets an option, by its kind. Headers and PEM have methods of their own.
macro_rules! setter {
    ($identity:ident, $option:ident, $snake:ident, Text, $doc:expr) => {
        $crate::options::setter! { @method $identity, $option, $snake, impl Into<String>, $snake.into(), $doc }
    };
    ($identity:ident, $option:ident, $snake:ident, Secret, $doc:expr) => {
        $crate::options::setter! { @method $identity, $option, $snake, impl Into<String>, $snake.into(), $doc }
    };
    ($identity:ident, $option:ident, $snake:ident, Path, $doc:expr) => {
        $crate::options::setter! { @method $identity, $option, $snake, impl Into<std::path::PathBuf>, $snake.into(), $doc }
    };
    ($identity:ident, $option:ident, $snake:ident, Int32, $doc:expr) => {
        $crate::options::setter! { @method $identity, $option, $snake, i32, $snake, $doc }
    };
    ($identity:ident, $option:ident, $snake:ident, Count, $doc:expr) => {
        $crate::options::setter! { @method $identity, $option, $snake, u32, $snake, $doc }
    };
    ($identity:ident, $option:ident, $snake:ident, Bool, $doc:expr) => {
        $crate::options::setter! { @method $identity, $option, $snake, bool, $snake, $doc }
    };
    ($identity:ident, $option:ident, $snake:ident, Duration, $doc:expr) => {
        $crate::options::setter! { @method $identity, $option, $snake, std::time::Duration, $snake, $doc }
    };
    ($identity:ident, $option:ident, $snake:ident, Deadline, $doc:expr) => {
        $crate::options::setter! { @method $identity, $option, $snake, impl Into<Option<std::time::Duration>>, $snake.into(), $doc }
    };
    ($identity:ident, $option:ident, $snake:ident, Headers, $doc:expr) => {};
    ($identity:ident, $option:ident, $snake:ident, Pem, $doc:expr) => {};
    (@method $identity:ident, $option:ident, $snake:ident, $value:ty, $convert:expr, $doc:expr) => {
        #[doc = $doc]
        pub fn $snake(self, $snake: $value) -> Self {
            self.with($identity::$option, $convert)
        }
    };
}
pub(crate) use setter;

/// A value that has passed the check of its row.
#[derive(Clone, Debug)]
pub(crate) enum Checked {
    Text(String),
    Secret(Secret),
    Path(PathBuf),
    Int32(i32),
    Count(u32),
    Bool(bool),
    Duration(Duration),
    /// A deadline, or none.
    Deadline(Option<Duration>),
    Headers(HeaderMap),
}

/// What has a row in a table of options.
pub(crate) trait Identity: Copy + Eq + Into<Name> {
    fn info(self) -> OptionInfo;
}

impl Identity for Setting {
    fn info(self) -> OptionInfo {
        self.info()
    }
}

impl Identity for CallOption {
    fn info(self) -> OptionInfo {
        self.info()
    }
}

/// The values that are set, by identity, and what was wrong with others.
#[derive(Clone, Debug)]
pub(crate) struct Options<K> {
    values: Vec<(K, Checked)>,
    violations: Vec<Violation>,
}

impl<K> Default for Options<K> {
    fn default() -> Self {
        Self { values: Vec::new(), violations: Vec::new() }
    }
}

impl<K: Identity> Options<K> {
    /// Checks and stores a value. Null sets nothing, but for a deadline. Headers are added to those that are there.
    pub(crate) fn set(&mut self, option: K, value: OptionValue, naming: Naming) -> Result<(), Violation> {
        let Some(checked) = check(option, value, naming)? else { return Ok(()) };
        self.store(option, checked);
        Ok(())
    }

    fn store(&mut self, option: K, checked: Checked) {
        match (self.values.iter_mut().find(|(known, _)| *known == option), checked) {
            (Some((_, Checked::Headers(known))), Checked::Headers(more)) => {
                more.into_iter().for_each(|(name, value)| {
                    // A map that was built by `insert` has each name once.
                    name.map(|name| known.insert(name, value));
                });
            }
            (Some((_, known)), checked) => *known = checked,
            (None, checked) => self.values.push((option, checked)),
        }
    }

    /// Takes the values of others, which take precedence; headers are added to those that are there.
    pub(crate) fn overlay(&mut self, others: Self) {
        for (option, checked) in others.values {
            self.store(option, checked);
        }
        self.violations.extend(others.violations);
    }

    /// As [`Self::set`]; what is wrong is told later, by [`Self::violations`].
    pub(crate) fn set_or_note(&mut self, option: K, value: impl Into<OptionValue>) {
        let is_list = option.info().kind == OptionKind::Headers;
        self.violations.retain(|violation| is_list || !violation.is_about(option.into()));
        if let Err(violation) = self.set(option, value.into(), Naming::Rust) {
            self.violations.push(violation);
        }
    }

    /// What was wrong with the values that [`Self::set_or_note`] got.
    pub(crate) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(crate) fn unset(&mut self, option: K) {
        self.values.retain(|(known, _)| *known != option);
    }

    /// The values that are no secrets.
    pub(crate) fn without_secrets(mut self) -> Self {
        self.values.retain(|(_, value)| !matches!(value, Checked::Secret(_)));
        self
    }

    fn get(&self, option: K) -> Option<&Checked> {
        self.values.iter().find(|(known, _)| *known == option).map(|(_, value)| value)
    }

    pub(crate) fn text(&self, option: K) -> Option<&str> {
        match self.get(option)? {
            Checked::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn secret(&self, option: K) -> Option<&Secret> {
        match self.get(option)? {
            Checked::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    pub(crate) fn path(&self, option: K) -> Option<&Path> {
        match self.get(option)? {
            Checked::Path(path) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn int32(&self, option: K) -> Option<i32> {
        match self.get(option)? {
            Checked::Int32(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn count(&self, option: K) -> Option<u32> {
        match self.get(option)? {
            Checked::Count(count) => Some(*count),
            _ => None,
        }
    }

    pub(crate) fn truth(&self, option: K) -> Option<bool> {
        match self.get(option)? {
            Checked::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    pub(crate) fn duration(&self, option: K) -> Option<Duration> {
        match self.get(option)? {
            Checked::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    /// The outer option: whether it is set; the inner: whether there is a deadline.
    pub(crate) fn deadline(&self, option: K) -> Option<Option<Duration>> {
        match self.get(option)? {
            Checked::Deadline(deadline) => Some(*deadline),
            _ => None,
        }
    }

    pub(crate) fn headers(&self, option: K) -> Option<&HeaderMap> {
        match self.get(option)? {
            Checked::Headers(headers) => Some(headers),
            _ => None,
        }
    }
}

/// The violation of a name that no setting or option has.
pub(crate) fn unknown_name(name: &str, what: &'static str, known: &[Cow<'static, str>]) -> Violation {
    let hint = match nearest(name, known.iter().map(|known| &**known)) {
        Some(meant) => format!("did you mean '{meant}'?"),
        None => format!("known names: {}", known.join(", ")),
    };
    Violation::error(shorten(name), Code::UnknownField, format!("is not {what}; {hint}"))
}

/// The value as its kind has it; none for a null that sets nothing.
fn check<K: Identity>(option: K, value: OptionValue, naming: Naming) -> Result<Option<Checked>, Violation> {
    let info = option.info();
    if matches!(value, OptionValue::Null) {
        return Ok((info.kind == OptionKind::Deadline).then_some(Checked::Deadline(None)));
    }
    let checked = match info.kind {
        OptionKind::Text | OptionKind::Pem => match value {
            OptionValue::Text(text) => Checked::Text(text),
            other => return Err(wrong_type(option, "a string", &other)),
        },
        OptionKind::Secret => match value {
            OptionValue::Text(text) => Checked::Secret(Secret::new(text)),
            other => return Err(wrong_type(option, "a string", &other)),
        },
        OptionKind::Path => match value {
            OptionValue::Text(text) => Checked::Path(text.into()),
            OptionValue::Path(path) => Checked::Path(path),
            other => return Err(wrong_type(option, "a path", &other)),
        },
        OptionKind::Bool => match value {
            OptionValue::Bool(truth) => Checked::Bool(truth),
            other => return Err(wrong_type(option, "a boolean", &other)),
        },
        OptionKind::Int32 => Checked::Int32(integer(option, &value, i32::MIN)?),
        OptionKind::Count => Checked::Count(integer(option, &value, info.least)?),
        OptionKind::Duration => Checked::Duration(duration(option, &value, naming)?),
        OptionKind::Deadline => Checked::Deadline(Some(duration(option, &value, naming)?)),
        OptionKind::Headers => match value {
            OptionValue::Headers(headers) => Checked::Headers(header_map(option, headers)?),
            other => return Err(wrong_type(option, "an object of header names and values", &other)),
        },
        OptionKind::Function => return Err(wrong_type(option, "a function", &value)),
    };
    Ok(Some(checked))
}

fn wrong_type<K: Identity>(option: K, expected: impl Into<Message>, value: &OptionValue) -> Violation {
    let mut message = message!["must be "];
    message.push(expected);
    message.push(format!(", is {}", value.type_name()));
    Violation::about(option, Code::WrongType, message)
}

/// An integer from `least` to the largest of its type.
fn integer<K: Identity, T: TryFrom<i64> + Into<i64> + Limit>(
    option: K,
    value: &OptionValue,
    least: T,
) -> Result<T, Violation> {
    let least: i64 = least.into();
    let number = match value {
        OptionValue::Integer(number) => {
            let fitting = T::try_from(*number).ok().filter(|_| *number >= least);
            match fitting {
                Some(number) => return Ok(number),
                None => number.to_string(),
            }
        }
        OptionValue::LargeInteger(digits) => shorten(digits),
        // JavaScript writes large integers so.
        OptionValue::Float(number) if number.abs() >= 1e18 && number.is_finite() => shown(*number),
        OptionValue::Float(number) => {
            let message = format!("must be an integer, is {number:?}");
            return Err(Violation::about(option, Code::WrongType, message));
        }
        other => return Err(wrong_type(option, "an integer", other)),
    };
    let most: i64 = T::MOST.into();
    let message = format!("must be an integer from {least} to {most}, is {number}");
    Err(Violation::about(option, Code::OutOfRange, message))
}

/// A number in few digits.
fn shown(number: f64) -> String {
    if number.abs() < 1e15 { number.to_string() } else { format!("{number:?}") }
}

/// The largest value of an integer type.
trait Limit: Sized {
    const MOST: Self;
}

impl Limit for i32 {
    const MOST: Self = Self::MAX;
}

impl Limit for u32 {
    const MOST: Self = Self::MAX;
}

/// A duration of more than 0, from a number in the unit of the language.
fn duration<K: Identity>(option: K, value: &OptionValue, naming: Naming) -> Result<Duration, Violation> {
    let (seconds, shown) = match value {
        OptionValue::Duration(duration) => (duration.as_secs_f64(), duration.as_secs_f64().to_string()),
        OptionValue::Integer(number) => (*number as f64 / naming.units_per_second(), number.to_string()),
        OptionValue::Float(number) => (number / naming.units_per_second(), shown(*number)),
        OptionValue::LargeInteger(digits) => (f64::INFINITY, shorten(digits)),
        other => return Err(wrong_type(option, message!["a number of ", Name::DurationUnit], other)),
    };
    let exact = match value {
        OptionValue::Duration(duration) => Some(*duration),
        _ => Duration::try_from_secs_f64(seconds).ok(),
    };
    exact.filter(|duration| !duration.is_zero()).ok_or_else(|| {
        let mut message = message!["must be a finite number of ", Name::DurationUnit, " above 0, is ", shown];
        if option.info().kind == OptionKind::Deadline {
            message.push(message!["; pass ", Name::Null, " for no deadline"]);
        }
        Violation::about(option, Code::OutOfRange, message)
    })
}

/// Headers that only this library sets: they carry the token or frame the message.
pub(crate) const RESERVED_HEADERS: [&str; 6] =
    ["authorization", "connection", "content-length", "content-type", "host", "transfer-encoding"];

fn header_map<K: Identity>(option: K, headers: Vec<(String, OptionValue)>) -> Result<HeaderMap, Violation> {
    let mut map = HeaderMap::with_capacity(headers.len());
    let wrong = |code, message: String| Violation::about(option, code, message);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            let shown = shorten(&name.escape_debug().to_string());
            wrong(Code::UnknownValue, format!("'{shown}' is not a valid header name"))
        })?;
        if RESERVED_HEADERS.contains(&name.as_str()) {
            return Err(wrong(Code::NotSettable, format!("the client itself sets '{name}'; leave it out")));
        }
        // The value may be a secret, so it is not shown.
        let OptionValue::Text(text) = value else {
            let message = format!("the value of '{name}' must be a string, is {}", value.type_name());
            return Err(wrong(Code::WrongType, message));
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            let found = unfit(&text, fits_header).unwrap_or_else(|| "a character".into());
            let message = format!("the value of '{name}' contains {found}, which a header cannot carry");
            wrong(Code::UnknownValue, message)
        })?;
        value.set_sensitive(true);
        map.insert(name, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(value: impl Into<OptionValue>, setting: Setting, naming: Naming) -> String {
        let mut options = Options::default();
        options.set(setting, value.into(), naming).unwrap_err().render(naming)
    }

    #[test]
    fn the_same_mistake_gives_the_same_message() {
        assert_eq!(
            refused(f64::INFINITY, Setting::Timeout, Naming::Python),
            "timeout: must be a finite number of seconds above 0, is inf; pass None for no deadline [out_of_range]"
        );
        assert_eq!(
            refused(0, Setting::Timeout, Naming::Node),
            "timeoutMs: must be a finite number of milliseconds above 0, is 0; pass null for no deadline [out_of_range]"
        );
        assert_eq!(
            refused(1_i64 << 40, Setting::MaxRetries, Naming::Rust),
            "max_retries: must be an integer from 0 to 4294967295, is 1099511627776 [out_of_range]"
        );
        assert_eq!(
            refused(0, Setting::MaxConnections, Naming::Node),
            "maxConnections: must be an integer from 1 to 4294967295, is 0 [out_of_range]"
        );
        assert!(refused(f64::NAN, Setting::ConnectTimeout, Naming::Rust).contains("is NaN"));
        assert!(refused("x", Setting::ConnectTimeout, Naming::Node).contains("must be a number of milliseconds, is a"));
        assert!(refused(2.5, Setting::OrgId, Naming::Rust).contains("must be an integer, is 2.5"));
        assert!(refused(1.0, Setting::OrgId, Naming::Python).contains("must be an integer, is 1.0"));
        assert!(refused(1e300, Setting::Timeout, Naming::Node).contains("above 0, is 1e300; pass null"));
        assert!(refused(1e300, Setting::OrgId, Naming::Node).ends_with("is 1e300 [out_of_range]"));
        let large = OptionValue::LargeInteger("9".repeat(5000));
        assert!(refused(large, Setting::OrgId, Naming::Rust).len() < 200);
    }

    #[test]
    fn null_leaves_the_default_but_for_a_deadline() {
        let mut options = Options::default();
        options.set(Setting::MaxRetries, OptionValue::Null, Naming::Node).unwrap();
        options.set(Setting::Timeout, OptionValue::Null, Naming::Node).unwrap();
        assert_eq!(options.count(Setting::MaxRetries), None);
        assert_eq!(options.deadline(Setting::Timeout), Some(None));
    }

    #[test]
    fn a_duration_has_the_unit_of_its_language() {
        let mut options = Options::default();
        options.set(Setting::Timeout, OptionValue::Integer(1500), Naming::Node).unwrap();
        assert_eq!(options.deadline(Setting::Timeout), Some(Some(Duration::from_millis(1500))));
        options.set(Setting::Timeout, OptionValue::Float(1.5), Naming::Python).unwrap();
        assert_eq!(options.deadline(Setting::Timeout), Some(Some(Duration::from_millis(1500))));
    }

    #[test]
    fn a_value_that_is_set_anew_replaces_a_wrong_one() {
        let mut options = Options::default();
        options.set_or_note(Setting::Timeout, Duration::ZERO);
        assert_eq!(options.violations().len(), 1);
        options.set_or_note(Setting::Timeout, Duration::from_secs(1));
        assert!(options.violations().is_empty());
    }
}
