//! What the model does in a turn. The user's message says it, so that the fake model needs no memory of its own: a reply
//! follows from the request alone, also where the request is made again.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixtures::model_server::{Reply, Request};

/// The kinds of turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words alone.
    Text,
    /// Two calls side by side that only look.
    Look,
    /// A short command.
    Effect,
    /// A file and two commands in one reply.
    Several,
    /// A command, and after its result another.
    Steps,
    /// A long command that is cancelled.
    Cancelled,
}

const KINDS: [Kind; 6] = [Kind::Text, Kind::Look, Kind::Effect, Kind::Several, Kind::Steps, Kind::Cancelled];

impl Kind {
    /// The kind of this number; every number has one.
    pub(super) fn of(number: u64) -> Self {
        KINDS[usize::try_from(number).unwrap_or_default() % KINDS.len()]
    }

    fn number(self) -> u64 {
        KINDS.iter().zip(0..).find(|(kind, _)| **kind == self).map_or(0, |(_, number)| number)
    }
}

/// The message that asks for a turn of this kind. `name` is the turn's own.
pub(super) fn message(kind: Kind, name: &str) -> String {
    json!({ "kind": kind.number(), "name": name }).to_string()
}

/// A command that leaves the call's id in the workspace as often as it runs.
pub(super) fn command(call: &str, seconds: &str) -> Value {
    json!({ "command": format!("echo {call} >> effects; sleep {seconds}; echo late-{call} >> effects; echo {call}") })
}

/// The model's reply, or one of its bad moments.
pub(super) fn reply_or_fault(request: &Request, chance: u64) -> Reply {
    match chance {
        0 => Reply::status(503, r#"{"error":{"message":"overloaded"}}"#),
        1 => reply(request).cut_after(300),
        _ => reply(request),
    }
}

fn reply(request: &Request) -> Reply {
    // What was said since the newest answer comes as one message: after a cancelled turn its words stand before ours.
    let newest = request.newest("user").rsplit("\n\n").next().unwrap_or_default();
    let asked: Value = serde_json::from_str(newest).unwrap_or_default();
    let (Some(kind), Some(name)) = (asked["kind"].as_u64().map(Kind::of), asked["name"].as_str()) else {
        return Reply::status(400, "not a message of this script");
    };
    let turn = request.messages().rsplit(|message| message["role"] == "user").next().unwrap_or_default();
    let step = turn.iter().filter(|message| message["role"] == "assistant").count();
    let call = |number: usize| format!("{name}s{step}c{number}");
    let begun = Reply::stream().and_text("One ").and_delay(Duration::from_millis(30)).and_text("moment. ");
    match (kind, step) {
        (Kind::Look, 0) => begun.and_call(&call(1), "ls", json!({ "path": "." })).and_call(
            &call(2),
            "glob",
            json!({ "pattern": "**/*" }),
        ),
        (Kind::Effect, 0) | (Kind::Steps, 0 | 1) => begun.and_call(&call(1), "execute", command(&call(1), "0.3")),
        (Kind::Several, 0) => begun
            .and_call(&call(1), "write_file", json!({ "path": format!("written-{}", call(1)), "content": call(1) }))
            .and_call(&call(2), "execute", command(&call(2), "0"))
            .and_call(&call(3), "execute", command(&call(3), "0.2")),
        (Kind::Cancelled, 0) => begun.and_call(&call(1), "execute", command(&call(1), "8")),
        _ => begun.and_delay(Duration::from_millis(50)).and_text(&format!("Done with {name}.")),
    }
}
