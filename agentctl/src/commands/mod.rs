//! One verb, one file. Each holds the verb's arguments, whose comments are its help, and what it does.

mod session;

mod container;

mod daemon;

mod status;

mod doctor;

mod config;

mod completions;

mod version;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sessions: conversations, each with its own workspace, sandbox and journal
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// Containers: the sandboxes of sessions
    #[command(subcommand)]
    Container(container::ContainerCommand),
    /// The daemon as a process: start, stop, status, logs
    #[command(subcommand)]
    Daemon(daemon::DaemonCommand),
    /// Show how the daemon, the engine and the model stand
    Status,
    /// Check everything that a session needs, and say how each problem is mended
    #[command(after_help = doctor::AFTER_HELP)]
    Doctor,
    /// The daemon's configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print a script that teaches a shell what can be typed
    Completions(completions::CompletionsArgs),
    /// Print the versions of agentctl and of the running agentd
    Version,
}

/// Runs a command.
pub(crate) async fn dispatch(command: Command, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        Command::Session(command) => session::dispatch(command, context).await,
        Command::Container(command) => container::dispatch(command, context).await,
        Command::Daemon(command) => daemon::dispatch(command, context).await,
        Command::Status => status::run(context).await,
        Command::Doctor => doctor::run(context).await,
        Command::Config(command) => config::dispatch(command, context).await,
        Command::Completions(args) => completions::run(&args, context),
        Command::Version => version::run(context).await,
    }
}
