//! Directories that are this user's alone. What is in them needs no further guard.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// Why a directory is not private.
#[derive(Debug, thiserror::Error)]
pub enum PrivateDirError {
    /// Whoever made the link decides where it leads.
    #[error("{} is a symbolic link: name the directory it leads to", .0.display())]
    Symlink(PathBuf),
    /// It is something else.
    #[error("{} is not a directory", .0.display())]
    NotDirectory(PathBuf),
    /// Another user's.
    #[error("{} belongs to user {owner} and agentd runs as user {user}", dir.display())]
    ForeignOwner {
        /// The directory.
        dir: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        user: u32,
    },
    /// Others may look or write.
    #[error("{} is open to other users (mode {mode:04o}): run `chmod 700 {}`", dir.display(), dir.display())]
    Open {
        /// The directory.
        dir: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The operating system refused.
    #[error("{}: {error}", dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Makes the directory with mode 0700 when it is not there, and checks that it is ours alone.
pub fn ensure(dir: &Path) -> Result<(), PrivateDirError> {
    // Without a closing slash, which would follow a link.
    let dir: PathBuf = dir.components().collect();
    let failed = |error| PrivateDirError::Io { dir: dir.clone(), error };
    DirBuilder::new().recursive(true).mode(0o700).create(&dir).or_else(|error| match fs::symlink_metadata(&dir) {
        // Told below by what it is.
        Ok(_) => Ok(()),
        Err(_) => Err(failed(error)),
    })?;
    let found = fs::symlink_metadata(&dir).map_err(failed)?;
    let user = rustix::process::geteuid().as_raw();
    let mode = found.mode() & 0o7777;
    if found.is_symlink() {
        Err(PrivateDirError::Symlink(dir))
    } else if !found.is_dir() {
        Err(PrivateDirError::NotDirectory(dir))
    } else if found.uid() != user {
        Err(PrivateDirError::ForeignOwner { dir, owner: found.uid(), user })
    } else if mode & 0o077 != 0 {
        Err(PrivateDirError::Open { dir, mode })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    use super::*;

    #[test]
    fn a_directory_is_made_private_with_its_parents() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("a/b");
        ensure(&dir).unwrap();
        ensure(&dir).unwrap();
        for made in [&dir, &base.path().join("a")] {
            assert_eq!(fs::metadata(made).unwrap().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn what_others_could_reach_is_refused_with_the_remedy() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("d");
        fs::create_dir(&dir).unwrap();
        for mode in [0o755, 0o770, 0o701, 0o1777] {
            fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).unwrap();
            let message = ensure(&dir).unwrap_err().to_string();
            assert!(message.contains(&format!("chmod 700 {}", dir.display())), "{message}");
        }
    }

    #[test]
    fn a_link_is_refused_also_with_a_closing_slash() {
        let base = tempfile::tempdir().unwrap();
        let (dir, link) = (base.path().join("d"), base.path().join("l"));
        ensure(&dir).unwrap();
        symlink(&dir, &link).unwrap();
        assert!(matches!(ensure(&link), Err(PrivateDirError::Symlink(_))));
        assert!(matches!(ensure(&link.join("")), Err(PrivateDirError::Symlink(_))));
        fs::remove_dir(&dir).unwrap();
        assert!(matches!(ensure(&link), Err(PrivateDirError::Symlink(_))), "a link to nothing");
    }

    #[test]
    fn a_file_and_a_path_through_a_file_are_refused() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("f");
        fs::write(&file, "").unwrap();
        assert!(matches!(ensure(&file), Err(PrivateDirError::NotDirectory(_))));
        assert!(matches!(ensure(&file.join("d")), Err(PrivateDirError::Io { .. })));
    }

    #[test]
    fn another_users_directory_is_refused() {
        if !rustix::process::geteuid().is_root() {
            return; // Only root can give a directory away.
        }
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("d");
        ensure(&dir).unwrap();
        chown(&dir, Some(65534), None).unwrap();
        assert!(matches!(ensure(&dir), Err(PrivateDirError::ForeignOwner { owner: 65534, user: 0, .. })));
    }
}
