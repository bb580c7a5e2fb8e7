//! `session rename`: gives a session another name.

use clap::Args;
use proto::v1::RenameRequest;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

/// Give a session another name.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agentctl session rename 0123456789ab fix-login")]
pub(crate) struct RenameArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
    /// Its new name, unique among sessions
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) async fn run(args: RenameArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = RenameRequest { session: args.session, name: args.name };
    let renamed = context.client().await?.sessions().rename(timed(request)).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&renamed)?;
    } else {
        let (id, name) = (words::short_id(&renamed.id), escape::line(&renamed.name));
        context.ui.note(&format!("session {id} is now named {name}"))?;
    }
    Ok(Exit::DONE)
}
