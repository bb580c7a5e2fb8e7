//! `image pull`: fetches an image, and shows how far each layer has come.

use clap::Args;
use proto::reason::Reason;
use proto::v1::{Image, PullImageRequest};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::image;

/// Fetch an image.
#[derive(Debug, Args)]
#[command(after_help = "\
At a terminal each layer has a bar; elsewhere each step of a layer is a line on stderr; with -o json each is an object on
stdout, and the last one holds the image. Sessions that are held to an earlier image of this name keep it: see
agentctl session upgrade.

Examples:
  agentctl image pull python:3.13-slim
  agentctl image pull registry.example.com:5000/team/tools:1.2")]
pub(crate) struct PullArgs {
    /// The image's name, with a tag or a digest
    #[arg(value_name = "IMAGE")]
    image: String,
}

pub(crate) async fn run(args: PullArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let image = pull(&args.image, context).await?;
    if !context.ui.is_json() {
        context.ui.out_line(&image::one(&image))?;
    }
    Ok(Exit::DONE)
}

/// Pulls an image and shows the progress, as JSON lines where those are wanted.
pub(crate) async fn pull(name: &str, context: &mut Context) -> Result<Image, CommandError> {
    let mut client = context.client().await?.images();
    let request = PullImageRequest { image: name.to_owned() };
    let mut messages = client.pull(request).await?.into_inner();
    let mut layers = context.ui.layers();
    let mut image = None;
    while let Some(message) = messages.message().await? {
        if context.ui.is_json() {
            context.ui.json(&message)?;
        } else if let Some(layer) = &message.layer
            && let Some(line) = layers.take(layer)
        {
            context.ui.note(&line)?;
        }
        image = message.image.or(image);
    }
    layers.clear();
    image.ok_or_else(|| CommandError::new(Reason::Internal, "agentd ended the pull without an image"))
}
