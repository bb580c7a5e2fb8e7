//! What can be set. Every key has its default here and nowhere else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::approval::rule::Rule;
use crate::mcp::McpConfig;
use crate::model::ModelConfig;

use super::approve::Approve;
use super::money::Money;
use super::sandbox::{AgentSandbox, Sandbox};
use crate::domain::time_span::TimeSpan;

/// The agent profile of a session that asks for no other. It is always there.
pub const DEFAULT_AGENT: &str = "default";

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The model of a session that asks for no other; empty: none was chosen.
    pub default_model: String,
    /// The models, by the names that users give them.
    pub models: BTreeMap<String, ModelConfig>,
    /// The agent profiles, by name.
    pub agents: BTreeMap<String, Agent>,
    /// The MCP servers, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mcp: BTreeMap<String, McpConfig>,
    /// What a session's sandbox is made of unless the session says otherwise.
    pub sandbox: Sandbox,
    /// Bounds.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            default_model: String::new(),
            models: BTreeMap::new(),
            agents: BTreeMap::from([(DEFAULT_AGENT.to_owned(), Agent::default())]),
            mcp: BTreeMap::new(),
            sandbox: Sandbox::default(),
            limits: Limits::default(),
        }
    }
}

/// How an agent behaves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agent {
    /// Which tools ask before they run.
    pub approve: Approve,
    /// What holds for certain arguments.
    pub rules: Vec<Rule>,
    /// What it is good for as a sub-agent; empty: it is none.
    pub description: String,
    /// The tools it has; empty: all.
    pub tools: Vec<String>,
    /// The model of its sub-agents; empty: their parent's.
    pub model: String,
    /// What the system prompt says beside what it says to all.
    pub prompt: String,
    /// What its sandboxes have in the place of what `[sandbox]` says.
    #[serde(skip_serializing_if = "AgentSandbox::is_empty")]
    pub sandbox: AgentSandbox,
}

/// Bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How long a turn may take.
    pub turn_timeout: TimeSpan,
    /// Model requests a turn may make.
    pub model_calls_per_turn: u32,
    /// Tokens a session may use; 0: no limit.
    pub tokens_per_session: u64,
    /// What a session may cost, in the currency of the prices; 0: no limit.
    pub cost_per_session: Money,
    /// After how long a call that nobody answered is denied.
    pub approval_expires: TimeSpan,
    /// Sessions there may be.
    pub sessions: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turn_timeout: TimeSpan::from_minutes(30),
            model_calls_per_turn: 200,
            tokens_per_session: 0,
            cost_per_session: Money(0),
            approval_expires: TimeSpan::NEVER,
            sessions: 1000,
        }
    }
}
