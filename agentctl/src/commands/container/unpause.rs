//! `container unpause`: lets a frozen container go on.

use super::ContainerArgs;
use crate::context::Context;
use crate::error::{CommandError, Exit};

pub(crate) async fn run(args: ContainerArgs, context: &mut Context) -> Result<Exit, CommandError> {
    let container = context.client().await?.sandboxes().unpause(args.request()).await?.into_inner();
    super::answer(context, &container)
}
