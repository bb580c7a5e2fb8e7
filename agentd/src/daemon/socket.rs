//! The Unix socket: nobody but this user ever reaches it.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use super::lock::StateLock;
use super::private_dir::{self, PrivateDirError};

/// Removes the socket when dropped, unless another one has taken its place.
#[derive(Debug)]
pub struct SocketGuard {
    path: PathBuf,
    identity: (u64, u64),
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Its directory is not private.
    #[error(transparent)]
    Dir(#[from] PrivateDirError),
    /// A daemon with another state directory answers on it.
    #[error("another daemon listens on {}: set AGENTD_SOCKET to another path", .0.display())]
    InUse(PathBuf),
    /// Something else has its name. It is left alone.
    #[error("{} is there and is not a socket: remove it, or set AGENTD_SOCKET to another path", .0.display())]
    NotSocket(PathBuf),
    /// The operating system refused.
    #[error("the socket {}: {error}", path.display())]
    Io {
        /// The socket's path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Listens on a path. The lock is asked for because a socket that was left behind is removed: only who holds the lock may.
/// Within a Tokio runtime.
pub fn bind(path: &Path, _lock: &StateLock) -> Result<(UnixListener, SocketGuard), SocketError> {
    let failed = |error| SocketError::Io { path: path.to_owned(), error };
    private_dir::ensure(path.parent().unwrap_or(Path::new("/")))?;
    remove_stale(path)?;
    // Between these two lines the mode depends on the umask, and the directory keeps everybody else out.
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let identity = identity(path).map_err(failed)?;
    Ok((listener, SocketGuard { path: path.to_owned(), identity }))
}

fn remove_stale(path: &Path) -> Result<(), SocketError> {
    let failed = |error| SocketError::Io { path: path.to_owned(), error };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => return Err(SocketError::NotSocket(path.to_owned())),
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(failed),
        Err(error) => Err(failed(error)),
        Ok(_) => Err(SocketError::InUse(path.to_owned())),
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

impl Drop for SocketGuard {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // One that stays is stale to the next daemon, which removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::lock;

    fn state() -> (tempfile::TempDir, StateLock) {
        let base = tempfile::tempdir().unwrap();
        let lock = lock::take(&base.path().join("state")).unwrap();
        (base, lock)
    }

    #[tokio::test]
    async fn the_socket_is_private_and_goes_with_its_guard() {
        let (base, lock) = state();
        let path = base.path().join("run/agentd.sock");
        let (listener, guard) = bind(&path, &lock).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        UnixStream::connect(&path).unwrap();
        drop((listener, guard));
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_socket_left_behind_is_replaced() {
        let (base, lock) = state();
        let path = base.path().join("state/agentd.sock");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let _bound = bind(&path, &lock).unwrap();
        UnixStream::connect(&path).unwrap();
    }

    #[tokio::test]
    async fn a_socket_that_answers_is_left_alone() {
        let (base, lock) = state();
        let path = base.path().join("state/agentd.sock");
        let _bound = bind(&path, &lock).unwrap();
        assert!(matches!(bind(&path, &lock), Err(SocketError::InUse(_))));
        UnixStream::connect(&path).unwrap();
    }

    #[tokio::test]
    async fn a_file_of_that_name_is_left_alone() {
        let (base, lock) = state();
        let path = base.path().join("state/agentd.sock");
        fs::write(&path, "notes").unwrap();
        assert!(matches!(bind(&path, &lock), Err(SocketError::NotSocket(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
    }

    #[tokio::test]
    async fn an_open_directory_is_refused() {
        let (base, lock) = state();
        let dir = base.path().join("run");
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(bind(&dir.join("agentd.sock"), &lock), Err(SocketError::Dir(_))));
    }

    #[tokio::test]
    async fn a_guard_leaves_the_socket_of_a_successor() {
        let (base, lock) = state();
        let path = base.path().join("state/agentd.sock");
        let (listener, guard) = bind(&path, &lock).unwrap();
        fs::remove_file(&path).unwrap();
        // Held open so that the successor cannot be given the same inode.
        let (_successor, _its_guard) = bind(&path, &lock).unwrap();
        drop((guard, listener));
        assert!(path.exists());
    }
}
