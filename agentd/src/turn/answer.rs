//! What a person's answers to waiting calls come to. The first answer to a call stands.

use serde_json::Value;

use crate::approval::{digest, texts};
use crate::domain::approval::{Decision, Principal};
use crate::domain::event::{Body, TurnStatus};
use crate::domain::ids::CallId;
use crate::domain::outcome::{Outcome, OutcomeKind};

use super::close;
use super::state::{ApprovalState, TurnState};

/// One answer to one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The call.
    pub call: CallId,
    /// The decision.
    pub decision: Decision,
    /// The digest of what was shown, where the client sends it.
    pub digest: Option<String>,
}

/// The answers of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Answers by call.
    pub answers: Vec<Answer>,
    /// The decision for every other call that waits; none: they go on waiting.
    pub rest: Option<Decision>,
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
    /// The edited arguments are not what the tool takes.
    #[error("the edited arguments of call {0} cannot be used: {1}")]
    BadArguments(CallId, String),
}

/// Says what these answers come to, or why they are refused. `check` is the tool's own check of edited arguments.
pub fn decide(
    turn: &TurnState,
    answers: &Answers,
    check: impl Fn(&str, &Value) -> Result<(), String>,
) -> Result<Vec<Body>, Refusal> {
    let mut decided: Vec<(CallId, Decision)> = Vec::new();
    for answer in &answers.answers {
        let call = turn.call(&answer.call).ok_or_else(|| Refusal::NoSuchCall(answer.call.clone()))?;
        let shown = match &call.approval {
            ApprovalState::Waiting { digest, .. } if call.ended.is_none() => digest,
            ApprovalState::NotNeeded if call.ended.is_none() => return Err(Refusal::NoSuchCall(call.id.clone())),
            _ => return Err(Refusal::AlreadyDecided(call.id.clone())),
        };
        if answer.digest.as_ref().is_some_and(|given| given != shown) {
            return Err(Refusal::DigestMismatch(call.id.clone()));
        }
        if decided.iter().any(|(id, _)| *id == call.id) {
            return Err(Refusal::Twice(call.id.clone()));
        }
        if let Decision::Edit(edited) = &answer.decision {
            check(&call.tool, edited).map_err(|why| Refusal::BadArguments(call.id.clone(), why))?;
        }
        decided.push((call.id.clone(), answer.decision.clone()));
    }
    if turn.waiting().next().is_none() {
        return Err(Refusal::NothingWaits);
    }
    if let Some(rest) = &answers.rest {
        for call in turn.waiting() {
            if !decided.iter().any(|(id, _)| *id == call.id) {
                decided.push((call.id.clone(), rest.clone()));
            }
        }
    }
    if decided.is_empty() {
        return Err(Refusal::NothingWaits);
    }
    let rejected = decided.iter().any(|(_, decision)| matches!(decision, Decision::Reject(_)));
    let mut bodies = Vec::new();
    for (id, decision) in decided {
        bodies.extend(answered(turn, &id, decision, answers.who));
    }
    if answers.stop && rejected {
        bodies.extend(stop(turn, &bodies));
    }
    Ok(bodies)
}

/// The decision and, where it is a rejection, the call's end.
fn answered(turn: &TurnState, id: &CallId, decision: Decision, who: Principal) -> Vec<Body> {
    let Some(call) = turn.call(id) else { return Vec::new() };
    let shown = match &call.approval {
        ApprovalState::Waiting { digest, .. } => digest.clone(),
        ApprovalState::NotNeeded | ApprovalState::Decided(_) => return Vec::new(),
    };
    let digest = match &decision {
        Decision::Edit(edited) => digest::digest(&call.tool, edited),
        Decision::Approve | Decision::Reject(_) => shown,
    };
    let end = match &decision {
        Decision::Reject(message) => Some(Body::ToolEnded {
            call: id.clone(),
            tool: call.tool.clone(),
            outcome: Outcome::plain(OutcomeKind::Denied, texts::rejected(message)),
        }),
        Decision::Approve | Decision::Edit(_) => None,
    };
    let mut bodies = vec![Body::ApprovalDecided { call: id.clone(), digest, decision, who }];
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
