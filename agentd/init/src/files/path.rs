//! What a path in a request means.

use std::path::{Path, PathBuf};

use proto::init::v1::ErrorKind;

use super::error::FileError;

/// Longest path, in bytes.
const PATH_BYTES_MAX: usize = 4096;

/// Where relative paths begin.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    workspace: PathBuf,
}

impl Paths {
    /// Relative paths begin at `workspace`.
    pub(crate) fn new(workspace: PathBuf) -> Self {
        Self { workspace }
    }

    /// The workspace.
    pub(crate) fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The path that `asked` means.
    pub(crate) fn file(&self, asked: &str) -> Result<PathBuf, FileError> {
        if asked.is_empty() {
            return Err(FileError::new(ErrorKind::InvalidPath, "the path is empty"));
        }
        self.directory(asked)
    }

    /// The path that `asked` means; empty: the workspace.
    pub(crate) fn directory(&self, asked: &str) -> Result<PathBuf, FileError> {
        if asked.len() > PATH_BYTES_MAX {
            return Err(FileError::new(ErrorKind::InvalidPath, format!("a path of {} bytes", asked.len())));
        }
        if asked.contains('\0') {
            return Err(FileError::new(ErrorKind::InvalidPath, "a path with a zero byte"));
        }
        Ok(if asked.is_empty() { self.workspace.clone() } else { self.workspace.join(asked) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_begin_at_the_workspace() {
        let paths = Paths::new(PathBuf::from("/workspace"));
        assert_eq!(paths.file("a/b").unwrap(), PathBuf::from("/workspace/a/b"));
        assert_eq!(paths.file("/etc").unwrap(), PathBuf::from("/etc"));
        assert_eq!(paths.directory("").unwrap(), PathBuf::from("/workspace"));
    }

    #[test]
    fn malformed_paths_are_refused() {
        let paths = Paths::new(PathBuf::from("/workspace"));
        for wrong in ["", "a\0b", &"x".repeat(4097)] {
            assert_eq!(paths.file(wrong).unwrap_err().kind(), ErrorKind::InvalidPath);
        }
    }
}
