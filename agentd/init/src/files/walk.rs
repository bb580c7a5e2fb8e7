//! Walks a directory tree in order, never through a symbolic link, within limits.

use std::ffi::OsString;
use std::fs::FileType;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::{AtPath as _, FileError};

/// How deep directories are entered.
const DEPTH_MAX: usize = 128;
/// How many names of one directory are looked at.
const NAMES_MAX: usize = 100_000;
/// The longest walk, in milliseconds.
const WALK_MS_MAX: usize = 30_000;

/// When a walk that may take `asked_ms` must end.
pub(super) fn deadline(asked_ms: u64) -> Instant {
    Instant::now() + Duration::from_millis(super::limit(asked_ms, WALK_MS_MAX) as u64)
}

/// What was found.
pub(super) struct Found<'a> {
    /// Its own name.
    pub(super) name: &'a str,
    /// Its path from where the walk began.
    pub(super) relative: &'a Path,
    /// Its path.
    pub(super) path: &'a Path,
    /// What it is.
    pub(super) kind: FileType,
}

/// What to do with what was found.
pub(super) enum Next<S> {
    /// Go on behind it.
    Pass,
    /// Enter it, with this state; only directories are.
    Enter(S),
    /// End the walk.
    Stop,
}

struct Directory<S> {
    relative: PathBuf,
    state: S,
    names: std::vec::IntoIter<(OsString, FileType)>,
}

/// Walks `root`; whether everything was seen. `visit` gets what was found and the state of the directory it is in. What
/// cannot be read below `root` is passed over.
pub(super) fn walk<S>(
    root: &Path,
    state: S,
    deadline: Instant,
    mut visit: impl FnMut(&Found<'_>, &S) -> Next<S>,
) -> Result<bool, FileError> {
    let (names, mut whole) = read_names(root).at(root)?;
    let mut open = vec![Directory { relative: PathBuf::new(), state, names }];
    while let Some(directory) = open.last_mut() {
        let Some((name, kind)) = directory.names.next() else {
            open.pop();
            continue;
        };
        if Instant::now() >= deadline {
            return Ok(false);
        }
        let relative = directory.relative.join(&name);
        let path = root.join(&relative);
        let found = Found { name: &name.to_string_lossy(), relative: &relative, path: &path, kind };
        match visit(&found, &directory.state) {
            Next::Pass => {}
            Next::Stop => return Ok(false),
            Next::Enter(_) if !kind.is_dir() => {}
            Next::Enter(_) if open.len() >= DEPTH_MAX => whole = false,
            Next::Enter(state) => {
                if let Ok((names, all)) = read_names(&path) {
                    whole &= all;
                    open.push(Directory { relative, state, names });
                }
            }
        }
    }
    Ok(whole)
}

fn read_names(directory: &Path) -> std::io::Result<(std::vec::IntoIter<(OsString, FileType)>, bool)> {
    let mut names = Vec::new();
    let mut whole = true;
    for entry in std::fs::read_dir(directory)? {
        if names.len() == NAMES_MAX {
            whole = false;
            break;
        }
        let entry = entry?;
        if let Ok(kind) = entry.file_type() {
            names.push((entry.file_name(), kind));
        }
    }
    names.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((names.into_iter(), whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_in_order_and_through_no_link() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("b/c")).unwrap();
        for name in ["a", "b/c/d", "e"] {
            std::fs::write(root.path().join(name), "").unwrap();
        }
        std::os::unix::fs::symlink("b", root.path().join("link")).unwrap();
        let mut seen = Vec::new();
        let whole = walk(root.path(), (), deadline(0), |found, ()| {
            seen.push(found.relative.to_str().unwrap().to_owned());
            Next::Enter(())
        });
        assert!(whole.unwrap());
        assert_eq!(seen, ["a", "b", "b/c", "b/c/d", "e", "link"]);
    }

    #[test]
    fn it_ends_in_time_and_at_a_depth() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join(vec!["x"; DEPTH_MAX + 5].join("/"))).unwrap();
        let mut seen = 0;
        let whole = walk(root.path(), (), deadline(0), |_, ()| {
            seen += 1;
            Next::Enter(())
        });
        assert!(!whole.unwrap());
        assert_eq!(seen, DEPTH_MAX);
        assert!(!walk(root.path(), (), Instant::now(), |_, ()| Next::Enter(())).unwrap());
    }
}
