//! `daemon stop`: ends agentd in good order.

use std::time::Duration;

use proto::reason::Reason;
use proto::v1::ShutdownRequest;
use serde_json::json;

use super::Process;
use crate::client::{ConnectError, connect, timed};
use crate::context::Context;
use crate::error::{CommandError, Exit};

/// How long the end may take; the daemon drains in half of it.
const END_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn run(context: &mut Context) -> Result<Exit, CommandError> {
    let pid = stop(context).await?;
    if context.ui.is_json() {
        context.ui.json(&json!({ "stopped": pid.is_some(), "pid": pid }))?;
    } else {
        context.ui.note(&match pid {
            Some(pid) => format!("agentd (process {pid}) has ended"),
            None => "agentd is not running".to_owned(),
        })?;
    }
    Ok(Exit::DONE)
}

/// Ends the daemon and waits for it. None: no daemon runs.
pub(super) async fn stop(context: &mut Context) -> Result<Option<u32>, CommandError> {
    let client = match connect(&context.paths).await {
        Ok(client) => client,
        Err(ConnectError::NotRunning { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let pid = client.daemon().shutdown(timed(ShutdownRequest {})).await?.into_inner().pid;
    // It drains its connections before it ends: this one must not be what it waits for.
    drop(client);
    context.ui.spin(Some("waiting for agentd to end"));
    let ended = Process::open(pid)?.ended_within(END_TIMEOUT).await;
    context.ui.spin(None);
    if ended? {
        Ok(Some(pid))
    } else {
        let seconds = END_TIMEOUT.as_secs();
        Err(CommandError::new(Reason::Timeout, format!("agentd (process {pid}) has not ended within {seconds} s"))
            .hinted(format!("nothing is lost by ending it at once: kill -9 {pid}")))
    }
}
