//! A property test of the invariants against any order of events.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// What the world may do next.
#[derive(Clone, Debug)]
enum Move {
    Reply(Vec<(ReplayClass, bool)>),
    ModelFails { again: bool },
    Restart,
    CallEnds,
    Answer(bool),
    SandboxDies,
    Steer,
    TimePasses,
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
        1 => Just(Move::Steer),
        1 => Just(Move::TimePasses),
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
                    Next::Summarise { .. } => unreachable!("a plan asks for no summary by itself"),
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
                    let ids: Vec<String> = calls.iter().map(|_| { names += 1; if names.is_multiple_of(7) { format!("late{names}") } else { format!("c{names}") } }).collect();
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
                    let one = first.map(|id| vec![Answer { call: id, decision, digest: None, always: false }]).unwrap_or_default();
                    let request = Answers { answers: one, rest: None, rest_always: false, stop: false, who: Principal::default() };
                    decide(&state, &request).unwrap_or_default()
                }
                Move::Steer => vec![steered()],
                Move::TimePasses => close::expired(&state, NOW),
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
