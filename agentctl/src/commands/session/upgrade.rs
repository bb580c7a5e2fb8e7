//! `session upgrade`: gives a session another image.

use clap::Args;
use proto::reason::Reason;
use proto::v1::{Session, UpgradeRequest};

use crate::client::timed;
use crate::commands::image::pull::pull;
use crate::complete;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::{escape, words};

/// Give a session another image.
#[derive(Debug, Args)]
#[command(after_help = "\
A session keeps the image that its first container was made of, also when the name means another one by now. An upgrade
takes what the name means now, and fetches it where it is not there. The container is replaced when it is next needed; the
workspace stays. Refused while a turn is running; a turn that waits for an approval goes on in the new image.

Examples:
  agentctl session upgrade S --image python:3.14-slim
  agentctl session rollback S")]
pub(crate) struct UpgradeArgs {
    /// The session's id, unique id prefix, or name
    #[arg(add = complete::sessions())]
    session: String,
    /// The image by name
    #[arg(long, value_name = "IMAGE")]
    image: String,
}

pub(crate) async fn run(args: UpgradeArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let request = UpgradeRequest { session: args.session, image: args.image };
    let mut client = context.client().await?.sessions();
    let upgraded = match client.upgrade(timed(request.clone())).await.map_err(CommandError::from) {
        Err(CommandError::Failed(failure)) if failure.reason == Reason::ImageNotFound => {
            if context.ui.is_json() {
                // One object for a thing: the steps of a pull have no place there.
                return Err(CommandError::Failed(failure));
            }
            pull(&request.image, context).await?;
            client.upgrade(timed(request)).await?
        }
        upgraded => upgraded?,
    };
    answer(context, &upgraded.into_inner())
}

/// The session as JSON, or a line on stderr.
pub(super) fn answer(context: &mut Context, session: &Session) -> Result<Exit, CommandError> {
    if context.ui.is_json() {
        context.ui.json(session)?;
    } else {
        let digest = if session.image_digest.is_empty() {
            String::new()
        } else {
            format!(" ({})", escape::line(&session.image_digest))
        };
        let image = escape::line(&session.image);
        context.ui.note(&format!("session {} has the image {image}{digest}", words::short_id(&session.id)))?;
    }
    Ok(Exit::DONE)
}
