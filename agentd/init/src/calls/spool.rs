//! Output of one call: the beginning is kept in a file, the end in memory, the middle is counted and dropped.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::room::Room;
use super::tail::Tail;

/// Takes in output.
pub(super) struct Spool {
    path: PathBuf,
    file: Option<Arc<File>>,
    room: Room,
    keep_bytes_max: u64,
    kept_bytes: u64,
    seen_bytes: u64,
    tail: Tail,
}

/// Where kept output is: enough to open it again, and to see that it is the same file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// The file.
    pub(super) path: PathBuf,
    identity: (u64, u64),
}

impl Spool {
    /// Nothing is written before there is output.
    pub(super) fn new(path: PathBuf, room: Room, keep_bytes_max: u64) -> Self {
        Self { path, file: None, room, keep_bytes_max, kept_bytes: 0, seen_bytes: 0, tail: Tail::default() }
    }

    /// Takes in output. It never fails: what cannot be kept is dropped, and from then on everything is.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let fits = self.keep_bytes_max.saturating_sub(self.kept_bytes).min(bytes.len() as u64);
        let keep = if self.is_truncated() { 0 } else { usize::try_from(fits).unwrap_or(bytes.len()) };
        self.seen_bytes += bytes.len() as u64;
        let kept = self.keep(&bytes[..keep]);
        self.kept_bytes += kept as u64;
        self.tail.push(&bytes[kept..]);
    }

    /// The file that output is kept in, once there is some.
    pub(super) fn file(&self) -> Option<Arc<File>> {
        self.file.clone()
    }

    /// Where the file is, once there is one.
    pub(super) fn kept(&self) -> Option<Kept> {
        let meta = self.file.as_ref()?.metadata().ok()?;
        Some(Kept { path: self.path.clone(), identity: (meta.dev(), meta.ino()) })
    }

    /// Bytes that are kept.
    pub(super) fn kept_bytes(&self) -> u64 {
        self.kept_bytes
    }

    /// Bytes of output so far.
    pub(super) fn seen_bytes(&self) -> u64 {
        self.seen_bytes
    }

    /// Whether some were dropped.
    pub(super) fn is_truncated(&self) -> bool {
        self.kept_bytes < self.seen_bytes
    }

    /// Takes the last bytes where some were dropped.
    pub(super) fn take_tail(&mut self) -> Vec<u8> {
        self.tail.take()
    }

    /// Keeps as much as there is room for; how much that is.
    fn keep(&mut self, bytes: &[u8]) -> usize {
        if bytes.is_empty() || !self.room.take(bytes.len() as u64) {
            return 0;
        }
        let kept = self.write(bytes);
        self.room.give_back((bytes.len() - kept) as u64);
        kept
    }

    fn write(&mut self, bytes: &[u8]) -> usize {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => match create(&self.path) {
                Ok(file) => Arc::clone(self.file.insert(Arc::new(file))),
                Err(_) => return 0,
            },
        };
        let mut kept = 0;
        while kept < bytes.len() {
            match file.write_at(&bytes[kept..], self.kept_bytes + kept as u64) {
                Ok(0) => break,
                Ok(length) => kept += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_full(&error) && self.room.make() => {}
                Err(_) => break,
            }
        }
        kept
    }
}

impl Kept {
    /// Opens the file again. The sandboxed code may have put anything else in its place.
    pub(super) fn open(&self) -> Option<File> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(&self.path).ok()?;
        let meta = file.metadata().ok()?;
        (meta.is_file() && (meta.dev(), meta.ino()) == self.identity).then_some(file)
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::remove_file(path)?;
            options.open(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // The sandboxed code has removed the directory.
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
            options.open(path)
        }
        done => done,
    }
}

fn is_full(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    code == Some(Errno::NOSPC.raw_os_error()) || code == Some(Errno::DQUOT.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::room::ROOM_BYTES_MAX;
    use crate::calls::tail::TAIL_BYTES_MAX;

    #[test]
    fn output_beyond_the_limit_is_counted_and_its_end_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.out");
        let mut spool = Spool::new(path.clone(), Room::default(), 5);
        spool.push(b"abc");
        spool.push(b"defg");
        spool.push(b"h");
        assert_eq!((spool.kept_bytes(), spool.seen_bytes(), spool.is_truncated()), (5, 8, true));
        assert_eq!(std::fs::read(&path).unwrap(), b"abcde");
        assert_eq!(spool.take_tail(), b"fgh");
    }

    #[test]
    fn nothing_is_written_without_output() {
        let directory = tempfile::tempdir().unwrap();
        let spool = Spool::new(directory.path().join("a.out"), Room::default(), 5);
        assert!(spool.kept().is_none());
        assert_eq!(directory.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_cannot_be_written_truncates_only() {
        let mut spool = Spool::new(PathBuf::from("/proc/none/a.out"), Room::default(), 1 << 20);
        spool.push(&vec![b'x'; TAIL_BYTES_MAX + 1]);
        assert!(spool.is_truncated());
        assert_eq!((spool.kept_bytes(), spool.take_tail().len()), (0, TAIL_BYTES_MAX));
    }

    #[test]
    fn no_room_truncates_for_good() {
        let directory = tempfile::tempdir().unwrap();
        let room = Room::default();
        assert!(room.take(ROOM_BYTES_MAX - 2));
        let mut spool = Spool::new(directory.path().join("a.out"), room.clone(), 100);
        spool.push(b"ab");
        spool.push(b"c");
        room.give_back(50);
        spool.push(b"d");
        assert_eq!((spool.kept_bytes(), spool.take_tail()), (2, b"cd".to_vec()));
    }

    #[test]
    fn a_file_put_in_its_place_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.out");
        std::fs::write(&path, "planted before").unwrap();
        let mut spool = Spool::new(path.clone(), Room::default(), 100);
        spool.push(b"true");
        let kept = spool.kept().unwrap();
        assert!(kept.open().is_some());
        std::fs::rename(&path, directory.path().join("moved")).unwrap();
        std::fs::write(&path, "forged").unwrap();
        assert!(kept.open().is_none());
    }
}
