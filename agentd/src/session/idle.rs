//! Sandboxes that nobody uses are paused, then removed; the next call wakes them or makes another.
//!
//! In use is a sandbox with a running turn, or with a command or a transfer of a person under way. A parked turn does not
//! use it: it wakes it when it goes on. Looking at it (list, show, stats, logs) is no use. Every process of a sandbox
//! belongs to a call, an exec or a transfer, and ends with it: no process is ever frozen that somebody waits for.

use std::sync::Arc;
use std::time::Duration;

use super::command::Command;
use super::registry::Sessions;
use super::uses::IdleLimits;

/// How often it is looked for idle sandboxes, at least and at most.
const LOOK_EVERY_MIN: Duration = Duration::from_millis(50);
const LOOK_EVERY_MAX: Duration = Duration::from_secs(10);

/// Pauses and removes idle sandboxes until the daemon stops.
pub async fn keep(sessions: Sessions) {
    let services = Arc::clone(sessions.services());
    let limits = services.settings.idle;
    let Some(every) = look_every(limits) else { return };
    // Whatever a dead daemon left has been idle for as long as this one runs.
    match sessions.list().await {
        Ok(views) => {
            for view in views.iter().filter(|view| view.container.is_some()) {
                services.uses.touch(&view.id);
            }
        }
        Err(error) => tracing::warn!(%error, "idle sandboxes of earlier days are not found"),
    }
    loop {
        tokio::select! {
            () = services.stopping.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        for (session, step) in services.uses.all_due(limits) {
            match sessions.tell(&session, |reply| Command::Idle(step, reply)).await {
                Ok(()) => {}
                Err(super::error::SessionError::NotFound(_)) => services.uses.forget(&session),
                Err(error) => tracing::debug!(%session, %error, "an idle sandbox stays as it is for now"),
            }
        }
    }
}

/// Often enough that a sandbox is late by a fraction of its limit.
fn look_every(limits: IdleLimits) -> Option<Duration> {
    limits.shortest().map(|shortest| (shortest / 5).clamp(LOOK_EVERY_MIN, LOOK_EVERY_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_as_frequent_as_the_shorter_limit_needs() {
        let every = |pause: u64, remove: u64| {
            let span = |ms: u64| (ms > 0).then(|| Duration::from_millis(ms));
            look_every(IdleLimits { pause: span(pause), remove: span(remove) }).map(|every| every.as_millis())
        };
        assert_eq!(every(0, 0), None);
        assert_eq!(every(1000, 2000), Some(200));
        assert_eq!(every(0, 10), Some(50));
        assert_eq!(every(300_000, 1_800_000), Some(10_000));
    }
}
