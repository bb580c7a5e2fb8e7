//! What a start does about what a dead daemon left: open turns go on, containers that nobody wants are removed.

use std::sync::Arc;
use std::time::Duration;

use crate::sandbox::backend::Backend;
use crate::sandbox::reconcile::{self, Known};

use super::error::SessionError;
use super::registry::Sessions;
use super::subscription::{Follow, Range};
use super::view::{SessionView, Status};

/// How often containers are compared with the journal.
const RECONCILE_EVERY: Duration = Duration::from_secs(30);

/// Wakes every session with a turn that goes on by itself: one that was running, and one whose approvals expire. Any other
/// parked one goes on when it is answered.
pub async fn resume_open_turns(sessions: &Sessions) -> Result<usize, SessionError> {
    let open: Vec<SessionView> = sessions.list().await?.into_iter().filter(goes_on_by_itself).collect();
    let nothing = Range { from_seq: u64::MAX, follow: Follow::No, turn: 0, live: false };
    for view in &open {
        // Watching wakes; what it would show is of no interest here. One session's fault is not the others'.
        if let Err(error) = sessions.watch(&view.id, nothing).await {
            tracing::error!(session = %view.id, %error, "an open turn cannot go on");
        }
    }
    Ok(open.len())
}

fn goes_on_by_itself(view: &SessionView) -> bool {
    view.status == Status::Running || view.approvals.iter().any(|pending| pending.expires_at.is_some())
}

/// Compares containers with the journal now and every [`RECONCILE_EVERY`], until the daemon stops.
pub async fn reconcile_containers(sessions: Sessions) {
    let services = Arc::clone(sessions.services());
    loop {
        reconcile_once(&sessions).await;
        tokio::select! {
            () = services.stopping.cancelled() => return,
            () = tokio::time::sleep(RECONCILE_EVERY) => {}
        }
    }
}

/// Removes containers of this installation that no session wants. The engine is asked before the journal: a container that
/// is made in between is in the journal already, because its intent is durable first (law L1).
async fn reconcile_once(sessions: &Sessions) {
    for backend in sessions.services().backends.all() {
        // One that does not answer is not in the others' way.
        if let Err(error) = reconcile_one(sessions, backend.as_ref()).await {
            tracing::debug!(backend = backend.kind(), %error, "its containers could not be compared with the journal");
        }
    }
}

async fn reconcile_one(sessions: &Sessions, backend: &dyn Backend) -> Result<(), SessionError> {
    let observed = backend.list().await?;
    let known: Vec<Known> = sessions
        .list()
        .await?
        .into_iter()
        .filter_map(|view| {
            let name = view.container?;
            Some(Known { session: view.id.to_string(), generation: view.generation, name, wanted: true })
        })
        .collect();
    for name in reconcile::plan(&observed, &known).remove {
        tracing::info!(container = %name, "removing a container that no session wants");
        if let Err(error) = backend.remove(&name).await {
            tracing::warn!(container = %name, error = %error.message, "it could not be removed");
        }
    }
    Ok(())
}
