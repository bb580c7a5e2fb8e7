//! A file or directory as a tar stream.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use proto::init::v1::{DownloadResponse, ErrorKind};
use rustix::fs::OFlags;
use std::fs::{Metadata, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;
use tonic::Status;

use super::error::{AtPath as _, FileError};
use super::pieces::PieceWriter;
use super::walk::{Next, walk};

/// How long it may take.
const TIME_MAX: std::time::Duration = std::time::Duration::from_secs(3600);

/// Sends `path` as a tar stream, its entries named from its parent on. Symbolic links are sent as such; what is neither
/// file, directory nor link is left out. What fails is sent last.
pub(crate) fn download(path: &Path, pieces: &mpsc::Sender<Result<DownloadResponse, Status>>) {
    let pack = |data: Bytes| Ok(DownloadResponse { data });
    if let Err(error) = send(path, PieceWriter::new(pieces.clone(), pack)) {
        // Nobody may be there to be told.
        let _ = pieces.blocking_send(Err(error.into()));
    }
}

fn send(path: &Path, writer: impl Write) -> Result<(), FileError> {
    let nameless = || FileError::new(ErrorKind::InvalidPath, format!("{}: it has no name", path.display()));
    let name = PathBuf::from(path.file_name().ok_or_else(nameless)?);
    let mut archive = Builder::new(writer);
    let meta = path.symlink_metadata().at(path)?;
    add(&mut archive, path, &name, &meta).at(path)?;
    if meta.is_dir() {
        let mut failure = None;
        let whole = walk(path, (), std::time::Instant::now() + TIME_MAX, |found, ()| {
            let added = match found.path.symlink_metadata() {
                Ok(meta) => add(&mut archive, found.path, &name.join(found.relative), &meta),
                // It is gone by now.
                Err(_) => Ok(()),
            };
            match added {
                Ok(()) => Next::Enter(()),
                Err(error) => {
                    failure = Some(FileError::io(found.path, &error));
                    Next::Stop
                }
            }
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        if !whole {
            let message = format!("{}: too deep or too large to be sent whole", path.display());
            return Err(FileError::new(ErrorKind::TooLarge, message));
        }
    }
    archive.into_inner().and_then(|mut writer| writer.flush()).at(path)
}

fn add(archive: &mut Builder<impl Write>, path: &Path, name: &Path, meta: &Metadata) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_metadata(meta);
    if meta.is_dir() {
        archive.append_data(&mut header, name, io::empty())
    } else if meta.is_symlink() {
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, name, path.read_link()?)
    } else if meta.is_file() {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        let size = file.metadata()?.len();
        header.set_size(size);
        archive.append_data(&mut header, name, Exactly { inner: file, left: size })
    } else {
        Ok(())
    }
}

/// Exactly as many bytes as the header has promised: a file that shrinks meanwhile is filled up with zeros, one that
/// grows is cut, and the archive stays whole.
struct Exactly<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if length == 0 {
            return Ok(0);
        }
        let mut read = self.inner.read(&mut buffer[..length])?;
        if read == 0 {
            buffer[..length].fill(0);
            read = length;
        }
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_shrinks_leaves_the_archive_whole() {
        let mut read = Vec::new();
        Exactly { inner: &b"abc"[..], left: 5 }.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"abc\0\0");
        read.clear();
        Exactly { inner: &b"abcdefg"[..], left: 5 }.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"abcde");
    }

    #[test]
    fn entries_are_named_from_the_parent_on() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        std::fs::write(root.path().join("a/b/c"), "text").unwrap();
        std::os::unix::fs::symlink("b", root.path().join("a/link")).unwrap();
        let mut bytes = Vec::new();
        send(&root.path().join("a"), &mut bytes).unwrap();
        let mut archive = tar::Archive::new(&bytes[..]);
        let names: Vec<String> =
            archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
        assert_eq!(names, ["a", "a/b", "a/b/c", "a/link"]);
    }

    #[test]
    fn what_has_no_name_or_is_not_there_is_refused() {
        assert_eq!(send(Path::new("/"), io::sink()).unwrap_err().kind(), ErrorKind::InvalidPath);
        assert_eq!(send(Path::new("/none"), io::sink()).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
