//! `events`: the journal as it is.

use clap::Args;
use proto::v1::event::Data;
use proto::v1::{Follow, WatchRequest};

use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::turn::events::EventStream;

const AFTER_HELP: &str = "\
Examples:
  agentctl events S | jq -c '[.seq, .type]'
  agentctl events S --from 17
  agentctl events S --turn 3 --follow         to the end of turn 3, with live output
  agentctl events S --follow                  for ever
  agentctl events --schema > event.schema.json

One JSON object a line: {\"v\",\"session\",\"turn\",\"seq\",\"time\",\"type\",\"data\"}. Live pieces carry attempt and offset, no seq.";

/// Print the journal, one JSON object a line.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct EventsArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", required_unless_present = "schema", add = complete::sessions())]
    session: Option<String>,
    /// The first sequence number
    #[arg(long, value_name = "SEQ", default_value_t = 1)]
    from: u64,
    /// Go on with what comes, to the end of the turn with --turn, else for ever
    #[arg(long, short)]
    follow: bool,
    /// Only rows of this turn
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    turn: Option<u64>,
    /// Print the JSON Schema of every event instead; needs no daemon
    #[arg(long, conflicts_with_all = ["session", "from", "follow", "turn"])]
    schema: bool,
}

pub(crate) async fn run(args: EventsArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let Some(session) = args.session else {
        context.ui.out(proto::EVENT_SCHEMA)?;
        return Ok(Exit::DONE);
    };
    let follow = match (args.follow, args.turn) {
        (false, _) => Follow::None,
        (true, Some(_)) => Follow::Turn,
        (true, None) => Follow::Forever,
    };
    let mut events = EventStream::new(WatchRequest {
        session,
        from_seq: args.from,
        follow: follow.into(),
        turn: args.turn.unwrap_or(0),
        live: args.follow,
    });
    while let Some(event) = events.next(context).await? {
        context.ui.json(&event)?;
        if follow == Follow::Turn && matches!(event.data, Some(Data::TurnFinished(_))) {
            break;
        }
    }
    Ok(Exit::DONE)
}
