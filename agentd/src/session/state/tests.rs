use super::*;
use crate::domain::approval::{ApprovalPolicy, Decision, Principal, Scope};
use crate::domain::event::Purpose;
use crate::domain::message::{AssistantMessage, ToolCall};
use crate::domain::options::SandboxOptions;
use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};

fn options() -> SessionOptions {
    SessionOptions {
        workspace: "/w".into(),
        workspace_made: true,
        workspace_warning: String::new(),
        shared: None,
        model: "m".to_owned(),
        agent: "default".to_owned(),
        approve: ApprovalPolicy::None,
        budget_tokens: 0,
        budget_cost_micros: 0,
        turn_timeout_ms: 1000,
        model_calls_max: 10,
        sandbox: SandboxOptions::default(),
        parent: None,
    }
}

fn id(call: &str) -> CallId {
    CallId::try_from(call.to_owned()).unwrap()
}

/// The session after these events of its first turn.
fn session(bodies: impl IntoIterator<Item = Body>) -> SessionState {
    let mut first = vec![
        Body::SessionCreated { name: None, options: Box::new(options()) },
        Body::TurnStarted {
            request_id: "r".to_owned(),
            message: "begin".to_owned(),
            model: "m".to_owned(),
            timeout_ms: 1000,
            who: Principal::default(),
            answer_schema: None,
            attachments: Vec::new(),
            system: None,
            agents_file: None,
        },
    ];
    first.extend(bodies);
    let events: Vec<Event> = (1..)
        .zip(first)
        .map(|(seq, body)| Event {
            session: SessionId::from_random([1; 16]),
            seq,
            turn: u64::from(seq > 1),
            time: WallTime(0),
            body,
        })
        .collect();
    SessionState::fold(&events).unwrap()
}

fn asked() -> Body {
    Body::ModelIntent {
        step: 1,
        attempt: 1,
        model: "m".to_owned(),
        request_hash: String::new(),
        purpose: Purpose::Reply,
        request_bytes: 0,
    }
}

fn steered(text: &str) -> Body {
    Body::TurnSteered { request_id: String::new(), text: text.to_owned(), who: Principal::default() }
}

/// A reply with these calls, and their intents.
fn replied(text: &str, calls: &[&str]) -> Vec<Body> {
    let call = |call: &&str| ToolCall { id: id(call), tool: "ls".to_owned(), arguments: "{}".to_owned() };
    let message =
        AssistantMessage { text: text.to_owned(), tool_calls: calls.iter().map(call).collect(), ..Default::default() };
    let mut bodies =
        vec![Body::ModelDone { step: 1, attempt: 1, message, finish_reason: String::new(), usage: Usage::default() }];
    bodies.extend(calls.iter().map(|call| Body::ToolIntent {
        call: id(call),
        tool: "ls".to_owned(),
        arguments: serde_json::json!({}),
        replay: ReplayClass::ReadOnly,
        needs_approval: false,
    }));
    bodies
}

fn ended(call: &str) -> Body {
    let outcome = Outcome::plain(OutcomeKind::Done, format!("result of {call}"));
    Body::ToolEnded { call: id(call), tool: "ls".to_owned(), outcome }
}

/// The conversation in short.
fn said(state: &SessionState) -> Vec<String> {
    let short = |message: &Message| match message {
        Message::User(said) => format!("user: {}", said.text),
        Message::Assistant(reply) => format!("model: {}", reply.text),
        Message::ToolResult { content, .. } => content.clone(),
    };
    state.messages.iter().map(short).collect()
}

#[test]
fn guidance_stands_after_the_results_of_calls_that_were_open() {
    let mut bodies = vec![asked()];
    bodies.extend(replied("look", &["a", "b"]));
    bodies.extend([ended("a"), steered("one"), steered("two")]);
    assert_eq!(said(&session(bodies.clone())), ["user: begin", "model: look"]);
    bodies.push(ended("b"));
    assert_eq!(
        said(&session(bodies)),
        ["user: begin", "model: look", "result of a", "result of b", "user: one", "user: two"]
    );
}

#[test]
fn guidance_does_not_change_a_request_under_way_and_is_in_the_next() {
    assert_eq!(said(&session([asked(), steered("one")])), ["user: begin"]);
    let failed = Body::ModelAttemptFailed {
        step: 1,
        attempt: 1,
        class: "cut".to_owned(),
        message: String::new(),
        hint: String::new(),
        retry_at: Some(WallTime(1)),
        next_model: None,
    };
    assert_eq!(said(&session([asked(), steered("one"), failed])), ["user: begin", "user: one"]);
    let mut bodies = vec![asked(), steered("one")];
    bodies.extend(replied("done", &[]));
    let state = session(bodies);
    assert_eq!(said(&state), ["user: begin", "model: done", "user: one"]);
    assert!(!state.turn.unwrap().answered);
}

#[test]
fn what_was_allowed_for_the_session_is_kept_once_and_outlives_the_turn() {
    let grant = Grant { tool: "execute".to_owned(), scope: Scope::Argv(vec!["make".to_owned()]) };
    let decided = |call: &str| Body::ApprovalDecided {
        call: id(call),
        digest: String::new(),
        decision: Decision::Approve,
        who: Principal::default(),
        always: Some(grant.clone()),
    };
    let mut bodies = vec![asked()];
    bodies.extend(replied("", &["a", "b"]));
    bodies.extend([decided("a"), decided("b"), ended("a"), ended("b")]);
    bodies.push(crate::turn::close::finished(session([]).turn.as_ref().unwrap(), TurnStatus::Cancelled, 130, "", ""));
    let state = session(bodies);
    assert!(state.turn.is_none());
    assert_eq!(state.grants, [grant]);
}
