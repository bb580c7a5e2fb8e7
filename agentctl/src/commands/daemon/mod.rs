//! The daemon as a process.

mod start;

mod stop;

mod restart;

mod status;

mod logs;

mod process;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Exit};

pub(crate) use process::Process;

/// What can be done with the daemon.
#[derive(Debug, Subcommand)]
pub(crate) enum DaemonCommand {
    /// Start agentd in the background and print its process id
    #[command(after_help = "Examples:\n  agentctl daemon start\n  AGENTD_LOG=debug agentctl daemon start")]
    Start,
    /// End agentd in good order; open turns go on at its next start
    #[command(after_help = "Examples:\n  agentctl daemon stop")]
    Stop,
    /// Stop and start agentd; open turns go on
    #[command(after_help = "Examples:\n  ZHIPUAI_API_KEY=… agentctl daemon restart")]
    Restart,
    /// Show the running agentd; exit code 6 where none runs
    #[command(after_help = "Examples:\n  agentctl daemon status\n  agentctl -o json daemon status | jq .pid")]
    Status,
    /// Print the log of an agentd in the background
    Logs(logs::LogsArgs),
}

/// Runs a command.
pub(crate) async fn dispatch(command: DaemonCommand, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        DaemonCommand::Start => start::run(context).await,
        DaemonCommand::Stop => stop::run(context).await,
        DaemonCommand::Restart => restart::run(context).await,
        DaemonCommand::Status => status::run(context).await,
        DaemonCommand::Logs(args) => logs::run(args, context).await,
    }
}
