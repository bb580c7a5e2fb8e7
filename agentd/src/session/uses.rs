//! Who uses which sandbox, and since when nobody does. In memory only: a daemon that starts counts anew from its start.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::ids::SessionId;
use crate::sandbox::live::LiveSandbox;

/// After how long without use something is done to a sandbox; none: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdleLimits {
    /// It is paused.
    pub pause: Option<Duration>,
    /// It is removed.
    pub remove: Option<Duration>,
}

/// What is done to a sandbox that nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleStep {
    /// Freeze it.
    Pause,
    /// Remove it; the workspace stays.
    Remove,
}

impl IdleLimits {
    /// What is due after this time without use.
    fn due(&self, idle: Duration, paused: bool) -> Option<IdleStep> {
        let over = |limit: Option<Duration>| limit.is_some_and(|limit| idle >= limit);
        if over(self.remove) {
            Some(IdleStep::Remove)
        } else if over(self.pause) && !paused {
            Some(IdleStep::Pause)
        } else {
            None
        }
    }

    /// The shorter of the two; none: nothing is ever due.
    pub fn shortest(&self) -> Option<Duration> {
        self.pause.into_iter().chain(self.remove).min()
    }
}

/// The uses of all sandboxes. Clones are the same.
#[derive(Clone, Default)]
pub struct Uses {
    entries: Arc<Mutex<HashMap<SessionId, Use>>>,
}

struct Use {
    holds: usize,
    /// Since when nobody holds it.
    since: Instant,
    /// Whether it was frozen since its last use.
    paused: bool,
}

impl Uses {
    /// Somebody uses the sandbox of this session for as long as the hold lives.
    pub fn hold(&self, session: &SessionId) -> Hold {
        let mut entries = self.entries();
        let entry = entries.entry(session.clone()).or_insert_with(Use::begin);
        entry.holds += 1;
        entry.paused = false;
        Hold { uses: self.clone(), session: session.clone() }
    }

    /// It was used just now, or is seen for the first time.
    pub fn touch(&self, session: &SessionId) {
        let mut entries = self.entries();
        let entry = entries.entry(session.clone()).or_insert_with(Use::begin);
        (entry.since, entry.paused) = (Instant::now(), false);
    }

    /// It was frozen.
    pub fn paused(&self, session: &SessionId) {
        if let Some(entry) = self.entries().get_mut(session) {
            entry.paused = true;
        }
    }

    /// There is none any more. What somebody still holds stays known.
    pub fn forget(&self, session: &SessionId) {
        let mut entries = self.entries();
        if entries.get(session).is_some_and(|entry| entry.holds == 0) {
            entries.remove(session);
        }
    }

    /// What is due for this sandbox now.
    pub fn due(&self, session: &SessionId, limits: IdleLimits) -> Option<IdleStep> {
        self.entries().get(session).and_then(|entry| entry.due(limits))
    }

    /// Everything that is due now.
    pub fn all_due(&self, limits: IdleLimits) -> Vec<(SessionId, IdleStep)> {
        let entries = self.entries();
        entries.iter().filter_map(|(session, entry)| Some((session.clone(), entry.due(limits)?))).collect()
    }

    /// A panic in another holder leaves plain data behind; it can be used on.
    fn entries(&self) -> MutexGuard<'_, HashMap<SessionId, Use>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Use {
    fn begin() -> Self {
        Self { holds: 0, since: Instant::now(), paused: false }
    }

    fn due(&self, limits: IdleLimits) -> Option<IdleStep> {
        if self.holds > 0 { None } else { limits.due(self.since.elapsed(), self.paused) }
    }
}

/// A use that lasts. Dropped, it ends, and the time without use begins.
pub struct Hold {
    uses: Uses,
    session: SessionId,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(entry) = self.uses.entries().get_mut(&self.session) {
            entry.holds = entry.holds.saturating_sub(1);
            entry.since = Instant::now();
        }
    }
}

/// A sandbox in somebody's hands: it is neither paused nor removed for want of use until this is dropped.
pub struct Borrowed {
    /// The sandbox.
    pub live: LiveSandbox,
    /// Says that it is in use.
    pub hold: Hold,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(5);
    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn pause_comes_first_and_once_and_never_is_never() {
        let both = IdleLimits { pause: Some(SHORT), remove: Some(LONG) };
        assert_eq!(both.due(SHORT - Duration::from_millis(1), false), None);
        assert_eq!(both.due(SHORT, false), Some(IdleStep::Pause));
        assert_eq!(both.due(SHORT * 2, true), None);
        assert_eq!(both.due(LONG, true), Some(IdleStep::Remove));
        assert_eq!(both.due(LONG, false), Some(IdleStep::Remove), "what is to go is not frozen first");
        assert_eq!(both.shortest(), Some(SHORT));
        let never = IdleLimits::default();
        assert_eq!((never.due(Duration::MAX, false), never.shortest()), (None, None));
        let kept = IdleLimits { pause: Some(SHORT), remove: None };
        assert_eq!(kept.due(Duration::MAX, true), None);
    }

    #[test]
    fn what_is_held_is_never_due_and_time_begins_with_the_last_hold() {
        let uses = Uses::default();
        let session = SessionId::from_random([7; 16]);
        let at_once = IdleLimits { pause: Some(Duration::ZERO), remove: None };
        assert_eq!(uses.due(&session, at_once), None, "nothing is known of it");
        let (first, second) = (uses.hold(&session), uses.hold(&session));
        drop(first);
        assert_eq!(uses.due(&session, at_once), None);
        uses.forget(&session);
        drop(second);
        assert_eq!(uses.all_due(at_once), [(session.clone(), IdleStep::Pause)]);
        uses.paused(&session);
        assert_eq!(uses.due(&session, at_once), None);
        drop(uses.hold(&session));
        assert_eq!(uses.due(&session, at_once), Some(IdleStep::Pause), "a use ends the pause");
        uses.paused(&session);
        uses.touch(&session);
        assert_eq!(uses.due(&session, at_once), Some(IdleStep::Pause));
        uses.forget(&session);
        assert_eq!(uses.due(&session, at_once), None);
    }
}
