//! `credentials`: the page about where credentials come from.

use serde_json::json;

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;

/// Where credentials come from.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_: &Args, context: &Context) -> Result<Exit> {
    match context.out.is_json() {
        true => context.out.json([("text", json!(PAGE).into())]),
        false => context.out.line(PAGE),
    }
    Ok(Exit::Done)
}

pub(super) const PAGE: &str = "\
Where credentials come from. The first that is set is used; whoami shows which one that is:

  1. Flags that name an environment variable or a file:
     --token-env NAME, --token-file FILE, --client-secret-env NAME, --client-secret-file FILE.
     No flag takes the secret itself: other users of the machine can read command lines.
  2. The environment: BLYNK_TOKEN, or BLYNK_CLIENT_ID and BLYNK_CLIENT_SECRET.
  3. The profile's credential_command: a program that prints the secret and nothing else. It is stopped after
     credential_timeout seconds (default: 30). Without a terminal, its input is empty.
  4. The profile's credential_file. A file that other users can read is refused: chmod 600.

With a client id, the secret is that of the OAuth2 client; without one, it is a token.

Server, organization and client id are found in the same order, each on its own: --server, --org and
--client-id; BLYNK_BASE_URL, BLYNK_ORG_ID and BLYNK_CLIENT_ID; the profile. The profile is that of --profile,
of BLYNK_PROFILE, or of `profile use`. The program never writes a secret or a token to a disk.

Programs that print a secret, for `profile add NAME --credential-command COMMAND`:
  1Password       op read op://VAULT/ITEM/FIELD
  pass            pass show blynk/production | head -n 1
  SOPS            sops decrypt --extract '[\"blynk\"][\"secret\"]' secrets.yaml
  GNOME, KDE      secret-tool lookup service blynk account production
  macOS           security find-generic-password -s blynk -a production -w

Other variables: BLYNK_LOOPBACK_ONLY=1 refuses every server except this machine; NO_COLOR turns colours off;
HTTPS_PROXY and NO_PROXY name a proxy.";
