//! Puts new content in a file's place: a temporary file beside it, fsync, rename. Whoever reads sees the old or the new.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use proto::init::v1::ErrorKind;
use rustix::fs::{Access, access};

use super::error::{AtPath as _, FileError};

/// Largest file that is written, in bytes.
pub(super) const FILE_BYTES_MAX: usize = 16 << 20;
/// Largest content that is told back, in bytes.
pub(super) const TOLD_BYTES_MAX: usize = 256 << 10;
/// Permission bits of a new file where a request does not say.
const MODE_DEFAULT: u32 = 0o644;

/// A file to be replaced, or made.
pub(super) struct Target {
    /// Where it is; links are resolved, so that what they point to is replaced and not they.
    path: PathBuf,
    /// The file that is there.
    existing: Option<Permissions>,
}

impl Target {
    /// Looks at what is there.
    pub(super) fn find(path: &Path) -> Result<Self, FileError> {
        if path.file_name().is_none() {
            return Err(FileError::new(ErrorKind::InvalidPath, format!("{}: no file name", path.display())));
        }
        let meta = match path.symlink_metadata() {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), existing: None });
            }
            Err(error) => return Err(FileError::io(path, &error)),
        };
        let resolved = if meta.is_symlink() { path.canonicalize().at(path)? } else { path.to_owned() };
        let meta = resolved.metadata().at(path)?;
        if meta.is_dir() {
            return Err(FileError::new(ErrorKind::IsDirectory, format!("{}: is a directory", path.display())));
        }
        if !meta.is_file() {
            return Err(FileError::new(ErrorKind::Other, format!("{}: not a regular file", path.display())));
        }
        // A rename asks the directory only. The file's own permission is asked here.
        access(&resolved, Access::WRITE_OK).at(path)?;
        Ok(Self { path: resolved, existing: Some(meta.permissions()) })
    }

    /// Whether there is such a file.
    pub(super) fn exists(&self) -> bool {
        self.existing.is_some()
    }

    /// Where it is, links resolved.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts `data` there. A file that is there keeps its permissions, a new one gets `mode`.
    pub(super) fn replace(&self, data: &[u8], mode: u32) -> Result<(), FileError> {
        let parent = self.path.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(parent).at(parent)?;
        let temporary = parent.join(temporary_name().at(&self.path)?);
        let done = self.fill(&temporary, data, mode).and_then(|()| std::fs::rename(&temporary, &self.path));
        if done.is_err() {
            // The first failure is the one to tell.
            let _ = std::fs::remove_file(&temporary);
        }
        done.at(&self.path)?;
        File::open(parent).and_then(|directory| directory.sync_all()).at(parent)
    }

    fn fill(&self, temporary: &Path, data: &[u8], mode: u32) -> io::Result<()> {
        let mode = if mode & 0o777 == 0 { MODE_DEFAULT } else { mode & 0o777 };
        let permissions = self.existing.clone().unwrap_or_else(|| Permissions::from_mode(mode));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(temporary)?;
        file.write_all(data)?;
        file.set_permissions(permissions)?;
        file.sync_all()
    }
}

/// Content as it is told back: text that is not too long.
pub(super) fn told(content: Vec<u8>) -> Option<bytes::Bytes> {
    let fits = content.len() <= TOLD_BYTES_MAX && !content.contains(&0) && std::str::from_utf8(&content).is_ok();
    fits.then(|| content.into())
}

/// A name that nobody can have put a file under before.
fn temporary_name() -> io::Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(format!(".agent-init-{:016x}.tmp", u64::from_le_bytes(random)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_told_where_it_is_short_text() {
        assert_eq!(told(b"a".to_vec()).as_deref(), Some(&b"a"[..]));
        assert_eq!(told(vec![0xff]), None);
        assert_eq!(told(b"a\0".to_vec()), None);
        assert_eq!(told(vec![b'x'; TOLD_BYTES_MAX + 1]), None);
    }

    #[test]
    fn nothing_is_left_behind_when_it_fails() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let target = Target::find(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(target.replace(b"x", 0).unwrap_err().kind(), ErrorKind::IsDirectory);
        assert_eq!(directory.path().read_dir().unwrap().count(), 1);
    }
}
