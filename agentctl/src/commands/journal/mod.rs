//! The journal itself.

mod verify;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// What can be done with the journal.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// Check that every row is as it was written, and that nothing is missing
    Verify(verify::VerifyArgs),
}

/// Runs a command.
pub(crate) async fn dispatch(command: JournalCommand, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        JournalCommand::Verify(args) => verify::run(args, context).await,
    }
}
