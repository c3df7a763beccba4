//! The scripted server for tests in other languages: commands on standard input, their results on standard output, one line
//! of JSON each. One process holds many servers. It ends when its standard input closes, so it never outlives a test.
//!
//! | command | result |
//! | --- | --- |
//! | `{"start": {"script": {"exchange": […]}}}` or `{"start": {"script": {"rules": […]}}}` | `{"server": 0, "url": "http://…"}` |
//! | `{"state": {"server": 0, "from": 0}}` | `requests` (from that number on), `closed`, `connections`, `open`, `most_open` |
//! | `{"script": {"server": 0, "script": …}}` | `{}`; the server goes on with another script |
//! | `{"release": {"server": 0}}` | `{}`; answers that are `held` are sent |
//! | `{"stop": {"server": 0}}` | `{"problems": […]}`; all connections are closed |

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, Write};

use scripted_server::{Script, Scripted};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Command {
    Start {
        script: Script,
        #[serde(default = "yes")]
        keep: bool,
    },
    State {
        server: usize,
        from: usize,
    },
    Script {
        server: usize,
        script: Script,
    },
    Release {
        server: usize,
    },
    Stop {
        server: usize,
    },
}

fn yes() -> bool {
    true
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut servers: Vec<Option<Scripted>> = Vec::new();
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let result = serde_json::from_str(&line)
            .map_err(|problem| problem.to_string())
            .and_then(|command| run(command, &mut servers, &runtime))
            .unwrap_or_else(|problem| json!({"error": problem}));
        if writeln!(output, "{result}").and_then(|()| output.flush()).is_err() {
            break;
        }
    }
    runtime.shutdown_background();
}

fn run(
    command: Command,
    servers: &mut Vec<Option<Scripted>>,
    runtime: &tokio::runtime::Runtime,
) -> Result<Value, String> {
    let find = |number: usize| {
        servers.get(number).and_then(Option::as_ref).ok_or_else(|| format!("no server {number} is running"))
    };
    Ok(match command {
        Command::Start { script, keep } => {
            let scripted = runtime.block_on(Scripted::start(script, keep));
            let started = json!({"server": servers.len(), "url": scripted.server.url});
            servers.push(Some(scripted));
            started
        }
        Command::State { server, from } => {
            let server = &find(server)?.server;
            json!({
                "requests": server.requests_from(from),
                "closed": server.closed(),
                "connections": server.connections(),
                "open": server.open(),
                "most_open": server.most_open(),
            })
        }
        Command::Script { server, script } => {
            find(server)?.go_on_with(script);
            json!({})
        }
        Command::Release { server } => {
            find(server)?.server.release();
            json!({})
        }
        Command::Stop { server } => {
            let problems = find(server)?.problems();
            servers[server] = None;
            json!({"problems": problems})
        }
    })
}
