//! Leads a turn to its end: follows it, and where it parks, does what was asked for that case.

use clap::ValueEnum;
use proto::reason::{Failure, Reason, exit};
use proto::v1::{Answer, Approval, Decision, ResumeRequest, TurnFinished, TurnPosition, TurnStatus};

use super::follow::{Followed, follow};
use super::view::View;
use super::waiting;
use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::repl::ask::{self, Asked};

/// What the model is told where nobody is there to ask.
const NOBODY_TO_ASK: &str = "Rejected: nobody is there to approve this.";

/// What the model is told of a question where nobody is there to answer it.
const NOBODY_TO_ANSWER: &str = "Nobody is there to answer: decide yourself, and say what you assumed.";

/// What to do when a call waits for an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnInterrupt {
    /// End with exit code 3; the turn waits, durably, for `agentctl resume`
    Park,
    /// Approve every call; a question is declined, and the model told to decide itself
    Approve,
    /// Reject every call; the model is told and goes on
    Cancel,
    /// Reject every call and end the turn; exit code 1
    Fail,
}

/// Shows a turn until it ends. Without a choice, a person who can be asked is asked; else the turn parks.
pub(crate) async fn conduct(
    context: &mut Context,
    position: TurnPosition,
    choice: Option<OnInterrupt>,
) -> Result<Exit, CommandError> {
    let view = View::new(&context.ui, position.structured);
    join(context, view, position, choice).await
}

/// As [`conduct`], in a view that knows what came before.
pub(crate) async fn join(
    context: &mut Context,
    mut view: View,
    mut position: TurnPosition,
    choice: Option<OnInterrupt>,
) -> Result<Exit, CommandError> {
    loop {
        let (finished, next_seq) = match follow(context, &position, &mut view).await? {
            Followed::Finished(finished, next_seq) => (finished, next_seq),
            Followed::Left => return Ok(Exit::INTERRUPTED),
        };
        if finished.status() != TurnStatus::Interrupted {
            let failed = choice == Some(OnInterrupt::Fail) && finished.status() == TurnStatus::Cancelled;
            return Ok(if failed { Exit::with(exit::FAILED) } else { Exit::with(finished.exit_code) });
        }
        // Where somebody else answered meanwhile, or this stream began long ago, the turn is further on.
        position.from_seq = next_seq;
        let waiting = match waiting::of_turn(context, &position).await {
            Ok(waiting) => waiting,
            Err(error) => {
                waiting::say_parked_ids(context, &position.session, &finished)?;
                return Err(error);
            }
        };
        if waiting.is_empty() {
            continue;
        }
        let Some(request) = answer(context, &position, &finished, waiting, choice).await? else {
            return Ok(Exit::with(exit::PARKED));
        };
        if let Some(resumed) = resume(context, request).await? {
            position = resumed;
        }
    }
}

/// Sends answers; `None` where somebody else was first.
async fn resume(context: &mut Context, request: ResumeRequest) -> Result<Option<TurnPosition>, CommandError> {
    match context.client().await?.sessions().resume(timed(request)).await.map_err(CommandError::from) {
        Ok(position) => Ok(Some(position.into_inner())),
        Err(CommandError::Failed(Failure { reason: Reason::AlreadyDecided | Reason::NothingWaits, .. })) => {
            context.ui.note("answered elsewhere meanwhile")?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Approves every call. A question has no answer here: the model is told so, and goes on.
fn approve_all(session: String, waiting: &[Approval]) -> ResumeRequest {
    let declined = |question: &Approval| Answer {
        call: question.call.clone(),
        digest: question.digest.clone(),
        decision: Decision::Reject.into(),
        message: NOBODY_TO_ANSWER.to_owned(),
        ..Answer::default()
    };
    let answers = waiting.iter().filter(|call| call.question).map(declined).collect();
    ResumeRequest { session, answers, rest: Decision::Approve.into(), ..ResumeRequest::default() }
}

/// The answers to a parked turn; `None` where it stays parked.
async fn answer(
    context: &mut Context,
    position: &TurnPosition,
    finished: &TurnFinished,
    waiting: Vec<Approval>,
    choice: Option<OnInterrupt>,
) -> Result<Option<ResumeRequest>, CommandError> {
    let session = position.session.clone();
    let rest = |decision: Decision, message: &str, stop| {
        let rest_message = message.to_owned();
        Ok(Some(ResumeRequest {
            session: session.clone(),
            rest: decision.into(),
            rest_message,
            stop,
            ..ResumeRequest::default()
        }))
    };
    match choice {
        Some(OnInterrupt::Approve) => Ok(Some(approve_all(session, &waiting))),
        Some(OnInterrupt::Cancel) => rest(Decision::Reject, NOBODY_TO_ASK, false),
        Some(OnInterrupt::Fail) => {
            let calls = crate::render::words::count(finished.waiting.len() as u64, "call");
            context.ui.say(&format!("error: {calls} needed an approval, and --on-interrupt is fail"))?;
            rest(Decision::Reject, NOBODY_TO_ASK, true)
        }
        None if context.ui.can_ask() => match ask::answers(context, &waiting).await? {
            Asked::Answers(answers) => Ok(Some(ResumeRequest { session, answers, ..ResumeRequest::default() })),
            Asked::Left => {
                waiting::say_parked(context, &position.session, &waiting)?;
                Ok(None)
            }
        },
        Some(OnInterrupt::Park) | None => {
            waiting::say_parked(context, &position.session, &waiting)?;
            Ok(None)
        }
    }
}
