//! `man`: the manual, made from what the help says.

use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;
use proto::reason::Reason;
use serde_json::json;

use crate::cli::Cli;
use crate::context::Context;
use crate::error::{CommandError, Exit};

const AFTER_HELP: &str = "\
Examples:
  agentctl man | man -l -
  agentctl man container exec | man -l -
  agentctl man --dir ~/.local/share/man/man1     every page; then: man agentctl-chat";

/// Print the manual.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ManArgs {
    /// The command whose page is printed; left out: that of agentctl itself
    #[arg(value_name = "COMMAND", num_args = 0..)]
    command: Vec<String>,
    /// Write every page into this directory instead
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, conflicts_with = "command")]
    dir: Option<PathBuf>,
}

/// One page.
struct Page {
    file: String,
    roff: Vec<u8>,
}

pub(crate) fn run(args: &ManArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let Some(dir) = &args.dir else {
        let wanted = std::iter::once("agentctl").chain(args.command.iter().map(String::as_str));
        let file = wanted.collect::<Vec<_>>().join("-") + ".1";
        let page = pages()?.into_iter().find(|page| page.file == file).ok_or_else(|| {
            CommandError::usage(format!("there is no command {}", args.command.join(" ")))
                .hinted("agentctl --help lists what there is")
        })?;
        if context.ui.is_json() {
            context.ui.json(&json!({ "file": page.file, "roff": String::from_utf8_lossy(&page.roff) }))?;
        } else {
            context.ui.out_bytes(&page.roff)?;
        }
        return Ok(Exit::DONE);
    };
    let written = write(dir)?;
    if context.ui.is_json() {
        context.ui.json(&written)?;
    } else {
        for path in written {
            context.ui.out_foreign(&format!("{path}\n"))?;
        }
    }
    Ok(Exit::DONE)
}

/// Writes every page; gives their paths.
fn write(dir: &Path) -> Result<Vec<String>, CommandError> {
    let failed = |path: &Path, error: std::io::Error| {
        CommandError::new(Reason::FileOperation, format!("{} cannot be written: {error}", path.display()))
    };
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
    let mut written = Vec::new();
    for page in pages()? {
        let path = dir.join(&page.file);
        std::fs::write(&path, &page.roff).map_err(|error| failed(&path, error))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

/// A page for agentctl and for each of its commands.
fn pages() -> Result<Vec<Page>, CommandError> {
    let mut root = Cli::command().disable_help_subcommand(true);
    // Gives global options and full names to all that is below.
    root.build();
    let mut pages = Vec::new();
    collect(&root, "agentctl", &mut pages)
        .map_err(|error| CommandError::internal("the manual cannot be made", &error))?;
    Ok(pages)
}

fn collect(command: &clap::Command, name: &str, pages: &mut Vec<Page>) -> std::io::Result<()> {
    let mut roff = Vec::new();
    let about = concat!("agentctl ", env!("CARGO_PKG_VERSION"));
    Man::new(command.clone().display_name(name)).title(name).source(about).manual("agentctl").render(&mut roff)?;
    pages.push(Page { file: format!("{name}.1"), roff });
    for below in command.get_subcommands() {
        collect(below, &format!("{name}-{}", below.get_name()), pages)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_options_and_examples() {
        let dir = tempfile::tempdir().unwrap();
        let written = write(dir.path()).unwrap();
        assert!(written.len() > 40, "{written:?}");
        let page = std::fs::read_to_string(dir.path().join("agentctl-container-exec.1")).unwrap();
        for part in ["agentctl\\-container\\-exec", ".SH OPTIONS", "Examples", "\\-\\-socket"] {
            assert!(page.contains(part), "{part} is missing:\n{page}");
        }
        assert!(!page.contains('\u{1b}'), "colours are for terminals");
    }
}
