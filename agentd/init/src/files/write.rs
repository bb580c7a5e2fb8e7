//! Replaces or makes a file, with its parents.

use std::path::Path;

use bytes::Bytes;
use proto::init::v1::{ErrorKind, WriteResponse};

use super::error::{AtPath as _, FileError};
use super::read::open_regular;
use super::replace::{FILE_BYTES_MAX, TOLD_BYTES_MAX, Target, told};

/// Puts `data` into the file at `path`.
pub(crate) fn write(path: &Path, data: &Bytes, mode: u32) -> Result<WriteResponse, FileError> {
    if data.len() > FILE_BYTES_MAX {
        let message = format!("{}: {} bytes, at most {FILE_BYTES_MAX} are written", path.display(), data.len());
        return Err(FileError::new(ErrorKind::TooLarge, message));
    }
    let target = Target::find(path)?;
    let before = if target.exists() { short_text(target.path())? } else { None };
    target.replace(data, mode)?;
    Ok(WriteResponse { created: !target.exists(), before })
}

/// What is in a file, where it is short text that may be read.
fn short_text(path: &Path) -> Result<Option<Bytes>, FileError> {
    let Ok(file) = open_regular(path) else { return Ok(None) };
    if file.metadata().at(path)?.len() > TOLD_BYTES_MAX as u64 {
        return Ok(None);
    }
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, TOLD_BYTES_MAX as u64 + 1), &mut content).at(path)?;
    Ok(told(content))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_new_file_gets_its_parents_and_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x/y/a");
        let written = write(&path, &Bytes::from_static(b"1"), 0o755).unwrap();
        assert_eq!(written, WriteResponse { created: true, before: None });
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"1".to_vec(), 0o755));
    }

    #[test]
    fn a_file_that_is_there_keeps_its_mode_and_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        write(&path, &Bytes::from_static(b"1"), 0o600).unwrap();
        let written = write(&path, &Bytes::from_static(b"2"), 0o755).unwrap();
        assert_eq!(written, WriteResponse { created: false, before: Some(Bytes::from_static(b"1")) });
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"2".to_vec(), 0o600));
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let [path, link] = ["a", "link"].map(|name| directory.path().join(name));
        write(&path, &Bytes::from_static(b"1"), 0).unwrap();
        std::os::unix::fs::symlink("a", &link).unwrap();
        write(&link, &Bytes::from_static(b"2"), 0).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&path).unwrap(), b"2");
    }

    #[test]
    fn what_is_no_file_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        for (path, kind) in [(directory.path(), ErrorKind::IsDirectory), (Path::new("/dev/null"), ErrorKind::Other)] {
            assert_eq!(write(path, &Bytes::new(), 0).unwrap_err().kind(), kind);
        }
        let huge = Bytes::from(vec![0; FILE_BYTES_MAX + 1]);
        assert_eq!(write(&directory.path().join("a"), &huge, 0).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
