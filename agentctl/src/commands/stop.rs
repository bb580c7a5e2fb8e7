//! `stop`: cancels the running turn.

use clap::Args;
use proto::v1::StopRequest;
use proto::v1::event::Data;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::turn::events::EventStream;

/// Cancel the running turn.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  agentctl stop S\n\nReturns when the turn has ended; a command it was running in the sandbox ends with its whole tree."
)]
pub(crate) struct StopArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
}

pub(crate) async fn run(args: StopArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = StopRequest { session: args.session };
    let position = context.client().await?.sessions().stop(timed(request)).await?.into_inner();
    let mut events = EventStream::of_turn(&position);
    while let Some(event) = events.next(context).await? {
        if matches!(event.data, Some(Data::TurnFinished(_))) {
            break;
        }
    }
    if context.ui.is_json() {
        context.ui.json(&position)?;
    } else {
        context.ui.note(&format!("turn {} has ended", position.turn))?;
    }
    Ok(Exit::DONE)
}
