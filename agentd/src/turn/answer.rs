//! What a person's answers to waiting calls come to. The first answer to a call stands.

use serde_json::Value;

use crate::approval::{digest, texts};
use crate::domain::approval::{Decision, Grant, Principal};
use crate::domain::event::{Body, TurnStatus};
use crate::domain::ids::CallId;
use crate::domain::outcome::{Outcome, OutcomeKind};

use super::close;
use super::state::{ApprovalState, CallState, TurnState};

/// One answer to one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The call.
    pub call: CallId,
    /// The decision.
    pub decision: Decision,
    /// The digest of what was shown, where the client sends it.
    pub digest: Option<String>,
    /// Whether it holds for the rest of the session.
    pub always: bool,
}

/// The answers of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Answers by call.
    pub answers: Vec<Answer>,
    /// The decision for every other call that waits; none: they go on waiting.
    pub rest: Option<Decision>,
    /// Whether `rest` holds for the rest of the session.
    pub rest_always: bool,
    /// Whether a rejection ends the turn instead of going back to the model.
    pub stop: bool,
    /// Who answers.
    pub who: Principal,
}

/// Why answers are refused. Nothing of a refused request takes effect.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No call waits.
    #[error("nothing waits for an answer")]
    NothingWaits,
    /// No such call in the newest reply.
    #[error("no call {0} waits here")]
    NoSuchCall(CallId),
    /// It was answered before.
    #[error("call {0} was answered before; the first answer stands")]
    AlreadyDecided(CallId),
    /// It is answered twice in this request.
    #[error("call {0} is answered twice in this request")]
    Twice(CallId),
    /// The digest is not that of the waiting call.
    #[error("call {0} is not what was shown: its digest differs")]
    DigestMismatch(CallId),
    /// The edited arguments are not what the tool takes, or what a rule denies.
    #[error("the edited arguments of call {0} cannot be used: {1}")]
    BadArguments(CallId, String),
    /// Nobody answered in time.
    #[error("call {0} was not answered in time, and is denied")]
    Expired(CallId),
    /// A question cannot be approved.
    #[error("call {0} asks a question: it needs an answer")]
    NeedsAnswer(CallId),
    /// What is no question takes no answer in words.
    #[error("call {0} asks no question: it is approved, edited or rejected")]
    NoQuestion(CallId),
    /// What an answer for the rest of the session would allow is not certain.
    #[error("call {0} cannot be approved for the rest of the session: what that would allow is not certain")]
    NoAlways(CallId),
    /// Only what runs can be approved for the rest of the session.
    #[error("call {0} is not approved, so there is nothing to approve for the rest of the session")]
    NothingAlways(CallId),
    /// An answer is too long.
    #[error("the answer to call {0} is longer than {ANSWER_BYTES_MAX} bytes")]
    TooLong(CallId),
}

/// Bytes of an answer to a question at most.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// An answer that stands: the call, the decision, and what it allows for the rest of the session.
type Decided = (CallId, Decision, Option<Grant>);

/// Says what these answers come to, or why they are refused. `judge` says whether edited arguments can run, and what an
/// answer for the rest of the session would allow then.
pub fn decide(
    turn: &TurnState,
    answers: &Answers,
    judge: impl Fn(&str, &Value) -> Result<Option<Grant>, String>,
) -> Result<Vec<Body>, Refusal> {
    let mut decided: Vec<Decided> = Vec::new();
    for answer in &answers.answers {
        let call = turn.call(&answer.call).ok_or_else(|| Refusal::NoSuchCall(answer.call.clone()))?;
        let shown = match &call.approval {
            ApprovalState::Waiting { digest, .. } if call.ended.is_none() => digest,
            ApprovalState::NotNeeded if call.ended.is_none() => return Err(Refusal::NoSuchCall(call.id.clone())),
            ApprovalState::Expired => return Err(Refusal::Expired(call.id.clone())),
            _ => return Err(Refusal::AlreadyDecided(call.id.clone())),
        };
        if answer.digest.as_ref().is_some_and(|given| given != shown) {
            return Err(Refusal::DigestMismatch(call.id.clone()));
        }
        if decided.iter().any(|(id, ..)| *id == call.id) {
            return Err(Refusal::Twice(call.id.clone()));
        }
        decided.push(one(call, &answer.decision, answer.always, &judge)?);
    }
    if turn.waiting().next().is_none() {
        return Err(Refusal::NothingWaits);
    }
    if let Some(rest) = &answers.rest {
        for call in turn.waiting() {
            if !decided.iter().any(|(id, ..)| *id == call.id) {
                decided.push(one(call, rest, answers.rest_always, &judge)?);
            }
        }
    }
    if decided.is_empty() {
        return Err(Refusal::NothingWaits);
    }
    let rejected = decided.iter().any(|(_, decision, _)| matches!(decision, Decision::Reject(_)));
    let mut bodies = Vec::new();
    for (id, decision, always) in decided {
        bodies.extend(answered(turn, &id, decision, always, answers.who));
    }
    if answers.stop && rejected {
        bodies.extend(stop(turn, &bodies));
    }
    Ok(bodies)
}

/// One decision over one waiting call, if it can be made.
fn one(
    call: &CallState,
    decision: &Decision,
    always: bool,
    judge: impl Fn(&str, &Value) -> Result<Option<Grant>, String>,
) -> Result<Decided, Refusal> {
    let refused = |why: fn(CallId) -> Refusal| Err(why(call.id.clone()));
    let (question, asked) = match &call.approval {
        ApprovalState::Waiting { question, always, .. } => (*question, always),
        ApprovalState::NotNeeded | ApprovalState::Decided(_) | ApprovalState::Expired => {
            return refused(Refusal::AlreadyDecided);
        }
    };
    let grant = match decision {
        Decision::Approve | Decision::Edit(_) if question => return refused(Refusal::NeedsAnswer),
        Decision::Answer(_) if !question => return refused(Refusal::NoQuestion),
        Decision::Answer(text) if text.len() > ANSWER_BYTES_MAX => return refused(Refusal::TooLong),
        Decision::Answer(_) | Decision::Reject(_) if always => return refused(Refusal::NothingAlways),
        Decision::Answer(_) | Decision::Reject(_) => None,
        Decision::Approve => asked.clone(),
        Decision::Edit(edited) => {
            judge(&call.tool, edited).map_err(|why| Refusal::BadArguments(call.id.clone(), why))?
        }
    };
    match (always, grant) {
        (true, None) => refused(Refusal::NoAlways),
        (true, grant) => Ok((call.id.clone(), decision.clone(), grant)),
        (false, _) => Ok((call.id.clone(), decision.clone(), None)),
    }
}

/// The decision and, where nothing is to run, the call's end.
fn answered(turn: &TurnState, id: &CallId, decision: Decision, always: Option<Grant>, who: Principal) -> Vec<Body> {
    let Some(call) = turn.call(id) else { return Vec::new() };
    let shown = match &call.approval {
        ApprovalState::Waiting { digest, .. } => digest.clone(),
        ApprovalState::NotNeeded | ApprovalState::Decided(_) | ApprovalState::Expired => return Vec::new(),
    };
    let digest = match &decision {
        Decision::Edit(edited) => digest::digest(&call.tool, edited),
        Decision::Approve | Decision::Reject(_) | Decision::Answer(_) => shown,
    };
    let outcome = match &decision {
        Decision::Reject(message) => Some(Outcome::plain(OutcomeKind::Denied, texts::rejected(message))),
        Decision::Answer(text) => Some(Outcome::plain(OutcomeKind::Done, text.clone())),
        Decision::Approve | Decision::Edit(_) => None,
    };
    let end = outcome.map(|outcome| Body::ToolEnded { call: id.clone(), tool: call.tool.clone(), outcome });
    let mut bodies = vec![Body::ApprovalDecided { call: id.clone(), digest, decision, who, always }];
    bodies.extend(end);
    bodies
}

/// Ends the turn beside the rejections in `bodies`.
fn stop(turn: &TurnState, bodies: &[Body]) -> Vec<Body> {
    let mut rest = turn.clone();
    rest.calls
        .retain(|call| !bodies.iter().any(|body| matches!(body, Body::ToolEnded { call: id, .. } if *id == call.id)));
    let finish =
        close::finished(turn, TurnStatus::Cancelled, close::EXIT_CANCELLED, "stopped with a rejected call", "");
    close::ended_early(&rest, OutcomeKind::Cancelled, texts::CANCELLED, finish)
}
