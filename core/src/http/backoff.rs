//! May a request be repeated, and when: pure decisions.

use std::time::{Duration, SystemTime};

/// How an attempt failed, as far as repeating it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptFailure {
    /// No connection: the request surely did not run.
    Connect,
    /// The connection broke after the request may have reached the server.
    SendError,
    /// The server answered with this status.
    Status(u16),
    /// The client could not be set up: the request was not sent, and another attempt would end the same way.
    Unsent,
    /// Another attempt would end the same way.
    Final,
}

const BASE_BACKOFF: Duration = Duration::from_millis(250);
const MAX_BACKOFF: Duration = Duration::from_secs(8);
const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);

/// Statuses after which a request that changes nothing twice is repeated.
const TRANSIENT: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// A request that does the same however often it runs may be repeated after anything transient, another only where it
/// surely did not run.
pub(crate) fn may_repeat(idempotent: bool, failed: AttemptFailure) -> bool {
    match failed {
        AttemptFailure::Connect | AttemptFailure::Status(429) => true,
        AttemptFailure::SendError => idempotent,
        AttemptFailure::Status(status) => idempotent && TRANSIENT.contains(&status),
        AttemptFailure::Unsent | AttemptFailure::Final => false,
    }
}

/// True where the request may have been carried out although it failed.
pub(crate) fn may_have_run(failed: AttemptFailure) -> bool {
    match failed {
        AttemptFailure::Connect | AttemptFailure::Unsent => false,
        AttemptFailure::SendError | AttemptFailure::Final => true,
        AttemptFailure::Status(status) => status == 408 || status >= 500,
    }
}

/// How long to wait before repeat number `repeat` (from 0): what the server asked for, else exponential backoff with
/// full jitter. `random` is in 0..1.
pub(crate) fn pause(repeat: u32, retry_after: Option<Duration>, random: f64) -> Duration {
    retry_after.unwrap_or_else(|| {
        let ceiling = BASE_BACKOFF.saturating_mul(2_u32.saturating_pow(repeat)).min(MAX_BACKOFF);
        ceiling.mul_f64(random.clamp(0.0, 1.0))
    })
}

/// Whether a pause ends before the deadline, `left` from now. No server is waited for longer than [`MAX_RETRY_AFTER`].
pub(crate) fn is_in_time(pause: Duration, left: Option<Duration>) -> bool {
    pause <= MAX_RETRY_AFTER && left.is_none_or(|left| pause < left)
}

/// `Retry-After`, in seconds or as a date.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_create_is_repeated_only_where_it_did_not_run() {
        for failed in [AttemptFailure::Connect, AttemptFailure::Status(429)] {
            assert!(may_repeat(false, failed) && !may_have_run(failed));
        }
        for failed in [
            AttemptFailure::SendError,
            AttemptFailure::Status(408),
            AttemptFailure::Status(500),
            AttemptFailure::Status(503),
        ] {
            assert!(!may_repeat(false, failed) && may_have_run(failed) && may_repeat(true, failed));
        }
        assert!(!may_repeat(true, AttemptFailure::Status(404)) && !may_repeat(true, AttemptFailure::Status(501)));
    }

    #[test]
    fn backoff_grows_to_its_ceiling() {
        assert_eq!(pause(0, None, 1.0), BASE_BACKOFF);
        assert_eq!(pause(2, None, 0.5), BASE_BACKOFF * 2);
        assert_eq!(pause(u32::MAX, None, 1.0), MAX_BACKOFF);
        assert_eq!(pause(3, Some(Duration::from_secs(60)), 0.1), Duration::from_secs(60));
    }

    #[test]
    fn a_pause_ends_before_the_deadline() {
        let second = Duration::from_secs(1);
        assert!(is_in_time(second, None) && is_in_time(second, Some(second * 2)));
        assert!(!is_in_time(second, Some(second)) && !is_in_time(MAX_RETRY_AFTER * 2, None));
    }

    #[test]
    fn retry_after_in_both_forms() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:40 GMT", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:30 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("-1", now), None);
        assert_eq!(retry_after("soon", now), None);
    }
}
