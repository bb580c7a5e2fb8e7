//! What the end of a call comes to, as events.

use crate::approval::texts;
use crate::domain::approval::Decision;
use crate::domain::event::Body;
use crate::domain::ids::CallId;
use crate::domain::outcome::{Outcome, OutcomeKind};

use super::state::{ApprovalState, TurnState};

/// The events of a call's end. The model is told where a reviewer's arguments ran in place of its own.
pub fn ended(turn: &TurnState, id: &CallId, mut outcome: Outcome) -> Vec<Body> {
    let Some(call) = turn.call(id).filter(|call| call.ended.is_none()) else { return Vec::new() };
    if let ApprovalState::Decided(Decision::Edit(edited)) = &call.approval {
        outcome.content = format!("{}\n{}", texts::edited(&call.tool, edited), outcome.content);
    }
    let todos = outcome.todos.clone().filter(|_| outcome.kind == OutcomeKind::Done);
    let mut bodies = vec![Body::ToolEnded { call: id.clone(), tool: call.tool.clone(), outcome }];
    bodies.extend(todos.map(|todos| Body::TodosUpdated { todos }));
    bodies
}

/// The end of a call that was ended on a person's word or by a time limit: whatever it came to, it was cancelled.
pub fn cancelled(mut outcome: Outcome) -> Outcome {
    outcome.kind = OutcomeKind::Cancelled;
    outcome.content = format!("{}\n{}", texts::CANCELLED, outcome.content);
    outcome
}
