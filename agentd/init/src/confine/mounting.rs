//! Mounts by descriptor: each is made with its flags while nobody can see it, and then put where it belongs.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create, fsconfig_set_string,
    fsmount, fsopen, move_mount, open_tree,
};

/// What may not be done in a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forbids(u64);

impl Forbids {
    /// Set-user-ID has no effect.
    pub(super) const SETUID: Self = Self(libc::MOUNT_ATTR_NOSUID);
    /// Devices have no effect.
    pub(super) const DEVICES: Self = Self(libc::MOUNT_ATTR_NODEV);
    /// Nothing is executed.
    pub(super) const EXECUTION: Self = Self(libc::MOUNT_ATTR_NOEXEC);
    /// Nothing is written.
    pub(super) const WRITING: Self = Self(libc::MOUNT_ATTR_RDONLY);

    /// Both.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A copy of the mounts at `path`, with everything mounted below it, private and with these flags on each.
pub(super) fn copy_of(at: impl AsFd, path: impl AsRef<Path>, forbids: Forbids) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    let path = path.as_ref();
    let empty = if path.as_os_str().is_empty() { OpenTreeFlags::AT_EMPTY_PATH } else { OpenTreeFlags::empty() };
    let copy = open_tree(at, path, flags | empty)?;
    restrict(&copy, forbids)?;
    Ok(copy)
}

/// A new file system of this kind.
pub(super) fn new_file_system(kind: &str, options: &[(&str, &str)], forbids: Forbids) -> io::Result<OwnedFd> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (key, value) in options {
        fsconfig_set_string(context.as_fd(), *key, *value)?;
    }
    fsconfig_create(context.as_fd())?;
    let attributes = MountAttrFlags::from_bits_retain(u32::try_from(forbids.0).unwrap_or(u32::MAX));
    Ok(fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

/// Puts a mount where it belongs.
pub(super) fn place(mount: impl AsFd, at: impl AsFd, path: impl AsRef<Path>) -> io::Result<()> {
    Ok(move_mount(mount, "", at, path.as_ref(), MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

/// Forbids something in a mount and in everything below it, and cuts it off from mounts that come and go elsewhere.
pub(super) fn restrict(mount: impl AsFd, forbids: Forbids) -> io::Result<()> {
    let attributes = libc::mount_attr { attr_set: forbids.0, attr_clr: 0, propagation: libc::MS_PRIVATE, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | libc::AT_RECURSIVE;
    // SAFETY: the descriptor is open for the length of the call, the path is a constant, and the size is the structure's.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Puts a new file system at a path of the current mount namespace.
pub(super) fn place_at(mount: impl AsFd, path: &str) -> io::Result<()> {
    place(mount, CWD, path)
}
