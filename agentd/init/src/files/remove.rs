//! Removes a file, or a directory with all in it. Every step is taken from an open directory and follows no link, so that
//! a directory that is replaced by a link meanwhile leads nowhere else.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use proto::init::v1::{ErrorKind, RemoveResponse};
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, openat, unlinkat};
use rustix::io::Errno;

use super::error::{AtPath as _, FileError};

/// How deep directories are removed; each takes a descriptor.
const DEPTH_MAX: usize = 128;
/// Names that are read before they are removed.
const NAMES_MAX: usize = 1024;

/// Removes `path`, which must not be `workspace` or above it.
pub(crate) fn remove(path: &Path, workspace: &Path) -> Result<RemoveResponse, FileError> {
    let refuse = |why: &str| FileError::new(ErrorKind::InvalidPath, format!("{}: {why}", path.display()));
    let name = path.file_name().ok_or_else(|| refuse("no name to remove"))?;
    let parent = path.parent().unwrap_or(Path::new("/")).canonicalize().at(path)?;
    let workspace = workspace.canonicalize().at(workspace)?;
    if workspace.starts_with(parent.join(name)) {
        return Err(refuse("the workspace and what it is in are not removed"));
    }
    let directory = openat(CWD, &parent, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).at(&parent)?;
    let name = CString::new(name.as_encoded_bytes()).map_err(|_| refuse("a zero byte"))?;
    let mut removed = 0;
    remove_at(directory.as_fd(), &name, path.to_owned(), 0, &mut removed)?;
    Ok(RemoveResponse { removed })
}

fn remove_at(
    parent: BorrowedFd<'_>,
    name: &CString,
    path: PathBuf,
    depth: usize,
    removed: &mut u64,
) -> Result<(), FileError> {
    match unlinkat(parent, name, AtFlags::empty()) {
        Err(Errno::ISDIR) => {}
        done => {
            done.at(&path)?;
            *removed += 1;
            return Ok(());
        }
    }
    if depth >= DEPTH_MAX {
        let message = format!("{}: over {DEPTH_MAX} directories deep", path.display());
        return Err(FileError::new(ErrorKind::TooLarge, message));
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = openat(parent, name, flags, Mode::empty()).at(&path)?;
    loop {
        let names = some_names(directory.as_fd()).at(&path)?;
        if names.is_empty() {
            break;
        }
        for name in names {
            let path = path.join(name.to_string_lossy().as_ref());
            match remove_at(directory.as_fd(), &name, path, depth + 1, removed) {
                // Somebody else has removed it.
                Err(error) if error.is_not_found() => {}
                done => done?,
            }
        }
    }
    unlinkat(parent, name, AtFlags::REMOVEDIR).at(&path)?;
    *removed += 1;
    Ok(())
}

fn some_names(directory: BorrowedFd<'_>) -> rustix::io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
            if names.len() == NAMES_MAX {
                break;
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_goes_and_what_its_links_point_to_stays() {
        let root = tempfile::tempdir().unwrap();
        let workspace = root.path().join("workspace");
        std::fs::create_dir_all(workspace.join("a/b")).unwrap();
        let outside = root.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("kept"), "").unwrap();
        for number in 0..NAMES_MAX + 5 {
            std::fs::write(workspace.join(format!("a/{number}")), "").unwrap();
        }
        std::os::unix::fs::symlink(&outside, workspace.join("a/b/link")).unwrap();
        let removed = remove(&workspace.join("a"), &workspace).unwrap().removed;
        assert_eq!(removed, NAMES_MAX as u64 + 5 + 3);
        assert!(outside.join("kept").exists());
        std::os::unix::fs::symlink(&outside, workspace.join("link")).unwrap();
        assert_eq!(remove(&workspace.join("link"), &workspace).unwrap().removed, 1);
        assert!(outside.join("kept").exists());
    }

    #[test]
    fn the_workspace_and_what_is_above_stay() {
        let root = tempfile::tempdir().unwrap();
        let workspace = root.path().join("workspace");
        std::fs::create_dir_all(workspace.join("a")).unwrap();
        std::os::unix::fs::symlink(root.path(), workspace.join("up")).unwrap();
        for path in ["", "..", "../../", "a/..", "up/workspace", "/", "."] {
            let error = remove(&workspace.join(path), &workspace).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPath, "{path}");
        }
        assert!(workspace.join("a").exists());
        assert_eq!(remove(&workspace.join("none"), &workspace).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_tree_that_is_too_deep_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join(vec!["x"; DEPTH_MAX + 3].join("/"));
        std::fs::create_dir_all(deep).unwrap();
        assert_eq!(remove(&root.path().join("x"), Path::new("/dev")).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
