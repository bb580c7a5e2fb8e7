//! One daemon a state directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::private_dir::{self, PrivateDirError};

/// Held for the daemon's life. The kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

/// Why the state directory is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It is not private.
    #[error(transparent)]
    Dir(#[from] PrivateDirError),
    /// Another daemon holds it.
    #[error("agentd{} already runs on {}", holder(*.pid), dir.display())]
    Held {
        /// The state directory.
        dir: PathBuf,
        /// The other daemon, where it has said so.
        pid: Option<u32>,
    },
    /// The operating system refused.
    #[error("the lock {}: {error}", file.display())]
    Io {
        /// The lock's file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

/// Makes the state directory private and takes its lock.
pub fn take(state_dir: &Path) -> Result<StateLock, LockError> {
    private_dir::ensure(state_dir)?;
    let file = state_dir.join("lock");
    let failed = |error| LockError::Io { file: file.clone(), error };
    let mut lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(&file)
        .map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(LockError::Held { dir: state_dir.to_owned(), pid: read_pid(&mut lock) });
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    write_pid(&mut lock).map_err(failed)?;
    Ok(StateLock { _file: lock })
}

/// The daemon that holds the lock; it may not have written its number yet.
fn read_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn write_pid(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    lock.write_all(format!("{}\n", std::process::id()).as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_second_daemon_is_told_of_the_first() {
        let base = tempfile::tempdir().unwrap();
        let state = base.path().join("state");
        let first = take(&state).unwrap();
        let message = take(&state).unwrap_err().to_string();
        assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
        assert!(message.contains(&state.display().to_string()), "{message}");
        drop(first);
        take(&state).expect("free again");
    }

    #[test]
    fn what_a_dead_daemon_left_does_not_count() {
        let base = tempfile::tempdir().unwrap();
        let state = base.path().join("state");
        private_dir::ensure(&state).unwrap();
        fs::write(state.join("lock"), "4194304 and much that is longer than a number").unwrap();
        let _held = take(&state).unwrap();
        assert_eq!(fs::read_to_string(state.join("lock")).unwrap(), format!("{}\n", std::process::id()));
    }

    #[test]
    fn a_lock_that_is_a_link_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let state = base.path().join("state");
        private_dir::ensure(&state).unwrap();
        symlink(base.path().join("elsewhere"), state.join("lock")).unwrap();
        assert!(matches!(take(&state), Err(LockError::Io { .. })));
        assert!(!base.path().join("elsewhere").exists());
    }
}
