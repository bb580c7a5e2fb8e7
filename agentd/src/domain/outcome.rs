//! How a tool call ended.

use serde::{Deserialize, Serialize};

/// What a repetition of a call would do. Decides what happens to a call whose sandbox died under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayClass {
    /// Looks only: may be repeated.
    ReadOnly,
    /// Has the same effect once or twice: may be repeated.
    Idempotent,
    /// May have taken effect: never repeated by itself.
    Effect,
}

impl ReplayClass {
    /// The name used in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only",
            Self::Idempotent => "idempotent",
            Self::Effect => "effect",
        }
    }
}

/// The five ends of a tool call (law L3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// It ran to its end. A command's exit code may still be other than 0.
    Done,
    /// It could not do what was asked.
    Failed,
    /// It was rejected.
    Denied,
    /// It was cancelled.
    Cancelled,
    /// It was cut and may have taken effect.
    Unknown,
}

impl OutcomeKind {
    /// The name used in events, after `tool.`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}

/// How a command ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecReport {
    /// Exit code; 124 after a timeout, 128 + N after signal N.
    pub exit_code: i32,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<u32>,
    /// How long it ran, in milliseconds.
    pub duration_ms: u64,
    /// Bytes of output, kept or not.
    pub output_bytes: u64,
    /// Whether output was dropped.
    #[serde(default)]
    pub truncated: bool,
    /// Whether the kernel killed a process of it for want of memory.
    #[serde(default)]
    pub oom: bool,
    /// Whether its time limit ended it.
    #[serde(default)]
    pub timed_out: bool,
    /// Where the kept output is in the sandbox; empty: nowhere.
    #[serde(default)]
    pub output_path: String,
}

/// How a tool call ended, with what the model is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which of the five ends.
    pub kind: OutcomeKind,
    /// What the model is told; bounded by the tool.
    pub content: String,
    /// Of a command: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec: Option<ExecReport>,
    /// Of a change to a file: a unified diff for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// Of write_todos: the new list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todos: Option<Vec<Todo>>,
}

impl Outcome {
    /// An end that is told in words alone.
    pub fn plain(kind: OutcomeKind, content: impl Into<String>) -> Self {
        Self { kind, content: content.into(), exec: None, diff: None, todos: None }
    }
}

/// One todo of the agent's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Todo {
    /// What is to be done.
    pub content: String,
    /// How far it is.
    pub status: TodoStatus,
}

/// How far a todo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TodoStatus {
    /// Not begun.
    Pending,
    /// Being done.
    InProgress,
    /// Done.
    Completed,
}

impl TodoStatus {
    /// The name used in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }
}
