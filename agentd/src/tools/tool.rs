//! What a tool is: how it is offered, what it takes, and how it runs.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::domain::ids::CallId;
use crate::domain::options::SandboxOptions;
use crate::domain::outcome::{Outcome, ReplayClass};
use crate::domain::tool::ToolSpec;
use crate::sandbox::init_client::InitClient;
use crate::sandbox::init_client::exec_events::KEEP_BYTES_DEFAULT;
use crate::skills::Shelf;

use super::exec_words::TIMEOUT_S_MAX;

/// Something a model can call.
pub trait Tool: Send + Sync {
    /// How it is offered to the model.
    fn spec(&self) -> ToolSpec;

    /// What a repetition of a call would do.
    fn replay(&self) -> ReplayClass;

    /// Whether it runs in the sandbox; where not, none is made for it.
    fn needs_sandbox(&self) -> bool {
        true
    }

    /// Whether it is a question to the user: their answer is its result, and nobody's policy answers for them.
    fn asks(&self) -> bool {
        false
    }

    /// Whether these arguments can run; else what is wrong with them, told so that the model can mend it.
    fn check(&self, arguments: &Value) -> Result<(), String>;

    /// Runs a call to its end. Whatever goes wrong is an outcome; only a sandbox that stops answering is an error, for
    /// what became of the call is then not known here.
    fn run<'a>(&'a self, run: ToolRun<'a>) -> BoxFuture<'a, Result<Outcome, SandboxGone>>;
}

/// One call to be run.
#[derive(Clone, Copy)]
pub struct ToolRun<'a> {
    /// Its id: agent-init runs it once, however often it is sent.
    pub call: &'a CallId,
    /// Its arguments, approved or edited.
    pub arguments: &'a Value,
    /// The live sandbox; present where the tool needs it.
    pub sandbox: Option<&'a InitClient>,
    /// The skills of its session.
    pub skills: &'a Arc<Shelf>,
    /// What a command may take.
    pub caps: CommandCaps,
    /// Where output goes while it runs.
    pub output: &'a dyn OutputSink,
}

/// What a command may take in this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandCaps {
    /// Bytes of its output that are kept.
    pub keep_bytes_max: u64,
    /// How long it may run, in seconds.
    pub timeout_s_max: u64,
}

impl Default for CommandCaps {
    fn default() -> Self {
        Self { keep_bytes_max: KEEP_BYTES_DEFAULT, timeout_s_max: TIMEOUT_S_MAX }
    }
}

impl CommandCaps {
    /// As a session's options say.
    pub fn of(options: &SandboxOptions) -> Self {
        let usual = Self::default();
        let given = |number: u64, usual| if number == 0 { usual } else { number };
        Self {
            keep_bytes_max: given(options.output_bytes_max, usual.keep_bytes_max),
            timeout_s_max: given(options.command_ms_max / 1000, usual.timeout_s_max).min(usual.timeout_s_max),
        }
    }
}

impl<'a> ToolRun<'a> {
    /// The live sandbox.
    pub(crate) fn client(&self) -> Result<&'a InitClient, SandboxGone> {
        self.sandbox.ok_or_else(|| SandboxGone { reason: "the call was given none".to_owned() })
    }
}

/// Takes the output of a running call, for those who watch. Never waits: what cannot be taken is dropped.
pub trait OutputSink: Send + Sync {
    /// A piece of text that begins `offset` bytes after the beginning of the call's text. A repetition of a call begins
    /// at 0 again.
    fn output(&self, call: &CallId, offset: u64, text: &str);
}

/// The sandbox stopped answering in the middle of a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox stopped answering: {reason}")]
pub struct SandboxGone {
    /// What broke.
    pub reason: String,
}
