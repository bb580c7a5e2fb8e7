//! What a start does about turns that a dead daemon left: they go on.

use super::error::SessionError;
use super::registry::Sessions;
use super::subscription::{Follow, Range};
use super::view::{SessionView, Status};

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
