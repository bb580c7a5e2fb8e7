//! What every session uses and none owns.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::approval::gate::Rule;
use crate::domain::approval::ApprovalPolicy;
use crate::domain::options::{SandboxChoice, SandboxOptions, SessionOptions};
use crate::model::Models;
use crate::sandbox::backends::Backends;
use crate::sandbox::error::{SandboxError, SandboxErrorKind};
use crate::sandbox::images::Images;
use crate::sandbox::pool::Pool;
use crate::sandbox::token::Secret;
use crate::sandbox::workspace::Forbidden;
use crate::skills::Shelf;
use crate::store::Store;
use crate::tools::registry::Registry;
use crate::tools::task;
use crate::turn::prompt::Prompt;

use super::ceiling::Ceiling;
use super::uses::{IdleLimits, Uses};

/// What every session uses.
pub struct Services {
    /// The journal.
    pub store: Store,
    /// The configured models.
    pub models: Models,
    /// The system prompt's template.
    pub prompt: Prompt,
    /// The user's configuration directory, where skills stand.
    pub config_dir: Option<PathBuf>,
    /// The tools.
    pub tools: Arc<Registry>,
    /// Where sandboxes come from.
    pub backends: Backends,
    /// Sandboxes made ahead of need.
    pub pool: Pool,
    /// What the tokens of sandboxes are made of.
    pub secret: Secret,
    /// agent-init on the host.
    pub init_path: PathBuf,
    /// Where agentd makes workspaces.
    pub workspaces: PathBuf,
    /// Directories that no sandbox may be given.
    pub forbidden: Forbidden,
    /// What is configured.
    pub settings: Settings,
    /// Who uses which sandbox.
    pub uses: Uses,
    /// Set when the daemon stops.
    pub stopping: CancellationToken,
}

impl Services {
    /// The images that sandboxes are made of, of the first backend that has such.
    pub fn images(&self) -> Result<&dyn Images, SandboxError> {
        self.backends.all().iter().find_map(|backend| backend.images()).ok_or_else(|| {
            SandboxError::new(
                SandboxErrorKind::EngineUnsuitable,
                "this daemon's sandboxes are made without an engine, and so of no images",
            )
            .hinted("set sandbox.backend = \"docker\" or \"auto\" in config.toml")
        })
    }
}

/// What the configuration says of sessions.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Agent profiles by name; `default` is always there.
    pub agents: BTreeMap<String, Agent>,
    /// What sandboxes are made of unless a session says otherwise.
    pub sandbox: SandboxOptions,
    /// What no session may exceed.
    pub ceiling: Ceiling,
    /// The configured shared directory.
    pub shared: Option<PathBuf>,
    /// Where a given workspace may be; empty: anywhere that is not refused in principle.
    pub workspace_roots: Vec<PathBuf>,
    /// Where further mounts may be; empty: there are none.
    pub mount_roots: Vec<PathBuf>,
    /// When a sandbox that nobody uses is paused and removed.
    pub idle: IdleLimits,
    /// Time limit of a turn in milliseconds.
    pub turn_timeout_ms: u64,
    /// Requests to the model that a turn may make.
    pub model_calls_max: u32,
    /// Token budget of a session; 0: none.
    pub tokens_max: u64,
    /// Cost budget of a session in millionths; 0: none.
    pub cost_micros_max: u64,
    /// After how long a call that nobody answered is denied, in milliseconds; 0: never.
    pub approval_expires_ms: u64,
    /// Sessions at most.
    pub sessions_max: u64,
}

/// An agent profile.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Which tools ask.
    pub approve: ApprovalPolicy,
    /// How that is refined by arguments.
    pub rules: Vec<Rule>,
    /// What it is good for as a sub-agent; empty: it is none.
    pub description: String,
    /// The tools it has; empty: all.
    pub tools: Vec<String>,
    /// The model of its sub-agents; none: their parent's.
    pub model: Option<String>,
    /// What the system prompt says beside what it says to all; empty: nothing.
    pub prompt: String,
    /// What its sandboxes have in the place of the defaults.
    pub sandbox: SandboxChoice,
}

impl Services {
    /// The skills of a session.
    pub fn skills(&self, options: &SessionOptions) -> Shelf {
        Shelf::new(self.config_dir.as_deref(), options.shared.as_deref())
    }
}

impl Settings {
    /// The rules that hold for a session: its profile's, and those of the session that started it.
    pub fn rules_of(&self, options: &SessionOptions) -> Vec<Rule> {
        let inherited = options.parent.as_ref().filter(|parent| parent.agent != options.agent);
        let inherited = inherited.map_or(&[][..], |parent| self.rules(&parent.agent));
        self.rules(&options.agent).iter().chain(inherited).cloned().collect()
    }

    /// The tools of a session: those of its profile, and no sub-agents for a sub-agent.
    pub fn tools_of(&self, options: &SessionOptions, all: &Arc<Registry>) -> Arc<Registry> {
        let listed = self.agents.get(&options.agent).map_or(&[][..], |agent| agent.tools.as_slice());
        let without: &[&str] = if options.parent.is_some() { &[task::NAME] } else { &[] };
        if listed.is_empty() && without.is_empty() {
            return Arc::clone(all);
        }
        Arc::new(all.narrowed(without, listed))
    }

    /// The rules of this profile; none where it is gone from the configuration.
    pub fn rules(&self, agent: &str) -> &[Rule] {
        self.agents.get(agent).map_or(&[], |agent| agent.rules.as_slice())
    }
}
