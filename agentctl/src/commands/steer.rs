//! `steer`: guidance for the running turn.

use clap::Args;
use proto::v1::SteerRequest;

use super::chat;
use crate::client::timed;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};

/// A longer text belongs in a file of the workspace.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// Tell the model something while its turn is running.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  agentctl steer S \"use the staging database\"\n  agentctl steer S - < hints.md\n\nThe text stands before the next request to the model; what runs now is not stopped (see `agentctl stop`).\nWithout a running turn it is an error: send a message with `agentctl chat`."
)]
pub(crate) struct SteerArgs {
    /// Id, unique id prefix, or name of the session
    #[arg(value_name = "S", add = complete::sessions())]
    session: String,
    /// The text; - reads it from standard input
    #[arg(value_name = "TEXT")]
    text: String,
}

pub(crate) async fn run(args: SteerArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let text = if args.text == "-" { context.ui.read_text(TEXT_BYTES_MAX)? } else { args.text };
    if text.trim().is_empty() {
        return Err(CommandError::usage("the text is empty"));
    }
    let request = SteerRequest { session: args.session, text, request_id: chat::request_id()? };
    let position = context.client().await?.sessions().steer(timed(request)).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&position)?;
    } else {
        context.ui.note(&format!("turn {} is told before its next request to the model", position.turn))?;
    }
    Ok(Exit::DONE)
}
