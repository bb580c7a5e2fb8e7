//! `approvals`: what waits for an answer.

use clap::Args;

use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::approval;
use crate::turn::waiting;

/// Show every call that waits for an approval.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  agentctl approvals\n  agentctl approvals S\n  agentctl -o json approvals | jq '.[] | {session, call, tool}'\n\nArguments are shown in full, with every character that a terminal would hide."
)]
pub(crate) struct ApprovalsArgs {
    /// Id, unique id prefix, or name of a session; left out: all sessions
    #[arg(value_name = "S", add = complete::sessions())]
    session: Option<String>,
}

pub(crate) async fn run(args: ApprovalsArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let waiting = waiting::all(context, args.session.as_deref().unwrap_or_default()).await?;
    if context.ui.is_json() {
        context.ui.json(&waiting)?;
    } else if waiting.is_empty() {
        context.ui.note("nothing waits")?;
    } else {
        let colors = context.ui.out_colors();
        for call in &waiting {
            context.ui.out_line(&approval::full(call, colors))?;
        }
        for session in sessions(&waiting) {
            context.ui.note(&format!("answer with: agentctl resume {session} continue|cancel"))?;
        }
    }
    Ok(Exit::DONE)
}

/// The sessions that wait, each once, in the order of their first call.
fn sessions(waiting: &[proto::v1::Approval]) -> Vec<String> {
    let mut sessions: Vec<String> = Vec::new();
    for call in waiting {
        let session = crate::render::words::short_id(&call.session);
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    sessions
}
