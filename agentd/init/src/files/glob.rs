//! Paths that match a pattern.

use std::path::Path;

use proto::init::v1::{ErrorKind, GlobRequest, GlobResponse};

use super::entry::entry;
use super::error::FileError;
use super::pattern::{Dots, Pattern};
use super::walk::{Next, deadline, walk};

/// Paths that are told at most.
const ENTRIES_MAX: usize = 10_000;

/// Paths below `root` that match. An absolute pattern is taken from `root` on where it leads there.
pub(crate) fn glob(root: &Path, request: &GlobRequest) -> Result<GlobResponse, FileError> {
    let pattern = Pattern::parse(&relative(root, &request.pattern)?, Dots::Hidden)?;
    let entries_max = super::limit(request.entries_max, ENTRIES_MAX);
    let mut entries = Vec::new();
    let whole = walk(root, pattern.start(), deadline(request.deadline_ms), |found, progress| {
        let progress = pattern.step(progress, found.name);
        if pattern.is_match(&progress)
            && let Ok(meta) = found.path.symlink_metadata()
        {
            if entries.len() == entries_max {
                return Next::Stop;
            }
            entries.push(entry(found.relative.to_string_lossy().into_owned(), &meta));
        }
        if pattern.may_match_below(&progress) { Next::Enter(progress) } else { Next::Pass }
    })?;
    Ok(GlobResponse { entries, partial: !whole })
}

fn relative(root: &Path, pattern: &str) -> Result<String, FileError> {
    if !pattern.starts_with('/') {
        return Ok(pattern.to_owned());
    }
    let root = root.to_string_lossy();
    match pattern.strip_prefix(root.trim_end_matches('/')).filter(|rest| rest.starts_with('/')) {
        Some(rest) => Ok(rest.to_owned()),
        None => Err(FileError::new(ErrorKind::InvalidPath, format!("pattern: it does not begin in {root}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path, pattern: &str, entries_max: u64) -> (Vec<String>, bool) {
        let request = GlobRequest { pattern: pattern.into(), entries_max, ..GlobRequest::default() };
        let response = glob(root, &request).unwrap();
        (response.entries.into_iter().map(|entry| entry.path).collect(), response.partial)
    }

    #[test]
    fn paths_are_relative_in_order_and_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir_all(root.join("src/.hidden")).unwrap();
        for name in ["src/b.rs", "src/a.rs", "src/.hidden/c.rs", "d.rs", "e.md"] {
            std::fs::write(root.join(name), "").unwrap();
        }
        assert_eq!(names(root, "*.rs", 0), (vec!["d.rs".into(), "src/a.rs".into(), "src/b.rs".into()], false));
        assert_eq!(names(root, "*.rs", 2), (vec!["d.rs".into(), "src/a.rs".into()], true));
        assert!(!names(root, "*.rs", 3).1);
        let absolute = format!("{}/src/*", root.display());
        assert_eq!(names(root, &absolute, 0).0, ["src/a.rs", "src/b.rs"]);
    }

    #[test]
    fn a_pattern_from_elsewhere_is_refused() {
        let request = GlobRequest { pattern: "/etc/*".into(), ..GlobRequest::default() };
        assert_eq!(glob(Path::new("/proc/self"), &request).unwrap_err().kind(), ErrorKind::InvalidPath);
    }
}
