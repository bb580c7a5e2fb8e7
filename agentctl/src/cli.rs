//! What can be typed: the global options and the tree of commands.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, ValueEnum};

use crate::commands::Command;
use crate::ui::Format;

const AFTER_HELP: &str = "\
Examples:
  S=$(agentctl session new --workspace .)
  agentctl chat $S \"write hello.py\" > answer.txt
  agentctl resume $S continue
  agentctl -o json events $S | jq .type

Sessions are named by id, by unique id prefix, or by name.
Answers go to stdout, everything else to stderr. With -o json an error is one line {\"error\":{code,message,hint}} on stderr.

Exit codes:
  0 done                    4 refused by policy, quota or budget
  1 failed                  5 no such session, call, container or image
  2 usage                   6 daemon, engine or model endpoint not reachable
  3 an approval waits       124 timeout, 130 interrupted, 141 stdout was closed";

/// Talk to agents that work in hardened sandboxes, and look after their sessions.
#[derive(Debug, Parser)]
#[command(name = "agentctl", version, after_help = AFTER_HELP, max_term_width = 120)]
pub(crate) struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// The daemon's socket [env: AGENTD_SOCKET]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Shape of what goes to stdout; json is one object for a thing, one array for a list, one line per event for a stream
    #[arg(short, long, global = true, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub(crate) output: Format,
    /// Only answers and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Do not start agentd when it is not running
    #[arg(long, global = true, env = "AGENTCTL_NO_AUTOSTART", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub(crate) no_autostart: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether the arguments ask for JSON. Needed where they cannot be parsed, so that even that error has the shape asked for.
pub(crate) fn asks_for_json(args: &[OsString]) -> bool {
    let words: Vec<_> = args.iter().map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--").collect();
    words.iter().any(|word| matches!(word.as_ref(), "-ojson" | "-o=json" | "--output=json"))
        || words.windows(2).any(|pair| matches!(pair[0].as_ref(), "-o" | "--output") && pair[1] == "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_how_it_is_used() {
        use clap::CommandFactory as _;
        fn without(command: &clap::Command, path: &str, found: &mut Vec<String>) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            // An example is a line that a person could type.
            if !help
                .split("Examples:\n")
                .nth(1)
                .is_some_and(|rest| rest.lines().next().unwrap_or_default().contains(path))
            {
                found.push(path.to_owned());
            }
            for below in command.get_subcommands() {
                without(below, &format!("{path} {}", below.get_name()), found);
            }
        }
        let mut found = Vec::new();
        for command in Cli::command().get_subcommands() {
            without(command, command.get_name(), &mut found);
        }
        assert!(found.is_empty(), "the help of these has no example in its first line: {found:?}");
    }

    #[test]
    fn json_is_seen_in_arguments_that_do_not_parse() {
        let asks = |line: &str| asks_for_json(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(asks("agentctl -o json nonsense"));
        assert!(asks("agentctl nonsense --output=json"));
        assert!(asks("agentctl -ojson"));
        assert!(!asks("agentctl -o text json"));
        assert!(!asks("agentctl chat S -- -o json"));
    }
}
