//! Takes away what the demo made: its sessions with their containers, its daemon, its directory.

use std::time::Duration;

use proto::v1::{ListRequest, RemoveRequest, ShutdownRequest, StatusRequest};

use super::home::Home;
use crate::client::{Client, connect, launch, timed};
use crate::commands::daemon::Process;
use crate::context::Context;
use crate::error::CommandError;

/// How long the daemon may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the removal of containers may take.
const CONTAINERS_TIMEOUT: Duration = Duration::from_secs(60);

/// Removes everything. The directory goes in any case; a failure says what may be left.
pub(super) async fn clean_up(context: &mut Context, home: Home, daemon_was_started: bool) -> Result<(), CommandError> {
    let cleaned = if daemon_was_started { daemon(context).await } else { Ok(()) };
    context.ui.spin(None);
    let removed = home.remove();
    cleaned.and(removed)
}

async fn daemon(context: &mut Context) -> Result<(), CommandError> {
    context.ui.spin(Some("cleaning up"));
    // Its sessions know their containers, so a daemon that was just killed is started once more.
    let client = match connect(&context.paths).await {
        Ok(client) => client,
        Err(_) => launch::start_once(&context.agentd()?, &context.paths).await?,
    };
    let pid = client.daemon().status(timed(StatusRequest {})).await?.into_inner().pid;
    let process = Process::open(pid)?;
    let removed = match tokio::time::timeout(CONTAINERS_TIMEOUT, sessions(&client)).await {
        Ok(removed) => removed,
        Err(late) => Err(CommandError::internal("the demo's containers were not removed in time", &late)),
    };
    // A daemon that does not end in good order is ended: nothing here is to be kept.
    if client.daemon().shutdown(timed(ShutdownRequest {})).await.is_err() || !process.ended_within(END_TIMEOUT).await? {
        process.kill()?;
        process.ended_within(END_TIMEOUT).await?;
    }
    removed
}

async fn sessions(client: &Client) -> Result<(), CommandError> {
    let sessions = client.sessions().list(timed(ListRequest::default())).await?.into_inner().sessions;
    for session in sessions {
        client.sessions().remove(timed(RemoveRequest { session: session.id, force: true })).await?;
    }
    Ok(())
}
