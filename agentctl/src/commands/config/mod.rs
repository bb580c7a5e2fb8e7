//! The daemon's configuration.

mod show;

mod path;

mod init;

use clap::Subcommand;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the configuration in force, with every default
    Show,
    /// Print where the configuration file is, or would be
    Path,
    /// Write a configuration file that explains every setting
    Init,
}

/// Runs a command.
pub(crate) async fn dispatch(command: ConfigCommand, context: &mut Context) -> Result<Exit, CommandError> {
    match command {
        ConfigCommand::Show => show::run(context).await,
        ConfigCommand::Path => path::run(context),
        ConfigCommand::Init => init::run(context),
    }
}
