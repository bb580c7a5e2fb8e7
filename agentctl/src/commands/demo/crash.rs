//! The middle of a command: waits until it runs, then kills the daemon.

use std::time::Duration;

use proto::reason::Reason;
use proto::v1::TurnPosition;
use proto::v1::event::Data;

use crate::commands::daemon::Process;
use crate::context::Context;
use crate::error::CommandError;
use crate::turn::events::EventStream;

/// How long the command may take to write its first word.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const END_TIMEOUT: Duration = Duration::from_secs(10);
/// The command's first word.
const FIRST_WORD: &str = "started";

/// Kills the daemon of this process id with -9 as soon as the turn's command has written its first word.
pub(super) async fn kill_when_started(
    context: &mut Context,
    position: &TurnPosition,
    pid: u32,
) -> Result<(), CommandError> {
    let process = Process::open(pid)?;
    context.ui.spin(Some("waiting until the command runs"));
    let started = tokio::time::timeout(START_TIMEOUT, started(context, position)).await;
    context.ui.spin(None);
    started.map_err(|late| CommandError::internal("the command did not start", &late))??;
    process.kill()?;
    if process.ended_within(END_TIMEOUT).await? {
        Ok(())
    } else {
        Err(CommandError::new(Reason::Internal, "agentd outlived a kill -9"))
    }
}

async fn started(context: &mut Context, position: &TurnPosition) -> Result<(), CommandError> {
    let mut events = EventStream::of_turn(position);
    let mut written = String::new();
    while let Some(event) = events.next(context).await? {
        match event.data {
            Some(Data::ToolOutput(output)) => written += &output.text,
            Some(Data::TurnFinished(finished)) => {
                let message = format!("the turn ended before its command ran: {}", finished.message);
                return Err(CommandError::new(Reason::Internal, message).hinted(finished.hint));
            }
            _ => {}
        }
        if written.contains(FIRST_WORD) {
            break;
        }
    }
    Ok(())
}
