//! Images that sandboxes are made of.

mod list;

pub(crate) mod pull;

mod import;

mod rm;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// What can be done with images.
#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// List the images there are, and how many sessions each is used by
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Fetch an image from its registry
    Pull(pull::PullArgs),
    /// Make an image of the tar archive of a root file system, where there is no registry
    Import(import::ImportArgs),
    /// Remove images
    Rm(rm::RmArgs),
}

/// Runs a command.
pub(crate) async fn dispatch(command: ImageCommand, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        ImageCommand::List(args) => list::run(args, context).await,
        ImageCommand::Pull(args) => pull::run(args, context).await,
        ImageCommand::Import(args) => Box::pin(import::run(args, context)).await,
        ImageCommand::Rm(args) => rm::run(args, context).await,
    }
}
