//! Which webhook of the server each table of the file is: by `id`, else by the former name, else by the exact name.

use std::collections::HashMap;
use std::sync::Arc;

use blynk_webhooks::field;

use crate::compare::Live;
use crate::desired::{Desired, DesiredWebhook};
use crate::finding::{Finding, FindingCode};

/// For each wanted webhook the place of the server's webhook that it is.
pub(crate) fn resolve(desired: &Desired, live: &[Arc<Live>]) -> Result<Vec<Option<usize>>, Vec<Finding>> {
    let mut matcher = Matcher::new(desired, live);
    matcher.match_ids();
    matcher.match_former_names();
    matcher.match_names();
    if matcher.findings.is_empty() { Ok(matcher.matched) } else { Err(matcher.findings) }
}

struct Matcher<'a> {
    wanted: &'a [DesiredWebhook],
    live: &'a [Arc<Live>],
    by_id: HashMap<i32, usize>,
    by_name: HashMap<&'a str, Vec<usize>>,
    claimed: Vec<bool>,
    matched: Vec<Option<usize>>,
    findings: Vec<Finding>,
}

impl<'a> Matcher<'a> {
    fn new(desired: &'a Desired, live: &'a [Arc<Live>]) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, live) in live.iter().enumerate() {
            if let Some(name) = live.webhook.name() {
                by_name.entry(name).or_default().push(index);
            }
        }
        Self {
            wanted: &desired.webhooks,
            live,
            by_id: live.iter().enumerate().map(|(index, live)| (live.webhook.id(), index)).collect(),
            by_name,
            claimed: vec![false; live.len()],
            matched: vec![None; desired.webhooks.len()],
            findings: Vec::new(),
        }
    }

    fn claim(&mut self, wanted: usize, live: usize) {
        self.claimed[live] = true;
        self.matched[wanted] = Some(live);
    }

    fn error(&mut self, wanted: &DesiredWebhook, code: FindingCode, message: String) {
        self.findings.push(Finding::error(code, wanted.span, message));
    }

    /// The webhooks of this name that no table has claimed yet.
    fn free(&self, name: &str) -> Vec<usize> {
        self.by_name.get(name).into_iter().flatten().copied().filter(|index| !self.claimed[*index]).collect()
    }

    fn ids(&self, found: &[usize]) -> String {
        found.iter().map(|index| self.live[*index].webhook.id().to_string()).collect::<Vec<_>>().join(" and ")
    }

    fn match_ids(&mut self) {
        for (index, wanted) in self.wanted.iter().enumerate() {
            let Some(id) = wanted.id else { continue };
            match self.by_id.get(&id) {
                Some(live) => self.claim(index, *live),
                // It is gone already.
                None if wanted.absent => {}
                None => {
                    let message =
                        format!("the server has no webhook with id {id}; remove {} to create a new webhook", field::ID);
                    self.error(wanted, FindingCode::Missing, message);
                }
            }
        }
    }

    /// A renamed webhook: the one of the former name, or the one of the new name if it is renamed already.
    fn match_former_names(&mut self) {
        let mut open: Vec<usize> = (0..self.wanted.len())
            .filter(|index| self.wanted[*index].id.is_none() && self.wanted[*index].was.is_some())
            .collect();
        // A name that one renaming frees may be another's new name, so the plain cases go first, until none is left.
        loop {
            let before = open.len();
            open.retain(|index| {
                let (new, former) = self.names(*index);
                let is_plain = new.is_empty() && former.len() == 1;
                if is_plain {
                    self.claim(*index, former[0]);
                }
                !is_plain
            });
            if open.len() == before {
                break;
            }
        }
        for index in open {
            let wanted = &self.wanted[index];
            let former_name = wanted.was.as_deref().unwrap_or_default();
            let (new, former) = self.names(index);
            let reused =
                || self.wanted.iter().any(|other| other.id.is_none() && other.name.as_deref() == Some(former_name));
            match (new.as_slice(), former.as_slice()) {
                ([], []) => {}
                ([new], []) => self.claim(index, *new),
                ([new], [_]) if reused() => self.claim(index, *new),
                ([new], [former]) => {
                    let message = format!(
                        "the server has both '{}' (id {}) and '{former_name}' (id {}); remove 'was' if the renaming is done, or pin the webhook with its id",
                        wanted.label,
                        self.live[*new].webhook.id(),
                        self.live[*former].webhook.id()
                    );
                    self.error(wanted, FindingCode::Ambiguous, message);
                }
                (new, former) => {
                    let name = if new.len() > 1 { wanted.name.as_deref().unwrap_or_default() } else { former_name };
                    let ids = self.ids(if new.len() > 1 { new } else { former });
                    self.error(wanted, FindingCode::Ambiguous, several(name, &ids));
                }
            }
        }
    }

    /// Free webhooks of the new and of the former name.
    fn names(&self, index: usize) -> (Vec<usize>, Vec<usize>) {
        let wanted = &self.wanted[index];
        let free = |name: &Option<String>| name.as_deref().map(|name| self.free(name)).unwrap_or_default();
        let former = wanted.was.as_deref().filter(|was| Some(*was) != wanted.name.as_deref());
        (free(&wanted.name), free(&former.map(str::to_owned)))
    }

    fn match_names(&mut self) {
        for (index, wanted) in self.wanted.iter().enumerate() {
            if wanted.id.is_some() || wanted.was.is_some() {
                continue;
            }
            let Some(name) = &wanted.name else {
                self.error(
                    wanted,
                    FindingCode::Missing,
                    "a webhook without a name needs the id of the webhook that it is".into(),
                );
                continue;
            };
            match self.free(name).as_slice() {
                [] => {}
                [live] => self.claim(index, *live),
                found => {
                    let ids = self.ids(found);
                    self.error(wanted, FindingCode::Ambiguous, several(name, &ids));
                }
            }
        }
    }
}

fn several(name: &str, ids: &str) -> String {
    format!("the server has several webhooks called '{name}', with the ids {ids}; pin the one that is meant: id = …")
}
