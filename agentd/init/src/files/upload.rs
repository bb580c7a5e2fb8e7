//! Unpacks a tar stream into a directory.
//!
//! Names may not be absolute nor lead upwards, and no symbolic link is followed on the way: every step is taken from an
//! open directory. Symbolic links of the stream are made last, so that nothing is put behind them. Hard links, devices
//! and the like are refused.

use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use proto::init::v1::{ErrorKind, UploadResponse};
use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, symlinkat, unlinkat};
use rustix::io::Errno;
use tar::{Archive, Entry, EntryType};
use tokio::sync::mpsc;

use super::error::{AtPath as _, FileError};
use super::pieces::PieceReader;

/// Symbolic links, and directories that may not be written to, in one stream: both are remembered to its end.
const LATER_MAX: usize = 100_000;
/// Permission bits of directories that the stream does not name.
const DIRECTORY_MODE: u32 = 0o755;
/// What the owner of a directory must have while it is filled.
const OWNER_ALL: u32 = 0o700;

/// Unpacks the tar stream that arrives as `pieces` into `directory`.
pub(crate) fn upload(directory: &Path, pieces: mpsc::Receiver<io::Result<Bytes>>) -> Result<UploadResponse, FileError> {
    unpack(directory, PieceReader::new(pieces))
}

fn unpack(directory: &Path, reader: impl Read) -> Result<UploadResponse, FileError> {
    std::fs::create_dir_all(directory).at(directory)?;
    let root = OwnedFd::from(File::open(directory).at(directory)?);
    let mut target = Target { root, directory, later: Vec::new(), done: UploadResponse::default() };
    let mut archive = Archive::new(reader);
    for entry in archive.entries().at(directory)? {
        target.add(&mut entry.at(directory)?)?;
    }
    target.finish()
}

struct Target<'a> {
    root: OwnedFd,
    directory: &'a Path,
    later: Vec<(PathBuf, Later)>,
    done: UploadResponse,
}

enum Later {
    Link(OsString),
    Mode(u32),
}

impl Target<'_> {
    fn add(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<(), FileError> {
        let name = PathBuf::from(OsString::from_vec(entry.path_bytes().into_owned()));
        let shown = self.directory.join(&name);
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            return Ok(());
        }
        let name = inside(&name).ok_or_else(|| {
            FileError::new(ErrorKind::InvalidPath, format!("{}: it leads out of the directory", name.display()))
        })?;
        let mode = entry.header().mode().at(&shown)? & 0o777;
        match kind {
            EntryType::Directory => {
                self.open_directory(&name).at(&shown).and_then(|made| {
                    let open = Permissions::from_mode(mode | OWNER_ALL);
                    File::from(made).set_permissions(open).at(&shown)
                })?;
                if mode & OWNER_ALL != OWNER_ALL {
                    self.remember(name, Later::Mode(mode))?;
                }
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mut file = self.create(&name).at(&shown)?;
                self.done.bytes += io::copy(entry, &mut file).at(&shown)?;
                file.set_permissions(Permissions::from_mode(mode)).at(&shown)?;
            }
            EntryType::Symlink => {
                let target = entry.link_name_bytes().unwrap_or_default().into_owned();
                self.remember(name, Later::Link(OsString::from_vec(target)))?;
            }
            _ => {
                let message = format!("{}: neither file, directory nor symbolic link", shown.display());
                return Err(FileError::new(ErrorKind::InvalidPath, message));
            }
        }
        self.done.entries += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<UploadResponse, FileError> {
        // The deepest directories come last in a stream and must be closed first.
        for (name, later) in std::mem::take(&mut self.later).into_iter().rev() {
            let shown = self.directory.join(&name);
            match later {
                Later::Mode(mode) => {
                    let directory = self.open_directory(&name).at(&shown)?;
                    File::from(directory).set_permissions(Permissions::from_mode(mode)).at(&shown)?;
                }
                Later::Link(target) => self.link(&name, &target).at(&shown)?,
            }
        }
        Ok(self.done)
    }

    fn remember(&mut self, name: PathBuf, later: Later) -> Result<(), FileError> {
        if self.later.len() >= LATER_MAX {
            return Err(FileError::new(ErrorKind::TooLarge, format!("over {LATER_MAX} links in one stream")));
        }
        self.later.push((name, later));
        Ok(())
    }

    /// Opens a directory, and makes it where it is not there.
    fn open_directory(&self, name: &Path) -> rustix::io::Result<OwnedFd> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut directory = rustix::io::fcntl_dupfd_cloexec(&self.root, 3)?;
        for step in name {
            directory = match openat(&directory, step, flags, Mode::empty()) {
                Err(Errno::NOENT) => {
                    match mkdirat(&directory, step, Mode::from_raw_mode(DIRECTORY_MODE)) {
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(error) => return Err(error),
                    }
                    openat(&directory, step, flags, Mode::empty())?
                }
                opened => opened?,
            };
        }
        Ok(directory)
    }

    fn create(&self, name: &Path) -> io::Result<File> {
        let (directory, name) = self.make_way(name)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(directory.as_fd(), name, flags, Mode::RUSR | Mode::WUSR)?))
    }

    fn link(&self, name: &Path, target: &OsString) -> io::Result<()> {
        let (directory, name) = self.make_way(name)?;
        Ok(symlinkat(target, directory.as_fd(), name)?)
    }

    /// The directory that `name` is in, and its last part there, which nothing has any more.
    fn make_way<'n>(&self, name: &'n Path) -> rustix::io::Result<(OwnedFd, &'n std::ffi::OsStr)> {
        let last = name.file_name().ok_or(Errno::ISDIR)?;
        let directory = self.open_directory(name.parent().unwrap_or(Path::new("")))?;
        match unlinkat(&directory, last, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok((directory, last)),
            Err(error) => Err(error),
        }
    }
}

/// The name without what stands for the same directory; `None` where it leads anywhere else.
fn inside(name: &Path) -> Option<PathBuf> {
    let mut inside = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => inside.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use tar::{Builder, Header};

    use super::*;

    /// A tar stream of entries whose names are taken as they are, also where a careful writer would refuse them.
    fn stream(entries: &[(&str, EntryType, &str)]) -> Vec<u8> {
        let mut archive = Builder::new(Vec::new());
        for (name, kind, content) in entries {
            let mut header = Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o640);
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            let mut data: &[u8] = content.as_bytes();
            if *kind == EntryType::Symlink || *kind == EntryType::Link {
                header.as_mut_bytes()[157..157 + content.len()].copy_from_slice(data);
                data = b"";
            }
            header.set_size(data.len() as u64);
            header.set_cksum();
            archive.append(&header, data).unwrap();
        }
        archive.into_inner().unwrap()
    }

    fn unpacked(entries: &[(&str, EntryType, &str)]) -> (tempfile::TempDir, Result<UploadResponse, FileError>) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("outside")).unwrap();
        let done = unpack(&root.path().join("in/here"), &stream(entries)[..]);
        (root, done)
    }

    #[test]
    fn files_directories_and_links_are_made() {
        let (root, done) = unpacked(&[
            ("./a", EntryType::Directory, ""),
            ("a/link", EntryType::Symlink, "b"),
            ("a/b", EntryType::Regular, "text"),
            ("c/d", EntryType::Regular, ""),
        ]);
        assert_eq!(done.unwrap(), UploadResponse { entries: 4, bytes: 4 });
        let here = root.path().join("in/here");
        assert_eq!(std::fs::read_to_string(here.join("a/link")).unwrap(), "text");
        assert_eq!(here.join("a/b").metadata().unwrap().permissions().mode() & 0o7777, 0o640);
        assert_eq!(here.join("a").metadata().unwrap().permissions().mode() & 0o7777, 0o640);
    }

    #[test]
    fn what_is_there_is_replaced_and_not_written_through() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("kept"), "kept").unwrap();
        let here = root.path().join("here");
        std::fs::create_dir(&here).unwrap();
        std::os::unix::fs::symlink("../kept", here.join("a")).unwrap();
        unpack(&here, &stream(&[("a", EntryType::Regular, "new")])[..]).unwrap();
        assert_eq!(std::fs::read_to_string(here.join("a")).unwrap(), "new");
        assert_eq!(std::fs::read_to_string(root.path().join("kept")).unwrap(), "kept");
    }

    #[test]
    fn nothing_leads_out() {
        for name in ["../x", "/tmp/x", "a/../../x"] {
            let (_root, done) = unpacked(&[(name, EntryType::Regular, "x")]);
            assert_eq!(done.unwrap_err().kind(), ErrorKind::InvalidPath, "{name}");
        }
        let (root, done) =
            unpacked(&[("link", EntryType::Symlink, "../../outside"), ("link/x", EntryType::Regular, "x")]);
        done.unwrap_err();
        assert_eq!(root.path().join("outside").read_dir().unwrap().count(), 0);
        let (root, _) = unpacked(&[("h", EntryType::Link, "../../outside"), ("d", EntryType::Char, "")]);
        assert_eq!(root.path().join("in/here").read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_link_that_is_there_is_not_entered() {
        let root = tempfile::tempdir().unwrap();
        let here = root.path().join("here");
        std::fs::create_dir_all(&here).unwrap();
        std::fs::create_dir(root.path().join("outside")).unwrap();
        std::os::unix::fs::symlink("../outside", here.join("link")).unwrap();
        let error = unpack(&here, &stream(&[("link/x", EntryType::Regular, "x")])[..]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NotDirectory | ErrorKind::InvalidPath), "{error}");
        assert_eq!(root.path().join("outside").read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_stream_that_is_cut_or_garbage_is_an_error() {
        let whole = stream(&[("a", EntryType::Regular, &"x".repeat(2000))]);
        let root = tempfile::tempdir().unwrap();
        assert!(unpack(root.path(), &whole[..1000]).is_err());
        assert!(unpack(root.path(), &[7; 1024][..]).is_err());
    }
}
