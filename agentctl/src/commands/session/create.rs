//! `session new`: makes a session.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use proto::v1::{CreateRequest, Session};

use crate::client::timed;
use crate::commands::quantity;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::style::Style;
use crate::render::{escape, session};

mod sandbox;

const AFTER_HELP: &str = "\
Examples:
  S=$(agentctl session new)
  agentctl session new --name fix --workspace . --approve execute,delete
  agentctl session new --memory 4g --cpus 2 --network bridge --timeout 30m
  agentctl session new --runtime runsc --mount /srv/models:/models --mount ./out:/out:rw

What is left out comes from the agent profile, then from the configuration. What was chosen, what it loosens, and what
cannot be enforced here, is said on stderr. More than the daemon's ceiling allows is refused with exit code 4.";

/// Make a session.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct NewArgs {
    /// What it is made with.
    #[command(flatten)]
    options: SessionOptions,
}

/// What a session is made with.
#[derive(Debug, Args)]
pub(crate) struct SessionOptions {
    /// A name for people, unique among sessions
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The directory that the sandbox sees as /workspace; it is never deleted [default: a new one of agentd's]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    workspace: Option<PathBuf>,
    /// A directory that the sandbox sees as /shared, read-only
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    shared: Option<PathBuf>,
    /// The configured model to use
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The agent profile to use
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// The sandbox image
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Where the sandbox runs
    #[arg(long, value_name = "BACKEND", value_enum)]
    backend: Option<Backend>,
    /// The sandbox's network: none, bridge, or the name of an engine network
    #[arg(long, value_name = "NETWORK")]
    network: Option<String>,
    /// Memory limit of the sandbox, like 512m or 2g
    #[arg(long, value_name = "SIZE", value_parser = quantity::bytes)]
    memory: Option<u64>,
    /// CPU limit of the sandbox in cores, like 0.5
    #[arg(long, value_name = "CORES", value_parser = quantity::cpus)]
    cpus: Option<f64>,
    /// Process limit of the sandbox
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pids: Option<u32>,
    #[command(flatten)]
    sandbox: sandbox::SandboxArgs,
    /// Which tools ask for an approval: all, none, or a list like execute,delete
    #[arg(long, value_name = "LIST")]
    approve: Option<String>,
    /// Tokens that the session may use in all
    #[arg(long, value_name = "N")]
    budget_tokens: Option<u64>,
    /// What the session may cost in all, in the currency of the prices in config.toml
    #[arg(long, value_name = "N", value_parser = quantity::money_micros)]
    budget_cost: Option<u64>,
    /// Time limit of each turn, like 90s or 30m
    #[arg(long, value_name = "D", value_parser = quantity::duration_ms)]
    timeout: Option<u64>,
}

/// Where the sandbox runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// Docker if an engine answers, else embedded.
    Auto,
    /// A container of an engine.
    Docker,
    /// Namespaces of this machine, without an engine.
    Embedded,
}

pub(crate) async fn run(args: NewArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let made = make(args.options, context).await?;
    if context.ui.is_json() {
        context.ui.json(&made)?;
    } else {
        context.ui.out_line(&escape::line(&made.id))?;
    }
    Ok(Exit::DONE)
}

/// Makes a session, and says what was chosen for it.
pub(crate) async fn make(options: SessionOptions, context: &mut Context) -> Result<Session, CommandError> {
    let request = request(options)?;
    let made = context.client().await?.sessions().create(timed(request)).await?.into_inner();
    let colors = context.ui.err_colors();
    for line in session::chosen(&made) {
        context.ui.note(&colors.paint(Style::Faint, &line))?;
    }
    Ok(made)
}

fn request(args: SessionOptions) -> Result<CreateRequest, CommandError> {
    let backend = args.backend.map(|backend| match backend {
        Backend::Auto => "auto",
        Backend::Docker => "docker",
        Backend::Embedded => "embedded",
    });
    Ok(CreateRequest {
        name: args.name.unwrap_or_default(),
        workspace: directory("--workspace", args.workspace.as_deref())?,
        shared: directory("--shared", args.shared.as_deref())?,
        model: args.model.unwrap_or_default(),
        agent: args.agent.unwrap_or_default(),
        image: args.image.unwrap_or_default(),
        backend: backend.unwrap_or_default().to_owned(),
        network: args.network.unwrap_or_default(),
        memory_bytes: args.memory,
        cpus: args.cpus,
        pids: args.pids,
        approve: args.approve.unwrap_or_default(),
        budget_tokens: args.budget_tokens,
        budget_cost_micros: args.budget_cost,
        turn_timeout_ms: args.timeout,
        sandbox: args.sandbox.options()?,
    })
}

/// A directory by its absolute path: the daemon has another current directory.
fn directory(option: &str, given: Option<&Path>) -> Result<String, CommandError> {
    let Some(given) = given else { return Ok(String::new()) };
    let wrong = |why: &str| CommandError::usage(format!("{option} {}: {why}", given.display()));
    let path = match given.canonicalize() {
        Ok(path) if path.is_dir() => path,
        Ok(_) => return Err(wrong("this is not a directory")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(wrong("no such directory").hinted(format!("make it with: mkdir -p {}", given.display())));
        }
        Err(error) => return Err(wrong(&error.to_string())),
    };
    path.into_os_string().into_string().map_err(|_| wrong("the path is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_absolute_and_exist() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        let inside = dir.path().join("..").join(dir.path().file_name().unwrap());
        assert_eq!(directory("--workspace", Some(&inside)).unwrap(), real.to_str().unwrap());
        assert_eq!(directory("--workspace", None).unwrap(), "");
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        for (path, why) in [(&file, "this is not a directory"), (&dir.path().join("none"), "no such directory")] {
            let CommandError::Failed(failure) = directory("--shared", Some(path)).unwrap_err() else { panic!() };
            assert_eq!(failure.message, format!("--shared {}: {why}", path.display()));
        }
    }
}
