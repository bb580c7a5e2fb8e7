//! What a whole reply of the model comes to: the reply, its tool intents and its approval requests, as one transaction.

use std::collections::HashSet;

use serde_json::Value;

use crate::approval::{digest, gate, texts};
use crate::domain::event::Body;
use crate::domain::ids::CallId;
use crate::domain::message::{AssistantMessage, ToolCall, Usage};
use crate::domain::outcome::{Outcome, OutcomeKind, ReplayClass};
use crate::domain::time::WallTime;
use crate::model::{ModelReply, ReplyCall};
use crate::tools::registry::Registry;

use super::repeats::Repeats;

/// Calls of one reply at most; what is more ends as failed, with that reason.
pub const CALLS_PER_REPLY_MAX: usize = 256;

/// Characters of a provider's own call id that is kept: OpenAI takes no more back, whoever gave it.
const OWN_ID_CHARS_MAX: usize = 40;

/// Where in the turn the reply belongs.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The turn's number.
    pub turn: u64,
    /// The step.
    pub step: u32,
    /// The attempt.
    pub attempt: u32,
}

/// What decides over the reply's calls.
pub struct Judges<'a> {
    /// The tools there are.
    pub tools: &'a Registry,
    /// Which calls ask.
    pub terms: gate::Terms<'a>,
    /// What every call id begins with.
    pub call_prefix: &'a str,
    /// Which calls have come to the same again and again.
    pub repeats: &'a Repeats,
    /// When a call that asks is denied for want of an answer; none: never.
    pub expires_at: Option<WallTime>,
}

/// The events of a reply. `seen` holds every call id of the session so far: a provider's own id is kept where it is new and
/// well-formed, because people and logs know the call by it; else one is made.
pub fn accept(
    reply: ModelReply,
    at: Position,
    seen: &HashSet<CallId>,
    session_usage: Usage,
    judges: &Judges<'_>,
) -> Vec<Body> {
    let mut fresh = HashSet::new();
    let mut tool_calls = Vec::with_capacity(reply.tool_calls.len());
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let id = call_id(call, at, index, judges.call_prefix, |id| seen.contains(id) || fresh.contains(id));
        fresh.insert(id.clone());
        tool_calls.push(ToolCall { id, tool: call.tool.clone(), arguments: call.arguments.clone() });
    }
    let mut usage = reply.usage.unwrap_or_default();
    usage.model_calls = 1;
    let mut total = session_usage;
    total += usage;

    let text = reply.text.clone();
    let message =
        AssistantMessage { text: reply.text, reasoning: reply.reasoning, tool_calls, thinking: reply.thinking };
    let mut calls = Vec::new();
    for (index, call) in message.tool_calls.iter().enumerate() {
        calls.extend(judge(call, index, judges));
    }
    let Position { step, attempt, .. } = at;
    let mut bodies = vec![Body::ModelDone { step, attempt, message, finish_reason: reply.finish_reason, usage }];
    if !text.is_empty() {
        bodies.push(Body::MessageDone { step, text });
    }
    bodies.push(Body::Usage { total });
    bodies.extend(calls);
    bodies
}

fn call_id(call: &ReplyCall, at: Position, index: usize, prefix: &str, is_used: impl Fn(&CallId) -> bool) -> CallId {
    let fits = |id: &CallId| id.as_str().len() <= OWN_ID_CHARS_MAX && !is_used(id);
    let own = call.id.as_ref().and_then(|id| CallId::try_from(format!("{prefix}{id}")).ok()).filter(fits);
    own.unwrap_or_else(|| {
        (0_u32..)
            .map(|n| match n {
                0 => format!("{prefix}call_{}_{}_{}", at.turn, at.step, index + 1),
                _ => format!("{prefix}call_{}_{}_{}_{n}", at.turn, at.step, index + 1),
            })
            .filter_map(|id| CallId::try_from(id).ok())
            .find(|id| !is_used(id))
            .unwrap_or_else(|| unreachable!("an endless run of distinct short ids meets a finite set of used ones"))
    })
}

/// The intent of one call, with what follows from it at once: its approval request, or its end where it cannot run.
fn judge(call: &ToolCall, index: usize, judges: &Judges<'_>) -> Vec<Body> {
    // An empty string is what several providers send for a tool without arguments.
    let written = if call.arguments.trim().is_empty() { "{}" } else { call.arguments.as_str() };
    let parsed: Result<Value, _> = serde_json::from_str(written);
    let tool = judges.tools.get(&call.tool);
    let replay = tool.as_ref().map_or(ReplayClass::ReadOnly, |tool| tool.replay());
    let refused = |kind: OutcomeKind, text: String, arguments: Value| {
        vec![
            intent(call, arguments, replay, false),
            Body::ToolEnded { call: call.id.clone(), tool: call.tool.clone(), outcome: Outcome::plain(kind, text) },
        ]
    };
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            let raw = Value::String(call.arguments.clone());
            return refused(OutcomeKind::Failed, texts::broken_json(&call.tool, &error.to_string()), raw);
        }
    };
    if index >= CALLS_PER_REPLY_MAX {
        return refused(OutcomeKind::Failed, texts::too_many_calls(CALLS_PER_REPLY_MAX), arguments);
    }
    let Some(tool) = tool else {
        return refused(OutcomeKind::Failed, judges.tools.unknown_tool(&call.tool), arguments);
    };
    if let Err(why) = tool.check(&arguments) {
        return refused(OutcomeKind::Failed, why, arguments);
    }
    let (reason, always) = match gate::gate(&judges.terms, &call.tool, &arguments) {
        gate::Gate::Deny { reason } => {
            return refused(OutcomeKind::Denied, texts::denied_by_policy(&reason), arguments);
        }
        _ if tool.asks() => ("it is a question to you".to_owned(), None),
        _ if judges.repeats.is_loop(&call.tool, &arguments) => (texts::LOOP.to_owned(), None),
        gate::Gate::Run => return vec![intent(call, arguments, tool.replay(), false)],
        gate::Gate::Ask { reason, always } => (reason, always),
    };
    vec![
        intent(call, arguments.clone(), tool.replay(), true),
        Body::ApprovalRequested {
            call: call.id.clone(),
            tool: call.tool.clone(),
            digest: digest::digest(&call.tool, &arguments),
            arguments,
            reason,
            always,
            question: tool.asks(),
            expires_at: judges.expires_at,
        },
    ]
}

fn intent(call: &ToolCall, arguments: Value, replay: ReplayClass, needs_approval: bool) -> Body {
    Body::ToolIntent { call: call.id.clone(), tool: call.tool.clone(), arguments, replay, needs_approval }
}
