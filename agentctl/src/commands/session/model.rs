//! `session model`: has a session's next turns ask another model.

use clap::Args;
use proto::v1::SetModelRequest;

use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

const AFTER_HELP: &str = "\
Examples:
  agentctl session model demo claude
  agentctl models                          # the names there are

An open turn goes on with the model that it began with. The journal says when it was changed, and by whom.";

/// Have a session's next turns ask another model.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ModelArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
    /// The configured model's name
    #[arg(value_name = "NAME")]
    model: String,
}

pub(crate) async fn run(args: ModelArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = SetModelRequest { session: args.session, model: args.model };
    let session = context.client().await?.sessions().set_model(timed(request)).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&session)?;
    } else {
        let (id, model) = (words::short_id(&session.id), escape::line(&session.model));
        context.ui.note(&format!("session {id} asks {model} from its next turn on"))?;
    }
    Ok(Exit::DONE)
}
