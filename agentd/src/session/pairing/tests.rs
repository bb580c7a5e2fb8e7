use serde_json::json;

use crate::domain::approval::Principal;
use crate::domain::event::Purpose;
use crate::domain::ids::SessionId;
use crate::domain::message::{AssistantMessage, ToolCall, Usage};
use crate::domain::options::SessionOptions;
use crate::domain::outcome::{Outcome, ReplayClass};
use crate::domain::time::WallTime;

use super::*;

fn call(id: &str) -> CallId {
    CallId::try_from(id.to_owned()).unwrap()
}

fn created() -> Body {
    let options: SessionOptions = serde_json::from_value(json!({
        "workspace": "/w", "workspace_made": true, "workspace_warning": "", "shared": null, "model": "m",
        "agent": "default", "approve": "all", "budget_tokens": 0, "turn_timeout_ms": 1, "model_calls_max": 1,
        "sandbox": {"backend": "docker", "image": "i", "network": "none", "memory_bytes": 1, "cpu_millis": 1, "pids_max": 1}
    }))
    .unwrap();
    Body::SessionCreated { name: None, options: Box::new(options) }
}

fn started() -> Body {
    let (request_id, message, model) = ("r".to_owned(), "hello".to_owned(), "m".to_owned());
    Body::TurnStarted {
        request_id,
        message,
        model,
        timeout_ms: 1,
        who: Principal::default(),
        attachments: Vec::new(),
        system: None,
        agents_file: None,
        answer_schema: None,
    }
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

fn done(calls: &[&str]) -> Body {
    let call = |id: &&str| ToolCall { id: call(id), tool: "t".to_owned(), arguments: "{}".to_owned() };
    let message = AssistantMessage {
        text: String::new(),
        reasoning: String::new(),
        tool_calls: calls.iter().map(call).collect(),
        thinking: None,
    };
    Body::ModelDone { step: 1, attempt: 1, message, finish_reason: String::new(), usage: Usage::default() }
}

fn intent(id: &str) -> Body {
    let (tool, arguments) = ("t".to_owned(), json!({}));
    Body::ToolIntent { call: call(id), tool, arguments, replay: ReplayClass::Effect, needs_approval: false }
}

fn requested(id: &str) -> Body {
    let (tool, digest) = ("t".to_owned(), "d".to_owned());
    Body::ApprovalRequested {
        call: call(id),
        tool,
        arguments: json!({}),
        digest,
        reason: String::new(),
        always: None,
        question: false,
        expires_at: None,
    }
}

fn decided(id: &str, digest: &str, decision: Decision) -> Body {
    let digest = digest.to_owned();
    Body::ApprovalDecided { call: call(id), digest, decision, who: Principal::default(), always: None }
}

fn ended(id: &str, kind: OutcomeKind) -> Body {
    Body::ToolEnded { call: call(id), tool: "t".to_owned(), outcome: Outcome::plain(kind, "") }
}

fn finished(status: TurnStatus) -> Body {
    let (message, hint, waiting) = (String::new(), String::new(), Vec::new());
    Body::TurnFinished { status, exit_code: 0, message, hint, waiting, steps: 1, usage: Usage::default(), answer: None }
}

/// The first thing that is wrong with these events of turn 1, after a session and a turn were begun.
fn first_fault(bodies: Vec<Body>) -> Option<(usize, String)> {
    let mut pairing = Pairing::default();
    let all = [created(), started()].into_iter().chain(bodies);
    all.enumerate().find_map(|(index, body)| {
        let turn = u64::from(index > 0);
        let session = SessionId::from_random([1; 16]);
        let event = Event { session, seq: index as u64 + 1, turn, time: WallTime(0), body };
        pairing.take(&event).err().map(|what| (index + 1, what))
    })
}

#[test]
fn whole_turns_are_sound() {
    use OutcomeKind::{Cancelled, Denied, Done};
    use TurnStatus::{Completed, Interrupted};
    let sound = [
        vec![asked(), done(&[]), finished(Completed)],
        vec![asked(), done(&["a", "b"]), intent("a"), intent("b"), ended("b", Done), ended("a", Done), asked()],
        vec![
            asked(),
            done(&["a"]),
            intent("a"),
            requested("a"),
            finished(Interrupted),
            decided("a", "d", Decision::Approve),
            ended("a", Done),
        ],
        vec![
            asked(),
            done(&["a"]),
            intent("a"),
            requested("a"),
            decided("a", "other", Decision::Edit(json!({}))),
            ended("a", Done),
        ],
        vec![
            asked(),
            done(&["a"]),
            intent("a"),
            requested("a"),
            decided("a", "d", Decision::Reject(String::new())),
            ended("a", Denied),
            asked(),
        ],
        // Cancelled while it waited.
        vec![
            asked(),
            done(&["a"]),
            intent("a"),
            requested("a"),
            ended("a", Cancelled),
            finished(TurnStatus::Cancelled),
        ],
    ];
    for bodies in sound {
        assert_eq!(first_fault(bodies), None);
    }
}

#[test]
fn what_cannot_have_happened_is_told_with_its_row() {
    use OutcomeKind::{Done, Unknown};
    use TurnStatus::{Completed, Interrupted};
    let cases = [
        (vec![created()], 3, "made twice"),
        (vec![started()], 3, "open still"),
        (vec![asked(), finished(Completed)], 4, "attempt 1 of step 1 had no answer"),
        (vec![done(&[])], 3, "not the one that was asked"),
        (vec![asked(), done(&["a"]), finished(Completed)], 5, "the call a had no outcome"),
        (vec![asked(), done(&["a"]), intent("a"), asked()], 6, "the call a had no outcome"),
        (vec![asked(), done(&["a"]), intent("a"), ended("a", Done), ended("a", Done)], 7, "was not open"),
        (vec![asked(), done(&["a"]), intent("b")], 5, "no reply of the model asked for the call b"),
        (vec![asked(), done(&["a", "a"])], 4, "used before"),
        (vec![asked(), done(&["a"]), intent("a"), requested("a"), ended("a", Done)], 7, "without its approval"),
        (vec![asked(), done(&["a"]), intent("a"), requested("a"), ended("a", Unknown)], 7, "without its approval"),
        (
            vec![asked(), done(&["a"]), intent("a"), requested("a"), decided("a", "x", Decision::Approve)],
            7,
            "not what was asked",
        ),
        (
            vec![
                asked(),
                done(&["a"]),
                intent("a"),
                requested("a"),
                decided("a", "d", Decision::Approve),
                decided("a", "d", Decision::Approve),
            ],
            8,
            "not what was asked",
        ),
        (vec![finished(Interrupted)], 3, "nothing waits"),
        (vec![finished(Completed), asked()], 4, "none is open"),
    ];
    for (bodies, row, words) in cases {
        let (found_row, what) = first_fault(bodies).unwrap();
        assert!(found_row == row && what.contains(words), "row {found_row} instead of {row}: {what} ({words})");
    }
}
