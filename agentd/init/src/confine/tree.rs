//! The sandbox's own file tree: made of memory, holding nothing but what is put into it, and read-only at the end.

use std::io;
use std::os::fd::AsFd;
use std::path::{Component, Path};

use proto::init::v1::Confinement;
use rustix::fs::{Mode, OFlags, mkdirat, openat, symlinkat};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags, mount_remount, unmount};
use rustix::process::{chdir, fchdir, pivot_root};

use super::mounting::{Forbids, new_file_system, place, place_at};
use super::sources::{Source, What};
use super::step::{Step as _, StepError};
use super::{etc, kernel_files};

/// Where the tree is put before it becomes the root: a directory that every host has. What is in it there is not hidden
/// from anybody else.
const SCAFFOLD: &str = "/tmp";
/// The tree itself holds directories, links and a few short files.
const TREE_BYTES_MAX: &str = "1048576";
const TREE_FILES_MAX: &str = "4096";

/// The writable places, each with its size limit in bytes and its options. They count against the memory limit.
const PLACES: [(&str, u64, &str, Forbids); 3] = [
    ("tmp", 512 << 20, "1777", Forbids::SETUID.and(Forbids::DEVICES)),
    ("home/agent", 512 << 20, "0700", Forbids::SETUID.and(Forbids::DEVICES)),
    ("run", 256 << 20, "0755", Forbids::SETUID.and(Forbids::DEVICES).and(Forbids::EXECUTION)),
];
/// Files in one of them at most: without a memory limit they would take what the host has.
const PLACE_FILES_MAX: &str = "262144";

/// Builds the tree and makes it this process's root; the host's is not there any more.
pub(super) fn move_into(wanted: &Confinement, sources: Vec<Source>) -> Result<(), StepError> {
    let tree = [("size", TREE_BYTES_MAX), ("nr_inodes", TREE_FILES_MAX), ("mode", "0755")];
    // The devices in /dev are mounts of their own.
    let root = new_file_system("tmpfs", &tree, Forbids::SETUID.and(Forbids::DEVICES)).step("a tmpfs for the root")?;
    place_at(&root, SCAFFOLD).step(SCAFFOLD)?;
    for source in sources {
        let name = source.target.display().to_string();
        put(&root, &source).step(name)?;
    }
    make_directory(&root, "etc".as_ref()).and_then(|()| etc::write_own(&root, wanted.uid, wanted.gid)).step("/etc")?;
    for (path, bytes_max, mode, forbids) in PLACES {
        let bytes = if wanted.memory_bytes == 0 { bytes_max } else { bytes_max.min(wanted.memory_bytes) };
        let options = [("size", &*bytes.to_string()), ("nr_inodes", PLACE_FILES_MAX), ("mode", mode)];
        let place_of = new_file_system("tmpfs", &options, forbids).step(path)?;
        make_directory(&root, path.as_ref()).and_then(|()| place(place_of, &root, path)).step(path)?;
    }
    make_directory(&root, "var".as_ref()).step("/var")?;
    for (to, name) in [("/tmp", "var/tmp"), ("/run", "var/run")] {
        symlinkat(to, &root, name).step(name)?;
    }
    kernel_files::complete_dev(&root)?;
    kernel_files::mount_proc(&root)?;
    make_directory(&root, "sys".as_ref()).step("/sys")?;
    enter(&root)
}

/// The old root ends up beneath the new one, and is let go.
fn enter(root: impl AsFd) -> Result<(), StepError> {
    fchdir(root).step("the new root")?;
    pivot_root(".", ".").step("pivot_root")?;
    unmount(".", UnmountFlags::DETACH).step("letting go of the host's root")?;
    chdir("/").step("/")?;
    // Alone: what is mounted in it has its own say.
    let flags = MountFlags::BIND | MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
    mount_remount("/", flags, c"").step("a read-only root")
}

fn put(root: &impl AsFd, source: &Source) -> io::Result<()> {
    let target = &source.target;
    match &source.what {
        What::Directory(mount) => {
            make_directory(root, target)?;
            place(mount, root, target)
        }
        What::File(mount) => {
            if let Some(parent) = target.parent() {
                make_directory(root, parent)?;
            }
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            openat(root, target, flags, Mode::from_raw_mode(0o444))?;
            place(mount, root, target)
        }
        What::Link(to) => Ok(symlinkat(to, root, target)?),
    }
}

/// Makes a directory of the tree with its parents.
pub(super) fn make_directory(root: impl AsFd, path: &Path) -> io::Result<()> {
    let mut so_far = std::path::PathBuf::new();
    for part in path.components().filter(|part| matches!(part, Component::Normal(_))) {
        so_far.push(part);
        match mkdirat(&root, &so_far, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
