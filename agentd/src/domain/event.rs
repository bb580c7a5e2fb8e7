//! The journal's events: what happened in a session, in order. A session's state is a fold of these and of nothing else.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::approval::{Decision, Principal};
use super::ids::{CallId, SessionId};
use super::message::{AssistantMessage, Usage};
use super::options::SessionOptions;
use super::outcome::{Outcome, ReplayClass, Todo};
use super::time::WallTime;

/// Version of the bodies' shape. Bodies of a later version are refused, earlier ones are read.
pub const BODY_VERSION: u32 = 1;

/// A durable event of one session.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The session.
    pub session: SessionId,
    /// Dense from 1 in its session.
    pub seq: u64,
    /// The turn it belongs to; 0: none.
    pub turn: u64,
    /// When it was appended.
    pub time: WallTime,
    /// What happened.
    pub body: Body,
}

/// How a turn stands at the end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnStatus {
    /// The model answered.
    Completed,
    /// Parked until approvals are answered; the turn is still open.
    Interrupted,
    /// Cancelled by a person.
    Cancelled,
    /// It failed.
    Failed,
}

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
    },
}

/// Why a row is not an event this daemon knows.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It was written by a later version.
    #[error("event {kind} has version {found}, and this agentd knows versions up to {BODY_VERSION}")]
    Newer {
        /// The row's kind.
        kind: String,
        /// Its version.
        found: u32,
    },
    /// Its kind or its fields are unknown.
    #[error("event {kind} cannot be read: {why}")]
    Unreadable {
        /// The row's kind.
        kind: String,
        /// What the decoder says.
        why: String,
    },
}

/// A body as it is stored, beside its kind.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    v: u32,
    data: T,
}

/// Serde's adjacent tag, apart from the data.
#[derive(Serialize, Deserialize)]
struct Tagged<K, T> {
    kind: K,
    data: T,
}

impl Body {
    /// The kind and the body's text, as the journal stores them: keys in alphabetical order.
    pub fn encode(&self) -> Result<(String, String), serde_json::Error> {
        let tagged: Tagged<String, Value> = serde_json::from_value(serde_json::to_value(self)?)?;
        let text = serde_json::to_string(&Stored { v: BODY_VERSION, data: tagged.data })?;
        Ok((tagged.kind, text))
    }

    /// The body that a row holds.
    pub fn decode(kind: &str, text: &str) -> Result<Self, DecodeError> {
        let unreadable =
            |error: serde_json::Error| DecodeError::Unreadable { kind: kind.to_owned(), why: error.to_string() };
        let stored: Stored<Value> = serde_json::from_str(text).map_err(unreadable)?;
        if stored.v > BODY_VERSION {
            return Err(DecodeError::Newer { kind: kind.to_owned(), found: stored.v });
        }
        let tagged = serde_json::json!({ "kind": kind, "data": stored.data });
        serde_json::from_value(tagged).map_err(unreadable)
    }
}

#[cfg(test)]
mod tests;
