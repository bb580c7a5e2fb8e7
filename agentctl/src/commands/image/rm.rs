//! `image rm`: removes images.

use clap::Args;
use proto::v1::RemoveImageRequest;

use crate::client::timed;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::escape;

/// Remove images.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  agentctl image rm python:3.12-slim\n  agentctl image rm old:1 old:2 --force")]
pub(crate) struct RmArgs {
    /// Names or ids of images
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
    /// Also while sessions are held to it; never while a container is made of it
    #[arg(short, long)]
    force: bool,
}

pub(crate) async fn run(args: RmArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let mut client = context.client().await?.images();
    let mut removed = Vec::new();
    for image in args.images {
        let answer = client.remove(timed(RemoveImageRequest { image, force: args.force })).await?.into_inner();
        if !context.ui.is_json() {
            context.ui.note(&format!("removed {}", escape::line(&answer.image)))?;
        }
        removed.push(answer);
    }
    if context.ui.is_json() {
        context.ui.json(&removed)?;
    }
    Ok(Exit::DONE)
}
