//! Which webhook of a list is the one that a create has made.
//!
//! The API gives a create no name of its own, so the list must tell. A webhook is new where its `createdAt` is not before the
//! create by the server's clock, or, where it has none, where its id is higher than those the client had seen (assumed: ids
//! grow). What remains unknown: a webhook that somebody else made with the same content at the same time; by how much less
//! than a second an older one is older where the clocks of client and server differ; and, where the server sends no
//! `createdAt`, which of two webhooks is new that this client sees for the first time.

use std::time::{Duration, Instant, SystemTime};

use crate::model::{Json, ORG_ID, Webhook, WebhookSpec};
use crate::redact;
use crate::surface::Field;

/// Resolution of the header `Date`.
const SECOND: Duration = Duration::from_secs(1);

/// A create that is under way, and what was known before it.
pub(crate) struct Creation {
    wanted: Vec<(String, Json)>,
    started: Instant,
    started_at: SystemTime,
    highest_id: i32,
}

/// What a list says of a create.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    One(Box<Webhook>),
    /// Ids of webhooks that cannot be told apart.
    Several(Vec<i32>),
    Nothing,
}

impl Creation {
    /// A create of `spec` that begins now; `highest_id` is the highest that the client has seen.
    pub(crate) fn begin(spec: &WebhookSpec, highest_id: i32) -> Self {
        let mut wanted = spec.to_members();
        wanted.retain(|(name, _)| name != ORG_ID);
        Self { wanted, started: Instant::now(), started_at: SystemTime::now(), highest_id }
    }

    /// Looks for the webhook in a list that has just come, with the `Date` of its response. `is_created`: the server says
    /// that there is one.
    pub(crate) fn find(&self, list: &[Webhook], date: Option<SystemTime>, is_created: bool) -> Found {
        let not_before = self.not_before(date, is_created);
        let unseen = list.iter().filter(|webhook| webhook.id() > self.highest_id);
        let (dated, undated): (Vec<_>, Vec<_>) = unseen.partition(|webhook| webhook.created_at().is_some());
        let new: Vec<_> = dated.into_iter().filter(|webhook| webhook.created_at() >= Some(not_before)).collect();
        let exact: Vec<_> = new.iter().copied().filter(|webhook| self.is_exactly(webhook)).collect();
        let found =
            if exact.is_empty() { new.into_iter().filter(|webhook| self.is_about(webhook)).collect() } else { exact };
        match found[..] {
            [one] => Found::One(Box::new(one.clone())),
            [] => {
                let newest =
                    undated.into_iter().filter(|webhook| self.is_exactly(webhook)).max_by_key(|webhook| webhook.id());
                newest.map_or(Found::Nothing, |webhook| Found::One(Box::new(webhook.clone())))
            }
            _ => Found::Several(found.iter().map(|webhook| webhook.id()).collect()),
        }
    }

    /// The earliest `createdAt` of a webhook that was made by this create.
    fn not_before(&self, date: Option<SystemTime>, is_created: bool) -> i64 {
        let not_before = match date {
            // The response was written at `date` or less than a second later, and after the create had begun.
            Some(date) => {
                let earliest = date.checked_sub(self.started.elapsed()).unwrap_or(date);
                let clocks_agree = earliest <= self.started_at && self.started_at <= date + SECOND;
                if clocks_agree && !is_created { self.started_at } else { earliest }
            }
            None if is_created => self.started_at.checked_sub(SECOND).unwrap_or(self.started_at),
            None => self.started_at,
        };
        let since_epoch = not_before.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }

    fn is_exactly(&self, webhook: &Webhook) -> bool {
        let held = webhook.spec().to_members();
        self.wanted.iter().all(|member| held.contains(member))
    }

    /// Name, trigger and URL agree, as far as a server may have rewritten them: trimmed, in lower case, or without secrets.
    fn is_about(&self, webhook: &Webhook) -> bool {
        let wanted = |field: Field| {
            let value = self.wanted.iter().find(|(name, _)| name == field.wire()).map(|(_, value)| value.to_value());
            value.as_ref().and_then(serde_json::Value::as_str).map(rewritten)
        };
        let trigger = webhook.trigger();
        wanted(Field::Name) == webhook.name().map(rewritten)
            && wanted(Field::Trigger) == trigger.as_ref().map(|trigger| rewritten(trigger.as_str()))
            && wanted(Field::Url) == webhook.url().map(rewritten)
    }
}

fn rewritten(text: &str) -> String {
    redact::url(text.trim()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> WebhookSpec {
        WebhookSpec::new("Doors ", "DEVICE_ADDED", "https://Example.com/{device_id}").method("POST")
    }

    fn webhook(id: i32, created_at: Option<SystemTime>, rewrite: bool) -> Webhook {
        let created_at = created_at.map(|at| at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64);
        let name = if rewrite { "doors" } else { "Doors " };
        let json = serde_json::json!({
            "id": id, "name": name, "trigger": "DEVICE_ADDED", "url": "https://Example.com/{device_id}", "method": "POST",
            "createdAt": created_at,
        });
        Webhook::from_json(json.to_string()).unwrap()
    }

    fn ids(found: &Found) -> Vec<i32> {
        match found {
            Found::One(webhook) => vec![webhook.id()],
            Found::Several(ids) => ids.clone(),
            Found::Nothing => Vec::new(),
        }
    }

    #[test]
    fn an_older_one_is_never_the_created_one() {
        let now = SystemTime::now();
        let creation = Creation::begin(&spec(), 5);
        let old = webhook(8, Some(now - SECOND * 60), false);
        let new = webhook(9, Some(SystemTime::now()), false);
        for is_created in [false, true] {
            for date in [None, Some(now)] {
                assert_eq!(creation.find(std::slice::from_ref(&old), date, is_created), Found::Nothing);
                assert_eq!(ids(&creation.find(&[old.clone(), new.clone()], date, is_created)), [9]);
            }
        }
        // Seen before, whatever its time says.
        assert_eq!(creation.find(&[webhook(5, Some(SystemTime::now()), false)], None, true), Found::Nothing);
        assert_eq!(creation.find(&[webhook(5, None, false)], None, true), Found::Nothing);
    }

    #[test]
    fn a_moment_before_is_before_where_the_clocks_agree() {
        let moment = SystemTime::now() - Duration::from_millis(20);
        let creation = Creation::begin(&spec(), 0);
        assert_eq!(creation.find(&[webhook(1, Some(moment), false)], Some(SystemTime::now()), false), Found::Nothing);
    }

    #[test]
    fn the_servers_clock_counts_where_it_differs() {
        let hour = SECOND * 3600;
        let creation = Creation::begin(&spec(), 0);
        let there = SystemTime::now() - hour;
        let new = webhook(2, Some(there), false);
        let old = webhook(1, Some(there - SECOND * 5), false);
        assert_eq!(ids(&creation.find(&[old, new], Some(there), false)), [2]);
    }

    #[test]
    fn a_server_may_rewrite_fields_of_a_new_one() {
        let creation = Creation::begin(&spec(), 0);
        assert_eq!(ids(&creation.find(&[webhook(3, Some(SystemTime::now()), true)], None, false)), [3]);
        // Without a time nothing says that it is new, so it must be the same in all fields.
        assert_eq!(creation.find(&[webhook(3, None, true)], None, false), Found::Nothing);
        assert_eq!(ids(&creation.find(&[webhook(3, None, false), webhook(4, None, false)], None, false)), [4]);
    }

    #[test]
    fn two_that_are_new_cannot_be_told_apart() {
        let creation = Creation::begin(&spec(), 0);
        let two = [webhook(3, Some(SystemTime::now()), false), webhook(4, Some(SystemTime::now()), false)];
        assert_eq!(creation.find(&two, None, true), Found::Several(vec![3, 4]));
    }
}
