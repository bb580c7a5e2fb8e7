//! What a sandbox needs of this host, whatever makes it; each finding with its remedy. Reading is apart from judging.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::backend::{Finding, Severity};
use super::workspace;
use crate::domain::quantity::size;

/// Free space in the state directory below which something will fail soon, and below which it fails now.
const DISK_BYTES_LOW: u64 = 1 << 30;
const DISK_BYTES_OUT: u64 = 64 << 20;
/// Open files of this process below which many sessions at once run out of them.
const OPEN_FILES_LOW: u64 = 4096;
/// A clock before this (2025) was never set.
const SECONDS_SET: i64 = 1_735_689_600;
/// Bytes of a package's changelog that are read.
const CHANGELOG_BYTES_MAX: u64 = 8 << 20;

/// Findings about this host and the daemon's own places.
pub fn findings(state: &Path, socket: &Path, now_s: i64) -> Vec<Finding> {
    let mode = |path: &Path| fs::metadata(path).ok().map(|found| (found.mode() & 0o7777, found.uid()));
    let own = rustix::process::geteuid().as_raw();
    let exists = |path: &str| Path::new(path).exists();
    let number = |path: &str| fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u64>().ok());
    vec![
        private("permissions", state, mode(state), own),
        private("socket", socket, mode(socket), own),
        disk(state, free_bytes(state)),
        cgroups(exists("/sys/fs/cgroup/cgroup.controllers"), exists("/sys/fs/cgroup/memory")),
        user_namespaces(
            number("/proc/sys/user/max_user_namespaces"),
            number("/proc/sys/kernel/unprivileged_userns_clone"),
            number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        ),
        kernel_seccomp(exists("/proc/sys/kernel/seccomp/actions_avail")),
        user_mapping(own),
        clock(now_s),
        open_files(rustix::process::getrlimit(rustix::process::Resource::Nofile).current),
    ]
}

/// Free space for this user where a path is; none where it cannot be told.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// How much room there is.
pub fn disk(path: &Path, free: Option<u64>) -> Finding {
    let path = path.display();
    let Some(free) = free else {
        return finding("disk", Severity::Warning, format!("the free space of {path} cannot be told"), "look with df");
    };
    // Whole GiB where there are many, else whole MiB.
    let shift = if free >= 10 << 30 { 30 } else { 20 };
    let free_text = size(free >> shift << shift);
    let remedy = "free some space: agentctl session list shows sessions, agentctl image list images";
    match free {
        0..DISK_BYTES_OUT => finding("disk", Severity::Error, format!("{path} has {free_text} left"), remedy),
        DISK_BYTES_OUT..DISK_BYTES_LOW => {
            finding("disk", Severity::Warning, format!("{path} has {free_text} left"), remedy)
        }
        _ => ok("disk", format!("{path} has {free_text} left")),
    }
}

/// What the changelog of an installed package says, where its newest entry is of this version; none where it cannot be read.
pub fn changelog(package: &str, version: &str) -> Option<String> {
    use std::io::Read as _;
    let file = format!("/usr/share/doc/{package}/changelog.Debian.gz");
    Path::new(&file).exists().then_some(())?;
    let mut unpacking = Command::new("gzip")
        .args(["-dc", &file])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut text = String::new();
    let read = unpacking.stdout.take()?.take(CHANGELOG_BYTES_MAX).read_to_string(&mut text);
    // Where it was cut off it is ended; that it was is no matter.
    drop(unpacking.kill());
    drop(unpacking.wait());
    read.ok()?;
    is_of(&text, version).then_some(text)
}

/// Whether a changelog's newest entry is of this version: the engine may use another program than the package's.
fn is_of(changelog: &str, version: &str) -> bool {
    let number = version.split(['+', '-', '~']).next().unwrap_or_default();
    let newest = changelog.lines().next().unwrap_or_default();
    !number.is_empty() && newest.contains(&format!("({number}"))
}

fn private(check: &'static str, path: &Path, found: Option<(u32, u32)>, own: u32) -> Finding {
    let shown = path.display();
    let remedy = format!("chmod go-rwx {shown}; where it belongs to somebody else: chown $(id -u) {shown}");
    match found {
        None => finding(check, Severity::Error, format!("{shown} cannot be looked at"), "restart agentd"),
        Some((_, uid)) if uid != own => {
            finding(check, Severity::Error, format!("{shown} belongs to the user with id {uid}"), &remedy)
        }
        Some((mode, _)) if mode & 0o077 != 0 => {
            finding(check, Severity::Error, format!("{shown} is open to other users (mode {mode:04o})"), &remedy)
        }
        Some(_) => ok(check, format!("{shown} is private to this user")),
    }
}

fn cgroups(v2: bool, v1: bool) -> Finding {
    match (v2, v1) {
        (true, _) => ok("cgroups", "version 2"),
        (false, true) => finding(
            "cgroups",
            Severity::Warning,
            "version 1: limits hold, and newer runtimes and rootless engines expect version 2",
            "boot with systemd.unified_cgroup_hierarchy=1",
        ),
        (false, false) => finding(
            "cgroups",
            Severity::Warning,
            "none are to be seen from here: whether limits hold is for the engine to say",
            "mount them at /sys/fs/cgroup, or look at the limits that the engine reports",
        ),
    }
}

fn user_namespaces(max: Option<u64>, unprivileged: Option<u64>, restricted: Option<u64>) -> Finding {
    let check = "user namespaces";
    // Not an error: an engine of root's does without. What needs them says so itself.
    if max == Some(0) {
        return ok(
            check,
            "off (user.max_user_namespaces is 0): rootless engines and sandboxes without an engine need them",
        );
    }
    if unprivileged == Some(0) || restricted == Some(1) {
        return ok(
            check,
            "for root alone: rootless engines and sandboxes of ordinary users without an engine need them",
        );
    }
    ok(check, "allowed for every user")
}

fn kernel_seccomp(there: bool) -> Finding {
    if there {
        return ok("kernel seccomp", "system calls can be filtered");
    }
    let remedy = "use a kernel with CONFIG_SECCOMP_FILTER";
    finding("kernel seccomp", Severity::Warning, "this kernel cannot filter system calls", remedy)
}

fn user_mapping(own: u32) -> Finding {
    let (uid, gid) = workspace::user_of(own, own);
    let message = if own == 0 {
        format!("agentd is root, so sandboxes run as {uid}:{gid} or as the owner of the workspace, never as root")
    } else {
        format!("sandboxes run as {uid}:{gid} or as the owner of the workspace")
    };
    ok("user", message)
}

fn clock(now_s: i64) -> Finding {
    if now_s < SECONDS_SET {
        let message = "this host's clock was never set: times in the journal will be wrong";
        return finding("clock", Severity::Warning, message, "set it, or let NTP do so: timedatectl set-ntp true");
    }
    ok("clock", "it is set")
}

fn open_files(limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit < OPEN_FILES_LOW => finding(
            "open files",
            Severity::Warning,
            format!("agentd may have {limit} open files: with many sessions at once they run out"),
            "raise the limit before agentd starts: ulimit -n 65536, or LimitNOFILE= of its service",
        ),
        Some(limit) => ok("open files", format!("agentd may have {limit}")),
        None => ok("open files", "agentd may have as many as it likes"),
    }
}

fn ok(check: &'static str, message: impl Into<String>) -> Finding {
    finding(check, Severity::Ok, message, "")
}

fn finding(check: &'static str, severity: Severity, message: impl Into<String>, remedy: &str) -> Finding {
    Finding { check, severity, message: message.into(), remedy: remedy.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_or_foreign_is_an_error_with_its_remedy() {
        let at = Path::new("/state");
        assert_eq!(private("permissions", at, Some((0o700, 7)), 7).severity, Severity::Ok);
        for found in [None, Some((0o700, 8)), Some((0o710, 7)), Some((0o666, 7))] {
            let told = private("permissions", at, found, 7);
            assert_eq!(told.severity, Severity::Error, "{found:?}");
            assert!(!told.remedy.is_empty());
        }
        assert!(private("socket", at, Some((0o666, 7)), 7).message.ends_with("(mode 0666)"));
    }

    #[test]
    fn little_is_told_apart_from_too_little() {
        let severity = |free| disk(Path::new("/state"), free).severity;
        assert_eq!(severity(Some(10 << 30)), Severity::Ok);
        assert_eq!(severity(Some(500 << 20)), Severity::Warning);
        assert_eq!(severity(Some(1)), Severity::Error);
        assert_eq!(severity(None), Severity::Warning);
        assert_eq!(open_files(Some(1024)).severity, Severity::Warning);
        assert_eq!(open_files(Some(65_536)).severity, Severity::Ok);
        assert_eq!(clock(0).severity, Severity::Warning);
        assert_eq!(clock(SECONDS_SET).severity, Severity::Ok);
        assert_eq!(cgroups(false, true).severity, Severity::Warning);
        assert_eq!(cgroups(true, true).severity, Severity::Ok);
        assert_eq!(kernel_seccomp(false).severity, Severity::Warning);
    }

    #[test]
    fn who_may_make_user_namespaces_is_told() {
        assert!(user_namespaces(Some(0), None, None).message.starts_with("off"));
        assert!(user_namespaces(Some(9), Some(0), None).message.starts_with("for root alone"));
        assert!(user_namespaces(Some(9), None, Some(1)).message.starts_with("for root alone"));
        assert!(user_namespaces(Some(9), Some(1), Some(0)).message.starts_with("allowed"));
    }

    #[test]
    fn a_changelog_counts_only_for_its_own_version() {
        let log = "runc (1.1.5+ds1-1+deb12u1) bookworm-security; urgency=high\n\n  * CVE-2024-21626\n";
        assert!(is_of(log, "1.1.5+ds1"));
        assert!(is_of(log, "1.1.5"));
        assert!(!is_of(log, "1.1.15"));
        assert!(!is_of(log, ""));
        assert_eq!(changelog("no-such-package-at-all", "1.0.0"), None);
    }

    #[test]
    fn every_finding_of_this_host_is_one_of_its_kind() {
        let state = tempfile::tempdir().unwrap();
        let found = findings(state.path(), state.path(), i64::MAX);
        let mut checks: Vec<&str> = found.iter().map(|finding| finding.check).collect();
        checks.sort_unstable();
        checks.dedup();
        assert_eq!(checks.len(), found.len());
        assert!(
            found.iter().all(|finding| finding.remedy.is_empty() == (finding.severity == Severity::Ok)),
            "{found:?}"
        );
    }
}
