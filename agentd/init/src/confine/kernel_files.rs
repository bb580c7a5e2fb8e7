//! `/dev`, `/proc` and `/sys` of a sandbox: devices that give nothing away, and no file through which the kernel is told
//! or asked more than a program needs.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::symlinkat;

use super::mounting::{Forbids, copy_of, new_file_system, place};
use super::step::{Step as _, StepError};
use super::tree::make_directory;

/// The host's devices that are there.
pub(super) const DEVICES: [&str; 6] =
    ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

const LINKS: [(&str, &str); 5] = [
    ("/proc/self/fd", "dev/fd"),
    ("/proc/self/fd/0", "dev/stdin"),
    ("/proc/self/fd/1", "dev/stdout"),
    ("/proc/self/fd/2", "dev/stderr"),
    ("pts/ptmx", "dev/ptmx"),
];

/// Bytes of shared memory, as in a container.
const SHARED_MEMORY_BYTES: &str = "67108864";

/// What of /proc cannot even be read: memory, keys, timers, the kernel's log, and hardware that is the host's business.
const MASKED: [&str; 14] = [
    "acpi",
    "asound",
    "interrupts",
    "kcore",
    "keys",
    "kmsg",
    "kpagecount",
    "kpageflags",
    "latency_stats",
    "sched_debug",
    "scsi",
    "sysrq-trigger",
    "timer_list",
    "timer_stats",
];

/// What of /proc is for reading only: settings of the whole kernel.
const READ_ONLY: [&str; 6] = ["bus", "driver", "fs", "irq", "mtrr", "sys"];

const NOTHING: Forbids = Forbids::SETUID.and(Forbids::DEVICES).and(Forbids::EXECUTION);

/// Completes `/dev`, whose devices are there already.
pub(super) fn complete_dev(root: impl AsFd) -> Result<(), StepError> {
    for (to, name) in LINKS {
        symlinkat(to, &root, name).step(name)?;
    }
    // Its devices are of its own instance, so that no terminal of the host is in it.
    let terminals = [("ptmxmode", "0666"), ("mode", "0620")];
    let terminals = new_file_system("devpts", &terminals, Forbids::SETUID.and(Forbids::EXECUTION));
    put(&root, "dev/pts", terminals.step("devpts")?)?;
    let memory = [("mode", "1777"), ("size", SHARED_MEMORY_BYTES), ("nr_inodes", "16384")];
    put(&root, "dev/shm", new_file_system("tmpfs", &memory, NOTHING).step("a tmpfs for /dev/shm")?)?;
    put(&root, "dev/mqueue", new_file_system("mqueue", &[], NOTHING).step("mqueue")?)
}

/// A fresh `/proc`, of the sandbox's own processes, with what it must not have covered.
pub(super) fn mount_proc(root: impl AsFd) -> Result<(), StepError> {
    let proc = new_file_system("proc", &[], NOTHING)
        .step("a /proc of its own (within a container the kernel allows none where the container's own is masked)")?;
    put(&root, "proc", proc)?;
    for name in MASKED {
        let path = format!("proc/{name}");
        let Ok(found) = rustix::fs::statat(&root, &path, rustix::fs::AtFlags::SYMLINK_NOFOLLOW) else { continue };
        let directory = rustix::fs::FileType::from_raw_mode(found.st_mode).is_dir();
        let cover = if directory {
            new_file_system("tmpfs", &[("size", "4096"), ("mode", "0555")], NOTHING.and(Forbids::WRITING))
        } else {
            // The device alone, and read-only: it swallows what is written, and is empty when read.
            copy_of(&root, "dev/null", Forbids::SETUID.and(Forbids::EXECUTION).and(Forbids::WRITING))
        };
        place(cover.step(&path)?, &root, &path).step(&path)?;
    }
    for name in READ_ONLY {
        let path = format!("proc/{name}");
        match copy_of(&root, &path, NOTHING.and(Forbids::WRITING)) {
            Ok(copy) => place(copy, &root, &path).step(&path)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).step(&path),
        }
    }
    Ok(())
}

fn put(root: impl AsFd, path: &str, mount: impl AsFd) -> Result<(), StepError> {
    make_directory(&root, Path::new(path)).step(path)?;
    place(mount, &root, path).step(path)
}
