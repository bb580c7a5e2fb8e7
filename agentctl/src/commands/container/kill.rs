//! `container kill`: a signal to a process in a container.

use clap::Args;
use proto::v1::KillRequest;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};

/// Signals by the names that people use, with their numbers on Linux.
const SIGNALS: [(&str, u32); 14] = [
    ("HUP", 1),
    ("INT", 2),
    ("QUIT", 3),
    ("ABRT", 6),
    ("KILL", 9),
    ("USR1", 10),
    ("SEGV", 11),
    ("USR2", 12),
    ("PIPE", 13),
    ("ALRM", 14),
    ("TERM", 15),
    ("CONT", 18),
    ("STOP", 19),
    ("WINCH", 28),
];

/// Signal processes.
#[derive(Debug, Args)]
#[command(after_help = "\
`agentctl container top` shows the processes. What a command started ends with it; a running turn is ended by `agentctl stop`.

Examples:
  agentctl container kill fix 42
  agentctl container kill -s KILL fix 42 43")]
pub(crate) struct KillArgs {
    /// The signal, by name or number
    #[arg(short, long, default_value = "TERM", value_parser = number)]
    signal: u32,
    /// The session's id, unique id prefix, or name
    #[arg(add = complete::sessions())]
    session: String,
    /// The processes, by the numbers that `container top` shows
    #[arg(required = true, value_name = "PID")]
    pids: Vec<u32>,
}

fn number(text: &str) -> Result<u32, String> {
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let known = SIGNALS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
    let given = name.parse().ok().filter(|number| (1..=64).contains(number));
    known.or(given).ok_or_else(|| "give a signal like TERM, KILL or 9".to_owned())
}

pub(crate) async fn run(args: KillArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let mut client = context.client().await?.sandboxes();
    let mut answers = Vec::new();
    for pid in args.pids {
        let request = timed(KillRequest { session: args.session.clone(), pid, signal: args.signal });
        answers.push(client.kill(request).await?.into_inner());
    }
    if context.ui.is_json() {
        context.ui.json(&answers)?;
    }
    Ok(Exit::DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        assert_eq!(["TERM", "sigkill", "9", "Hup"].map(|text| number(text).unwrap()), [15, 9, 9, 1]);
        for wrong in ["", "0", "65", "SIG", "-9", "NOPE"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
