//! The name of a plan: everything that it would send and what that is based on, as one hash.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::item::{Item, Step, basis};
use crate::redact::Place;
use crate::value::{Member, Node, Value};

/// Bytes of the digest that are written: 128 bits name a plan.
const BYTES: usize = 16;
/// What the key of a secret's hash begins with.
const DOMAIN: &str = "blynk-webhooks-plan-v1";

/// The digest of a plan's changes; webhooks that do not change do not count. Secrets are in it only as keyed hashes.
pub(crate) fn of(items: &[Item], server: Option<&str>, org: Option<i32>) -> String {
    let mut lines: Vec<String> = items.iter().filter(|item| item.action.is_change()).map(line).collect();
    lines.sort();
    let mut hash = Sha256::new();
    hash.update(format!("{DOMAIN}\n{:?}\n{org:?}\n", server.map(|server| server.trim_end_matches('/'))));
    for line in lines {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hex(&hash.finalize()[..BYTES])
}

fn line(item: &Item) -> String {
    // JSON on one line, so that no name can imitate the end of one.
    let mut line = format!("{} {:?} {}", item.action.as_str(), item.id, Value::String(item.name.clone()).to_json());
    for (part, fields) in basis(item) {
        let sealed = fields.iter().map(|member| {
            let key = format!("{DOMAIN}\n{}\n{}", item.name, member.name);
            Member::of(&member.name, sealed(Place::of_field(&member.name), &member.node, &key))
        });
        let _ = write!(line, " {part} {}", Value::Object(sealed.collect()).canonical());
    }
    if let Step::Create { status: Some(status), .. } = &item.step {
        let _ = write!(line, " status {}", Value::String(status.clone()).to_json());
    }
    if let Step::Update { resend: true, .. } = &item.step {
        line.push_str(" resend");
    }
    line
}

/// A value with keyed hashes in the place of secrets.
fn sealed(place: Place, node: &Node, key: &str) -> Node {
    Node::of(match &node.value {
        Value::Secret(text) => Value::String(keyed_hash(key, text)),
        Value::String(text) if place.is_secret() => Value::String(keyed_hash(key, text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| sealed(place, item, key)).collect()),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|member| {
                    let key = format!("{key}\n{}", member.name);
                    Member::of(&member.name, sealed(place.member(&member.name), &member.node, &key))
                })
                .collect(),
        ),
        other => other.clone(),
    })
}

fn keyed_hash(key: &str, secret: &str) -> String {
    // Any length of key is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(secret.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
