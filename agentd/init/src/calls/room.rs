//! How much room kept output takes, over all calls. Files of acknowledged calls stay until their room is needed, because
//! whoever asked was told where they are.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Room for all kept output, in bytes.
pub(super) const ROOM_BYTES_MAX: u64 = 128 << 20;
/// Files of acknowledged calls that stay at most.
const ACKNOWLEDGED_FILES_MAX: usize = 4096;

/// The room that kept output shares.
#[derive(Clone, Default)]
pub(super) struct Room {
    /// Held for single operations only.
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    used_bytes: u64,
    /// Oldest first.
    acknowledged: VecDeque<(PathBuf, u64)>,
}

impl Room {
    /// Takes room for `bytes`; whether there is.
    pub(super) fn take(&self, bytes: u64) -> bool {
        let mut state = self.state();
        while state.used_bytes + bytes > ROOM_BYTES_MAX {
            if !state.remove_oldest() {
                return false;
            }
        }
        state.used_bytes += bytes;
        true
    }

    /// Gives room back that was taken and not used.
    pub(super) fn give_back(&self, bytes: u64) {
        let mut state = self.state();
        state.used_bytes = state.used_bytes.saturating_sub(bytes);
    }

    /// A file that nobody waits for any more: it goes when its room is needed.
    pub(super) fn acknowledged(&self, path: PathBuf, bytes: u64) {
        let mut state = self.state();
        state.acknowledged.push_back((path, bytes));
        if state.acknowledged.len() > ACKNOWLEDGED_FILES_MAX {
            state.remove_oldest();
        }
    }

    /// Removes the oldest file that nobody waits for; whether there was one.
    pub(super) fn make(&self) -> bool {
        self.state().remove_oldest()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remove_oldest(&mut self) -> bool {
        let Some((path, bytes)) = self.acknowledged.pop_front() else { return false };
        // The sandboxed code may have removed it before.
        let _ = std::fs::remove_file(path);
        self.used_bytes = self.used_bytes.saturating_sub(bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_of_acknowledged_files_oldest_first() {
        let directory = tempfile::tempdir().unwrap();
        let room = Room::default();
        let [old, new] = ["old", "new"].map(|name| directory.path().join(name));
        for path in [&old, &new] {
            std::fs::write(path, "x").unwrap();
            assert!(room.take(ROOM_BYTES_MAX / 2));
            room.acknowledged(path.clone(), ROOM_BYTES_MAX / 2);
        }
        assert!(room.take(1));
        assert!(!old.exists());
        assert!(new.exists());
    }

    #[test]
    fn what_is_held_is_never_removed() {
        let room = Room::default();
        assert!(room.take(ROOM_BYTES_MAX));
        assert!(!room.take(1));
        assert!(!room.make());
        room.give_back(1);
        assert!(room.take(1));
    }
}
