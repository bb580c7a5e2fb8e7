//! Whether a session's events make sense together: turns begin and end one after the other, the model is asked and answers,
//! every call of an accepted reply has one intent and one outcome before the model is asked again, and what asked for an
//! approval did not run without one (law L3).

use std::collections::{BTreeMap, HashSet};

use crate::domain::approval::Decision;
use crate::domain::event::{Body, Event, TurnStatus};
use crate::domain::ids::CallId;
use crate::domain::outcome::OutcomeKind;

/// What the events so far leave open.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    begun: bool,
    turns: u64,
    turn_is_open: bool,
    /// Step and attempt of the request to the model that has no answer yet.
    asked: Option<(u32, u32)>,
    /// Calls of the newest reply whose intent is still to come.
    promised: HashSet<CallId>,
    /// Calls without an outcome.
    open: BTreeMap<CallId, Approval>,
    /// Calls whose sub-agents wait for answers.
    parked: HashSet<CallId>,
    seen: HashSet<CallId>,
}

/// Where an open call stands with its approval.
#[derive(Debug, PartialEq, Eq)]
enum Approval {
    /// Nobody was asked.
    NotAsked,
    /// It waits, with this digest.
    Waiting(String),
    /// It may run.
    Granted,
    /// It must not run.
    Rejected,
}

impl Pairing {
    /// Takes in the next event; says what is wrong with it, if anything is.
    pub(super) fn take(&mut self, event: &Event) -> Result<(), String> {
        let begins = matches!(event.body, Body::SessionCreated { .. });
        if begins == std::mem::replace(&mut self.begun, true) {
            return Err(if begins { "the session was made twice" } else { "the session was never made" }.to_owned());
        }
        if belongs_to_a_turn(&event.body) {
            if !self.turn_is_open {
                return Err("it belongs to a turn, and none is open".to_owned());
            }
            if event.turn != self.turns {
                return Err(format!("it belongs to turn {}, and turn {} is open", event.turn, self.turns));
            }
        }
        match &event.body {
            Body::TurnStarted { .. } => self.start_turn(event.turn),
            Body::TurnFinished { status, .. } => self.finish_turn(*status),
            Body::ModelIntent { step, attempt, .. } => {
                self.nothing_is_open("the model was asked")?;
                self.asked = Some((*step, *attempt));
                Ok(())
            }
            Body::ModelDone { step, attempt, message, .. } => {
                self.answered(*step, *attempt)?;
                self.promised = message.tool_calls.iter().map(|call| call.id.clone()).collect();
                match message.tool_calls.iter().find(|call| !self.seen.insert(call.id.clone())) {
                    Some(twice) => Err(format!("the call id {} was used before", twice.id)),
                    None => Ok(()),
                }
            }
            // Old tool results are left out without asking the model.
            Body::ContextCompacted { attempt: 0, .. } => self.nothing_is_open("the conversation was shortened"),
            Body::ContextCompacted { step, attempt, .. } => self.answered(*step, *attempt),
            // A model that could not be asked at all fails without having been.
            Body::ModelAttemptFailed { .. } if self.asked.is_none() => Ok(()),
            Body::ModelAttemptFailed { step, attempt, .. } => self.answered(*step, *attempt),
            Body::ToolIntent { call, .. } => {
                if !self.promised.remove(call) {
                    return Err(format!("no reply of the model asked for the call {call}"));
                }
                self.open.insert(call.clone(), Approval::NotAsked);
                Ok(())
            }
            Body::ApprovalRequested { call, digest, .. } => self.change(
                call,
                |was| *was == Approval::NotAsked,
                Approval::Waiting(digest.clone()),
                "asked for twice",
            ),
            Body::ApprovalDecided { call, digest, decision, .. } => self.decide(call, digest, decision),
            Body::ApprovalExpired { call, .. } => self.change(
                call,
                |was| matches!(was, Approval::Waiting(_)),
                Approval::Rejected,
                "called too late, and it did not wait",
            ),
            Body::ToolEnded { call, outcome, .. } => self.end_call(call, outcome.kind),
            Body::SubagentParked { call, .. } => {
                self.parked.insert(call.clone());
                Ok(())
            }
            Body::SubagentResumed { call, .. } | Body::SubagentFinished { call, .. } => {
                self.parked.remove(call);
                Ok(())
            }
            Body::SessionCreated { .. }
            | Body::SessionRenamed { .. }
            | Body::SubagentStarted { .. }
            | Body::SessionModel { .. }
            | Body::SessionBudget { .. }
            | Body::ImageChanged { .. }
            | Body::MessageDone { .. }
            | Body::Usage { .. }
            | Body::TurnSteered { .. }
            | Body::AnswerRefused { .. }
            | Body::TodosUpdated { .. }
            | Body::SandboxIntent { .. }
            | Body::SandboxReady { .. }
            | Body::SandboxLost { .. } => Ok(()),
        }
    }

    fn start_turn(&mut self, number: u64) -> Result<(), String> {
        let (open, expected) = (std::mem::replace(&mut self.turn_is_open, true), self.turns + 1);
        self.turns = number;
        if open {
            Err(format!("turn {} is open still", expected - 1))
        } else if number != expected {
            Err(format!("turn {number} follows turn {}", expected - 1))
        } else {
            Ok(())
        }
    }

    fn finish_turn(&mut self, status: TurnStatus) -> Result<(), String> {
        if status == TurnStatus::Interrupted {
            let own = self.open.values().any(|approval| matches!(approval, Approval::Waiting(_)));
            let waits = own || !self.parked.is_empty();
            return if waits { Ok(()) } else { Err("the turn parked, and nothing waits".to_owned()) };
        }
        self.turn_is_open = false;
        self.parked.clear();
        self.nothing_is_open("the turn ended")
    }

    /// Fails once for what is open, and then forgets it: each fault is told in one place.
    fn nothing_is_open(&mut self, what: &str) -> Result<(), String> {
        let asked = self.asked.take();
        let promised = std::mem::take(&mut self.promised);
        let open = std::mem::take(&mut self.open);
        if let Some(call) = open.keys().chain(&promised).next() {
            Err(format!("{what} while the call {call} had no outcome"))
        } else if let Some((step, attempt)) = asked {
            Err(format!("{what} while attempt {attempt} of step {step} had no answer"))
        } else {
            Ok(())
        }
    }

    fn answered(&mut self, step: u32, attempt: u32) -> Result<(), String> {
        match self.asked.take() {
            Some(asked) if asked == (step, attempt) => Ok(()),
            _ => Err(format!("attempt {attempt} of step {step} was answered, and it was not the one that was asked")),
        }
    }

    fn decide(&mut self, call: &CallId, digest: &str, decision: &Decision) -> Result<(), String> {
        let verdict = match decision {
            Decision::Approve | Decision::Edit(_) | Decision::Answer(_) => Approval::Granted,
            Decision::Reject(_) => Approval::Rejected,
        };
        // Edited arguments have a digest of their own.
        let fits = |was: &Approval| match was {
            Approval::Waiting(asked) => asked == digest || matches!(decision, Decision::Edit(_)),
            Approval::NotAsked | Approval::Granted | Approval::Rejected => false,
        };
        self.change(call, fits, verdict, "answered, and that is not what was asked")
    }

    fn change(
        &mut self,
        call: &CallId,
        may: impl Fn(&Approval) -> bool,
        to: Approval,
        otherwise: &str,
    ) -> Result<(), String> {
        let Some(approval) = self.open.get_mut(call) else { return Err(format!("the call {call} is not open")) };
        let fits = may(approval);
        *approval = to;
        if fits { Ok(()) } else { Err(format!("the approval of the call {call} was {otherwise}")) }
    }

    fn end_call(&mut self, call: &CallId, kind: OutcomeKind) -> Result<(), String> {
        let Some(approval) = self.open.remove(call) else {
            return Err(format!("the call {call} ended, and it was not open"));
        };
        let ran = matches!(kind, OutcomeKind::Done | OutcomeKind::Unknown);
        match approval {
            Approval::Waiting(_) | Approval::Rejected if ran => {
                Err(format!("the call {call} ran without its approval"))
            }
            _ => Ok(()),
        }
    }
}

fn belongs_to_a_turn(body: &Body) -> bool {
    match body {
        Body::ModelIntent { .. }
        | Body::ModelDone { .. }
        | Body::ContextCompacted { .. }
        | Body::MessageDone { .. }
        | Body::Usage { .. }
        | Body::ModelAttemptFailed { .. }
        | Body::ToolIntent { .. }
        | Body::ApprovalRequested { .. }
        | Body::ApprovalDecided { .. }
        | Body::ApprovalExpired { .. }
        | Body::TurnSteered { .. }
        | Body::SubagentStarted { .. }
        | Body::SubagentParked { .. }
        | Body::SubagentResumed { .. }
        | Body::SubagentFinished { .. }
        | Body::AnswerRefused { .. }
        | Body::ToolEnded { .. }
        | Body::TodosUpdated { .. }
        | Body::TurnFinished { .. } => true,
        Body::SessionCreated { .. }
        | Body::SessionRenamed { .. }
        | Body::SessionModel { .. }
        | Body::SessionBudget { .. }
        | Body::ImageChanged { .. }
        | Body::TurnStarted { .. }
        | Body::SandboxIntent { .. }
        | Body::SandboxReady { .. }
        | Body::SandboxLost { .. } => false,
    }
}

#[cfg(test)]
mod tests;
