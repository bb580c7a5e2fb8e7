//! `image list`: the images there are.

use clap::Args;
use proto::v1::ListImagesRequest;

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::image;

/// List images.
#[derive(Debug, Args)]
#[command(after_help = "\
A star marks the image of a session that asks for none. SESSIONS counts those that are held to the image.

Examples:
  agentctl image list
  agentctl -o json image list | jq -r '.[].names[]'")]
pub(crate) struct ListArgs {}

pub(crate) async fn run(_: ListArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let answer = context.client().await?.images().list(timed(ListImagesRequest {})).await?.into_inner();
    if context.ui.is_json() {
        context.ui.json(&answer.images)?;
    } else if answer.images.is_empty() {
        context.ui.note("there are no images; get one with: agentctl image pull, or agentctl image import")?;
    } else {
        context.ui.out(&image::list(&answer.images))?;
    }
    Ok(Exit::DONE)
}
