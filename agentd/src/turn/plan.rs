//! What should happen now in a turn: a pure function of its state and of what is under way.

use crate::domain::event::{Body, TurnStatus};
use crate::domain::ids::CallId;
use crate::domain::outcome::ReplayClass;
use crate::domain::time::WallTime;

use super::state::{Attempt, CUT_BY_RESTART, CallState, TurnState};
use super::{close, structured};

/// Limits of a turn that are checked between its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Requests to the model that a turn may make.
    pub model_calls_max: u32,
    /// Tokens the session may use; 0: no limit.
    pub tokens_max: u64,
    /// Tokens the session has used.
    pub tokens_used: u64,
    /// What the session may cost, in millionths; 0: no limit.
    pub cost_micros_max: u64,
    /// What it has cost.
    pub cost_micros_used: u64,
}

/// What should happen now.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// These events follow by themselves: journal them and ask again.
    Journal(Vec<Body>),
    /// Ask the model: journal the intent, then perform it.
    AskModel {
        /// From 1 in its turn.
        step: u32,
        /// From 1 in its step.
        attempt: u32,
        /// Not before this time.
        not_before: Option<WallTime>,
    },
    /// Ask the model for a summary of the oldest messages: journal the intent, then perform it.
    Summarise {
        /// The step before which.
        step: u32,
        /// From 1 in its step.
        attempt: u32,
        /// Not before this time.
        not_before: Option<WallTime>,
        /// So many messages.
        cut: usize,
    },
    /// These calls should be running; their intents are durable.
    RunTools(Vec<CallId>),
    /// A person must answer.
    Wait,
}

/// Says what should happen now. `asking` tells whether a request to the model is under way in this process: an attempt that
/// is open in the journal and not under way was cut by a restart.
pub fn plan(turn: &TurnState, budget: Budget, asking: bool, now: WallTime) -> Next {
    match &turn.attempt {
        Attempt::Open { .. } if asking => return Next::RunTools(Vec::new()),
        Attempt::Open { attempt } => {
            return Next::Journal(vec![Body::ModelAttemptFailed {
                step: turn.step(),
                attempt: *attempt,
                class: CUT_BY_RESTART.to_owned(),
                message: "the daemon stopped while the model was answering".to_owned(),
                hint: String::new(),
                retry_at: Some(now),
                next_model: None,
            }]);
        }
        Attempt::Failed { class, message, hint, retry_at: None, .. } => {
            let exit_code = close::exit_code_of_model_failure(class);
            return finish(close::finished(turn, TurnStatus::Failed, exit_code, message, hint));
        }
        Attempt::Failed { attempt, retry_at: Some(at), .. } => {
            return within(turn, budget).unwrap_or(Next::AskModel {
                step: turn.step(),
                attempt: attempt + 1,
                not_before: Some(*at),
            });
        }
        Attempt::None => {}
    }
    if turn.waiting().next().is_some() {
        return if turn.parked { Next::Wait } else { finish(close::parked(turn)) };
    }
    let runnable = runnable(turn);
    if !runnable.is_empty() {
        let all_parked = runnable.iter().all(|id| turn.call(id).is_some_and(CallState::is_parked));
        return match (all_parked, turn.parked) {
            (true, true) => Next::Wait,
            (true, false) => finish(close::parked(turn)),
            (false, _) => Next::RunTools(runnable),
        };
    }
    if turn.answered {
        return finish(structured::conclude(turn));
    }
    within(turn, budget).unwrap_or(Next::AskModel { step: turn.step(), attempt: 1, not_before: None })
}

/// Sub-agents that work side by side at most.
const SUBAGENTS_AT_ONCE_MAX: usize = 8;

/// The calls that should be running now: all of them where all only look, sub-agents side by side, anything else one after
/// the other; none while one waits for its approval.
pub fn runnable(turn: &TurnState) -> Vec<CallId> {
    let mut open = turn.calls.iter().filter(|call| call.ended.is_none()).peekable();
    if open.peek().is_none() || turn.waiting().next().is_some() {
        return Vec::new();
    }
    if turn.calls.iter().all(|call| call.replay == ReplayClass::ReadOnly) {
        open.map(|call| call.id.clone()).collect()
    } else if open.peek().is_some_and(|call| call.delegates()) {
        let side_by_side = open.take_while(|call| call.delegates()).take(SUBAGENTS_AT_ONCE_MAX);
        side_by_side.map(|call| call.id.clone()).collect()
    } else {
        open.take(1).map(|call| call.id.clone()).collect()
    }
}

fn within(turn: &TurnState, budget: Budget) -> Option<Next> {
    let refused = |message: String, hint: &str| {
        Some(finish(close::finished(turn, TurnStatus::Failed, close::EXIT_REFUSED, &message, hint)))
    };
    if turn.requests >= budget.model_calls_max {
        return refused(
            format!("the turn has used its {} model requests", budget.model_calls_max),
            "raise limits.model_calls_per_turn in config.toml, or go on with another message",
        );
    }
    if budget.tokens_max > 0 && budget.tokens_used >= budget.tokens_max {
        return refused(
            format!("the session has used {} of its {} tokens", budget.tokens_used, budget.tokens_max),
            "raise it with `agentctl session budget S --tokens N` (0: no limit) and send the message again; for new sessions: \
             --budget-tokens, or limits.tokens_per_session in config.toml",
        );
    }
    if budget.cost_micros_max > 0 && budget.cost_micros_used >= budget.cost_micros_max {
        let (used, most) = (money(budget.cost_micros_used), money(budget.cost_micros_max));
        return refused(
            format!("the session has cost {used} of the {most} that it may"),
            "raise it with `agentctl session budget S --cost N` (0: no limit) and send the message again; for new sessions: \
             --budget-cost, or limits.cost_per_session in config.toml",
        );
    }
    None
}

/// Millionths as a decimal number, in whatever currency the prices are.
fn money(micros: u64) -> String {
    format!("{}.{:04}", micros / 1_000_000, micros % 1_000_000 / 100)
}

fn finish(body: Body) -> Next {
    Next::Journal(vec![body])
}
