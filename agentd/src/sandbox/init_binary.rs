//! The supervisor's binary: embedded here, unpacked once for each content, and mounted read-only into every sandbox.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// The binary, as agentd/build.rs has built it.
const BINARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/agent-init"));
/// Execute only: the kernel makes a process of a binary that cannot be read untraceable from its first instruction.
const MODE: u32 = 0o111;
/// Of a second one: a kernel in user space reads what it runs, and asks for the permission. It makes itself untraceable
/// as its first act there.
const READABLE_MODE: u32 = 0o555;
const READABLE_NAME: &str = "agent-init.readable";
/// The user of a sandbox must get to it, and nobody needs to list anything.
const DIRECTORY_MODE: u32 = 0o711;

/// The path of the binary under `state_dir`, written there where it is not.
pub fn unpack(state_dir: &Path) -> io::Result<PathBuf> {
    let directories = [state_dir.join("init"), state_dir.join("init").join(content_hash())];
    let path = directories[1].join("agent-init");
    let readable = readable(&path);
    if is_whole(&path, MODE)? && is_whole(&readable, READABLE_MODE)? {
        return Ok(path);
    }
    for directory in &directories {
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
        // The umask has had its say about the mode before.
        std::fs::set_permissions(directory, Permissions::from_mode(DIRECTORY_MODE))?;
    }
    let temporary = directories[1].join(format!("agent-init.{}.tmp", std::process::id()));
    for (place, mode) in [(&path, MODE), (&readable, READABLE_MODE)] {
        let written = write(&temporary, mode).and_then(|()| std::fs::rename(&temporary, place));
        if written.is_err() {
            // The first failure is the one to tell.
            let _ = std::fs::remove_file(&temporary);
        }
        written?;
    }
    File::open(&directories[1])?.sync_all()?;
    Ok(path)
}

/// The binary beside this one that can be read too.
pub fn readable(path: &Path) -> PathBuf {
    path.with_file_name(READABLE_NAME)
}

/// Whether the file is there and complete. Its name holds its hash, and it is renamed into place whole, so that its size
/// and mode suffice.
fn is_whole(path: &Path, wanted_mode: u32) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(meta) => {
            let mode = meta.permissions().mode() & 0o7777;
            Ok(meta.is_file() && meta.len() == BINARY.len() as u64 && mode == wanted_mode)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn write(temporary: &Path, mode: u32) -> io::Result<()> {
    match std::fs::remove_file(temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o700).open(temporary)?;
    file.write_all(BINARY)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

/// The first half of the SHA-256 of the content, in hexadecimal.
fn content_hash() -> String {
    Sha256::digest(BINARY).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn it_is_unpacked_once_and_repaired_when_it_is_not_whole() {
        let state = tempfile::tempdir().unwrap();
        let path = unpack(state.path()).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (MODE, DIRECTORY_MODE));
        let written = path.metadata().unwrap().modified().unwrap();
        assert_eq!(unpack(state.path()).unwrap(), path);
        assert_eq!(path.metadata().unwrap().modified().unwrap(), written);

        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "half").unwrap();
        unpack(state.path()).unwrap();
        assert_eq!(path.metadata().unwrap().len(), BINARY.len() as u64);
        assert_eq!(path.parent().unwrap().read_dir().unwrap().count(), 2);
        assert_eq!(mode(&readable(&path)), READABLE_MODE);
    }

    #[test]
    fn it_runs_and_says_how_it_is_used() {
        let state = tempfile::tempdir().unwrap();
        let output = std::process::Command::new(unpack(state.path()).unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("agent-init serve"), "{output:?}");
    }

    #[test]
    fn it_needs_no_interpreter() {
        // Program headers of a 64-bit ELF file: one of type 3 would name a dynamic loader, which an image may lack.
        let field = |at: usize, bytes: usize| {
            BINARY[at..at + bytes].iter().rev().fold(0_usize, |value, byte| value << 8 | usize::from(*byte))
        };
        let (start, size, count) = (field(32, 8), field(54, 2), field(56, 2));
        assert!(count > 0);
        assert!((0..count).all(|header| field(start + header * size, 4) != 3));
    }
}
