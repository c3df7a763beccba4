//! `completions` and `man`: made of the command line's own declaration.

use std::fs;
use std::path::PathBuf;

use clap_complete::Shell;
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::input::shown;

const NAME: &str = "blynk-webhooks";

/// Print a script that completes the command line in a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bash        blynk-webhooks completions bash > ~/.local/share/bash-completion/completions/blynk-webhooks
  zsh         blynk-webhooks completions zsh > \"${fpath[1]}/_blynk-webhooks\"
  fish        blynk-webhooks completions fish > ~/.config/fish/completions/blynk-webhooks.fish
  PowerShell  blynk-webhooks completions powershell >> $PROFILE")]
pub struct CompletionsArgs {
    /// Shell
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs, mut program: clap::Command, context: &Context) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, NAME, &mut script);
    print(String::from_utf8_lossy(&script).trim_end(), context);
    Ok(Exit::Done)
}

/// Print the manual page of the program or of a command, or write all of them into a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  blynk-webhooks man | man -l -
  blynk-webhooks man profile add | man -l -
  blynk-webhooks man --dir ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Command, e.g. list
    command: Vec<String>,

    /// Folder for the pages of all commands
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

pub(super) fn man(args: &ManArgs, mut program: clap::Command, context: &Context) -> Result<Exit> {
    // So that each command knows its full name and the options that all have.
    program.build();
    if let Some(folder) = &args.dir {
        let failed = |cause: std::io::Error| CliError::failure(format!("{}: {cause}", shown(folder)));
        fs::create_dir_all(folder).map_err(failed)?;
        let mut pages = Vec::new();
        collect(&program, &mut pages)?;
        for (name, page) in &pages {
            fs::write(folder.join(format!("{name}.1")), page).map_err(failed)?;
        }
        context.out.note(format_args!("{} pages are in {}.", pages.len(), shown(folder)));
        if context.out.is_json() {
            let names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
            context.out.json([("pages", json!(names).into())]);
        }
        return Ok(Exit::Done);
    }
    let mut command = &program;
    for word in &args.command {
        command = command
            .find_subcommand(word)
            .ok_or_else(|| CliError::usage(format!("there is no command '{}'", crate::output::visible(word))))?;
    }
    print(page(command)?.trim_end(), context);
    Ok(Exit::Done)
}

fn print(text: &str, context: &Context) {
    match context.out.is_json() {
        true => context.out.json([("text", json!(text).into())]),
        false => context.out.line(text),
    }
}

fn page(command: &clap::Command) -> Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|cause| CliError::failure(format!("cannot make the page: {cause}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn collect(command: &clap::Command, pages: &mut Vec<(String, String)>) -> Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    pages.push((name, page(command)?));
    // Nobody looks for a page of `help`.
    command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
        .try_for_each(|command| collect(command, pages))
}
