//! `session show`: all about one session.

use clap::Args;
use proto::v1::ShowRequest;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::session;

/// Show all about a session.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agentctl session show fix\n  agentctl -o json session show fix | jq -r .status")]
pub(crate) struct ShowArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
}

pub(crate) async fn run(args: ShowArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = ShowRequest { session: args.session };
    let found = context.client().await?.sessions().show(timed(request)).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&found)?;
    } else {
        context.ui.out(&session::whole(&found))?;
    }
    Ok(Exit::DONE)
}
