//! `session list`: all sessions.

use clap::Args;
use proto::v1::ListRequest;

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::session;

/// List all sessions.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  agentctl session list\n  agentctl session list --all          with sub-agents\n  agentctl -o json session list | jq -r '.[].id'"
)]
pub(crate) struct ListArgs {
    /// Also sub-agents: sessions that another session started
    #[arg(long)]
    all: bool,
}

pub(crate) async fn run(args: ListArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let answer = context.client().await?.sessions().list(timed(ListRequest { subagents: args.all })).await?;
    let sessions = answer.into_inner().sessions;
    if context.ui.is_json() {
        context.ui.json(&sessions)?;
    } else if sessions.is_empty() {
        context.ui.note("no sessions yet; make one with: agentctl session new")?;
    } else {
        context.ui.out(&session::list(&sessions))?;
    }
    Ok(Exit::DONE)
}
