//! `daemon restart`: the next agentd goes on where this one stops.

use crate::context::Context;
use crate::error::{CommandError, Exit};

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    // Found before anything is ended: a daemon that cannot be started again is better left running.
    context.agentd()?;
    super::stop::stop(context).await?;
    super::start::run(context).await
}
