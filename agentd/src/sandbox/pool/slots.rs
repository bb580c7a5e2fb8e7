//! Where each sandbox of the pool stands. Plain data: what is decided here is performed elsewhere.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crate::domain::ids::SessionId;

/// The sandboxes of a pool, oldest first; `W` is one that is warm.
pub(super) struct Slots<W> {
    slots: Vec<Slot<W>>,
}

struct Slot<W> {
    /// The session that it is made for.
    session: SessionId,
    /// The container's name.
    name: String,
    /// The backend that has it; empty: none yet.
    backend: String,
    /// The hash of its specification; empty until it answers.
    spec_hash: String,
    stage: Stage<W>,
}

enum Stage<W> {
    /// It is being made; nobody may have it.
    Making,
    /// It answers, and no session exists that it is for.
    Ready(Box<W>),
    /// Its session exists and has not called yet.
    Reserved { warm: Box<W>, since: Instant },
    /// Its session has it, and is writing so into its journal.
    Claimed,
    /// It is to be removed, or being removed.
    Going { begun: bool, of_session: bool },
}

/// What a claim finds.
pub(super) enum Looked<W> {
    /// Nothing that this session may have.
    None,
    /// One that is being removed.
    Going,
    /// The sandbox.
    Warm(Box<W>),
}

/// A sandbox to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doomed {
    /// The session that it was made for.
    pub(super) session: SessionId,
    /// The container's name.
    pub(super) name: String,
    /// The backend that has it; empty: none yet.
    pub(super) backend: String,
    /// Whether that session exists, so that the workspace is its own.
    pub(super) of_session: bool,
}

impl<W: Clone> Slots<W> {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// One more is being made.
    pub(super) fn begin(&mut self, session: SessionId, name: String) {
        self.slots.push(Slot { session, name, backend: String::new(), spec_hash: String::new(), stage: Stage::Making });
    }

    /// A backend is about to make it.
    pub(super) fn placed(&mut self, session: &SessionId, backend: &str) {
        if let Some(slot) = self.slot(session) {
            backend.clone_into(&mut slot.backend);
        }
    }

    /// It answers. Where it is unwanted by now, it stays what it is.
    pub(super) fn made(&mut self, session: &SessionId, spec_hash: String, warm: W) {
        if let Some(slot) = self.slot(session).filter(|slot| matches!(slot.stage, Stage::Making)) {
            slot.spec_hash = spec_hash;
            slot.stage = Stage::Ready(Box::new(warm));
        }
    }

    /// Gives the oldest that is ready and fits to a new session. More than `reserved_max` do not wait for calls that may never come:
    /// the oldest of those goes.
    pub(super) fn reserve(
        &mut self,
        fits: impl Fn(&W) -> bool,
        now: Instant,
        reserved_max: usize,
    ) -> Option<SessionId> {
        let ready = self.slots.iter_mut().find(|slot| matches!(&slot.stage, Stage::Ready(warm) if fits(warm)))?;
        let Stage::Ready(warm) = std::mem::replace(&mut ready.stage, Stage::Claimed) else { return None };
        ready.stage = Stage::Reserved { warm, since: now };
        let session = ready.session.clone();
        while self.reserved() > reserved_max {
            let oldest = self
                .slots
                .iter()
                .filter_map(|slot| match &slot.stage {
                    Stage::Reserved { since, .. } => Some((*since, slot.session.clone())),
                    _ => None,
                })
                .min_by_key(|(since, _)| *since);
            match oldest {
                Some((_, session)) => self.doom(&session),
                None => break,
            }
        }
        Some(session)
    }

    /// Gives a sandbox to the session that reserved it, as that is specified now. One that differs is none of the pool's
    /// any more: its session makes another in its place.
    pub(super) fn claim(&mut self, session: &SessionId, spec_hash: &str) -> Looked<W> {
        let Some(slot) = self.slot(session) else { return Looked::None };
        match std::mem::replace(&mut slot.stage, Stage::Claimed) {
            Stage::Reserved { warm, .. } if slot.spec_hash == spec_hash => Looked::Warm(warm),
            Stage::Reserved { .. } => {
                self.forget(session);
                Looked::None
            }
            stage @ Stage::Going { .. } => {
                slot.stage = stage;
                Looked::Going
            }
            stage => {
                slot.stage = stage;
                Looked::None
            }
        }
    }

    /// The pool has nothing to do with it any more.
    pub(super) fn forget(&mut self, session: &SessionId) {
        self.slots.retain(|slot| slot.session != *session);
    }

    /// It is to be removed. One that was claimed is not the pool's to remove.
    pub(super) fn doom(&mut self, session: &SessionId) {
        if let Some(slot) = self.slot(session)
            && !matches!(slot.stage, Stage::Claimed | Stage::Going { .. })
        {
            let of_session = matches!(slot.stage, Stage::Reserved { .. });
            slot.stage = Stage::Going { begun: false, of_session };
        }
    }

    /// As [`Self::doom`], unless a session has taken it meanwhile.
    pub(super) fn doom_ready(&mut self, session: &SessionId) {
        if self.slot(session).is_some_and(|slot| matches!(slot.stage, Stage::Ready(_))) {
            self.doom(session);
        }
    }

    /// All of them are to be removed.
    pub(super) fn doom_all(&mut self) {
        for session in self.slots.iter().map(|slot| slot.session.clone()).collect::<Vec<_>>() {
            self.doom(&session);
        }
    }

    /// Those whose session has not called for so long are to be removed.
    pub(super) fn expire(&mut self, now: Instant, reserved_max: Duration) {
        let over = |slot: &Slot<W>| match slot.stage {
            Stage::Reserved { since, .. } => now.duration_since(since) >= reserved_max,
            _ => false,
        };
        for session in self.slots.iter().filter(|slot| over(slot)).map(|slot| slot.session.clone()).collect::<Vec<_>>()
        {
            self.doom(&session);
        }
    }

    /// What is to be removed and is not being removed yet; from now on it is.
    pub(super) fn take_doomed(&mut self) -> Vec<Doomed> {
        let mut doomed = Vec::new();
        for slot in &mut self.slots {
            if let Stage::Going { begun: begun @ false, of_session } = &mut slot.stage {
                *begun = true;
                let (session, name, backend) = (slot.session.clone(), slot.name.clone(), slot.backend.clone());
                doomed.push(Doomed { session, name, backend, of_session: *of_session });
            }
        }
        doomed
    }

    /// Those that nobody has reserved.
    pub(super) fn all_ready(&self) -> Vec<(SessionId, W)> {
        let ready = |slot: &Slot<W>| match &slot.stage {
            Stage::Ready(warm) => Some((slot.session.clone(), W::clone(warm))),
            _ => None,
        };
        self.slots.iter().filter_map(ready).collect()
    }

    /// How many have to be made so that so many are ready.
    pub(super) fn missing(&self, size: usize) -> usize {
        size.saturating_sub(self.slots.iter().filter(|s| matches!(s.stage, Stage::Making | Stage::Ready(_))).count())
    }

    pub(super) fn ready(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot.stage, Stage::Ready(_))).count()
    }

    pub(super) fn reserved(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot.stage, Stage::Reserved { .. })).count()
    }

    pub(super) fn has(&self, session: &SessionId) -> bool {
        self.slots.iter().any(|slot| slot.session == *session)
    }

    pub(super) fn names(&self) -> HashSet<String> {
        self.slots.iter().map(|slot| slot.name.clone()).collect()
    }

    fn slot(&mut self, session: &SessionId) -> Option<&mut Slot<W>> {
        self.slots.iter_mut().find(|slot| slot.session == *session)
    }
}

#[cfg(test)]
#[path = "slots_tests.rs"]
mod tests;
