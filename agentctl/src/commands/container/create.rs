//! `container create`: makes a container ahead of need.

use proto::v1::ContainerRequest;

use super::ContainerArgs;
use crate::context::Context;
use crate::error::{CommandError, Exit};

pub(crate) async fn run(args: ContainerArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let mut client = context.client().await?.sandboxes();
    context.ui.spin(Some("making the container"));
    // Without a time limit: the image may have to be pulled.
    let made = client.create(ContainerRequest { session: args.session }).await;
    context.ui.spin(None);
    super::answer(context, &made?.into_inner())
}
