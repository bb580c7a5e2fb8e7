//! `run`: one task in a session of its own, for CI.

use clap::Args;
use proto::reason::exit;
use proto::v1::RemoveRequest;

use super::chat::{self, ChatOptions, Message};
use super::session::create::{self, SessionOptions};
use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

const AFTER_HELP: &str = "\
Examples:
  agentctl run \"fix the failing test\" --workspace . --approve none --timeout 30m
  agentctl run - --workspace . --on-interrupt fail < task.md > answer.txt
  agentctl run \"is the build reproducible?\" --workspace . --rm
  agentctl -o json run \"list the files\" | tail -n 1 | jq .data.status

The id of the session goes to stderr, so that what parked can be resumed; the rest is as with chat, the exit code too.
With --rm the session is removed when its turn has ended, but not while a call waits for an approval (exit code 3).";

/// Make a session, give it one task, and stream what the agent does.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct RunArgs {
    /// The task; - reads it from standard input
    #[arg(value_name = "TASK")]
    task: String,
    /// Remove the session afterwards, with its container and a workspace that agentd made
    #[arg(long, conflicts_with = "detach")]
    rm: bool,
    /// What the session is made with.
    #[command(flatten)]
    session: SessionOptions,
    /// How the task is sent and followed.
    #[command(flatten)]
    chat: ChatOptions,
}

pub(crate) async fn run(args: RunArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let task = chat::text(&args.task, context)?;
    let session = create::make(args.session, context).await?.id;
    if !context.ui.is_json() {
        context.ui.say(&format!("session {}", escape::line(&session)))?;
    }
    let ran = chat::stream(Message::new(session.clone(), task), args.chat, context).await;
    if args.rm {
        let removed = remove(session, &ran, context).await;
        // How the task went counts for more than how the session went.
        return ran.and_then(|exit| removed.map(|()| exit));
    }
    ran
}

/// Removes the session unless somebody may still want it: to answer what waits, or to see a turn that goes on.
async fn remove(session: String, ran: &Result<Exit, CommandError>, context: &mut Context) -> Result<(), CommandError> {
    if matches!(ran, Ok(exit) if exit.code() == exit::PARKED) {
        return context.ui.note("the session stays, because a call waits in it");
    }
    let short = words::short_id(&session);
    let removed = context.client().await?.sessions().remove(timed(RemoveRequest { session, force: false })).await;
    match removed {
        Ok(_) => context.ui.note(&format!("removed session {short}")),
        Err(status) => context.ui.note(&format!(
            "the session stays: {}; remove it with: agentctl session rm {short} --force",
            escape::line(status.message())
        )),
    }
}
