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
    #[command(after_help = "Examples:\n  agentctl config show\n  agentctl -o json config show | jq .sandbox")]
    Show,
    /// Print where the configuration file is, or would be
    #[command(after_help = "Examples:\n  $EDITOR \"$(agentctl config path)\"")]
    Path,
    /// Write a configuration file that explains every setting
    #[command(after_help = "Examples:\n  agentctl config init\n  AGENTD_CONFIG=./config.toml agentctl config init")]
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
