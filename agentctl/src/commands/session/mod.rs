//! Sessions.

mod list;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List all sessions, oldest first
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
}

/// Runs a command.
pub(crate) async fn dispatch(command: SessionCommand, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        SessionCommand::List(args) => list::run(args, context).await,
    }
}
