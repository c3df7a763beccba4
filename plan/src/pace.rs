//! How fast and how much at once: below the organization's limit of requests, and less after the server said "too many".

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Requests that an organization has in a minute (vendor's documentation).
const REQUESTS_PER_MINUTE: u32 = 10_000;
/// What is left to others who use the same organization, and to requests of the last minute that nobody here knows of.
const RESERVE: u32 = 500;
/// Requests that may go out at once before the pace counts.
const BURST: u32 = 500;
/// Successes after which one more request may be under way.
const SUCCESSES_TO_RECOVER: u32 = 50;
/// Pause after "too many requests" without a time.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause that a server is given.
const MAX_PAUSE: Duration = Duration::from_secs(120);

/// One pace for all requests of an apply.
pub(crate) struct Pace {
    state: Mutex<State>,
}

struct State {
    /// When the bucket would be full again.
    full_at: Instant,
    /// Nothing goes out before.
    paused_until: Instant,
    /// Most requests under way.
    limit: usize,
    most: usize,
    /// When the limit was lowered last.
    lowered_at: Option<Instant>,
    successes: u32,
}

impl Pace {
    pub(crate) fn new(concurrency: usize) -> Self {
        let now = Instant::now();
        let most = concurrency.max(1);
        let state = State { full_at: now, paused_until: now, limit: most, most, lowered_at: None, successes: 0 };
        Self { state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many items may be under way now.
    pub(crate) fn limit(&self) -> usize {
        self.state().limit
    }

    /// Waits until the next request may go out. Gives the moment from which it is under way.
    pub(crate) async fn ready(&self) -> Instant {
        // A full bucket refills within a minute together with what the pace lets through, so no minute sees more than the limit.
        const INTERVAL: Duration =
            Duration::from_nanos(60_000_000_000 / (REQUESTS_PER_MINUTE - RESERVE - BURST) as u64);
        let at = {
            let mut state = self.state();
            let now = Instant::now();
            state.full_at = state.full_at.max(now) + INTERVAL;
            let earliest = state.full_at - INTERVAL * BURST;
            earliest.max(state.paused_until).max(now)
        };
        // Nobody waits who need not, so that items begin in their order.
        if at > Instant::now() {
            tokio::time::sleep_until(at).await;
        }
        // A pause that began in between counts too.
        loop {
            let until = self.state().paused_until;
            let now = Instant::now();
            if until <= now {
                return now;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// The server answered a request of `sent` with "too many": fewer at once, and a pause for all.
    pub(crate) fn slow_down(&self, sent: Instant, retry_after: Option<Duration>) {
        let mut state = self.state();
        // Requests that were under way together say the same thing once.
        if state.lowered_at.is_none_or(|lowered_at| sent > lowered_at) {
            state.limit = (state.limit / 2).max(1);
            state.lowered_at = Some(Instant::now());
        }
        state.successes = 0;
        let until = Instant::now() + retry_after.unwrap_or(DEFAULT_PAUSE).min(MAX_PAUSE);
        state.paused_until = state.paused_until.max(until);
    }

    /// A request was answered.
    pub(crate) fn succeeded(&self) {
        let mut state = self.state();
        state.successes += 1;
        if state.successes >= SUCCESSES_TO_RECOVER && state.limit < state.most {
            state.successes = 0;
            state.limit += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_minute_sees_more_than_the_limit() {
        let pace = Pace::new(8);
        let mut sent = Vec::new();
        for _ in 0..25_000 {
            sent.push(pace.ready().await);
        }
        let minute = Duration::from_secs(60);
        let most = (0..sent.len()).map(|from| sent[from..].partition_point(|at| *at < sent[from] + minute));
        let most = most.max().unwrap();
        assert!(most <= REQUESTS_PER_MINUTE as usize, "{most} within a minute");
        assert!(most > 9_000, "{most}: slower than need be");
    }

    #[tokio::test(start_paused = true)]
    async fn fewer_at_once_after_too_many_and_more_again_later() {
        let pace = Pace::new(8);
        let sent = pace.ready().await;
        pace.slow_down(sent, Some(Duration::from_secs(7)));
        tokio::time::advance(Duration::from_millis(1)).await;
        pace.slow_down(sent, None);
        assert_eq!(pace.limit(), 4);
        assert!(pace.ready().await >= sent + Duration::from_secs(7));
        for _ in 0..4 * SUCCESSES_TO_RECOVER {
            pace.succeeded();
        }
        assert_eq!(pace.limit(), 8);
        for _ in 0..5 {
            tokio::time::advance(Duration::from_millis(1)).await;
            pace.slow_down(Instant::now(), None);
        }
        assert_eq!(pace.limit(), 1);
    }
}
