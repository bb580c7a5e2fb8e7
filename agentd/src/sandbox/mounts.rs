//! Files and directories of the host beside the workspace: which may be given to a sandbox, and where in it they may be.

use std::os::unix::fs::FileTypeExt as _;
use std::path::{Component, Path, PathBuf};

use super::error::{SandboxError, SandboxErrorKind};
use super::spec::{HOME_DIR, SHARED_DIR, WORKSPACE_DIR};
use super::workspace::{self, Forbidden};
use crate::domain::options::ExtraMount;

/// Mounts of one sandbox at most.
pub const MOUNTS_MAX: usize = 16;
/// Characters of a place in the sandbox at most.
const TARGET_CHARS_MAX: usize = 256;
/// Places that belong to the sandbox itself: no mount at them, in them or above them.
const TAKEN: &[&str] = &["/proc", "/sys", "/dev", "/run", "/tmp", "/.agentd", WORKSPACE_DIR, SHARED_DIR, HOME_DIR];
/// Entries of a directory that are looked at for sockets at most, and how deep.
const ENTRIES_MAX: usize = 4096;
const DEPTH_MAX: usize = 3;

/// Checks the mounts of a session and gives them with their true sources, which lie under one of the roots.
pub fn checked(
    mounts: &[ExtraMount],
    roots: &[PathBuf],
    forbidden: &Forbidden,
) -> Result<Vec<ExtraMount>, SandboxError> {
    if mounts.len() > MOUNTS_MAX {
        return Err(refusal(format!("{} mounts are too many: a sandbox has at most {MOUNTS_MAX}", mounts.len()), ""));
    }
    let mut checked: Vec<ExtraMount> = Vec::with_capacity(mounts.len());
    for mount in mounts {
        let target = target(&mount.target)?;
        if checked.iter().any(|other| other.target == target) {
            return Err(refusal(format!("there are two mounts at {target}"), ""));
        }
        let source = source(&mount.source, roots, forbidden)?;
        checked.push(ExtraMount { source, target, writable: mount.writable });
    }
    Ok(checked)
}

/// Refuses a path that was checked before and leads somewhere else by now: what a sandbox can write to may hold a new link.
pub fn still_there(path: &Path) -> Result<(), SandboxError> {
    match std::fs::canonicalize(path) {
        Ok(now) if now == path => Ok(()),
        Ok(now) => Err(refusal(
            format!("{} leads to {} by now and is not given to a sandbox", path.display(), now.display()),
            "put it back, or make a new session",
        )),
        Err(error) => {
            Err(refusal(format!("{} cannot be given to a sandbox any more: {error}", path.display()), "put it back"))
        }
    }
}

fn source(given: &Path, roots: &[PathBuf], forbidden: &Forbidden) -> Result<PathBuf, SandboxError> {
    let shown = given.display();
    if !given.is_absolute() {
        return Err(refusal(format!("the mount {shown} is not an absolute path"), "give the whole path"));
    }
    // Links first: what counts is where it leads.
    let real = std::fs::canonicalize(given).map_err(|error| {
        refusal(format!("{shown} cannot be mounted: {error}"), "give a file or directory that is there")
    })?;
    let under = |root: &PathBuf| std::fs::canonicalize(root).is_ok_and(|root| real.starts_with(root));
    if roots.is_empty() {
        return Err(refusal(
            format!("{shown} cannot be mounted: this daemon allows no mounts"),
            "name directories whose content may be mounted in sandbox.mount_roots of config.toml",
        ));
    }
    if !roots.iter().any(under) {
        let list: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
        return Err(refusal(
            format!("{} cannot be mounted: it is outside the allowed directories", real.display()),
            &format!("mounts may be under {} (sandbox.mount_roots in config.toml)", list.join(", ")),
        ));
    }
    workspace::refuse(&real, forbidden)?;
    let kind = std::fs::metadata(&real)
        .map_err(|error| refusal(format!("{shown} cannot be mounted: {error}"), ""))?
        .file_type();
    if kind.is_dir() {
        if let Some(socket) = socket_in(&real) {
            return Err(refusal(
                format!(
                    "{} cannot be mounted: {} is a socket, and even read-only it can be talked to",
                    shown,
                    socket.display()
                ),
                "mount a directory without sockets",
            ));
        }
    } else if !kind.is_file() {
        return Err(refusal(format!("{shown} cannot be mounted: it is neither a file nor a directory"), ""));
    }
    Ok(real)
}

/// A socket near the top of a directory. Best effort: one may appear later, or lie deeper.
fn socket_in(directory: &Path) -> Option<PathBuf> {
    let mut left = ENTRIES_MAX;
    let mut open = vec![(directory.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            match entry.file_type() {
                Ok(kind) if kind.is_socket() => return Some(entry.path()),
                Ok(kind) if kind.is_dir() && depth < DEPTH_MAX => open.push((entry.path(), depth + 1)),
                _ => {}
            }
        }
    }
    None
}

fn target(given: &str) -> Result<String, SandboxError> {
    let wrong =
        |why: &str| Err(refusal(format!("nothing can be mounted at {given:?}: {why}"), "choose a place like /data"));
    let path = Path::new(given);
    let plain =
        given.chars().count() <= TARGET_CHARS_MAX && !given.chars().any(|c| c.is_control() || c == ',' || c == ':');
    let straight = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !path.is_absolute() || !plain || !straight {
        return wrong("it is not a plain absolute path");
    }
    // Without a slash at the end or two in a row.
    let path: PathBuf = path.components().collect();
    if let Some(taken) = TAKEN.iter().find(|taken| path.starts_with(taken) || Path::new(taken).starts_with(&path)) {
        return wrong(&format!("{taken} belongs to the sandbox itself"));
    }
    Ok(path.to_string_lossy().into_owned())
}

fn refusal(message: String, hint: &str) -> SandboxError {
    SandboxError::new(SandboxErrorKind::WorkspaceRefused, message).hinted(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        dir: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let place = Self { dir: tempfile::tempdir().unwrap() };
            for name in ["allowed/data", "outside", "allowed/home", "allowed/engine"] {
                std::fs::create_dir_all(place.path(name)).unwrap();
            }
            std::fs::write(place.path("allowed/file"), "").unwrap();
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            std::fs::canonicalize(self.dir.path()).unwrap().join(name)
        }

        fn check(&self, source: &Path, target: &str) -> Result<Vec<ExtraMount>, String> {
            let forbidden = Forbidden {
                homes: vec![self.path("allowed/home")],
                secrets: vec![self.path("allowed/engine/docker.sock")],
                workspaces: Vec::new(),
            };
            let mount = ExtraMount { source: source.to_owned(), target: target.to_owned(), writable: false };
            checked(&[mount], &[self.path("allowed")], &forbidden).map_err(|error| error.message)
        }
    }

    #[test]
    fn what_lies_under_an_allowed_root_is_given_by_its_true_path() {
        let place = Place::new();
        for name in ["allowed/data", "allowed/file"] {
            let mounts = place.check(&place.path(name), "/data/").unwrap();
            assert_eq!((mounts[0].source.clone(), mounts[0].target.as_str()), (place.path(name), "/data"));
        }
        std::os::unix::fs::symlink("data", place.path("allowed/link")).unwrap();
        assert_eq!(place.check(&place.path("allowed/link"), "/d").unwrap()[0].source, place.path("allowed/data"));
    }

    #[test]
    fn links_out_homes_sockets_and_engines_are_refused() {
        let place = Place::new();
        std::os::unix::fs::symlink(place.path("outside"), place.path("allowed/out")).unwrap();
        std::os::unix::fs::symlink("/", place.path("allowed/root")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(place.path("allowed/socket")).unwrap();
        std::fs::create_dir_all(place.path("allowed/deep/er")).unwrap();
        let _deep = std::os::unix::net::UnixListener::bind(place.path("allowed/deep/er/s")).unwrap();
        let told = |name: &str| place.check(&place.path(name), "/data").unwrap_err();
        for outside in ["allowed/out", "allowed/root", "outside", "allowed/../outside"] {
            assert!(told(outside).contains("outside the allowed directories"), "{outside}");
        }
        assert!(told("allowed/home").contains("home directory"));
        assert!(told("allowed/engine").contains("docker.sock"), "what holds the engine's socket");
        assert!(told("allowed/socket").contains("neither a file nor a directory"));
        assert!(told("allowed/deep").contains("deep/er/s is a socket"));
        assert!(told("allowed/none").contains("cannot be mounted"));
        assert!(place.check(Path::new("data"), "/data").unwrap_err().contains("not an absolute path"));
    }

    #[test]
    fn without_roots_there_are_no_mounts() {
        let place = Place::new();
        let mount = ExtraMount { source: place.path("allowed/data"), target: "/data".to_owned(), writable: false };
        let error = checked(std::slice::from_ref(&mount), &[], &Forbidden::default()).unwrap_err();
        assert!(error.hint.contains("sandbox.mount_roots"), "{error:?}");
        let twice = checked(&[mount.clone(), mount], &[place.path("allowed")], &Forbidden::default()).unwrap_err();
        assert_eq!(twice.message, "there are two mounts at /data");
    }

    #[test]
    fn places_of_the_sandbox_itself_are_taken() {
        for place in [
            "/",
            "/proc",
            "/proc/x",
            "/sys",
            "/dev/shm",
            "/run/x",
            "/tmp",
            "/workspace",
            "/workspace/data",
            "/shared",
            "/.agentd",
            "/home",
            "/home/agent/x",
            "data",
            "/a/../proc",
            "/a:b",
            "/a,b",
            "/a\nb",
        ] {
            assert!(target(place).is_err(), "{place}");
        }
        assert_eq!(target("/opt//models/").unwrap(), "/opt/models");
        assert_eq!(target("/workspaces").unwrap(), "/workspaces");
    }

    #[test]
    fn what_leads_elsewhere_by_now_is_refused() {
        let place = Place::new();
        let path = place.path("allowed/data");
        assert!(still_there(&path).is_ok());
        std::fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink("/etc", &path).unwrap();
        assert!(still_there(&path).unwrap_err().message.contains("leads to /etc by now"));
    }
}
