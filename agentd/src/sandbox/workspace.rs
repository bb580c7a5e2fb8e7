//! The host directories that a sandbox is given: which are refused, whose they are, and how a new one is made.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::error::{SandboxError, SandboxErrorKind};

/// The user of a sandbox where the daemon is root: nobody that the host knows by this work.
pub const SANDBOX_UID: u32 = 1000;
/// Its group.
pub const SANDBOX_GID: u32 = 1000;

/// Directories of the system: refused themselves and with everything in them.
const SYSTEM_TREES: &[&str] = &[
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys", "/usr",
    "/var",
];
/// Directories that hold other people's things: refused themselves, not what is in them.
const SYSTEM_ROOTS: &[&str] = &["/", "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/tmp", "/var/tmp"];
/// Places within a system tree where people do keep work.
const WORK_TREES: &[&str] = &["/var/tmp", "/var/lib", "/run/user", "/run/media"];

/// What is known of this host that a sandbox must not be given.
#[derive(Clone, Debug, Default)]
pub struct Forbidden {
    /// Home directories: refused themselves, not what is in them.
    pub homes: Vec<PathBuf>,
    /// Refused themselves, with everything in them, and with everything that contains them: the daemon's own state and
    /// configuration, and the engine's socket.
    pub secrets: Vec<PathBuf>,
    /// Exceptions from `secrets`: where the daemon makes workspaces.
    pub workspaces: Vec<PathBuf>,
}

/// A directory that a sandbox may be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Its canonical path.
    pub path: PathBuf,
    /// The user that the sandbox runs as.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// What the user should be told about it; empty: nothing.
    pub warning: String,
}

/// Checks a directory that the user gave, and gives an empty one of root's to the sandbox's user.
pub fn adopt(given: &Path, forbidden: &Forbidden) -> Result<Directory, SandboxError> {
    let path = canonical(given)?;
    refuse(&path, forbidden)?;
    let io = |e: std::io::Error| refused(&path, &e.to_string());
    let metadata = std::fs::metadata(&path).map_err(io)?;
    let (uid, gid) = user_of(metadata.uid(), metadata.gid());
    let mut warning = String::new();
    if metadata.uid() == 0 {
        if std::fs::read_dir(&path).map_err(io)?.next().is_none() && rustix::process::geteuid().is_root() {
            give_away(&path)?;
        } else {
            warning = format!(
                "{} belongs to root and is not empty: commands run as {uid}:{gid} and may not be able to change it",
                path.display()
            );
        }
    }
    Ok(Directory { path, uid, gid, warning })
}

/// Makes a session's workspace, with its parents. Idempotent.
pub fn make(path: &Path) -> Result<Directory, SandboxError> {
    let io = |e: std::io::Error| SandboxError::new(kind_of(&e), format!("{}: {e}", path.display()));
    std::fs::create_dir_all(path).map_err(io)?;
    let path = std::fs::canonicalize(path).map_err(io)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).map_err(io)?;
    let metadata = std::fs::metadata(&path).map_err(io)?;
    if metadata.uid() == 0 && rustix::process::geteuid().is_root() {
        give_away(&path)?;
    }
    let (uid, gid) = user_of(metadata.uid(), metadata.gid());
    Ok(Directory { path, uid, gid, warning: String::new() })
}

/// Checks a directory that is mounted read-only: its owner does not matter.
pub fn shared(given: &Path, forbidden: &Forbidden) -> Result<PathBuf, SandboxError> {
    let path = canonical(given)?;
    refuse(&path, forbidden)?;
    Ok(path)
}

/// The user of a sandbox: the owner of its workspace, and never root.
pub fn user_of(uid: u32, gid: u32) -> (u32, u32) {
    match (uid, gid) {
        (0, _) => (SANDBOX_UID, SANDBOX_GID),
        // A user's directory may well have root's group; the sandbox must not.
        (uid, 0) => (uid, uid),
        owner => owner,
    }
}

/// The user of a sandbox on this workspace, which was checked when its session was made.
pub fn owner(workspace: &Path) -> Result<(u32, u32), SandboxError> {
    let metadata = std::fs::metadata(workspace).map_err(|e| refused(workspace, &e.to_string()))?;
    Ok(user_of(metadata.uid(), metadata.gid()))
}

/// Refuses what must not be in a sandbox, with the reason. `path` is canonical.
pub(super) fn refuse(path: &Path, forbidden: &Forbidden) -> Result<(), SandboxError> {
    let is = |list: &[&str]| list.iter().any(|p| path == Path::new(p));
    let within = |list: &[&str]| list.iter().any(|p| path.starts_with(p));
    if path.to_str().is_none_or(|text| text.chars().any(char::is_control)) {
        return Err(refused(path, "its name is not plain text"));
    }
    if is(SYSTEM_ROOTS) || is(WORK_TREES) {
        return Err(refused(path, "it holds more than one project"));
    }
    if within(SYSTEM_TREES) && !within(WORK_TREES) {
        return Err(refused(path, "it is a directory of the system"));
    }
    if forbidden.homes.iter().any(|home| path == home || home.starts_with(path)) {
        return Err(refused(path, "it is or holds a home directory"));
    }
    if let Some(secret) = forbidden.secrets.iter().find(|s| path.starts_with(s) || s.starts_with(path)) {
        let own = forbidden.workspaces.iter().any(|w| path != w && path.starts_with(w));
        if !own {
            return Err(refused(path, &format!("it is, holds or is part of {}", secret.display())));
        }
    }
    Ok(())
}

fn canonical(given: &Path) -> Result<PathBuf, SandboxError> {
    if !given.is_absolute() {
        return Err(refused(given, "it is not an absolute path"));
    }
    let path = std::fs::canonicalize(given).map_err(|e| refused(given, &e.to_string()))?;
    if path.is_dir() { Ok(path) } else { Err(refused(given, "it is not a directory")) }
}

fn give_away(path: &Path) -> Result<(), SandboxError> {
    std::os::unix::fs::chown(path, Some(SANDBOX_UID), Some(SANDBOX_GID))
        .map_err(|e| SandboxError::new(kind_of(&e), format!("{}: cannot give it to the sandbox: {e}", path.display())))
}

fn kind_of(error: &std::io::Error) -> SandboxErrorKind {
    match error.kind() {
        std::io::ErrorKind::StorageFull
        | std::io::ErrorKind::QuotaExceeded
        | std::io::ErrorKind::ReadOnlyFilesystem => SandboxErrorKind::StorageFull,
        _ => SandboxErrorKind::Failed,
    }
}

fn refused(path: &Path, why: &str) -> SandboxError {
    SandboxError::new(
        SandboxErrorKind::WorkspaceRefused,
        format!("{:?} cannot be given to a sandbox: {why}", path.as_os_str()),
    )
    .hinted("give a directory of one project, as an absolute path")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forbidden() -> Forbidden {
        Forbidden {
            homes: vec![PathBuf::from("/home/alice"), PathBuf::from("/root")],
            secrets: vec![PathBuf::from("/data/agentd"), PathBuf::from("/engine/run/docker.sock")],
            workspaces: vec![PathBuf::from("/data/agentd/workspaces")],
        }
    }

    #[test]
    fn places_of_the_system_and_of_people_are_refused() {
        for path in [
            "/",
            "/home",
            "/home/alice",
            "/root",
            "/etc",
            "/etc/ssl",
            "/usr/local/src",
            "/proc",
            "/proc/1/root",
            "/sys",
            "/dev/shm",
            "/var",
            "/var/log",
            "/var/lib",
            "/run",
            "/run/docker",
            "/tmp",
            "/srv",
            "/run/user",
        ] {
            let error = refuse(Path::new(path), &forbidden()).expect_err(path);
            assert_eq!(error.kind, SandboxErrorKind::WorkspaceRefused);
        }
        for path in ["/home/alice/src", "/srv/work", "/tmp/x", "/var/lib/ci/job", "/usrlocal", "/root/project", "/work"]
        {
            assert_eq!(refuse(Path::new(path), &forbidden()), Ok(()), "{path}");
        }
    }

    #[test]
    fn the_daemons_secrets_and_the_engines_socket_are_refused_from_both_sides() {
        for path in ["/data", "/data/agentd", "/data/agentd/blobs", "/data/agentd/workspaces", "/engine", "/engine/run"]
        {
            assert!(refuse(Path::new(path), &forbidden()).is_err(), "{path}");
        }
        assert_eq!(refuse(Path::new("/data/agentd/workspaces/s1"), &forbidden()), Ok(()));
        assert_eq!(refuse(Path::new("/engine/work"), &forbidden()), Ok(()));
    }

    #[test]
    fn a_link_is_judged_by_where_it_leads() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("/etc", &link).unwrap();
        assert!(adopt(&link, &Forbidden::default()).unwrap_err().message.contains("system"));
        assert!(adopt(Path::new("relative"), &Forbidden::default()).is_err());
        std::fs::write(dir.path().join("file"), "").unwrap();
        assert!(
            adopt(&dir.path().join("file"), &Forbidden::default()).unwrap_err().message.contains("not a directory")
        );
    }

    #[test]
    fn nobody_runs_as_root() {
        assert_eq!(user_of(0, 0), (1000, 1000));
        assert_eq!(user_of(0, 7), (1000, 1000));
        assert_eq!(user_of(1234, 0), (1234, 1234));
        assert_eq!(user_of(1234, 56), (1234, 56));
    }

    #[test]
    fn a_made_workspace_is_private_and_the_sandboxs_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let made = make(&path).unwrap();
        let metadata = std::fs::metadata(&path).unwrap();
        assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o777), (made.uid, made.gid, 0o700));
        assert_ne!(made.uid, 0);
        assert_eq!(make(&path).unwrap(), made, "making it again changes nothing");
    }

    #[test]
    fn a_directory_of_root_is_given_away_only_where_it_is_empty() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let empty = dir.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        assert_eq!(adopt(&empty, &Forbidden::default()).unwrap().warning, "");
        assert_eq!(std::fs::metadata(&empty).unwrap().uid(), SANDBOX_UID);
        let full = dir.path().join("full");
        std::fs::create_dir_all(full.join("x")).unwrap();
        assert!(adopt(&full, &Forbidden::default()).unwrap().warning.contains("belongs to root"));
        assert_eq!(std::fs::metadata(&full).unwrap().uid(), 0);
    }
}
