//! Containers of sessions.

mod list;

mod show;

mod create;

mod start;

mod stop;

mod pause;

mod unpause;

mod rm;

mod prune;

mod logs;

mod stats;

mod top;

mod kill;

mod exec;

mod cp;

use clap::{Args, Subcommand};
use proto::v1::{Container, ContainerRequest};

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape;

/// What can be done with containers.
#[derive(Debug, Subcommand)]
pub(crate) enum ContainerCommand {
    /// List the containers of all sessions
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Show one container and how it is hardened
    #[command(after_help = "Examples:\n  agentctl container show S\n  agentctl -o json container show S | jq .status")]
    Show(ContainerArgs),
    /// Make and start the container ahead of need
    #[command(after_help = "Examples:\n  agentctl container create S")]
    Create(ContainerArgs),
    /// Start a stopped container
    #[command(after_help = "Examples:\n  agentctl container start S")]
    Start(ContainerArgs),
    /// Stop it; a running command of a turn ends with it
    #[command(after_help = "Examples:\n  agentctl container stop S")]
    Stop(ContainerArgs),
    /// Freeze every process in it
    #[command(after_help = "Examples:\n  agentctl container pause S")]
    Pause(ContainerArgs),
    /// Let its processes go on
    #[command(after_help = "Examples:\n  agentctl container unpause S")]
    Unpause(ContainerArgs),
    /// Remove containers; workspaces stay, and the next tool call makes a new container
    Rm(rm::RmArgs),
    /// Remove containers that nobody needs: leftovers, and what is stopped
    Prune(prune::PruneArgs),
    /// Print the output of the session's commands
    Logs(logs::LogsArgs),
    /// Measure the use of cpu, memory, processes, network and disk
    Stats(stats::StatsArgs),
    /// Show the processes in it, with the call that each belongs to
    #[command(
        after_help = "Examples:\n  agentctl container top S\n  agentctl -o json container top S | jq -r '.[].command'"
    )]
    Top(ContainerArgs),
    /// Send a signal to processes in it
    Kill(kill::KillArgs),
    /// Run a command in it
    Exec(exec::ExecArgs),
    /// Copy files into it or out of it
    Cp(cp::CpArgs),
}

/// One container, named by its session.
#[derive(Debug, Args)]
pub(crate) struct ContainerArgs {
    /// The session's id, unique id prefix, or name
    #[arg(add = complete::sessions())]
    session: String,
}

impl ContainerArgs {
    fn request(self) -> tonic::Request<ContainerRequest> {
        timed(ContainerRequest { session: self.session })
    }
}

/// Runs a command.
pub(crate) async fn dispatch(command: ContainerCommand, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        ContainerCommand::List(args) => list::run(args, context).await,
        ContainerCommand::Show(args) => show::run(args, context).await,
        ContainerCommand::Create(args) => create::run(args, context).await,
        ContainerCommand::Start(args) => start::run(args, context).await,
        ContainerCommand::Stop(args) => stop::run(args, context).await,
        ContainerCommand::Pause(args) => pause::run(args, context).await,
        ContainerCommand::Unpause(args) => unpause::run(args, context).await,
        ContainerCommand::Rm(args) => rm::run(args, context).await,
        ContainerCommand::Prune(args) => prune::run(args, context).await,
        ContainerCommand::Logs(args) => logs::run(args, context).await,
        ContainerCommand::Top(args) => top::run(args, context).await,
        ContainerCommand::Kill(args) => kill::run(args, context).await,
        ContainerCommand::Stats(args) => stats::run(args, context).await,
        // Boxed: their futures hold streams in both directions.
        ContainerCommand::Exec(args) => Box::pin(exec::run(args, context)).await,
        ContainerCommand::Cp(args) => Box::pin(cp::run(args, context)).await,
    }
}

/// The answer of a verb that changed what a container is doing: the container as JSON, or a line on stderr.
fn answer(context: &mut Context, container: &Container) -> Result<Exit, CommandError> {
    if context.ui.is_json() {
        context.ui.json(container)?;
    } else {
        let name = escape::line(&container.name);
        context.ui.note(&format!("{name}: {}", container.status().lower_name()))?;
    }
    Ok(Exit::DONE)
}
