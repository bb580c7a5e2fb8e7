//! Answers to calls that wait, and the want of them.

use super::*;

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
fn an_answer_may_hold_for_the_session_where_that_is_certain() {
    let state = turn(&reply(&[("a", ReplayClass::Idempotent, true), ("b", ReplayClass::Effect, true)]));
    let always = |id: &str, decision: Decision| {
        let answer = Answer { call: call(id), decision, digest: None, always: true };
        Answers { answers: vec![answer], ..answers(&[]) }
    };
    let bodies = decide(&state, &always("a", Decision::Approve)).unwrap();
    assert!(matches!(&bodies[..], [Body::ApprovalDecided { always: Some(given), .. }] if *given == grant("a")));
    let refused = |answers: &Answers| decide(&state, answers).unwrap_err();
    assert_eq!(refused(&always("b", Decision::Approve)), Refusal::NoAlways(call("b")));
    assert_eq!(refused(&always("a", Decision::Edit(json!({})))), Refusal::NoAlways(call("a")), "the edit is judged");
    assert_eq!(refused(&always("a", Decision::Reject(String::new()))), Refusal::NothingAlways(call("a")));
    let all = Answers { rest: Some(Decision::Approve), rest_always: true, ..answers(&[]) };
    assert_eq!(refused(&all), Refusal::NoAlways(call("b")), "a request takes effect whole or not at all");
}

#[test]
fn a_question_is_answered_and_nothing_else_is() {
    let state = turn(&reply(&[("question", ReplayClass::ReadOnly, true), ("a", ReplayClass::Effect, true)]));
    let answer = |text: &str| Decision::Answer(text.to_owned());
    let bodies = decide(&state, &answers(&[("question", answer("the blue one"))])).unwrap();
    assert!(matches!(&bodies[..], [Body::ApprovalDecided { .. }, Body::ToolEnded { outcome, .. }]
        if outcome.kind == OutcomeKind::Done && outcome.content == "the blue one"));
    let refused = |list: &[(&str, Decision)]| decide(&state, &answers(list)).unwrap_err();
    assert_eq!(refused(&[("question", Decision::Approve)]), Refusal::NeedsAnswer(call("question")));
    assert_eq!(refused(&[("question", Decision::Edit(json!({})))]), Refusal::NeedsAnswer(call("question")));
    assert_eq!(refused(&[("a", answer("yes"))]), Refusal::NoQuestion(call("a")));
    let long = "x".repeat(answer::ANSWER_BYTES_MAX + 1);
    assert_eq!(refused(&[("question", answer(&long))]), Refusal::TooLong(call("question")));
    let all = Answers { rest: Some(Decision::Approve), ..answers(&[]) };
    assert_eq!(decide(&state, &all).unwrap_err(), Refusal::NeedsAnswer(call("question")));
    assert!(decide(&state, &answers(&[("question", Decision::Reject(String::new()))])).is_ok());
}

#[test]
fn a_call_that_nobody_answers_in_time_is_denied_and_the_others_go_on_waiting() {
    let mut state = turn(&reply(&[("late", ReplayClass::Effect, true), ("a", ReplayClass::Effect, true)]));
    assert!(close::expired(&state, WallTime(NOW.0 - 1)).is_empty());
    let parked = close::parked(&state);
    take_in(&mut state, &[parked]);
    let bodies = close::expired(&state, NOW);
    assert!(matches!(&bodies[..], [Body::ApprovalExpired { .. }, Body::ToolEnded { call: id, outcome, .. }]
        if *id == call("late") && outcome.kind == OutcomeKind::Denied && outcome.content.contains("in time")));
    take_in(&mut state, &bodies);
    assert!(close::expired(&state, NOW).is_empty(), "once");
    let late = decide(&state, &answers(&[("late", Decision::Approve)])).unwrap_err();
    assert_eq!(late, Refusal::Expired(call("late")));
    assert_eq!(finishes(&next(&state)), Some((TurnStatus::Interrupted, 3)), "the other still waits");
}
