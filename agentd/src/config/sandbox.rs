//! What can be set about sandboxes: the defaults, what an agent profile puts in their place, and the ceiling over both.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::options::{ExtraMount, Gpus, SandboxChoice, SandboxOptions, UserIds};
use crate::session::ceiling;

use super::byte_size::ByteSize;
use super::cpus::Cpus;
use super::typed::Typed;
use crate::domain::time_span::TimeSpan;

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
    /// Swap beside it.
    pub swap: ByteSize,
    /// CPU limit.
    pub cpus: Cpus,
    /// Process limit.
    pub pids: u32,
    /// Size of one file at most; 0: no limit.
    pub file_size: ByteSize,
    /// Open files of one process at most; 0: as many as the engine gives.
    pub open_files: u64,
    /// Output of a command that is kept.
    pub output: ByteSize,
    /// How long one command may run.
    pub command_timeout: TimeSpan,
    /// Graphics processors: none, all, or a number.
    pub gpus: Typed<Gpus>,
    /// The engine's runtime; empty: its default.
    pub runtime: String,
    /// The user that everything runs as; none: the owner of the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Typed<UserIds>>,
    /// A host directory that every sandbox sees read-only at /shared; empty: none.
    pub shared_dir: PathBuf,
    /// Where `--workspace` may point; empty: the caller's own directories.
    pub workspace_roots: Vec<PathBuf>,
    /// Where further mounts may point; empty: there are none.
    pub mount_roots: Vec<PathBuf>,
    /// After how long without work a sandbox is paused.
    pub idle_pause: TimeSpan,
    /// After how long without work a sandbox is removed.
    pub idle_remove: TimeSpan,
    /// Sandboxes that are made ahead of need.
    pub pool_size: u32,
    /// What no session and no profile may exceed.
    #[serde(skip_serializing_if = "Ceiling::is_empty")]
    pub ceiling: Ceiling,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            backend: Backend::Auto,
            image: "python:3.13-slim".to_owned(),
            network: "none".to_owned(),
            memory: ByteSize(2 << 30),
            swap: ByteSize(0),
            cpus: Cpus::from_millis(1000),
            pids: 512,
            file_size: ByteSize(0),
            open_files: 0,
            output: ByteSize(10 << 20),
            command_timeout: TimeSpan::from_minutes(60),
            gpus: Typed(Gpus::None),
            runtime: String::new(),
            user: None,
            shared_dir: PathBuf::new(),
            workspace_roots: Vec::new(),
            mount_roots: Vec::new(),
            idle_pause: TimeSpan::from_minutes(5),
            idle_remove: TimeSpan::from_minutes(30),
            pool_size: 1,
            ceiling: Ceiling::default(),
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

impl Sandbox {
    /// The options of a sandbox of which nothing else is asked for.
    pub fn options(&self) -> SandboxOptions {
        SandboxOptions {
            backend: self.backend.name().to_owned(),
            image: self.image.clone(),
            network: self.network.clone(),
            memory_bytes: self.memory.0,
            swap_bytes: self.swap.0,
            cpu_millis: self.cpus.as_millis(),
            pids_max: self.pids,
            file_bytes_max: self.file_size.0,
            open_files_max: self.open_files,
            output_bytes_max: self.output.0,
            command_ms_max: self.command_timeout.as_ms(),
            gpus: self.gpus.0,
            runtime: self.runtime.clone(),
            user: self.user.map(|user| user.0),
            mounts: Vec::new(),
        }
    }
}

/// What an agent profile puts in the place of what `[sandbox]` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentSandbox {
    /// The image by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// none, bridge, or the name of an engine network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// Memory limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// Swap beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<ByteSize>,
    /// CPU limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<Cpus>,
    /// Process limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<u32>,
    /// Size of one file at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<ByteSize>,
    /// Open files of one process at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// Output of a command that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<ByteSize>,
    /// How long one command may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_timeout: Option<TimeSpan>,
    /// Graphics processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpus: Option<Typed<Gpus>>,
    /// The engine's runtime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Typed<UserIds>>,
    /// Files and directories of the host, as SOURCE:TARGET or SOURCE:TARGET:rw.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Typed<ExtraMount>>,
}

impl AgentSandbox {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same as a choice.
    pub fn choice(&self) -> SandboxChoice {
        SandboxChoice {
            backend: None,
            image: self.image.clone(),
            network: self.network.clone(),
            memory_bytes: self.memory.map(|size| size.0),
            swap_bytes: self.swap.map(|size| size.0),
            cpu_millis: self.cpus.map(Cpus::as_millis),
            pids_max: self.pids,
            file_bytes_max: self.file_size.map(|size| size.0),
            open_files_max: self.open_files,
            output_bytes_max: self.output.map(|size| size.0),
            command_ms_max: self.command_timeout.map(TimeSpan::as_ms),
            gpus: self.gpus.map(|gpus| gpus.0),
            runtime: self.runtime.clone(),
            user: self.user.map(|user| user.0),
            mounts: self.mounts.iter().map(|mount| mount.0.clone()).collect(),
        }
    }
}

/// What no session and no profile may exceed; what is left out has no ceiling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ceiling {
    /// Networks that may be chosen beside none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<String>>,
    /// Memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteSize>,
    /// Swap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap: Option<ByteSize>,
    /// CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<Cpus>,
    /// Processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<u32>,
    /// Size of one file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<ByteSize>,
    /// Open files of one process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// Output of a command that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<ByteSize>,
    /// How long one command may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_timeout: Option<TimeSpan>,
    /// Graphics processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpus: Option<Typed<Gpus>>,
    /// Runtimes that may be chosen beside the one of `[sandbox]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtimes: Option<Vec<String>>,
}

impl Ceiling {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same as sessions are held to.
    pub fn held(&self) -> ceiling::Ceiling {
        ceiling::Ceiling {
            networks: self.networks.clone(),
            memory_bytes: self.memory.map(|size| size.0),
            swap_bytes: self.swap.map(|size| size.0),
            cpu_millis: self.cpus.map(Cpus::as_millis),
            pids_max: self.pids.map(u64::from),
            file_bytes_max: self.file_size.map(|size| size.0),
            open_files_max: self.open_files,
            output_bytes_max: self.output.map(|size| size.0),
            command_ms_max: self.command_timeout.map(TimeSpan::as_ms),
            gpus: self.gpus.map(|gpus| gpus.0),
            runtimes: self.runtimes.clone(),
        }
    }
}
