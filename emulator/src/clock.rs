//! The emulator's time: the machine's, until it is set; then it stands still until it is advanced or given back to the machine.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970 (UTC), as everywhere in the API.
pub(crate) type Millis = i64;

pub(crate) const MINUTE: Millis = 60_000;

/// The last moment that a date of four digits can write: the end of the year 9999.
pub(crate) const LATEST: Millis = 253_402_300_799_999;

#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Time that stands still.
    set: Option<Millis>,
    /// Added to the machine's time.
    ahead: Millis,
    revision: u64,
}

impl Clock {
    pub(crate) fn now(&self) -> Millis {
        self.set.unwrap_or_else(|| machine_time().saturating_add(self.ahead).min(LATEST))
    }

    /// Sets the time, which stands still from then on; with none it is the machine's again.
    pub(crate) fn set(&mut self, now: Option<Millis>) {
        *self = Self { set: now.map(|now| now.clamp(0, LATEST)), ahead: 0, revision: self.revision + 1 };
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let by = millis(by);
        self.revision += 1;
        match &mut self.set {
            Some(now) => *now = now.saturating_add(by).min(LATEST),
            None => self.ahead = self.ahead.saturating_add(by),
        }
    }

    /// Another number after each change that is not the passing of time.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The time that was set, if any.
    pub(crate) fn standing(&self) -> Option<Millis> {
        self.set
    }
}

pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

fn machine_time() -> Millis {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The UTC date and time of a moment as ISO 8601, e.g. `2026-01-31T09:30:00Z`.
pub(crate) fn iso8601(now: Millis) -> String {
    let moment = UNIX_EPOCH + Duration::from_millis(now.try_into().unwrap_or_default());
    humantime::format_rfc3339_seconds(moment).to_string()
}
