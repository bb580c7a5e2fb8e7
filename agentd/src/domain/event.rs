//! The journal's events: what happened in a session, in order. A session's state is a fold of these and of nothing else.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::agents_file::AgentsFile;
use super::approval::{Decision, Grant, Principal};
use super::attachment::Attachment;
use super::ids::{CallId, SessionId};
use super::message::{AssistantMessage, Usage, is_zero};
use super::options::SessionOptions;
use super::outcome::{Outcome, ReplayClass, Todo};
use super::time::WallTime;

mod compacting;

mod encoding;

mod envelope;

pub use compacting::{Cut, Purpose};
pub use encoding::{BODY_VERSION, DecodeError};
pub use envelope::{Event, TurnStatus};

/// What happened. The kind and the fields are the journal's format: renaming one breaks every journal on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data")]
pub enum Body {
    /// The session was made.
    #[serde(rename = "session.created")]
    SessionCreated {
        /// Its name.
        name: Option<String>,
        /// Its settled options.
        options: Box<SessionOptions>,
    },
    /// The session has another name.
    #[serde(rename = "session.renamed")]
    SessionRenamed {
        /// The new name.
        name: String,
    },
    /// The session's next turns ask another model.
    #[serde(rename = "session.model")]
    SessionModel {
        /// The model's name.
        model: String,
        /// Who chose it.
        who: Principal,
    },
    /// The session may use more, or less.
    #[serde(rename = "session.budget")]
    SessionBudget {
        /// Tokens in all; 0: no limit.
        tokens: u64,
        /// Cost in all, in millionths; 0: no limit.
        cost_micros: u64,
        /// Who set it.
        who: Principal,
    },
    /// The session has another image: what is made for it from here on is made of that.
    #[serde(rename = "image.changed")]
    ImageChanged {
        /// The image by name.
        image: String,
        /// By digest; absent: as the name is resolved when the next sandbox is made.
        digest: Option<String>,
        /// Whether it is the one of before the last upgrade, which is taken back.
        rollback: bool,
    },
    /// A message was accepted.
    #[serde(rename = "turn.started")]
    TurnStarted {
        /// The client's id of the request, unique in the session.
        request_id: String,
        /// The message.
        message: String,
        /// The model's name.
        model: String,
        /// Time limit in milliseconds.
        timeout_ms: u64,
        /// Who sent it.
        who: Principal,
        /// The JSON Schema that the answer must fit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer_schema: Option<Value>,
        /// Files beside the message.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
        /// The system prompt from here on; left out where it is the one before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        system: Option<String>,
        /// AGENTS.md of the workspace; left out where it is as it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agents_file: Option<AgentsFile>,
    },
    /// The model is about to be asked.
    #[serde(rename = "model.intent")]
    ModelIntent {
        /// From 1 in its turn.
        step: u32,
        /// From 1 in its step.
        attempt: u32,
        /// The model's name.
        model: String,
        /// SHA-256 of the request, in hexadecimal.
        request_hash: String,
        /// What it is for.
        #[serde(default, skip_serializing_if = "Purpose::is_reply")]
        purpose: Purpose,
        /// Bytes of conversation, system prompt and tools in it; what the provider counts is set against them.
        #[serde(default, skip_serializing_if = "is_zero")]
        request_bytes: u64,
    },
    /// Something was left out of the conversation, so that it fits its model's window.
    #[serde(rename = "context.compacted")]
    ContextCompacted {
        /// The step before which.
        step: u32,
        /// The attempt that gave the summary; 0: the model was not asked.
        attempt: u32,
        /// What was left out.
        cut: Cut,
        /// What stands in its place.
        #[serde(default)]
        summary: String,
        /// About how many tokens the request would have had.
        tokens_before: u64,
        /// Tokens of the request for the summary.
        usage: Usage,
    },
    /// The model's whole reply. Its tool intents and approval requests are in the same transaction.
    #[serde(rename = "model.done")]
    ModelDone {
        /// The step.
        step: u32,
        /// The attempt.
        attempt: u32,
        /// The reply.
        message: AssistantMessage,
        /// Why the model stopped, in its own word.
        finish_reason: String,
        /// Tokens of this request.
        usage: Usage,
    },
    /// The text of a reply, whole. Left out where there is none.
    #[serde(rename = "message.done")]
    MessageDone {
        /// The step.
        step: u32,
        /// The text.
        text: String,
    },
    /// Tokens used by the session so far.
    #[serde(rename = "usage")]
    Usage {
        /// The sum.
        total: Usage,
    },
    /// An attempt gave no whole reply.
    #[serde(rename = "model.attempt_failed")]
    ModelAttemptFailed {
        /// The step.
        step: u32,
        /// The attempt.
        attempt: u32,
        /// What kind of failure, in one word.
        class: String,
        /// One line of what happened, without secrets.
        message: String,
        /// What the user can do about it.
        #[serde(default)]
        hint: String,
        /// When it is tried again; absent: not.
        retry_at: Option<WallTime>,
        /// The model that is asked in place of this one, for the rest of the turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_model: Option<String>,
    },
    /// A tool call of an accepted reply.
    #[serde(rename = "tool.intent")]
    ToolIntent {
        /// The call.
        call: CallId,
        /// The tool's name.
        tool: String,
        /// The arguments; a string where the model did not write JSON.
        arguments: Value,
        /// What a repetition would do.
        replay: ReplayClass,
        /// Whether it waits for an approval.
        needs_approval: bool,
    },
    /// A call waits for an answer.
    #[serde(rename = "approval.requested")]
    ApprovalRequested {
        /// The call.
        call: CallId,
        /// The tool's name.
        tool: String,
        /// The exact arguments.
        arguments: Value,
        /// SHA-256 of the exact tool and arguments, in hexadecimal.
        digest: String,
        /// Why it asks, in words.
        reason: String,
        /// What an answer for the rest of the session would allow; none: there can be no such answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        always: Option<Grant>,
        /// Whether it is a question, which needs an answer and not an approval.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        question: bool,
        /// When it is denied for want of an answer; none: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<WallTime>,
    },
    /// A call was answered.
    #[serde(rename = "approval.decided")]
    ApprovalDecided {
        /// The call.
        call: CallId,
        /// The digest of what was decided.
        digest: String,
        /// The decision.
        decision: Decision,
        /// Who.
        who: Principal,
        /// What runs without asking from now on in this session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        always: Option<Grant>,
    },
    /// A call was denied because nobody answered in time.
    #[serde(rename = "approval.expired")]
    ApprovalExpired {
        /// The call.
        call: CallId,
        /// When its time was over.
        expired_at: WallTime,
    },
    /// A sub-agent is about to work on a call.
    #[serde(rename = "subagent.started")]
    SubagentStarted {
        /// The call.
        call: CallId,
        /// The sub-agent's own session.
        session: SessionId,
        /// Its agent profile.
        agent: String,
    },
    /// A sub-agent waits until calls of it are answered.
    #[serde(rename = "subagent.parked")]
    SubagentParked {
        /// The call.
        call: CallId,
        /// The sub-agent's own session.
        session: SessionId,
        /// The calls that wait.
        waiting: Vec<CallId>,
    },
    /// A sub-agent goes on.
    #[serde(rename = "subagent.resumed")]
    SubagentResumed {
        /// The call.
        call: CallId,
        /// The sub-agent's own session.
        session: SessionId,
    },
    /// A sub-agent has ended.
    #[serde(rename = "subagent.finished")]
    SubagentFinished {
        /// The call.
        call: CallId,
        /// The sub-agent's own session.
        session: SessionId,
        /// How.
        status: TurnStatus,
        /// Why, in words, where it did not complete.
        message: String,
        /// Model steps taken.
        steps: u32,
        /// Its tokens.
        usage: Usage,
    },
    /// Guidance was given while the turn was running. It stands before the next request to the model.
    #[serde(rename = "turn.steered")]
    TurnSteered {
        /// The client's id of the request; empty: none.
        request_id: String,
        /// The guidance.
        text: String,
        /// Who gave it.
        who: Principal,
    },
    /// A call ended. Its name on the wire depends on the kind of its end: tool.done, tool.failed, …
    #[serde(rename = "tool.ended")]
    ToolEnded {
        /// The call.
        call: CallId,
        /// The tool's name.
        tool: String,
        /// How.
        outcome: Outcome,
    },
    /// The agent's list of todos, whole.
    #[serde(rename = "todos.updated")]
    TodosUpdated {
        /// The todos.
        todos: Vec<Todo>,
    },
    /// A sandbox is about to be made.
    #[serde(rename = "sandbox.intent")]
    SandboxIntent {
        /// Which sandbox of the session, from 1.
        generation: u64,
        /// The container's name, made of install id, session and generation.
        name: String,
        /// The backend.
        backend: String,
        /// SHA-256 of the specification, in hexadecimal.
        spec_hash: String,
        /// The image by the name the user gave.
        image: String,
    },
    /// The sandbox answers.
    #[serde(rename = "sandbox.ready")]
    SandboxReady {
        /// Which.
        generation: u64,
        /// The container's name.
        name: String,
        /// The backend's id of the container.
        id: String,
        /// The boot of its agent-init: a call of another boot is gone.
        boot_id: String,
        /// The image by digest.
        image: String,
        /// Limits that cannot be held here, in words.
        not_enforced: Vec<String>,
    },
    /// The sandbox is gone.
    #[serde(rename = "sandbox.lost")]
    SandboxLost {
        /// Which.
        generation: u64,
        /// Why, in words.
        reason: String,
        /// Calls without an end that may have been running in it.
        #[serde(default)]
        exposed: Vec<CallId>,
    },
    /// The answer does not fit the schema it must fit; the model is asked again.
    #[serde(rename = "answer.refused")]
    AnswerRefused {
        /// The step that gave it.
        step: u32,
        /// What is wrong with it.
        problems: Vec<String>,
        /// What the model is told.
        told: String,
    },
    /// The turn ended, or parked.
    #[serde(rename = "turn.finished")]
    TurnFinished {
        /// How.
        status: TurnStatus,
        /// The exit code for scripts.
        exit_code: u8,
        /// Why, in words, where it did not complete.
        #[serde(default)]
        message: String,
        /// What the user can do about it.
        #[serde(default)]
        hint: String,
        /// The calls that wait, when parked.
        #[serde(default)]
        waiting: Vec<CallId>,
        /// Model steps taken.
        steps: u32,
        /// Tokens of this turn.
        usage: Usage,
        /// The answer as JSON, where it had to fit a schema and does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
    },
}

#[cfg(test)]
mod tests;
