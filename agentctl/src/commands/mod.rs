//! One verb, one file. Each holds the verb's arguments, whose comments are its help, and what it does.

mod session;

mod container;

mod daemon;

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
}

/// Runs a command.
pub(crate) async fn dispatch(command: Command, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        Command::Session(command) => session::dispatch(command, context).await,
        Command::Container(command) => container::dispatch(command, context).await,
    }
}
