//! What of the host is seen in a sandbox, and how. Nothing else is.
//!
//! Where the launcher is root it takes hold of these before it goes into the new namespaces, because its power over the
//! host's directories ends there. An ordinary user has none that ends, and may only copy mounts of namespaces of his own.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use proto::init::v1::{Confined, Confinement};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};

use super::mounting::{Forbids, copy_of};
use super::step::{Step as _, StepError};
use super::{control_group, etc, kernel_files};

/// Directories that are links into /usr on hosts of today, and directories on others.
const BESIDE_USR: [&str; 6] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// A directory or a file of the host, ready to be put into the sandbox.
pub(super) struct Source {
    /// Where it goes, relative to the sandbox's root.
    pub(super) target: PathBuf,
    /// What is put there.
    pub(super) what: What,
}

/// What is put somewhere.
pub(super) enum What {
    /// A directory with everything in it.
    Directory(OwnedFd),
    /// A single file or device.
    File(OwnedFd),
    /// The same symbolic link as on the host.
    Link(PathBuf),
}

const PROGRAMS: Forbids = Forbids::WRITING.and(Forbids::SETUID).and(Forbids::DEVICES);
const DATA: Forbids = PROGRAMS.and(Forbids::EXECUTION);

/// Takes hold of everything.
pub(super) fn take(wanted: &Confinement, confined: &Confined) -> Result<Vec<Source>, StepError> {
    let mut sources = vec![directory("/usr".as_ref(), "usr", PROGRAMS)?];
    for name in BESIDE_USR {
        let path = Path::new("/").join(name);
        match path.symlink_metadata() {
            Ok(found) if found.is_symlink() => {
                let link = std::fs::read_link(&path).step(path.display())?;
                sources.push(Source { target: name.into(), what: What::Link(link) });
            }
            Ok(found) if found.is_dir() => sources.push(directory(&path, name, PROGRAMS)?),
            _ => {}
        }
    }
    for path in etc::OF_THE_HOST.map(Path::new) {
        if let Ok(found) = path.metadata() {
            sources.push(if found.is_dir() { directory(path, path, DATA)? } else { file(path, path, DATA)? });
        }
    }
    let device = Forbids::SETUID.and(Forbids::EXECUTION);
    for path in kernel_files::DEVICES.map(Path::new) {
        sources.push(file(path, path, device)?);
    }
    if let Some(counter) = control_group::oom_counter(confined) {
        let target = if counter.ends_with("memory.events") { "memory.events" } else { "memory/memory.oom_control" };
        sources.push(file(&counter, Path::new("sys/fs/cgroup").join(target), DATA)?);
    }
    let work = Forbids::SETUID.and(Forbids::DEVICES);
    sources.push(directory(Path::new(&wanted.workspace), "workspace", work)?);
    if !wanted.shared.is_empty() {
        sources.push(directory(Path::new(&wanted.shared), "shared", PROGRAMS)?);
    }
    for mount in &wanted.mounts {
        let (source, target) = (Path::new(&mount.source), Path::new(&mount.target));
        let forbids = if mount.writable { work } else { PROGRAMS };
        let is_directory = source.metadata().step(source.display())?.is_dir();
        sources.push(if is_directory { directory(source, target, forbids)? } else { file(source, target, forbids)? });
    }
    sources.push(file(Path::new(&wanted.init_path), ".agentd/agent-init", PROGRAMS)?);
    Ok(sources)
}

fn directory(path: &Path, target: impl AsRef<Path>, forbids: Forbids) -> Result<Source, StepError> {
    Ok(Source { target: relative(target.as_ref()), what: What::Directory(held(path, OFlags::DIRECTORY, forbids)?) })
}

fn file(path: &Path, target: impl AsRef<Path>, forbids: Forbids) -> Result<Source, StepError> {
    Ok(Source { target: relative(target.as_ref()), what: What::File(held(path, OFlags::empty(), forbids)?) })
}

/// What the daemon was given is canonical: a link on the way was put there since, and is not followed. The host's own
/// directories may be links.
fn held(path: &Path, kind: OFlags, forbids: Forbids) -> Result<OwnedFd, StepError> {
    let is_of_host = path.starts_with("/usr") || path.starts_with("/etc") || path.starts_with("/dev");
    let resolve = if is_of_host { ResolveFlags::NO_MAGICLINKS } else { ResolveFlags::NO_SYMLINKS };
    let opened = openat2(CWD, path, OFlags::PATH | OFlags::CLOEXEC | kind, Mode::empty(), resolve);
    copy_of(opened.step(path.display())?, "", forbids).step(format_args!("a copy of {}", path.display()))
}

fn relative(path: &Path) -> PathBuf {
    path.strip_prefix("/").unwrap_or(path).to_owned()
}
