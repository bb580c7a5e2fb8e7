//! The calls of a parked turn that wait for an answer.

use proto::v1::{Approval, ApprovalsRequest, TurnFinished, TurnPosition};

use crate::client::timed;
use crate::context::Context;
use crate::error::CommandError;
use crate::render::approval::{self, Waiting};
use crate::render::style::Style;

/// What waits in a session, or in all where it is empty; oldest first.
pub(crate) async fn all(context: &mut Context, session: &str) -> Result<Vec<Approval>, CommandError> {
    let request = ApprovalsRequest { session: session.to_owned() };
    Ok(context.client().await?.sessions().approvals(timed(request)).await?.into_inner().approvals)
}

/// What waits in one turn.
pub(super) async fn of_turn(context: &mut Context, position: &TurnPosition) -> Result<Vec<Approval>, CommandError> {
    let mut approvals = all(context, &position.session).await?;
    approvals.retain(|approval| approval.turn == position.turn);
    Ok(approvals)
}

/// Says which calls wait, with all their arguments, and how they are answered.
pub(crate) fn say_parked(context: &mut Context, session: &str, approvals: &[Approval]) -> Result<(), CommandError> {
    let colors = context.ui.err_colors();
    for waiting in approvals {
        context.ui.say(&approval::full(waiting, colors))?;
    }
    let calls: Vec<_> = approvals
        .iter()
        .map(|waiting| Waiting { call: &waiting.call, arguments: &waiting.arguments, question: waiting.question })
        .collect();
    say_lines(context, session, &calls)
}

/// The same where only the ids of the calls are known.
pub(super) fn say_parked_ids(
    context: &mut Context,
    session: &str,
    finished: &TurnFinished,
) -> Result<(), CommandError> {
    let calls: Vec<_> = finished.waiting.iter().map(|call| Waiting { call, arguments: "", question: false }).collect();
    say_lines(context, session, &calls)
}

fn say_lines(context: &mut Context, session: &str, calls: &[Waiting<'_>]) -> Result<(), CommandError> {
    let heading = if calls.len() == 1 { "A call waits. Answer it with:" } else { "Calls wait. Answer all, or each:" };
    let heading = context.ui.err_colors().paint(Style::Hint, heading);
    context.ui.say(&heading)?;
    for line in approval::resume_lines(session, calls, context.global.socket.as_deref()) {
        context.ui.say(&format!("  {line}"))?;
    }
    Ok(())
}
