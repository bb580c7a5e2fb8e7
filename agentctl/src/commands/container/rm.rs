//! `container rm`: removes containers, never workspaces.

use clap::Args;
use proto::v1::RemoveContainerRequest;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::words;

/// Remove containers.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agentctl container rm S\n  agentctl container rm S1 S2 --force")]
pub(crate) struct RmArgs {
    /// The sessions whose containers go: id, unique id prefix, or name
    #[arg(required = true, value_name = "SESSION", add = complete::sessions())]
    sessions: Vec<String>,
    /// Also while a turn is running in it
    #[arg(short, long)]
    force: bool,
}

pub(crate) async fn run(args: RmArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let mut client = context.client().await?.sandboxes();
    let mut removed = Vec::new();
    for session in args.sessions {
        let request = timed(RemoveContainerRequest { session, force: args.force });
        let answer = client.remove(request).await?.into_inner();
        if !context.ui.is_json() {
            context.ui.note(&format!("removed the container of session {}", words::short_id(&answer.session)))?;
        }
        removed.push(answer);
    }
    if context.ui.is_json() {
        context.ui.json(&removed)?;
    }
    Ok(Exit::DONE)
}
