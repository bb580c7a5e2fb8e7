//! What can be set. Every key has its default here and nowhere else.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::approval::rule::Rule;
use crate::model::ModelConfig;

use super::approve::Approve;
use super::byte_size::ByteSize;
use super::cpus::Cpus;
use super::money::Money;
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
            sandbox: Sandbox::default(),
            limits: Limits::default(),
        }
    }
}

/// How an agent behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agent {
    /// Which tools ask before they run.
    pub approve: Approve,
    /// What holds for certain arguments.
    pub rules: Vec<Rule>,
}

/// What a sandbox is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sandbox {
    /// Where it runs.
    pub backend: Backend,
    /// The image by name.
    pub image: String,
    /// none, bridge, or the name of an engine network.
    pub network: String,
    /// Memory limit.
    pub memory: ByteSize,
    /// CPU limit.
    pub cpus: Cpus,
    /// Process limit.
    pub pids: u32,
    /// A host directory that every sandbox sees read-only at /shared; empty: none.
    pub shared_dir: PathBuf,
    /// Where `--workspace` may point; empty: the caller's own directories.
    pub workspace_roots: Vec<PathBuf>,
    /// After how long without work a sandbox is paused.
    pub idle_pause: TimeSpan,
    /// After how long without work a sandbox is removed.
    pub idle_remove: TimeSpan,
    /// Sandboxes that are made ahead of need.
    pub pool_size: u32,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            backend: Backend::Auto,
            image: "python:3.13-slim".to_owned(),
            network: "none".to_owned(),
            memory: ByteSize(2 << 30),
            cpus: Cpus::from_millis(1000),
            pids: 512,
            shared_dir: PathBuf::new(),
            workspace_roots: Vec::new(),
            idle_pause: TimeSpan::from_minutes(5),
            idle_remove: TimeSpan::from_minutes(30),
            pool_size: 1,
        }
    }
}

/// Where sandboxes run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Docker where an engine answers, else what there is.
    #[default]
    Auto,
    /// A Docker engine.
    Docker,
    /// Without an engine.
    Embedded,
}

impl Backend {
    /// The name in config.toml.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Docker => "docker",
            Self::Embedded => "embedded",
        }
    }
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
            sessions: 1000,
        }
    }
}
