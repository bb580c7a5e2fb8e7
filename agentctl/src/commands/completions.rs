//! `completions`: scripts that teach a shell what can be typed.

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::aot::{self, Generator};

use crate::cli::Cli;
use crate::context::Context;
use crate::error::{CommandError, Exit};

/// Print a completion script.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  agentctl completions bash > ~/.local/share/bash-completion/completions/agentctl
  agentctl completions zsh > \"${fpath[1]}/_agentctl\"
  agentctl completions fish > ~/.config/fish/completions/agentctl.fish

These know commands and options. To complete names of sessions too, let the shell ask agentctl itself:
  source <(COMPLETE=bash agentctl)")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// The shells with a script in `completions/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(crate) fn run(args: &CompletionsArgs, context: &mut Context) -> Result<Exit, CommandError> {
    context.ui.out(&args.shell.script())?;
    Ok(Exit::DONE)
}

impl Shell {
    fn script(self) -> String {
        match self {
            Self::Bash => generated(aot::Bash),
            Self::Zsh => generated(aot::Zsh),
            Self::Fish => generated(aot::Fish),
        }
    }
}

fn generated(shell: impl Generator) -> String {
    let mut script = Vec::new();
    aot::generate(shell, &mut Cli::command(), "agentctl", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_in_the_repository_are_current() {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../completions");
        for (shell, word, file) in [
            (Shell::Bash, "bash", "agentctl.bash"),
            (Shell::Zsh, "zsh", "_agentctl"),
            (Shell::Fish, "fish", "agentctl.fish"),
        ] {
            let kept = std::fs::read_to_string(directory.join(file)).unwrap_or_default();
            assert!(
                kept == shell.script(),
                "completions/{file} is not current; write it anew: cargo run -p agentctl -- completions {word} > completions/{file}"
            );
        }
    }

    #[test]
    fn a_script_that_bash_reads_offers_the_commands() {
        let root = tempfile::tempdir().unwrap();
        let script = root.path().join("agentctl.bash");
        let ask = "\nCOMP_WORDS=(agentctl container ex); COMP_CWORD=2; _agentctl agentctl ex container; echo \"${COMPREPLY[@]}\"";
        std::fs::write(&script, Shell::Bash.script() + ask).unwrap();
        let output = std::process::Command::new("bash").arg(&script).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "exec", "{output:?}");
    }
}
