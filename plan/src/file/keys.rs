//! The keys of the file that are not fields of a webhook, and the fields that are strings.

use blynk_webhooks::field;

/// The version of the file's format.
pub(crate) const FILE_VERSION: i64 = 1;

/// Keys of the file that are no fields of a webhook.
pub(crate) mod key {
    pub(crate) const VERSION: &str = "version";
    pub(crate) const SERVER: &str = "server";
    pub(crate) const ORG: &str = "org";
    pub(crate) const GUARD: &str = "guard";
    pub(crate) const DEFAULTS: &str = "defaults";
    pub(crate) const WEBHOOK: &str = "webhook";
    pub(crate) const MAX_DELETES: &str = "max_deletes";
    pub(crate) const WAS: &str = "was";
    pub(crate) const ABSENT: &str = "absent";
    pub(crate) const FOR_EACH: &str = "for_each";
    pub(crate) const EXPECT: &str = "expect";
    pub(crate) const EXTRA: &str = "extra";
    pub(crate) const MAX_SILENCE: &str = "maxSilence";
}

/// Keys of a whole file.
pub(super) const ROOT_KEYS: [&str; 6] = [key::VERSION, key::SERVER, key::ORG, key::GUARD, key::DEFAULTS, key::WEBHOOK];
/// Keys of a webhook that are no fields of it. `id` pins it.
pub(crate) const WEBHOOK_KEYS: [&str; 6] = [field::ID, key::WAS, key::ABSENT, key::FOR_EACH, key::EXPECT, key::EXTRA];
/// A table with exactly one of these stands for another value.
pub(crate) const REFERENCE_KEYS: [&str; 5] = ["env", "file", "command", "json", "keep"];
/// Fields whose value is a string.
pub(crate) const STRING_FIELDS: [&str; 8] = [
    field::NAME,
    field::TRIGGER,
    field::URL,
    field::METHOD,
    field::CONTENT_TYPE,
    field::AUTH_TYPE,
    field::BODY,
    field::STATUS,
];
/// Never part of what a file wants: the server decides them, or the whole file does.
pub(super) const IGNORED: [&str; 5] =
    [field::ATTEMPT_COUNT, field::CREATED_AT, field::LAST_MODIFIED, field::LAST_TRIGGERED, field::ORG_ID];
