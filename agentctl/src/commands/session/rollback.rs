//! `session rollback`: gives a session the image that it had before.

use clap::Args;
use proto::v1::RollbackRequest;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};

use super::upgrade::answer;

/// Give a session the image that it had before.
#[derive(Debug, Args)]
#[command(after_help = "\
Takes back one upgrade, to the very image of before, whatever its name means by now. Once for each upgrade.

Examples:
  agentctl session rollback S")]
pub(crate) struct RollbackArgs {
    /// The session's id, unique id prefix, or name
    #[arg(add = complete::sessions())]
    session: String,
}

pub(crate) async fn run(args: RollbackArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = timed(RollbackRequest { session: args.session });
    let session = context.client().await?.sessions().rollback(request).await?.into_inner();
    answer(context, &session)
}
