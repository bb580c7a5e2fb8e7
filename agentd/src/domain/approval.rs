//! Approvals: which tools ask, what was asked, what was decided.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ids::CallId;
use super::time::WallTime;

/// Which tools ask before they run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalPolicy {
    /// Every tool.
    All,
    /// No tool: the sandbox is the wall.
    None,
    /// These tools.
    Tools(Vec<String>),
}

impl ApprovalPolicy {
    /// The tools that ask unless told otherwise.
    pub fn default_tools() -> Vec<String> {
        ["execute", "write_file", "edit_file", "delete"].map(str::to_owned).to_vec()
    }

    /// As `--approve` takes it and `session show` prints it.
    pub fn as_list(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::None => "none".to_owned(),
            Self::Tools(tools) => tools.join(","),
        }
    }
}

/// A call that waits for an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PendingApproval {
    /// The turn's number.
    pub turn: u64,
    /// The call.
    pub call: CallId,
    /// The tool's name.
    pub tool: String,
    /// The exact arguments.
    pub arguments: Value,
    /// SHA-256 of the exact tool and arguments, in hexadecimal.
    pub digest: String,
    /// When it was asked.
    pub requested_at: WallTime,
}

/// What was decided about a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Run it.
    Approve,
    /// Run it with these arguments instead.
    Edit(Value),
    /// Do not run it; this is told to the model.
    Reject(String),
}

/// Who answered: the peer of the socket connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// User id.
    pub uid: u32,
    /// Process id, as far as the system told; may be recycled.
    pub pid: Option<i32>,
}
