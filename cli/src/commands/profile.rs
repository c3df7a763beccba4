//! `profile`: names for servers, organizations and credentials.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::json::Tree;
use crate::output::visible;
use crate::process::CommandLine;
use crate::profiles::{Profile, Profiles};
use crate::table::table;
use blynk_webhooks::bindings::without_credentials;

/// Manage profiles: named servers, organizations and credentials.
///
/// A profile contains the server, the organization, the client id, and where the secret is, never the secret itself. Profiles are in
/// profiles.toml in $XDG_CONFIG_HOME/blynk-webhooks or ~/.config/blynk-webhooks, on Windows in %APPDATA%\blynk-webhooks.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a profile
    #[command(after_help = ADD_HELP)]
    Add(AddArgs),
    /// Show the names of all profiles
    #[command(after_help = "Examples:\n  blynk-webhooks profile list\n  blynk-webhooks profile list --json")]
    List,
    /// Show one profile
    #[command(after_help = "Examples:\n  blynk-webhooks profile show\n  blynk-webhooks profile show staging --json")]
    Show {
        /// Name [default: the current profile]
        name: Option<String>,
    },
    /// Make a profile the current one
    #[command(after_help = "Example:\n  blynk-webhooks profile use production")]
    Use {
        /// Name
        name: String,
    },
    /// Remove a profile
    #[command(after_help = "Example:\n  blynk-webhooks profile remove staging")]
    Remove {
        /// Name
        name: String,
    },
}

const ADD_HELP: &str = "\
Examples:
  blynk-webhooks profile add production --server https://fra1.blynk.cloud --org 101 --client-id oa2-client-id_1 \\
      --credential-command 'op read op://Infra/blynk/secret' --use
  blynk-webhooks profile add emulator --server http://127.0.0.1:8080 --client-id id --credential-file ~/.blynk-secret

Programs that print a secret:
  1Password       op read op://VAULT/ITEM/FIELD
  pass            pass show blynk/production | head -n 1
  SOPS            sops decrypt --extract '[\"blynk\"][\"secret\"]' secrets.yaml
  GNOME, KDE      secret-tool lookup service blynk account production
  macOS           security find-generic-password -s blynk -a production -w";

/// What `profile add` takes in addition to --server, --org, --client-id, --ca-file and --allow-http.
#[derive(Debug, clap::Args)]
struct AddArgs {
    /// Name
    name: String,

    /// Shell command that prints the client secret, or a token if there is no client id
    #[arg(long, value_name = "COMMAND", conflicts_with = "credential_file")]
    credential_command: Option<String>,

    /// Time for that command, in seconds [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = crate::args::seconds)]
    credential_timeout: Option<Duration>,

    /// File with the secret, readable by its owner only
    #[arg(long, value_name = "FILE")]
    credential_file: Option<PathBuf>,

    /// Make it the current profile; the first profile always is
    #[arg(long = "use")]
    make_default: bool,

    /// Replace the profile of this name
    #[arg(long)]
    replace: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<Exit> {
    match args.action {
        Action::Add(args) => add(args, context),
        Action::List => list(context),
        Action::Show { name } => show(name, context),
        Action::Use { name } => {
            let mut profiles = Profiles::load()?;
            profiles.set_default(&name)?;
            profiles.save()?;
            context.out.note(format_args!("Profile '{}' is the current profile.", visible(&name)));
            changed("use", &name, context);
            Ok(Exit::Done)
        }
        Action::Remove { name } => {
            let mut profiles = Profiles::load()?;
            let was_default = profiles.default_name() == Some(name.as_str());
            profiles.remove(&name)?;
            profiles.save()?;
            context.out.note(format_args!("Removed profile '{}'.", visible(&name)));
            if was_default {
                context.out.note("It was the current profile; now there is no current profile.");
            }
            changed("removed", &name, context);
            Ok(Exit::Done)
        }
    }
}

fn changed(what: &'static str, name: &str, context: &Context) {
    if context.out.is_json() {
        context.out.json([(what, json!(name).into())]);
    }
}

fn add(args: AddArgs, context: &Context) -> Result<Exit> {
    let name = args.name.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(CliError::usage("the name of a profile can contain letters, digits, '-', '_' and '.'"));
    }
    let flags = &context.global.connection;
    if flags.token_env.is_some()
        || flags.token_file.is_some()
        || flags.client_secret_env.is_some()
        || flags.client_secret_file.is_some()
    {
        return Err(CliError::usage(
            "a profile does not contain the secret: say where it is with --credential-command or --credential-file",
        ));
    }
    if args.credential_timeout.is_some() && args.credential_command.is_none() {
        return Err(CliError::usage("--credential-timeout is the time for --credential-command; pass that too"));
    }
    if let Some(server) = &flags.server {
        let mut check = blynk_webhooks::Client::builder().base_url(server).token("check");
        if flags.allow_http {
            check = check.allow_http(true);
        }
        check.build().map_err(CliError::from)?;
    }
    let profile = Profile {
        server: flags.server.clone(),
        org: flags.org,
        client_id: flags.client_id.clone(),
        credential_command: args.credential_command.map(CommandLine::Shell),
        credential_timeout: args.credential_timeout,
        credential_file: args.credential_file.map(|path| std::path::absolute(&path).unwrap_or(path)),
        ca_file: flags.ca_file.as_ref().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone())),
        allow_http: flags.allow_http.then_some(true),
    };
    let mut profiles = Profiles::load()?;
    let names = profiles.names();
    if names.iter().any(|known| known == name) && !args.replace {
        return Err(CliError::refused(format!("profile '{name}' already exists; pass --replace to replace it")));
    }
    profiles.set(name, &profile)?;
    // What was written is read again, so that no profile is kept that cannot be used.
    profiles.get(name)?;
    if args.make_default || names.is_empty() {
        profiles.set_default(name)?;
    }
    profiles.save()?;
    context.out.note(format_args!("Profile '{name}' is in {}.", visible(&profiles.file().to_string_lossy())));
    if profiles.default_name() == Some(name) {
        context.out.note("It is the current profile; blynk-webhooks whoami checks it.");
    }
    changed("added", name, context);
    Ok(Exit::Done)
}

fn list(context: &Context) -> Result<Exit> {
    let profiles = Profiles::load()?;
    let names = profiles.names();
    if context.out.is_json() {
        let all = names.iter().map(|name| described(&profiles, name)).collect::<Result<Vec<_>>>()?;
        let mut members = vec![("profiles", Tree::Array(all))];
        members.extend(profiles.default_name().map(|name| ("default", json!(name).into())));
        context.out.json(members);
        return Ok(Exit::Done);
    }
    if names.is_empty() {
        context.out.note("No profiles; add one with blynk-webhooks profile add NAME.");
        return Ok(Exit::Done);
    }
    let mut rows = Vec::new();
    for name in &names {
        let profile = profiles.get(name)?;
        rows.push([
            if profiles.default_name() == Some(name) { "*".into() } else { String::new() },
            visible(name),
            visible(&without_credentials(profile.server.as_deref().unwrap_or("-"))),
            profile.org.map_or("-".into(), |org| org.to_string()),
            visible(profile.client_id.as_deref().unwrap_or("-")),
        ]);
    }
    table(["", "NAME", "SERVER", "ORG", "CLIENT ID"], &rows).into_iter().for_each(|line| context.out.line(line));
    Ok(Exit::Done)
}

fn show(name: Option<String>, context: &Context) -> Result<Exit> {
    let profiles = Profiles::load()?;
    let connection = &context.global.connection;
    let variable = std::env::var(crate::credentials::PROFILE_VARIABLE).ok().filter(|name| !name.is_empty());
    let chosen = name.or_else(|| connection.profile.clone()).or(variable);
    let chosen = chosen.or_else(|| profiles.default_name().map(str::to_owned));
    let Some(name) = chosen else {
        return Err(CliError::usage("there is no current profile; name one, or choose one with profile use"));
    };
    let shown = described(&profiles, &name)?;
    match (&shown, context.out.is_json()) {
        (_, true) => context.out.json([("profile", shown)]),
        (Tree::Object(members), false) => {
            for (name, value) in members {
                let text = value.as_text().unwrap_or_else(|| value.to_text());
                context.out.line(format_args!("{name:18}  {}", visible(&text)));
            }
        }
        _ => {}
    }
    Ok(Exit::Done)
}

/// A profile with the names of its file.
fn described(profiles: &Profiles, name: &str) -> Result<Tree> {
    let profile = profiles.get(name)?;
    let path = |path: PathBuf| json!(path.to_string_lossy());
    let command = profile.credential_command.map(|command| match command {
        CommandLine::Shell(line) => json!(line),
        CommandLine::Program(words) => json!(words),
    });
    let members = [
        ("name", Some(json!(name))),
        ("server", profile.server.map(|server| json!(without_credentials(&server)))),
        ("org", profile.org.map(|org| json!(org))),
        ("client_id", profile.client_id.map(|id| json!(id))),
        ("credential_command", command),
        ("credential_timeout", profile.credential_timeout.map(|limit| json!(limit.as_secs_f64()))),
        ("credential_file", profile.credential_file.map(path)),
        ("ca_file", profile.ca_file.map(path)),
        ("allow_http", profile.allow_http.map(|allow| json!(allow))),
    ];
    let present = members.into_iter().filter_map(|(name, value)| Some((name, Tree::from(value?))));
    Ok(Tree::object(present))
}
