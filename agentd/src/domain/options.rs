//! What a session is made with, after profile and configuration have filled what was left out.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::approval::ApprovalPolicy;

/// Settled options of a session; journaled once, with the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionOptions {
    /// The host directory at /workspace.
    pub workspace: PathBuf,
    /// Whether agentd made it, and so removes it with the session.
    pub workspace_made: bool,
    /// What the user should know about that directory; empty: nothing.
    #[serde(default)]
    pub workspace_warning: String,
    /// The host directory at /shared, read-only.
    pub shared: Option<PathBuf>,
    /// The model's name in the configuration; empty where none is configured.
    pub model: String,
    /// The agent profile's name.
    pub agent: String,
    /// Which tools ask.
    pub approve: ApprovalPolicy,
    /// Token budget; 0: none.
    pub budget_tokens: u64,
    /// Cost budget in millionths of the currency of the prices; 0: none.
    #[serde(default)]
    pub budget_cost_micros: u64,
    /// Time limit of a turn in milliseconds.
    pub turn_timeout_ms: u64,
    /// Model requests a turn may make.
    pub model_calls_max: u32,
    /// What the sandbox is made of.
    pub sandbox: SandboxOptions,
}

/// What a sandbox is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SandboxOptions {
    /// auto, docker or embedded.
    pub backend: String,
    /// The image by the name the user gave.
    pub image: String,
    /// none, bridge, or the name of an engine network.
    pub network: String,
    /// Memory limit in bytes; swap is never added to it.
    pub memory_bytes: u64,
    /// CPU limit in thousandths of a core.
    pub cpu_millis: u64,
    /// Process limit.
    pub pids_max: u32,
}
