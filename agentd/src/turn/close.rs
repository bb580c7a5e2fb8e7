//! How a turn ends or parks, and what its open calls come to then.

use crate::approval::texts;
use crate::domain::event::{Body, TurnStatus};
use crate::domain::ids::CallId;
use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::time::WallTime;

use super::state::TurnState;

/// How often a call that may be repeated is started again after its sandbox died under it.
pub const REPEATS_AFTER_LOSS_MAX: u32 = 2;

/// Exit code of a turn that parked.
pub const EXIT_PARKED: u8 = 3;
/// Exit code of a turn that a budget ended.
pub const EXIT_REFUSED: u8 = 4;
/// Exit code of a turn whose engine or model endpoint cannot be reached.
pub const EXIT_UNREACHABLE: u8 = 6;
/// Exit code of a turn that its time limit ended.
pub const EXIT_TIMEOUT: u8 = 124;
/// Exit code of a turn that a person cancelled.
pub const EXIT_CANCELLED: u8 = 130;

/// The `turn.finished` of this turn.
pub fn finished(turn: &TurnState, status: TurnStatus, exit_code: u8, message: &str, hint: &str) -> Body {
    Body::TurnFinished {
        status,
        exit_code,
        message: message.to_owned(),
        hint: hint.to_owned(),
        waiting: Vec::new(),
        steps: turn.steps,
        usage: turn.usage,
        answer: None,
    }
}

/// The `turn.finished` of a turn whose answer is the JSON that was asked for.
pub fn answered(turn: &TurnState, json: String) -> Body {
    let mut body = finished(turn, TurnStatus::Completed, 0, "", "");
    if let Body::TurnFinished { answer, .. } = &mut body {
        *answer = Some(json);
    }
    body
}

/// The `turn.finished` that parks this turn until its waiting calls are answered.
pub fn parked(turn: &TurnState) -> Body {
    Body::TurnFinished {
        status: TurnStatus::Interrupted,
        exit_code: EXIT_PARKED,
        message: String::new(),
        hint: String::new(),
        waiting: turn.all_waiting(),
        steps: turn.steps,
        usage: turn.usage,
        answer: None,
    }
}

/// Ends the turn with every open call: each gets its one outcome, so that the next request pairs (law L3). A request that
/// was under way is closed as an attempt that is not tried again.
pub fn ended_early(turn: &TurnState, kind: OutcomeKind, told: &str, finish: Body) -> Vec<Body> {
    let mut bodies = Vec::new();
    if let super::state::Attempt::Open { attempt } = turn.attempt {
        bodies.push(Body::ModelAttemptFailed {
            step: turn.step(),
            attempt,
            class: "cancelled".to_owned(),
            message: told.to_owned(),
            hint: String::new(),
            retry_at: None,
            next_model: None,
        });
    }
    for call in turn.calls.iter().filter(|call| call.ended.is_none()) {
        bodies.push(Body::ToolEnded {
            call: call.id.clone(),
            tool: call.tool.clone(),
            outcome: Outcome::plain(kind, told),
        });
    }
    bodies.push(finish);
    bodies
}

/// What the calls come to whose time for an answer is over.
pub fn expired(turn: &TurnState, now: WallTime) -> Vec<Body> {
    let over = turn.waiting().filter_map(|call| Some((call, call.expires_at().filter(|at| *at <= now)?)));
    over.flat_map(|(call, expired_at)| {
        let outcome = Outcome::plain(OutcomeKind::Denied, texts::EXPIRED);
        [
            Body::ApprovalExpired { call: call.id.clone(), expired_at },
            Body::ToolEnded { call: call.id.clone(), tool: call.tool.clone(), outcome },
        ]
    })
    .collect()
}

/// A sandbox is gone. Calls that may have been running in it are started again where that is harmless, and at most
/// [`REPEATS_AFTER_LOSS_MAX`] times; the others end as unknown and are never repeated by themselves.
pub fn sandbox_lost(turn: Option<&TurnState>, generation: u64, reason: &str, exposed: Vec<CallId>) -> Vec<Body> {
    let mut ends = Vec::new();
    for call in turn.into_iter().flat_map(|turn| &turn.calls) {
        let harmless = call.replay != ReplayClass::Effect && call.lost_count < REPEATS_AFTER_LOSS_MAX;
        if call.ended.is_none() && exposed.contains(&call.id) && !harmless {
            ends.push(Body::ToolEnded {
                call: call.id.clone(),
                tool: call.tool.clone(),
                outcome: Outcome::plain(OutcomeKind::Unknown, texts::unknown(reason)),
            });
        }
    }
    let mut bodies = vec![Body::SandboxLost { generation, reason: reason.to_owned(), exposed }];
    bodies.append(&mut ends);
    bodies
}

/// The exit code of a turn that a failure of the model ended.
pub fn exit_code_of_model_failure(class: &str) -> u8 {
    match class {
        "connect" | "timeout" => EXIT_UNREACHABLE,
        "no_key" | "not_configured" => 2,
        _ => 1,
    }
}
