//! A file of a workspace, read on the host: hostile ground. No symbolic link is followed, on the whole way, nothing but
//! a regular file is opened, nothing waits, and no more is read than was asked for.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path};

use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::Errno;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileText {
    /// The text, as far as it was read.
    pub text: String,
    /// Whether there is more.
    pub is_cut: bool,
}

/// Reads the beginning of a text file beneath a directory; `None` where there is no such file, or where it is not text.
/// `beneath` is a plain path of names. Blocks.
pub fn read_text(directory: &Path, beneath: &Path, bytes_max: u64) -> io::Result<Option<FileText>> {
    let file = match open_regular(directory, beneath) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    let is_cut = bytes.len() as u64 > bytes_max;
    bytes.truncate(usize::try_from(bytes_max).unwrap_or(usize::MAX));
    Ok(text_of(bytes, is_cut).map(|text| FileText { text, is_cut }))
}

/// A file that is a link, a pipe or a directory is as good as none.
fn is_absence(error: &io::Error) -> bool {
    let codes = [Errno::NOENT, Errno::LOOP, Errno::NOTDIR, Errno::ISDIR, Errno::NXIO];
    error.raw_os_error().is_some_and(|code| codes.iter().any(|absent| absent.raw_os_error() == code))
}

/// Opens a regular file beneath a directory, step by step.
fn open_regular(directory: &Path, beneath: &Path) -> io::Result<File> {
    let onward = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut at = open("/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut names = directory.components().chain(beneath.components()).filter(|part| *part != Component::RootDir);
    let mut name = names.next();
    while let Some(Component::Normal(here)) = name {
        name = names.next();
        if name.is_some() {
            at = openat(&at, here, onward, Mode::empty())?;
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        // What it is is looked at first: opening a device is an act of its own.
        let looked = openat(&at, here, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        if !File::from(looked).metadata()?.is_file() {
            return Err(Errno::LOOP.into());
        }
        let file = File::from(openat(&at, here, flags, Mode::empty())?);
        return if file.metadata()?.is_file() { Ok(file) } else { Err(Errno::LOOP.into()) };
    }
    Err(Errno::NOENT.into())
}

/// The bytes as text; a character that the end cuts is left out. `None`: they are not text.
fn text_of(mut bytes: Vec<u8>, is_cut: bool) -> Option<String> {
    if let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
        && is_cut
    {
        bytes.truncate(error.valid_up_to());
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn read(directory: &Path, beneath: &str) -> Option<FileText> {
        read_text(directory, Path::new(beneath), 16).unwrap()
    }

    #[test]
    fn a_text_file_is_read_as_far_as_asked() {
        let made = tempfile::tempdir().unwrap();
        let directory = made.path().canonicalize().unwrap();
        std::fs::create_dir(directory.join("sub")).unwrap();
        std::fs::write(directory.join("sub/a.md"), "short").unwrap();
        std::fs::write(directory.join("long.md"), "0123456789abcdeé and more").unwrap();
        assert_eq!(read(&directory, "sub/a.md"), Some(FileText { text: "short".to_owned(), is_cut: false }));
        assert_eq!(read(&directory, "long.md"), Some(FileText { text: "0123456789abcde".to_owned(), is_cut: true }));
        assert_eq!(read(&directory, "none.md"), None);
    }

    #[test]
    fn nothing_but_a_plain_file_on_a_plain_way_is_read() {
        let made = tempfile::tempdir().unwrap();
        let directory = made.path().canonicalize().unwrap();
        let secret = directory.join("secret");
        std::fs::create_dir(&secret).unwrap();
        std::fs::write(secret.join("key"), "key").unwrap();
        let workspace = directory.join("workspace");
        std::fs::create_dir(&workspace).unwrap();
        symlink(secret.join("key"), workspace.join("link")).unwrap();
        symlink(&secret, workspace.join("away")).unwrap();
        symlink("/proc/self", workspace.join("magic")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, workspace.join("pipe"), rustix::fs::FileType::Fifo, Mode::RUSR, 0)
            .unwrap();
        std::fs::write(workspace.join("binary"), [0xff, 0xfe, 0]).unwrap();
        std::fs::write(workspace.join("zero"), "a\0b").unwrap();
        for name in ["link", "away/key", "magic/environ", "pipe", "binary", "zero", "../secret/key", ".", "", "away"] {
            assert_eq!(read(&workspace, name), None, "{name}");
        }
        // The workspace itself may have been replaced by a link in a workspace around it.
        symlink(&secret, directory.join("moved")).unwrap();
        assert_eq!(read(&directory.join("moved"), "key"), None);
    }
}
