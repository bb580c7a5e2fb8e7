//! What is too big for a row, in files named after their content. A blob is durable before its name is given out, so a
//! row never names a blob that a power cut took.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::error::StoreError;
use super::file::sync_dir;

/// Bytes of one blob at most.
pub const BLOB_BYTES_MAX: usize = 256 << 20;

/// The name of a blob: SHA-256 of its content, 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlobHash(String);

impl BlobHash {
    fn of(content: &[u8]) -> Self {
        let mut text = String::with_capacity(64);
        for byte in Sha256::digest(content) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BlobHash {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self, StoreError> {
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(Self(text))
        } else {
            Err(StoreError::Unfit("a blob's name has 64 hexadecimal digits"))
        }
    }
}

impl std::fmt::Display for BlobHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The directory of blobs: `blobs/aa/aabb…`.
pub(super) struct Blobs {
    dir: PathBuf,
}

impl Blobs {
    pub(super) fn open(state_dir: &Path) -> Result<Self, StoreError> {
        let dir = state_dir.join("blobs");
        make_dir(&dir)?;
        Ok(Self { dir })
    }

    /// Stores a blob. It is durable when this returns.
    pub(super) fn put(&self, content: &[u8]) -> Result<BlobHash, StoreError> {
        if content.len() > BLOB_BYTES_MAX {
            return Err(StoreError::Unfit("more bytes than one blob takes"));
        }
        let hash = BlobHash::of(content);
        let (dir, file) = self.place(&hash);
        make_dir(&dir)?;
        // A blob that is there and whole was synced before it got its name.
        if self.get(&hash).is_err() {
            let temporary = dir.join(temporary_name(&hash)?);
            let written = write_synced(&temporary, content).and_then(|()| fs::rename(&temporary, &file));
            if let Err(error) = written {
                // It has no name that anyone looks for; what cannot be removed now only takes room.
                let _ = fs::remove_file(&temporary);
                return Err(StoreError::of_io(&error, &file));
            }
        }
        sync_dir(&dir)?;
        Ok(hash)
    }

    /// A blob, checked against its name.
    pub(super) fn get(&self, hash: &BlobHash) -> Result<Vec<u8>, StoreError> {
        let (_, file) = self.place(hash);
        let mut content = Vec::new();
        let limit = BLOB_BYTES_MAX as u64 + 1;
        File::open(&file).and_then(|opened| opened.take(limit).read_to_end(&mut content)).map_err(
            |error| match error.kind() {
                io::ErrorKind::NotFound => StoreError::NoBlob(hash.0.clone()),
                _ => StoreError::of_io(&error, &file),
            },
        )?;
        if BlobHash::of(&content) == *hash {
            Ok(content)
        } else {
            Err(StoreError::Corrupt { file, detail: "its content is not what its name says".to_owned() })
        }
    }

    /// The names of all blobs.
    pub(super) fn all(&self) -> Result<Vec<BlobHash>, StoreError> {
        let failed = |error: io::Error| StoreError::of_io(&error, &self.dir);
        let mut found = Vec::new();
        for dir in fs::read_dir(&self.dir).map_err(failed)? {
            let dir = dir.map_err(failed)?.path();
            for file in fs::read_dir(&dir).map_err(|error| StoreError::of_io(&error, &dir))? {
                let name = file.map_err(failed)?.file_name().into_string();
                // A temporary name is that of a blob that never came to be.
                found.extend(name.ok().and_then(|name| BlobHash::try_from(name).ok()));
            }
        }
        Ok(found)
    }

    fn place(&self, hash: &BlobHash) -> (PathBuf, PathBuf) {
        let dir = self.dir.join(&hash.0[..2]);
        let file = dir.join(&hash.0);
        (dir, file)
    }
}

/// Makes a directory, and makes that durable. One that is there already is fine.
fn make_dir(dir: &Path) -> Result<(), StoreError> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => dir.parent().map_or(Ok(()), sync_dir),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(StoreError::of_io(&e, dir)),
    }
}

fn temporary_name(hash: &BlobHash) -> Result<String, StoreError> {
    let random = getrandom::u64().map_err(|e| StoreError::Io(format!("no random bytes: {e}")))?;
    Ok(format!(".{hash}.{random:016x}"))
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_comes_back_and_is_stored_once() {
        let state = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(state.path()).unwrap();
        let hash = blobs.put(b"hello").unwrap();
        assert_eq!(hash.as_str(), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assert_eq!(blobs.put(b"hello").unwrap(), hash);
        assert_eq!(blobs.get(&hash).unwrap(), b"hello");
        let files: Vec<_> = fs::read_dir(state.path().join("blobs/2c")).unwrap().collect();
        assert_eq!(files.len(), 1, "no temporary file is left");
    }

    #[test]
    fn a_damaged_blob_is_told_and_mended_by_putting_it_again() {
        let state = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(state.path()).unwrap();
        let hash = blobs.put(b"hello").unwrap();
        fs::write(state.path().join("blobs/2c").join(hash.as_str()), b"hellO").unwrap();
        assert!(matches!(blobs.get(&hash), Err(StoreError::Corrupt { .. })));
        blobs.put(b"hello").unwrap();
        assert_eq!(blobs.get(&hash).unwrap(), b"hello");
    }

    #[test]
    fn a_name_is_never_a_path() {
        let state = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(state.path()).unwrap();
        assert!(BlobHash::try_from("../../../../etc/passwd".to_owned()).is_err());
        assert!(BlobHash::try_from("é".repeat(32)).is_err());
        let absent = BlobHash::try_from("0".repeat(64)).unwrap();
        assert_eq!(blobs.get(&absent), Err(StoreError::NoBlob("0".repeat(64))));
    }
}
