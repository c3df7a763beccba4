//! `whoami`: which settings count, where each comes from, and whether the server takes them.

use std::fmt::Display;

use serde_json::json;

use crate::context::Context;
use crate::credentials::{Connection, Setting};
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::json::Tree;
use crate::output::{style, styled, visible};

/// Show the server, organization and credentials, where each comes from, and check them with one call.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks whoami
  blynk-webhooks whoami --profile staging --json
  blynk-webhooks whoami --offline

Exit code: 4 if there are no credentials or the server refuses them.")]
pub struct Args {
    /// Make no call and read no secret
    #[arg(long)]
    offline: bool,
}

pub(super) async fn run(args: Args, context: &Context) -> Result<Exit> {
    let connection = context.connection()?;
    let proof = match args.offline {
        true => None,
        false => Some(prove(&connection, context).await),
    };
    let out = &context.out;
    if out.is_json() {
        let webhooks = proof.as_ref().map(|proof| proof.as_ref().ok());
        let mut document = as_json(&connection);
        if let Some(webhooks) = webhooks {
            document.push(("accepted", json!(webhooks.is_some()).into()));
            document.extend(webhooks.map(|count| ("webhooks", json!(count).into())));
        }
        out.json(document);
    } else {
        as_text(&connection).into_iter().for_each(|line| out.line(line));
        if let Some(Ok(count)) = &proof {
            let count = format!("accepted by the server; {count} webhook{}", if *count == 1 { "" } else { "s" });
            out.line(line("proof", styled(style::GOOD, count)));
        }
    }
    match proof {
        Some(Err(problem)) => Err(problem),
        _ => Ok(Exit::Done),
    }
}

/// How many webhooks these credentials reach.
async fn prove(connection: &Connection, context: &Context) -> Result<usize, CliError> {
    Ok(connection.client(&context.out).await?.list().await?.len())
}

fn line(name: &str, value: impl Display) -> String {
    format!("{name:13} {value}")
}

fn as_text(connection: &Connection) -> Vec<String> {
    fn setting<T: Display>(name: &str, setting: &Option<Setting<T>>, absent: &str) -> String {
        line(
            name,
            match setting {
                Some(setting) => {
                    let source = styled(style::FAINT, format_args!("({})", setting.source));
                    format!("{} {source}", visible(&setting.value.to_string()))
                }
                None => absent.into(),
            },
        )
    }
    let server = Setting { value: connection.shown_server(), source: connection.server.source.clone() };
    vec![
        setting("server", &Some(server), ""),
        setting("organization", &connection.org, "that of the credentials"),
        setting("profile", &connection.profile, "none"),
        setting("client id", &connection.client_id, "none"),
        line(
            "credential",
            match connection.secret() {
                Some((kind, source)) => format!("{} from {source}", kind.as_str()),
                None => "none".into(),
            },
        ),
    ]
}

fn as_json(connection: &Connection) -> Vec<(&'static str, Tree)> {
    fn setting<T: serde::Serialize>(setting: &Setting<T>) -> Tree {
        json!({"value": setting.value, "source": setting.source.to_string()}).into()
    }
    let server = Setting { value: connection.shown_server(), source: connection.server.source.clone() };
    let mut members = vec![("server", setting(&server))];
    members.extend(connection.org.as_ref().map(|org| ("org", setting(org))));
    members.extend(connection.profile.as_ref().map(|profile| ("profile", setting(profile))));
    members.extend(connection.client_id.as_ref().map(|id| ("clientId", setting(id))));
    members.extend(
        connection
            .secret()
            .map(|(kind, source)| ("credential", json!({"kind": kind.as_str(), "source": source.to_string()}).into())),
    );
    members
}
