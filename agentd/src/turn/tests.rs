//! The turn's table of transitions, and a property test of its invariants against any order of events.

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::json;

use super::answer::{self, Answer, Answers, Refusal};
use super::close;
use super::ended;
use super::plan::{Budget, Next, plan, runnable};
use super::state::TurnState;
use crate::domain::approval::{Decision, Principal};
use crate::domain::event::{Body, Event, TurnStatus};
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
    Body::ModelIntent { step: 1, attempt, model: "m".to_owned(), request_hash: String::new() }
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
            });
        }
    }
    bodies
}

fn end(id: &str) -> Body {
    let outcome = Outcome::plain(OutcomeKind::Done, "ok");
    Body::ToolEnded { call: call(id), tool: "t".to_owned(), outcome }
}

fn answers(list: &[(&str, Decision)]) -> Answers {
    let answers = list.iter().map(|(id, decision)| Answer { call: call(id), decision: decision.clone(), digest: None });
    Answers { answers: answers.collect(), rest: None, stop: false, who: Principal::default() }
}

fn decide(turn: &TurnState, answers: &Answers) -> Result<Vec<Body>, Refusal> {
    answer::decide(turn, answers, |_, arguments| if arguments.is_object() { Ok(()) } else { Err("no".to_owned()) })
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
fn a_gated_call_parks_the_turn_and_nothing_of_the_reply_runs() {
    let mut state = turn(&reply(&[("a", ReplayClass::ReadOnly, false), ("b", ReplayClass::Effect, true)]));
    let Next::Journal(bodies) = next(&state) else { panic!("it must park") };
    assert!(matches!(&bodies[..], [Body::TurnFinished { status: TurnStatus::Interrupted, exit_code: 3, waiting, .. }]
        if *waiting == [call("b")]));
    take_in(&mut state, &bodies);
    assert_eq!(next(&state), Next::Wait);
    assert!(runnable(&state).is_empty());
}

#[test]
fn calls_run_once_all_are_answered_and_a_partial_answer_parks_again() {
    let mut state = turn(&reply(&[("a", ReplayClass::Effect, true), ("b", ReplayClass::Effect, true)]));
    let bodies = decide(&state, &answers(&[("a", Decision::Approve)])).unwrap();
    take_in(&mut state, &bodies);
    assert_eq!(finishes(&next(&state)), Some((TurnStatus::Interrupted, 3)));
    let bodies = decide(&state, &answers(&[("b", Decision::Approve)])).unwrap();
    take_in(&mut state, &bodies);
    assert_eq!(next(&state), Next::RunTools(vec![call("a")]), "calls with effects run one after the other");
    take_in(&mut state, &[end("a")]);
    assert_eq!(next(&state), Next::RunTools(vec![call("b")]));
    take_in(&mut state, &[end("b")]);
    assert_eq!(next(&state), Next::AskModel { step: 2, attempt: 1, not_before: None });
}

#[test]
fn calls_that_only_look_run_side_by_side() {
    let state = turn(&reply(&[("a", ReplayClass::ReadOnly, false), ("b", ReplayClass::ReadOnly, false)]));
    assert_eq!(next(&state), Next::RunTools(vec![call("a"), call("b")]));
}

#[test]
fn a_rejection_ends_the_call_and_with_stop_the_turn() {
    let state = turn(&reply(&[("a", ReplayClass::Effect, true), ("b", ReplayClass::Effect, true)]));
    let mut some = answers(&[("a", Decision::Reject("too risky".to_owned()))]);
    let bodies = decide(&state, &some).unwrap();
    assert!(matches!(&bodies[1], Body::ToolEnded { outcome, .. }
        if outcome.kind == OutcomeKind::Denied && outcome.content.contains("too risky")));
    some.stop = true;
    let bodies = decide(&state, &some).unwrap();
    let ends: Vec<_> = bodies.iter().filter(|body| matches!(body, Body::ToolEnded { .. })).collect();
    assert_eq!(ends.len(), 2, "each call has exactly one end");
    assert!(matches!(bodies.last(), Some(Body::TurnFinished { status: TurnStatus::Cancelled, .. })));
}

#[test]
fn edited_arguments_run_and_the_model_is_told() {
    let mut state = turn(&reply(&[("a", ReplayClass::Effect, true)]));
    let edited = json!({ "command": "ls" });
    let bodies = decide(&state, &answers(&[("a", Decision::Edit(edited.clone()))])).unwrap();
    take_in(&mut state, &bodies);
    assert_eq!(state.call(&call("a")).unwrap().effective_arguments(), &edited);
    let bodies = ended::ended(&state, &call("a"), Outcome::plain(OutcomeKind::Done, "fine"));
    assert!(matches!(&bodies[0], Body::ToolEnded { outcome, .. } if outcome.content.contains(r#"{"command":"ls"}"#)));
}

#[test]
fn what_cannot_be_answered_is_refused_whole() {
    let mut state = turn(&reply(&[("a", ReplayClass::Effect, true), ("n", ReplayClass::Effect, false)]));
    let refused = |state: &TurnState, list: &[(&str, Decision)]| decide(state, &answers(list)).unwrap_err();
    assert_eq!(refused(&state, &[("x", Decision::Approve)]), Refusal::NoSuchCall(call("x")));
    assert_eq!(refused(&state, &[("n", Decision::Approve)]), Refusal::NoSuchCall(call("n")));
    let twice = [("a", Decision::Approve), ("a", Decision::Approve)];
    assert_eq!(refused(&state, &twice), Refusal::Twice(call("a")));
    let bad = [("a", Decision::Edit(json!(1)))];
    assert_eq!(refused(&state, &bad), Refusal::BadArguments(call("a"), "no".to_owned()));
    let mut other = answers(&[("a", Decision::Approve)]);
    other.answers[0].digest = Some("of something else".to_owned());
    assert_eq!(decide(&state, &other).unwrap_err(), Refusal::DigestMismatch(call("a")));
    let bodies = decide(&state, &answers(&[("a", Decision::Approve)])).unwrap();
    take_in(&mut state, &bodies);
    assert_eq!(refused(&state, &[("a", Decision::Approve)]), Refusal::AlreadyDecided(call("a")));
    let rest = Answers { rest: Some(Decision::Approve), ..answers(&[]) };
    assert_eq!(decide(&state, &rest).unwrap_err(), Refusal::NothingWaits);
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

/// What the world may do next.
#[derive(Clone, Debug)]
enum Move {
    Reply(Vec<(ReplayClass, bool)>),
    ModelFails { again: bool },
    Restart,
    CallEnds,
    Answer(bool),
    SandboxDies,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let class = prop_oneof![Just(ReplayClass::ReadOnly), Just(ReplayClass::Idempotent), Just(ReplayClass::Effect)];
    let one = prop_oneof![
        3 => proptest::collection::vec((class, any::<bool>()), 0..4).prop_map(Move::Reply),
        1 => any::<bool>().prop_map(|again| Move::ModelFails { again }),
        2 => Just(Move::Restart),
        4 => Just(Move::CallEnds),
        3 => any::<bool>().prop_map(Move::Answer),
        1 => Just(Move::SandboxDies),
    ];
    proptest::collection::vec(one, 0..60)
}

proptest! {
    /// Whatever happens in whatever order: nothing runs before it is approved, no model is asked while a call has no end,
    /// no call ends twice, and the plan never runs in a circle.
    #[test]
    fn the_laws_hold_in_any_order_of_events(moves in moves()) {
        let mut state = TurnState::new(1, "m".to_owned(), 60_000);
        let mut ends: HashMap<CallId, u32> = HashMap::new();
        let mut asking = false;
        let mut names = 0_u32;
        let mut moves = moves.into_iter();
        let mut finished = false;
        'world: loop {
            let mut follow_ups = 0;
            let journal = |state: &mut TurnState, bodies: &[Body], ends: &mut HashMap<CallId, u32>| {
                for body in bodies {
                    if let Body::ToolEnded { call, .. } = body {
                        *ends.entry(call.clone()).or_default() += 1;
                    }
                }
                take_in(state, bodies);
                bodies.iter().any(|body| matches!(body, Body::TurnFinished { status, .. } if *status != TurnStatus::Interrupted))
            };
            let under_way = loop {
                match plan(&state, BUDGET, asking, NOW) {
                    Next::Journal(bodies) => {
                        follow_ups += 1;
                        prop_assert!(follow_ups < 5, "the plan runs in a circle");
                        if journal(&mut state, &bodies, &mut ends) {
                            finished = true;
                            break 'world;
                        }
                    }
                    Next::AskModel { attempt, .. } => {
                        prop_assert!(state.calls.iter().all(|call| call.ended.is_some()), "law L3");
                        take_in(&mut state, &[intent(attempt)]);
                        asking = true;
                    }
                    Next::RunTools(calls) => {
                        prop_assert!(calls.is_empty() || state.waiting().next().is_none());
                        break calls;
                    }
                    Next::Wait => {
                        prop_assert!(state.waiting().next().is_some());
                        break Vec::new();
                    }
                }
            };
            let Some(next_move) = moves.next() else { break };
            let bodies = match next_move {
                Move::Reply(calls) if asking => {
                    asking = false;
                    let ids: Vec<String> = calls.iter().map(|_| { names += 1; format!("c{names}") }).collect();
                    let calls: Vec<_> = ids.iter().zip(calls).map(|(id, (class, asks))| (id.as_str(), class, asks)).collect();
                    reply(&calls)
                }
                Move::ModelFails { again } if asking => {
                    asking = false;
                    vec![Body::ModelAttemptFailed {
                        step: state.step(), attempt: 1, class: "cut".to_owned(), message: String::new(),
                        hint: String::new(), retry_at: again.then_some(NOW), next_model: None,
                    }]
                }
                Move::Restart => { asking = false; Vec::new() }
                Move::CallEnds => under_way.first().map(|id| ended::ended(&state, id, Outcome::plain(OutcomeKind::Done, ""))).unwrap_or_default(),
                Move::Answer(approve) => {
                    let decision = if approve { Decision::Approve } else { Decision::Reject(String::new()) };
                    let first = state.waiting().next().map(|call| call.id.clone());
                    let one = first.map(|id| vec![Answer { call: id, decision, digest: None }]).unwrap_or_default();
                    let request = Answers { answers: one, rest: None, stop: false, who: Principal::default() };
                    decide(&state, &request).unwrap_or_default()
                }
                Move::SandboxDies => close::sandbox_lost(Some(&state), 1, "gone", under_way.clone()),
                Move::Reply(_) | Move::ModelFails { .. } => Vec::new(),
            };
            journal(&mut state, &bodies, &mut ends);
        }
        prop_assert!(ends.values().all(|count| *count == 1), "a call ended twice: {ends:?}");
        if finished {
            prop_assert!(state.calls.iter().all(|call| call.ended.is_some()));
        }
    }
}
