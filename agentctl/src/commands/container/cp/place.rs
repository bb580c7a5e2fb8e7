//! The two sides of a copy, as they are typed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use crate::error::CommandError;

/// One side of a copy.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard input or output.
    Stream,
    /// A path of this host.
    Host(PathBuf),
    /// A path in a sandbox.
    Sandbox(SandboxPath),
}

/// A path in a session's sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SandboxPath {
    /// The session as it was typed.
    pub(super) session: String,
    /// The absolute path, without a slash at its end.
    pub(super) path: String,
    /// Whether a slash at its end says that it is a directory.
    pub(super) is_directory: bool,
}

impl SandboxPath {
    /// The directory that it lies in, and its name there; none of `/`.
    pub(super) fn split(&self) -> Option<(&str, &str)> {
        let (parent, name) = self.path.rsplit_once('/')?;
        (!name.is_empty()).then_some((if parent.is_empty() { "/" } else { parent }, name))
    }
}

/// Reads one side: `-`, `SESSION:path`, or a path of this host. What has a slash before its first colon is a host path.
pub(super) fn parse(typed: &OsStr) -> Result<Place, CommandError> {
    let bytes = typed.as_bytes();
    if bytes == b"-" {
        return Ok(Place::Stream);
    }
    if bytes.is_empty() {
        return Err(CommandError::usage("an empty path names nothing"));
    }
    let colon = bytes.iter().position(|&byte| byte == b':');
    let Some(colon) = colon.filter(|&at| !bytes[..at].contains(&b'/')) else {
        return Ok(Place::Host(PathBuf::from(typed)));
    };
    let text = |part: &[u8]| {
        String::from_utf8(part.to_vec()).map_err(|_| CommandError::usage("a path in a sandbox must be UTF-8 text"))
    };
    let (session, path) = (text(&bytes[..colon])?, text(&bytes[colon + 1..])?);
    if session.is_empty() {
        return Err(CommandError::usage("no session stands before the colon")
            .hinted("write SESSION:/path, or ./:path for a file of this host"));
    }
    Ok(Place::Sandbox(sandbox_path(session, &path)?))
}

fn sandbox_path(session: String, typed: &str) -> Result<SandboxPath, CommandError> {
    let whole = if typed.starts_with('/') { typed.to_owned() } else { format!("/workspace/{typed}") };
    let mut path = String::new();
    for part in whole.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            return Err(CommandError::usage("a path in a sandbox may not hold `..`"));
        }
        path.push('/');
        path.push_str(part);
    }
    let is_directory = path.is_empty() || typed.is_empty() || typed.ends_with('/') || typed.ends_with("/.");
    if path.is_empty() {
        path.push('/');
    }
    Ok(SandboxPath { session, path, is_directory })
}

/// The name of a host path, as `cp` finds it: of `.` and `..` the directory's own.
pub(super) fn name_of(path: &std::path::Path) -> Option<OsString> {
    if let Some(name) = path.file_name() {
        return Some(name.to_owned());
    }
    path.canonicalize().ok()?.file_name().map(OsStr::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sandbox(typed: &str) -> SandboxPath {
        match parse(OsStr::new(typed)).unwrap() {
            Place::Sandbox(path) => path,
            other => panic!("{typed}: {other:?}"),
        }
    }

    #[test]
    fn sides_are_told_apart() {
        assert_eq!(parse(OsStr::new("-")).unwrap(), Place::Stream);
        for host in ["a", "./a:b", "/x:y", "dir/a:b", "..", "./-"] {
            assert_eq!(parse(OsStr::new(host)).unwrap(), Place::Host(host.into()));
        }
        let odd = OsStr::from_bytes(b"odd\xff");
        assert_eq!(parse(odd).unwrap(), Place::Host(odd.into()));
        for wrong in ["", ":x", ":"] {
            assert_eq!(parse(OsStr::new(wrong)).unwrap_err().exit_code(), 2);
        }
        assert!(parse(OsStr::from_bytes(b"s:\xff")).is_err());
        assert!(parse(OsStr::new("s:/a/../b")).is_err());
    }

    #[test]
    fn sandbox_paths_are_absolute_and_plain() {
        let cases = [
            ("s:/a/b", "/a/b", false),
            ("s:/a//./b/", "/a/b", true),
            ("s:a", "/workspace/a", false),
            ("s:", "/workspace", true),
            ("s:.", "/workspace", false),
            ("s:/", "/", true),
            ("s:a:b", "/workspace/a:b", false),
        ];
        for (typed, path, is_directory) in cases {
            let found = sandbox(typed);
            assert_eq!((found.session.as_str(), found.path.as_str(), found.is_directory), ("s", path, is_directory));
        }
    }

    #[test]
    fn a_path_has_a_directory_and_a_name() {
        assert_eq!(sandbox("s:/a/b").split(), Some(("/a", "b")));
        assert_eq!(sandbox("s:/a").split(), Some(("/", "a")));
        assert_eq!(sandbox("s:/").split(), None);
    }

    #[test]
    fn a_dot_has_the_name_of_its_directory() {
        assert_eq!(name_of(std::path::Path::new("a/b/")), Some("b".into()));
        let here = std::env::current_dir().unwrap();
        assert_eq!(name_of(std::path::Path::new(".")).as_deref(), here.file_name());
        assert_eq!(name_of(std::path::Path::new("/")), None);
    }
}
