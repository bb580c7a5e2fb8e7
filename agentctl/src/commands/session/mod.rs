//! Sessions.

pub(crate) mod create;

mod list;

mod show;

mod rename;

mod model;

mod budget;

mod rm;

mod upgrade;

mod rollback;

mod export;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// Make a session; prints its id, alone, on stdout
    New(Box<create::NewArgs>),
    /// List all sessions, oldest first
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Show all about a session
    Show(show::ShowArgs),
    /// Give a session another name
    Rename(rename::RenameArgs),
    /// Have a session's next turns ask another model
    Model(model::ModelArgs),
    /// Let a session use more, or less, than before
    Budget(budget::BudgetArgs),
    /// Give a session another image; its container is replaced when it is next needed
    Upgrade(upgrade::UpgradeArgs),
    /// Give a session the image that it had before
    Rollback(rollback::RollbackArgs),
    /// Remove sessions, with their containers and the workspaces that agentd made
    Rm(rm::RmArgs),
    /// Write a whole session to stdout: its journal, or a document for people
    Export(export::ExportArgs),
}

/// Runs a command.
pub(crate) async fn dispatch(command: SessionCommand, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        SessionCommand::New(args) => create::run(*args, context).await,
        SessionCommand::List(args) => list::run(args, context).await,
        SessionCommand::Show(args) => show::run(args, context).await,
        SessionCommand::Rename(args) => rename::run(args, context).await,
        SessionCommand::Model(args) => model::run(args, context).await,
        SessionCommand::Budget(args) => budget::run(args, context).await,
        SessionCommand::Upgrade(args) => Box::pin(upgrade::run(args, context)).await,
        SessionCommand::Rollback(args) => rollback::run(args, context).await,
        SessionCommand::Rm(args) => rm::run(args, context).await,
        SessionCommand::Export(args) => export::run(args, context).await,
    }
}
