//! A child in new namespaces. std and rustix have no clone.
#![allow(unsafe_code)]

use std::io;

use rustix::process::Pid;

/// Everything that a sandbox has of its own. Time stays the host's: nothing is told by it.
const NAMESPACES: libc::c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// Goes on twice, as fork does: `None` in the child, which is PID 1 of the new namespaces.
pub(super) fn into_namespaces() -> io::Result<Option<Pid>> {
    let flags = libc::c_long::from(NAMESPACES | libc::SIGCHLD);
    // SAFETY: without a new stack this is fork. The process has one thread, so no lock is held by a thread that the child
    // does not have.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) };
    match child {
        -1 => Err(io::Error::last_os_error()),
        child => Ok(i32::try_from(child).ok().and_then(Pid::from_raw)),
    }
}
