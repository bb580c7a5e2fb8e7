//! `session rm`: removes sessions.

use clap::Args;
use proto::v1::RemoveRequest;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::words;

/// Remove sessions.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  agentctl session rm fix\n  agentctl session rm S1 S2 --force\n\nA workspace that was given with --workspace is never deleted; one that agentd made goes with its session."
)]
pub(crate) struct RmArgs {
    /// Ids, unique id prefixes, or names of sessions
    #[arg(value_name = "S", required = true, add = complete::sessions())]
    sessions: Vec<String>,
    /// Also while a turn is open, which is cancelled first
    #[arg(long, short)]
    force: bool,
}

pub(crate) async fn run(args: RmArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let mut sessions = context.client().await?.sessions();
    let mut removed = Vec::new();
    let mut first_failure = None;
    for session in args.sessions {
        match sessions.remove(timed(RemoveRequest { session, force: args.force })).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                context.ui.note(&format!("removed session {}", words::short_id(&answer.session)))?;
                removed.push(answer);
            }
            Err(status) => {
                // The others are removed all the same; the exit code is that of the first failure.
                let code = context.ui.failure(&status.into());
                first_failure.get_or_insert(code);
            }
        }
    }
    if context.ui.is_json() {
        context.ui.json(&removed)?;
    }
    Ok(first_failure.map_or(Exit::DONE, Exit::with))
}
