//! A file or directory of the host into a tar stream.
//!
//! The path that the user names may be a symbolic link; below it none is followed, also when one appears during the
//! walk: a workspace is written by its sandbox, and a link planted there must not draw the user's own files in.

use std::ffi::{CStr, OsStr};
use std::io::{Read, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::{ArchiveError, Summary, names, shown};

/// Opening a named pipe must not wait for its other end.
const OPEN: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);

/// What is packed: an open file or directory of the host.
pub(crate) struct Source {
    opened: OwnedFd,
    stat: Stat,
    shown: String,
}

impl Source {
    /// Opens what lies at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let name = path.as_os_str().as_bytes();
        let opened = rustix::fs::openat(CWD, path, OPEN, Mode::empty()).map_err(ArchiveError::host("open", name))?;
        let stat = rustix::fs::fstat(&opened).map_err(ArchiveError::host("examine", name))?;
        Ok(Self { opened, stat, shown: shown(name) })
    }

    /// The content's size where it is known beforehand: of a file.
    pub(crate) fn size_bytes(&self) -> Option<u64> {
        is(&self.stat, FileType::RegularFile).then(|| u64::try_from(self.stat.st_size).unwrap_or(0))
    }
}

/// Writes `source` to `out` as one tar stream whose top member is called `name`. `progress` is told of every piece of
/// content read.
pub(crate) fn pack(
    source: Source,
    name: &OsStr,
    out: impl Write,
    progress: impl FnMut(u64),
) -> Result<Summary, ArchiveError> {
    let mut packer = Packer { builder: tar::Builder::new(out), summary: Summary::default(), progress };
    if is(&source.stat, FileType::Directory) {
        packer.directory(source.opened, &source.stat, Path::new(name), 1)?;
    } else if is(&source.stat, FileType::RegularFile) {
        packer.file(source.opened, &source.stat, Path::new(name))?;
    } else {
        return Err(ArchiveError::Refused { name: source.shown, why: "neither a file nor a directory" });
    }
    packer.finish()
}

/// Writes `size_bytes` of `content` to `out` as a tar stream of one file called `name`.
pub(crate) fn pack_bytes(
    content: impl Read,
    size_bytes: u64,
    name: &OsStr,
    out: impl Write,
    progress: impl FnMut(u64),
) -> Result<Summary, ArchiveError> {
    let mut packer = Packer { builder: tar::Builder::new(out), summary: Summary::default(), progress };
    packer.content(content, header(tar::EntryType::Regular, 0o644, 0, size_bytes), Path::new(name))?;
    packer.finish()
}

struct Packer<W: Write, P> {
    builder: tar::Builder<W>,
    summary: Summary,
    progress: P,
}

impl<W: Write, P: FnMut(u64)> Packer<W, P> {
    fn directory(&mut self, opened: OwnedFd, stat: &Stat, name: &Path, depth: usize) -> Result<(), ArchiveError> {
        let bytes = name.as_os_str().as_bytes();
        if depth > names::DEPTH_MAX {
            return Err(ArchiveError::Refused { name: shown(bytes), why: "it lies too deep" });
        }
        let mut header = header_of(tar::EntryType::Directory, stat, 0);
        self.builder.append_data(&mut header, name, std::io::empty()).map_err(ArchiveError::Stream)?;
        self.summary.directories += 1;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&opened).map_err(ArchiveError::host("list", bytes))? {
            let entry = entry.map_err(ArchiveError::host("list", bytes))?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                entries.push(entry.file_name().to_owned());
            }
        }
        entries.sort();
        entries.iter().try_for_each(|entry| self.entry(&opened, entry, name, depth))
    }

    fn entry(&mut self, parent: &OwnedFd, entry: &CStr, within: &Path, depth: usize) -> Result<(), ArchiveError> {
        let name: PathBuf = within.join(OsStr::from_bytes(entry.to_bytes()));
        let bytes = name.as_os_str().as_bytes();
        let opened = match rustix::fs::openat(parent.as_fd(), entry, OPEN | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(opened) => opened,
            Err(Errno::LOOP) => return self.skip(bytes, "a symbolic link"),
            // A socket cannot be opened.
            Err(Errno::NXIO) => return self.skip(bytes, "a socket"),
            // Removed while the directory was read.
            Err(Errno::NOENT) => return Ok(()),
            Err(errno) => return Err(ArchiveError::host("open", bytes)(errno)),
        };
        let stat = rustix::fs::fstat(&opened).map_err(ArchiveError::host("examine", bytes))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => self.directory(opened, &stat, &name, depth + 1),
            FileType::RegularFile => self.file(opened, &stat, &name),
            _ => self.skip(bytes, "neither a file nor a directory"),
        }
    }

    fn skip(&mut self, name: &[u8], what: &'static str) -> Result<(), ArchiveError> {
        self.summary.skip(name, what);
        Ok(())
    }

    fn file(&mut self, opened: OwnedFd, stat: &Stat, name: &Path) -> Result<(), ArchiveError> {
        let size_bytes = u64::try_from(stat.st_size).unwrap_or(0);
        self.content(std::fs::File::from(opened), header_of(tar::EntryType::Regular, stat, size_bytes), name)
    }

    /// Appends exactly as many bytes as the header says: a file that grows meanwhile is cut there.
    fn content(&mut self, content: impl Read, mut header: tar::Header, name: &Path) -> Result<(), ArchiveError> {
        let size_bytes = header.entry_size().unwrap_or(0);
        let mut counted = Counted { content: content.take(size_bytes), read_bytes: 0, progress: &mut self.progress };
        let appended = self.builder.append_data(&mut header, name, &mut counted);
        let read_bytes = counted.read_bytes;
        appended.map_err(ArchiveError::Stream)?;
        if read_bytes < size_bytes {
            return Err(ArchiveError::Shrunk { name: shown(name.as_os_str().as_bytes()) });
        }
        self.summary.files += 1;
        self.summary.bytes += read_bytes;
        Ok(())
    }

    fn finish(self) -> Result<Summary, ArchiveError> {
        let mut out = self.builder.into_inner().map_err(ArchiveError::Stream)?;
        out.flush().map_err(ArchiveError::Stream)?;
        Ok(self.summary)
    }
}

struct Counted<'a, R, P> {
    content: R,
    read_bytes: u64,
    progress: &'a mut P,
}

impl<R: Read, P: FnMut(u64)> Read for Counted<'_, R, P> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.content.read(buffer)?;
        self.read_bytes += got as u64;
        (self.progress)(got as u64);
        Ok(got)
    }
}

fn is(stat: &Stat, kind: FileType) -> bool {
    FileType::from_raw_mode(stat.st_mode) == kind
}

fn header_of(kind: tar::EntryType, stat: &Stat, size_bytes: u64) -> tar::Header {
    header(kind, stat.st_mode & 0o777, u64::try_from(stat.st_mtime).unwrap_or(0), size_bytes)
}

/// A header without an owner: what arrives belongs to the sandbox's user.
fn header(kind: tar::EntryType, mode: u32, mtime: u64, size_bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(mtime);
    header.set_size(size_bytes);
    header
}

#[cfg(test)]
mod tests {
    use super::super::{Target, unpack};
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn packed(path: &Path, name: &str) -> (Vec<u8>, Summary) {
        let mut out = Vec::new();
        let summary = pack(Source::open(path).unwrap(), OsStr::new(name), &mut out, |_| {}).unwrap();
        (out, summary)
    }

    #[test]
    fn a_tree_survives_the_way_there_and_back() {
        let root = tempfile::tempdir().unwrap();
        let from = root.path().join("from");
        let long = "n".repeat(200);
        fs::create_dir_all(from.join(&long)).unwrap();
        fs::write(from.join(&long).join("deep"), "deep").unwrap();
        fs::write(from.join(OsStr::from_bytes(b"odd\xff\n")), "").unwrap();
        fs::set_permissions(from.join(&long).join("deep"), fs::Permissions::from_mode(0o4740)).unwrap();
        symlink("/etc/passwd", from.join("link")).unwrap();

        let (stream, summary) = packed(&from, "to");
        assert_eq!((summary.files, summary.directories, summary.bytes), (2, 2, 4));
        assert_eq!(summary.skipped, [("\"to/link\"".to_owned(), "a symbolic link")]);

        unpack(&stream[..], &Target::new(root.path(), OsStr::new("back")).unwrap(), |_| {}).unwrap();
        let deep = root.path().join("back").join(&long).join("deep");
        assert_eq!(fs::read(&deep).unwrap(), b"deep");
        assert_eq!(fs::metadata(&deep).unwrap().permissions().mode() & 0o7777, 0o740);
        assert!(root.path().join("back").join(OsStr::from_bytes(b"odd\xff\n")).exists());
        assert!(!root.path().join("back/link").exists());
    }

    #[test]
    fn a_link_that_the_user_names_is_followed() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("real"), "content").unwrap();
        symlink("real", root.path().join("link")).unwrap();
        let (_, summary) = packed(&root.path().join("link"), "f");
        assert_eq!((summary.files, summary.bytes), (1, 7));
    }

    #[test]
    fn what_is_neither_file_nor_directory_is_refused_at_the_top() {
        let source = Source::open(Path::new("/dev/null")).unwrap();
        assert_eq!(source.size_bytes(), None);
        assert!(pack(source, OsStr::new("f"), std::io::sink(), |_| {}).is_err());
        assert!(matches!(Source::open(Path::new("/no/such")), Err(ArchiveError::Host { .. })));
    }

    #[test]
    fn bytes_shorter_than_promised_are_an_error() {
        let short = pack_bytes(&b"abc"[..], 4, OsStr::new("f"), std::io::sink(), |_| {});
        assert!(matches!(short, Err(ArchiveError::Shrunk { .. })));
        let mut told = 0;
        let whole = pack_bytes(&b"abcd"[..], 3, OsStr::new("f"), std::io::sink(), |bytes| told += bytes).unwrap();
        assert_eq!((whole.bytes, told), (3, 3));
    }
}
