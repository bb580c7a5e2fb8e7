//! Why a file operation failed.

use std::io;
use std::path::Path;

use proto::init::v1::{Error, ErrorKind};
use rustix::io::Errno;
use tonic::Status;

/// Why a file operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct FileError {
    kind: ErrorKind,
    message: String,
    count: u64,
}

impl FileError {
    /// A failure of a kind; the message names the path.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), count: 0 }
    }

    /// The text to replace is in the file `count` times.
    pub(crate) fn not_unique(message: String, count: u64) -> Self {
        Self { kind: ErrorKind::NotUnique, message, count }
    }

    /// What the operating system said about `path`.
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        Self::new(kind(error), format!("{}: {error}", path.display()))
    }

    /// Whether the path is not there.
    pub(super) fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }

    /// Its kind.
    #[cfg(test)]
    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<FileError> for Status {
    fn from(error: FileError) -> Self {
        let FileError { kind, message, count } = error;
        proto::init::error::status(Error { kind: kind.into(), message, count })
    }
}

/// Says which path an error is about.
pub(super) trait AtPath<T> {
    /// The error with its path.
    fn at(self, path: &Path) -> Result<T, FileError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, FileError> {
        self.map_err(|error| FileError::io(path, &error))
    }
}

impl<T> AtPath<T> for rustix::io::Result<T> {
    fn at(self, path: &Path) -> Result<T, FileError> {
        self.map_err(|error| FileError::io(path, &error.into()))
    }
}

/// Runs a file operation where it may block.
pub(crate) async fn blocking<T: Send + 'static>(
    operation: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, FileError> {
    match tokio::task::spawn_blocking(operation).await {
        Ok(done) => done,
        Err(_) => Err(FileError::new(ErrorKind::Other, "the supervisor is ending")),
    }
}

fn kind(error: &io::Error) -> ErrorKind {
    let Some(errno) = Errno::from_io_error(error) else { return ErrorKind::Other };
    match errno {
        Errno::NOENT => ErrorKind::NotFound,
        Errno::ACCESS | Errno::PERM | Errno::ROFS => ErrorKind::PermissionDenied,
        Errno::ISDIR => ErrorKind::IsDirectory,
        Errno::NOTDIR => ErrorKind::NotDirectory,
        Errno::INVAL | Errno::NAMETOOLONG | Errno::LOOP | Errno::ILSEQ => ErrorKind::InvalidPath,
        Errno::EXIST | Errno::NOTEMPTY => ErrorKind::Exists,
        Errno::FBIG => ErrorKind::TooLarge,
        Errno::NOSPC | Errno::DQUOT => ErrorKind::NoSpace,
        _ => ErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_have_their_kind_and_name_the_path() {
        let path = Path::new("/none/such");
        let error = std::fs::read(path).at(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().starts_with("/none/such: "));
        assert_eq!(std::fs::read("/").at(Path::new("/")).unwrap_err().kind(), ErrorKind::IsDirectory);
        assert_eq!(std::fs::read_dir("/dev/null").at(path).unwrap_err().kind(), ErrorKind::NotDirectory);
    }

    #[test]
    fn a_count_travels() {
        let status = Status::from(FileError::not_unique("a: found 3 times".into(), 3));
        let sent = proto::init::error::from_status(&status).unwrap();
        assert_eq!((sent.kind(), sent.count), (ErrorKind::NotUnique, 3));
    }
}
