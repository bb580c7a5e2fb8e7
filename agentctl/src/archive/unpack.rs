//! Members of a hostile tar stream into a directory of the host.
//!
//! Every step goes through an open directory, one component at a time, and refuses symbolic links; so neither a name nor
//! a link that is there already, nor one that appears meanwhile, leads outside. Only regular files and directories are
//! made, with permission bits alone and less the user's umask. A file appears whole, by rename.

use std::ffi::OsStr;
use std::io::{self, Read, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::members::{Kind, Member, Members};
use super::{ArchiveError, Summary, names, shown};

/// The most members that one copy takes.
const MEMBERS_MAX: u64 = 1_000_000;
const BUFFER_BYTES: usize = 128 * 1024;
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Where the top member goes: a name in a directory that the user chose.
pub(crate) struct Target {
    directory: OwnedFd,
    name: Vec<u8>,
}

impl Target {
    /// `name` in `directory`. The way to the directory is the user's own and may use symbolic links.
    pub(crate) fn new(directory: &std::path::Path, name: &OsStr) -> Result<Self, ArchiveError> {
        let shown_path = directory.as_os_str().as_bytes();
        let opened = rustix::fs::openat(CWD, directory, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(ArchiveError::host("open", shown_path))?;
        Ok(Self { directory: opened, name: name.as_bytes().to_vec() })
    }
}

/// Unpacks `stream`, whose members all lie under one top member, with that one renamed to the target's name.
/// `progress` is told of every piece of content written.
pub(crate) fn unpack(
    stream: impl Read,
    target: &Target,
    mut progress: impl FnMut(u64),
) -> Result<Summary, ArchiveError> {
    let mut members = Members::new(stream);
    let mut summary = Summary::default();
    let mut top: Option<Vec<u8>> = None;
    let mut last = LastDirectory::default();
    let mut count = 0u64;
    while let Some(member) = members.next_member()? {
        count += 1;
        if count > MEMBERS_MAX {
            return Err(ArchiveError::TooMany { max: MEMBERS_MAX });
        }
        let mut path = names::components(&member.name)?;
        if top.get_or_insert_with(|| path[0].clone()) != &path[0] {
            let why = "it does not belong to what was asked for";
            return Err(ArchiveError::Refused { name: shown(&member.name), why });
        }
        path[0].clone_from(&target.name);
        match member.kind {
            Kind::Other(what) => summary.skip(&member.name, what),
            Kind::Directory => {
                last.enter(target.directory.as_fd(), &path, member.mode)?;
                summary.directories += 1;
            }
            Kind::File => {
                let Some((name, parents)) = path.split_last() else { continue };
                let parent = match parents {
                    [] => target.directory.as_fd(),
                    parents => last.enter(target.directory.as_fd(), parents, 0o777)?,
                };
                summary.bytes += write_file(parent, name, &member, &mut members.content(), &mut progress)?;
                summary.files += 1;
            }
        }
    }
    match top {
        Some(_) => Ok(summary),
        None => Err(ArchiveError::Malformed("it is empty".to_owned())),
    }
}

/// The directory that was used last: most members lie beside the one before.
#[derive(Default)]
struct LastDirectory {
    path: Vec<Vec<u8>>,
    opened: Option<OwnedFd>,
}

impl LastDirectory {
    /// Opens the directory at `path` below `root`, making what is not there. What it makes stays open to its owner.
    fn enter<'a>(
        &'a mut self,
        root: BorrowedFd<'a>,
        path: &[Vec<u8>],
        mode: u32,
    ) -> Result<BorrowedFd<'a>, ArchiveError> {
        if self.opened.is_none() || self.path != path {
            let mut current: Option<OwnedFd> = None;
            for (depth, part) in path.iter().enumerate() {
                let at = current.as_ref().map_or(root, |fd| fd.as_fd());
                let mode = if depth + 1 == path.len() { mode } else { 0o777 };
                match rustix::fs::mkdirat(at, OsStr::from_bytes(part), Mode::from_raw_mode(mode | 0o700)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(ArchiveError::host("make the directory", part)(errno)),
                }
                current = Some(open_directory(at, part)?);
            }
            self.path = path.to_vec();
            self.opened = current;
        }
        Ok(self.opened.as_ref().map_or(root, |fd| fd.as_fd()))
    }
}

fn open_directory(at: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, ArchiveError> {
    match rustix::fs::openat(at, OsStr::from_bytes(name), DIRECTORY, Mode::empty()) {
        Ok(fd) => Ok(fd),
        // With O_DIRECTORY the kernel says ENOTDIR of a symbolic link as well.
        Err(Errno::NOTDIR | Errno::LOOP) => Err(ArchiveError::Refused {
            name: shown(name),
            why: "a file or symbolic link of that name stands here already, where a directory belongs",
        }),
        Err(errno) => Err(ArchiveError::host("open", name)(errno)),
    }
}

/// Writes one file beside its final name and renames it. Gives the bytes written.
fn write_file(
    parent: BorrowedFd<'_>,
    name: &[u8],
    member: &Member,
    content: &mut impl Read,
    progress: &mut impl FnMut(u64),
) -> Result<u64, ArchiveError> {
    let room = rustix::fs::fstatvfs(parent).map_err(ArchiveError::host("examine the file system of", name))?;
    let free_bytes = room.f_bavail.saturating_mul(room.f_frsize);
    if member.size_bytes > free_bytes {
        return Err(ArchiveError::NoRoom { name: shown(name), needed_bytes: member.size_bytes, free_bytes });
    }
    let partial = PartialFile::create(parent, name, member.mode)?;
    let mut file = std::fs::File::from(partial.opened.try_clone().map_err(|source| host_io("write", name, source))?);
    let mut buffer = vec![0u8; BUFFER_BYTES];
    let mut written = 0u64;
    loop {
        let got = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ArchiveError::Stream(error)),
        };
        file.write_all(&buffer[..got]).map_err(|source| host_io("write", name, source))?;
        written += got as u64;
        progress(got as u64);
    }
    partial.rename_to(name)?;
    Ok(written)
}

fn host_io(action: &'static str, name: &[u8], source: io::Error) -> ArchiveError {
    ArchiveError::Host { action, name: shown(name), source }
}

/// A file that is not complete yet; removed unless it gets its final name.
struct PartialFile<'a> {
    parent: BorrowedFd<'a>,
    name: String,
    opened: OwnedFd,
    renamed: bool,
}

impl<'a> PartialFile<'a> {
    fn create(parent: BorrowedFd<'a>, target: &[u8], mode: u32) -> Result<Self, ArchiveError> {
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|error| host_io("name", target, io::Error::other(error.to_string())))?;
        let name = format!(".agentctl-{:016x}.partial", u64::from_ne_bytes(random));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(parent, &name, flags, Mode::from_raw_mode(mode))
            .map_err(ArchiveError::host("write", target))?;
        Ok(Self { parent, name, opened, renamed: false })
    }

    fn rename_to(mut self, target: &[u8]) -> Result<(), ArchiveError> {
        rustix::fs::renameat(self.parent, &self.name, self.parent, OsStr::from_bytes(target))
            .map_err(ArchiveError::host("write", target))?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for PartialFile<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // The error that led here is the one worth telling.
            let _ = rustix::fs::unlinkat(self.parent, &self.name, AtFlags::empty());
        }
    }
}

#[cfg(test)]
#[path = "unpack_tests.rs"]
mod tests;
