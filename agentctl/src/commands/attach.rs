//! `attach`: joins a running turn where it is.

use clap::Args;
use proto::reason::Reason;
use proto::v1::event::Data;
use proto::v1::{Follow, Session, SessionStatus, ShowRequest, TurnPosition, WatchRequest};

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::words;
use crate::turn::conduct;
use crate::turn::events::EventStream;
use crate::turn::view::View;

const AFTER_HELP: &str = "\
Examples:
  agentctl attach S
  agentctl -o json attach S | jq -c .type

Begins with the text of the reply under way and goes on live, to the end of the turn. What came before is in
`agentctl events S`. Exit code and Ctrl-C are those of chat. A turn that waits for an approval is shown as chat shows it.";

/// Watch a running turn live from where it is.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct AttachArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
}

pub(crate) async fn run(args: AttachArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = ShowRequest { session: args.session };
    let session = context.client().await?.sessions().show(timed(request)).await?.into_inner();
    if !matches!(session.status(), SessionStatus::Running | SessionStatus::AwaitingApproval) {
        return Err(nothing_runs(&session));
    }
    let mut view = View::new(&context.ui, false);
    let parked_at = catch_up(context, &mut view, &session).await?;
    let from_seq = match session.status() {
        SessionStatus::AwaitingApproval => parked_at,
        _ => session.last_seq + 1,
    };
    context.ui.note(&format!("turn {} of session {}", session.turns, label(&session)))?;
    let structured = view.is_structured();
    let position = TurnPosition { session: session.id, turn: session.turns, from_seq, structured };
    conduct::join(context, view, position, None).await
}

/// Takes in what the turn did so far, so that what it does now can be told; gives the row where it last parked.
async fn catch_up(context: &mut Context, view: &mut View, session: &Session) -> Result<u64, CommandError> {
    let mut before = EventStream::new(WatchRequest {
        session: session.id.clone(),
        follow: Follow::None.into(),
        turn: session.turns,
        ..WatchRequest::default()
    });
    let mut parked_at = session.last_seq;
    while let Some(event) = before.next(context).await? {
        let seq = event.seq.unwrap_or(0);
        if seq > session.last_seq {
            break;
        }
        if matches!(event.data, Some(Data::TurnFinished(_))) {
            parked_at = seq;
        }
        view.catch_up(&event);
    }
    Ok(parked_at)
}

fn label(session: &Session) -> String {
    if session.name.is_empty() { words::short_id(&session.id) } else { words::shell(&session.name) }
}

fn nothing_runs(session: &Session) -> CommandError {
    let label = label(session);
    let hint = if session.turns == 0 {
        format!("begin one with: agentctl chat {label} MESSAGE")
    } else {
        format!("what there was: agentctl events {label} --turn {}", session.turns)
    };
    CommandError::new(Reason::NoTurn, format!("no turn runs in session {label}")).hinted(hint)
}
