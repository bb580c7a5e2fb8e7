//! From what was asked for to a session's settled options: what is left out comes from the agent profile, then from the
//! configuration; what is given is checked before anything is made.

use std::path::{Path, PathBuf};

use crate::domain::approval::ApprovalPolicy;
use crate::domain::ids::SessionId;
use crate::domain::options::{SandboxChoice, SandboxOptions, SessionOptions};
use crate::sandbox::embedded;
use crate::sandbox::mounts;
use crate::sandbox::workspace::{self, Directory, Forbidden};

use super::error::SessionError;
use super::services::{Services, Settings};

mod sandbox;

/// The agent profile of a session that asks for no other.
const DEFAULT_AGENT: &str = "default";

/// What a client asks for; what is `None` or empty was left out.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// A name.
    pub name: Option<String>,
    /// The host directory for /workspace.
    pub workspace: Option<PathBuf>,
    /// The host directory for /shared.
    pub shared: Option<PathBuf>,
    /// The model's name.
    pub model: Option<String>,
    /// The agent profile.
    pub agent: Option<String>,
    /// What its sandbox is to be made of.
    pub sandbox: SandboxChoice,
    /// `all`, `none`, or tools separated by commas.
    pub approve: Option<String>,
    /// Token budget.
    pub budget_tokens: Option<u64>,
    /// Cost budget in millionths.
    pub budget_cost_micros: Option<u64>,
    /// Time limit of a turn in milliseconds.
    pub turn_timeout_ms: Option<u64>,
}

/// Settles the options of a session, and makes its workspace where none is given. The id is one that a sandbox was made
/// ahead for, where that is as these options want it; else it is new.
pub(super) async fn settle(services: &Services, new: NewSession) -> Result<(SessionId, SessionOptions), SessionError> {
    let settings = &services.settings;
    let agent = new.agent.clone().unwrap_or_else(|| DEFAULT_AGENT.to_owned());
    let profile = settings.agents.get(&agent).ok_or_else(|| SessionError::NoSuchAgent(agent.clone()))?;
    let approve = match &new.approve {
        Some(list) => policy(list, &services.tools.names())?,
        None => profile.approve.clone(),
    };
    let image_given = new.sandbox.image.is_some();
    let mut sandbox = sandbox_options(settings, &profile.sandbox, new.sandbox, &services.forbidden)?;
    // Where nothing answers now, the choice is made when the first sandbox is.
    if let Ok(backend) = services.backends.choose(&sandbox.backend).await {
        take_backend(&mut sandbox, backend.kind(), image_given)?;
    }
    let model = match new.model {
        Some(model) => {
            services
                .models
                .get(&model)
                .map_err(|error| SessionError::Model { message: error.message(), hint: error.hint() })?;
            model
        }
        None => services.models.default_name().unwrap_or_default().to_owned(),
    };
    let turn_timeout_ms = new.turn_timeout_ms.unwrap_or(settings.turn_timeout_ms);
    if turn_timeout_ms == 0 {
        return Err(SessionError::Invalid("the time limit of a turn is more than 0".to_owned()));
    }
    let shared = new.shared.or_else(|| settings.shared.clone());
    let shared = shared.map(|dir| workspace::shared(&dir, &services.forbidden)).transpose()?;
    let workspace_made = new.workspace.is_none();
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|error| SessionError::Internal(format!("no random bytes: {error}")))?;
    let mut id = SessionId::from_random(random);
    let workspace = match new.workspace {
        Some(dir) => given_workspace(&dir, services)?,
        None => {
            id = services.pool.reserve(&sandbox, shared.as_deref()).unwrap_or(id);
            workspace::make(&services.workspaces.join(id.as_str()))?
        }
    };
    let options = SessionOptions {
        workspace: workspace.path,
        workspace_made,
        workspace_warning: workspace.warning,
        shared,
        model,
        agent,
        approve,
        budget_tokens: new.budget_tokens.unwrap_or(settings.tokens_max),
        budget_cost_micros: new.budget_cost_micros.unwrap_or(settings.cost_micros_max),
        turn_timeout_ms,
        model_calls_max: settings.model_calls_max,
        sandbox,
        parent: None,
    };
    Ok((id, options))
}

fn sandbox_options(
    settings: &Settings,
    profile: &SandboxChoice,
    asked: SandboxChoice,
    forbidden: &Forbidden,
) -> Result<SandboxOptions, SessionError> {
    let mut options = sandbox::settle(settings, profile, asked)?;
    options.mounts = mounts::checked(&options.mounts, &settings.mount_roots, forbidden)?;
    Ok(options)
}

/// The sandbox of a session of the default profile that asks for nothing, with its shared directory: what is worth making
/// ahead of need.
pub fn usual_sandbox(
    settings: &Settings,
    forbidden: &Forbidden,
) -> Result<(SandboxOptions, Option<PathBuf>), SessionError> {
    let profile = settings.agents.get(DEFAULT_AGENT).map(|agent| agent.sandbox.clone()).unwrap_or_default();
    let options = sandbox_options(settings, &profile, SandboxChoice::default(), forbidden)?;
    let shared = settings.shared.as_deref().map(|dir| workspace::shared(dir, forbidden)).transpose()?;
    Ok((options, shared))
}

/// Takes back the workspace of a session that did not come to be. It is empty still.
pub(super) fn unmake_workspace(options: &SessionOptions) {
    if options.workspace_made
        && let Err(error) = std::fs::remove_dir(&options.workspace)
    {
        tracing::warn!(workspace = %options.workspace.display(), %error, "an unused workspace could not be removed");
    }
}

/// The roots are checked before the directory is touched.
fn given_workspace(dir: &Path, services: &Services) -> Result<Directory, SessionError> {
    let roots = &services.settings.workspace_roots;
    let real = std::fs::canonicalize(dir)
        .map_err(|error| SessionError::Invalid(format!("the workspace {} cannot be used: {error}", dir.display())))?;
    let allowed = roots.is_empty() || roots.iter().any(|root| real.starts_with(root));
    if !allowed {
        let roots: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
        return Err(SessionError::Limit {
            message: format!("the workspace {} is outside the allowed directories", real.display()),
            hint: format!("workspaces may be under {} (sandbox.workspace_roots in config.toml)", roots.join(", ")),
        });
    }
    Ok(workspace::adopt(&real, &services.forbidden)?)
}

/// Settles what follows from the backend that was chosen. One without an engine has no images and no networks.
fn take_backend(sandbox: &mut SandboxOptions, kind: &str, image_given: bool) -> Result<(), SessionError> {
    kind.clone_into(&mut sandbox.backend);
    if kind == embedded::KIND {
        embedded::refuse(sandbox)?;
        if !image_given {
            embedded::IMAGE.clone_into(&mut sandbox.image);
        }
    }
    Ok(())
}

fn policy(list: &str, tools: &[&str]) -> Result<ApprovalPolicy, SessionError> {
    match list.trim() {
        "all" => return Ok(ApprovalPolicy::All),
        "none" => return Ok(ApprovalPolicy::None),
        _ => {}
    }
    let names: Vec<String> =
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if let Some(unknown) = names.iter().find(|name| !tools.contains(&name.as_str())) {
        return Err(SessionError::Invalid(format!(
            "--approve takes all, none, or a list of tools, and {unknown:?} is no tool; there are {}",
            tools.join(", ")
        )));
    }
    Ok(ApprovalPolicy::Tools(names))
}
