//! The daemon's life, top to bottom: read everything, take the state directory, settle what a dead daemon left, serve, stop.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use proto::paths::Paths;
use proto::reason::exit;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::api::{About, server};
use crate::config::{self, Config};
use crate::domain::time::WallTime;
use crate::mcp::Servers;
use crate::model::Models;
use crate::sandbox::docker::{self, DockerBackend};
use crate::sandbox::embedded::EmbeddedBackend;
use crate::sandbox::pool::{Pool, Template};
use crate::sandbox::token::Secret;
use crate::sandbox::workspace::Forbidden;
use crate::sandbox::{backend::Backend, backends::Backends, init_binary};
use crate::session::registry::Sessions;
use crate::session::services::{Agent, Services, Settings};
use crate::session::uses::{IdleLimits, Uses};
use crate::session::{idle, reaping, recovery, settle};
use crate::store::Store;
use crate::tools::registry::Registry;
use crate::tools::task::SubagentType;
use crate::turn::prompt::{Prompt, PromptError};

use super::cli::Cli;
use super::{lock, log, open_files, socket};

/// Why the daemon does not run. Each is told in one line on standard error.
#[derive(Debug, thiserror::Error)]
enum DaemonError {
    #[error(transparent)]
    Paths(#[from] proto::paths::PathsError),
    #[error(transparent)]
    Log(#[from] log::LogError),
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    #[error("{}: {error}", file.display())]
    Prompt { file: std::path::PathBuf, error: PromptError },
    #[error(transparent)]
    Lock(#[from] lock::LockError),
    #[error(transparent)]
    Socket(#[from] socket::SocketError),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error("{}\nhint: {}", .0.message, .0.hint)]
    Sandbox(#[from] crate::sandbox::error::SandboxError),
    #[error(transparent)]
    Session(#[from] crate::session::error::SessionError),
    #[error("{0}: {1}")]
    Io(&'static str, std::io::Error),
    #[error(transparent)]
    Server(#[from] server::ServeError),
}

impl DaemonError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Paths(_) | Self::Log(_) | Self::Config(_) | Self::Prompt { .. } => exit::USAGE,
            _ => exit::FAILED,
        }
    }
}

/// Runs agentd as this process was told to.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { exit::USAGE } else { exit::DONE };
            // Where standard error is closed there is nobody to tell.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    match start(&cli) {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(error) => {
            // Also where the log did not start: agentctl looks for this line.
            drop(std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("error: {error}\n")));
            ExitCode::from(error.exit_code())
        }
    }
}

fn start(cli: &Cli) -> Result<(), DaemonError> {
    let paths = cli.paths()?;
    if cli.background {
        rustix::process::setsid()
            .map_err(|error| DaemonError::Io("the terminal's session could not be left", error.into()))?;
    }
    log::start(cli.log_format, environment(log::VARIABLE).as_deref())?;
    open_files::raise_limit();
    let tools = Registry::standard();
    let config = Config::load(&paths.config, environment, &tools.names())?;
    let prompt = Prompt::new(config::read_prompt(&paths.config)?)
        .map_err(|error| DaemonError::Prompt { file: config::prompt_file(&paths.config), error })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| DaemonError::Io("the runtime could not start", error))?;
    let ended = runtime.block_on(run(paths, config, prompt, tools));
    // Blocking reads of the journal may still be under way; they hold nothing that has to be let go of in order.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    ended
}

async fn run(paths: Paths, config: Config, prompt: Prompt, tools: Registry) -> Result<(), DaemonError> {
    let lock = lock::take(&paths.state)?;
    let store = open_store(&paths).await?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        state = %paths.state.display(),
        epoch = store.epoch(),
        "agentd starts"
    );
    let about = Arc::new(About {
        paths: paths.clone(),
        started: WallTime::now(),
        config_toml: config.to_toml().map_err(unprintable)?,
        config_json: config.to_json().map_err(unprintable)?.to_string(),
    });
    let tools = tools.with_subagents(subagent_types(&config));
    let services = Arc::new(services(&paths, config, prompt, tools, store.clone())?);
    let stopping = services.stopping.clone();
    let mcp = Arc::clone(services.tools.mcp());
    let sessions = Sessions::new(services);

    let open = recovery::resume_open_turns(&sessions).await?;
    if open > 0 {
        tracing::info!(open, "turns go on that were open when agentd stopped");
    }
    reaping::empty_workspaces(&sessions).await?;
    let keepers = [
        tokio::spawn(reaping::reconcile(sessions.clone())),
        tokio::spawn(sessions.services().pool.clone().keep(stopping.clone())),
        tokio::spawn(idle::keep(sessions.clone())),
        tokio::spawn(sessions.clone().let_sleep()),
    ];
    let (listener, _socket) = socket::bind(&paths.socket, &lock)?;
    tracing::info!(socket = %paths.socket.display(), "agentd is ready");

    let on_signal = tokio::spawn(stop_on_signal(stopping.clone()));
    let served = tokio::select! {
        served = server::serve(listener, sessions.clone(), about) => served.map_err(DaemonError::from),
        error = store.fatal() => Err(error.into()),
    };
    on_signal.abort();
    stopping.cancel();
    sessions.stopped().await;
    mcp.stop().await;
    for keeper in keepers {
        if let Err(error) = keeper.await {
            tracing::error!(%error, "a task ended by a fault");
        }
    }
    if served.is_ok() {
        if let Err(error) = store.close().await {
            // On a full disk the log cannot be carried over into the file. It is durable, and the next start finds it.
            tracing::warn!(%error, "the journal was not tidied up");
        }
        tracing::info!("agentd stopped");
    }
    served
}

/// What the process was started with: read here, and nowhere else in the daemon.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn unprintable(error: impl std::error::Error + Send + Sync + 'static) -> DaemonError {
    DaemonError::Io("the configuration in force cannot be written down", std::io::Error::other(error))
}

async fn open_store(paths: &Paths) -> Result<Store, DaemonError> {
    let state = paths.state.clone();
    let opened = tokio::task::spawn_blocking(move || Store::open(&state)).await;
    Ok(opened.map_err(|error| DaemonError::Io("the journal could not be opened", std::io::Error::other(error)))??)
}

fn services(
    paths: &Paths,
    config: Config,
    prompt: Prompt,
    tools: Registry,
    store: Store,
) -> Result<Services, DaemonError> {
    let init_path = init_binary::unpack(&paths.state)
        .map_err(|error| DaemonError::Io("agent-init could not be unpacked into the state directory", error))?;
    let workspaces = paths.state.join("workspaces");
    let lookup: docker::Environment = Arc::new(environment);
    let engine_sockets = docker::sockets(&lookup);
    let docker = DockerBackend::new(store.install_id(), lookup);
    let embedded = EmbeddedBackend::new(store.install_id(), &paths.state, &init_path);
    let mut secrets = vec![paths.state.clone(), paths.socket.clone()];
    secrets.extend(paths.config.parent().map(std::path::Path::to_owned));
    secrets.extend(engine_sockets);
    let forbidden = Forbidden { homes: homes(), secrets, workspaces: vec![workspaces.clone()] };
    let agents: BTreeMap<String, Agent> = config
        .agents
        .into_iter()
        .map(|(name, agent)| {
            let sandbox = agent.sandbox.choice();
            let agent = Agent {
                approve: agent.approve.0,
                rules: agent.rules,
                prompt: agent.prompt,
                sandbox,
                description: agent.description,
                tools: agent.tools,
                model: Some(agent.model).filter(|model| !model.is_empty()),
            };
            (name, agent)
        })
        .collect();
    let settings = Settings {
        agents,
        sandbox: config.sandbox.options(),
        ceiling: config.sandbox.ceiling.held(),
        shared: Some(config.sandbox.shared_dir).filter(|dir| !dir.as_os_str().is_empty()),
        workspace_roots: config.sandbox.workspace_roots,
        mount_roots: config.sandbox.mount_roots,
        idle: IdleLimits {
            pause: config.sandbox.idle_pause.unless_never(),
            remove: config.sandbox.idle_remove.unless_never(),
        },
        turn_timeout_ms: config.limits.turn_timeout.as_ms(),
        model_calls_max: config.limits.model_calls_per_turn,
        tokens_max: config.limits.tokens_per_session,
        cost_micros_max: config.limits.cost_per_session.0,
        approval_expires_ms: config.limits.approval_expires.as_ms(),
        sessions_max: config.limits.sessions.into(),
    };
    let backends = Backends::new(Arc::new(docker), [Arc::new(embedded) as Arc<dyn Backend>]);
    let secret = Secret::load_or_make(&paths.state)?;
    let size = usize::try_from(config.sandbox.pool_size).unwrap_or(usize::MAX);
    let ((options, shared), size) = match settle::usual_sandbox(&settings, &forbidden) {
        Ok(usual) => (usual, size),
        Err(error) => {
            tracing::warn!(%error, "no sandboxes are made ahead of need");
            ((settings.sandbox.clone(), None), 0)
        }
    };
    let install_id = store.install_id().to_owned();
    let template =
        Template { install_id, options, shared, init_path: init_path.clone(), workspaces: workspaces.clone() };
    // One that was reserved waits no longer than an idle sandbox would.
    let pool = Pool::new(backends.clone(), secret.clone(), template, size, settings.idle.shortest());
    let mcp_environment: crate::mcp::Environment = Arc::new(environment);
    let mcp = Arc::new(Servers::new(config.mcp, &mcp_environment, &paths.state.join("mcp")));
    let default_model = Some(config.default_model).filter(|name| !name.is_empty());
    Ok(Services {
        models: Models::new(default_model, config.models, Box::new(environment)),
        prompt,
        config_dir: paths.config.parent().map(std::path::Path::to_owned),
        tools: Arc::new(tools.with_mcp(mcp)),
        backends,
        pool,
        secret,
        init_path,
        workspaces,
        forbidden,
        settings,
        uses: Uses::default(),
        stopping: CancellationToken::new(),
        store,
    })
}

/// The profiles that say what they are good for.
fn subagent_types(config: &Config) -> Vec<SubagentType> {
    let described = config.agents.iter().filter(|(_, agent)| !agent.description.trim().is_empty());
    described.map(|(name, agent)| SubagentType { name: name.clone(), description: agent.description.clone() }).collect()
}

/// Home directories that no sandbox is given: the user's own.
fn homes() -> Vec<std::path::PathBuf> {
    std::env::var_os("HOME").map(std::path::PathBuf::from).into_iter().collect()
}

async fn stop_on_signal(stopping: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be taken; only `agentctl daemon stop` stops agentd in order");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("a signal says to stop");
    stopping.cancel();
}
