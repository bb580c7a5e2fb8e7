//! The turn's table of transitions. `approvals` holds those by answers, `laws` the invariants in any order of events.

mod approvals;
mod laws;

use serde_json::json;

use super::answer::{self, Answer, Answers, Refusal};
use super::close;
use super::ended;
use super::plan::{Budget, Next, plan, runnable};
use super::state::TurnState;
use crate::domain::approval::{Decision, Grant, Principal, Scope};
use crate::domain::event::{Body, Event, Purpose, TurnStatus};
use crate::domain::ids::{CallId, SessionId};
use crate::domain::message::{AssistantMessage, ToolCall, Usage};
use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::time::WallTime;

const BUDGET: Budget =
    Budget { model_calls_max: 50, tokens_max: 0, tokens_used: 0, cost_micros_max: 0, cost_micros_used: 0 };
const NOW: WallTime = WallTime(1_000);

fn call(id: &str) -> CallId {
    CallId::try_from(id.to_owned()).unwrap()
}

/// A turn after these events.
fn turn(bodies: &[Body]) -> TurnState {
    let mut turn = TurnState::new(1, "m".to_owned(), 60_000);
    take_in(&mut turn, bodies);
    turn
}

fn take_in(turn: &mut TurnState, bodies: &[Body]) {
    for body in bodies {
        let session = SessionId::from_random([1; 16]);
        turn.apply(&Event { session, seq: 1, turn: 1, time: NOW, body: body.clone() });
    }
}

fn next(turn: &TurnState) -> Next {
    plan(turn, BUDGET, false, NOW)
}

fn intent(attempt: u32) -> Body {
    Body::ModelIntent {
        step: 1,
        attempt,
        model: "m".to_owned(),
        request_hash: String::new(),
        purpose: Purpose::Reply,
        request_bytes: 0,
    }
}

/// A reply that calls these tools; `true`: the call asks.
fn reply(calls: &[(&str, ReplayClass, bool)]) -> Vec<Body> {
    let tool_calls = calls
        .iter()
        .map(|(id, _, _)| ToolCall { id: call(id), tool: "t".to_owned(), arguments: "{}".to_owned() })
        .collect();
    let message = AssistantMessage { tool_calls, ..AssistantMessage::default() };
    let mut bodies = vec![Body::ModelDone {
        step: 1,
        attempt: 1,
        message,
        finish_reason: String::new(),
        usage: Usage { input_tokens: 1, output_tokens: 1, model_calls: 1, ..Usage::default() },
    }];
    for (id, replay, asks) in calls {
        bodies.push(Body::ToolIntent {
            call: call(id),
            tool: "t".to_owned(),
            arguments: json!({}),
            replay: *replay,
            needs_approval: *asks,
        });
        if *asks {
            bodies.push(Body::ApprovalRequested {
                call: call(id),
                tool: "t".to_owned(),
                arguments: json!({}),
                digest: format!("digest of {id}"),
                reason: String::new(),
                always: (*replay == ReplayClass::Idempotent).then(|| grant(id)),
                question: *id == "question",
                expires_at: id.starts_with("late").then_some(NOW),
            });
        }
    }
    bodies
}

fn grant(of: &str) -> Grant {
    Grant { tool: "t".to_owned(), scope: Scope::Path(of.to_owned()) }
}

fn end(id: &str) -> Body {
    let outcome = Outcome::plain(OutcomeKind::Done, "ok");
    Body::ToolEnded { call: call(id), tool: "t".to_owned(), outcome }
}

fn answers(list: &[(&str, Decision)]) -> Answers {
    let answers = list.iter().map(|(id, decision)| Answer {
        call: call(id),
        decision: decision.clone(),
        digest: None,
        always: false,
    });
    Answers { answers: answers.collect(), rest: None, rest_always: false, stop: false, who: Principal::default() }
}

fn decide(turn: &TurnState, answers: &Answers) -> Result<Vec<Body>, Refusal> {
    answer::decide(turn, answers, |_, arguments| if arguments.is_object() { Ok(None) } else { Err("no".to_owned()) })
}

/// The status of the turn.finished that the plan wants journaled.
fn finishes(next: &Next) -> Option<(TurnStatus, u8)> {
    match next {
        Next::Journal(bodies) => match bodies.last() {
            Some(Body::TurnFinished { status, exit_code, .. }) => Some((*status, *exit_code)),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn a_new_turn_asks_the_model() {
    assert_eq!(next(&turn(&[])), Next::AskModel { step: 1, attempt: 1, not_before: None });
}

#[test]
fn a_request_under_way_is_left_alone_and_one_cut_by_a_restart_is_made_again() {
    let mut state = turn(&[intent(1)]);
    assert_eq!(plan(&state, BUDGET, true, NOW), Next::RunTools(Vec::new()));
    let Next::Journal(bodies) = next(&state) else { panic!("an open attempt must be closed") };
    assert!(matches!(&bodies[..], [Body::ModelAttemptFailed { class, .. }] if class == "daemon_restart"));
    take_in(&mut state, &bodies);
    assert_eq!(next(&state), Next::AskModel { step: 1, attempt: 2, not_before: Some(NOW) });
    assert_eq!(state.failures, 0, "a restart of the daemon is no failure of the model");
}

#[test]
fn an_answer_without_calls_completes_the_turn() {
    assert_eq!(finishes(&next(&turn(&reply(&[])))), Some((TurnStatus::Completed, 0)));
}

#[test]
fn a_failure_that_is_not_tried_again_fails_the_turn_with_its_exit_code() {
    for (class, exit_code) in [("connect", 6), ("timeout", 6), ("unauthorized", 1), ("no_key", 2)] {
        let failed = Body::ModelAttemptFailed {
            step: 1,
            attempt: 1,
            class: class.to_owned(),
            message: "why".to_owned(),
            hint: String::new(),
            retry_at: None,
            next_model: None,
        };
        assert_eq!(finishes(&next(&turn(&[intent(1), failed]))), Some((TurnStatus::Failed, exit_code)), "{class}");
    }
}

#[test]
fn a_model_that_stands_in_is_asked_at_once_and_has_attempts_of_its_own() {
    let failed = |next_model: Option<&str>| Body::ModelAttemptFailed {
        step: 1,
        attempt: 1,
        class: "server_error".to_owned(),
        message: String::new(),
        hint: String::new(),
        retry_at: Some(NOW),
        next_model: next_model.map(str::to_owned),
    };
    let mut state = turn(&[intent(1), failed(None)]);
    assert_eq!((state.model.as_str(), state.failures), ("m", 1));
    take_in(&mut state, &[intent(2), failed(Some("spare"))]);
    assert_eq!((state.model.as_str(), state.first_model.as_str(), state.failures), ("spare", "m", 0));
    assert_eq!(next(&state), Next::AskModel { step: 1, attempt: 2, not_before: Some(NOW) });
}

#[test]
fn calls_that_only_look_run_side_by_side() {
    let state = turn(&reply(&[("a", ReplayClass::ReadOnly, false), ("b", ReplayClass::ReadOnly, false)]));
    assert_eq!(next(&state), Next::RunTools(vec![call("a"), call("b")]));
}

fn steered() -> Body {
    Body::TurnSteered { request_id: String::new(), text: "use b".to_owned(), who: Principal::default() }
}

#[test]
fn a_turn_that_was_given_guidance_while_it_was_answered_goes_on() {
    let mut state = turn(&[intent(1), steered()]);
    take_in(&mut state, &reply(&[]));
    assert_eq!(next(&state), Next::AskModel { step: 2, attempt: 1, not_before: None });
    take_in(&mut state, &[intent(1)]);
    take_in(&mut state, &reply(&[]));
    assert_eq!(finishes(&next(&state)), Some((TurnStatus::Completed, 0)), "it is told once");
}

#[test]
fn budgets_end_the_turn_before_the_next_request() {
    let state = turn(&[intent(1)].into_iter().chain(reply(&[("a", ReplayClass::ReadOnly, false)])).collect::<Vec<_>>());
    let mut state = state;
    take_in(&mut state, &[end("a")]);
    let requests = Budget { model_calls_max: 1, ..BUDGET };
    assert_eq!(finishes(&plan(&state, requests, false, NOW)), Some((TurnStatus::Failed, 4)));
    let tokens = Budget { tokens_max: 10, tokens_used: 10, ..BUDGET };
    assert_eq!(finishes(&plan(&state, tokens, false, NOW)), Some((TurnStatus::Failed, 4)));
    let cost = Budget { cost_micros_max: 2_500_000, cost_micros_used: 2_500_099, ..BUDGET };
    let Next::Journal(bodies) = plan(&state, cost, false, NOW) else { panic!("it must end") };
    let Some(Body::TurnFinished { exit_code: 4, message, hint, .. }) = bodies.last() else { panic!("{bodies:?}") };
    assert_eq!(message, "the session has cost 2.5000 of the 2.5000 that it may");
    assert!(hint.contains("session budget") && hint.contains("cost_per_session"), "{hint}");
}

#[test]
fn after_a_lost_sandbox_only_harmless_calls_run_again_and_not_for_ever() {
    let mut looking = turn(&reply(&[("a", ReplayClass::ReadOnly, false)]));
    for _ in 0..2 {
        let bodies = close::sandbox_lost(Some(&looking), 1, "gone", vec![call("a")]);
        take_in(&mut looking, &bodies);
        assert_eq!(next(&looking), Next::RunTools(vec![call("a")]));
    }
    let bodies = close::sandbox_lost(Some(&looking), 1, "gone", vec![call("a")]);
    take_in(&mut looking, &bodies);
    assert!(matches!(next(&looking), Next::AskModel { .. }), "given up as unknown after two repetitions");

    let acting = turn(&reply(&[("a", ReplayClass::Effect, false)]));
    let not_sent = close::sandbox_lost(Some(&acting), 1, "gone", Vec::new());
    assert_eq!(not_sent.len(), 1, "a call that was never sent is not touched");
    let sent = close::sandbox_lost(Some(&acting), 1, "gone", vec![call("a")]);
    assert!(matches!(&sent[1], Body::ToolEnded { outcome, .. } if outcome.kind == OutcomeKind::Unknown));
}

#[test]
fn a_turn_that_is_ended_early_leaves_no_call_and_no_attempt_open() {
    let mut state = turn(&reply(&[("a", ReplayClass::Effect, true), ("b", ReplayClass::Effect, false)]));
    take_in(&mut state, &[end("b")]);
    let finish = close::finished(&state, TurnStatus::Cancelled, 130, "", "");
    let bodies = close::ended_early(&state, OutcomeKind::Cancelled, "stopped", finish);
    assert!(matches!(&bodies[..], [Body::ToolEnded { call: id, .. }, Body::TurnFinished { .. }] if *id == call("a")));
    let asking = turn(&[intent(1)]);
    let finish = close::finished(&asking, TurnStatus::Cancelled, 130, "", "");
    let bodies = close::ended_early(&asking, OutcomeKind::Cancelled, "stopped", finish);
    assert!(matches!(&bodies[..], [Body::ModelAttemptFailed { retry_at: None, .. }, Body::TurnFinished { .. }]));
}
